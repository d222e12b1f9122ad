"""Working hours that overlap: refused since they can be, but older data may hold them, and nothing else says so.

Two shifts of one person at the same place count as one; at two places only those of the place that was described first count
while they overlap. Both are named with what counts meanwhile and the way out.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

from myotome.clinic.booking.kept import SetUp, set_up_of
from myotome.clinic.booking.models import WorkingHours
from myotome.clinic.booking.one_place import at_two_places
from myotome.vocabulary.scheduling import Interval
from myotome.vocabulary.sentences import Sentence


def overlapping_hours(clinic_id: int, *, today: date) -> list[Sentence]:
    """A sentence for every two shifts of one active person that overlap from today on, by name, weekday and place."""
    known = set_up_of(clinic_id)
    rows = WorkingHours.objects.filter(clinic_id=clinic_id, practitioner__is_active=True)
    rows = rows.order_by("practitioner__name", "weekday", "starts", "pk")
    shifts = [row for row in rows if row.valid_until is None or row.valid_until >= today]
    found = [
        _said(known, one, other, day)
        for one, other in combinations(shifts, 2)
        if one.practitioner_id == other.practitioner_id and (day := _meet_on(known, one, other, today)) is not None
    ]
    return [*found, *_extra_shifts(known, today)]


def who_overlaps(clinic_id: int, *, today: date) -> tuple[int, list[str]]:
    """How many such overlaps there are, and whose, each name once."""
    found = overlapping_hours(clinic_id, today=today)
    return len(found), sorted({str(said.values["name"]) for said in found})


def _meet_on(known: SetUp, one: WorkingHours, other: WorkingHours, today: date) -> date | None:
    """The first day of the first shift at which the second is worked too, by instants: two places may have two clocks."""
    first = max(today, one.valid_from or today, (other.valid_from or today) - timedelta(days=1))
    first += timedelta(days=(one.weekday - first.weekday()) % 7)
    for day in (first, first + timedelta(days=7)):
        if one.valid_until is not None and day > one.valid_until:
            return None
        here = _worked(known, one, day)
        near = (day + timedelta(days=n) for n in (-1, 0, 1))
        if any(here.overlaps(_worked(known, other, on)) for on in near if _is_worked(other, on)):
            return day
    return None


def _is_worked(row: WorkingHours, day: date) -> bool:
    begun = row.valid_from is None or row.valid_from <= day
    return row.weekday == day.weekday() and begun and (row.valid_until is None or day <= row.valid_until)


def _worked(known: SetUp, row: WorkingHours, day: date) -> Interval:
    zone = ZoneInfo(known.places[row.place_id].time_zone)
    starts, ends = (int(datetime.combine(day, clock, tzinfo=zone).timestamp()) for clock in (row.starts, row.ends))
    return Interval(starts, ends)


def _said(known: SetUp, one: WorkingHours, other: WorkingHours, day: date) -> Sentence:
    first, second = sorted((one, other), key=lambda row: row.place_id)
    words = {
        "name": known.practitioners[one.practitioner_id].name,
        "day": day,
        "hours": _clock(first.starts, first.ends),
        "more": _clock(second.starts, second.ends),
        "place": known.places[first.place_id].name,
    }
    if first.place_id == second.place_id:
        return Sentence(
            "{name} has two shifts at {place} that overlap on {day:%A}: {hours} and {more}. They count as one; remove "
            "one of them below.",
            **words,
        )
    return Sentence(
        "{name} is at two places at once on {day:%A}: at {place} {hours} and at {other} {more}. Only {place} counts while "
        "they overlap; remove one of the shifts below, and describe the hours anew.",
        other=known.places[second.place_id].name,
        **words,
    )


def _extra_shifts(known: SetUp, today: date) -> Iterator[Sentence]:
    days = sorted({(day.on, pk) for (_, pk), rows in known.extra.items() for day in rows if day.on >= today})
    for on, pk in days:
        if clash := at_two_places(known, [on], pk):
            yield Sentence(
                "{name} is at {place} and at {other} at the same time on {on:%a %d %b %Y}. Only {place} counts then; "
                "remove the extra shift of that day below.",
                name=clash.name,
                place=clash.places[0],
                other=clash.places[1],
                on=on,
            )


def _clock(starts: time, ends: time) -> str:
    return f"{starts:%H:%M}–{ends:%H:%M}"
