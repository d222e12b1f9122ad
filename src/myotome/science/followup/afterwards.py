"""How people were afterwards, with those who were lost: a share among all who began, not among those who answered.

Who answers is not who was treated. The band goes from "nobody who was lost was well" to "everybody who was lost was".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Share:
    """Of `n` people `n_known` are known and `n_yes` of these are well."""

    n: int
    n_known: int
    n_yes: int

    @property
    def n_lost(self) -> int:
        """Those nobody knows of."""
        return self.n - self.n_known

    @property
    def of_known(self) -> int | None:
        """In a hundred of those known; None of nobody."""
        return round(100 * self.n_yes / self.n_known) if self.n_known else None

    @property
    def lowest(self) -> int | None:
        """In a hundred of all, when nobody who was lost is well."""
        return round(100 * self.n_yes / self.n) if self.n else None

    @property
    def highest(self) -> int | None:
        """In a hundred of all, when everybody who was lost is well."""
        return round(100 * (self.n_yes + self.n_lost) / self.n) if self.n else None


def share_of(known: Sequence[bool | None]) -> Share:
    """The share of people who are well, from yes, no, and None for who is lost.

    Source: judgement
    Check: tests/oracle/test_afterwards.py
    """
    return Share(len(known), sum(row is not None for row in known), sum(row is True for row in known))


def pain_free_for(years: int, pain: Mapping[int, float | None]) -> bool | None:
    """Whether she was free of pain for so many years: 0 at that year and at every earlier year that she answered.

    `pain` maps years since the end to average pain, None where she did not answer. One answer above 0 is a no, whatever
    is missing; without the answer of the last year it is not known.

    Source: judgement
    Check: tests/oracle/test_afterwards.py
    """
    given = [pain[year] for year in sorted(pain) if 1 <= year <= years]
    if any(value is not None and value > 0 for value in given):
        return False
    return True if pain.get(years) is not None else None


def without_relapse(months: int, relapsed: Mapping[int, bool | None]) -> bool | None:
    """Whether she had no relapse up to so many months after the end; `relapsed` maps months to yes, no, or None where she did
    not answer. One relapse is a no, whatever came after it; without the answer of that month it is not known.

    Source: judgement
    Check: tests/oracle/test_afterwards.py
    """
    if any(has for month, has in relapsed.items() if month <= months):
        return False
    return None if relapsed.get(months) is None else True
