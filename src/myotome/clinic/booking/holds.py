"""Time that is kept without an appointment: for a form that is being filled in, and blocked by the desk.

A hold takes the same claims as a visit, so nobody else can be booked into it, and gives them back by running out: the
next writer who wants the time sweeps them away, and free times stop counting them at that moment. One form keeps one time.
What nobody wanted again is swept by the queue: the first hold queues the sweep, and the sweep queues itself while any is left.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from myotome.clinic.audit.actions import record
from myotome.clinic.booking.claims import clash_is_already_booked, taken_among, write_claims
from myotome.clinic.booking.models import Appointment, AskedBooking, Claim, Hold
from myotome.clinic.booking.notices import queue_jobs
from myotome.clinic.booking.placing import place_hold, wanted_for
from myotome.clinic.booking.queries import practitioner_of
from myotome.clinic.booking.rules import rules_for
from myotome.clinic.people.models import Room
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import AlreadyBooked, InvalidValue
from myotome.vocabulary.scheduling import HoldKind, ticks
from myotome.vocabulary.sentences import Sentence, joined

LONGEST_BLOCK_DAYS = 31
SWEPT_AFTER = timedelta(hours=1)
MOST_SWEPT_AT_ONCE = 1000
MOST_NAMED = 4


def hold_time(
    *,
    by: Actor,
    at: datetime,
    key: str,
    service_id: int,
    practitioner_id: int,
    starts_at: datetime,
    minutes: int | None = None,
) -> Hold:
    """The time kept for the form with this key, for the minutes that the clinic's rules give; asked again it begins anew.

    A form that chooses another time lets go of the first. `minutes` keep it longer, or less long; what is kept until later
    already is not kept less long because the same time is chosen again.

    Raises:
        AlreadyBooked: somebody has it, or holds it.
        InvalidValue: it cannot be booked at all.
    """
    if not key or len(key) > 64:
        raise InvalidValue("A hold belongs to one form.", field="key")
    wanted = wanted_for(by, at=at, service_id=service_id, practitioner_id=practitioner_id, starts_at=starts_at)
    hold = Hold(
        clinic_id=by.clinic_id,
        kind=HoldKind.FORM.value,
        key=key,
        expires_at=at + timedelta(minutes=minutes or rules_for(by.clinic_id).hold_minutes),
        created_at=at,
        created_by=by.name,
    )
    with transaction.atomic():
        held = hold_of(by, key, at=at)
        if held and held.expires_at and _is_time(held, service_id, practitioner_id, starts_at):
            hold.expires_at = max(hold.expires_at, held.expires_at)
        let_go(by=by, key=key)
        place_hold(wanted, hold, at=at)
        sweep_later(at=at)
    return hold


def hold_of(by: Actor, key: str, *, at: datetime) -> Hold | None:
    """What the form with this key holds and what has not run out."""
    rows = Hold.objects.filter(clinic_id=by.clinic_id, kind=HoldKind.FORM.value, key=key, expires_at__gt=at)
    return rows.order_by("pk").last()


def _is_time(hold: Hold, service_id: int, practitioner_id: int, starts_at: datetime) -> bool:
    return (hold.service_id, hold.practitioner_id, hold.starts_at) == (service_id, practitioner_id, starts_at)


def let_go(*, by: Actor, key: str) -> None:
    """Gives back what the form with this key holds; nothing when it holds nothing. Call it where the form books."""
    mine = list(
        Hold.objects.filter(clinic_id=by.clinic_id, kind=HoldKind.FORM.value, key=key).values_list("pk", flat=True)
    )
    if mine:
        drop(mine)


def drop(hold_ids: list[int]) -> None:
    """The holds and their claims gone."""
    Claim.objects.filter(hold_id__in=hold_ids).delete()
    Hold.objects.filter(pk__in=hold_ids).delete()


@transaction.atomic
def block_time(
    *,
    by: Actor,
    at: datetime,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    practitioner_id: int | None = None,
    room_id: int | None = None,
) -> Hold:
    """A practitioner, a room or both taken from `starts_at` to `ends_at`, on 5-minute steps, until it is given back.

    Raises:
        AlreadyBooked: something is booked or held in that time; move it first.
        InvalidValue: neither named, longer than 31 days, off the steps, over already, or it ends before it starts.
    """
    by.check_holds(Role.RECEPTIONIST, Role.PRACTITIONER, Role.OWNER)
    if practitioner_id is None and room_id is None:
        raise InvalidValue("Say who or which room is blocked.", field="practitioner")
    if ends_at - starts_at > timedelta(days=LONGEST_BLOCK_DAYS):
        raise InvalidValue("A block lasts at most {days} days; use a closed day.", field="end", days=LONGEST_BLOCK_DAYS)
    if starts_at < ends_at <= at:
        raise InvalidValue("This time has passed; nothing needs to be blocked in it.", field="end")
    span = ticks(starts_at, ends_at)
    resources = []
    if practitioner_id is not None:
        resources.append(f"practitioner:{practitioner_of(by, practitioner_id).pk}")
    if room_id is not None:
        resources.append(f"room:{Room.objects.for_actor(by).get_or_not_found(pk=room_id).pk}")
    if taken_among(resources, span.start, span.stop, at=at):
        raise _in_the_way(by, resources, span)
    hold = Hold(
        clinic_id=by.clinic_id,
        kind=HoldKind.BLOCK.value,
        practitioner_id=practitioner_id,
        room_id=room_id,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=reason.strip(),
        created_at=at,
        created_by=by.name,
    )
    with clash_is_already_booked():
        hold.save()
        write_claims(
            [(resource, tick) for resource in resources for tick in span], clinic_id=by.clinic_id, hold_id=hold.pk
        )
    record(by=by, at=at, act="time.blocked", subject=hold)
    return hold


def _in_the_way(by: Actor, resources: list[str], span: range) -> AlreadyBooked:
    """The refusal that names whose visits stand in a time to be blocked, as far as the actor may know."""
    claims = Claim.objects.filter(resource__in=resources, tick__gte=span.start, tick__lt=span.stop)
    rows = Appointment.objects.for_actor(by).filter(pk__in=claims.values("appointment_id"))
    rows = rows.select_related("patient", "place").order_by("starts_at", "pk")[: MOST_NAMED + 1]
    names = [
        Sentence(
            "{when:%H:%M} {name}", when=row.starts_at.astimezone(ZoneInfo(row.place.time_zone)), name=row.patient.name
        )
        for row in rows[:MOST_NAMED]
    ]
    if len(rows) > MOST_NAMED:
        names.append(Sentence("and more"))
    if names:
        return AlreadyBooked(
            "Something is booked in this time: {visits}. Move it first, then block.",
            field="start",
            visits=joined(names, by=", "),
        )
    if claims.filter(appointment__isnull=False).exists():
        return AlreadyBooked("Something is booked in this time. Move it first, then block.", field="start")
    if claims.filter(hold__kind=HoldKind.BLOCK.value).exists():
        return AlreadyBooked("Some of this time is blocked already. Give that back first, then block.", field="start")
    return AlreadyBooked(
        "Some of this time is held for somebody who is booking, or is offered to somebody who waits. Try again later.",
        field="start",
    )


def blocks_between(actor: Actor, start: datetime, end: datetime) -> list[Hold]:
    """Blocked times that touch [start, end), in order."""
    rows = Hold.objects.for_actor(actor).filter(kind=HoldKind.BLOCK.value, starts_at__lt=end, ends_at__gt=start)
    return list(rows.select_related("practitioner", "room").order_by("starts_at"))


def sweep(*, at: datetime) -> int:
    """Holds that ran out more than an hour ago, gone, and what was typed for them; how many, at most 1,000 in one call."""
    AskedBooking.objects.filter(expires_at__lt=at - SWEPT_AFTER).delete()
    over = list(Hold.objects.filter(expires_at__lt=at - SWEPT_AFTER).values_list("pk", flat=True)[:MOST_SWEPT_AT_ONCE])
    if over:
        with transaction.atomic():
            drop(over)
    return len(over)


def sweep_later(*, at: datetime) -> None:
    """Queues a sweep for an hour after `at`, unless one waits already; call it in the transaction that makes a hold."""
    waiting = DBTaskResult.objects.filter(status=TaskResultStatus.READY, task_path=sweep_holds.module_path)
    if not waiting.exists():
        queue_jobs(sweep_holds, [([], at + SWEPT_AFTER)])


@task()
def sweep_holds() -> None:
    """Sweeps what ran out, and comes back in an hour while any hold that runs out, or anything typed for one, is left."""
    now = timezone.now()
    while sweep(at=now) == MOST_SWEPT_AT_ONCE:
        pass
    if Hold.objects.filter(expires_at__isnull=False).exists() or AskedBooking.objects.exists():
        sweep_later(at=now)
