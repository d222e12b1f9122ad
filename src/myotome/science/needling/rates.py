"""How often something happened among so many, with the exact interval: a clinic's own rates, honest when they are small.

The interval of Clopper and Pearson holds its level whatever the rate is; with small numbers it is wide and never
negative. With no event at all the line above which the rate hardly lies is near 3/n.
"""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import betaincinv

from myotome.vocabulary.errors import InvalidValue

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Rate:
    """`n` of `of`, with the exact interval of its share; both ends are None while nobody was counted."""

    n: int
    of: int
    low: float | None
    high: float | None

    @property
    def share(self) -> float | None:
        """The share itself; None while nobody was counted: missing is not zero."""
        return self.n / self.of if self.of else None


def rate(n: int, of: int, *, level: float = LEVEL) -> Rate:
    """`n` of `of` with the exact two-sided interval at `level`; it always holds the share itself.

    Source: clopper1934
    Check: tests/oracle/test_exact_rates.py

    Raises:
        InvalidValue: more events than were counted, or fewer than none.
    """
    if not 0 <= n <= of:
        raise InvalidValue("{n} of {of} is no rate.", n=n, of=of)
    if of == 0:
        return Rate(0, 0, None, None)
    tail = (1 - level) / 2
    low = float(betaincinv(n, of - n + 1, tail)) if n else 0.0
    high = float(betaincinv(n + 1, of - n, 1 - tail)) if n < of else 1.0
    return Rate(n, of, low, high)
