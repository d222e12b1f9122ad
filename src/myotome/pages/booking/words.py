"""What forms of booking send, as values: whole numbers, days, times of day; each refused in words at its field."""

from __future__ import annotations

from datetime import date, time

from myotome.vocabulary.errors import InvalidValue

MOST_DIGITS = 9
YEARS = range(2000, 2200)


def whole(text: str, field: str) -> int:
    """A whole number from 0.

    Raises:
        InvalidValue: it is none.
    """
    text = text.strip()
    if not text.isascii() or not text.isdigit() or len(text) > MOST_DIGITS:
        raise InvalidValue("A whole number is needed here.", field=field)
    return int(text)


def whole_or_none(text: str) -> int | None:
    """A whole number, or None for anything else."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None


def a_day(text: str, field: str) -> date:
    """A day.

    Raises:
        InvalidValue: it is none that a calendar has, or too far away to mean.
    """
    try:
        day = date.fromisoformat(text.strip())
    except ValueError as fault:
        raise InvalidValue("A day is written as year, month, day, for example 2027-03-12.", field=field) from fault
    if day.year not in YEARS:
        raise InvalidValue("A day is written as year, month, day, for example 2027-03-12.", field=field)
    return day


def a_clock(text: str, field: str) -> time:
    """A time of day on the wall.

    Raises:
        InvalidValue: it is none.
    """
    try:
        clock = time.fromisoformat(text.strip())
    except ValueError as fault:
        raise InvalidValue("A time of day is written as 09:00.", field=field) from fault
    if clock.tzinfo is not None:
        raise InvalidValue("A time of day is written as 09:00.", field=field)
    return clock.replace(second=0, microsecond=0)
