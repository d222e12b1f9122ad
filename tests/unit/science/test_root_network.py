"""The wiring: the window follows from the table, and a row that does not fit is refused by name."""

from __future__ import annotations

import numpy as np
import pytest

from myotome.science.assessment.network import Site, UnfitTable, network_of
from myotome.vocabulary.anatomy import ROOTS
from tests.oracle.small_cords import ASSUMED, MUSCLE, a_cord


def muscle(name: str, *roots: str, limb: str = "", level: str | None = None) -> Site:
    return Site(name, MUSCLE, dict.fromkeys(roots, 1.0), level, limb)


def test_the_window_is_as_wide_as_the_widest_site_and_limbs_need_a_root_at_each_end() -> None:
    assert network_of([muscle("a", "C1")], ASSUMED).width == 3
    assert network_of([muscle("a", "C3", "C4", "C5", "C6")], ASSUMED).width == 4
    assert network_of([muscle("a", "C5", "C6", "C7", limb="arm")], ASSUMED).width == 5
    assert network_of([muscle("a", "C5", "C6", "C7", "C8", limb="arm")], ASSUMED).width == 6


@pytest.mark.parametrize(
    ("site", "words"),
    [
        (muscle("a", "C4", "C5", "C6", "C7", "C8", "T1"), "a: 6 roots"),
        (muscle("a", "C4", "C6"), "not neighbours"),
        (muscle("a", "C5", "C4"), "not neighbours"),
        (muscle("a", "X1", level="T4"), "a T4: X1"),
    ],
)
def test_a_row_that_does_not_fit_is_refused_by_name(site: Site, words: str) -> None:
    with pytest.raises(UnfitTable, match=words):
        network_of([site], ASSUMED)


def test_a_window_beyond_256_states_is_refused() -> None:
    with pytest.raises(UnfitTable, match="window of 9"):
        network_of([muscle("a", "C1")], ASSUMED, width=9)


def test_arm_and_leg_do_not_overlap() -> None:
    with pytest.raises(UnfitTable, match="arm"):
        network_of([muscle("a", "L4", limb="arm"), muscle("b", "L3", limb="leg")], ASSUMED)


def test_every_site_lies_in_its_window_with_its_neighbours_where_they_fit() -> None:
    network = a_cord(12, seed=3).network
    for k, site in enumerate(network.sites):
        places = [network.roots.index(root) for root in site.roots]
        if places:
            assert network.start[k] <= places[0]
            assert places[-1] < network.start[k] + network.width


def test_a_muscle_is_less_often_normal_the_more_its_roots_are_involved() -> None:
    network = network_of([muscle("a", "C4", "C5", limb="arm")], ASSUMED)
    none, all_ = network.q[0, 0], network.q[0, -1]
    np.testing.assert_allclose(none, [[0.9] * 3, [0.5] * 3])
    assert (all_ < none).all()
    usual, prefixed, postfixed = network.q[0].transpose(2, 0, 1)
    assert not np.array_equal(usual, prefixed)
    assert not np.array_equal(usual, postfixed)


def test_other_assumptions_give_another_network_with_the_same_wiring() -> None:
    network = a_cord(8).network
    assert network.under(ASSUMED) is network
    other = network.under(ASSUMED.but(leak=0.2))
    assert other.q.shape == network.q.shape
    assert other.q[0, 0, 0, 0] == pytest.approx(0.8)


def test_probabilities_of_variants_classes_and_sides_sum_to_one() -> None:
    for one in (ASSUMED.p_variant, ASSUMED.p_diffuse, ASSUMED.p_sides):
        assert one.sum() == pytest.approx(1)
    assert len(ROOTS) == 30
