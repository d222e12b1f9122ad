"""Free times by bits against the minute grid, and local hours against the clock on the wall."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myotome.science.booking.free import Diary, Question, Retained, best_packed, free_times
from myotome.science.booking.hours import (
    DayException,
    Shift,
    check_shift_is_clear,
    clock_words,
    local_instant,
    working_intervals,
)
from myotome.vocabulary.errors import InvalidValue, TimeComesTwice
from myotome.vocabulary.scheduling import TICK_SECONDS, Interval, Phase
from tests.oracle.minute_grid import free_times_by_minutes

FIRST = 5_990_400
SPAN = 72


@st.composite
def diaries(draw):
    working = []
    for _ in range(draw(st.integers(0, 2))):
        a = draw(st.integers(0, SPAN - 6))
        b = draw(st.integers(a + 3, SPAN))
        working.append(Interval((FIRST + a) * TICK_SECONDS, (FIRST + b) * TICK_SECONDS))
    taken = draw(st.sets(st.integers(FIRST - 2, FIRST + SPAN + 2), max_size=14))
    return Diary(working=working, taken=sorted(taken))


@st.composite
def questions(draw):
    phases = draw(
        st.lists(
            st.builds(Phase, st.sampled_from([5, 10, 15, 20]), st.booleans(), st.booleans()), min_size=1, max_size=3
        )
    )
    return Question(
        phases=phases,
        first_tick=FIRST,
        end_tick=FIRST + SPAN,
        step_ticks=draw(st.sampled_from([1, 3, 4])),
        buffer_ticks=draw(st.integers(0, 2)),
        turnover_ticks=draw(st.integers(0, 2)),
        not_before_tick=draw(st.none() | st.integers(FIRST, FIRST + SPAN)),
        patient_taken=draw(st.sets(st.integers(FIRST, FIRST + SPAN), max_size=5)),
    )


def same_shape(question):
    """The grid reads the buffer after the last needed phase; so does the product when phases are not joined."""
    return question


@settings(max_examples=120, deadline=None)
@given(
    questions(),
    st.dictionaries(st.integers(1, 3), diaries(), min_size=1, max_size=3),
    st.dictionaries(st.integers(1, 3), diaries(), max_size=3),
    st.lists(st.tuples(st.integers(0, SPAN - 1), st.integers(1, 10)), max_size=4),
)
def test_free_times_equal_the_minute_grid(question, practitioners, rooms, resting):
    stretches = [(FIRST + a, FIRST + a + n) for a, n in resting]
    retained = {number: Retained(stretches=stretches, most_at_once=2) for number in practitioners}
    assert free_times(question, practitioners, rooms, retained) == free_times_by_minutes(
        question, practitioners, rooms, retained
    )


def test_the_practitioner_is_free_for_another_patient_while_needles_rest():
    acupuncture = [Phase(15, True, True), Phase(20, False, True), Phase(5, True, True)]
    day = Interval(FIRST * TICK_SECONDS, (FIRST + 24) * TICK_SECONDS)
    first_visit = [FIRST, FIRST + 1, FIRST + 2, FIRST + 7]
    mei = {1: Diary(working=[day], taken=first_visit)}
    rooms = {1: Diary(working=[day], taken=range(FIRST, FIRST + 8)), 2: Diary(working=[day])}
    question = Question(phases=acupuncture, first_tick=FIRST, end_tick=FIRST + 24, step_ticks=1)
    starts = [free.tick - FIRST for free in free_times(question, mei, rooms)]
    assert starts[0] == 3
    assert all(free.room == 2 for free in free_times(question, mei, rooms) if free.tick < FIRST + 8)


def test_the_best_packed_time_touches_what_is_booked():
    day = Interval(FIRST * TICK_SECONDS, (FIRST + 48) * TICK_SECONDS)
    taken = list(range(FIRST + 12, FIRST + 18))
    question = Question(phases=[Phase(30, True, False)], first_tick=FIRST, end_tick=FIRST + 48, step_ticks=6)
    times = free_times(question, {1: Diary(working=[day], taken=taken)}, {})
    packed = best_packed(times, {1: taken}, 6)
    assert {time.tick - FIRST for time in packed[:2]} == {6, 18}


@given(st.integers(0, 800), st.integers(5, 22))
def test_nine_oclock_stays_nine_oclock_across_daylight_saving(days, hour):
    zone = "America/Vancouver"
    day = date(2026, 1, 5) + timedelta(days=days)
    shifts = [Shift(weekday=day.weekday(), starts=time(hour), ends=time(hour, 30), zone=zone)]
    (interval,) = working_intervals(shifts, [], day, day)
    local = datetime.fromtimestamp(interval.start, tz=UTC).astimezone(ZoneInfo(zone))
    assert (local.date(), local.hour, local.minute) == (day, hour, 0)


def test_a_skipped_hour_is_asked_about_not_guessed():
    with pytest.raises(InvalidValue, match="does not exist"):
        local_instant(date(2026, 3, 8), time(2, 30), "America/Vancouver")


def test_an_hour_that_comes_twice_is_asked_about_not_guessed():
    with pytest.raises(InvalidValue, match="comes twice"):
        local_instant(date(2026, 11, 1), time(1, 30), "America/Vancouver")


def test_who_says_which_of_the_two_gets_it():
    night, clock, zone = date(2026, 11, 1), time(1, 30), "America/Vancouver"
    with pytest.raises(TimeComesTwice) as asked:
        local_instant(night, clock, zone)
    first, second = (local_instant(night, clock, zone, which=name) for name in asked.value.which)
    assert second - first == timedelta(hours=1)
    assert [clock_words(moment, zone) for moment in (first, second)] == ["01:30 -0700", "01:30 -0800"]
    assert clock_words(second + timedelta(hours=1), zone) == "02:30"
    with pytest.raises(TimeComesTwice):
        local_instant(night, clock, zone, which="2026-11-01T01:30:00-03:00")


@pytest.mark.parametrize(
    ("weekday", "starts", "is_clear"),
    [(6, time(1, 30), False), (6, time(2, 30), False), (6, time(9), True), (0, time(1, 30), True)],
)
def test_a_weekly_shift_that_a_change_of_the_clocks_would_cut_is_refused(weekday, starts, is_clear):
    span = {"first": date(2026, 1, 1), "last": date(2026, 12, 31)}
    shift = {"zone": "America/Vancouver", "weekday": weekday, "starts": starts, "ends": time(12)}
    if is_clear:
        check_shift_is_clear(**shift, **span)
    else:
        with pytest.raises(InvalidValue, match="clocks change on Sun"):
            check_shift_is_clear(**shift, **span)


def test_a_closed_day_has_no_hours_and_an_extra_shift_adds_some():
    tuesday = date(2026, 11, 24)
    week = [Shift(weekday=1, starts=time(9), ends=time(12), zone="UTC")]
    closed = DayException(on=tuesday, closed=True, zone="UTC")
    extra = DayException(on=tuesday, closed=False, zone="UTC", starts=time(11), ends=time(14))
    assert working_intervals(week, [closed], tuesday, tuesday) == []
    (both,) = working_intervals(week, [extra], tuesday, tuesday)
    assert (both.end - both.start) / 3600 == 5
