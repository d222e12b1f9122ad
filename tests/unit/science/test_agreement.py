"""Two examiners: kappa and intraclass correlation against worked examples, and what they make of the hands."""

from __future__ import annotations

import pytest

from myotome.science.assessment import tables
from myotome.science.assessment.agreement import agreement, icc_of_counts, pooled
from myotome.science.assessment.answer import consider_roots

FINDINGS = [
    {"muscle": "tibialis_anterior", "side": "left", "sign": "shortened", "grade": 2},
    {"muscle": "gluteus_medius", "side": "left", "sign": "shortened", "grade": 2},
    {"muscle": "soleus", "side": "left", "sign": "shortened", "grade": 0},
]


def test_kappa_of_a_worked_table():
    first = {**dict.fromkeys(range(25), 2), **dict.fromkeys(range(25, 50), 0)}
    second = {**dict.fromkeys(range(20), 1), **dict.fromkeys(range(20, 35), 0), **dict.fromkeys(range(35, 45), 0)}
    second |= dict.fromkeys(range(45, 50), 1)
    found = agreement(first, second)
    assert (found.n, found.observed) == (50, 0.8)
    assert found.kappa == pytest.approx((0.8 - 0.5) / 0.5)


def test_only_places_that_both_have_tested_count():
    assert agreement({"a": 1, "b": 0, "c": 2}, {"a": 1, "b": 2, "d": 0}).n == 2


def test_nothing_shared_and_no_variation_have_no_kappa():
    assert agreement({"a": 1}, {"b": 1}) == pooled([])
    assert agreement({"a": 1, "b": 1}, {"a": 2, "b": 3}).kappa is None


def test_the_intraclass_correlation_of_a_published_table():
    # Six patients, two judges, as in Shrout and Fleiss 1979; ICC(2,1) from the sums of squares, added one by one.
    counts = [(9, 2), (6, 1), (8, 4), (7, 1), (10, 5), (6, 2)]
    mean = sum(a + b for a, b in counts) / 12
    judges = [sum(row[j] for row in counts) / 6 for j in (0, 1)]
    between = sum(2 * ((a + b) / 2 - mean) ** 2 for a, b in counts) / 5
    by_judge = sum(6 * (judge - mean) ** 2 for judge in judges)
    rest = sum((row[j] - sum(row) / 2 - judges[j] + mean) ** 2 for row in counts for j in (0, 1)) / 5
    expected = (between - rest) / (between + rest + 2 * (by_judge - rest) / 6)
    assert icc_of_counts(counts) == pytest.approx(expected, abs=1e-12)
    assert 0 < expected < 0.3
    assert icc_of_counts([(1, 1), (5, 5), (9, 9)]) == pytest.approx(1.0)


@pytest.mark.parametrize("counts", [[], [(3, 4)], [(2, 2), (2, 2)]])
def test_a_correlation_that_cannot_be_is_not_given(counts):
    assert icc_of_counts(counts) is None


def test_an_examiner_who_agrees_less_is_believed_less():
    sharp, blunt = (consider_roots({"findings": FINDINGS, "region": "back_leg"}, kappa=kappa) for kappa in (0.9, 0.1))
    p = [
        next(row["p"] for row in one["roots"] if (row["root"], row["side"]) == ("L5", "left")) for one in (sharp, blunt)
    ]
    assert p[0] > p[1] + 0.1
    assert (sharp["examiner_kappa"], blunt["examiner_kappa"]) == (0.9, 0.1)


def test_without_a_second_examiner_the_hands_are_those_of_the_tables():
    assert tables.hands_of(None) is tables.hands(None)
    assert "examiner_kappa" not in consider_roots({"findings": FINDINGS, "region": "back_leg"})
