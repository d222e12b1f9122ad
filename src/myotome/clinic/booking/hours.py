"""Who works when and where, and which rooms may be used: what the owner described, as intervals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from myotome.clinic.booking.kept import SetUp
from myotome.clinic.booking.models import Service
from myotome.clinic.people.models import Place, Practitioner
from myotome.science.booking.hours import intervals_without, working_intervals
from myotome.vocabulary.scheduling import Interval

Hours = dict[int, dict[int, list[Interval]]]
"""Place to practitioner to the intervals in which she works there, in order."""


def working_by_place(
    set_up: SetUp, whom: Callable[[Practitioner], bool], first_day: date, last_day: date, *, credential: str = ""
) -> Hours:
    """The working intervals of `first_day` to `last_day`, both included; with a credential only while it is in force.

    Nobody is at two places at once: where hours at two places meet, those of the place that was described first count, for
    what is offered and for what is booked.
    """
    found = described_by_place(set_up, whom, first_day, last_day, credential=credential)
    counted: dict[int, list[Interval]] = {}
    for hours in found.values():
        for pk, here in hours.items():
            elsewhere = counted.get(pk, [])
            hours[pk] = intervals_without(here, elsewhere) if elsewhere else here
            counted[pk] = [*elsewhere, *hours[pk]]
    return found


def described_by_place(
    set_up: SetUp, whom: Callable[[Practitioner], bool], first_day: date, last_day: date, *, credential: str = ""
) -> Hours:
    """The same as the owner described them, even at two places at once."""
    found: Hours = {}
    for place_id, pk in sorted({*set_up.shifts, *set_up.extra}):
        if not whom(set_up.practitioners[pk]):
            continue
        last = min(last_day, credential_ends(set_up, pk, credential) or date.min) if credential else last_day
        if last < first_day:
            continue
        days = [day for who in (None, pk) for where in (None, place_id) for day in set_up.closed.get((where, who), ())]
        days += set_up.extra.get((place_id, pk), ())
        days = [day for day in days if first_day <= day.on <= last]
        found.setdefault(place_id, {})[pk] = working_intervals(
            set_up.shifts.get((place_id, pk), ()), days, first_day, last
        )
    return found


def place_where_she_works(
    set_up: SetUp, practitioner_id: int, *, starts_at: datetime, ends_at: datetime
) -> Place | None:
    """The place at which the practitioner works from `starts_at` to `ends_at`, whatever is booked; None at none."""
    first, last = starts_at.date() - timedelta(days=1), ends_at.date() + timedelta(days=1)
    a, b = starts_at.timestamp(), ends_at.timestamp()
    working = working_by_place(set_up, lambda row: row.pk == practitioner_id, first, last)
    for place_id, hours in working.items():
        if any(interval.start <= a and b <= interval.end for interval in hours.get(practitioner_id, ())):
            return set_up.places[place_id]
    return None


def rooms_at(set_up: SetUp, service: Service) -> dict[int, list[int]]:
    """Place to its active rooms of the service's kind that have its equipment, the lowest number first."""
    found: dict[int, list[int]] = {}
    for room in set_up.rooms:
        fits = service.room_kind == "any" or room.kind in {"any", service.room_kind}
        if room.is_active and fits and set(service.equipment) <= set(room.equipment):
            found.setdefault(room.place_id, []).append(room.pk)
    return found


def credential_ends(set_up: SetUp, practitioner_id: int, programme: str) -> date | None:
    """The last day on which she holds a credential of this programme; None when she holds none."""
    return set_up.credentials.get((practitioner_id, programme.casefold()))
