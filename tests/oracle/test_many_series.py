"""Many series at once against every way there is, and against placing them one after the other."""

from itertools import combinations, pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myotome.science.booking.many_series import Candidate, place_many
from myotome.science.booking.series import SeriesWish

DAY = 24 * 60


def ways(wish, times):
    """All series of these times, shorter ones included, with their prices."""
    found = [((), 0)]
    for n in range(1, wish.n_visits + 1):
        for chosen in combinations(range(len(times)), n):
            gaps = [times[b].minute - times[a].minute for a, b in pairwise(chosen)]
            if all(wish.least_gap <= gap <= wish.most_gap for gap in gaps):
                price = sum(times[t].price for t in chosen) + sum(abs(gap - wish.wanted_gap) for gap in gaps)
                found.append((chosen, price))
    return found


def best_by_trying_all(wishes, candidates, capacity):
    """(visits placed, price) of the best way to place all of them together."""
    best = (0, 0)
    for choice in product(*(ways(w, c) for w, c in zip(wishes, candidates, strict=True))):
        used = {}
        for (chosen, _), times in zip(choice, candidates, strict=True):
            for t in chosen:
                for taking in times[t].takes:
                    used[taking] = used.get(taking, 0) + 1
        if all(n <= capacity.get(resource, 1) for (resource, _), n in used.items()):
            best = max(best, (sum(len(c) for c, _ in choice), -sum(p for _, p in choice)))
    return best


@st.composite
def problems(draw):
    wishes, candidates = [], []
    for _ in range(draw(st.integers(1, 3))):
        least = draw(st.integers(1, 6))
        most = draw(st.integers(least, 12))
        wishes.append(
            SeriesWish(
                n_visits=draw(st.integers(1, 3)),
                wanted_gap=draw(st.integers(1, 12)),
                least_gap=least,
                most_gap=most,
            )
        )
        minutes = sorted(draw(st.sets(st.integers(0, 20), max_size=4)))
        candidates.append(
            [
                Candidate(
                    minute=m,
                    price=draw(st.integers(0, 4)),
                    takes=((draw(st.sampled_from(["a", "b"])), m // 3), ("rooms", m // 3)),
                )
                for m in minutes
            ]
        )
    return wishes, candidates, {"rooms": draw(st.integers(1, 2))}


@settings(max_examples=30, deadline=None)
@given(problems())
def test_no_way_to_place_them_together_is_better(problem):
    wishes, candidates, capacity = problem
    found = place_many(wishes, candidates, capacity, most_seconds=20)
    assert found.is_optimal
    price = 0
    for wish, times, chosen in zip(wishes, candidates, found.chosen, strict=True):
        gaps = [times[b].minute - times[a].minute for a, b in pairwise(chosen)]
        assert all(wish.least_gap <= gap <= wish.most_gap for gap in gaps)
        price += sum(times[t].price for t in chosen) + sum(abs(gap - wish.wanted_gap) for gap in gaps)
    assert (found.n_placed, -price) == best_by_trying_all(wishes, candidates, capacity)


@settings(max_examples=30, deadline=None)
@given(problems(), st.sampled_from([0.0, 1e-6, 1e-5, 1e-4, 1e-3]))
def test_a_search_that_was_stopped_never_claims_more_than_trying_all_ways_shows(problem, work):
    wishes, candidates, capacity = problem
    found = place_many(wishes, candidates, capacity, most_seconds=20, most_work=work)
    n_best, price_best = best_by_trying_all(wishes, candidates, capacity)
    assert found.n_placed <= n_best <= found.n_placed + found.n_more_at_most
    if found.n_placed == n_best:
        assert found.least_price <= -price_best <= found.price
    if found.is_optimal:
        assert (found.n_placed, found.price, found.least_price) == (n_best, -price_best, -price_best)


@pytest.mark.parametrize("work", [0.0, 1e-6])
def test_an_unproven_answer_carries_a_bound_between_nothing_and_the_best(work):
    """Four want one of four hours of one practitioner; the later they stand in the list, the more a later hour costs them."""
    one_visit = SeriesWish(n_visits=1, wanted_gap=1, least_gap=1, most_gap=2)
    wishes = [one_visit] * 4
    candidates = [
        [Candidate(minute=hour, price=5 + hour * (who + 1), takes=(("her", hour),)) for hour in range(4)]
        for who in range(4)
    ]
    found = place_many(wishes, candidates, {}, most_seconds=20, most_work=work)
    assert not found.is_optimal
    assert (found.n_placed, found.n_more_at_most) == (4, 0)
    assert best_by_trying_all(wishes, candidates, {}) == (4, -30)
    assert 0 < found.least_price <= 30 < found.price == 40
    assert found.percent_less_at_most == -(-100 * (40 - found.least_price) // 40) >= 25
    proven = place_many(wishes, candidates, {}, most_seconds=20)
    assert (proven.is_optimal, proven.price, proven.least_price, proven.percent_less_at_most) == (True, 30, 30, 0)


def test_a_distance_that_cannot_be_as_wished_never_costs_a_visit():
    """Before, a wished distance far beyond the most allowed one outweighed the second visit itself."""
    wishes = [SeriesWish(n_visits=2, wanted_gap=1000, least_gap=1, most_gap=2)]
    candidates = [[Candidate(minute=m, price=0, takes=(("her", m),)) for m in (0, 1)]]
    found = place_many(wishes, candidates, {}, most_seconds=20)
    assert (found.n_placed, found.price, found.is_optimal) == (2, 999, True)


def test_forty_series_of_eight_are_placed_in_time_and_say_how_good_they_are():
    wishes, candidates = [], []
    for number in range(40):
        wishes.append(SeriesWish(n_visits=8, wanted_gap=7 * DAY, least_gap=5 * DAY, most_gap=14 * DAY))
        wished = 9 * 60 + 30 * (number * 7 % 16)
        candidates.append(
            [
                Candidate(
                    minute=day * DAY + clock,
                    price=abs(clock - wished),
                    takes=((f"p{number % 5}", day * 100 + clock // 30),),
                )
                for day in range(number % 5, 63, 7)
                for clock in range(9 * 60, 17 * 60, 60)
            ]
        )
    found = place_many(wishes, candidates, {}, most_seconds=4)
    taken = [
        taking
        for times, chosen in zip(candidates, found.chosen, strict=True)
        for t in chosen
        for taking in times[t].takes
    ]
    assert len(taken) == len(set(taken)) == found.n_placed
    assert found.n_placed == 320
    assert found.is_optimal or found.n_more_at_most == 0
