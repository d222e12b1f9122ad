"""Reading the diary over several days: visits and blocked times between two wall-clock days."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from myotome.clinic.booking.boards import Clock
from myotome.clinic.booking.holds import blocks_between
from myotome.clinic.booking.kept import set_up_of
from myotome.clinic.booking.models import Appointment, Hold
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
    start = datetime.combine(first_day, time(), tzinfo=ZoneInfo(zone))
    end = datetime.combine(first_day + timedelta(days=n_days), time(), tzinfo=ZoneInfo(zone))
    rows = Appointment.objects.for_actor(actor).filter(starts_at__gte=start, starts_at__lt=end)
    rows = rows.exclude(status=AppointmentStatus.CANCELLED.value)
    rows = rows.select_related("patient", "service", "practitioner", "place").prefetch_related("spans__room")
    return list(rows.order_by("starts_at", "pk")), blocks_between(actor, start, end)


def closed_days(actor: Actor, *, first_day: date, n_days: int, clock: Clock) -> dict[date, str]:
    """Days of the stretch on which the whole clinic, or a place of this clock, is closed, with the reason."""
    last = first_day + timedelta(days=n_days)
    rows = set_up_of(actor.clinic_id).closed_days
    return {
        row.on: row.reason
        for row in rows
        if first_day <= row.on < last and row.practitioner_id is None and clock.has(row.place_id)
    }
