"""The worst-case band against every way that those who were lost could be, tried one by one."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myotome.science.followup.afterwards import pain_free_for, share_of, without_relapse


@given(st.lists(st.sampled_from([True, False, None]), min_size=1, max_size=9))
def test_the_band_is_the_least_and_most_over_all_that_the_lost_could_be(known):
    n_lost = known.count(None)
    every = []
    for guess in product([True, False], repeat=n_lost):
        rest = iter(guess)
        every.append(100 * sum(next(rest) if row is None else row for row in known) / len(known))
    share = share_of(known)
    assert (share.lowest, share.highest) == (round(min(every)), round(max(every)))
    assert (share.n, share.n_lost) == (len(known), n_lost)
    if n_lost < len(known):
        assert share.of_known == round(100 * known.count(True) / (len(known) - n_lost))


def test_of_nobody_nothing_is_said():
    share = share_of([])
    assert (share.n, share.of_known, share.lowest, share.highest) == (0, None, None, None)
    assert share_of([None]).of_known is None


@pytest.mark.parametrize(
    ("years", "pain", "expected"),
    [
        (1, {1: 0}, True),
        (1, {1: 1}, False),
        (1, {1: None}, None),
        (2, {1: 0, 2: 0}, True),
        (2, {1: None, 2: 0}, True),
        (2, {1: 2, 2: 0}, False),
        (2, {1: 2, 2: None}, False),
        (2, {1: 0, 2: None}, None),
        (1, {1: 0, 2: 5}, True),
        (2, {}, None),
    ],
)
def test_free_of_pain_for_years_is_nothing_at_every_year_that_was_answered(years, pain, expected):
    assert pain_free_for(years, pain) is expected


@given(st.dictionaries(st.sampled_from([1, 3, 6, 12]), st.sampled_from([True, False, None])))
def test_no_relapse_is_no_at_every_month_up_to_then_and_an_answer_at_the_last(relapsed):
    for months in (3, 6, 12):
        up_to = [relapsed[m] for m in sorted(relapsed) if m <= months]
        expected = False if True in up_to else (None if relapsed.get(months) is None else True)
        assert without_relapse(months, relapsed) is expected
