"""What a plan may be made of: sites by segment with their cautions and hazards, reasons in words, price in money."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from myotome.clinic.assessment.queries import examinations_for, findings_of
from myotome.clinic.planning.actions import SiteChoice
from myotome.clinic.planning.queries import PatientCaution
from myotome.knowledge.hazards import hazards
from myotome.knowledge.muscles import hazards_at, link, muscle, muscles, region_at
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.anatomy import ROOT_INDEX, NeedleRegion, Side
from myotome.vocabulary.errors import InvalidValue, MyotomeError
from myotome.vocabulary.needling import SiteKind

PARASPINAL = "multifidus"
FEWEST_P = 0.15


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposed:
    """A site that may be planned; `is_chosen` is ticked at first, `segment` is the root it is listed under."""

    key: str
    name: str
    side: str
    segment: str
    reason: str
    hazards: tuple[tuple[str, str], ...]
    cautions: tuple[PatientCaution, ...]
    is_chosen: bool


def proposals(actor: Actor, *, course_id: int, belief: Any, cautions: Iterable[PatientCaution]) -> list[Proposed]:
    """Sites from the last examination: the paraspinals of each involved segment first, then what was found shortened.

    Without shown roots the segments are those of the shortened muscles themselves.
    """
    examination = examinations_for(actor, course_id=course_id).last()
    if examination is None:
        return []
    found = [
        row
        for row in findings_of(examination)
        if row.kind == "muscle" and row.sign in {"shortened", "tender"} and row.grade
    ]
    p = {(r["root"], r["side"]): float(r["p"]) for r in (belief.answer["roots"] if belief else [])}
    grades: dict[tuple[str, str, str], int] = {}
    for row in found:
        key = (row.subject, row.level, row.side)
        grades[key] = max(grades.get(key, 0), row.grade)
    rows: dict[str, Proposed] = {}
    cautions = list(cautions)
    for (name, level, side), grade in sorted(grades.items(), key=lambda item: -item[1]):
        segment = level or _segment(name, side, p)
        rows[f"muscle:{name}:{level}:{side}"] = _proposed(
            name, level, side, segment, f"found, grade {grade}", cautions, True
        )
    for segment, side in dict.fromkeys((row.segment, row.side) for row in list(rows.values())):
        key = f"muscle:{PARASPINAL}:{segment}:{side}"
        if segment in muscle(PARASPINAL).levels and key not in rows:
            rows[key] = _proposed(PARASPINAL, segment, side, segment, "paraspinal of the segment", cautions, True)
    for (root, side), probability in sorted(p.items(), key=lambda item: -item[1]):
        key = f"muscle:{PARASPINAL}:{root}:{side}"
        if probability >= FEWEST_P and root in muscle(PARASPINAL).levels and key not in rows:
            reason = f"{round(100 * probability)} in 100 for {root}"
            rows[key] = _proposed(PARASPINAL, root, side, root, reason, cautions, probability >= 0.5)
    return sorted(rows.values(), key=_order)


def site_choices(keys: Iterable[str], reasons: dict[str, str] | None = None) -> list[SiteChoice]:
    """The chosen keys as sites of a plan, paraspinals of a segment first.

    Raises:
        InvalidValue: nothing chosen, or a key that names no muscle.
    """
    choices = []
    for key in keys:
        kind, name, level, side = [*key.split(":"), "", "", "", ""][:4]
        if kind != "muscle" or name not in muscles() or side not in {"left", "right"}:
            raise InvalidValue("Choose muscles with their side.", field="site")
        choices.append(
            SiteChoice(
                site_kind=SiteKind.MUSCLE,
                site=name,
                level=level,
                side=Side(side),
                region=NeedleRegion(region_at(name, level or None)),
                segment=level or _segment(name, side, {}),
                reason=(reasons or {}).get(key, ""),
            )
        )
    if not choices:
        raise InvalidValue("Choose at least one site.", field="site")
    return choices


def _proposed(
    name: str, level: str, side: str, segment: str, reason: str, cautions: list[PatientCaution], chosen: bool
) -> Proposed:
    row = muscle(name)
    codes = hazards_at(name, level or None)
    table = hazards()
    mine = tuple(
        c
        for c in cautions
        if (c.scope in {"muscles"} and name in c.where) or (c.scope == "hazards" and set(codes) & set(c.where))
    )
    stopped = any(c.level == "stop" for c in mine)
    title = f"{row.name[:1].upper()}{row.name[1:]} {level}".strip()
    return Proposed(
        key=f"muscle:{name}:{level}:{side}",
        name=title,
        side=side,
        segment=segment,
        reason=reason,
        hazards=tuple((code, f"{table[code].name}: {table[code].what_to_do}") for code in codes if code in table),
        cautions=mine,
        is_chosen=chosen and not stopped,
    )


def _segment(name: str, side: str, p: dict[tuple[str, str], float]) -> str:
    try:
        weights = link(name)
    except MyotomeError:
        return ""
    if not weights:
        return ""
    return max(weights, key=lambda root: (p.get((root, side), 0.0) * weights[root], weights[root]))


def _order(row: Proposed) -> tuple[int, str, int, str]:
    return (ROOT_INDEX.get(row.segment, 99), row.side, 0 if PARASPINAL in row.key else 1, row.name)
