"""The examination held to its figures: full counts in `make soak`, a few patients otherwise."""

from __future__ import annotations

import os

import pytest

from myotome.vocabulary.anatomy import ExamRegion
from validation.examination.reports import calibration, information_reached

IS_SOAK = bool(os.environ.get("MYOTOME_SOAK"))
N_GUIDED, N_CALIBRATED = (10_000, 50_000) if IS_SOAK else (256, 2_000)
SLACK = 0.005 if IS_SOAK else 0.06
"""Two standard errors of a share, and more where a few hundred patients leave one of some .015."""


@pytest.mark.parametrize("region", list(ExamRegion))
def test_where_nobody_is_tender_everywhere_the_goals_of_the_examination_hold(region: ExamRegion) -> None:
    row = information_reached(region, N_GUIDED, seed=11, with_diffuse=False)
    forty, sixty = row["at"]["40 %"], row["at"]["60 %"]
    assert row["guided"][forty] >= 0.78 - SLACK
    assert row["guided"][sixty] >= 0.93 - SLACK
    assert row["guided"][forty] >= row["fixed"][forty] + 0.07 - SLACK
    assert row["stop_share_of_tests"] <= 0.60 + SLACK
    assert row["stop_information"] >= 0.95 - SLACK


@pytest.mark.parametrize("region", list(ExamRegion))
def test_a_guided_examination_learns_most_of_it_early(region: ExamRegion) -> None:
    row = information_reached(region, N_GUIDED, seed=11)
    forty, sixty = row["at"]["40 %"], row["at"]["60 %"]
    assert row["guided"][forty] >= 0.77 - SLACK
    assert row["guided"][sixty] >= 0.90 - SLACK
    # Patients who are tender everywhere teach slowly; in all others nine tenths and more are known by then.
    assert row["guided_not_diffuse"][sixty] >= 0.93 - SLACK
    assert row["guided"][forty] >= row["fixed"][forty] + 0.07 - SLACK
    assert row["stop_share_of_tests"] <= 0.60 + SLACK
    assert row["stop_information"] >= 0.95 - SLACK


@pytest.mark.parametrize("region", list(ExamRegion))
def test_probabilities_are_true_in_the_world_that_the_engine_believes_in(region: ExamRegion) -> None:
    worlds = calibration(region, N_CALIBRATED, seed=12)["worlds"]
    assert worlds["matched"]["max_gap"] <= 0.03 + SLACK
    assert worlds["matched"]["brier"] <= 0.6 * worlds["myotome table, Platt-fitted"]["brier"]
    assert worlds["variants ignored"]["brier"] > worlds["matched"]["brier"]
