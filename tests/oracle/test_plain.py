"""A baseline that speaks: against a plain loop over its members, and for what it must never say."""

from __future__ import annotations

import math

import numpy as np
import pytest

from myotome.knowledge.recovery import prior
from myotome.science.followup.answer import forecast_answer
from myotome.science.followup.draws import Basis, stored_draws
from myotome.science.followup.particles import ScoredVisit
from myotome.science.followup.plain import Learned, Plain, plain_answer, plain_covariates
from myotome.science.followup.recovery import Covariates
from tests.fits import PLAIN

COURSE = {"duration_weeks": 40, "segments": 2, "scar": False, "age": 50, "visits": []}


def a_baseline(name: str = "proportional") -> Plain:
    learned = {
        start: Learned(row["days"], *(tuple(row["baselines"][name][key]) for key in ("numbers", "off", "off_next")))
        for start, row in PLAIN.items()
    }
    return Plain(name, "F-abcdefg", 90, "ab" * 32, learned)


def said(*scores: int | None, name: str = "proportional") -> dict:
    visits = [{"day": 7 * k, "nrs": score} for k, score in enumerate(scores)]
    return forecast_answer(COURSE | {"visits": visits}, Basis(*stored_draws("a"), plain=a_baseline(name)))


def test_ranges_are_those_of_a_plain_loop_over_the_members():
    baseline, visits = a_baseline(), [ScoredVisit(0.0, 8), ScoredVisit(7.0, 6)]
    answer = plain_answer(baseline, prior("a"), Covariates(), visits, interval_days=7.0)
    left = []
    for off in baseline.learned["first"].off:
        end = min(max(0.5 * 6 + off, 0.0), 10.0)
        for k in range(42):
            share = 7 * (k + 1) / 42.0
            pain = (6 + 0.5) ** (1 - share) * (end + 0.5) ** share - 0.5
            if pain <= max(1.5, 0.25 * 8):
                break
        left.append(min(k, 41))
    ordered = sorted(left)
    wanted = {
        name: ordered[math.ceil(100 * level) - 1] for name, level in (("q10", 0.1), ("median", 0.5), ("q90", 0.9))
    }
    for name, n in wanted.items():
        assert answer["treatments_left"][name] == (n if n <= 40 else None), name
    for n in ("4", "8", "12"):
        assert answer["p_recovered_within"][n] == pytest.approx(np.mean([k <= int(n) for k in left]), abs=1e-4)


def test_the_line_between_roots_spreads_by_roots():
    baseline = a_baseline("sqrt_linear")
    answer = plain_answer(baseline, prior("a"), Covariates(), [ScoredVisit(0.0, 6)], interval_days=42.0)
    numbers, off = baseline.learned["first"].numbers, np.array(baseline.learned["first"].off_next)
    root = numbers[0] + numbers[1] * np.sqrt(6)
    came = np.clip(np.rint(np.clip(root + off, 0, None) ** 2), 0, 10)
    assert answer["next_score"]["p"] == pytest.approx([float((came == k).mean()) for k in range(11)], abs=1e-4)


def test_it_starts_from_the_last_score_and_after_three_from_what_was_learned_of_third_scores():
    assert said(8, None)["now"]["median"] == 8
    early, late = said(8, 6), said(8, 7, 6)
    assert early["now"]["median"] == late["now"]["median"] == 6
    assert early["curve"][0]["median"] > late["curve"][0]["median"]


def test_without_a_score_the_model_speaks_under_the_name_that_is_kept():
    answer = said(None, None)
    assert answer["basis"]["kind"] == "prior"
    assert answer["basis"]["version"] == "plain-3/F-abcdefg"
    assert said(7)["basis"]["kind"] == "baseline"


@pytest.mark.parametrize("name", ["no_change", "mean_change", "proportional", "sqrt_linear"])
@pytest.mark.parametrize("scores", [(0,), (10,), (0, 0, 0, 0), (10, 10, 10), (7, None, 0)])
def test_it_is_a_whole_forecast_without_a_gap_at_the_ends_of_the_scale(name, scores):
    answer = said(*scores, name=name)
    assert set(answer) >= set(forecast_answer(COURSE | {"visits": [{"day": 0, "nrs": 7}]}))
    for point in answer["curve"]:
        assert 0 <= point["q10"] <= point["median"] <= point["q90"] <= 10
    assert sum(answer["next_score"]["p"]) == pytest.approx(1, abs=1e-3)
    within = [answer["p_recovered_within"][n] for n in ("4", "8", "12")]
    assert within == sorted(within)
    assert 0 <= answer["p_no_meaningful_change"] <= 1


def test_a_better_score_never_raises_what_is_left():
    left = [said(8, score)["treatments_left"]["median"] for score in range(9)]
    known = [41 if n is None else n for n in left]
    assert known == sorted(known)


def test_what_is_not_known_of_a_person_stands_at_the_middle():
    assert plain_covariates(Covariates()) == (0.0, 0.0, 0.0, 0.0, 0.0)
    one = plain_covariates(Covariates(duration_weeks=52, n_segments=4, scar=True, age=55, expected="days"))
    assert one == pytest.approx((math.log(2), math.log(2), 1.0, 1.0, -2.0))
