"""The visit's page as one value: cautions, planned and carried-over sites, needles, counts, the clock.

A site from the plan or from the last visit is shown as not touched yet until a needle of today is on it; it is
never a needle by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from myotome.clinic.needling.models import NeedleInsertion, TreatmentVisit
from myotome.clinic.needling.queries import (
    addenda_of,
    adverse_events_of,
    can_close,
    incidents_of,
    needle_as_value,
    needles_of,
    previous_needles,
)
from myotome.clinic.planning.queries import cautions_of, consents_of, sites_of
from myotome.knowledge import acupoints as points
from myotome.knowledge.muscles import muscles
from myotome.pages.needling.forms import REASKED
from myotome.science.needling.counts import counts_by_region, open_needles, overdue_at
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.needling import NeedleState

DEFAULT_SIZE = {"ims": "0.30x50", "acupuncture": "0.25x40"}
DEFAULT_DEPTH_MM = {"ims": 30, "acupuncture": 15}
SIZES = ("0.20x25", "0.25x25", "0.25x40", "0.30x40", "0.30x50", "0.30x60", "0.30x75")


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteChip:
    """A site that waits: from the plan, or carried over from the last visit."""

    key: str
    name: str
    side: str
    origin: str
    depth_mm: int | None
    size: str


def site_name(kind: str, site: str, level: str = "") -> str:
    """The site as practitioners say it: Multifidus L5, ST36 Zúsānlǐ 足三里."""
    if kind == "acupoint":
        point = points.acupoints().get(site)
        return f"{site} {point.pinyin} {point.hanzi}" if point else site
    row = muscles().get(site)
    name = row.name if row else site.replace("_", " ")
    return f"{name[:1].upper()}{name[1:]} {level}".strip()


def chart_context(actor: Actor, visit: TreatmentVisit, *, at: datetime, chosen: str = "") -> dict[str, Any]:
    """Everything the page shows, in a fixed number of queries."""
    needles = needles_of(visit)
    values = [needle_as_value(needle) for needle in needles]
    waiting = waiting_sites(visit, needles)
    still_in = open_needles(values)
    chosen_chip = next((chip for chip in waiting if chip.key == chosen), waiting[0] if waiting else None)
    retain = timedelta(minutes=visit.retain_minutes)
    due = overdue_at(values, retain)
    consents = consents_of(actor, course_id=visit.course_id)
    return {
        "visit": visit,
        "course": visit.course,
        "patient": visit.course.patient,
        "cautions": cautions_of(actor, patient_id=visit.course.patient_id),
        "consent": next((row for row in consents if row.kind == "course" and not row.withdrawn_at), None),
        "needles": [(needle, site_name(needle.site_kind, needle.site, needle.level)) for needle in needles],
        "waiting": waiting,
        "chosen": chosen_chip,
        "chosen_key": chosen or (chosen_chip.key if chosen_chip else ""),
        "counts": counts_by_region(values),
        "n_in_now": len(still_in),
        "n_out": sum(value.state is NeedleState.OUT for value in values),
        "open_needles": [needle for needle in needles if needle.state in ("in", "fragment")],
        "due_at": due,
        "is_overdue": due is not None and due < at,
        "oldest_in_at": due - retain if due else None,
        "can_close": can_close(visit, needles),
        "is_ims": visit.mode == "ims",
        "size": chosen_chip.size if chosen_chip else DEFAULT_SIZE[visit.mode],
        "sizes": SIZES,
        "depth_mm": chosen_chip.depth_mm if chosen_chip and chosen_chip.depth_mm else DEFAULT_DEPTH_MM[visit.mode],
        "reasked": REASKED,
        "adverse_events": adverse_events_of(visit),
        "incidents": incidents_of(visit),
        "addenda": addenda_of(visit),
        "at": at,
        "is_offered_to_me": bool(visit.handed_to_id and visit.handed_to_id == actor.practitioner_id),
    }


def waiting_sites(visit: TreatmentVisit, needles: Sequence[NeedleInsertion]) -> list[SiteChip]:
    """Planned sites, then the last visit's sites, without those that have a needle of today."""
    touched = {_key(needle) for needle in needles}
    chips: dict[str, SiteChip] = {}
    for row in sites_of(visit.plan) if visit.plan else []:
        chips[_key(row)] = _chip(row, "plan", visit.mode, None, "")
    for row in previous_needles(visit):
        size = f"{row.gauge_mm:.2f}x{row.length_mm}" if row.gauge_mm and row.length_mm else ""
        origin = f"{row.in_at:%-d %b}" if row.in_at else "last visit"
        chips[_key(row)] = _chip(row, origin, visit.mode, row.depth_mm, size)
    return [chip for key, chip in chips.items() if key not in touched]


def _key(row: Any) -> str:
    return f"{row.site_kind}:{row.site}:{row.level}:{row.side}"


def _chip(row: Any, origin: str, mode: str, depth_mm: int | None, size: str) -> SiteChip:
    return SiteChip(
        key=_key(row),
        name=site_name(row.site_kind, row.site, row.level),
        side=row.side,
        origin=origin,
        depth_mm=depth_mm,
        size=size or DEFAULT_SIZE[mode],
    )
