"""What a plan may be made of: sites by segment with their cautions and hazards, reasons in words, price in money."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from myotome.clinic.assessment.queries import finding_as_json, last_findings
from myotome.clinic.planning.actions import SiteChoice
from myotome.clinic.planning.queries import PatientCaution
from myotome.knowledge.hazards import hazards
from myotome.knowledge.muscles import link, muscle, muscles, region_at
from myotome.science.planning.proposed import ProposedSite, proposed_sites
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.anatomy import NeedleRegion, Side
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.needling import SiteKind


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


def proposals(
    actor: Actor,
    *,
    course_id: int,
    belief: Any,
    cautions: Iterable[PatientCaution],
) -> list[Proposed]:
    """Sites from the last examination with findings: by segment, its paraspinal first, then the most shortened.

    Without shown roots the segments are those of the shortened muscles themselves.
    """
    examination, rows = last_findings(actor, course_id=course_id)
    if examination is None:
        return []
    findings = [finding_as_json(row) for row in rows]
    roots = belief.answer["roots"] if belief else _segments_of(findings)
    cautions = list(cautions)
    return [_proposed(site, cautions) for site in (proposed_sites(roots, findings) if roots else ())]


def site_choices(keys: Iterable[str], known: Iterable[Proposed] = ()) -> list[SiteChoice]:
    """The chosen keys as sites of a plan, in the order of the proposal, each with its segment and reason.

    Raises:
        InvalidValue: nothing chosen, or a key that names no muscle.
    """
    choices = []
    proposed = {row.key: row for row in known}
    order = list(proposed)
    for key in sorted(dict.fromkeys(keys), key=lambda one: order.index(one) if one in proposed else len(order)):
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
                segment=proposed[key].segment if key in proposed else level or _heaviest(name),
                reason=proposed[key].reason if key in proposed else "",
            )
        )
    if not choices:
        raise InvalidValue("Choose at least one site.", field="site")
    return choices


def _proposed(site: ProposedSite, cautions: list[PatientCaution]) -> Proposed:
    level = site.level or ""
    table = hazards()
    mine = tuple(
        c
        for c in cautions
        if (c.scope == "muscles" and site.muscle in c.where)
        or (c.scope == "hazards" and set(site.hazards) & set(c.where))
    )
    is_stopped = any(c.level == "stop" for c in mine)
    name = muscle(site.muscle).name
    return Proposed(
        key=f"muscle:{site.muscle}:{level}:{site.side.value}",
        name=f"{name} {level}".strip(),
        side=site.side.value,
        segment=site.segment if site.likely else "",
        reason=_reason(site),
        hazards=tuple(
            (code, f"{table[code].name}: {table[code].what_to_do}") for code in site.hazards if code in table
        ),
        cautions=mine,
        is_chosen=site.likely and not is_stopped,
    )


def _reason(site: ProposedSite) -> str:
    if site.grade:
        found = _("found, grade %(grade)s") % {"grade": site.grade}
    elif site.grade == 0:
        found = _("paraspinal of the segment, found normal")
    else:
        found = _("paraspinal of the segment, not tested")
    if not site.likely and site.segment:
        return _("%(found)s; its root %(root)s is %(p)s in 100") % {
            "found": found,
            "root": site.segment,
            "p": round(100 * site.p),
        }
    return found


def _segments_of(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The heaviest root of every muscle that was found, as if it were certain, when no roots were shown."""
    found: dict[tuple[str, str], int] = {}
    for row in findings:
        if row.get("muscle") and row["grade"] and row["sign"] != "weak":
            root = row.get("level") or _heaviest(row["muscle"])
            if root:
                found[root, row["side"]] = max(found.get((root, row["side"]), 0), row["grade"])
    return [{"root": root, "side": side, "p": 0.5 + grade / 10} for (root, side), grade in found.items()]


def _heaviest(name: str) -> str:
    weights = link(name)
    return max(weights, key=lambda root: weights[root], default="")
