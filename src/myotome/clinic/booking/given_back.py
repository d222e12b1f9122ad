"""Hours of a practitioner that are hers again: a block given back, a closed day opened. Offered to those who wait.

Unlike a visit that is cancelled they begin at no one time: each person who waits has the first start among them that she
wished for opened, and none overlaps another.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django_tasks import task

from myotome.clinic.audit.actions import record
from myotome.clinic.booking.asking import matches
from myotome.clinic.booking.clocks import zone_of_practitioner
from myotome.clinic.booking.holds import drop
from myotome.clinic.booking.kept import set_up_of
from myotome.clinic.booking.models import Hold, HoursException
from myotome.clinic.booking.notices import queue_jobs
from myotome.clinic.booking.openings import open_a_time, wishes_with
from myotome.clinic.booking.queries import Offer, active_service, free_times_for
from myotome.clinic.booking.rules import rules_for, told_from
from myotome.clinic.people.models import Clinic
from myotome.clinic.people.queries import system_actor
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import NotFound
from myotome.vocabulary.scheduling import HoldKind

MOST_OPENED = 12
LONGEST = timedelta(days=60)


@transaction.atomic
def unblock_time(*, by: Actor, at: datetime, hold_id: int) -> Hold | None:
    """The blocked time free again, and a practitioner's offered to who waits unless it is blocked again in the time for undoing.

    What it was; None when it was free already.
    """
    by.check_holds(Role.RECEPTIONIST, Role.PRACTITIONER, Role.OWNER)
    hold = Hold.objects.for_actor(by).filter(pk=hold_id, kind=HoldKind.BLOCK.value).first()
    if hold is not None:
        record(by=by, at=at, act="time.unblocked", subject=hold)
        drop([hold.pk])
        if hold.practitioner_id is not None:
            after = told_from(by, at=at, rules=rules_for(by.clinic_id))
            tell_of_hours(by.clinic_id, hold.practitioner_id, hold.starts_at, hold.ends_at, after=after)
    return hold


def tell_of_day(day: HoursException, *, by: Actor, at: datetime) -> None:
    """Queues the look for those who wait, for each who works again on a day that was closed; after the time for undoing."""
    known = set_up_of(day.clinic_id)
    after = told_from(by, at=at, rules=known.rules)
    for pk, row in known.practitioners.items():
        if row.is_active and day.practitioner_id in {None, pk}:
            zone = ZoneInfo(zone_of_practitioner(known, pk, day.on))
            midnight = datetime.combine(day.on, time(), tzinfo=zone)
            next_one = datetime.combine(day.on + timedelta(days=1), time(), tzinfo=zone)
            tell_of_hours(day.clinic_id, pk, midnight, next_one, after=after)


def tell_of_hours(
    clinic_id: int, practitioner_id: int, starts_at: datetime, ends_at: datetime, *, after: datetime | None
) -> None:
    """Queues the look for those who wait for some time between these moments with this practitioner."""
    if wishes_with(clinic_id, practitioner_id).exists():
        arguments = [clinic_id, practitioner_id, starts_at.isoformat(), ends_at.isoformat()]
        queue_jobs(offer_hours, [(arguments, after)])


@task()
def offer_hours(clinic_id: int, practitioner_id: int, starts_at: str, ends_at: str) -> None:
    """The first free start that each who waits has wished for, opened; at most twelve in all."""
    by = system_actor(Clinic.objects.get(pk=clinic_id), name="the waiting list")
    at = timezone.now()
    first, end = max(at, datetime.fromisoformat(starts_at)), datetime.fromisoformat(ends_at)
    end = min(end, first + LONGEST)
    if first >= end:
        return
    free: dict[int, list[Offer]] = {}
    opened: list[tuple[datetime, datetime]] = []
    served: set[tuple[int, int]] = set()
    for wish in wishes_with(clinic_id, practitioner_id):
        if (wish.patient_id, wish.service_id) in served or len(opened) == MOST_OPENED:
            continue
        if wish.service_id not in free:
            free[wish.service_id] = _free(by, wish.service_id, practitioner_id, first, end, at=at)
        for offer in free[wish.service_id]:
            is_beside = any(offer.starts_at < stop and start < offer.ends_at for start, stop in opened)
            if is_beside or not matches(
                wish, starts_at=offer.starts_at, practitioner_id=practitioner_id, zone=offer.zone
            ):
                continue
            if open_a_time(
                by=by,
                at=at,
                service_id=wish.service_id,
                practitioner_id=practitioner_id,
                starts_at=offer.starts_at,
                first_wish=wish.pk,
            ):
                opened.append((offer.starts_at, offer.ends_at))
                served.add((wish.patient_id, wish.service_id))
                break


def _free(
    by: Actor, service_id: int, practitioner_id: int, first: datetime, end: datetime, *, at: datetime
) -> list[Offer]:
    """The free starts of one service in these hours, in order; none of a service that is not given any more."""
    try:
        service = active_service(set_up_of(by.clinic_id), service_id)
    except NotFound:
        return []
    day = first.date() - timedelta(days=1)
    offers = free_times_for(
        by,
        service=service,
        first_day=day,
        n_days=min(62, (end.date() - day).days + 1),
        at=at,
        practitioner_id=practitioner_id,
    )
    return [offer for offer in offers if first <= offer.starts_at and offer.ends_at <= end]
