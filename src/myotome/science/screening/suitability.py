"""Reasons for the practitioner to weigh before the first assessment; the patient never sees them.

Every reason quotes the answer it rests on and names its source, most of which are clinic belief. There is no score
and no verdict: reasons for and against stand side by side, and flags stand above all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from myotome.knowledge.screening import Content, ReasonRow
from myotome.science.screening.reading import regions_of
from myotome.vocabulary.anatomy import PainRegion
from myotome.vocabulary.sentences import joined

POSITIVE_SCREEN = 3
SPREAD_REGIONS = 3
CHILD_BELOW = 16


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, with the words of the question and of the answer that gave it."""

    code: str
    toward: str
    sentence: str
    question: str
    answer: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Suitability:
    """Reasons by where they point. `physician_first` is read before the two treatments."""

    physician_first: tuple[Reason, ...]
    ims: tuple[Reason, ...]
    acupuncture: tuple[Reason, ...]
    slower: tuple[Reason, ...]
    careful: tuple[Reason, ...]
    content_version: str

    @property
    def is_empty(self) -> bool:
        """True when no answer gave any reason."""
        return not (self.physician_first or self.ims or self.acupuncture or self.slower or self.careful)


def suitability(answers: Mapping[str, Any], *, content: Content) -> Suitability:
    """The reasons that the answers give, in the order of the table.

    Source: clinic belief; judgement; each row of reasons.toml names its own
    Check: tests/spec/screening/test_suitability.py
    """
    found = [reason for row in content.reasons if (reason := _reason(row, answers, content)) is not None]
    by = {toward: tuple(r for r in found if r.toward == toward) for toward in _TOWARD}
    return Suitability(**by, content_version=content.version)


_TOWARD = ("physician_first", "ims", "acupuncture", "slower", "careful")


def sum_of_answered(answers: Mapping[str, Any], names: tuple[str, str]) -> tuple[int, int]:
    """(sum of the two items of 0-3 that were answered, how many were): PHQ-2 and GAD-2. What was left out is missing, and
    cannot take away from what was answered.

    Source: kroenke2003, kroenke2007
    """
    given = [int(str(answers[name])) for name in names if answers.get(name) in ("0", "1", "2", "3")]
    return sum(given), len(given)


PHQ2 = ("phq_interest", "phq_down")
GAD2 = ("gad_nervous", "gad_worry")


def quote(content: Content, name: str, value: Any) -> str:
    """The answer in the words of its options, or as it was typed."""
    field = content.field_named(name)
    values = value if isinstance(value, list) else [value]
    if field is None:
        return ", ".join(str(one) for one in values)
    words = [(option.label if (option := field.option(str(one))) else str(one)) for one in values]
    return joined(words)


def _reason(row: ReasonRow, answers: Mapping[str, Any], content: Content) -> Reason | None:
    if row.rule:
        answer, name = _RULES[row.rule](answers)
        return _made(row, content, name, answer) if answer else None
    given = answers.get(row.field)
    values = given if isinstance(given, list) else [given]
    hits = [value for value in values if value in row.answers]
    return _made(row, content, row.field, quote(content, row.field, hits)) if hits else None


def _made(row: ReasonRow, content: Content, name: str, answer: str) -> Reason:
    step = content.step_of(name)
    return Reason(row.code, row.toward, row.sentence, step.title if step else name, answer, row.sources)


def _region_names(regions: Iterable[PainRegion]) -> str:
    return ", ".join(sorted(region.value.replace("_", " ") for region in regions))


def _three_regions(answers: Mapping[str, Any]) -> tuple[str, str]:
    regions = regions_of(answers.get("regions") or [])
    return (_region_names(regions) if len(regions) >= SPREAD_REGIONS else ""), "regions"


def _head(answers: Mapping[str, Any]) -> tuple[str, str]:
    regions = regions_of(answers.get("regions") or [])
    return ("head" if PainRegion.HEAD in regions else ""), "regions"


def _sum_at_least(names: tuple[str, str]) -> Callable[[Mapping[str, Any]], tuple[str, str]]:
    def rule(answers: Mapping[str, Any]) -> tuple[str, str]:
        total, n = sum_of_answered(answers, names)
        if total < POSITIVE_SCREEN:
            return "", names[0]
        return (f"{total} of 6" if n == len(names) else f"at least {total} of 6, one question left out"), names[0]

    return rule


def _child(answers: Mapping[str, Any]) -> tuple[str, str]:
    age = answers.get("age")
    return (str(age) if age is not None and age < CHILD_BELOW else ""), "age"


_RULES: dict[str, Callable[[Mapping[str, Any]], tuple[str, str]]] = {
    "three_or_more_regions": _three_regions,
    "head_hurts": _head,
    "phq2_three_or_more": _sum_at_least(PHQ2),
    "gad2_three_or_more": _sum_at_least(GAD2),
    "under_16": _child,
}
