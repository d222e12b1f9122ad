"""Exact intervals against their definition: at either end the tail of the binomial, summed term by term, is the half level."""

from __future__ import annotations

from math import comb

import pytest

from myotome.science.needling.rates import rate
from myotome.vocabulary.errors import InvalidValue


def at_least(k: int, n: int, p: float) -> float:
    """The chance of k events or more, term by term."""
    return sum(comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1))


@pytest.mark.parametrize("of", [1, 2, 7, 40, 150])
def test_each_end_leaves_the_half_level_outside(of):
    for n in range(of + 1):
        found = rate(n, of)
        assert 0 <= found.low <= found.share <= found.high <= 1
        if n > 0:
            assert at_least(n, of, found.low) == pytest.approx(0.025, abs=1e-9)
        if n < of:
            assert 1 - at_least(n + 1, of, found.high) == pytest.approx(0.025, abs=1e-9)


def test_it_covers_what_is_true_at_least_as_often_as_it_says():
    of = 30
    for p in (0.01, 0.05, 0.2, 0.5, 0.77):
        held = sum(
            comb(of, n) * p**n * (1 - p) ** (of - n) for n in range(of + 1) if rate(n, of).low <= p <= rate(n, of).high
        )
        assert held >= 0.95


def test_none_in_n_is_less_than_four_in_n_and_never_nothing():
    for of in (20, 300, 7629):
        assert rate(0, of).low == 0.0
        assert 3 / of < rate(0, of).high < 3.7 / of
        assert rate(0, of, level=0.9).high == pytest.approx(3 / of, rel=0.08)  # the rule of three is one-sided


def test_nobody_counted_is_no_rate_and_more_than_all_is_refused():
    empty = rate(0, 0)
    assert (empty.share, empty.low, empty.high) == (None, None, None)
    for n, of in ((3, 2), (-1, 4)):
        with pytest.raises(InvalidValue):
            rate(n, of)
