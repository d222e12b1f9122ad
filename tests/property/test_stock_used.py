"""What a visit took from each lot: the shares always sum to the needles opened."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from myotome.science.needling.stock import used_by_lot

insertions = st.dictionaries(st.sampled_from("ABCDE"), st.integers(0, 40), max_size=5)


@given(n_opened=st.integers(0, 120), charted=insertions)
def test_the_shares_sum_to_the_needles_opened_and_only_lots_that_went_in_gave(n_opened, charted):
    shares = used_by_lot(n_opened, charted)
    assert sum(shares.values()) == (n_opened if any(charted.values()) else 0)
    assert min(shares.values(), default=0) >= 0
    assert set(shares) == {key for key, n in charted.items() if n}


@given(charted=insertions)
def test_when_as_many_were_opened_as_went_in_each_lot_gave_its_insertions(charted):
    went_in = {key: n for key, n in charted.items() if n}
    assert used_by_lot(sum(charted.values()), charted) == went_in


@given(n_opened=st.integers(0, 120), charted=insertions)
def test_each_lot_gave_one_while_there_are_enough(n_opened, charted):
    shares = used_by_lot(n_opened, charted)
    if n_opened >= len(shares):
        assert all(shares.values())
