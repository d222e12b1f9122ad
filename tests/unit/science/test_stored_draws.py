"""The stored draws: the same bytes every time, with the moments of their prior."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from myotome.knowledge.recovery import prior
from myotome.science.followup.draws import N_DRAWS, draws_of, log_prior, stored_draws


def test_the_same_prior_and_seed_give_the_same_bytes():
    first, second = draws_of(prior("a")), draws_of(prior("a"))
    for field in fields(first):
        assert getattr(first, field.name).tobytes() == getattr(second, field.name).tobytes()
        assert getattr(first, field.name).shape == (N_DRAWS,)


@pytest.mark.parametrize(("scenario", "mu"), [("a", -1.14), ("b", -2.34)])
def test_draws_have_the_moments_of_their_prior(scenario, mu):
    _chosen, draws = stored_draws(scenario)
    assert draws.mu.mean() == pytest.approx(mu, abs=0.03)
    assert draws.mu.std() == pytest.approx(0.35, abs=0.02)
    assert draws.rho.mean() == pytest.approx(0.70, abs=0.01)
    assert np.median(draws.tau) == pytest.approx(5.0, abs=0.15)
    assert draws.first_pain.min() >= 1.5
    assert draws.first_pain.max() <= 10
    assert draws.responds.mean() == pytest.approx(1 - 7.7 / 17.1, abs=0.03)
    assert set(np.unique(draws.some_segments)) == {1.0, 2.0, 3.0, 4.0}


def test_the_density_is_that_of_the_prior():
    chosen, draws = stored_draws("a")
    few = draws.take(np.arange(3))
    moved = replace(few, z=few.z + 1, rho=np.array([0.5, 0.9, 1.2]), first_pain=np.array([5.0, 1.0, 11.0]))
    gain = log_prior(chosen, moved, ("z",)) - log_prior(chosen, few, ("z",))
    np.testing.assert_allclose(gain, -few.z - 0.5)
    np.testing.assert_allclose(
        log_prior(chosen, moved, ("rho",)),
        [13 * np.log(0.5) + 5 * np.log(0.5), 13 * np.log(0.9) + 5 * np.log(0.1), -np.inf],
    )
    np.testing.assert_allclose(log_prior(chosen, moved, ("first_pain",)), [-0.5 * (1.2 / 1.5) ** 2, -np.inf, -np.inf])
