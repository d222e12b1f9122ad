"""Reading the diary over several days: visits and blocked times between two wall-clock days."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, QuerySet

from myotome.clinic.booking.boards import Clock
from myotome.clinic.booking.holds import blocks_between
from myotome.clinic.booking.hours import working_by_place
from myotome.clinic.booking.kept import SetUp, set_up_of
from myotome.clinic.booking.models import Appointment, AppointmentSpan, Hold
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.scheduling import AppointmentStatus

MOST_DAYS = 31


def visits_and_blocks(actor: Actor, *, first_day: date, n_days: int, zone: str) -> tuple[list[Appointment], list[Hold]]:
    """Visits that were not cancelled, with patient, service, practitioner, place and spans, and blocked times; in order.

    Raises:
        InvalidValue: no days, or more than 31.
    """
    if not 1 <= n_days <= MOST_DAYS:
        raise InvalidValue("Ask for 1 to {most} days.", field="n_days", most=MOST_DAYS)
    start, end = _midnight(first_day, zone), _midnight(first_day + timedelta(days=n_days), zone)
    rows = Appointment.objects.for_actor(actor).filter(starts_at__gte=start, starts_at__lt=end)
    rows = rows.exclude(status=AppointmentStatus.CANCELLED.value)
    return list(_shown(rows)), blocks_between(actor, start, end)


def day_at_the_desk(actor: Actor, *, on: date, zone: str) -> tuple[list[Appointment], list[Appointment], list[Hold]]:
    """As `visits_and_blocks` of one day, and between them the times of any day held until a practitioner has phoned, the oldest first."""
    start, end = _midnight(on, zone), _midnight(on + timedelta(days=1), zone)
    # By a union of two lists, each from an index; an OR of the two would go over every visit that the clinic ever had.
    mine = Appointment.objects.for_actor(actor).exclude(status=AppointmentStatus.CANCELLED.value).order_by()
    of_the_day = mine.filter(starts_at__gte=start, starts_at__lt=end).values("pk")
    held = mine.filter(status=AppointmentStatus.REQUESTED.value).values("pk")
    rows = list(_shown(Appointment.objects.filter(pk__in=of_the_day.union(held))))
    requests = sorted(
        (row for row in rows if row.status == AppointmentStatus.REQUESTED.value), key=lambda row: row.created_at
    )
    return [row for row in rows if start <= row.starts_at < end], requests, blocks_between(actor, start, end)


def _shown(rows: QuerySet[Appointment]) -> QuerySet[Appointment]:
    """The visits with all that a board shows of them, in order."""
    spans = Prefetch("spans", AppointmentSpan.objects.select_related("room"))
    rows = rows.select_related("patient", "service", "practitioner", "place").prefetch_related(spans)
    return rows.order_by("starts_at", "pk")


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), tzinfo=ZoneInfo(zone))


def closed_days(actor: Actor, *, first_day: date, n_days: int, clock: Clock) -> dict[date, str]:
    """Days of the stretch on which the whole clinic, or a place of this clock, is closed, with the reason."""
    last = first_day + timedelta(days=n_days)
    rows = set_up_of(actor.clinic_id).closed_days
    return {
        row.on: row.reason
        for row in rows
        if first_day <= row.on < last and row.practitioner_id is None and clock.has(row.place_id)
    }


def away_days(known: SetUp, *, first_day: date, n_days: int, clock: Clock) -> dict[tuple[int, date], str]:
    """(practitioner, day) of the stretch that are closed for her alone at the places of this clock, with the reason.

    Not a day on which she has an extra shift over it.
    """
    last = first_day + timedelta(days=n_days)
    comes = {(pk, day.on) for (_place, pk), days in known.extra.items() for day in days}
    return {
        (row.practitioner_id, row.on): row.reason
        for row in known.closed_days
        if row.practitioner_id is not None and first_day <= row.on < last and clock.has(row.place_id)
        if (row.practitioner_id, row.on) not in comes
    }


def next_day_worked(known: SetUp, *, first_day: date, clock: Clock) -> date | None:
    """The first day from `first_day` on, of a month, on which somebody works at a place of this clock; None without one."""
    working = working_by_place(known, lambda row: row.is_active, first_day, first_day + timedelta(days=MOST_DAYS))
    starts = [
        each.start for place, hours in working.items() if clock.has(place) for own in hours.values() for each in own
    ]
    zone = ZoneInfo(clock.zone)
    days = (datetime.fromtimestamp(start, tz=zone).date() for start in starts)
    return min((day for day in days if day >= first_day), default=None)
