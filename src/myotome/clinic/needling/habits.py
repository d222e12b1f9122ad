"""The sites of the plan, and how a practitioner needled a site before with whichever patient: what her next needle begins with.

Only numbers come along, and only her own: no depth is on record that nobody ever said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import CharField, Count, F, FloatField, IntegerField, Max, Q, QuerySet, Subquery, Value

from myotome.clinic.needling.models import NeedleInsertion, TreatmentVisit
from myotome.clinic.planning.models import PlannedSite
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.needling import SiteKind

Where = tuple[str, str, str]
"""Kind, site and level ("" without one): either side."""
NAMED = (SiteKind.MUSCLE.value, SiteKind.ACUPOINT.value)
"""A place without a name is of one patient; nothing is known about it from others."""
NEWEST = 100
FAVOURITE_SINCE = timedelta(days=90)
MOST_FAVOURITES = 10
COLUMNS = ("what", "rank", "site_kind", "site", "level", "side", "region", "depth", "gauge", "length")


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteOfPlan:
    """A site as the plan names it."""

    site_kind: str
    site: str
    level: str
    side: str
    region: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Habit:
    """Her last charted depth at a site, and the size of her last needle there (`0.30x50`); None and "" when she never said."""

    depth_mm: int | None = None
    size: str = ""


def plan_and_habits(
    actor: Actor, visit: TreatmentVisit, also: Iterable[Where]
) -> tuple[list[SiteOfPlan], dict[Where, Habit]]:
    """The plan's sites in needling order, and the actor's habit at each of them and at the sites of `also`.

    A habit is read from her newest hundred visits of this mode. One query for all of it; someone who is no practitioner has
    no habits.
    """
    others = {site for kind, site, _ in also if kind in NAMED}
    if visit.plan_id is None and not others:
        return [], {}
    rows = _planned(visit)
    if actor.practitioner_id is not None:
        rows = rows.union(_own(actor, visit, others), all=True)
    planned: list[tuple[int, SiteOfPlan]] = []
    own: list[tuple[Any, ...]] = []
    for what, rank, kind, site, level, side, region, *numbers in rows:
        if what == "plan":
            planned.append((rank, SiteOfPlan(site_kind=kind, site=site, level=level, side=side, region=region)))
        else:
            own.append((rank, (kind, site, level), *numbers))
    return [one for _, one in sorted(planned, key=lambda row: row[0])], _habits(sorted(own, reverse=True))


def _habits(newest_first: list[tuple[Any, ...]]) -> dict[Where, Habit]:
    depths: dict[Where, int] = {}
    sizes: dict[Where, str] = {}
    for _rank, where, depth_mm, gauge_mm, length_mm in newest_first:
        if depth_mm is not None:
            depths.setdefault(where, depth_mm)
        if gauge_mm and length_mm:
            sizes.setdefault(where, f"{gauge_mm:.2f}x{length_mm}")
    return {w: Habit(depth_mm=depths.get(w), size=sizes.get(w, "")) for w in depths.keys() | sizes.keys()}


def _planned(visit: TreatmentVisit) -> QuerySet[Any, tuple[Any, ...]]:
    rows = PlannedSite.objects.filter(plan_id=visit.plan_id).order_by()
    return rows.annotate(
        what=Value("plan", CharField()),
        rank=F("order"),
        depth=Value(0, IntegerField()),
        gauge=Value(0.0, FloatField()),
        length=Value(0, IntegerField()),
    ).values_list(*COLUMNS)


def _own(actor: Actor, visit: TreatmentVisit, others: set[str]) -> QuerySet[Any, tuple[Any, ...]]:
    visits = TreatmentVisit.objects.filter(
        clinic_id=actor.clinic_id, practitioner_id=actor.practitioner_id, mode=visit.mode
    )
    of_plan = PlannedSite.objects.filter(plan_id=visit.plan_id).order_by().values("site")
    rows = NeedleInsertion.objects.filter(
        Q(site__in=Subquery(of_plan)) | Q(site__in=others),
        visit_id__in=Subquery(visits.order_by("-pk").values("pk")[:NEWEST]),
        site_kind__in=NAMED,
        charted_by=actor.name,
        struck_at__isnull=True,
    ).order_by()
    return rows.annotate(
        what=Value("own", CharField()), rank=F("pk"), depth=F("depth_mm"), gauge=F("gauge_mm"), length=F("length_mm")
    ).values_list(*COLUMNS)


def favourites(actor: Actor, *, mode: str, at: datetime) -> list[Where]:
    """The sites that she charted most often herself in this mode within ninety days, at most ten; one query.

    Those charted equally often stand with the latest first. Someone who is no practitioner has none.
    """
    if actor.practitioner_id is None:
        return []
    rows = NeedleInsertion.objects.filter(
        visit__clinic_id=actor.clinic_id,
        visit__practitioner_id=actor.practitioner_id,
        visit__mode=mode,
        visit__opened_at__gte=at - FAVOURITE_SINCE,
        site_kind__in=NAMED,
        charted_by=actor.name,
        struck_at__isnull=True,
    )
    counted = rows.order_by().values("site_kind", "site", "level").annotate(n=Count("pk"), newest=Max("charted_at"))
    most = counted.order_by("-n", "-newest", "site", "level")[:MOST_FAVOURITES]
    return [(row["site_kind"], row["site"], row["level"]) for row in most]
