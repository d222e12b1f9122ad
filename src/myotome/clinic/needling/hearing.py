"""Devices with needles in are heard from: each tells every twenty seconds that it is there and can sound its alarm.

When nobody has heard such a device for a minute the wall and the desk turn red: its battery is empty, its network is
gone, or it was shut, and nobody would hear its alarm. A device speaks for the visits whose chart it has shown with
needles in, whatever page it shows now, locked or not. Charting is being heard too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from myotome.clinic.needling.models import DeviceBeat, NeedleInsertion, TreatmentVisit
from myotome.clinic.needling.queries import MOST_SHOWN, visits_for
from myotome.science.needling.counts import OPEN_STATES
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.needling import TreatmentMode

SILENT_AFTER = timedelta(seconds=60)
OPEN = [state.value for state in OPEN_STATES]


@dataclass(frozen=True, kw_only=True, slots=True)
class InCare:
    """A visit with `n_in` needles in, the oldest since `since`; `due_at` is when a set that rests is over."""

    visit: TreatmentVisit
    n_in: int
    since: datetime | None
    due_at: datetime | None


@transaction.atomic
def hear_device(*, by: Actor, at: datetime, visit_ids: Collection[int]) -> list[InCare]:
    """A device with the needles of these visits is there; a visit that is not hers to see is not heard.

    The answer is every visit with needles in that she holds, the oldest first: for these her device has to sound.
    """
    found = _in_care(by, visit_ids)
    for one in found:
        if one.visit.pk in visit_ids:
            DeviceBeat.objects.update_or_create(visit=one.visit, defaults={"clinic_id": by.clinic_id, "heard_at": at})
    return [one for one in found if _holds(by, one.visit)]


def _holds(by: Actor, visit: TreatmentVisit) -> bool:
    """True for whose needles they are now: hers, until a colleague has accepted them."""
    if visit.handover_accepted_at is not None:
        return visit.handed_to_id == by.practitioner_id
    return visit.practitioner_id == by.practitioner_id


def _in_care(by: Actor, visit_ids: Collection[int]) -> list[InCare]:
    if by.practitioner_id is None:
        return []
    hers = Q(practitioner_id=by.practitioner_id) | Q(handed_to_id=by.practitioner_id) | Q(pk__in=list(visit_ids))
    visits = list(visits_for(by).filter(hers, clinic_id=by.clinic_id, closed_at__isnull=True)[:MOST_SHOWN])
    rows = NeedleInsertion.objects.filter(visit__in=visits, struck_at__isnull=True, state__in=OPEN).order_by("in_at")
    times: dict[int, list[datetime | None]] = {}
    for pk, in_at in rows.values_list("visit_id", "in_at"):
        times.setdefault(pk, []).append(in_at)
    found = []
    for visit in visits:
        if visit.pk in times:
            since = next((one for one in times[visit.pk] if one), None)
            rests = visit.mode == TreatmentMode.ACUPUNCTURE.value and since is not None
            due_at = since + timedelta(minutes=visit.retain_minutes) if since and rests else None
            found.append(InCare(visit=visit, n_in=len(times[visit.pk]), since=since, due_at=due_at))
    return found


def last_heard(needles: Iterable[NeedleInsertion]) -> dict[int, datetime]:
    """When each visit with these needles was last heard of, by visit: its device's beat, or the last needle charted."""
    rows = list(needles)
    heard = dict(
        DeviceBeat.objects.filter(visit_id__in={row.visit_id for row in rows}).values_list("visit_id", "heard_at")
    )
    for row in rows:
        heard[row.visit_id] = max(heard.get(row.visit_id, row.charted_at), row.charted_at)
    return heard


def is_silent(heard_at: datetime | None, at: datetime) -> bool:
    """True when the device with needles in was not heard for a minute."""
    return heard_at is not None and at - heard_at > SILENT_AFTER
