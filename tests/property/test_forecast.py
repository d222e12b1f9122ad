"""What must never happen to a forecast: worse facts that promise more, a better score that costs treatments."""

import numpy as np
import pytest

from myotome.science.followup.answer import forecast_answer
from myotome.science.followup.recovery import Covariates
from myotome.science.followup.simulation import simulate_course
from myotome.vocabulary.errors import InvalidValue

BASE = {
    "condition": "low_back_pain",
    "age": 45,
    "duration_weeks": 28.6,
    "segments": 2,
    "scar": False,
    "interval_days": 7,
}


def median(**changes):
    value = forecast_answer(BASE | {"visits": []} | changes)["treatments_left"]["median"]
    return 41 if value is None else value


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("duration_weeks", (1, 6, 28.6, 104, 520)),
        ("segments", (1, 2, 4, 6)),
        ("scar", (False, True)),
        ("age", (25, 45, 70)),
    ],
)
def test_longer_wider_scarred_older_never_needs_fewer(name, values):
    medians = [median(**{name: value}) for value in values]
    assert medians == sorted(medians)


@pytest.mark.parametrize("before", [(7, 6), (8, 8), (5, 4)])
def test_a_better_score_today_never_asks_for_more_treatments(before):
    visits = [{"day": 7 * k, "nrs": n} for k, n in enumerate(before)]
    medians = [median(visits=[*visits, {"day": 14, "nrs": n}]) for n in range(11)]
    assert medians == sorted(medians)


def test_no_change_after_four_visits_is_said_honestly():
    flat = forecast_answer(BASE | {"visits": [{"day": 7 * k, "nrs": 7} for k in range(4)]})
    easing = forecast_answer(BASE | {"visits": [{"day": 7 * k, "nrs": n} for k, n in enumerate((7, 6, 5, 4))]})
    assert flat["p_no_meaningful_change"] > 0.5 > easing["p_no_meaningful_change"]
    assert flat["treatments_left"]["q90"] is None


def test_two_weekly_visits_take_longer_in_weeks():
    visits = [{"day": 7 * k, "nrs": n} for k, n in enumerate((7, 6, 5))]
    weekly = forecast_answer(BASE | {"visits": visits})["weeks_left"]["median"]
    two_weekly = forecast_answer(BASE | {"visits": visits, "interval_days": 14})["weeks_left"]["median"]
    assert two_weekly > weekly


@pytest.mark.parametrize(
    ("course", "field"),
    [
        ({"visits": [{"day": 0, "nrs": 11}]}, "visits[0].nrs"),
        ({"visits": [{"day": 0, "nrs": 3.5}]}, "visits[0].nrs"),
        ({"visits": [{"day": 3, "nrs": 3}]}, "visits[0].day"),
        ({"visits": [{"day": 0, "nrs": 3}, {"day": 0, "nrs": 4}]}, "visits[1].day"),
        ({"visits": [{"day": 0, "nrs": 3}, {"day": -4, "nrs": 4}]}, "visits[1].day"),
        ({"visits": [{"nrs": 3}]}, "visits[0].day"),
        ({"visits": 7}, "visits"),
        ({"age": float("nan")}, "age"),
        ({"age": 300}, "age"),
        ({"duration_weeks": "long"}, "duration_weeks"),
        ({"scar": "yes"}, "scar"),
        ({"interval_days": 0}, "interval_days"),
    ],
)
def test_what_cannot_be_is_refused_by_name(course, field):
    with pytest.raises(InvalidValue) as refusal:
        forecast_answer(BASE | course)
    assert refusal.value.field == field


def test_an_invented_course_is_plausible_and_the_same_for_the_same_seed():
    about = Covariates(duration_weeks=30, n_segments=2, scar=False, age=50)
    courses = [simulate_course(np.random.Generator(np.random.PCG64(seed)), about) for seed in range(200)]
    again = [simulate_course(np.random.Generator(np.random.PCG64(seed)), about) for seed in range(200)]
    assert courses == again
    assert {"recovered", "plateaued"} <= {course.outcome for course in courses}
    for course in courses:
        assert list(course.days) == sorted(set(course.days))
        assert course.days[0] == 0
        assert all(0 <= score <= 10 for score in course.scores)
