"""Wall-clock times that somebody wrote, as instants: in the zone of the place where the practitioner works."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from myotome.clinic.booking.hours import place_where_she_works
from myotome.clinic.booking.kept import SetUp, set_up_of
from myotome.science.booking.hours import local_instant
from myotome.vocabulary.errors import InvalidValue, TimeComesTwice
from myotome.vocabulary.scheduling import TICK_SECONDS

A_TICK = timedelta(seconds=TICK_SECONDS)


def zone_of_clinic(known: SetUp) -> str:
    """The clock of the clinic's first place."""
    return str(next(iter(known.places.values())).time_zone)


def zone_of_practitioner(known: SetUp, practitioner_id: int, day: date | None) -> str:
    """The clock of the place where she works that weekday; of the first place where she works, or of the clinic's first."""
    works: Sequence[int] = [
        place
        for (place, pk), shifts in known.shifts.items()
        if pk == practitioner_id and (day is None or any(shift.weekday == day.weekday() for shift in shifts))
    ]
    return str(known.places[works[0]].time_zone) if works else zone_of_clinic(known)


def zone_then(clinic_id: int, practitioner_id: int, starts_at: datetime) -> str:
    """The clock of the place where she works at this moment; of her first place when she works nowhere then."""
    return zone_where_she_works(set_up_of(clinic_id), practitioner_id, starts_at)


def zone_where_she_works(known: SetUp, practitioner_id: int, starts_at: datetime) -> str:
    """As `zone_then`, of a set-up that is at hand."""
    place = place_where_she_works(known, practitioner_id, starts_at=starts_at, ends_at=starts_at + A_TICK)
    return str(place.time_zone) if place else zone_of_practitioner(known, practitioner_id, None)


def moment_said(day: date, clock: time, away: timedelta | None, zone: str) -> datetime:
    """The instant that a row means; of a time that comes twice the one whose distance from UTC it says.

    Raises:
        InvalidValue: the time is skipped, comes twice and the row does not say which, or lies elsewhere than it says.
    """
    try:
        found = local_instant(day, clock, zone, field="time")
    except TimeComesTwice as both:
        mine = [name for name in both.which if away is not None and datetime.fromisoformat(name).utcoffset() == away]
        if not mine:
            first, second = (datetime.fromisoformat(name) for name in both.which)
            raise InvalidValue(
                "{clock:%H:%M} comes twice on {day}. Write {first:%H:%M %z} or {second:%H:%M %z} as its time.",
                field="time",
                clock=clock,
                day=day.isoformat(),
                first=first,
                second=second,
            ) from both
        return local_instant(day, clock, zone, which=mine[0])
    if away is not None and found.astimezone(ZoneInfo(zone)).utcoffset() != away:
        raise InvalidValue("{zone} is not that far from UTC on {day}.", field="time", zone=zone, day=day.isoformat())
    return found
