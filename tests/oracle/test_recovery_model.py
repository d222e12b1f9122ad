"""The recursions of the recovery model against its formulas written out as sums over treatments."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from myotome.science.followup.draws import stored_draws
from myotome.science.followup.recovery import (
    Covariates,
    log_likelihood,
    natural_pain,
    pain_after,
    pain_ahead,
    pain_before_visits,
    pain_if_stopped,
    people_like,
    rebound_left,
)

ABOUT = Covariates(duration_weeks=40.0, n_segments=3, scar=True, age=61.0, natural_shift=0.3)
UNEVEN = np.array([0.0, 5.0, 12.0, 26.0, 33.0])


def some_people(n: int = 25):
    _, draws = stored_draws("a")
    return people_like(draws.take(np.arange(n)), ABOUT)


def pain_written_out(people, i: int, day: float, treatments: list[float]) -> float:
    work = 0.0
    for given in treatments:
        if given < day:
            work += people.rho[i] + (1 - people.rho[i]) * math.exp(-(day - given) / people.tau[i])
    fall = math.exp(-people.lam[i] * day / 7 - people.g[i] * work)
    return people.floor[i] + (people.first_pain[i] - people.floor[i]) * fall


def test_pain_before_uneven_visits_is_the_sum_over_treatments():
    people = some_people()
    found = np.array(list(pain_before_visits(people, UNEVEN)))
    wanted = [[pain_written_out(people, i, day, list(UNEVEN)) for i in range(25)] for day in UNEVEN]
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


@pytest.mark.parametrize("given", [[], [0.0], list(UNEVEN)])
def test_pain_ahead_is_the_sum_over_past_and_coming_treatments(given):
    people = some_people()
    ahead = (given[-1] if given else -14.0) + 14.0 * np.arange(1, 9)
    found = pain_ahead(people, np.array(given), ahead)
    wanted = [[pain_written_out(people, i, day, given + list(ahead)) for i in range(25)] for day in ahead]
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


@pytest.mark.parametrize("given", [[], [0.0], list(UNEVEN)])
def test_pain_on_a_day_after_treatments_is_the_sum_over_them(given):
    people = some_people()
    found = pain_after(people, np.array(given), 40.0)
    np.testing.assert_allclose(found, [pain_written_out(people, i, 40.0, given) for i in range(25)], rtol=1e-12)


@pytest.mark.parametrize("given", [[], list(UNEVEN)])
def test_a_look_ahead_in_single_precision_is_right_to_a_hundredth_of_what_is_shown(given):
    people, ahead = some_people(4000), 40.0 + 14.0 * np.arange(41)
    single = people.in_single_precision()
    rebound = rebound_left(single, np.array(given), ahead[0])
    found = pain_ahead(single, np.array(given), ahead, rebound), natural_pain(single, ahead)
    wanted = pain_ahead(people, np.array(given), ahead), natural_pain(people, ahead)
    assert found[0].dtype == found[1].dtype == np.float32
    np.testing.assert_allclose(found, wanted, atol=1e-4)


@pytest.mark.parametrize("given", [[], [0.0], list(UNEVEN)])
def test_pain_once_treatment_has_stopped_rebounds_and_then_falls_by_nature(given):
    people, last = some_people(), given[-1] if given else 0.0
    days = last + np.arange(1.0, 90.0)
    found = pain_if_stopped(people, len(given), rebound_left(people, np.array(given), days[0]), days)
    wanted = [[pain_written_out(people, i, day, given) for i in range(25)] for day in days]
    np.testing.assert_allclose(found, wanted, rtol=1e-12)
    assert (found.min(axis=0) == np.minimum(found[0], found[-1])).all()


def test_natural_pain_is_the_course_without_a_needle():
    people = some_people()
    found = natural_pain(people, UNEVEN)
    wanted = [[pain_written_out(people, i, day, []) for i in range(25)] for day in UNEVEN]
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_a_score_has_the_probability_of_its_interval_and_all_scores_sum_to_one():
    expected, noise = np.array([-0.2, 0.3, 4.4, 9.8]), np.array([0.4, 0.9, 1.2, 0.8])
    total = np.zeros(4)
    for score in range(11):
        low = -np.inf if score == 0 else score - 0.5
        high = np.inf if score == 10 else score + 0.5
        wanted = norm.cdf(high, expected, noise) - norm.cdf(low, expected, noise)
        found = np.exp(log_likelihood(score, expected, noise))
        np.testing.assert_allclose(found, wanted, atol=1e-12)
        total += found
    np.testing.assert_allclose(total, 1.0, atol=1e-9)


def test_a_score_far_from_what_is_expected_stays_finite():
    far = log_likelihood(10, np.array([0.0]), np.array([0.3]))
    assert np.isfinite(far).all()
    assert far[0] < -100
