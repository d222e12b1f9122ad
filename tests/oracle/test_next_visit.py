"""The times offered for a next visit against a choice that compares every start with every other."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from myotome.science.booking.next_visit import SAME_HOUR_MINUTES, next_starts

HERE = ZoneInfo("America/Vancouver")
LAST = datetime(2026, 10, 27, 9, 0, tzinfo=HERE)
"""A Tuesday; the clocks change five days later."""


def is_better(a, b, every):
    """Whether the first start is to be offered before the second, rule by rule."""

    def minutes_off(start):
        return abs(start.hour * 60 + start.minute - 9 * 60)

    def is_same(start):
        return start.weekday() == 1 and minutes_off(start) <= SAME_HOUR_MINUTES

    def days_off(start):
        return abs((start.date() - LAST.date()).days - every)

    if is_same(a) != is_same(b):
        return is_same(a)
    if days_off(a) != days_off(b):
        return days_off(a) < days_off(b)
    if minutes_off(a) != minutes_off(b):
        return minutes_off(a) < minutes_off(b)
    return a < b


def next_starts_by_comparing_all(starts, every, least, most, n):
    left = [start for start in starts if least <= (start.date() - LAST.date()).days <= most]
    found = []
    while left and len(found) < n:
        best = next(one for one in left if not any(is_better(other, one, every) for other in left))
        found.append(best)
        left = [start for start in left if start.date() != best.date()]
    return found


free = st.lists(
    st.tuples(st.integers(1, 25), st.integers(32, 64)).map(
        lambda at: datetime(2026, 10, 27, tzinfo=HERE) + timedelta(days=at[0], minutes=15 * at[1])
    ),
    unique=True,
)


@given(starts=free, every=st.integers(1, 21), least=st.integers(1, 10), span=st.integers(0, 14), n=st.integers(1, 4))
def test_the_times_offered_are_those_that_no_other_beats(starts, every, least, span, n):
    found = next_starts(starts, last=LAST, every_days=every, least_days=least, most_days=least + span, n=n)
    assert found == next_starts_by_comparing_all(starts, every, least, least + span, n)


def test_the_same_weekday_and_hour_come_before_a_nearer_day():
    other = LAST + timedelta(days=7, hours=5)
    same = LAST + timedelta(days=14)
    assert next_starts([other, same], last=LAST, every_days=7, least_days=5, most_days=14) == [same, other]
