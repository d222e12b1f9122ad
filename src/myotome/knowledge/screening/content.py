"""Reads the intake's content into frozen values, and refuses content that contradicts itself.

A flag that is asked of no region, an option without words, a reason that points at a field that is not there: each
stops the program at the first use, with the row named, not a patient in the middle of a question.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from myotome.knowledge import tables
from myotome.vocabulary.anatomy import PainRegion
from myotome.vocabulary.courses import RedFlagLevel
from myotome.vocabulary.sentences import Sentence

KINDS = ("regions", "choice", "choices", "number", "date", "text", "scale", "safety")
TOWARD = ("ims", "acupuncture", "physician_first", "slower", "careful")
RULES = ("three_or_more_regions", "head_hurts", "phq2_three_or_more", "gad2_three_or_more", "under_16")
DEFAULT_TEXT_LIMIT = 1000
SAID = frozenset(
    [
        "question",
        "why",
        "short",
        "title",
        "hint",
        "label",
        "example",
        "ends",
        "sentence",
        "fixed",
        "problems",
        "again",
        "region_names",
        "side_names",
    ]
)
"""What people read in these tables."""


@dataclass(frozen=True, slots=True)
class RedFlag:
    """One safety question; `level` is what a yes does to booking, `same_day` adds "see a doctor today"."""

    code: str
    level: RedFlagLevel
    asked_for: frozenset[PainRegion]
    question: str
    why: str
    sources: tuple[str, ...]
    same_day: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to choose; `fact` is the patient fact that choosing it states."""

    value: str
    label: str
    fact: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One thing asked on a screen. `low` and `high` bound numbers, `limit` bounds text, `none` excludes the rest."""

    name: str
    kind: str
    label: str
    required: bool = False
    options: tuple[Option, ...] = ()
    none: str = ""
    fact: str = ""
    low: float = 0
    high: float = 10
    limit: int = DEFAULT_TEXT_LIMIT
    example: str = ""
    ends: tuple[str, str] = ("", "")

    def option(self, value: str) -> Option | None:
        """The option with this value, or None."""
        return next((option for option in self.options if option.value == value), None)


@dataclass(frozen=True, slots=True)
class Step:
    """One screen of the intake; `fixed` names a fixed text that stands on it."""

    code: str
    short: str
    title: str
    fields: tuple[Field, ...]
    hint: str = ""
    fixed: str = ""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """One possible reason of the suitability summary: by answers of one field, or by a named rule."""

    code: str
    toward: str
    sentence: str
    sources: tuple[str, ...]
    field: str = ""
    answers: frozenset[str] = frozenset()
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """One version of the whole intake."""

    version: str
    status: str
    flags: tuple[RedFlag, ...]
    steps: tuple[Step, ...]
    reasons: tuple[ReasonRow, ...]
    fixed: Mapping[str, Sentence]
    problems: Mapping[str, Sentence]
    again: Mapping[str, Sentence]
    region_names: Mapping[PainRegion, Sentence]
    side_names: Mapping[str, Sentence]

    def flag(self, code: str) -> RedFlag | None:
        """The safety question with this code, or None."""
        return next((flag for flag in self.flags if flag.code == code), None)

    def step(self, code: str) -> Step | None:
        """The screen with this code, or None."""
        return next((step for step in self.steps if step.code == code), None)

    def field_named(self, name: str) -> Field | None:
        """The field with this name on whichever screen, or None."""
        return next((f for step in self.steps for f in step.fields if f.name == name), None)

    def step_of(self, field_name: str) -> Step | None:
        """The screen on which a field is asked, or None."""
        return next((step for step in self.steps if any(f.name == field_name for f in step.fields)), None)


@cache
def content() -> Content:
    """The current content, validated.

    Raises:
        ValueError: a row contradicts the rules of the tables; it is named.
    """
    flags, steps, reasons, texts = (_read(f"{name}.toml") for name in ("flags", "steps", "reasons", "texts"))
    versions = {table["version"] for table in (flags, steps, reasons, texts)}
    if len(versions) != 1:
        raise ValueError(f"The four tables of the intake carry different versions: {sorted(versions)}.")
    found = Content(
        version=flags["version"],
        status=flags["status"],
        flags=tuple(_flag(row, flags["areas"]) for row in flags["flag"]),
        steps=tuple(_step(row, steps["option_scales"]) for row in steps["step"]),
        reasons=tuple(_reason(row) for row in reasons["reason"]),
        fixed=MappingProxyType(texts["fixed"]),
        problems=MappingProxyType(texts["problems"]),
        again=MappingProxyType(texts["again"]),
        region_names=MappingProxyType({region: steps["region_names"][region.value] for region in PainRegion}),
        side_names=MappingProxyType(steps["side_names"]),
    )
    _check(found)
    return found


def _read(name: str) -> dict[str, Any]:
    table = tomllib.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))
    found: dict[str, Any] = tables.spoken(table, SAID)
    return found


def _flag(row: Mapping[str, Any], areas: Mapping[str, list[str]]) -> RedFlag:
    names = [name for area in row["asked_for"] for name in areas.get(area, [area])]
    return RedFlag(
        code=row["code"],
        level=RedFlagLevel(row["level"]),
        asked_for=frozenset(PainRegion(name) for name in names),
        question=row["question"],
        why=row["why"],
        sources=tuple(row["sources"]),
        same_day=row.get("same_day", False),
    )


def _step(row: Mapping[str, Any], scales: Mapping[str, list[dict[str, str]]]) -> Step:
    return Step(
        code=row["code"],
        short=row["short"],
        title=row["title"],
        hint=row.get("hint", ""),
        fixed=row.get("fixed", ""),
        sources=tuple(row.get("sources", ())),
        fields=tuple(_field(f, scales) for f in row["field"]),
    )


def _field(row: Mapping[str, Any], scales: Mapping[str, list[dict[str, str]]]) -> Field:
    options = row.get("options", []) or scales.get(row.get("scale", ""), [])
    ends = row.get("ends", ["", ""])
    return Field(
        name=row["name"],
        kind=row["kind"],
        label=row["label"],
        required=row.get("required", False),
        options=tuple(Option(o["value"], o["label"], o.get("fact", "")) for o in options),
        none=row.get("none", ""),
        fact=row.get("fact", ""),
        low=row.get("low", 0),
        high=row.get("high", 10),
        limit=row.get("limit", DEFAULT_TEXT_LIMIT),
        example=row.get("example", ""),
        ends=(ends[0], ends[1]),
    )


def _reason(row: Mapping[str, Any]) -> ReasonRow:
    return ReasonRow(
        code=row["code"],
        toward=row["toward"],
        sentence=row["sentence"],
        sources=tuple(row["sources"]),
        field=row.get("field", ""),
        answers=frozenset(row.get("answers", ())),
        rule=row.get("rule", ""),
    )


def _check(found: Content) -> None:
    for kind, codes in (
        ("flag", [f.code for f in found.flags]),
        ("step", [s.code for s in found.steps]),
        ("field", [f.name for s in found.steps for f in s.fields]),
        ("reason", [r.code for r in found.reasons]),
    ):
        if twice := sorted({code for code in codes if codes.count(code) > 1}):
            raise ValueError(f"The {kind} {twice[0]} stands twice.")
    for code, words in (
        *((flag.code, flag.sources) for flag in found.flags),
        *((reason.code, reason.sources) for reason in found.reasons),
        *((step.code, step.sources or ("judgement",)) for step in found.steps),
    ):
        tables.check_sources(words, code)
    for flag in found.flags:
        if not flag.asked_for or flag.level is RedFlagLevel.NONE:
            raise ValueError(f"The flag {flag.code} needs a region and a level.")
    for step in found.steps:
        if step.fixed and step.fixed not in found.fixed:
            raise ValueError(f"The step {step.code} names the fixed text {step.fixed}, which is not there.")
        for f in step.fields:
            _check_field(f)
    for reason in found.reasons:
        _check_reason(found, reason)


def _check_field(f: Field) -> None:
    if f.kind not in KINDS:
        raise ValueError(f"The field {f.name} has the kind {f.kind}; known are {', '.join(KINDS)}.")
    if f.kind in ("choice", "choices") and not f.options:
        raise ValueError(f"The field {f.name} has nothing to choose from.")
    if f.none and f.option(f.none) is None:
        raise ValueError(f"The field {f.name} excludes all by {f.none}, which is not among its options.")


def _check_reason(found: Content, reason: ReasonRow) -> None:
    if reason.toward not in TOWARD:
        raise ValueError(f"The reason {reason.code} points at none of {', '.join(TOWARD)}.")
    if bool(reason.rule) == bool(reason.field) or (reason.rule and reason.rule not in RULES):
        raise ValueError(f"The reason {reason.code} needs either a field or a known rule.")
    if reason.field:
        asked = found.field_named(reason.field)
        if asked is None or any(asked.option(value) is None for value in reason.answers) or not reason.answers:
            raise ValueError(f"The reason {reason.code} quotes an answer that cannot be given.")
