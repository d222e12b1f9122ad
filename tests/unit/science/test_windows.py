"""Windows of any width cost hardly more than narrow ones: steps are counted, no clock is read."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from myotome.science.booking.series import SeriesWish, best_series
from myotome.science.booking.windows import first_least


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40), st.data())
def test_the_first_of_the_least_is_found_in_every_window(values, data):
    ends = st.integers(0, len(values))
    windows = [tuple(sorted(pair)) for pair in data.draw(st.lists(st.tuples(ends, ends), max_size=20))]
    starts, ends = (np.array([pair[side] for pair in windows], dtype=np.int64) for side in (0, 1))
    expected = [min(range(a, b), key=lambda place: (values[place], place), default=-1) for a, b in windows]
    assert first_least(np.array(values), starts, ends).tolist() == expected


class Counted(np.ndarray):
    """Values that count how many of them are compared."""

    n_compared = 0

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        if ufunc is np.less_equal:
            Counted.n_compared += inputs[0].size
        return getattr(ufunc, method)(*(np.asarray(value) for value in inputs), **kwargs)


@pytest.mark.parametrize("width", [16, 256, 4096])
def test_each_doubling_of_the_width_compares_each_value_twice_at_most(width):
    n = 5000
    Counted.n_compared = 0
    starts = np.arange(n)
    first_least(np.arange(n)[::-1].view(Counted), starts, np.minimum(starts + width, n))
    assert 0 < Counted.n_compared <= 2 * n * (width.bit_length() + 1)


def calls_of(most_gap):
    """How many functions a search over 3000 times runs through when visits may lie so far apart."""
    n_calls = 0

    def count(frame, event, argument):
        nonlocal n_calls
        n_calls += event in {"call", "c_call"}

    wish = SeriesWish(n_visits=4, wanted_gap=300, least_gap=5, most_gap=most_gap)
    minutes = range(0, 15_000, 5)
    sys.setprofile(count)
    try:
        best_series(minutes, [0] * 3000, wish)
    finally:
        sys.setprofile(None)
    return n_calls


def test_a_series_with_a_wide_rule_of_distances_is_found_in_hardly_more_steps_than_one_with_a_narrow():
    assert calls_of(most_gap=5000) < 2 * calls_of(most_gap=500)
