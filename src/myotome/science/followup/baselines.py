"""Four plain forecasts that always run beside the recovery model: no change, mean change, a share of the baseline, and
a straight line between square roots with all covariates.

Each spreads its point forecast by the residuals it made out of sample on the training rows, cut to the scale. The line
between square roots was off by square roots: near the end of the scale it is sure, far from it less so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from myotome.science.followup.draws import Array
from myotome.science.followup.verification import ensemble_reached

N_FOLDS = 5
Numbers = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Baseline:
    """How one is learned from (start, covariates, outcome), as a few numbers, and what these forecast for others.

    `is_on_roots`: its residuals are of square roots.
    """

    learned: Callable[[Array, Array, Array], Numbers]
    point: Callable[[Numbers, Array, Array], Array]
    is_on_roots: bool = False

    def off(self, point: Array, outcome: Array) -> Array:
        """By how much it was off."""
        if self.is_on_roots:
            return np.asarray(np.sqrt(np.maximum(outcome, 0.0)) - np.sqrt(np.maximum(point, 0.0)))
        return outcome - point

    def members(self, point: Array, off: Array) -> Array:
        """The point forecast, off by as much again; not cut to the scale."""
        if self.is_on_roots:
            return np.asarray(np.maximum(np.sqrt(np.maximum(point, 0.0)) + off, 0.0) ** 2)
        return point + off


def baseline_reached(name: str, train: tuple[Array, Array, Array], test: tuple[Array, Array], grid: Array) -> Array:
    """Cumulative probabilities (person, grid) of one baseline. `train` is (start, covariates, outcome), `test` (start,
    covariates); start is the baseline or, when there is one, the later score that updates it; scales begin at 0.

    Source: judgement
    Check: tests/oracle/test_verification.py
    """
    numbers, off = learned_with_residuals(name, train)
    one = BASELINES[name]
    return ensemble_reached(grid, one.members(one.point(numbers, *test)[:, None], off[None, :]))


def learned_with_residuals(name: str, train: tuple[Array, Array, Array]) -> tuple[Numbers, Array]:
    """The numbers of one baseline, and by how much it was off on each training row when that row's fold was left out.

    Source: judgement
    Check: tests/oracle/test_verification.py
    """
    one = BASELINES[name]
    start, covariates, outcome = train
    off = np.empty_like(outcome)
    fold = np.arange(len(outcome)) % N_FOLDS
    for k in range(N_FOLDS):
        away = fold == k
        numbers = one.learned(start[~away], covariates[~away], outcome[~away])
        off[away] = one.off(one.point(numbers, start[away], covariates[away]), outcome[away])
    return one.learned(start, covariates, outcome), off


def _columns(start: Array, covariates: Array) -> Array:
    return np.column_stack([np.ones(len(start)), np.sqrt(np.maximum(start, 0.0)), covariates])


def _line(start: Array, covariates: Array, outcome: Array) -> Numbers:
    found, *_ = np.linalg.lstsq(_columns(start, covariates), np.sqrt(np.maximum(outcome, 0.0)), rcond=None)
    return tuple(float(number) for number in found)


BASELINES: Mapping[str, Baseline] = MappingProxyType(
    {
        "no_change": Baseline(lambda s, c, y: (), lambda numbers, s, c: s),
        "mean_change": Baseline(lambda s, c, y: (float((y - s).mean()),), lambda numbers, s, c: s + numbers[0]),
        "proportional": Baseline(
            lambda s, c, y: (float(y.sum() / max(s.sum(), 1e-9)),), lambda numbers, s, c: s * numbers[0]
        ),
        "sqrt_linear": Baseline(
            _line,
            lambda numbers, s, c: np.maximum(_columns(s, c) @ np.array(numbers), 0.0) ** 2,
            is_on_roots=True,
        ),
    }
)
