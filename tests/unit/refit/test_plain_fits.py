"""What baselines learn from a clinic's courses, against a plain loop over them."""

from __future__ import annotations

import numpy as np
import pytest

from myotome.refit.scores import plain_fits, targets
from myotome.science.followup.plain import LEVELS

N = 40


@pytest.fixture(scope="module")
def rows() -> list[dict]:
    """Courses of eight visits, a week or two apart, in which pain falls by a tenth each week, told with noise; some
    second answers are missing."""
    rng = np.random.default_rng(4)
    found = []
    for k in range(N):
        days = np.concatenate([[0], np.cumsum(rng.choice([7, 14], size=7, p=[0.8, 0.2]))])
        pain = rng.uniform(5, 9) * 0.9 ** (days / 7) + rng.normal(0, 0.8, len(days))
        visits = [{"day": int(day), "nrs": int(np.clip(round(p), 0, 10))} for day, p in zip(days, pain, strict=True)]
        if k % 5 == 0:
            visits[1]["nrs"] = None
        found.append({"age": 50, "duration_weeks": 30, "segments": 2, "scar": False, "visits": visits})
    return found


def test_what_a_baseline_is_off_by_at_the_next_score_is_that_of_a_loop_over_the_courses(rows):
    first = plain_fits(rows)["first"]
    share = first["baselines"]["proportional"]["numbers"][0]
    off = []
    for target in targets(rows, 1):
        start = target.visits[0]
        then = next(visit for visit in target.visits[1:] if visit.nrs is not None)
        gone = (then.day - start.day) / first["days"]
        off.append(then.nrs - ((start.nrs + 0.5) ** (1 - gone) * (share * start.nrs + 0.5) ** gone - 0.5))
    assert first["n"] == len(off)
    assert first["baselines"]["proportional"]["off_next"] == pytest.approx(np.quantile(off, LEVELS), abs=1e-3)


def test_a_baseline_is_surer_of_the_next_score_than_of_one_six_weeks_ahead(rows):
    for start in plain_fits(rows).values():
        for name in ("no_change", "mean_change"):
            learned = start["baselines"][name]
            assert np.abs(learned["off_next"]).mean() < np.abs(learned["off"]).mean(), name
