"""Money in whole cents against exact fractions, and against every amount there is in a range."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myotome.science.money.amounts import cash_rounding, tax_by_line, tax_within, taxed
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.money import WHOLE_RATE, passes_luhn


def half_up(value: Fraction) -> int:
    """The slow way: a decimal of fifty places, rounded by the book."""
    return int((Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal(1), ROUND_HALF_UP))


@given(st.integers(0, 10_000_000), st.integers(0, 50_000))
def test_tax_is_the_exact_fraction_rounded_half_up(net, rate):
    found = taxed(net, rate)
    assert found.tax_cents == half_up(Fraction(net * rate, WHOLE_RATE))
    assert found.total_cents == net + found.tax_cents


@given(st.integers(0, 100_000), st.integers(0, 50_000), st.data())
def test_the_tax_within_a_part_is_in_proportion_and_never_more_than_the_whole(net, rate, data):
    whole = taxed(net, rate)
    part = data.draw(st.integers(0, whole.total_cents))
    found = tax_within(part, total_cents=whole.total_cents, tax_cents=whole.tax_cents)
    if whole.total_cents:
        assert found == half_up(Fraction(part * whole.tax_cents, whole.total_cents))
    assert 0 <= found <= min(part, whole.tax_cents)
    assert tax_within(whole.total_cents, total_cents=whole.total_cents, tax_cents=whole.tax_cents) == whole.tax_cents


def test_cash_is_the_nearest_amount_that_coins_can_make():
    for cents in range(2000):
        nearest = min(range(0, 2010, 5), key=lambda coins: abs(coins - cents))
        assert cents + cash_rounding(cents) == nearest


@pytest.mark.parametrize(("net", "rate"), [(-1, 0), (1, -1)])
def test_nothing_negative_is_taxed(net, rate):
    with pytest.raises(InvalidValue):
        taxed(net, rate)


def test_a_part_is_not_more_than_the_whole():
    with pytest.raises(InvalidValue):
        tax_within(101, total_cents=100, tax_cents=5)


@given(st.text("0123456789", min_size=12, max_size=18))
def test_exactly_one_last_digit_passes_luhn(digits):
    def slow(number: str) -> bool:
        table = {"0": 0, "1": 2, "2": 4, "3": 6, "4": 8, "5": 1, "6": 3, "7": 5, "8": 7, "9": 9}
        backwards = number[::-1]
        return (sum(int(d) for d in backwards[0::2]) + sum(table[d] for d in backwards[1::2])) % 10 == 0

    ends = [d for d in "0123456789" if passes_luhn(digits + d)]
    assert len(ends) == 1
    assert [d for d in "0123456789" if slow(digits + d)] == ends


@given(st.integers(0, 100_000), st.integers(0, 50_000), st.integers(0, 50_000), st.data())
def test_two_taxes_are_each_on_the_price_and_are_told_apart_to_the_cent_in_every_part_until_nothing_is_left(
    net, first, second, data
):
    whole = taxed(net, first, second)
    assert whole.taxes == tuple(half_up(Fraction(net * rate, WHOLE_RATE)) for rate in (first, second))
    left, taxes = whole.total_cents, list(whole.taxes)
    while left:
        part = data.draw(st.integers(max(1, left // 3), left))
        tax = tax_within(part, total_cents=left, tax_cents=sum(taxes))
        lines = tax_by_line(tax, taxes)
        assert sum(lines) == tax
        assert all(0 <= line <= of for line, of in zip(lines, taxes, strict=True))
        exact = Fraction(tax * taxes[0], sum(taxes)) if any(taxes) else Fraction(0)
        assert lines[0] == half_up(exact)
        left, taxes = left - part, [of - line for of, line in zip(taxes, lines, strict=True)]
    assert taxes == [0, 0]
