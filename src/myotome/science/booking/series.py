"""A whole series at once: the best visits out of the free times, as a shortest path.

Layer k of the graph holds the times that visit k may take; an edge joins two times that lie within the allowed distance
of each other; its price is how far that distance is from the one wanted, a visit's price is how far it is from the wished
hour. The cheapest path through all layers is the best series, exactly: no other choice of these times costs less.
When no path reaches the last layer, the longest that there is comes back, so that a page can say "5 of 8 fit".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from myotome.vocabulary.errors import InvalidValue


@dataclass(frozen=True, kw_only=True, slots=True)
class SeriesWish:
    """What is wanted, in minutes: the distance between visits, the least and the most allowed, and prices of missing it.

    `price_per_minute_of_gap` counts each minute between two visits that differs from `wanted_gap`.
    """

    n_visits: int
    wanted_gap: int
    least_gap: int
    most_gap: int
    price_per_minute_of_gap: int = 1


@dataclass(frozen=True, slots=True)
class Series:
    """The chosen places in the list of times, in order, and what they cost; fewer than wished where no more fit."""

    chosen: tuple[int, ...]
    price: int


def best_series(minutes: Sequence[int], prices: Sequence[int], wish: SeriesWish) -> Series:
    """The cheapest series of `wish.n_visits` out of times at `minutes` (rising), each with its own price.

    Among equally cheap ones the earliest; when no series of that length exists, the cheapest of the greatest length.

    Raises:
        InvalidValue: no visits wished, times that do not rise, as many prices as times not given, or gaps that no
            number of minutes can keep.

    Source: judgement
    Check: tests/oracle/test_series.py
    """
    if wish.n_visits < 1:
        raise InvalidValue("A series has at least one visit.", field="n_visits")
    if not 0 < wish.least_gap <= wish.most_gap:
        raise InvalidValue("The least distance is above 0 and not above the most.", field="least_gap")
    if len(minutes) != len(prices) or any(b <= a for a, b in pairwise(minutes)):
        raise InvalidValue("Times rise, each with one price.", field="minutes")
    best: list[tuple[int, tuple[int, ...]] | None] = [(price, (place,)) for place, price in enumerate(prices)]
    found = min((path for path in best if path), default=(0, ()))
    for _ in range(wish.n_visits - 1):
        best = [_cheapest_way_to(place, minutes, prices, best, wish) for place in range(len(minutes))]
        longer = [path for path in best if path]
        if not longer:
            break
        found = min(longer)
    return Series(chosen=found[1], price=found[0])


def _cheapest_way_to(
    place: int,
    minutes: Sequence[int],
    prices: Sequence[int],
    before: Sequence[tuple[int, tuple[int, ...]] | None],
    wish: SeriesWish,
) -> tuple[int, tuple[int, ...]] | None:
    """The cheapest path of one visit more that ends at `place`, or None."""
    found: tuple[int, tuple[int, ...]] | None = None
    for earlier in range(place - 1, -1, -1):
        gap = minutes[place] - minutes[earlier]
        if gap > wish.most_gap:
            break
        path = before[earlier]
        if gap < wish.least_gap or path is None:
            continue
        price = path[0] + prices[place] + abs(gap - wish.wanted_gap) * wish.price_per_minute_of_gap
        if found is None or (price, path[1]) < (found[0], found[1][:-1]):
            found = (price, (*path[1], place))
    return found
