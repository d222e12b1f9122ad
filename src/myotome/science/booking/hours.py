"""Local shifts turned into instants: 09:00 stays 09:00 across daylight saving, in the place's zone.

A local time that does not exist (the gap in spring) or exists twice (the fold in autumn) is an error with a
question, never a guess.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from myotome.vocabulary.errors import InvalidValue, TimeComesTwice
from myotome.vocabulary.scheduling import Interval


@dataclass(frozen=True, kw_only=True, slots=True)
class Shift:
    """A weekly shift in wall-clock time; `weekday` 0 is Monday; the validity dates are inclusive."""

    weekday: int
    starts: time
    ends: time
    zone: str
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DayException:
    """A day that differs from the week: closed, or open at other times (`starts` and `ends` given)."""

    on: date
    closed: bool
    zone: str
    starts: time | None = None
    ends: time | None = None


def local_instant(day: date, at: time, zone: str, *, which: str = "", field: str = "start") -> datetime:
    """The UTC instant of a wall-clock time in a zone; of a time that comes twice the one that `which` names, as ISO text.

    Raises:
        TimeComesTwice: it comes twice that night and `which` is neither; names both to choose from.
        InvalidValue: the time is skipped that night.

    Source: judgement
    Check: tests/oracle/test_free_times.py
    """
    local = datetime.combine(day, at, tzinfo=ZoneInfo(zone))
    both = local.replace(fold=0), local.replace(fold=1)
    first, second = (moment.astimezone(UTC) for moment in both)
    if first == second:
        return first
    if first > second:
        raise InvalidValue(
            "{at:%H:%M} does not exist on {day:%a %d %b %Y}: the clocks go forward. Choose a time before or after.",
            field=field,
            at=at,
            day=day,
        )
    names = both[0].isoformat(), both[1].isoformat()
    if which in names:
        return (first, second)[names.index(which)]
    raise TimeComesTwice(
        "{at:%H:%M} comes twice on {day:%a %d %b %Y}, as {first} and as {second}. Say which.",
        which=names,
        field=field,
        at=at,
        day=day,
        first=clock_words(first, zone),
        second=clock_words(second, zone),
    )


def clock_words(moment: datetime, zone: str) -> str:
    """The wall-clock time of a moment, `01:30`; where that time comes twice with its distance from UTC, `01:30 -0700`.

    Source: judgement
    Check: tests/oracle/test_free_times.py
    """
    local = moment.astimezone(ZoneInfo(zone))
    comes_twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f"{local:%H:%M %z}" if comes_twice else f"{local:%H:%M}"


def check_shift_is_clear(
    *, zone: str, weekday: int, starts: time, ends: time, first: date, last: date, field: str = "starts"
) -> None:
    """Nothing, when a weekly shift begins and ends at a time that there is once, on each of its days from first to last.

    Raises:
        InvalidValue: the clocks change over its beginning or its end on one of them; names the day.

    Source: judgement
    Check: tests/oracle/test_free_times.py
    """
    day = first + timedelta(days=(weekday - first.weekday()) % 7)
    while day <= last:
        for at in (starts, ends):
            try:
                local_instant(day, at, zone)
            except InvalidValue as why:
                raise InvalidValue(
                    "The clocks change on {day:%a %d %b %Y}, and {at:%H:%M} is skipped or comes twice that night. Begin "
                    "and end the shift at other times, or let it end before that day and give the day hours of its own.",
                    field=field,
                    day=day,
                    at=at,
                ) from why
        day += timedelta(days=7)


def working_intervals(
    shifts: Iterable[Shift], exceptions: Iterable[DayException], first: date, last: date
) -> list[Interval]:
    """The instants in which somebody works from `first` to `last` (both included), in order, merged.

    A closing exception removes the whole day, an opening one adds to it.

    Source: judgement
    Check: tests/oracle/test_free_times.py
    """
    shifts, exceptions = list(shifts), list(exceptions)
    closed = {e.on for e in exceptions if e.closed}
    found: list[tuple[int, int]] = []
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        if day not in closed:
            found += [
                _seconds(day, shift.starts, shift.ends, shift.zone)
                for shift in shifts
                if shift.weekday == day.weekday()
                and (shift.valid_from is None or shift.valid_from <= day)
                and (shift.valid_until is None or day <= shift.valid_until)
            ]
        found += [
            _seconds(day, e.starts, e.ends, e.zone)
            for e in exceptions
            if e.on == day and not e.closed and e.starts and e.ends
        ]
    return _merged(found)


def intervals_without(intervals: Iterable[Interval], taken: Iterable[Interval]) -> list[Interval]:
    """What is left of intervals in order when others are taken out of them.

    Source: judgement
    Check: tests/property/test_intervals.py
    """
    left = list(intervals)
    for out in taken:
        pieces = (
            [(row.start, min(row.end, out.start)) for row in left],
            [(max(row.start, out.end), row.end) for row in left],
        )
        left = sorted(
            {Interval(start, end) for some in pieces for start, end in some if start < end},
            key=lambda row: (row.start, row.end),
        )
    return left


def _seconds(day: date, starts: time, ends: time, zone: str) -> tuple[int, int]:
    return (
        int(local_instant(day, starts, zone).timestamp()),
        int(local_instant(day, ends, zone).timestamp()),
    )


def _merged(pairs: list[tuple[int, int]]) -> list[Interval]:
    merged: list[list[int]] = []
    for start, end in sorted(pair for pair in pairs if pair[1] > pair[0]):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    return [Interval(start, end) for start, end in merged]
