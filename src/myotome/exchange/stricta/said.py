"""The answer to one item, and the few figures that all answers are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import mean, median
from typing import Any

from myotome.vocabulary.sentences import Sentence, joined

ENOUGH = 0.9
"""The share of needles that must answer before an item counts as answered."""
MOST_NAMED = 24
NOTHING_YET = Sentence("Nothing is charted yet.")


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether an item is answered, in words and figures, and what would answer it."""

    is_answered: bool
    says: str
    wanted: str
    figures: dict[str, Any] = field(default_factory=dict)


def is_enough(n_told: int, n: int) -> bool:
    """True when at least nine in ten told it, and there was somebody to tell it."""
    return n > 0 and n_told >= ENOUGH * n


def spread(values: Sequence[float]) -> dict[str, float]:
    """Mean, median, least and most of some numbers; empty for none."""
    if not values:
        return {}
    return {"mean": round(mean(values), 1), "median": median(values), "least": min(values), "most": max(values)}


def counted(codes: Iterable[str]) -> dict[str, int]:
    """How often each code stands, the commonest first, equal ones by name."""
    return dict(sorted(Counter(codes).items(), key=lambda pair: (-pair[1], pair[0])))


def listed(counts: dict[str, int]) -> str:
    """Names with their counts as one text; beyond some two dozen only how many more there are."""
    shown = list(counts.items())[:MOST_NAMED]
    parts: list[str] = [Sentence("{name} ({n})", name=name, n=n) for name, n in shown]
    if len(counts) > MOST_NAMED:
        parts.append(Sentence("and {n} more", n=len(counts) - MOST_NAMED))
    return joined(parts, ", ")


def figure(value: float) -> str:
    """A figure without needless zeros."""
    return f"{value:g}" if value == round(value, 2) else f"{value:.1f}"
