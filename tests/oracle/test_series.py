"""The best series against every series there is."""

from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myotome.science.booking.series import Series, SeriesWish, best_series
from myotome.vocabulary.errors import InvalidValue

DAY = 24 * 60


def series_by_trying_all(minutes, prices, wish, first):
    """The best of all choices of n visits; of fewer when there is none; the earliest of equals."""
    for n in range(wish.n_visits, 0, -1):
        found = []
        for chosen in combinations(range(len(minutes)), n):
            gaps = [minutes[b] - minutes[a] for a, b in pairwise(chosen)]
            if all(wish.least_gap <= gap <= wish.most_gap for gap in gaps):
                price = sum(prices[place] for place in chosen) + first[chosen[0]]
                price += sum(abs(gap - wish.wanted_gap) for gap in gaps) * wish.price_per_minute_of_gap
                found.append((price, chosen))
        if found:
            return Series(chosen=min(found)[1], price=min(found)[0])
    return Series(chosen=(), price=0)


@st.composite
def wishes(draw):
    least = draw(st.integers(1, 20))
    most = draw(st.integers(least, 40))
    return SeriesWish(
        n_visits=draw(st.integers(1, 5)),
        wanted_gap=draw(st.integers(1, 40)),
        least_gap=least,
        most_gap=most,
        price_per_minute_of_gap=draw(st.integers(0, 3)),
    )


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 80), st.integers(0, 9), st.integers(0, 20)), max_size=10, unique_by=lambda t: t[0]
    ),
    wishes(),
)
def test_no_series_is_better_than_the_best(times, wish):
    minutes, prices, first = zip(*sorted(times), strict=True) if times else ((), (), ())
    assert best_series(minutes, prices, wish, first) == series_by_trying_all(minutes, prices, wish, first)


def test_eight_weekly_visits_go_round_a_closed_day():
    tuesdays = [7 * DAY * week + 15 * 60 for week in range(8) if week != 3]
    wednesday = 7 * DAY * 3 + DAY + 15 * 60
    minutes = sorted([*tuesdays, wednesday])
    wish = SeriesWish(n_visits=8, wanted_gap=7 * DAY, least_gap=5 * DAY, most_gap=14 * DAY)
    found = best_series(minutes, [0] * 8, wish)
    assert (found.chosen, found.price) == (tuple(range(8)), 2 * DAY)


def test_when_eight_do_not_fit_the_longest_comes_back():
    minutes = [7 * DAY * week for week in range(5)]
    wish = SeriesWish(n_visits=8, wanted_gap=7 * DAY, least_gap=5 * DAY, most_gap=14 * DAY)
    assert best_series(minutes, [0] * 5, wish).chosen == (0, 1, 2, 3, 4)


@pytest.mark.parametrize(
    ("minutes", "prices", "changes"),
    [([1, 2], [0, 0], {"n_visits": 0}), ([1, 2], [0, 0], {"least_gap": 9}), ([2, 1], [0, 0], {}), ([1, 2], [0], {})],
)
def test_a_wish_that_makes_no_sense_is_refused(minutes, prices, changes):
    wish = SeriesWish(**({"n_visits": 2, "wanted_gap": 3, "least_gap": 1, "most_gap": 5} | changes))
    with pytest.raises(InvalidValue):
        best_series(minutes, prices, wish)
