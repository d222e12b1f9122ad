"""Courses drawn from the recovery model: plausible, and the same for the same seed."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from myotome.science.followup.draws import draws_of, stored_draws
from myotome.science.followup.recovery import Covariates, pain_before_visits, people_like
from myotome.science.followup.simulation import scores_of, simulate_course, uneven_days


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.5, 500), st.integers(1, 16))
def test_a_simulated_course_is_whole_and_in_order(seed, weeks, most):
    about = Covariates(duration_weeks=weeks, n_segments=2, scar=False, age=50.0)
    course = simulate_course(np.random.default_rng(seed), about, most_visits=most)
    n = len(course.days)
    assert 1 <= n <= most
    assert n == len(course.scores) == len(course.worst) == len(course.function) == len(course.latent)
    assert course.days[0] == 0
    assert all(b - a >= 2 for a, b in zip(course.days, course.days[1:], strict=False))
    assert all(0 <= a <= w <= 10 for a, w in zip(course.scores, course.worst, strict=True))
    assert all(0 <= value <= 10 for value in course.function)
    assert course.outcome in {"recovered", "plateaued", "referred", "left"}
    assert simulate_course(np.random.default_rng(seed), about, most_visits=most) == course


def test_those_who_stop_better_did_get_better():
    rng = np.random.default_rng(2)
    courses = [simulate_course(rng, Covariates(duration_weeks=12.0)) for _ in range(300)]
    recovered = [course for course in courses if course.outcome == "recovered"]
    others = [course for course in courses if course.outcome in {"left", "referred"}]
    assert len(recovered) > 60
    assert len(others) > 20
    assert np.mean([c.latent[-1] for c in recovered]) < 2.0 < np.mean([c.latent[-1] for c in others])


def test_days_are_uneven_but_near_the_interval():
    days = uneven_days(np.random.default_rng(1), 400, 7.0)
    assert (np.diff(days) >= 2).all()
    assert 7 < np.diff(days).mean() < 9


def test_the_first_score_is_given_on_a_bad_day():
    chosen, _ = stored_draws("a")
    people = people_like(draws_of(chosen, n=4000, seed=3), Covariates(duration_weeks=100.0))
    latent = np.array(list(pain_before_visits(people, np.array([0.0, 0.001]))))
    scores = scores_of(np.random.default_rng(4), people, np.array([latent[0], latent[0]]))
    assert 0.3 < (scores[0] - scores[1]).mean() < 0.7
