"""Who works when and where, and which rooms may be used: what the owner described, as intervals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q

from myotome.clinic.booking.models import HoursException, Service, WorkingHours
from myotome.clinic.people.models import Credential, Place, Room
from myotome.science.booking.hours import DayException, Shift, working_intervals
from myotome.vocabulary.scheduling import Interval


@dataclass(frozen=True, slots=True)
class Working:
    """Who works where: `by_place` leads from place to practitioner to her intervals in order, `names` names them."""

    by_place: dict[int, dict[int, list[Interval]]]
    names: dict[int, str]
    places: dict[int, Place]


def working_by_place(
    clinic_id: int, whom: dict[str, Any], first_day: date, last_day: date, *, credential: str = ""
) -> Working:
    """The working intervals of `first_day` to `last_day`, both included; with a credential only while it is in force.

    `whom` narrows the practitioners, as a filter on their rows.
    """
    hers = {f"practitioner__{name}": value for name, value in whom.items()}
    names: dict[int, str] = {}
    places: dict[int, Place] = {}
    shifts: dict[tuple[int, int], list[Shift]] = defaultdict(list)
    rows = WorkingHours.objects.filter(clinic_id=clinic_id, **hers).select_related("place", "practitioner")
    for row in rows:
        names[row.practitioner_id], places[row.place_id] = row.practitioner.name, row.place
        shifts[row.place_id, row.practitioner_id].append(
            Shift(
                weekday=row.weekday,
                starts=row.starts,
                ends=row.ends,
                zone=row.place.time_zone,
                valid_from=row.valid_from,
                valid_until=row.valid_until,
            )
        )
    closed, extra = _exceptions(clinic_id, first_day, last_day, hers, names, places)
    ends = credential_ends(clinic_id, credential, names) if credential else {}
    found: dict[int, dict[int, list[Interval]]] = {}
    for place_id, pk in sorted({*shifts, *extra}):
        last = min(last_day, ends.get(pk, date.min)) if credential else last_day
        if last < first_day:
            continue
        days = [*closed[None, None], *closed[None, pk], *closed[place_id, None], *closed[place_id, pk]]
        intervals = working_intervals(shifts[place_id, pk], [*days, *extra[place_id, pk]], first_day, last)
        found.setdefault(place_id, {})[pk] = intervals
    return Working(found, names, places)


def place_where_she_works(
    clinic_id: int, practitioner_id: int, *, starts_at: datetime, ends_at: datetime
) -> Place | None:
    """The place at which the practitioner works from `starts_at` to `ends_at`, whatever is booked; None at none."""
    first, last = starts_at.date() - timedelta(days=1), ends_at.date() + timedelta(days=1)
    a, b = starts_at.timestamp(), ends_at.timestamp()
    working = working_by_place(clinic_id, {"pk": practitioner_id}, first, last)
    for place_id, hours in working.by_place.items():
        if any(interval.start <= a and b <= interval.end for interval in hours.get(practitioner_id, ())):
            return working.places[place_id]
    return None


def rooms_at(clinic_id: int, service: Service) -> dict[int, list[int]]:
    """Place to its active rooms of the service's kind that have its equipment, the lowest number first."""
    rows = Room.objects.filter(clinic_id=clinic_id, is_active=True).order_by("pk")
    if service.room_kind != "any":
        rows = rows.filter(kind__in=["any", service.room_kind])
    found: dict[int, list[int]] = defaultdict(list)
    for pk, place_id, equipment in rows.values_list("pk", "place_id", "equipment"):
        if set(service.equipment) <= set(equipment):
            found[place_id].append(pk)
    return found


def credential_ends(clinic_id: int, programme: str, practitioner_ids: Iterable[int]) -> dict[int, date]:
    """Practitioner to the last day on which she holds a credential of this programme; absent who holds none."""
    rows = Credential.objects.filter(
        clinic_id=clinic_id, programme__iexact=programme, practitioner_id__in=list(practitioner_ids)
    )
    found: dict[int, date] = {}
    for pk, expires_on in rows.values_list("practitioner_id", "expires_on"):
        found[pk] = max(found.get(pk, date.min), expires_on or date.max)
    return found


def _exceptions(
    clinic_id: int,
    first: date,
    last: date,
    hers: dict[str, Any],
    names: dict[int, str],
    places: dict[int, Place],
) -> tuple[dict[tuple[int | None, int | None], list[DayException]], dict[tuple[int, int], list[DayException]]]:
    """Closed days by (place, practitioner), None for every one; extra shifts by (place, practitioner).

    Whoever works only an extra shift is added to `names`, and its place to `places`.
    """
    closed: dict[tuple[int | None, int | None], list[DayException]] = defaultdict(list)
    extra: dict[tuple[int, int], list[DayException]] = defaultdict(list)
    rows = HoursException.objects.filter(
        Q(**hers) | Q(practitioner__isnull=True), clinic_id=clinic_id, on__range=(first, last)
    )
    for row in rows.select_related("clinic", "place", "practitioner"):
        place = row.place
        if not row.closed and place is None:
            place = Place.objects.filter(clinic_id=clinic_id).order_by("pk")[0]
        zone = place.time_zone if place else row.clinic.time_zone
        day = DayException(on=row.on, closed=row.closed, zone=zone, starts=row.starts, ends=row.ends)
        if row.closed or place is None:
            closed[row.place_id, row.practitioner_id].append(day)
            continue
        places[place.pk] = place
        if row.practitioner is not None:
            names[row.practitioner_id] = row.practitioner.name
        for pk in [row.practitioner_id] if row.practitioner_id else list(names):
            extra[place.pk, pk].append(day)
    return closed, extra
