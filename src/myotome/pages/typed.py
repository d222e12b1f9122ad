"""What forms and addresses send, as values: whole numbers, days, times of day; each refused in words at its field.

The `..._or_none` and `day_asked` forms are for what may be left out; they never fail on what nobody typed on purpose.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date, time

from myotome.vocabulary.errors import InvalidValue

MOST_DIGITS = 9
YEARS = range(1900, 3000)


def whole(text: str, field: str) -> int:
    """A whole number from 0.

    Raises:
        InvalidValue: it is none.
    """
    n = whole_or_none(text)
    if n is None:
        raise InvalidValue("A whole number is needed here.", field=field)
    return n


def whole_or_none(text: str) -> int | None:
    """A whole number, or None for anything else."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None


def a_day(text: str, field: str) -> date:
    """A day.

    Raises:
        InvalidValue: it is none that a calendar has, or too far away to mean.
    """
    with suppress(ValueError):
        day = date.fromisoformat(text.strip())
        if day.year in YEARS:
            return day
    raise InvalidValue("A day is written as year, month, day, for example 2027-03-12.", field=field)


def a_day_or_none(text: str, field: str) -> date | None:
    """A day, or None for an empty field.

    Raises:
        InvalidValue: it is neither.
    """
    return a_day(text, field) if text.strip() else None


def day_asked(text: str, otherwise: date) -> date:
    """The day that an address names; `otherwise` for anything that is none."""
    try:
        return a_day(text, "on")
    except InvalidValue:
        return otherwise


def a_clock(text: str, field: str) -> time:
    """A time of day on the wall.

    Raises:
        InvalidValue: it is none.
    """
    with suppress(ValueError):
        clock = time.fromisoformat(text.strip())
        if clock.tzinfo is None:
            return clock.replace(second=0, microsecond=0)
    raise InvalidValue("A time of day is written as 09:00.", field=field)
