"""Courses as a refit reads them: what is read, what is left out, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from myotome.refit.courses import (
    MISSING,
    MOST_OCCASIONS,
    courses_from,
    data_hash,
    practitioners_in,
    readable,
    sample_of,
)
from myotome.refit.run import of_practitioners, refit
from myotome.refit.scores import kept_out
from myotome.vocabulary.errors import InvalidValue, MyotomeError

COURSE = {
    "condition": "low_back_pain",
    "age": 45,
    "duration_weeks": 26,
    "segments": 2,
    "scar": False,
    "practitioner": "a",
    "visits": [{"day": 0, "nrs": 7}, {"day": 2, "nrs": 5, "treated": False}, {"day": 7, "nrs": None}],
}


def test_a_missing_score_is_missing_and_a_score_without_treatment_treats_nobody():
    courses = courses_from([COURSE, COURSE | {"visits": [{"day": 0, "nrs": 0}]}])
    assert courses.scores.tolist() == [[7, 5, MISSING], [0, MISSING, MISSING]]
    assert courses.treated.tolist() == [[1, 0, 1], [1, 0, 0]]
    assert courses.n_occasions.tolist() == [3, 1]
    assert courses.n_scores == 3


def test_a_course_without_any_score_is_left_out_and_none_at_all_is_refused():
    silent = COURSE | {"visits": [{"day": 0, "nrs": None}]}
    assert len(courses_from([COURSE, silent])) == 1
    for rows in ([], [silent], [COURSE | {"visits": []}]):
        with pytest.raises(InvalidValue, match="no course with a score"):
            courses_from(rows)


def test_scores_after_the_last_occasion_that_is_read_do_not_count():
    long = COURSE | {"visits": [{"day": 7 * k, "nrs": 5} for k in range(40)]}
    assert courses_from([long]).days.shape == (1, MOST_OCCASIONS)
    late = COURSE | {"visits": [{"day": 7 * k, "nrs": None if k < 30 else 5} for k in range(40)]}
    with pytest.raises(InvalidValue, match="no course with a score"):
        courses_from([late])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "Maria"}, "none of its words"),
        ({"age": 300}, "0 to 120"),
        ({"visits": [{"day": 0, "nrs": 11}]}, "0 to 10"),
        ({"visits": [{"day": 3, "nrs": 5}]}, "day 0"),
        ({"visits": [{"day": 0, "nrs": 5}, {"day": 0, "nrs": 5}]}, "not after"),
        ({"visits": [{"day": 0, "nrs": 5}, {"day": 2, "nrs": 5, "treatd": False}]}, "'treatd' is none of"),
        (
            {"visits": [{"day": 0, "nrs": 5}, {"day": 2, "nrs": 5, "treated": "no"}]},
            "treated is true or false, not 'no'",
        ),
        ({"visits": [{"day": 0, "nrs": 5}, {"day": 2, "nrs": 5, "treated": 0}]}, "treated is true or false, not 0"),
        ({"left": "no"}, "left is true or false, not 'no'"),
        ({"clinic": 7}, "clinic is a word, not 7"),
    ],
)
def test_a_course_that_cannot_be_is_refused_in_words(change, words):
    with pytest.raises(InvalidValue, match=words) as caught:
        courses_from([COURSE, COURSE | change])
    assert caught.value.field.startswith("courses[1].")


def test_a_course_with_scores_between_visits_is_read_and_a_wrong_one_is_left_out_and_counted():
    wrong = COURSE | {"visits": [{"day": 0, "nrs": 7, "treated": "no"}]}
    assert readable([COURSE, wrong]) == ([COURSE], 1)


def test_what_is_null_says_nothing():
    silent = COURSE | {"left": None, "clinic": None, "visits": [{"day": 0, "nrs": 7, "treated": None}]}
    (row,) = courses_from([silent]).treated.tolist()
    assert row == [1]


def test_the_hash_is_of_the_content_whatever_its_order():
    other = COURSE | {"age": 46}
    assert data_hash([COURSE, other]) == data_hash([dict(reversed(other.items())), COURSE])
    assert data_hash([COURSE]) != data_hash([COURSE, COURSE]) != data_hash([other, other])


def test_a_sample_is_of_every_practitioner_in_proportion_and_the_same_each_time():
    rows = [COURSE | {"practitioner": "ab"[k % 4 == 0], "age": 20 + k % 60} for k in range(800)]
    courses = courses_from(rows)
    sample = sample_of(courses, 200, seed=3)
    assert len(sample) == 200
    assert np.bincount(sample.practitioner).tolist() == pytest.approx([150, 50], abs=2)
    np.testing.assert_array_equal(sample.covariates, sample_of(courses, 200, seed=3).covariates)
    assert sample_of(courses, 1000, seed=3) is courses


def test_each_practitioner_has_her_own_draws_under_her_word_and_those_of_several_clinics_nobody():
    rows = [COURSE | {"practitioner": "ab"[k % 4 == 0]} for k in range(20)] + [COURSE | {"practitioner": None}]
    courses = courses_from(rows)
    names = practitioners_in(rows)
    assert names == ("", "a", "b")
    assert [names[k] for k in courses.practitioner] == [row["practitioner"] or "" for row in rows]
    effects = np.arange(18.0).reshape(2, 3, 3)
    any_one = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 5.0])
    own = of_practitioners(effects, any_one, courses, names)
    assert list(own) == ["a", "b"]
    np.testing.assert_array_equal(own["b"], effects.reshape(6, 3)[:, 2] - any_one)
    two = courses_from([row | {"clinic": str(k)} for k, row in enumerate(rows)])
    assert of_practitioners(effects, any_one, two, names) == {}


def test_one_course_in_five_is_kept_out_the_same_ones_every_time():
    rows = [COURSE | {"age": 20 + k % 60, "duration_weeks": k} for k in range(1000)]
    fitted, held = kept_out(rows)
    assert len(held) == pytest.approx(200, abs=45)
    assert kept_out(list(reversed(rows)))[1] == list(reversed(held))
    assert len(fitted) + len(held) == 1000


def test_a_refit_without_its_extra_or_with_few_courses_says_so():
    with pytest.raises(MyotomeError) as refused:
        refit([COURSE] * 3)
    assert "myotome[refit]" in refused.value.message or "too few" in refused.value.message
