"""R-hat and effective size against loops and known chains; each gate closes for its own reason."""

from __future__ import annotations

import math

import numpy as np
import pytest

from myotome.refit.gates import (
    calibration_gate,
    calibration_record,
    effective_draws,
    enough,
    gates_of,
    split_r_hat,
)
from myotome.science.followup.fitted import VISIT_MODEL


def autoregressive(rng, keep: float, n_chains: int = 2, n: int = 4000):
    draws = np.zeros((n_chains, n))
    draws[:, 0] = rng.normal(size=n_chains)
    for k in range(1, n):
        draws[:, k] = keep * draws[:, k - 1] + math.sqrt(1 - keep**2) * rng.normal(size=n_chains)
    return draws


def r_hat_by_hand(draws) -> float:
    half = draws.shape[1] // 2
    parts = [list(chain[:half]) for chain in draws] + [list(chain[half : 2 * half]) for chain in draws]
    means = [sum(part) / half for part in parts]
    within = sum(sum((x - m) ** 2 for x in part) / (half - 1) for part, m in zip(parts, means, strict=True)) / len(
        parts
    )
    grand = sum(means) / len(means)
    between = half * sum((m - grand) ** 2 for m in means) / (len(means) - 1)
    return math.sqrt(((half - 1) / half * within + between / half) / within)


def effective_by_hand(draws) -> float:
    m, n = draws.shape
    means = draws.mean(axis=1)
    cov = [
        sum(sum((c[i] - u) * (c[i + lag] - u) for i in range(n - lag)) / n for c, u in zip(draws, means, strict=True))
        / m
        for lag in range(n)
    ]
    within = cov[0] * n / (n - 1)
    pooled = within * (n - 1) / n + (float(np.var(means, ddof=1)) if m > 1 else 0.0)
    rho = [1.0] + [1 - (within - cov[lag] * n / (n - 1)) / pooled for lag in range(1, n)]
    total, last = 0.0, math.inf
    for k in range(0, n - 1, 2):
        pair = rho[k] + rho[k + 1]
        if pair < 0:
            break
        last = min(last, pair)
        total += last
    return m * n / max(2 * total - 1, 1 / math.log10(m * n))


@pytest.mark.parametrize("keep", [0.0, 0.5, 0.9, -0.3])
def test_both_measures_are_those_of_the_loops(keep):
    draws = autoregressive(np.random.default_rng(4), keep, n=160)
    assert split_r_hat(draws) == pytest.approx(r_hat_by_hand(draws), rel=1e-10)
    assert effective_draws(draws) == pytest.approx(effective_by_hand(draws), rel=1e-8)


@pytest.mark.parametrize("keep", [0.0, 0.5, 0.9])
def test_the_effective_size_of_a_known_chain_is_the_known_one(keep):
    draws = autoregressive(np.random.default_rng(8), keep, n=20_000)
    assert effective_draws(draws) == pytest.approx(draws.size * (1 - keep) / (1 + keep), rel=0.15)


def test_chains_that_differ_or_wander_or_stand_still_are_noticed():
    rng = np.random.default_rng(2)
    apart = rng.normal(size=(2, 500)) + np.array([[0.0], [1.0]])
    wandering = np.tile(np.linspace(0, 3, 500), (2, 1)) + rng.normal(size=(2, 500))
    assert split_r_hat(apart) > 1.1
    assert split_r_hat(wandering) > 1.1
    assert split_r_hat(np.ones((2, 500))) == math.inf
    assert effective_draws(np.ones((2, 500))) == 0.0


def test_sampling_goes_on_until_all_parameters_are_worth_enough():
    rng = np.random.default_rng(3)
    good, slow = rng.normal(size=(2, 600)), autoregressive(rng, 0.95, n=600)
    assert enough({"a": good})
    assert not enough({"a": good, "b": slow})
    assert not enough({"a": good[:, :150]})


def test_each_gate_closes_for_its_own_reason_and_names_the_worst():
    rng = np.random.default_rng(6)
    good = {"mu": rng.normal(size=(2, 800)), "share": rng.normal(size=(2, 800))}
    gates = {gate.name: gate for gate in gates_of(good, n_divergent=0)}
    assert gates["r_hat"].passed
    assert gates["effective"].passed
    assert gates["divergent"].passed
    assert not {g.name: g for g in gates_of(good, n_divergent=1)}["divergent"].passed
    apart = good | {"share": good["share"] + np.array([[0.0], [2.0]])}
    worse = {gate.name: gate for gate in gates_of(apart, n_divergent=0)}
    assert not worse["r_hat"].passed
    assert not worse["effective"].passed
    assert worse["r_hat"].about == worse["effective"].about == "share"


def test_the_record_of_calibration_is_of_this_model_and_of_even_ranks():
    even = {"model": VISIT_MODEL, "clinics": 20, "p_of_ranks": {"mu": 0.4, "share": 0.02}}
    assert calibration_gate(even).passed
    assert calibration_gate(even).about == "share"
    assert not calibration_gate(even | {"p_of_ranks": {"mu": 0.4, "share": 0.004}}).passed
    assert not calibration_gate(even | {"model": "recovery-0"}).passed
    assert not calibration_gate(even | {"clinics": 19}).passed
    assert not calibration_gate({}).passed


def test_the_record_that_is_shipped_opens_the_gate():
    assert calibration_gate(calibration_record()).passed
