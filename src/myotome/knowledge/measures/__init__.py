"""Outcome measures as data: range, recall, direction, scoring rule, meaningful change, source and licence.

Only measures whose text may be shipped have items, which hold the wording; `SETS` say which are asked when. The others
are slots: a clinic with a licence of its own stores their totals, and nothing of their text is here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from myotome.knowledge import tables
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.measures import Direction, Occasion
from myotome.vocabulary.sentences import Sentence

MEASURES_VERSION = "2026.11.4"
PAIN_AVERAGE, PAIN_WORST, PAIN_NOW = "pain_nrs_average_7d", "pain_nrs_worst_7d", "pain_nrs_now"
HEADACHE_DAYS, HEADACHE_STRENGTH = "headache_days", "headache_intensity"
HEADACHE_DIARY = (HEADACHE_DAYS, HEADACHE_STRENGTH, "headache_drug_days")
SETS: Mapping[Occasion, tuple[str, ...]] = MappingProxyType(
    {
        Occasion.BEFORE_VISIT: (PAIN_AVERAGE, PAIN_WORST),
        Occasion.REVIEW: (PAIN_AVERAGE, PAIN_WORST, "peg", "psfs", "pgic"),
        Occasion.INTAKE: (PAIN_AVERAGE, PAIN_WORST, "peg", "psfs", "phq2", "gad2"),
        Occasion.DISCHARGE: (PAIN_AVERAGE, PAIN_WORST, "peg", "psfs", "pgic"),
        Occasion.FOLLOW_UP: (PAIN_AVERAGE, PAIN_WORST, "peg", "psfs", "pgic"),
        Occasion.TWO_DAYS_AFTER: (PAIN_NOW,),
    }
)
REVIEW_VISITS = (1, 4, 8)
FULL_SETS = frozenset({Occasion.INTAKE, Occasion.REVIEW, Occasion.DISCHARGE, Occasion.FOLLOW_UP})
BACKS = frozenset({"low_back_pain", "sciatica_like", "thoracic_back_pain"})
FORMS_FOR_BACKS = ("rmdq",)


@dataclass(frozen=True, slots=True)
class Item:
    """One question: whole numbers from `low` to `high`, with words for the ends or for each choice."""

    code: str
    text: str
    low: int
    high: int
    ends: tuple[str, ...]
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """The smallest meaningful change from a first score: in points, in percent of it, by `rule` points, percent or both;
    or by `rule` line the score that says so by itself, where what is asked is a change already.

    What the rule does not use is None.
    """

    rule: str
    percent: float | None
    points: float | None
    sources: tuple[str, ...]
    line: float | None = None


@dataclass(frozen=True, slots=True)
class ChangeVersion:
    """Meaningful change as it was or is defined, by measure; a measure that is not in `of` has none. `measures_version` is
    the newest that scores carried while it was in force."""

    version: str
    measures_version: str
    text: str
    of: Mapping[str, Change]


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure. `rule` is value, sum, mean (all items needed), mean_of_given, or ticks (what is left blank is no).

    Answers are whole numbers, except to what is `measured` with an instrument or worked out from a diary. What is measured
    `at_site` means nothing without the place it was measured at.
    """

    code: str
    name: str
    short: str
    low: float
    high: float
    direction: Direction
    recall: str
    rule: str
    min_items: int
    change: Change | None
    positive_at: float | None
    sources: tuple[str, ...]
    licence: str
    items: tuple[Item, ...]
    measured: bool = False
    at_site: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether the score itself is a whole number: one answer, or the sum of several."""
        return not self.measured and self.rule in {"value", "sum", "ticks"}

    @property
    def is_form(self) -> bool:
        """Whether its items are statements on one page, ticked where they are true."""
        return self.rule == "ticks"

    @property
    def when_missing(self) -> Sentence:
        """What an answer that is missing does to the score; it is never a zero."""
        if self.rule == "ticks":
            return Sentence("A statement left blank is no; a page that was left out is no score.")
        if self.rule == "mean_of_given":
            return Sentence("The mean of what was given, {n} at least.", n=self.min_items)
        if self.rule in {"mean", "sum"}:
            return Sentence("All {n} answers are needed; else there is no score.", n=len(self.items))
        return Sentence("Without the answer there is no score.")


@dataclass(frozen=True, slots=True)
class Definition:
    """A versioned definition: responder, recovered, plateau, relapse. Its `thresholds` are what `text` says in words.

    `replaced_by` names the version that took its place; empty, it is in force.
    """

    code: str
    version: str
    text: str
    thresholds: Mapping[str, float]
    sources: tuple[str, ...]
    replaced_by: str = ""


@cache
def measures() -> Mapping[str, Measure]:
    """All measures by code. Check: tests/unit/followup/test_scoring.py."""
    return MappingProxyType({row["code"]: _measure(row) for row in _table()["measure"]})


@cache
def slots() -> Mapping[str, Measure]:
    """Measures without text, by code: totals only, for clinics that hold a licence. Their names are names, not words.

    Source: judgement
    Check: tests/unit/followup/test_slots.py
    """
    rows = _rows("slots.toml")["slot"]
    return MappingProxyType(
        {
            row["code"]: _measure(row | {"item": [], "rule": "value", "recall": "", "licence": row["holder"]})
            for row in rows
        }
    )


def measure(code: str) -> Measure:
    """The measure of that code, a slot included.

    Raises:
        InvalidValue: (field "measure") there is none.
    """
    found = measures().get(code) or slots().get(code)
    if found is None:
        raise InvalidValue("There is no measure {code!r}.", field="measure", code=code)
    return found


def measures_for(occasion: Occasion, *, condition: str = "", visit_number: int | None = None) -> tuple[str, ...]:
    """What is asked on an occasion: headaches keep their diary, backs tick Roland-Morris, and nobody is asked for change before it can be there.

    Source: dworkin2008, linde2016, roland2000, judgement
    Check: tests/unit/followup/test_scoring.py
    """
    asked = SETS[occasion]
    if visit_number == 1:
        asked = tuple(code for code in asked if code != "pgic")
    if condition.startswith("headache") and occasion not in (Occasion.BEFORE_VISIT, Occasion.TWO_DAYS_AFTER):
        asked = asked + HEADACHE_DIARY
    if condition in BACKS and occasion in FULL_SETS - {Occasion.INTAKE}:
        asked = asked + FORMS_FOR_BACKS
    return asked


@cache
def definitions() -> Mapping[str, Definition]:
    """The definitions of responder, recovered, plateau and relapse that are in force, by code."""
    return MappingProxyType({row.code: row for row in all_definitions().values() if not row.replaced_by})


@cache
def all_definitions() -> Mapping[str, Definition]:
    """Every definition that was ever in force, by its version: what is stored with a result can be read for ever.

    Check: tests/unit/followup/test_definitions.py
    """
    rows = [
        Definition(
            r["code"],
            r["version"],
            r["text"],
            MappingProxyType(r["thresholds"]),
            tuple(r["sources"]),
            r.get("replaced_by", ""),
        )
        for r in _table()["definition"]
    ]
    return MappingProxyType({row.version: row for row in rows})


@cache
def change_versions() -> tuple[ChangeVersion, ...]:
    """Meaningful change by every version, the earliest first; the last is in force.

    Check: tests/unit/followup/test_meaningful_change.py
    """
    return tuple(
        ChangeVersion(
            row["version"],
            row["measures_version"],
            row["text"],
            MappingProxyType(
                {
                    code: Change(
                        given["rule"],
                        given.get("percent"),
                        given.get("points"),
                        tuple(given["sources"]),
                        given.get("line"),
                    )
                    for code, given in row["of"].items()
                }
            ),
        )
        for row in _rows("change.toml")["version"]
    )


def _table() -> dict[str, list[dict]]:  # type: ignore[type-arg]
    table: dict = tables.spoken(_rows("measures.toml"), ("name", "short", "recall", "text", "ends", "choices"))  # type: ignore[type-arg]
    return table


def _rows(name: str) -> dict[str, list[dict]]:  # type: ignore[type-arg]
    return tomllib.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))


def _measure(row: dict) -> Measure:  # type: ignore[type-arg]
    items = tuple(
        Item(
            code=item["code"],
            text=item["text"],
            low=item.get("low", 0),
            high=item.get("high", 10),
            ends=tuple(item.get("ends", ())),
            choices=tuple(item.get("choices", ())),
        )
        for item in row["item"]
    )
    return Measure(
        code=row["code"],
        name=row["name"],
        short=row["short"],
        low=row["low"],
        high=row["high"],
        direction=Direction(row["direction"]),
        recall=row["recall"],
        rule=row["rule"],
        min_items=row.get("min_items", 1),
        change=change_versions()[-1].of.get(row["code"]),
        positive_at=row.get("positive_at"),
        sources=tuple(row["sources"]),
        licence=row["licence"],
        items=items,
        measured=row.get("measured", False),
        at_site=row.get("at_site", False),
    )
