"""Days and times of day as people write them. What may mean two days is refused unless somebody says which.

`order` says it: `day` (3/4 is 3 April), `month` (3/4 is 4 March), or empty: then only what can be read in one way is read.
"""

from __future__ import annotations

import re
from datetime import date, time, timedelta

from myotome.vocabulary.errors import InvalidValue

ORDERS = ("", "day", "month")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]00:00(?::00)?)?", re.ASCII)
_NUMBERS = re.compile(r"(\d{1,2})([/.\-])(\d{1,2})\2(\d{4})", re.ASCII)
_DAY_WORD = re.compile(r"(\d{1,2})\.?[ \-]([a-z]{3,9})\.?,?[ \-](\d{4})", re.ASCII | re.IGNORECASE)
_WORD_DAY = re.compile(r"([a-z]{3,9})\.? (\d{1,2}),? (\d{4})", re.ASCII | re.IGNORECASE)
_DISTANCE = re.compile(r"(.*\d\S*)\s+([+-])(\d{2}):?(\d{2})", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2})[:h.](\d{2})(?::00)?(?:\s*([ap])\.?m\.?)?", re.ASCII | re.IGNORECASE)


def day_from(text: str, field: str, *, order: str = "") -> date:
    """The day that a text means.

    Raises:
        InvalidValue: it means none, or two and nobody has said which.
    """
    text = text.strip()
    if found := _ISO.fullmatch(text):
        return _day(int(found[1]), int(found[2]), int(found[3]), text, field)
    if found := _DAY_WORD.fullmatch(text):
        return _day(int(found[3]), _month(found[2], text, field), int(found[1]), text, field)
    if found := _WORD_DAY.fullmatch(text):
        return _day(int(found[3]), _month(found[1], text, field), int(found[2]), text, field)
    if found := _NUMBERS.fullmatch(text):
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        if order == "day" or (not order and first > 12):
            return _day(year, second, first, text, field)
        if order == "month" or second > 12 or first == second:
            return _day(year, first, second, text, field)
        raise InvalidValue(
            "“{text}” may be two days: say below whether the day or the month comes first.", field=field, text=text
        )
    raise _no_day(text, field)


def clock_from(text: str, field: str) -> time:
    """The time of day that a text means: 14:30, 14h30, 2:30 pm.

    Raises:
        InvalidValue: it means none.
    """
    found = _CLOCK.fullmatch(text.strip())
    hour, minute, half = (int(found[1]), int(found[2]), (found[3] or "").lower()) if found else (99, 0, "")
    if half and not 1 <= hour <= 12:
        hour = 99
    elif half:
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour > 23 or minute > 59:
        raise InvalidValue("“{text}” is no time of day, for example 14:30.", field=field, text=text[:20])
    return time(hour, minute)


def distance_from(text: str) -> tuple[str, timedelta | None]:
    """A time of day without the distance from UTC that may stand after it (`01:30 -0700`), and that distance."""
    found = _DISTANCE.fullmatch(text.strip())
    if found is None:
        return text, None
    away = timedelta(hours=int(found[3]), minutes=int(found[4]))
    return found[1], -away if found[2] == "-" else away


def _month(word: str, text: str, field: str) -> int:
    short = word.lower()[:3]
    if short not in _MONTHS:
        raise _no_day(text, field)
    return _MONTHS.index(short) + 1


def _day(year: int, month: int, day: int, text: str, field: str) -> date:
    try:
        return date(year, month, day)
    except ValueError as fault:
        raise _no_day(text, field) from fault


def _no_day(text: str, field: str) -> InvalidValue:
    return InvalidValue("“{text}” is no day, for example 1968-03-12.", field=field, text=text[:20])
