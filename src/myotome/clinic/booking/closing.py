"""A day closed at the desk because somebody is away, and the visits that a closed day leaves behind, for the desk to move.

A visit is left behind when its day, by the clock of its place, is closed for everybody, for its place or for its
practitioner, and she has no extra shift over it. Nothing is cancelled by itself: somebody phones and moves it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q, QuerySet

from myotome.clinic.audit.actions import record
from myotome.clinic.booking.clocks import zone_of_practitioner
from myotome.clinic.booking.given_back import tell_of_day
from myotome.clinic.booking.hours import place_where_she_works
from myotome.clinic.booking.kept import SetUp, set_up_of
from myotome.clinic.booking.models import Appointment, HoursException
from myotome.clinic.booking.one_place import check_one_place
from myotome.clinic.booking.queries import practitioner_of
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.scheduling import AppointmentStatus

A_DAY = timedelta(days=1)
NOT_BEGUN = tuple(
    status.value for status in (AppointmentStatus.REQUESTED, AppointmentStatus.BOOKED, AppointmentStatus.ARRIVED)
)
MOST_DAYS = 200


@transaction.atomic
def close_day(*, by: Actor, at: datetime, on: date, practitioner_id: int, reason: str = "") -> HoursException:
    """The practitioner away on this day: no more is booked with her; closed already it stays as it is.

    Raises:
        InvalidValue: the day has passed where she works.
    """
    by.check_holds(Role.RECEPTIONIST, Role.PRACTITIONER, Role.OWNER)
    who = practitioner_of(by, practitioner_id)
    if on < at.astimezone(ZoneInfo(zone_of_practitioner(set_up_of(by.clinic_id), who.pk, on))).date():
        raise InvalidValue("This day has passed.", field="on")
    closed = HoursException.objects.filter(
        clinic_id=by.clinic_id, practitioner=who, place__isnull=True, on=on, closed=True
    ).first()
    if closed is not None:
        return closed
    row = HoursException.objects.create(
        clinic_id=by.clinic_id, practitioner=who, on=on, closed=True, reason=reason.strip()
    )
    record(by=by, at=at, act="day.changed", subject=row, on=on.isoformat(), closed=True, reason=row.reason)
    return row


@transaction.atomic
def open_again(*, by: Actor, at: datetime, day_id: int) -> HoursException | None:
    """The practitioner there after all, and her hours offered to who waits unless it is closed again in the time for undoing.

    What the day was; None when it was open already. A day closed for everybody is the owner's.

    Raises:
        InvalidValue: she has an extra shift elsewhere that day, at the hours that would be hers again.
    """
    by.check_holds(Role.RECEPTIONIST, Role.PRACTITIONER, Role.OWNER)
    rows = HoursException.objects.for_actor(by).filter(closed=True, practitioner__isnull=False)
    row = rows.filter(pk=day_id).first()
    if row is not None:
        record(by=by, at=at, act="day.restored", subject=row, on=row.on.isoformat())
        row.delete()
        check_one_place(set_up_of(by.clinic_id), row.on, row.practitioner_id)
        tell_of_day(row, by=by, at=at)
    return row


def away_from(actor: Actor, *, today: date) -> list[HoursException]:
    """The days from today on that are closed for one practitioner."""
    rows = HoursException.objects.for_actor(actor).filter(closed=True, practitioner__isnull=False, on__gte=today)
    return list(rows.select_related("practitioner").order_by("on", "pk")[:MOST_DAYS])


def left_behind(actor: Actor, *, at: datetime) -> list[Appointment]:
    """The visits from today on that closed days leave behind, the first one first; each with its place and its patient."""
    rows = Appointment.objects.for_actor(actor).select_related("patient", "practitioner", "service", "place")
    return _left(actor.clinic_id, rows, at)


def n_left_behind(actor: Actor, *, at: datetime) -> int:
    """How many these are, for an owner who does not see whose visits stand in the diary."""
    actor.check_holds(Role.RECEPTIONIST, Role.PRACTITIONER, Role.OWNER)
    return len(_left(actor.clinic_id, Appointment.objects.filter(clinic_id=actor.clinic_id), at))


def _left(clinic_id: int, rows: QuerySet[Appointment], at: datetime) -> list[Appointment]:
    known = set_up_of(clinic_id)
    days = sorted({row.on for row in known.closed_days if row.on > at.date() - 2 * A_DAY})[:MOST_DAYS]
    if not days:
        return []
    near = Q()
    for on in days:
        midnight = datetime.combine(on, time(), tzinfo=UTC)
        near |= Q(starts_at__gte=midnight - A_DAY, starts_at__lt=midnight + 2 * A_DAY)
    found = left_among(known, rows.filter(near, status__in=NOT_BEGUN).order_by("starts_at", "pk"))
    return [row for row in found if _day(known, row) >= at.astimezone(_zone(known, row)).date()]


def left_among(known: SetUp, rows: Iterable[Appointment]) -> list[Appointment]:
    """Those of these visits that a closed day leaves behind; asks nothing of the database."""
    return [row for row in rows if row.status in NOT_BEGUN and _is_left(known, row)]


def _is_left(known: SetUp, row: Appointment) -> bool:
    on = _day(known, row)
    is_closed = any(
        day.on == on
        and day.practitioner_id in {None, row.practitioner_id}
        and (day.place_id is None or row.place_id is None or day.place_id == row.place_id)
        for day in known.closed_days
    )
    if not is_closed:
        return False
    there = place_where_she_works(known, row.practitioner_id, starts_at=row.starts_at, ends_at=row.ends_at)
    return there is None or (row.place_id is not None and there.pk != row.place_id)


def _day(known: SetUp, row: Appointment) -> date:
    return row.starts_at.astimezone(_zone(known, row)).date()


def _zone(known: SetUp, row: Appointment) -> ZoneInfo:
    places: Sequence[int] = [row.place_id] if row.place_id in known.places else list(known.places)
    return ZoneInfo(known.places[places[0]].time_zone)
