"""Many series at once into one diary, by constraint programming: as many visits as fit, then as near to the wishes as can be.

Each series brings its own possible times. A time takes ticks of resources (a practitioner, a room kind with so many
rooms); two visits may not take more of one than there is. OR-tools' CP-SAT searches within a limit of time and says
either that nothing better exists or how far the best it has may be from the best there is. Each series alone, as if the
others were not there, is found exactly (`series.best_series`) and can only be better than together: that is a bound too,
which stands even where the search had no time at all. A single series needs none of this.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import floor
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

    `n_placed` of `n_wished` visits at `price` in all; `is_optimal` when nothing better exists. Else `n_more_at_most` visits
    more could fit, and no choice of as many visits costs less than `least_price`.
    """

    chosen: tuple[tuple[int, ...], ...]
    n_placed: int
    n_wished: int
    is_optimal: bool
    n_more_at_most: int
    price: int
    least_price: int

    @property
    def percent_less_at_most(self) -> int:
        """By how many in a hundred of its price, rounded up, a choice of as many visits could be cheaper; 0 to 100."""
        return -(-100 * (self.price - self.least_price) // self.price) if self.price else 0


@dataclass(frozen=True, slots=True)
class _Problem:
    """What is to be placed: each series' wish and times, how many places a resource has, and what a visit outweighs."""

    wishes: Sequence[SeriesWish]
    candidates: Sequence[Sequence[Candidate]]
    capacity: Mapping[str, int]
    worst: int

    def price(self, chosen: Sequence[Sequence[int]]) -> int:
        """What the times and the distances of this choice cost."""
        total = 0
        for wish, times, mine in zip(self.wishes, self.candidates, chosen, strict=True):
            gaps = [times[b].minute - times[a].minute for a, b in pairwise(mine)]
            total += sum(times[t].price for t in mine)
            total += sum(abs(gap - wish.wanted_gap) * wish.price_per_minute_of_gap for gap in gaps)
        return total

    def worth(self, chosen: Sequence[Sequence[int]]) -> int:
        """What is searched for the most of: visits before all, then a low price."""
        return self.worst * sum(map(len, chosen)) - self.price(chosen)


def place_many(
    wishes: Sequence[SeriesWish],
    candidates: Sequence[Sequence[Candidate]],
    capacity: Mapping[str, int],
    *,
    most_seconds: float = 4.0,
    most_work: float | None = None,
    seed: int = 1,
) -> ManySeries:
    """The series placed together; within one, visits keep `least_gap` to `most_gap` minutes from each other.

    `candidates` do not fall by minute within a series; several at one minute are several ways to have it. A resource missing from `capacity` has one place in each tick. A visit
    that does not fit is left out at the end of its series, never in its middle. `most_work` limits the search by CP-SAT's own
    count of its work, one worker after the other, so that the same question has the same answer on every machine.

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
    worst = 1 + sum(
        wish.n_visits * (max((c.price for c in times), default=0) + _dearest_gap(wish))
        for wish, times in zip(wishes, candidates, strict=True)
    )
    problem = _Problem(wishes, candidates, capacity, worst)
    hint = _one_after_the_other(wishes, candidates, capacity)
    for s, visits in enumerate(chosen):
        for v, row in enumerate(visits):
            for t, variable in enumerate(row):
                model.add_hint(variable, int(v < len(hint[s]) and hint[s][v] == t))
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
    if most_work is not None:
        solver.parameters.max_deterministic_time = most_work
        solver.parameters.num_workers = 1
    status = solver.solve(model)
    found, bound = tuple(tuple(row) for row in hint), None
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        bound = floor(solver.best_objective_bound + 1e-6)
        searched = tuple(
            tuple(t for row in visits for t, variable in enumerate(row) if solver.boolean_value(variable))
            for visits in chosen
        )
        found = max(found, searched, key=problem.worth)
    return _judged(problem, found, bound, is_proven=status == cp_model.OPTIMAL)


def _judged(problem: _Problem, found: tuple[tuple[int, ...], ...], bound: int | None, *, is_proven: bool) -> ManySeries:
    """The answer with how far it may be from the best: `bound` is what nothing is worth more than, None when not known."""
    n_placed, price = sum(map(len, found)), problem.price(found)
    n_alone, price_alone = _each_alone(problem)
    # As many as all of them alone are each series at its longest, and none of these is cheaper together than alone.
    n_most, least = n_alone, price_alone if n_placed == n_alone else 0
    if bound is not None:
        n_most = min(n_most, -(-max(0, bound) // problem.worst))
        least = max(least, problem.worst * n_placed - bound)
    is_optimal = is_proven or (n_placed >= n_most and price <= least)
    return ManySeries(
        chosen=found,
        n_placed=n_placed,
        n_wished=sum(wish.n_visits for wish in problem.wishes),
        is_optimal=is_optimal,
        n_more_at_most=0 if is_optimal else max(0, n_most - n_placed),
        price=price,
        least_price=price if is_optimal else max(0, min(price, least)),
    )


def _dearest_gap(wish: SeriesWish) -> int:
    """What the distance of two visits costs at most."""
    return max(wish.most_gap, wish.wanted_gap) * wish.price_per_minute_of_gap


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


def _each_alone(problem: _Problem) -> tuple[int, int]:
    """How many visits the series would have, and at what price, each as if the others were not there: never less, never dearer."""
    alone = [
        _best_of(wish, times, [t for t, time in enumerate(times) if _is_possible(time, problem.capacity)])
        for wish, times in zip(problem.wishes, problem.candidates, strict=True)
    ]
    return sum(map(len, alone)), problem.price(alone)


def _is_possible(time: Candidate, capacity: Mapping[str, int]) -> bool:
    return all(capacity.get(resource, 1) > 0 for resource, _tick in time.takes)


def _best_of(wish: SeriesWish, times: Sequence[Candidate], places: Sequence[int]) -> list[int]:
    """The best series of these places in the list of times; of several at one minute the cheapest counts."""
    cheapest = {times[t].minute: t for t in sorted(places, key=lambda t: -times[t].price)}
    free = sorted(cheapest.values())
    return [free[n] for n in best_series([times[t].minute for t in free], [times[t].price for t in free], wish).chosen]


def _one_after_the_other(
    wishes: Sequence[SeriesWish], candidates: Sequence[Sequence[Candidate]], capacity: Mapping[str, int]
) -> list[list[int]]:
    """A first answer that can be had: each series in turn takes its best of what the earlier ones have left.

    Where two of its own times are in each other's way it ends before the second.
    """
    used: dict[Taking, int] = defaultdict(int)
    found: list[list[int]] = []
    for wish, times in zip(wishes, candidates, strict=True):

        def is_left(time: Candidate) -> bool:
            return all(used[taking] < capacity.get(taking[0], 1) for taking in time.takes)

        mine: list[int] = []
        for t in _best_of(wish, times, [t for t, time in enumerate(times) if is_left(time)]):
            if not is_left(times[t]):
                break
            mine.append(t)
            for taking in times[t].takes:
                used[taking] += 1
        found.append(mine)
    return found
