"""Four plain forecasts that always run beside the recovery model: no change, mean change, a share of the baseline, and
a straight line between square roots with all covariates.

Each spreads its point forecast by the residuals it made out of sample on the training rows, cut to the scale.
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
    """How one is learned from (start, covariates, outcome), as a few numbers, and what these forecast for others."""

    learned: Callable[[Array, Array, Array], Numbers]
    point: Callable[[Numbers, Array, Array], Array]


def baseline_reached(name: str, train: tuple[Array, Array, Array], test: tuple[Array, Array], grid: Array) -> Array:
    """Cumulative probabilities (person, grid) of one baseline. `train` is (start, covariates, outcome), `test` (start,
    covariates); start is the baseline or, when there is one, the later score that updates it; scales begin at 0.

    Source: judgement
    Check: tests/oracle/test_verification.py
    """
    numbers, off = learned_with_residuals(name, train)
    return ensemble_reached(grid, BASELINES[name].point(numbers, *test)[:, None] + off[None, :])


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
        off[away] = outcome[away] - one.point(numbers, start[away], covariates[away])
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
        "sqrt_linear": Baseline(_line, lambda numbers, s, c: np.maximum(_columns(s, c) @ np.array(numbers), 0.0) ** 2),
    }
)
