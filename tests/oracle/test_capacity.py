"""Visits a week against sums written out, and in directions that must hold."""

from __future__ import annotations

import numpy as np
import pytest

from myotome.science.followup.capacity import N_WEEKS, capacity, weekly
from myotome.science.followup.draws import prior_basis
from myotome.science.followup.policies import Policy
from myotome.science.followup.recovery import Covariates
from myotome.vocabulary.errors import InvalidValue

MIX = [Covariates(duration_weeks=20.0, n_segments=2, scar=False, age=45.0), Covariates(duration_weeks=200.0)]
POLICIES = [Policy(name="weekly"), Policy(name="two_weekly", interval_days=14.0), Policy(name="review", review_at=4)]


def answer(new_a_week: float = 6.0, **more) -> dict:
    return capacity(MIX, new_a_week, POLICIES, prior_basis(), n_worlds=6, **more)


def test_each_week_holds_the_visits_of_all_who_began_before():
    """Everybody has the same number of treatments, so that a week is a sum of the numbers who began."""
    days = Policy(name="w", most_treatments=5).days()
    found = weekly(np.full(9, 3.0), days, 4.0, np.random.default_rng(3))
    longest = int(days[-1] // 7) + 1
    began = np.random.default_rng(3).poisson(4.0, longest + N_WEEKS)
    wanted = [began[week] + began[week - 1] + began[week - 2] for week in range(longest, longest + N_WEEKS)]
    assert found.tolist() == wanted


def test_on_average_a_clinic_needs_new_patients_times_treatments():
    treated = np.random.default_rng(1).integers(0, 13, 400).astype(float)
    found = np.concatenate(
        [weekly(treated, Policy(name="w").days(), 5.0, np.random.default_rng(seed)) for seed in range(30)]
    )
    assert found.mean() == pytest.approx(5.0 * treated.mean(), rel=0.03)


def test_the_same_question_has_the_same_answer_and_shows_its_progress():
    seen: list[float] = []
    first = answer(progress=seen.append)
    assert first == answer()
    assert seen[-1] == 1.0
    assert seen == sorted(seen)
    assert len(seen) == 6


def test_more_patients_need_more_visits_and_stopping_early_fewer():
    few, many = answer(4.0)["policies"], answer(12.0)["policies"]
    for less, more in zip(few, many, strict=True):
        assert less["visits_a_week"]["q90"] < more["visits_a_week"]["q10"]
    weekly_visits, _two_weekly, review = (row["visits_a_week"]["median"] for row in many)
    assert review < weekly_visits
    for row in many:
        needs = row["visits_a_week"]
        assert needs["q10"] <= needs["median"] <= needs["q90"]
        assert len(row["year"]) == 52


@pytest.mark.parametrize("new", [0.0, -1.0, 201.0, float("nan"), float("inf")])
def test_a_number_of_new_patients_that_no_clinic_has_is_refused(new):
    with pytest.raises(InvalidValue) as refused:
        answer(new)
    assert refused.value.field == "new_a_week"
