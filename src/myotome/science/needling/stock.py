"""Needles on the shelf, by lot: which lot a size comes from, what is said of a lot before a needle, what a visit took.

A lot is never a reason to lose a needle: what is said of it is said before, and one that is in is recorded.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from myotome.science.needling.asks import Warning
from myotome.vocabulary.courses import CautionLevel
from myotome.vocabulary.sentences import Sentence

Key = TypeVar("Key", bound=Hashable)
PLACE_LENGTH = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class LotOnShelf:
    """One lot of one size. `n_left` may be below nought: more were used than anybody received."""

    id: int
    gauge_mm: float
    length_mm: int
    lot: str
    expires_on: date | None
    n_left: int
    low_at: int
    set_aside_why: str = ""

    @property
    def size(self) -> str:
        """Gauge and length as a form writes them: 0.30x50."""
        return f"{self.gauge_mm:.2f}x{self.length_mm}"

    @property
    def key(self) -> str:
        """The size with its lot, as the chart's form sends it: 0.30x50@A123."""
        return f"{self.size}@{self.lot}"

    @property
    def is_low(self) -> bool:
        """True when so few are left that more are ordered."""
        return self.n_left <= self.low_at

    def is_expired(self, on: date) -> bool:
        """True after the last day on which it may be used."""
        return self.expires_on is not None and self.expires_on < on

    def is_good(self, on: date) -> bool:
        """True when nothing is to be said of it before a needle."""
        return not self.set_aside_why and self.n_left > 0 and not self.is_expired(on)


def about_lot(lot: LotOnShelf, on: date) -> tuple[Warning, ...]:
    """What is said before a needle of this lot: STOP when it was set aside, ASK when it has expired or none is left.

    Source: judgement
    Check: tests/spec/needling/test_the_needle_stock.py
    """
    found = []
    if lot.set_aside_why:
        words = Sentence("Lot {lot} of {size} was set aside: {why}", lot=lot.lot, size=lot.size, why=lot.set_aside_why)
        found.append((CautionLevel.STOP, "lot_set_aside", words))
    if lot.is_expired(on) and lot.expires_on:
        words = Sentence(
            "Lot {lot} of {size} expired on {on}.", lot=lot.lot, size=lot.size, on=lot.expires_on.isoformat()
        )
        found.append((CautionLevel.ASK, "lot_expired", words))
    if lot.n_left <= 0:
        words = Sentence(
            "Lot {lot} of {size}: by the stock none is left. Look at the packet.", lot=lot.lot, size=lot.size
        )
        found.append((CautionLevel.ASK, "lot_empty", words))
    place = lot.lot[:PLACE_LENGTH]
    return tuple(Warning(level=level, code=code, words=words, place=place) for level, code, words in found)


def lot_for(shelf: Iterable[LotOnShelf], size: str, *, on: date, last_lot: str = "") -> LotOnShelf | None:
    """The lot that a needle of this size comes from: the one used last while it is good, else the good one that expires
    first, else the one used last, else whichever there is; None when no lot of this size is on the shelf.

    Source: judgement
    Check: tests/spec/needling/test_the_needle_stock.py
    """
    lots = [lot for lot in shelf if lot.size == size and not lot.set_aside_why]
    if not lots:
        return None
    return min(
        lots,
        key=lambda lot: (not lot.is_good(on), lot.lot != last_lot, lot.expires_on or date.max, lot.id),
    )


def offered(shelf: Iterable[LotOnShelf]) -> list[LotOnShelf]:
    """The lots to choose from on the chart, by size and expiry: those with needles left, and of a size that has none
    left the newest.

    Source: judgement
    Check: tests/spec/needling/test_the_needle_stock.py
    """
    lots = [lot for lot in shelf if not lot.set_aside_why]
    left = {lot.size for lot in lots if lot.n_left > 0}
    newest: dict[str, int] = {}
    for lot in lots:
        newest[lot.size] = max(newest.get(lot.size, 0), lot.id)
    chosen = [lot for lot in lots if lot.n_left > 0 or (lot.size not in left and newest[lot.size] == lot.id)]
    return sorted(chosen, key=lambda lot: (lot.gauge_mm, lot.length_mm, lot.expires_on or date.max, lot.id))


def used_by_lot(n_opened: int, n_insertions: Mapping[Key, int]) -> dict[Key, int]:
    """How many of the needles opened came from each lot, by the insertions charted with it.

    Always: no share is negative, the shares sum to `n_opened` when there is an insertion at all, and when as many were
    opened as went in each lot gave its insertions. One needle may make several insertions: then a lot gave at least one
    while there are enough, and the rest in proportion, largest remainders first.

    Source: judgement
    Check: tests/property/test_stock_used.py
    """
    lots = sorted((key for key, n in n_insertions.items() if n > 0), key=lambda key: (-n_insertions[key], str(key)))
    if not lots:
        return {}
    shares = {key: int(i < n_opened) for i, key in enumerate(lots)}
    rest = max(0, n_opened - len(lots))
    weights = _weights(lots, n_insertions)
    exact = {key: rest * weights[key] / sum(weights.values()) for key in lots}
    for key in lots:
        shares[key] += int(exact[key])
    missing = rest - sum(int(exact[key]) for key in lots)
    for key in sorted(lots, key=lambda key: int(exact[key]) - exact[key])[:missing]:
        shares[key] += 1
    return shares


def _weights(lots: Sequence[Key], n_insertions: Mapping[Key, int]) -> dict[Key, int]:
    beyond_one = {key: n_insertions[key] - 1 for key in lots}
    return beyond_one if any(beyond_one.values()) else dict.fromkeys(lots, 1)
