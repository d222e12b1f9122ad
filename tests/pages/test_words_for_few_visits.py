"""A forecast in words where few visits or none are left: nobody needs "0 or fewer"."""

from __future__ import annotations

import re

import pytest

from myotome.pages.followup.story import half_words, headline, likely_sentences, range_words
from myotome.pages.templatetags.forecasts import forecast_patient, length_words


def an_answer(low, half, high):
    left = {"q10": low, "median": half, "q90": high}
    weeks = {name: None if n is None else float(n) for name, n in left.items()}
    return {"treatments_left": left, "weeks_left": weeks, "p_no_meaningful_change": 0.2}


@pytest.mark.parametrize(
    ("left", "says"),
    [
        ((0, 0, 0), "No more visits may be needed"),
        ((0, 2, None), "No more visits, or many more"),
        ((0, 2, 7), "Up to 7 more visits"),
        ((2, 5, None), "2 more visits or many more"),
        ((0, 0, 1), "Up to 1 more visit"),
        ((1, 5, None), "1 more visit or many more"),
        ((1, 1, 1), "1 more visit"),
        ((3, 3, 3), "3 more visits"),
        ((2, 5, 9), "Between 2 and 9 more visits"),
        ((0, None, None), "Recovery is not likely on this plan"),
    ],
)
def test_the_headline(left, says):
    assert headline(an_answer(*left)) == says


@pytest.mark.parametrize(
    ("left", "says"),
    [
        (
            (0, 1, None),
            "One in ten courses like this needed no more visit, half one visit or none; more than one in ten",
        ),
        ((0, None, None), "One in ten courses like this needed no more visit, fewer than half recovered within forty."),
        ((0, 0, 3), "Eight in ten courses like this fell in that range; half needed no more visit."),
        ((1, 4, 9), "Eight in ten courses like this fell in that range; half needed 4 visits or fewer."),
    ],
)
def test_what_is_likely(left, says):
    assert likely_sentences(an_answer(*left))[0].startswith(says)


@pytest.mark.parametrize("low", [0, 1, 2])
@pytest.mark.parametrize("half", [0, 1, 2, None])
@pytest.mark.parametrize("high", [0, 2, 30, None])
def test_nobody_needs_none_or_fewer(low, half, high):
    answer = an_answer(low, half, high)
    for words in (headline(answer), *likely_sentences(answer), forecast_patient(answer), length_words(answer)):
        assert not re.search(r"\b0 (more visits )?or|None", words), words


def test_to_her_it_says_that_half_need_no_more():
    assert forecast_patient(an_answer(0, 0, 3)) == (
        "Half of people like you need no more visits to have hardly any pain, nine in ten at most 3, in 3 weeks. "
        "Hardly any pain is about 1 of 10, or a quarter of what it was at the start."
    )


@pytest.mark.parametrize("half", [0, 5, None])
def test_to_her_it_says_how_many_do_not_get_there_and_where_there_is(half):
    words = forecast_patient(an_answer(0, half, None) | {"p_recovered_within": {"4": 0.1, "8": 0.2, "12": 0.32}})
    assert "Within 12 more visits about 3 in 10 get there. More than 1 in 10 are not there after 40." in words
    few = forecast_patient(an_answer(0, half, None) | {"p_recovered_within": {"12": 0.03}})
    assert "Within 12 more visits fewer than 1 in 10 get there." in few
    assert "Hardly any pain is about 1 of 10, or a quarter of what it was at the start." in words


@pytest.mark.parametrize(
    ("low", "half", "high", "words"),
    [
        (0.0, 1.0, 1.0, ("1 week, 1 visit", "eight in ten: 0 to 1 week")),
        (1.0, 1.0, 1.0, ("1 week, 1 visit", "eight in ten: 1 week")),
        (1.0, 2.0, None, ("2 weeks, 2 visits", "from 1 week; more than one in ten do not get there on this plan")),
        (0.0, 0.5, 2.0, ("0.5 weeks, 0 visits", "eight in ten: 0 to 2 weeks")),
    ],
)
def test_one_week_and_one_visit_are_one(low, half, high, words):
    row = {"weeks_left": {"q10": low, "median": half, "q90": high}, "treatments_left": {"median": int(half)}}
    assert (half_words(row), range_words(row)) == words
