"""The headache diary as scores: exact when all 28 days are written, silent when too few are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myotome.science.followup.diary import DiaryDay, diary_scores

WELL, ACHING = DiaryDay(0, took_something=False), DiaryDay(6, took_something=True)


def test_four_whole_weeks_are_counted_exactly():
    days = [WELL] * 18 + [ACHING] * 6 + [DiaryDay(3, took_something=False)] * 4
    assert diary_scores(days) == {"headache_days": 10, "headache_intensity": 4.8, "headache_drug_days": 6}


def test_days_that_are_not_written_are_not_days_without_headache():
    assert diary_scores([WELL] * 14 + [ACHING] * 7) == {
        "headache_days": 9,  # 7 of 21 written days, of 28
        "headache_intensity": 6,
        "headache_drug_days": 9,
    }


@pytest.mark.parametrize("n", [0, 1, 20, 29])
def test_too_few_days_tell_nothing(n):
    assert diary_scores([ACHING] * n) is None


def test_without_headache_there_is_no_strength_to_speak_of():
    assert diary_scores([WELL] * 28) == {"headache_days": 0, "headache_intensity": None, "headache_drug_days": 0}


@given(st.lists(st.builds(DiaryDay, st.integers(0, 10), st.booleans()), min_size=21, max_size=28))
def test_scores_lie_in_the_range_of_their_measures(days):
    scores = diary_scores(days)
    assert 0 <= scores["headache_days"] <= 28
    assert 0 <= scores["headache_drug_days"] <= 28
    assert scores["headache_intensity"] is None or 1 <= scores["headache_intensity"] <= 10
