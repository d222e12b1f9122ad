"""A whole series at once: the best visits out of the free times, as a shortest path.

Layer k of the graph holds the times that visit k may take; an edge joins two times that lie within the allowed distance
of each other; its price is how far that distance is from the one wanted, a visit's price is how far it is from the wished
hour; the first one may have a price of its own for beginning late. The cheapest path through all layers is the best series, exactly: no other choice of these times costs less. It is
found from the last visit back, whole layers at a time.
When no path reaches the last layer, the longest that there is comes back, so that a page can say "5 of 8 fit".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from myotome.science.booking.windows import first_least
from myotome.vocabulary.errors import InvalidValue

NEVER = 2**60
"""A cost that no series reaches."""


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


def best_series(
    minutes: Sequence[int], prices: Sequence[int], wish: SeriesWish, first_prices: Sequence[int] | None = None
) -> Series:
    """The cheapest series of `wish.n_visits` out of times at `minutes` (rising), each with its own price.

    `first_prices` are what each time costs besides when the series begins with it.

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
    if first_prices is not None and len(first_prices) != len(minutes):
        raise InvalidValue("Times rise, each with one price.", field="minutes")
    if not minutes:
        return Series((), 0)
    at = np.array(minutes, dtype=np.int64)
    low = np.searchsorted(at, at + wish.least_gap, side="left")
    high = np.searchsorted(at, at + wish.most_gap, side="right")
    price = np.array(prices, dtype=np.int64)
    costs, nexts = [price], []
    for _ in range(wish.n_visits - 1):
        cost, after = _one_visit_before(at, price, costs[-1], low, high, wish)
        if cost.min() >= NEVER:
            break
        costs.append(cost)
        nexts.append(after)
    whole = costs[-1] if first_prices is None else costs[-1] + np.array(first_prices, dtype=np.int64)
    place, cheapest = int(whole.argmin()), int(whole.min())
    chosen = [place]
    for after in reversed(nexts):
        place = int(after[place])
        chosen.append(place)
    return Series(chosen=tuple(chosen), price=cheapest)


def _one_visit_before(
    at: np.ndarray, price: np.ndarray, cost: np.ndarray, low: np.ndarray, high: np.ndarray, wish: SeriesWish
) -> tuple[np.ndarray, np.ndarray]:
    """The cost of the cheapest path that begins one visit earlier at each place, and the place it goes on to.

    A next time that lies sooner than wanted costs the less the later it is, one that lies later the more: each side is a
    price of the next time alone, and the cheapest of a window. Among equals the earliest next place, and so the earliest
    path; NEVER where nothing follows.
    """
    middle = np.clip(np.searchsorted(at, at + wish.wanted_gap, side="left"), low, high)
    each = wish.price_per_minute_of_gap
    sooner, its_place = _cheapest_next(cost, -each * at, low, middle)
    later, later_place = _cheapest_next(cost, each * at, middle, high)
    wanted_at = each * (at + wish.wanted_gap)
    sooner, later = sooner + wanted_at, later - wanted_at
    best = np.minimum(sooner, later) + price
    after = np.where(sooner <= later, its_place, later_place)
    is_path = best < NEVER // 2
    return np.where(is_path, best, NEVER), np.where(is_path, after, -1)


def _cheapest_next(
    cost: np.ndarray, slope: np.ndarray, starts: np.ndarray, ends: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The least of cost and slope in each window, with its place; NEVER where no path goes on from any of it."""
    values = np.where(cost < NEVER, cost + slope, NEVER)
    place = first_least(values, starts, ends)
    return np.where(place < 0, NEVER, values[place]), place
