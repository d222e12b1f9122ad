"""The least value in each of many windows of one list, all windows at once.

The least of every stretch of 1, 2, 4, 8 ... values is worked out from two stretches half as long; a window of any length is
covered by two stretches of the greatest such length that it holds. So a list of n values is gone over once for each
doubling, however long the windows are.
"""

from __future__ import annotations

import numpy as np


def first_least(values: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """The place of the least value of `values[start:end]` for each window, the first of equals; -1 for an empty window.

    Starts lie from 0 and ends up to the number of values. The work is n steps for each doubling up to the longest window.

    Source: judgement
    Check: tests/unit/science/test_windows.py
    """
    lengths = ends - starts
    found = np.full(len(starts), -1, dtype=np.int64)
    least = np.arange(len(values), dtype=np.int64)
    longest, length = int(lengths.max(initial=0)), 1
    while length <= longest:
        (fits,) = np.nonzero((lengths >= length) & (lengths < 2 * length))
        left, right = least[starts[fits]], least[ends[fits] - length]
        found[fits] = np.where(values[left] <= values[right], left, right)
        left, right = least[:-length], least[length:]
        least = np.where(values[left] <= values[right], left, right)
        length *= 2
    return found
