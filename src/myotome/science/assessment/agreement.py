"""How far two examiners agree who examined the same patient without seeing each other's findings.

Of each sign at each place that both have tested only "there" or "not there" is compared: Cohen's kappa says how much
of the agreement chance does not explain. How many bands each counts in a patient is compared over patients, by the
intraclass correlation of single counts (two-way random, absolute agreement).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

FEWEST_PATIENTS = 2
"""Fewer pairs of counts have no correlation."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """`n` places both have tested, the share of them on which they agree, and kappa (-1 to 1, None where undefined)."""

    n: int
    observed: float | None
    kappa: float | None


def agreement(first: Mapping[Any, int], second: Mapping[Any, int]) -> Agreement:
    """Agreement over the places that both mappings hold (place to grade; 0 is not there).

    Source: judgement (Cohen's kappa on present and absent, as the reliability studies of palpation use it)
    Check: tests/unit/science/test_agreement.py
    """
    return pooled([(first, second)])


def pooled(pairs: Sequence[tuple[Mapping[Any, int], Mapping[Any, int]]]) -> Agreement:
    """One agreement over all patients that the two, or one examiner and her colleagues, have examined in pairs."""
    both = [(a[place] > 0, b[place] > 0) for a, b in pairs for place in a if place in b]
    n = len(both)
    if not n:
        return Agreement(0, None, None)
    one, other = np.asarray(both, dtype=float).T
    observed = float((one == other).mean())
    by_chance = float(one.mean() * other.mean() + (1 - one.mean()) * (1 - other.mean()))
    return Agreement(n, observed, None if by_chance >= 1 else (observed - by_chance) / (1 - by_chance))


def icc_of_counts(counts: Sequence[tuple[float, float]]) -> float | None:
    """Intraclass correlation of one count, ICC(2,1), over patients counted by two; None where it is undefined.

    Source: judgement (Shrout and Fleiss, two-way random effects, absolute agreement, single rater)
    Check: tests/unit/science/test_agreement.py
    """
    n, k = len(counts), 2
    if n < FEWEST_PATIENTS:
        return None
    table = np.asarray(counts, dtype=float)
    mean, patients, raters = table.mean(), table.mean(1), table.mean(0)
    between = k * ((patients - mean) ** 2).sum() / (n - 1)
    judges = n * ((raters - mean) ** 2).sum() / (k - 1)
    rest = ((table - patients[:, None] - raters + mean) ** 2).sum() / ((n - 1) * (k - 1))
    whole = between + (k - 1) * rest + k * (judges - rest) / n
    return float((between - rest) / whole) if whole > 0 else None
