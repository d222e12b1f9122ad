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
    bins = pain * (1.0 / PAIN_STEP) + 0.5
    bins = np.clip(bins, 0, _N_BINS - 1, out=bins).astype(np.int64)
    steps = [_reached(np.bincount(row, weights, _N_BINS), at) for row in bins]
    return np.asarray(np.round(PAIN_STEP * np.array(steps), 2))


def whole_quantiles(values: Array, weights: Array, at: Sequence[float]) -> list[int]:
    """For each level the smallest whole number (0 or more) at or below which that share of the weight lies.

    Source: judgement
    Check: tests/oracle/test_particles.py
    """
    return [int(k) for k in _reached(np.bincount(values.astype(np.int64), weights), at)]


def _reached(counted: Array, at: Sequence[float]) -> Array:
    reached = counted.cumsum()
    found = reached.searchsorted(np.asarray(at) * (reached[-1] * (1 - 1e-12)))
    return np.asarray(np.minimum(found, len(counted) - 1))
