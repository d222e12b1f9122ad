"""After needles: what a patient is asked a day later, and published rates of what is felt or goes wrong.

Every choice of a question says what it would be called as an adverse event, how bad, and how urgent it is; the first
choice of each is "no". A published rate stands with what its denominator counts and with its source; a clinic's own is
never compared with it by a test, since the ways of asking differ.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from myotome.knowledge import tables
from myotome.vocabulary.courses import AdverseGrade, AdverseKind, Urgency

NO = "no"
TOGETHER = ("any", "major", "serious")
"""Rates that are not of one kind."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer. `grade` is None for "no"."""

    code: str
    label: str
    grade: AdverseGrade | None
    urgency: Urgency


@dataclass(frozen=True, slots=True)
class CheckQuestion:
    """One question of the check; a yes to it is an adverse event of `kind`, an urgent one opens `incident`."""

    code: str
    kind: AdverseKind
    incident: str
    asks: str
    choices: tuple[Choice, ...]

    def choice(self, code: str) -> Choice | None:
        """The choice of a code, or None."""
        return next((one for one in self.choices if one.code == code), None)


@dataclass(frozen=True, slots=True)
class Check:
    """The questions of one version, in the order in which they are asked."""

    version: str
    status: str
    questions: tuple[CheckQuestion, ...]

    def question(self, code: str) -> CheckQuestion | None:
        """The question of a code, or None."""
        return next((one for one in self.questions if one.code == code), None)


@dataclass(frozen=True, slots=True)
class PublishedRate:
    """One rate of the literature: `n` of `of` where the source has counts, else `in_100`, with its interval if given."""

    kind: str
    per: str
    who: str
    source: str
    in_100: float
    of: int | None = None
    n: int | None = None
    low: float | None = None
    high: float | None = None


@cache
def after_check() -> Check:
    """The current questions, validated.

    Raises:
        BadTable: a question without a "no" first, or a choice with an urgency and no grade.
    """
    data = tables.spoken(_read("check.toml"), ("asks", "label"))
    tables.check_sources([data["source"]], "check.toml")
    questions = tuple(
        CheckQuestion(
            row["code"],
            AdverseKind(row["kind"]),
            row.get("incident", ""),
            row["asks"],
            tuple(_choice(one) for one in row["choice"]),
        )
        for row in data["question"]
    )
    for question in questions:
        first, *rest = question.choices
        if first.code != NO or first.grade is not None or any(one.grade is None for one in rest):
            raise tables.BadTable(f"check.toml: {question.code} begins with no, and every other choice has a grade.")
        if not question.incident and any(one.urgency is not Urgency.NONE for one in rest):
            raise tables.BadTable(f"check.toml: {question.code} has an urgent answer and no incident.")
    return Check(data["version"], data["status"], questions)


@cache
def grave_kinds() -> frozenset[str]:
    """The kinds of incident that an answer of a patient opens."""
    return frozenset(question.incident for question in after_check().questions if question.incident)


@cache
def published_rates() -> tuple[PublishedRate, ...]:
    """Rates of the literature, validated, in the order of the table.

    Raises:
        BadTable: a kind that does not exist, a source that is not there, or a count beside another share.
    """
    rows = tables.spoken(_read("published.toml"), ("who",))["rate"]
    found = tuple(PublishedRate(**row) for row in rows)
    for row in found:
        tables.only(row.kind, (*TOGETHER, *AdverseKind), "published.toml")
        tables.check_sources([row.source], f"published.toml: {row.kind}")
        if row.n is not None and (row.of is None or abs(100 * row.n / row.of - row.in_100) > 0.1):
            raise tables.BadTable(f"published.toml: {row.kind} of {row.source}: {row.n} of {row.of} is another share.")
    return found


def published_of(kind: str) -> tuple[PublishedRate, ...]:
    """The published rates of a kind; empty where nothing reliable is published."""
    return tuple(row for row in published_rates() if row.kind == kind)


def _choice(row: dict[str, Any]) -> Choice:
    grade = AdverseGrade(row["grade"]) if "grade" in row else None
    return Choice(row["code"], row["label"], grade, Urgency(row.get("urgency", Urgency.NONE.value)))


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))
