"""Forecasts on a fit against plain weighting: people drawn from its numbers, and a filter that moves only the person."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest, truncnorm

from myotome.knowledge.recovery import prior
from myotome.refit.simulated import middle_of
from myotome.science.followup.draws import draws_of
from myotome.science.followup.fitted import SHARED, draws_with, fitted_basis, stored_sample
from myotome.science.followup.particles import ScoredVisit, normalised, posterior
from myotome.science.followup.recovery import Covariates, log_likelihood, pain_before_visits, people_like

ABOUT = Covariates(duration_weeks=30.0, n_segments=2, scar=False, age=50.0)
CHOSEN = prior("a")


def shared(n: int, **changed: float):
    """A tight fit: the middle of the prior with a little spread."""
    rng = np.random.default_rng(n)
    middle = middle_of(CHOSEN, **changed)
    return {name: middle[name] * np.exp(rng.normal(0, 0.03, n)) for name in SHARED}


def test_the_persons_of_a_fit_are_drawn_from_its_own_numbers():
    draws = draws_with(CHOSEN, shared(60_000, first_mean=4.0, first_sd=0.8, share=0.7))
    assert draws.responds.mean() == pytest.approx(0.3, abs=0.01)
    assert kstest(draws.z, "norm").pvalue > 0.001
    rank = truncnorm.cdf(
        draws.first_pain,
        (1.5 - draws.first_mean) / draws.first_sd,
        (10 - draws.first_mean) / draws.first_sd,
        draws.first_mean,
        draws.first_sd,
    )
    assert kstest(rank, "uniform").pvalue > 0.001
    again = draws_with(CHOSEN, shared(60_000, first_mean=4.0, first_sd=0.8, share=0.7))
    assert draws.first_pain.tobytes() == again.first_pain.tobytes()


@pytest.mark.parametrize("scores", [[6], [7, 6, 5, 5], [9, 3, 8, 2], [6, 6, 6, 1, 6, 6, 7]], ids=str)
def test_the_filter_on_a_fit_agrees_with_plain_weighting(scores):
    basis = fitted_basis(shared(4000), version="F-x", about="", n=500, data_hash="")
    visits = [ScoredVisit(7.0 * k, score) for k, score in enumerate(scores)]
    after = posterior(basis.prior, basis.draws, ABOUT, visits)
    people = people_like(draws_with(CHOSEN, shared(300_000), seed=5), ABOUT)
    log_weight = np.zeros(300_000)
    for k, expected in enumerate(pain_before_visits(people, 7.0 * np.arange(len(scores)))):
        log_weight += log_likelihood(scores[k], expected + people.bad_day * (k == 0), people.noise)
    weights = normalised(log_weight)
    for name, tolerance in (("first_pain", 0.15), ("lam", 0.002), ("bad_day", 0.02)):
        found = float(np.dot(after.weights, getattr(after.people, name)))
        assert found == pytest.approx(float(np.dot(weights, getattr(people, name))), abs=tolerance), name
    responds = float(after.weights[after.people.g > 0].sum())
    assert responds == pytest.approx(float(weights[people.g > 0].sum()), abs=0.07)


def test_what_people_share_is_never_moved_off_the_draws_of_the_fit():
    basis = fitted_basis(shared(4000), version="F-x", about="", n=500, data_hash="")
    visits = [ScoredVisit(7.0 * k, score) for k, score in enumerate([7, 7, 7, 1, 7, 7, 8])]
    after = posterior(basis.prior, basis.draws, ABOUT, visits)
    assert after.n_renewed >= 1
    for name in ("natural", "rho", "noise", "floor", "bad_day", "mu"):
        assert set(getattr(after.draws, name)) <= set(getattr(basis.draws, name)), name
    assert not set(after.draws.z) <= set(basis.draws.z)


def test_a_stored_sample_takes_all_draws_evenly():
    few = stored_sample({"mu": np.arange(1500.0)})["mu"]
    many = stored_sample({"mu": np.arange(9000.0)})["mu"]
    assert len(few) == len(many) == 4000
    assert set(few) == set(range(1500))
    assert np.bincount(few.astype(int)).max() - np.bincount(few.astype(int)).min() <= 1
    assert len(set(many)) == 4000
    assert np.diff(many).max() <= 3


def test_draws_of_the_prior_hold_the_priors_first_pain():
    draws = draws_of(CHOSEN)
    assert set(draws.first_mean) == {6.2}
    assert set(draws.first_sd) == {1.5}
