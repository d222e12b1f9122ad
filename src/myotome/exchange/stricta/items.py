"""The seventeen sub-items of STRICTA 2010, each answered from a course's facts, with what is still wanted.

Fifteen are facts of routine care and fill as a by-product of charting. The two about a comparator belong to studies;
they are never counted against a clinic. An item that asks about every needle counts as answered when nine needles in
ten answer it: the text always says of how many.

Source: stricta2010; judgement (what counts as answered)
Check: tests/exchange/test_stricta.py
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from myotome.exchange.stricta import needles, sessions
from myotome.exchange.stricta.facts import CourseFacts
from myotome.exchange.stricta.said import Answer
from myotome.vocabulary.sentences import Sentence

N_IN_ROUTINE = 15


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One sub-item: what it asks, whether it is answered, the answer in words and in figures.

    `wanted` says what would answer it; empty when it is answered. `in_routine` is False for what only a study has.
    """

    id: str
    asks: str
    is_answered: bool
    says: str
    wanted: str
    figures: dict[str, Any] = field(default_factory=dict)
    in_routine: bool = True


@dataclass(frozen=True, slots=True)
class Meter:
    """How many of the items that routine care can answer are answered."""

    n_answered: int
    n: int = N_IN_ROUTINE


def _no_comparison(_facts: CourseFacts) -> Answer:
    return Answer(False, Sentence("Routine care: there is no comparison."), Sentence("Belongs to a study."))


ASKED: tuple[tuple[str, str, Callable[[CourseFacts], Answer]], ...] = (
    ("1a", Sentence("Style of the treatment"), sessions.style),
    ("1b", Sentence("Why this treatment, and what that rests on"), sessions.reasoning),
    ("1c", Sentence("How far treatment varied"), sessions.variation),
    ("2a", Sentence("Insertions in a session"), needles.insertions),
    ("2b", Sentence("Places, one-sided or two-sided"), needles.places),
    ("2c", Sentence("Depth of insertion"), needles.depth),
    ("2d", Sentence("Response sought and met"), needles.response),
    ("2e", Sentence("Stimulation"), needles.stimulation),
    ("2f", Sentence("How long needles stayed"), needles.retention),
    ("2g", Sentence("Kind of needle"), needles.kind_of_needle),
    ("3a", Sentence("Number of sessions"), sessions.how_many),
    ("3b", Sentence("How often, and how long a session"), sessions.frequency),
    ("4a", Sentence("What else was given"), sessions.besides),
    ("4b", Sentence("Setting, and what the patient was told"), sessions.setting),
    ("5", Sentence("Who treated"), sessions.practitioners),
    ("6a", Sentence("Why this comparison"), _no_comparison),
    ("6b", Sentence("The comparison exactly"), _no_comparison),
)
STUDY_ONLY = frozenset({"6a", "6b"})


def items_of(facts: CourseFacts) -> tuple[Item, ...]:
    """All seventeen, in the order of the checklist."""
    rows = []
    for id, asks, answer in ASKED:
        told = answer(facts)
        rows.append(
            Item(
                id=id,
                asks=asks,
                is_answered=told.is_answered,
                says=told.says,
                wanted="" if told.is_answered else told.wanted,
                figures=told.figures,
                in_routine=id not in STUDY_ONLY,
            )
        )
    return tuple(rows)


def meter_of(items: tuple[Item, ...]) -> Meter:
    """How far the course can be reported; never more than fifteen."""
    return Meter(sum(item.is_answered for item in items if item.in_routine))
