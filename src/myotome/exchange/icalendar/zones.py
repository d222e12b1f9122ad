"""A zone as calendars are told it: VTIMEZONE with every change of its clock in the years that matter.

Each change is written by its date, not by a rule: a rule guesses about years to come, and a zone that gives daylight
saving up would still be told to change. DTSTART of a change is the wall clock just before it, as RFC 5545 has it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Calendar, Timezone, TimezoneDaylight, TimezoneStandard

FIRST_YEAR, LAST_YEAR = 1900, 9998
_STEP = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class ClockChange:
    """From `at` (UTC) on the clock of a zone stands `after` from UTC; until then it stood `before`."""

    at: datetime
    before: timedelta
    after: timedelta
    name: str
    is_daylight: bool


def add_zones(calendar: Calendar, times: Iterable[datetime]) -> None:
    """Adds the VTIMEZONE of every zone among `times`, in the order of their names, for the years of all of them."""
    moments: dict[str, list[datetime]] = {}
    for time in times:
        if isinstance(time.tzinfo, ZoneInfo) and time.tzinfo.key != "UTC":
            moments.setdefault(time.tzinfo.key, []).append(time)
    for place, (zone, found) in enumerate(sorted(moments.items())):
        years = [time.year for time in found]
        calendar.subcomponents.insert(place, zone_component(zone, min(years), max(years)))


def on_the_wall(starts: datetime, ends: datetime, zone: str) -> tuple[datetime, datetime]:
    """Both times on the wall clock of the zone, or both in UTC where the hour comes twice and the second is meant.

    A wall-clock time in such an hour means its first coming (RFC 5545, 3.3.5); the second has no other name.
    """
    local = starts.astimezone(ZoneInfo(zone)), ends.astimezone(ZoneInfo(zone))
    if any(time.fold for time in local):
        return starts.astimezone(UTC), ends.astimezone(UTC)
    return local


def zone_component(zone: str, first_year: int, last_year: int) -> Timezone:
    """The VTIMEZONE of a zone, true from the year before `first_year` to the end of the year after `last_year`."""
    component = Timezone()
    component.add("tzid", zone)
    kinds: dict[tuple[timedelta, timedelta, str, bool], list[datetime]] = {}
    opening, changes = clock_changes(zone, max(first_year - 1, FIRST_YEAR), min(last_year + 1, LAST_YEAR))
    for change in (opening, *changes):
        kind = (change.before, change.after, change.name, change.is_daylight)
        kinds.setdefault(kind, []).append((change.at + change.before).replace(tzinfo=None))
    for (before, after, name, is_daylight), wall_clocks in kinds.items():
        part = TimezoneDaylight() if is_daylight else TimezoneStandard()
        part.add("dtstart", wall_clocks[0])
        if wall_clocks[1:]:
            part.add("rdate", wall_clocks[1:])
        part.add("tzname", name)
        part.add("tzoffsetfrom", before)
        part.add("tzoffsetto", after)
        component.add_component(part)
    return component


@lru_cache(maxsize=64)
def clock_changes(zone: str, first_year: int, last_year: int) -> tuple[ClockChange, tuple[ClockChange, ...]]:
    """How the clock stands as `first_year` begins, and its changes until `last_year` has ended, in order.

    Found by looking twice a day and halving the gap to the second, so it knows what the zone database knows.
    """
    there = ZoneInfo(zone)
    moment, end = datetime(first_year, 1, 1, tzinfo=UTC), datetime(last_year + 1, 1, 1, tzinfo=UTC)
    standing = _standing(there, moment)
    opening = ClockChange(moment, standing[0], *standing)
    changes = []
    while moment < end:
        later = min(moment + _STEP, end)
        now = _standing(there, later)
        if now != standing:
            low, high = moment, later
            while high - low > timedelta(seconds=1):
                middle = low + timedelta(seconds=(high - low).total_seconds() // 2)
                low, high = (middle, high) if _standing(there, middle) == standing else (low, middle)
            changes.append(ClockChange(high, standing[0], *now))
            standing = now
        moment = later
    return opening, tuple(changes)


def _standing(zone: ZoneInfo, at: datetime) -> tuple[timedelta, str, bool]:
    local = at.astimezone(zone)
    return local.utcoffset() or timedelta(), local.tzname() or zone.key, bool(local.dst())
