"""How ended courses went is told with those who were lost, and never as an effect."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from myotome.clinic.followup.actions import answer, discharge, finish
from myotome.clinic.followup.asking import ask
from myotome.clinic.followup.models import MeasureRequest, MeasureScore
from myotome.clinic.followup.queries import questions_of
from myotome.clinic.followup.results import results_of
from myotome.clinic.followup.scores import note_score
from myotome.clinic.followup.yearly import ask_next_years
from myotome.clinic.needling.models import TreatmentVisit
from myotome.vocabulary.courses import CourseOutcome, Role
from myotome.vocabulary.errors import NotAllowed
from myotome.vocabulary.measures import Occasion
from tests.clinic.followup.courses import a_course_in_care, with_visits
from tests.factories import AT, PASSWORD, a_clinic, a_course, a_patient, a_receptionist, a_user, an_actor, the_system

pytestmark = pytest.mark.django_db


def ended(course, actor, *, pain):
    """A course that began with pain 8, ended, and what she answered by months since (nothing: lost)."""
    with_visits(course, [8, 6])
    discharge(by=actor, at=AT, course_id=course.pk, version=course.version, outcome=CourseOutcome.LEFT)
    requests = MeasureRequest.objects.filter(course=course, occasion__in=["discharge", "follow_up"]).order_by("due_on")
    for request in requests:
        value = pain.get(round((request.due_on - AT.date()).days / 30.44))
        if value is not None:
            for question in questions_of(request):
                given = value if question.measure == "pain_nrs_average_7d" else None
                answer(by=the_system(course.clinic), at=AT, request=request, measure_code=question.measure,
                       item=question.item, value=given)  # fmt: skip
            at = AT + (request.due_on - AT.date())
            finish(by=the_system(course.clinic), at=at, request=request, on=request.due_on)


@pytest.fixture
def clinic():
    """Three ended courses of one clinic: one free of pain at a year, one eased at three months and then lost, one lost."""
    course, actor = a_course_in_care()
    ended(course, actor, pain={0: 2, 3: 3, 6: 0, 12: 0})
    for pain in ({3: 5}, {}):
        other = a_course(
            course.clinic,
            a_patient(course.clinic, email=f"p{len(pain)}@example.org"),
            opened_at=AT - timedelta(days=60),
        )
        ended(other, the_system(course.clinic), pain=pain)
    return course.clinic


def the_owner(clinic):
    return an_actor(a_user(clinic, Role.OWNER), clinic)


def test_those_who_were_lost_are_counted_and_make_the_band(clinic):
    results = results_of(the_owner(clinic), at=AT + timedelta(days=400))
    assert results.n_ended == 3
    at_three = results.eased[3]
    assert (at_three.n, at_three.n_known, at_three.n_yes, at_three.n_lost) == (3, 2, 2, 1)
    assert (at_three.of_known, at_three.lowest, at_three.highest) == (100, 67, 100)
    assert (results.eased[12].lowest, results.eased[12].highest) == (33, 100)


def test_who_can_still_answer_is_not_lost_yet(clinic):
    assert results_of(the_owner(clinic), at=AT + timedelta(days=60)).eased[3].n == 2
    assert results_of(the_owner(clinic), at=AT + timedelta(days=91 + 31)).eased[3].n == 3


def test_free_of_pain_for_years_needs_nothing_at_every_year_that_was_answered(clinic):
    results = results_of(the_owner(clinic), at=AT + timedelta(days=400))
    assert list(results.pain_free) == [1]
    assert (results.pain_free[1].n, results.pain_free[1].n_yes, results.pain_free[1].n_lost) == (3, 1, 2)
    course = clinic_course(clinic)
    later = ask(
        by=the_system(clinic), at=AT, course=course, occasion=Occasion.FOLLOW_UP, due_on=AT.date() + timedelta(days=730)
    )
    finish_with(later, 3, on=AT.date() + timedelta(days=730))
    results = results_of(the_owner(clinic), at=AT + timedelta(days=800))
    assert (results.pain_free[2].n, results.pain_free[2].n_known, results.pain_free[2].n_yes) == (3, 1, 0)
    assert results.pain_free[1].n_yes == 1


def test_a_zero_typed_by_mistake_counts_as_what_it_was_corrected_to(clinic):
    course, owner = clinic_course(clinic), the_owner(clinic)
    at_a_year = MeasureScore.objects.get(course=course, measure="pain_nrs_average_7d", value=0, request__due_on__gt=AT + timedelta(days=300))  # fmt: skip
    noted_at = AT + timedelta(days=390)
    note_score(by=the_system(clinic), at=noted_at, course_id=course.pk, measure_code=at_a_year.measure, value=7, on=at_a_year.on)  # fmt: skip
    results = results_of(owner, at=AT + timedelta(days=400))
    assert (results.pain_free[1].n_known, results.pain_free[1].n_yes) == (1, 0)
    assert results.eased[12].n_yes == 0


def test_a_relapse_counts_in_every_later_month_whether_pain_came_back_or_treatment_began_again(clinic):
    course, owner, later = clinic_course(clinic), the_owner(clinic), AT + timedelta(days=400)

    def without():
        return [(row.n, row.n_yes, row.n_lost) for row in results_of(owner, at=later).no_relapse.values()]

    assert without() == [(1, 1, 0)] * 3
    at_six = MeasureScore.objects.get(course=course, measure="pain_nrs_average_7d", request__due_on__range=(AT + timedelta(days=170), AT + timedelta(days=200)))  # fmt: skip
    note_score(by=the_system(clinic), at=later, course_id=course.pk, measure_code=at_six.measure, value=6, on=at_six.on)
    assert without() == [(1, 1, 0), (1, 0, 0), (1, 0, 0)]
    a_course(clinic, course.patient, opened_at=AT + timedelta(days=80), relapse_of=course)
    assert without() == [(1, 0, 0)] * 3


def test_who_stopped_answering_is_lost_in_every_later_year_and_widens_the_band(clinic):
    course = clinic_course(clinic)
    for year in (2, 3):
        due_on = AT.date() + timedelta(days=365 * year)
        later = ask(by=the_system(clinic), at=AT, course=course, occasion=Occasion.FOLLOW_UP, due_on=due_on)
        finish_with(later, 0, on=due_on)
    results = results_of(the_owner(clinic), at=AT + timedelta(days=365 * 3 + 40))
    for year in (1, 2, 3):
        free = results.pain_free[year]
        assert (free.n, free.n_known, free.n_yes, free.of_known) == (3, 1, 1, 100), year
        assert (free.lowest, free.highest) == (33, 100), year
    assert 3 not in results_of(the_owner(a_clinic("birch")), at=AT + timedelta(days=365 * 3 + 40)).pain_free
    still_open = results_of(the_owner(clinic), at=AT + timedelta(days=365 * 2 + 20))
    assert still_open.pain_free[2].n == 1


def test_who_stopped_answering_stays_lost_until_she_answers_again(clinic):
    owner, hannah = the_owner(clinic), clinic_course(clinic)
    for year in (1, 2):
        ask_next_years(at=AT + timedelta(days=365 * year + 1))
    third = MeasureRequest.objects.get(course=hannah, due_on=AT.date() + timedelta(days=365 * 3))
    second = results_of(owner, at=AT + timedelta(days=365 * 2 + 40)).pain_free[2]
    assert (second.n, second.n_known) == (3, 0)
    finish_with(third, 0)
    results = results_of(owner, at=AT + timedelta(days=365 * 3 + 40))
    assert (results.pain_free[2].n, results.pain_free[2].n_known) == (3, 0)
    assert (results.pain_free[3].n, results.pain_free[3].n_known, results.pain_free[3].n_yes) == (3, 1, 1)


def test_courses_that_nobody_ended_are_named_because_no_figure_counts_them(clinic, client):
    patient = a_patient(clinic, email="adrift@example.org")
    with_visits(a_course(clinic, patient, opened_at=AT - timedelta(days=60)), [8, 8])
    assert results_of(the_owner(clinic), at=AT + timedelta(days=60)).n_adrift == 0
    assert results_of(the_owner(clinic), at=AT + timedelta(days=92)).n_adrift == 1
    TreatmentVisit.objects.filter(course__patient=patient).update(opened_at=timezone.now() - timedelta(days=92))
    client.login(username=a_user(clinic, Role.OWNER).email, password=PASSWORD)
    text = client.get(reverse("followup:results", kwargs={"clinic": clinic.slug})).content.decode()
    assert "1 course more has not ended" in text


def clinic_course(clinic):
    return MeasureRequest.objects.filter(course__clinic=clinic).order_by("course_id").first().course


def finish_with(request, value, on=None):
    for question in questions_of(request):
        answer(by=the_system(request.course.clinic), at=AT, request=request, measure_code=question.measure,
               item=question.item, value=value if question.measure.startswith("pain") else None)  # fmt: skip
    finish(by=the_system(request.course.clinic), at=AT + timedelta(days=730), request=request, on=on)


def test_another_clinic_and_reception_see_nothing_of_it(clinic):
    assert results_of(the_owner(a_clinic("birch")), at=AT + timedelta(days=400)).n_ended == 0
    with pytest.raises(NotAllowed):
        results_of(an_actor(a_receptionist(clinic), clinic), at=AT)


def test_the_page_says_why_before_minus_after_is_not_the_effect(clinic, client):
    client.login(username=a_user(clinic, Role.OWNER).email, password=PASSWORD)
    page = client.get(reverse("followup:results", kwargs={"clinic": clinic.slug}))
    text = page.content.decode()
    assert page.status_code == 200
    for words in (
        "regression to the mean",
        "Who is better stops.",
        "Who leaves is not asked.",
        "worst-case band",
        "3 ended courses",
    ):
        assert words in text
    for word in ("effective", "proven", "cure"):
        assert word not in text.lower()
