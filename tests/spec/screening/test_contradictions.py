"""Answers that cannot both be true are asked again, with what was given; the program never picks one."""

from datetime import date

import pytest

from myotome.knowledge.screening import content
from myotome.science.screening.contradictions import contradictions, duration_days

C = content()
TODAY = date(2026, 11, 24)


def codes(**answers):
    return [c.code for c in contradictions(answers, content=C, today=TODAY)]


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        ({"pain_average": 7, "pain_worst": 4}, ["average_above_worst"]),
        ({"pain_average": 10, "pain_worst": 0, "regions": ["left:low_back"]}, ["average_above_worst"]),
        ({"pain_average": 0, "pain_worst": 0, "regions": ["left:low_back"]}, []),
        ({"pain_average": 0, "pain_worst": 3, "regions": ["left:low_back"]}, []),
        ({"pain_average": 4, "pain_worst": 4}, []),
        ({"began_on": "2026-11-25"}, ["began_in_future"]),
        ({"began_on": "2026-11-24"}, []),
        ({"age": 0}, ["age_impossible"]),
        ({"age": 150}, ["age_impossible"]),
        ({"age": 121}, ["age_impossible"]),
        ({"age": 120}, []),
        ({"age": 30, "since_n": 50, "since_unit": "years"}, ["began_before_birth"]),
        ({"age": 30, "began_on": "1950-01-01"}, ["began_before_birth"]),
        ({"age": 30, "since_n": 30, "since_unit": "years"}, []),
        ({"since_n": 2, "since_unit": "weeks", "began_on": "2024-01-01"}, ["two_beginnings"]),
        ({"since_n": 2, "since_unit": "years", "began_on": "2024-10-01"}, []),
        ({"since_n": 3, "since_unit": "days", "began_on": "2026-11-18"}, []),
        ({"activity_1": "putting on socks"}, ["activity_without_score"]),
        ({"activity_2_score": 0}, ["score_without_activity"]),
        ({"activity_1": "putting on socks", "activity_1_score": 0}, []),
        ({}, []),
    ],
)
def test_each_contradiction_is_found_and_nothing_else(answers, found):
    assert codes(**answers) == found


def test_a_contradiction_quotes_what_was_given_and_names_the_fields_to_look_at():
    (one,) = contradictions({"pain_average": 7, "pain_worst": 4}, content=C, today=TODAY)
    assert "7" in one.sentence
    assert "4" in one.sentence
    assert one.fields == ("pain_average", "pain_worst")


def test_an_activity_with_braces_is_quoted_as_it_is():
    (one,) = contradictions({"activity_1": "{0} {age} sitting"}, content=C, today=TODAY)
    assert "{0} {age} sitting" in one.sentence


@pytest.mark.parametrize(
    ("answers", "days"),
    [
        ({}, None),
        ({"since_n": 3}, None),
        ({"since_n": 3, "since_unit": "weeks"}, 21),
        ({"since_n": 1, "since_unit": "years"}, 365.25),
        ({"began_on": "2026-11-23"}, 1),
    ],
)
def test_how_long_it_has_lasted(answers, days):
    assert duration_days(answers, TODAY) == days
