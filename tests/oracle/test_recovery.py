"""The recovery model against itself written out slowly: one person, one treatment, one day after the other."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from myotome.science.followup.answer import forecast_answer
from myotome.science.followup.forecast import stored_draws, visits_remaining
from myotome.science.followup.particles import ScoredVisit, posterior, weighted_quantiles
from myotome.science.followup.recovery import (
    Covariates,
    draw_globals,
    latent_pain,
    log_likelihood,
    natural_pain,
    people_like,
    work_done,
)

ABOUT = Covariates(duration_weeks=28.6, n_segments=2, scar=False, age=45)


def one_by_one(people, i, treatments, day):
    """Latent pain of person i on a day, by the formula, with plain numbers."""
    work = 0.0
    for t in treatments:
        if t < day:
            work += people.rho[i] + (1 - people.rho[i]) * math.exp(-(day - t) / people.tau[i])
    fall = math.exp(-people.lam[i] * day / 7 - people.g[i] * work)
    return people.floor[i] + (people.first_pain[i] - people.floor[i]) * fall


def test_latent_pain_equals_the_formula_written_out():
    people = people_like(stored_draws()[1], ABOUT)
    treatments, days = [0.0, 7.0, 16.0], [0.0, 3.0, 7.0, 14.0, 30.0]
    fast = latent_pain(people, np.array(treatments), np.array(days))
    for i in (0, 17, 3999):
        assert fast[i] == pytest.approx([one_by_one(people, i, treatments, day) for day in days], rel=1e-12)
    assert np.all(work_done(people, np.array(treatments), np.array([0.0])) == 0)
    assert np.all(natural_pain(people, np.array(days)) >= fast - 1e-12)


def test_the_forecast_recursion_equals_the_formula_written_out():
    people = people_like(stored_draws()[1], ABOUT)
    visits = [ScoredVisit(0, 7), ScoredVisit(9, 6)]
    after = posterior(people, visits)
    forecast = visits_remaining(ABOUT, visits)
    given_days = [0.0, 9.0]
    needed = []
    for i in range(len(after.people.g)):
        line = max(1.5, 0.25 * after.people.first_pain[i])
        treatments = list(given_days)
        left = 41
        for k in range(41):
            day = 9.0 + 7.0 * (k + 1)
            if one_by_one(after.people, i, treatments, day) <= line:
                left = k
                break
            treatments.append(day)
        needed.append(left)
        if i == 400:
            break
    part = slice(0, 401)
    latent_left = np.array(needed, dtype=float)
    fast = _left(after.people, given_days, 7.0)[part]
    assert np.array_equal(fast, latent_left)
    assert set(forecast.treatments_left) == {"q10", "q25", "median", "q75", "q90"}


def _left(people, given_days, interval):
    from myotome.science.followup.forecast import _ahead

    ahead = given_days[-1] + interval * np.arange(1, 42)
    latent = _ahead(people, np.array(given_days), ahead)
    line = np.maximum(1.5, 0.25 * people.first_pain)
    below = latent <= line[:, None]
    return np.where(below.any(axis=1), below.argmax(axis=1), 41).astype(float)


@given(st.floats(-3, 14), st.floats(0.3, 2.5))
def test_the_probabilities_of_all_eleven_scores_sum_to_one(expected, noise):
    total = sum(float(np.exp(log_likelihood(k, np.array([expected]), np.array([noise])))[0]) for k in range(11))
    assert total == pytest.approx(1.0, abs=1e-9)


@given(st.integers(1, 9), st.floats(-2, 12), st.floats(0.3, 2.0))
def test_the_probability_of_a_score_is_the_area_under_the_normal(score, expected, noise):
    area = norm.cdf((score + 0.5 - expected) / noise) - norm.cdf((score - 0.5 - expected) / noise)
    got = float(np.exp(log_likelihood(score, np.array([expected]), np.array([noise])))[0])
    assert got == pytest.approx(area, abs=1e-9)


def test_reweighting_equals_multiplying_the_likelihoods():
    people = people_like(stored_draws()[1], ABOUT)
    visits = [ScoredVisit(0, 7), ScoredVisit(7, 6), ScoredVisit(14, None), ScoredVisit(21, 5)]
    after = posterior(people, visits)
    assert after.n_rejuvenated == 0
    weights = np.ones(len(people.g))
    days = [v.day for v in visits]
    for k, visit in enumerate(visits):
        if visit.nrs is not None:
            expected = latent_pain(people, np.array(days[:k]), np.array([visit.day]))[:, 0] + people.bad_day * (k == 0)
            weights = weights * np.exp(log_likelihood(visit.nrs, expected, people.noise))
    assert after.weights == pytest.approx(weights / weights.sum(), rel=1e-9)


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0.01, 1)), min_size=1, max_size=40), st.floats(0.01, 0.99))
def test_a_weighted_quantile_is_the_first_value_that_reaches_its_share(rows, level):
    values, weights = np.array([v for v, _ in rows]), np.array([w for _, w in rows])
    (got,) = weighted_quantiles(values, weights, [level])
    below = weights[values < got].sum() / weights.sum()
    upto = weights[values <= got].sum() / weights.sum()
    assert below <= level + 1e-9
    assert upto >= level - 1e-9


def test_the_same_draws_and_scores_give_the_same_bytes():
    course = {
        "duration_weeks": 200,
        "segments": 3,
        "visits": [{"day": 7 * k, "nrs": n} for k, n in enumerate((9, 9, 2, 9, 1, 9, 0, 8))],
    }
    assert repr(forecast_answer(course)) == repr(forecast_answer(course))
    one, two = draw_globals(stored_draws()[0]), draw_globals(stored_draws()[0])
    assert all(getattr(one, n).tobytes() == getattr(two, n).tobytes() for n in one.__slots__)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(0, 10) | st.none(), max_size=9), st.integers(1, 21))
def test_any_scores_give_probabilities_and_no_nan(scores, interval):
    course = {"interval_days": interval, "visits": [{"day": 7 * k, "nrs": n} for k, n in enumerate(scores)]}
    answer = forecast_answer(course)
    numbers = [*answer["p_recovered_within"].values(), answer["p_no_meaningful_change"]]
    assert all(0 <= p <= 1 for p in numbers)
    assert sorted(answer["p_recovered_within"].values()) == list(answer["p_recovered_within"].values())
    left = [41 if v is None else v for v in answer["treatments_left"].values()]
    assert left == sorted(left)
    assert all(0 <= point[q] <= 10 for point in answer["curve"] for q in ("q10", "median", "q90"))


def test_on_courses_of_the_model_eight_in_ten_fall_into_the_range():
    """Simulated people of the prior itself: the closed 80 % range of treatments left holds what was needed."""
    globals_ = stored_draws()[1]
    rng = np.random.Generator(np.random.PCG64(5))
    people = people_like(globals_, ABOUT)
    inside = 0
    n = 120
    for _ in range(n):
        i = int(rng.integers(len(people.g)))
        person = people.take(np.array([i]))
        days = np.arange(3) * 7.0
        latent = latent_pain(person, days, days)[0]
        noise = person.noise[0] * rng.normal(size=3)
        scores = np.clip(np.round(latent + noise + np.array([person.bad_day[0], 0, 0])), 0, 10).astype(int)
        forecast = visits_remaining(ABOUT, [ScoredVisit(float(d), int(s)) for d, s in zip(days, scores, strict=True)])
        truth = _left(person, [0.0, 7.0, 14.0], 7.0)[0]
        low = forecast.treatments_left["q10"]
        high = forecast.treatments_left["q90"]
        inside += (41 if low is None else low) <= truth <= (41 if high is None else high)
    assert inside / n >= 0.74
