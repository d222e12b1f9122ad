"""How well a forecast did: mean absolute error, CRPS, coverage and width of its 80 % range.

A predictive distribution is given by its cumulative probabilities on a grid of the scale. Below the grid's first point
and above its last there is nothing: what a model puts outside the scale counts at its ends. Between two points
probability rises by a straight line; where it rises by a tenth or more it stands as one mass at the second of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from myotome.science.followup.draws import Array

N_GRID = 401
IS_A_POINT = 0.1


@dataclass(frozen=True, slots=True)
class Verdict:
    """Averages over `n` people, in units of the scale; `coverage80` is the share inside the closed 80 % range."""

    n: int
    mae: float
    crps: float
    coverage80: float
    width80: float


def grid_of(low: float, high: float) -> Array:
    """The points of the scale at which predictive distributions are held.

    Source: judgement
    Check: tests/oracle/test_verification.py
    """
    return np.linspace(low, high, N_GRID)


def crps_of(grid: Array, reached: Array, truth: Array) -> Array:
    """The continuous ranked probability score of each person: `reached` (person, grid) against `truth` (person,).

    Source: judgement (integral of the squared distance of the distribution from the step at the truth)
    Check: tests/oracle/test_verification.py
    """
    low, high = reached[:, :-1], reached[:, 1:]
    middle = np.where(high - low >= IS_A_POINT, low, 0.5 * (high + low))
    step = np.diff(grid)
    left = np.clip((truth[:, None] - grid[None, :-1]) / step, 0.0, 1.0)
    return np.asarray(((left * middle**2 + (1.0 - left) * (1.0 - middle) ** 2) * step).sum(axis=1))


def crps_of_whole(probabilities: Sequence[float], truth: int) -> float:
    """The ranked probability score of a forecast of whole numbers from 0, `probabilities` of each in turn.

    Source: judgement (sum of the squared distance of the distribution from the step at the truth)
    Check: tests/oracle/test_verification.py
    """
    reached = np.cumsum(np.asarray(probabilities, dtype=float))[:-1]
    step = np.arange(len(reached)) >= truth
    return float(((reached - step) ** 2).sum())


def quantile_of(grid: Array, reached: Array, level: float) -> Array:
    """The point of the scale that each distribution reaches the level at, between grid points by a straight line; the
    mass of one point is at it.

    Source: judgement
    Check: tests/oracle/test_verification.py
    """
    at = np.minimum((reached < level).sum(axis=1), len(grid) - 1)
    before = np.maximum(at - 1, 0)
    rows = np.arange(len(reached))
    low, high = reached[rows, before], reached[rows, at]
    is_smooth = (high > low) & (high - low < IS_A_POINT)
    share = np.where(is_smooth, (level - low) / np.where(is_smooth, high - low, 1.0), 1.0)
    return np.asarray(np.where(at == 0, grid[0], grid[before] + np.clip(share, 0.0, 1.0) * (grid[at] - grid[before])))


def ensemble_reached(grid: Array, members: Array) -> Array:
    """Cumulative probabilities (person, grid) of equally likely members (person, member), cut to the scale.

    Source: judgement
    Check: tests/oracle/test_verification.py
    """
    cut = np.sort(np.clip(members, grid[0], grid[-1]), axis=1)
    counted = np.stack([np.searchsorted(row, grid, side="right") for row in cut])
    return np.asarray(counted / members.shape[1])


def verdict_on(grid: Array, reached: Array, truth: Array) -> Verdict:
    """The averages of a forecast over all people.

    Source: judgement
    Check: tests/oracle/test_verification.py
    """
    q10, q50, q90 = (quantile_of(grid, reached, level) for level in (0.1, 0.5, 0.9))
    slack = 1e-9 * (grid[-1] - grid[0])
    return Verdict(
        n=len(truth),
        mae=float(np.abs(q50 - truth).mean()),
        crps=float(crps_of(grid, reached, truth).mean()),
        coverage80=float(((truth >= q10 - slack) & (truth <= q90 + slack)).mean()),
        width80=float((q90 - q10).mean()),
    )
