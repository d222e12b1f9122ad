"""The hand that reads signs: alone it keeps the table, together its signs share an error."""

from __future__ import annotations

import numpy as np
import pytest

from myotome.science.assessment.readings import Observation, merged, rates_from_kappa, readings_of, standing
from tests.oracle.small_cords import ASSUMED, MUSCLE, REFLEX, SPECS, a_cord

SHORTENED, TENDER, GRASP = ((MUSCLE, code) for code in ("shortened", "tender", "grasp"))


def ratio(pair: tuple[float, float]) -> float:
    return pair[1] / pair[0]


@pytest.mark.parametrize("spec", SPECS, ids=lambda one: one.code)
def test_a_sign_alone_has_the_probabilities_of_its_table(spec) -> None:
    hands = a_cord(7).hands
    for grade, (present, absent) in enumerate(zip(spec.p_if_present, spec.p_if_absent, strict=True)):
        pair = hands.likelihoods([Observation(0, 0, (spec.kind, spec.code), grade)])
        assert ratio(pair) == pytest.approx(present / absent)
        assert max(pair) == 1


def test_two_signs_of_one_muscle_say_less_than_two_muscles_but_more_than_one() -> None:
    hands = a_cord(7).hands
    one, two = (Observation(0, 0, sign, 2) for sign in (SHORTENED, TENDER))
    together = ratio(hands.likelihoods([one, two]))
    product = ratio(hands.likelihoods([one])) * ratio(hands.likelihoods([two]))
    assert ratio(hands.likelihoods([two])) < together < 0.75 * product


def test_fingers_and_needle_are_two_instruments_and_two_examiners_are_two_hands() -> None:
    hands = a_cord(7).hands
    one, needle = Observation(0, 0, SHORTENED, 3), Observation(0, 0, GRASP, 3)
    alone = ratio(hands.likelihoods([one])) * ratio(hands.likelihoods([needle]))
    assert ratio(hands.likelihoods([one, needle])) == pytest.approx(alone)
    second = Observation(0, 0, SHORTENED, 3, "second")
    assert ratio(hands.likelihoods([one, second])) == pytest.approx(ratio(hands.likelihoods([one])) ** 2)


def test_however_many_signs_the_hand_can_be_wrong() -> None:
    hands = a_cord(7).hands
    many = [Observation(0, 0, sign, 3) for sign in (SHORTENED, TENDER)] * 20
    assert ratio(hands.likelihoods(many)) <= (1 - 0.03) / 0.03 + 1e-9


def test_the_split_adds_up_to_the_likelihoods() -> None:
    hands = a_cord(7).hands
    seen = [Observation(0, 0, TENDER, 2), Observation(0, 0, GRASP, 1), Observation(0, 0, SHORTENED, 0, "second")]
    a, b, c, d = hands.split(seen, "fingers", "")
    if_not, if_so = hands.likelihoods(seen)
    assert (c + d) / (a + b) == pytest.approx(if_so / if_not)


def test_of_a_sign_read_twice_the_later_one_stands() -> None:
    seen = [Observation(0, 0, TENDER, 2), Observation(1, 0, TENDER, 2), Observation(0, 0, TENDER, 0)]
    assert standing(seen) == (1, 2)
    readings = readings_of(a_cord(7).hands, seen)
    assert sorted(readings.site) == [0, 1]


def test_a_shift_of_all_signs_moves_rates_and_stays_inside() -> None:
    spec = SPECS[0].shifted(0.05)
    assert (spec.sensitivity, spec.specificity) == (pytest.approx(0.81), pytest.approx(0.81))
    assert sum(spec.p_if_present) == pytest.approx(1)
    assert spec.p_if_present[2] / spec.p_if_present[1] == pytest.approx(0.304 / 0.266)
    assert SPECS[0].shifted(5).sensitivity == 0.99
    assert SPECS[0].shifted(0) is SPECS[0]
    reflex = next(one for one in SPECS if one.kind is REFLEX)
    assert reflex.shifted(0.05) is reflex
    assert reflex.with_rates(0.9, 0.9) is reflex


def test_an_examiner_of_known_reliability_has_her_own_noise() -> None:
    sharp = merged(SPECS, {SHORTENED: (0.9, 0.95)})
    assert (sharp[0].sensitivity, sharp[0].specificity) == (0.9, 0.95)
    assert sharp[1:] == SPECS[1:]


@pytest.mark.parametrize(
    ("kappa", "rate"), [(-0.05, 0.5), (0, 0.5), (0.1, 0.658), (0.45, 0.835), (0.68, 0.912), (1, 0.99)]
)
def test_agreement_of_two_hands_gives_the_rate_of_each(kappa: float, rate: float) -> None:
    assert rates_from_kappa(kappa) == pytest.approx(rate, abs=1e-3)


def test_a_shared_error_beyond_what_a_sign_allows_is_held() -> None:
    from myotome.science.assessment.readings import Hands

    hands = Hands(SPECS, ASSUMED.but(shared_error=0.4))
    assert all((table > 0).all() for table in hands.p_read.values())
    assert all(np.allclose(table.sum(1), 1) for table in hands.p_read.values())
