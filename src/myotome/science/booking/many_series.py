"""Many series at once into one diary, by constraint programming: as many visits as fit, then as near to the wishes as can be.

Each series brings its own possible times. A time takes ticks of resources (a practitioner, a room kind with so many
rooms); two visits may not take more of one than there is. OR-tools' CP-SAT searches within a limit of time and says
either that nothing better exists or how far the best it has may be from the best there is. A single series needs none
of this: `series.best_series` is exact and quicker.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ortools.sat.python import cp_model

from myotome.science.booking.series import SeriesWish, best_series
from myotome.vocabulary.errors import InvalidValue

Taking = tuple[str, int]
"""A resource and a tick."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A time that a series may take: its minute, its price, and what it takes of the diary."""

    minute: int
    price: int
    takes: tuple[Taking, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ManySeries:
    """For each series the chosen places in its list of candidates, in order of time, and how good that is known to be.

    `n_placed` of `n_wished` visits; `is_optimal` when nothing better exists; else `n_more_at_most` visits more could fit.
    """

    chosen: tuple[tuple[int, ...], ...]
    n_placed: int
    n_wished: int
    is_optimal: bool
    n_more_at_most: int


def place_many(
    wishes: Sequence[SeriesWish],
    candidates: Sequence[Sequence[Candidate]],
    capacity: Mapping[str, int],
    *,
    most_seconds: float = 4.0,
    seed: int = 1,
) -> ManySeries:
    """The series placed together; within one, visits keep `least_gap` to `most_gap` minutes from each other.

    `candidates` do not fall by minute within a series; several at one minute are several ways to have it. A resource missing from `capacity` has one place in each tick. A visit
    that does not fit is left out at the end of its series, never in its middle.

    Raises:
        InvalidValue: not one list of candidates for each wish, or candidates that fall.

    Source: judgement
    Check: tests/oracle/test_many_series.py
    """
    if len(wishes) != len(candidates):
        raise InvalidValue("Each series brings its own times.", field="candidates")
    for times in candidates:
        if any(b.minute < a.minute for a, b in pairwise(times)):
            raise InvalidValue("Times do not fall.", field="candidates")
    model = cp_model.CpModel()
    chosen = [
        [[model.new_bool_var(f"s{s}v{v}t{t}") for t in range(len(times))] for v in range(wish.n_visits)]
        for s, (wish, times) in enumerate(zip(wishes, candidates, strict=True))
    ]
    gap_prices = [
        _keep_gaps(model, wish, times, chosen[s])
        for s, (wish, times) in enumerate(zip(wishes, candidates, strict=True))
    ]
    _keep_capacity(model, candidates, chosen, capacity)
    hint = _one_after_the_other(wishes, candidates, capacity)
    for s, visits in enumerate(chosen):
        for v, row in enumerate(visits):
            for t, variable in enumerate(row):
                model.add_hint(variable, int(v < len(hint[s]) and hint[s][v] == t))
    worst = 1 + sum(
        wish.n_visits * (max((c.price for c in times), default=0) + wish.most_gap * wish.price_per_minute_of_gap)
        for wish, times in zip(wishes, candidates, strict=True)
    )
    placed = sum(variable for visits in chosen for row in visits for variable in row)
    prices = sum(
        times[t].price * row[t]
        for visits, times in zip(chosen, candidates, strict=True)
        for row in visits
        for t in range(len(times))
    )
    model.maximize(worst * placed - prices - sum(sum(row) for row in gap_prices))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = most_seconds
    solver.parameters.random_seed = seed
    solver.parameters.num_workers = 2
    status = solver.solve(model)
    n_wished = sum(wish.n_visits for wish in wishes)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        found = tuple(tuple(row) for row in hint)
        n_placed = sum(map(len, found))
        return ManySeries(
            chosen=found, n_placed=n_placed, n_wished=n_wished, is_optimal=False, n_more_at_most=n_wished - n_placed
        )
    found = tuple(
        tuple(t for row in visits for t, variable in enumerate(row) if solver.boolean_value(variable))
        for visits in chosen
    )
    n_placed = sum(map(len, found))
    bound = int(-(-max(0.0, solver.best_objective_bound) // worst))
    return ManySeries(
        chosen=found,
        n_placed=n_placed,
        n_wished=n_wished,
        is_optimal=status == cp_model.OPTIMAL,
        n_more_at_most=0 if status == cp_model.OPTIMAL else max(0, min(n_wished, bound) - n_placed),
    )


def _keep_gaps(
    model: cp_model.CpModel,
    wish: SeriesWish,
    times: Sequence[Candidate],
    visits: list[list[cp_model.IntVar]],
) -> list[Any]:
    """One time a visit at most, in order, at allowed distances; what the distances cost."""
    prices = []
    for before, after in zip([None, *visits[:-1]], visits, strict=True):
        model.add_at_most_one(after)
        if before is None:
            continue
        model.add(sum(after) <= sum(before))
        if not times:
            continue
        is_there = sum(after)
        a = sum(time.minute * variable for time, variable in zip(times, before, strict=True))
        b = sum(time.minute * variable for time, variable in zip(times, after, strict=True))
        far = times[-1].minute + wish.most_gap + 1
        model.add(b - a >= wish.least_gap - far * (1 - is_there))
        model.add(b - a <= wish.most_gap)
        if wish.price_per_minute_of_gap:
            off = model.new_int_var(0, far, "")
            model.add(off >= b - a - wish.wanted_gap - far * (1 - is_there))
            model.add(off >= wish.wanted_gap - (b - a) - 2 * far * (1 - is_there))
            prices.append(off * wish.price_per_minute_of_gap)
    return prices


def _keep_capacity(
    model: cp_model.CpModel,
    candidates: Sequence[Sequence[Candidate]],
    chosen: list[list[list[cp_model.IntVar]]],
    capacity: Mapping[str, int],
) -> None:
    """No resource is taken more often in a tick than there are places; ticks with the same takers are said once."""
    takers: dict[Taking, list[tuple[int, int]]] = defaultdict(list)
    for s, times in enumerate(candidates):
        for t, time in enumerate(times):
            for taking in time.takes:
                takers[taking].append((s, t))
    for resource, places in sorted({(taking[0], tuple(places)) for taking, places in takers.items()}):
        most = capacity.get(resource, 1)
        variables = [visits[t] for s, t in places for visits in chosen[s]]
        if len(variables) > most:
            model.add(sum(variables) <= most)


def _one_after_the_other(
    wishes: Sequence[SeriesWish], candidates: Sequence[Sequence[Candidate]], capacity: Mapping[str, int]
) -> list[list[int]]:
    """A first answer: each series in turn takes its best of what the earlier ones have left."""
    used: dict[Taking, int] = defaultdict(int)
    found: list[list[int]] = []
    for wish, times in zip(wishes, candidates, strict=True):
        left = [t for t, time in enumerate(times) if all(used[k] < capacity.get(k[0], 1) for k in time.takes)]
        cheapest = {times[t].minute: t for t in sorted(left, key=lambda t: -times[t].price)}
        free = sorted(cheapest.values())
        best = best_series([times[t].minute for t in free], [times[t].price for t in free], wish)
        mine = [free[place] for place in best.chosen]
        for t in mine:
            for taking in times[t].takes:
                used[taking] += 1
        found.append(mine)
    return found
