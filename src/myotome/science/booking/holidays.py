"""Public holidays of a Canadian province or territory: the owner closes them all in one act, and edits them day by day after it.

Each holiday is a rule of the calendar: a fixed day, the n-th weekday of a month, the Monday before a day, or a distance
from Easter. A holiday that falls on a weekend stays where it is; who gives another day off instead adds it by hand.
Awaiting a look by somebody of each province.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.sentences import Sentence

PROVINCES = {
    "AB": "Alberta", "BC": "British Columbia", "MB": "Manitoba", "NB": "New Brunswick", "NL": "Newfoundland and Labrador",
    "NS": "Nova Scotia", "NT": "Northwest Territories", "NU": "Nunavut", "ON": "Ontario", "PE": "Prince Edward Island",
    "QC": "Quebec", "SK": "Saskatchewan", "YT": "Yukon",
}  # fmt: skip
PROVINCE_NAMES = {code: Sentence(name) for code, name in PROVINCES.items()}
"""The same, as a page says them."""

ALL = frozenset(PROVINCES)
MONDAY = 0


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day off and its name."""

    on: date
    name: str


def holidays(province: str, year: int) -> list[Holiday]:
    """The year's public holidays in order of date; `province` is its two letters or its name.

    Raises:
        InvalidValue: no province of this name, or a year outside 2000 to 2199.

    Source: judgement
    Check: tests/unit/science/test_holidays.py
    """
    code = next(
        (c for c, name in PROVINCES.items() if province.strip().casefold() in {c.casefold(), name.casefold()}), ""
    )
    if not code:
        raise InvalidValue("There is no province or territory of this name.", field="province")
    if year not in range(2000, 2200):
        raise InvalidValue("Choose a year from 2000 to 2199.", field="year")
    sunday = easter(year)
    rules = [
        (date(year, 1, 1), "New Year's Day", ALL),
        (nth_weekday(year, 2, MONDAY, 3), _february(code), ALL - set(["NL", "NT", "NU", "QC", "YT"])),
        (sunday - timedelta(days=2), "Good Friday", ALL),
        (_monday_before(date(year, 5, 25)), "Victoria Day", ALL - set(["NB", "NL", "NS", "PE"])),
        (date(year, 6, 21), "National Indigenous Peoples Day", {"NT", "YT"}),
        (date(year, 6, 24), "National Holiday of Quebec", {"QC"}),
        (date(year, 7, 1), "Canada Day", ALL),
        (nth_weekday(year, 8, MONDAY, 1), "First Monday of August", {"BC", "NB", "NT", "NU", "SK"}),
        (nth_weekday(year, 8, MONDAY, 3), "Discovery Day", {"YT"}),
        (nth_weekday(year, 9, MONDAY, 1), "Labour Day", ALL),
        (date(year, 9, 30), "National Day for Truth and Reconciliation", {"BC", "MB", "NT", "NU", "PE", "YT"}),
        (nth_weekday(year, 10, MONDAY, 2), "Thanksgiving", ALL - set(["NB", "NL", "NS", "PE"])),
        (date(year, 11, 11), "Remembrance Day", ALL - set(["MB", "NS", "ON", "QC"])),
        (date(year, 12, 25), "Christmas Day", ALL),
        (date(year, 12, 26), "Boxing Day", {"ON"}),
    ]
    return sorted((Holiday(on, name) for on, name, where in rules if code in where), key=lambda row: row.on)


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar, by the anonymous computus.

    Source: judgement
    Check: tests/unit/science/test_holidays.py
    """
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    n = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * n) // 451
    month, day = divmod(h + n - 7 * m + 114, 31)
    return date(year, month, day + 1)


def nth_weekday(year: int, month: int, weekday: int, n: int) -> date:
    """The n-th (from 1) such weekday (0 is Monday) of a month.

    Source: judgement
    Check: tests/unit/science/test_holidays.py
    """
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def _monday_before(day: date) -> date:
    return day - timedelta(days=(day.weekday() or 7))


def _february(code: str) -> str:
    return {"MB": "Louis Riel Day", "NS": "Heritage Day", "PE": "Islander Day"}.get(code, "Family Day")
