"""Public holidays against published dates and against the calendar's own rules."""

from datetime import date

import pytest
from dateutil.easter import easter as easter_of_dateutil

from myotome.science.booking.holidays import PROVINCES, easter, holidays, nth_weekday
from myotome.vocabulary.errors import InvalidValue


def test_easter_is_that_of_an_independent_computation_for_two_centuries():
    assert [easter(year) for year in range(2000, 2200)] == [easter_of_dateutil(year) for year in range(2000, 2200)]


def test_british_columbia_in_2026():
    found = {row.name: row.on for row in holidays("British Columbia", 2026)}
    assert found == {
        "New Year's Day": date(2026, 1, 1),
        "Family Day": date(2026, 2, 16),
        "Good Friday": date(2026, 4, 3),
        "Victoria Day": date(2026, 5, 18),
        "Canada Day": date(2026, 7, 1),
        "First Monday of August": date(2026, 8, 3),
        "Labour Day": date(2026, 9, 7),
        "National Day for Truth and Reconciliation": date(2026, 9, 30),
        "Thanksgiving": date(2026, 10, 12),
        "Remembrance Day": date(2026, 11, 11),
        "Christmas Day": date(2026, 12, 25),
    }


@pytest.mark.parametrize("year", range(2026, 2040))
def test_victoria_day_is_the_monday_from_the_18th_to_the_24th_of_may(year):
    (day,) = [row.on for row in holidays("ON", year) if row.name == "Victoria Day"]
    assert (day.weekday(), day.month) == (0, 5)
    assert 18 <= day.day <= 24


@pytest.mark.parametrize("code", PROVINCES)
def test_every_province_has_its_days_in_order_and_each_once(code):
    days = [row.on for row in holidays(code.lower(), 2027)]
    assert days == sorted(set(days))
    assert 6 <= len(days) <= 14


def test_the_nth_weekday_of_a_month():
    assert nth_weekday(2026, 6, 0, 1) == date(2026, 6, 1)
    assert nth_weekday(2026, 2, 6, 4) == date(2026, 2, 22)


def test_a_province_that_is_none_is_refused():
    for province, year in (("Atlantis", 2026), ("", 2026), ("BC", 1999)):
        with pytest.raises(InvalidValue):
            holidays(province, year)
