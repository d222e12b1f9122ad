"""Local shifts turned into instants: 09:00 stays 09:00 across daylight saving, in the place's zone.

A local time that does not exist (the gap in spring) or exists twice (the fold in autumn) is an error with a
question, never a guess.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from myotome.vocabulary.errors import InvalidValue
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


def local_instant(day: date, at: time, zone: str) -> datetime:
    """The UTC instant of a wall-clock time in a zone.

    Raises:
        InvalidValue: the time is skipped that night, or comes twice; names both instants to choose from.

    Source: judgement
    Check: tests/oracle/test_free_times.py
    """
    local = datetime.combine(day, at, tzinfo=ZoneInfo(zone))
    first, second = local.replace(fold=0).astimezone(UTC), local.replace(fold=1).astimezone(UTC)
    if first == second:
        return first
    if first > second:
        raise InvalidValue(
            "{at:%H:%M} does not exist on {day:%a %d %b %Y}: the clocks go forward.", field="start", at=at, day=day
        )
    raise InvalidValue(
        "{at:%H:%M} comes twice on {day:%a %d %b %Y}: {first:%H:%M} UTC or {second:%H:%M} UTC?",
        field="start",
        at=at,
        day=day,
        first=first,
        second=second,
    )


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
