"""Tax on a price, its share in a part, and what is rounded away in cash: whole cents in, whole cents out.

No float is used anywhere: a half cent is rounded away from zero, as a tax authority counts it, on integers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.money import WHOLE_RATE

CASH_STEP = 5


@dataclass(frozen=True, slots=True)
class Taxed:
    """A price with its taxes, each by its rate; the total is their sum."""

    net_cents: int
    taxes: tuple[int, ...]

    @property
    def tax_cents(self) -> int:
        """All tax on it."""
        return sum(self.taxes)

    @property
    def total_cents(self) -> int:
        """What is paid."""
        return self.net_cents + self.tax_cents


def taxed(net_cents: int, *rates: int) -> Taxed:
    """The price and each tax on it, none on another; rates in hundred-thousandths (5000 is 5 %), half a cent is rounded up.

    Raises:
        InvalidValue: a negative price or rate.

    Source: judgement
    Check: tests/oracle/test_money.py
    """
    if net_cents < 0 or any(rate < 0 for rate in rates):
        raise InvalidValue("A price and a rate are not negative.", field="price")
    return Taxed(net_cents, tuple((2 * net_cents * rate + WHOLE_RATE) // (2 * WHOLE_RATE) for rate in rates))


def tax_within(part_cents: int, *, total_cents: int, tax_cents: int) -> int:
    """The tax within a part of a taxed total, in proportion, half a cent up; the whole total holds the whole tax.

    Raises:
        InvalidValue: the part is not between 0 and the total.

    Source: judgement
    Check: tests/oracle/test_money.py
    """
    if not 0 <= part_cents <= total_cents:
        raise InvalidValue("A part is not more than the whole.", field="amount")
    if total_cents == 0:
        return 0
    return (2 * part_cents * tax_cents + total_cents) // (2 * total_cents)


def tax_by_line(tax_cents: int, lines: Sequence[int]) -> tuple[int, ...]:
    """So much tax told by its lines, in proportion to the whole of each, to the cent; all of it gives the lines themselves.

    Raises:
        InvalidValue: it is not between 0 and the sum of the lines.

    Source: judgement
    Check: tests/oracle/test_money.py
    """
    whole, upto, told = sum(lines), 0, 0
    found = []
    for line in lines:
        upto += line
        here = tax_within(tax_cents, total_cents=whole, tax_cents=upto)
        found.append(here - told)
        told = here
    return tuple(found)


def cash_rounding(cents: int) -> int:
    """What cash adds to an amount (-2 to 2 cents) where the smallest coin is 5 cents; the sum ends with 0 or 5.

    Source: judgement
    Check: tests/oracle/test_money.py
    """
    over = cents % CASH_STEP
    return CASH_STEP - over if over > CASH_STEP // 2 else -over
