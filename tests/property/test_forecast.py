"""What must hold of a forecast for every course that can be written down."""

from __future__ import annotations

import math
import os
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from myotome.knowledge.conditions import conditions
from myotome.science.followup.answer import forecast_answer
from myotome.science.followup.draws import stored_draws
from myotome.science.followup.recovery import EXPECTED, Covariates, pain_before_visits, people_like

MANY = 400 if os.environ.get("MYOTOME_SOAK") else 30
IN_NUMBERS = 0.02
"""What is left of chance with 4,000 draws."""


@st.composite
def courses(draw: st.DrawFn, fewest: int = 0) -> dict[str, Any]:
    gaps = draw(st.lists(st.integers(2, 30), min_size=fewest, max_size=9))
    days = [0, *np.cumsum(gaps[1:]).tolist()] if gaps else []
    return {
        "condition": draw(st.sampled_from([None, *conditions()])),
        "age": draw(st.one_of(st.none(), st.floats(16, 95))),
        "duration_weeks": draw(st.one_of(st.none(), st.floats(0.5, 500))),
        "segments": draw(st.one_of(st.none(), st.integers(1, 8))),
        "scar": draw(st.one_of(st.none(), st.booleans())),
        "expected": draw(st.sampled_from([None, *EXPECTED])),
        "interval_days": draw(st.integers(3, 28)),
        "visits": [{"day": int(day), "nrs": draw(st.one_of(st.none(), st.integers(0, 10)))} for day in days],
    }


def median(answer: dict[str, Any]) -> float:
    value = answer["treatments_left"]["median"]
    return math.inf if value is None else value


@settings(max_examples=MANY, deadline=None)
@given(courses())
def test_ranges_rise_probabilities_are_probabilities_and_nothing_is_nan(course):
    answer = forecast_answer(course)
    for ranges in (answer["treatments_left"], answer["weeks_left"]):
        values = [math.inf if ranges[name] is None else ranges[name] for name in ("q10", "q25", "median", "q75", "q90")]
        assert values == sorted(values)
        assert values[0] >= 0
    within = [answer["p_recovered_within"][n] for n in ("4", "8", "12")]
    assert 0 <= within[0] <= within[1] <= within[2] <= 1
    assert 0 <= answer["p_no_meaningful_change"] <= 1
    for curve in (answer["curve"], answer["natural_course"]):
        assert len(curve) == 13
        assert [point["treatment"] for point in curve] == list(range(13))
        for point in curve:
            assert 0 <= point["q10"] <= point["q25"] <= point["median"] <= point["q75"] <= point["q90"] <= 10
        days = [point["day"] for point in curve]
        assert days == sorted(set(days))


@settings(max_examples=MANY, deadline=None)
@given(courses(), st.floats(1.05, 6))
def test_at_the_first_visit_longer_more_extent_a_scar_age_and_what_she_expects_never_promise_more(course, more):
    at_first = course | {"visits": course["visits"][:1]}
    at_first |= {"age": at_first["age"] or 40.0, "duration_weeks": at_first["duration_weeks"] or 20.0}
    at_first |= {"segments": at_first["segments"] or 2, "scar": False, "expected": "weeks"}
    easier = forecast_answer(at_first)
    for harder in (
        {"duration_weeks": min(at_first["duration_weeks"] * more, 52 * at_first["age"])},
        {"segments": at_first["segments"] + 2},
        {"scar": True},
        {"age": at_first["age"] + 15},
        {"expected": "years"},
    ):
        answer = forecast_answer(at_first | harder)
        assert median(answer) >= median(easier), harder
        for n in ("4", "8", "12"):
            assert answer["p_recovered_within"][n] <= easier["p_recovered_within"][n] + IN_NUMBERS


@settings(max_examples=MANY, deadline=None)
@given(courses(fewest=2), st.integers(0, 9))
def test_a_better_score_at_a_later_visit_never_promises_less(course, score):
    visits = [row | {"nrs": 5 if row["nrs"] is None else row["nrs"]} for row in course["visits"]]
    better = forecast_answer(course | {"visits": [*visits[:-1], visits[-1] | {"nrs": score}]})
    worse = forecast_answer(course | {"visits": [*visits[:-1], visits[-1] | {"nrs": score + 1}]})
    for n in ("4", "8", "12"):
        assert better["p_recovered_within"][n] >= worse["p_recovered_within"][n] - IN_NUMBERS
    if median(worse) < 40:
        assert median(better) <= median(worse) + max(1, 0.1 * median(worse))


@settings(max_examples=MANY, deadline=None)
@given(st.lists(st.integers(2, 21), min_size=1, max_size=6), st.floats(1, 300))
def test_a_week_more_of_waiting_eases_no_more_than_natural_recovery(gaps, weeks):
    _, draws = stored_draws("a")
    people = people_like(draws.take(np.arange(300)), Covariates(duration_weeks=weeks))
    days = np.concatenate([[0.0], np.cumsum(np.array(gaps, dtype=float))])
    later = days.copy()
    later[-1] += 7.0
    *_, soon = pain_before_visits(people, days)
    *_, waited = pain_before_visits(people, later)
    assert (waited >= people.floor + (soon - people.floor) * np.exp(-people.lam) - 1e-9).all()


@settings(max_examples=MANY, deadline=None)
@given(courses())
def test_the_same_course_has_the_same_answer(course):
    assert forecast_answer(course) == forecast_answer(course)
