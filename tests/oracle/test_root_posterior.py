"""The sweep against plain enumeration: every marginal, class and evidence of small cords, to 1e-10."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myotome.science.assessment import tables
from myotome.science.assessment.posterior import posterior, posterior_of_many
from myotome.science.assessment.prior import prior_of
from myotome.science.assessment.readings import Observation, Readings, readings_of
from tests.oracle.enumerated_roots import SIDE_CLASSES, enumerate_both, marginals
from tests.oracle.small_cords import ASSUMED, a_cord, some_observations

CLOSE = {"rtol": 0, "atol": 1e-10}


def enumerated(cord, observations, assumed=ASSUMED):
    args = (cord.network.sites, cord.roots, cord.rates, assumed, cord.specs, cord.misread)
    return enumerate_both(*args, observations=observations)


@pytest.mark.parametrize(("n_roots", "n_findings", "seed"), [(8, 6, 1), (8, 30, 2), (9, 14, 3), (12, 12, 4)])
def test_every_probability_equals_enumeration(n_roots: int, n_findings: int, seed: int) -> None:
    cord = a_cord(n_roots, seed=seed)
    seen = some_observations(cord, n_findings, seed=seed)
    left, right, p_class = enumerated(cord, seen)
    for way in (posterior, posterior_of_many):
        found = way(cord.network, prior_of(cord.network, np.array(cord.rates)), readings_of(cord.hands, seen))
        np.testing.assert_allclose(found.p[0], marginals(left, right, p_class), **CLOSE)
    np.testing.assert_allclose(found.p_class[0], p_class, **CLOSE)


def test_fourteen_roots_of_both_sides_as_one_joint_table() -> None:
    """2^14 patterns of seven roots a side, with no use of the independence of sides."""
    cord = a_cord(7, seed=5)
    seen = some_observations(cord, 12, seed=5)
    left, right, _ = enumerated(cord, seen)
    patterns = left.patterns
    joint = np.zeros((len(patterns), len(patterns)))
    for (c, (il, ir)), d in product(enumerate(SIDE_CLASSES), (0, 1)):
        weight = (ASSUMED.p_left, ASSUMED.p_right, ASSUMED.p_both)[c] * (0.85, 0.15)[d]
        joint += weight * np.outer(left.weight[il, d].sum(1), right.weight[ir, d].sum(1))
    joint /= joint.sum()
    found = posterior(cord.network, prior_of(cord.network, np.array(cord.rates)), readings_of(cord.hands, seen))
    np.testing.assert_allclose(found.p[0, 0], patterns.T @ joint.sum(1), **CLOSE)
    np.testing.assert_allclose(found.p[0, 1], patterns.T @ joint.sum(0), **CLOSE)


@pytest.mark.parametrize("width", [5, 6, 7])
def test_a_wider_window_gives_the_same_answer(width: int) -> None:
    from myotome.science.assessment.network import network_of

    cord = a_cord(9, seed=6)
    wider = network_of(cord.network.sites, ASSUMED, roots=cord.roots, width=width)
    readings = readings_of(cord.hands, some_observations(cord, 20, seed=6))
    here = posterior(cord.network, prior_of(cord.network, np.array(cord.rates)), readings)
    there = posterior(wider, prior_of(wider, np.array(cord.rates)), readings)
    np.testing.assert_allclose(here.p, there.p, **CLOSE)


def test_a_batch_answers_as_one_by_one() -> None:
    cord = a_cord(9, seed=7)
    prior = prior_of(cord.network, np.array(cord.rates))
    single, rows = [], []
    for e in range(60):
        readings = readings_of(cord.hands, some_observations(cord, e % 17, seed=e))
        single.append(posterior(cord.network, prior, readings).p[0])
        rows.append(readings)
    batch = Readings(
        60,
        np.concatenate([np.full(len(r.site), e) for e, r in enumerate(rows)]),
        *(np.concatenate([getattr(r, name) for r in rows]) for name in ("site", "side", "if_not", "if_so")),
    )
    np.testing.assert_allclose(posterior_of_many(cord.network, prior, batch).p, np.stack(single), **CLOSE)


@pytest.mark.parametrize("n", [1, 31, 33])
@pytest.mark.parametrize("sharp", [0.2, 1e-9])
def test_a_batch_over_the_whole_body_answers_as_one_by_one(n: int, sharp: float) -> None:
    """Arms, trunk and legs of the tables, both sides, many and few readings, contradictions among them."""
    network, prior = tables.network(), tables.regional_prior(None)
    rng = np.random.default_rng(n)
    counts = rng.choice([0, 3, 40, 160], size=n)
    exam = np.repeat(np.arange(n), counts)
    m = len(exam)
    site, side = rng.integers(0, len(network.sites), m), rng.integers(0, 2, m)
    if_not, if_so = rng.uniform(sharp, 1, m), rng.uniform(sharp, 1, m) ** 3 + sharp
    found = posterior_of_many(network, prior, Readings(n, exam, site, side, if_not, if_so))
    for e in range(n):
        rows = exam == e
        zero = np.zeros(counts[e], dtype=np.intp)
        alone = posterior(network, prior, Readings(1, zero, site[rows], side[rows], if_not[rows], if_so[rows]))
        np.testing.assert_allclose(found.p[e], alone.p[0], **CLOSE)
        np.testing.assert_allclose(found.p_class[e], alone.p_class[0], **CLOSE)
        np.testing.assert_allclose(found.log_evidence[e], alone.log_evidence[0], rtol=1e-10, atol=1e-10)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(0, 40),
    leak=st.floats(0.01, 0.5),
    lam=st.floats(0.3, 0.99),
    rho=st.floats(0, 0.9),
    rate=st.floats(0.01, 0.6),
    diffuse=st.floats(0.01, 0.6),
)
def test_enumeration_agrees_under_any_assumptions(seed, n, leak, lam, rho, rate, diffuse) -> None:
    assumed = ASSUMED.but(leak=leak, lam=lam, rho=rho, variant_rate=rate, diffuse_probability=diffuse)
    cord = a_cord(6, seed=seed, assumed=assumed)
    seen: list[Observation] = some_observations(cord, n, seed=seed)
    left, right, p_class = enumerated(cord, seen, assumed)
    for way in (posterior, posterior_of_many):
        found = way(cord.network, prior_of(cord.network, np.array(cord.rates)), readings_of(cord.hands, seen))
        np.testing.assert_allclose(found.p[0], marginals(left, right, p_class), **CLOSE)
