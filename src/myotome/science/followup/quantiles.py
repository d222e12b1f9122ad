"""Quantiles of weighted draws, fast: counted into fine bins instead of sorted.

Pain is counted in steps of 0.01 on 0 to 10, which is finer than any page shows; whole numbers exactly.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from myotome.science.followup.draws import Array

PAIN_STEP = 0.01
_N_BINS = round(10.0 / PAIN_STEP) + 1


def pain_quantiles(pain: Array, weights: Array, at: Sequence[float]) -> Array:
    """For each row of `pain` (row, draw; 0-10) and each level, the smallest step of pain at or below which that share
    of the weight lies; shape (row, level).

    Source: judgement
    Check: tests/oracle/test_particles.py
    """
    n_rows = len(pain)
    bins = (pain * (1.0 / PAIN_STEP) + 0.5).astype(np.int64)
    np.clip(bins, 0, _N_BINS - 1, out=bins)
    bins += _N_BINS * np.arange(n_rows)[:, None]
    counted = np.bincount(bins.ravel(), np.broadcast_to(weights, pain.shape).ravel(), n_rows * _N_BINS)
    reached = np.cumsum(counted.reshape(n_rows, _N_BINS), axis=1)
    wanted = np.asarray(at) * (1 - 1e-12)
    steps = [row.searchsorted(wanted * row[-1]) for row in reached]
    return np.asarray(np.round(PAIN_STEP * np.minimum(np.array(steps), _N_BINS - 1), 2))


def whole_quantiles(values: Array, weights: Array, at: Sequence[float]) -> list[int]:
    """For each level the smallest whole number (0 or more) at or below which that share of the weight lies.

    Source: judgement
    Check: tests/oracle/test_particles.py
    """
    return _reached(np.bincount(values.astype(np.int64), weights), at)


def _reached(counted: Array, at: Sequence[float]) -> list[int]:
    reached = np.cumsum(counted)
    found = np.searchsorted(reached, np.asarray(at) * reached[-1] * (1 - 1e-12))
    return [int(k) for k in np.minimum(found, len(counted) - 1)]
