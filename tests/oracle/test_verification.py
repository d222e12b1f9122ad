"""CRPS, quantiles and baselines against their definitions written out."""

from __future__ import annotations

import numpy as np
import pytest

from myotome.science.followup.baselines import BASELINES, baseline_reached, learned_with_residuals
from myotome.science.followup.verification import (
    crps_of,
    crps_of_whole,
    ensemble_reached,
    grid_of,
    quantile_of,
    verdict_on,
)

GRID = grid_of(0.0, 10.0)


def written_out_crps(members: np.ndarray, truth: float) -> float:
    """E|X - y| - E|X - X'| / 2."""
    cut = np.clip(members, 0.0, 10.0)
    return float(np.abs(cut - truth).mean() - 0.5 * np.abs(cut[:, None] - cut[None, :]).mean())


def test_crps_is_the_expected_distance_less_half_the_spread():
    rng = np.random.default_rng(4)
    members = rng.normal(4, 3, (6, 400))
    truth = np.array([0.0, 2.2, 4.0, 7.5, 9.9, 10.0])
    found = crps_of(GRID, ensemble_reached(GRID, members), truth)
    np.testing.assert_allclose(found, [written_out_crps(m, y) for m, y in zip(members, truth, strict=True)], atol=0.02)


def test_a_forecast_that_is_sure_and_right_costs_nothing_and_wrong_costs_its_distance():
    members = np.full((2, 10), 5.0)
    np.testing.assert_allclose(crps_of(GRID, ensemble_reached(GRID, members), np.array([5.0, 8.0])), [0, 3], atol=0.02)


def test_the_mass_of_one_point_is_at_it_and_costs_nothing_there():
    for value in (0.0, 5.0, 7.325, 10.0):
        reached = ensemble_reached(GRID, np.full((1, 10), value))
        assert [quantile_of(GRID, reached, level)[0] for level in (0.1, 0.5, 0.9)] == pytest.approx([value] * 3)
        assert crps_of(GRID, reached, np.array([value]))[0] == pytest.approx(0.0, abs=1e-9)
    halves = ensemble_reached(GRID, np.array([[2.0] * 5 + [8.0] * 5]))
    assert [quantile_of(GRID, halves, level)[0] for level in (0.1, 0.5, 0.9)] == pytest.approx([2.0, 2.0, 8.0])
    assert crps_of(GRID, halves, np.array([2.0]))[0] == pytest.approx(1.5)


def test_quantiles_are_those_of_the_members():
    members = np.random.default_rng(5).uniform(-1, 11, (3, 5000))
    for level in (0.1, 0.5, 0.9):
        found = quantile_of(GRID, ensemble_reached(GRID, members), level)
        np.testing.assert_allclose(found, np.quantile(np.clip(members, 0, 10), level, axis=1), atol=0.05)


def test_eight_in_ten_of_what_is_drawn_from_the_forecast_lie_in_its_range():
    rng = np.random.default_rng(6)
    members = rng.normal(5, 1.5, (3000, 1)) * 0 + rng.normal(5, 1.5, (1, 800))
    verdict = verdict_on(GRID, ensemble_reached(GRID, members), np.clip(rng.normal(5, 1.5, 3000), 0, 10))
    assert verdict.coverage80 == pytest.approx(0.8, abs=0.03)
    assert verdict.width80 == pytest.approx(2 * 1.2816 * 1.5, abs=0.2)


@pytest.mark.parametrize(
    ("name", "expected"), [("no_change", 6.0), ("mean_change", 4.0), ("proportional", 4.0), ("sqrt_linear", 4.0)]
)
def test_each_baseline_forecasts_what_its_name_says(name, expected):
    start = np.linspace(3, 9, 60)
    outcome = {
        "mean_change": start - 2,
        "proportional": start * 2 / 3,
        "sqrt_linear": (np.sqrt(start) * np.sqrt(2 / 3)) ** 2,
    }
    later = outcome.get(name, start)
    nothing = np.empty((60, 0))
    reached = baseline_reached(name, (start, nothing, later), (np.array([6.0]), np.empty((1, 0))), GRID)
    assert quantile_of(GRID, reached, 0.5)[0] == pytest.approx(expected, abs=0.05)


def test_the_line_between_roots_is_off_by_roots_and_the_others_by_points():
    rng = np.random.default_rng(8)
    start = rng.uniform(1, 9, 200)
    outcome = np.maximum(0.8 * np.sqrt(start) + 0.3 * rng.normal(size=200), 0) ** 2
    for name, is_wider in (("sqrt_linear", True), ("proportional", False)):
        numbers, off = learned_with_residuals(name, (start, np.empty((200, 0)), outcome))
        reached = baseline_reached(
            name, (start, np.empty((200, 0)), outcome), (np.array([2.0, 8.0]), np.empty((2, 0))), GRID
        )
        width = quantile_of(GRID, reached, 0.9) - quantile_of(GRID, reached, 0.1)
        assert bool(width[1] > 1.5 * width[0]) == is_wider, name
        one = BASELINES[name]
        point = one.point(numbers, np.array([4.0]), np.empty((1, 0)))
        np.testing.assert_allclose(one.off(point, one.members(point, np.array([0.2, 0.5]))), [0.2, 0.5])
        assert off.std() == pytest.approx(0.3 if is_wider else off.std(), abs=0.04)


def test_there_are_the_four_baselines():
    assert list(BASELINES) == ["no_change", "mean_change", "proportional", "sqrt_linear"]


@pytest.mark.parametrize("truth", range(11))
def test_the_score_of_a_forecast_of_whole_numbers_is_the_mean_distance_less_half_the_spread(truth):
    """Against the other way to write it, E|X - y| - E|X - X'| / 2, by a double loop."""
    odds = np.random.default_rng(3).dirichlet(np.ones(11))
    away = sum(p * abs(k - truth) for k, p in enumerate(odds))
    spread = sum(p * q * abs(k - m) for k, p in enumerate(odds) for m, q in enumerate(odds))
    assert crps_of_whole(list(odds), truth) == pytest.approx(away - spread / 2)
    sure = [float(k == truth) for k in range(11)]
    assert crps_of_whole(sure, truth) == 0
