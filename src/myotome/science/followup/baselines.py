"""Four plain forecasts that always run beside the recovery model: no change, mean change, a share of the baseline, and
a straight line between square roots with all covariates.

Each spreads its point forecast by the residuals it made out of sample on the training rows, cut to the scale.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from myotome.science.followup.draws import Array
from myotome.science.followup.verification import ensemble_reached

N_FOLDS = 5
Fit = Callable[[Array, Array, Array], Callable[[Array, Array], Array]]


def baseline_reached(name: str, train: tuple[Array, Array, Array], test: tuple[Array, Array], grid: Array) -> Array:
    """Cumulative probabilities (person, grid) of one baseline. `train` is (start, covariates, outcome), `test` (start,
    covariates); start is the baseline or, when there is one, the later score that updates it; scales begin at 0.

    Source: judgement
    Check: tests/oracle/test_verification.py
    """
    fit = BASELINES[name]
    start, covariates, outcome = train
    residual = np.empty_like(outcome)
    fold = np.arange(len(outcome)) % N_FOLDS
    for k in range(N_FOLDS):
        away = fold == k
        model = fit(start[~away], covariates[~away], outcome[~away])
        residual[away] = outcome[away] - model(start[away], covariates[away])
    point = fit(start, covariates, outcome)(*test)
    return ensemble_reached(grid, point[:, None] + residual[None, :])


def _no_change(start: Array, covariates: Array, outcome: Array) -> Callable[[Array, Array], Array]:
    return lambda s, c: s


def _mean_change(start: Array, covariates: Array, outcome: Array) -> Callable[[Array, Array], Array]:
    change = float((outcome - start).mean())
    return lambda s, c: s + change


def _proportional(start: Array, covariates: Array, outcome: Array) -> Callable[[Array, Array], Array]:
    share = float(outcome.sum() / max(start.sum(), 1e-9))
    return lambda s, c: s * share


def _sqrt_linear(start: Array, covariates: Array, outcome: Array) -> Callable[[Array, Array], Array]:
    def columns(s: Array, c: Array) -> Array:
        return np.column_stack([np.ones(len(s)), np.sqrt(np.maximum(s, 0.0)), c])

    found, *_ = np.linalg.lstsq(columns(start, covariates), np.sqrt(np.maximum(outcome, 0.0)), rcond=None)
    return lambda s, c: np.maximum(columns(s, c) @ found, 0.0) ** 2


BASELINES: Mapping[str, Fit] = MappingProxyType(
    {
        "no_change": _no_change,
        "mean_change": _mean_change,
        "proportional": _proportional,
        "sqrt_linear": _sqrt_linear,
    }
)
