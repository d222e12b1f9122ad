"""Which free times to offer for the next visit: as the last one was, as far apart as the plan wants.

The same weekday and the same hour come first; then, day by day, whatever lies nearest to the wished distance, each day
with its one start nearest to the hour of the last visit. Days and hours are those of the wall where the visit is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

SAME_HOUR_MINUTES = 30
"""A start this near to the hour of the last visit counts as the same. Source: clinic belief."""


def next_starts(
    starts: Sequence[datetime], *, last: datetime, every_days: int, least_days: int, most_days: int, n: int = 3
) -> list[datetime]:
    """At most `n` of these free starts, the best first, no two on one day, none outside the least and the most days.

    `starts` carry the zone of their place; `last`, an aware instant, is read on the same wall.

    Check: tests/oracle/test_next_visit.py chooses by comparing every start with every other.
    """
    ranked = sorted(
        (rank, start)
        for start in starts
        if least_days <= days_after(start, last) <= most_days
        for rank in [rank_of(start, last, every_days)]
    )
    chosen: dict[object, datetime] = {}
    for _rank, start in ranked:
        if len(chosen) == n:
            break
        chosen.setdefault(start.date(), start)
    return list(chosen.values())


def days_after(start: datetime, last: datetime) -> int:
    """Days of the wall calendar from the last visit to this start."""
    return (start.date() - last.astimezone(start.tzinfo).date()).days


def rank_of(start: datetime, last: datetime, every_days: int) -> tuple[bool, int, int]:
    """Small is good: another weekday or hour than last time, days off the wished distance, minutes off the hour."""
    before = last.astimezone(start.tzinfo)
    off = abs((start.hour - before.hour) * 60 + start.minute - before.minute)
    is_another = start.weekday() != before.weekday() or off > SAME_HOUR_MINUTES
    return is_another, abs(days_after(start, last) - every_days), off
