"""A forecast that was shown stays as it was shown, with what it rested on."""

import pytest

from myotome.clinic.followup.actions import discharge, refresh_forecast
from myotome.clinic.followup.models import ForecastShown
from myotome.clinic.followup.queries import forecast_input, story_of, who_treats
from myotome.clinic.followup.scores import note_score
from myotome.clinic.followup.track import agreed, ended_courses, met
from myotome.clinic.pathway.actions import visit_closed
from myotome.science.followup.verification import crps_of_whole
from myotome.vocabulary.courses import CourseOutcome
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.measures import Occasion
from tests.clinic.followup.courses import a_course_in_care, answered, with_visits
from tests.factories import AT, an_open_visit, boxed

pytestmark = pytest.mark.django_db


def test_the_forecast_keeps_its_evidence_and_the_versions_of_model_and_definition():
    course, actor = a_course_in_care()
    with_visits(course, [7, 6, 4])
    shown = refresh_forecast(by=actor, at=AT, course_id=course.pk)
    assert shown.evidence["visits"] == [{"day": 0, "nrs": 7}, {"day": 7, "nrs": 6}, {"day": 14, "nrs": 4}]
    assert shown.after_visit == 3
    assert shown.model_version == shown.answer["basis"]["version"]
    assert shown.definition_version == "latent-1"


def test_nothing_new_makes_no_new_forecast_and_something_new_leaves_the_old_one():
    course, actor = a_course_in_care()
    with_visits(course, [7, 6, 4])
    first = refresh_forecast(by=actor, at=AT, course_id=course.pk)
    assert refresh_forecast(by=actor, at=AT, course_id=course.pk) == first
    kept = first.answer
    note_score(by=actor, at=AT, course_id=course.pk, measure_code="pain_nrs_average_7d", value=2, on=AT.date())
    second = refresh_forecast(by=actor, at=AT, course_id=course.pk)
    assert second != first
    assert ForecastShown.objects.get(pk=first.pk).answer == kept
    assert second.answer["curve"][0]["median"] < kept["curve"][0]["median"]


def test_a_complaint_older_than_the_patient_is_of_unknown_age_and_keeps_no_visit_from_closing():
    visit, elena = an_open_visit()
    visit.course.duration_weeks = 5000
    visit.course.save()
    assert visit_closed(by=elena, at=AT, visit_id=visit.pk, version=1, **boxed(1)).closed_at == AT
    assert ForecastShown.objects.get().evidence["duration_weeks"] is None


@pytest.mark.parametrize(("said", "heard"), [("weeks", "weeks"), ("always", "always"), ("no_idea", None), ("", None)])
def test_a_forecast_hears_how_long_she_thinks_it_will_last_and_who_treats_her(said, heard):
    course, _ = a_course_in_care()
    course.expected_duration = said
    course.save()
    before = forecast_input(story_of(course), on=AT.date())
    assert (before["expected"], before["practitioner"]) == (heard, "")
    with_visits(course, [7, 6, 4])
    who = {visit.practitioner_id for visit in course.visits.all()}
    assert {forecast_input(story_of(course), on=AT.date())["practitioner"]} == {str(pk) for pk in who}


@pytest.mark.parametrize(
    ("treated", "who"),
    [([], ""), ([4], "4"), ([4, 5, 5], "5"), ([4, 5], "5"), ([5, 4, 5, 4], "4"), ([5, 4, 4, 5, 5], "5")],
)
def test_who_treats_in_a_course_is_who_did_most_often_and_of_equals_the_last(treated, who):
    assert who_treats(treated) == who


def test_a_visit_without_an_answer_is_a_treatment_without_a_score():
    course, _ = a_course_in_care()
    with_visits(course, [7, None, 4])
    assert [row["nrs"] for row in forecast_input(story_of(course), on=AT.date())["visits"]] == [7, None, 4]


def test_what_she_said_when_she_booked_is_the_score_of_the_first_visit():
    course, _ = a_course_in_care()
    answered(course, 8, days_ago=7 + 20, occasion=Occasion.INTAKE)
    with_visits(course, [None, None])
    assert [row["nrs"] for row in forecast_input(story_of(course), on=AT.date())["visits"]] == [8, None]


def test_a_score_of_two_days_after_is_not_taken_for_the_one_before_the_next_visit():
    course, _ = a_course_in_care()
    with_visits(course, [7, None])
    answered(course, 1, days_ago=5, occasion=Occasion.TWO_DAYS_AFTER)
    assert [row["nrs"] for row in forecast_input(story_of(course), on=AT.date())["visits"]] == [7, None]


@pytest.mark.parametrize(("measure", "value"), [("pain_nrs_average_7d", 11), ("psfs", -1), ("sleep", 3)])
def test_a_score_asked_aloud_keeps_to_its_range(measure, value):
    course, actor = a_course_in_care()
    with pytest.raises(InvalidValue):
        note_score(by=actor, at=AT, course_id=course.pk, measure_code=measure, value=value, on=AT.date())


def test_the_record_of_being_right_counts_the_next_answer_once_and_no_missing_one():
    visits = [{"day": 7 * k, "nrs": nrs} for k, nrs in enumerate([7, 6, None, 2])]
    odds = [0.0] * 4 + [0.25, 0.5, 0.25] + [0.0] * 4
    shown = {"q10": 4, "median": 5, "q90": 6, "p": odds}
    rows = [
        (1, {"visits": visits}, shown),  # the last one: nothing is known yet of what came next
        (1, {"visits": visits[:3]}, shown),  # next was 2: not held
        (1, {"visits": visits[:2]}, shown),  # next is missing
        (1, {"visits": visits[:1]}, shown),  # next was 6: held, a forecast of the first visit
        (1, {"visits": visits[:1]}, shown),  # the same again
        (1, {"visits": []}, {"q10": 4, "median": 5, "q90": 6}),  # before it: next was 7, and no odds were given
        (2, {"visits": visits[:1]}, None),  # made by a version that gave no range
    ]
    first, later = met(rows)
    assert (first.n, first.n_held, first.crps) == (2, 1, round(crps_of_whole(odds, 6), 2))
    assert (later.n, later.n_held, later.crps) == (1, 0, round(crps_of_whole(odds, 2), 2))


def test_a_forecast_keeps_the_odds_of_every_next_score():
    course, actor = a_course_in_care()
    with_visits(course, [7, 6, 4])
    given = refresh_forecast(by=actor, at=AT, course_id=course.pk).answer["next_score"]
    assert len(given["p"]) == 11
    assert sum(given["p"]) == pytest.approx(1, abs=1e-3)
    assert sum(given["p"][given["q10"] : given["q90"] + 1]) >= 0.8


def test_the_two_recoveries_are_compared_where_both_can_be_told():
    assert agreed([(True, True), (False, False), (True, False), (None, True), (False, None)]) == (3, 2)
    course, actor = a_course_in_care()
    with_visits(course, [7, 7, 7, 6])
    refresh_forecast(by=actor, at=AT, course_id=course.pk)
    discharge(by=actor, at=AT, course_id=course.pk, version=course.version, outcome=CourseOutcome.LEFT)
    assert ended_courses(course.clinic_id) == [(False, False)]
