"""The prior: a chain that keeps its base rates, and the belief of the last visit that fades."""

from __future__ import annotations

import numpy as np
import pytest

from myotome.science.assessment.posterior import posterior
from myotome.science.assessment.prior import base_rates, prior_of, tempered
from myotome.science.assessment.readings import readings_of
from tests.oracle.small_cords import ASSUMED, a_cord


def test_without_findings_the_answer_is_the_base_rate_with_sides_averaged() -> None:
    cord = a_cord(9)
    prior = prior_of(cord.network, np.array(cord.rates))
    p = posterior(cord.network, prior, readings_of(cord.hands, [])).p[0]
    uninvolved = [0.1 * r / (1 - r) / (1 + 0.1 * r / (1 - r)) for r in cord.rates]
    expected = 0.6 * np.array(cord.rates) + 0.4 * np.array(uninvolved)
    np.testing.assert_allclose(p, [expected, expected], atol=1e-12)
    np.testing.assert_allclose(prior.mean(ASSUMED), p, atol=1e-12)


def test_an_earlier_belief_becomes_the_prior_of_each_root() -> None:
    cord = a_cord(9)
    earlier = np.linspace(0.05, 0.95, 18).reshape(2, 9)
    prior = prior_of(cord.network, np.array(cord.rates), earlier)
    p = posterior(cord.network, prior, readings_of(cord.hands, [])).p[0]
    np.testing.assert_allclose(p, earlier, atol=1e-9)


def test_half_of_what_a_visit_added_is_left_after_its_half_life() -> None:
    now, then = np.array([[0.1]]), np.array([[0.9]])
    logit = lambda p: np.log(p / (1 - p))  # noqa: E731
    half = tempered(now, then, 60, 60, 1e-3)
    assert logit(half) == pytest.approx((logit(now) + logit(then)) / 2)
    assert tempered(now, then, 0, 60, 1e-3) == pytest.approx(then)
    assert tempered(now, then, 1e9, 60, 1e-3) == pytest.approx(now)


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_certainty_of_an_earlier_visit_is_never_certain_again(p: float) -> None:
    found = tempered(np.array([[0.2]]), np.array([[p]]), 0, 60, 1e-3)
    assert 0 < found.item() < 1


def test_named_roots_have_their_odds_multiplied() -> None:
    cord = a_cord(5)
    rates = dict(zip(cord.roots, (0.2, 0.2, 0.2, 0.2, 0.2), strict=True))
    found = base_rates(cord.network, rates, frozenset({"R1"}), 2.0)
    np.testing.assert_allclose(found, [0.2, 1 / 3, 0.2, 0.2, 0.2])


@pytest.mark.parametrize("rho", [0.0, 0.35, 0.99])
def test_no_pattern_of_roots_is_impossible(rho: float) -> None:
    cord = a_cord(9, assumed=ASSUMED.but(rho=rho))
    prior = prior_of(cord.network, np.array([0.01, 0.5, 0.01, 0.9, 0.5, 0.02, 0.4, 0.3, 0.6]))
    assert (prior.window > 0).all()
    np.testing.assert_allclose(prior.window.sum(1), 1, atol=1e-12)
