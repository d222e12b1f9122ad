"""What forms send is a whole number, a day, a time of day, or refused in words at its field; never a fault of ours."""

from datetime import date, time

import pytest

from myotome.pages.typed import a_clock, a_day, a_day_or_none, day_asked, whole, whole_or_none
from myotome.vocabulary.errors import InvalidValue

NO_NUMBERS = ["", "-1", "1.5", "²", "٣", "1e3", "9" * 5_000]
NO_DAYS = ["", "soon", "2026-02-30", "0001-01-01", "9999-12-31", "2026-11-24T09:00"]


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_whole_number_is_none_or_refused_at_its_field(text):
    assert whole_or_none(text) is None
    with pytest.raises(InvalidValue) as refused:
        whole(text, "n")
    assert refused.value.field == "n"


@pytest.mark.parametrize("text", NO_DAYS)
def test_what_is_no_day_is_refused_at_its_field_and_no_page_is_lost_over_it(text):
    with pytest.raises(InvalidValue) as refused:
        a_day(text, "on")
    assert refused.value.field == "on"
    assert day_asked(text, date(2026, 11, 28)) == date(2026, 11, 28)


def test_spaces_around_it_and_an_empty_day_are_taken_as_meant():
    assert whole(" 12 ", "n") == 12
    assert a_day(" 2026-11-24 ", "on") == day_asked("2026-11-24", date.max) == date(2026, 11, 24)
    assert a_day_or_none("  ", "on") is None
    assert a_clock("09:00:59", "at") == time(9)


@pytest.mark.parametrize("text", ["", "25:00", "nine", "09:00+01:00"])
def test_what_is_no_time_of_day_is_refused_at_its_field(text):
    with pytest.raises(InvalidValue) as refused:
        a_clock(text, "at")
    assert refused.value.field == "at"
