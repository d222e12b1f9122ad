"""What a patient is asked, when, and what her answers become."""

from datetime import timedelta

import pytest
from django.core import mail

from myotome.clinic.booking.models import Appointment
from myotome.clinic.followup.actions import (
    answer,
    ask_before_visit,
    ask_two_days_after,
    finish,
    is_sampled,
    open_with_birth_date,
)
from myotome.clinic.followup.models import MeasureAnswer, MeasureRequest
from myotome.clinic.followup.notices import message_for, send_questions
from myotome.clinic.followup.queries import questions_of, request_by_link, request_link, requests_due
from myotome.clinic.pathway.questions import questions_before_visits
from myotome.clinic.people.queries import patient_by_link
from myotome.clinic.screening.models import Course
from myotome.vocabulary.errors import InvalidValue, LinkExpired, TooManyAttempts, VisitLocked
from myotome.vocabulary.measures import Occasion
from tests.clinic.followup.courses import a_course_in_care, answered, asked, with_visits
from tests.factories import AT, the_system

pytestmark = pytest.mark.django_db


def an_appointment(course, *, days: int = 1, status: str = "booked") -> Appointment:
    clinic = course.clinic
    starts = AT + timedelta(days=days)
    return Appointment.objects.create(
        clinic=clinic,
        patient=course.patient,
        course=course,
        service=clinic_service(clinic),
        practitioner=clinic_practitioner(clinic),
        place=clinic_place(clinic),
        starts_at=starts,
        ends_at=starts + timedelta(minutes=30),
        status=status,
        created_at=AT,
        created_by="a test",
    )


def clinic_service(clinic):
    from myotome.clinic.booking.models import Service

    return Service.objects.get(clinic=clinic, kind="ims")


def clinic_practitioner(clinic):
    from myotome.clinic.people.models import Practitioner

    return Practitioner.objects.filter(clinic=clinic).first()


def clinic_place(clinic):
    from myotome.clinic.people.models import Place

    return Place.objects.filter(clinic=clinic).first()


@pytest.mark.parametrize(
    ("visits_before", "number", "asked_for"),
    [
        (0, 1, ["pain_nrs_average_7d", "pain_nrs_worst_7d", "peg", "psfs", "rmdq"]),
        (1, 2, ["pain_nrs_average_7d", "pain_nrs_worst_7d"]),
        (3, 4, ["pain_nrs_average_7d", "pain_nrs_worst_7d", "peg", "psfs", "pgic", "rmdq"]),
        (7, 8, ["pain_nrs_average_7d", "pain_nrs_worst_7d", "peg", "psfs", "pgic", "rmdq"]),
        (8, 9, ["pain_nrs_average_7d", "pain_nrs_worst_7d"]),
    ],
)
def test_two_questions_come_before_every_visit_and_the_full_set_at_visits_1_4_and_8(visits_before, number, asked_for):
    course, _ = a_course_in_care()
    with_visits(course, [None] * visits_before)
    request = ask_before_visit(by=the_system(course.clinic), at=AT, course=course, appointment=an_appointment(course))
    assert request.visit_number == number
    assert request.measures == asked_for


def test_headaches_keep_their_diary_at_reviews():
    course, _ = a_course_in_care()
    course.condition = "headache_vertex"
    review = asked(course, occasion=Occasion.REVIEW, visit_number=4)
    assert review.measures[-3:] == ["headache_days", "headache_intensity", "headache_drug_days"]
    assert len(asked(course, visit_number=5).measures) == 2


def test_a_visit_is_asked_about_once_however_often_it_is_booked():
    course, _ = a_course_in_care()
    appointment = an_appointment(course)
    first, second = (
        ask_before_visit(by=the_system(course.clinic), at=AT, course=course, appointment=appointment) for _ in range(2)
    )
    assert first == second


def test_when_a_visit_before_is_cancelled_the_full_set_moves_to_the_visit_that_is_the_fourth_now():
    course, _ = a_course_in_care()
    with_visits(course, [7, 6])
    visits = [an_appointment(course, days=days) for days in (7, 14, 21)]
    third, fourth, fifth = (
        ask_before_visit(by=the_system(course.clinic), at=AT, course=course, appointment=row) for row in visits
    )
    assert [row.occasion for row in (third, fourth, fifth)] == ["before_visit", "review", "before_visit"]
    Appointment.objects.filter(pk=visits[0].pk).update(status="cancelled")
    again = [
        ask_before_visit(by=the_system(course.clinic), at=AT, course=course, appointment=row) for row in visits[1:]
    ]
    assert again == [fourth, fifth]
    assert [(row.visit_number, row.occasion) for row in again] == [(3, "before_visit"), (4, "review")]
    assert "pgic" in again[1].measures
    assert "pgic" not in again[0].measures


def test_questions_that_she_has_begun_to_answer_stay_as_they_are():
    course, _ = a_course_in_care()
    with_visits(course, [7, 6])
    visits = [an_appointment(course, days=days) for days in (7, 14)]
    by = the_system(course.clinic)
    _third, fourth = (ask_before_visit(by=by, at=AT, course=course, appointment=row) for row in visits)
    answer(by=by, at=AT, request=fourth, measure_code="pain_nrs_average_7d", item="score", value=5)
    Appointment.objects.filter(pk=visits[0].pk).update(status="cancelled")
    assert ask_before_visit(by=by, at=AT, course=course, appointment=visits[1]).visit_number == 4


def test_an_assessment_without_needles_is_not_counted_as_a_visit():
    course, _ = a_course_in_care()
    an_appointment(course, days=-7, status="done")
    appointment = an_appointment(course, days=1)
    request = ask_before_visit(by=the_system(course.clinic), at=AT, course=course, appointment=appointment)
    assert (request.visit_number, request.occasion) == (1, "review")


def test_a_visit_that_was_booked_without_questions_has_them_when_she_opens_her_page():
    course, _ = a_course_in_care()
    soon, later = an_appointment(course, days=2), an_appointment(course, days=10)
    Appointment.objects.filter(pk=soon.pk).update(course=None)
    hannah = patient_by_link(course.patient, course.clinic)
    for _ in range(2):
        questions_before_visits(by=hannah, at=AT)
    (request,) = requests_due(hannah, course_id=course.pk, at=AT)
    assert (request.appointment_id, request.visit_number) == (soon.pk, 1)
    assert not MeasureRequest.objects.filter(appointment=later).exists()


def test_nobody_is_asked_before_a_visit_when_her_course_has_ended():
    course, _ = a_course_in_care()
    an_appointment(course, days=2)
    Course.objects.filter(pk=course.pk).update(closed_at=AT, outcome="left")
    questions_before_visits(by=patient_by_link(course.patient, course.clinic), at=AT)
    assert not MeasureRequest.objects.exists()


def test_the_questions_stand_on_her_page_from_three_days_before_and_follow_a_visit_that_moves():
    course, _ = a_course_in_care()
    appointment = an_appointment(course, days=10)
    request = ask_before_visit(by=the_system(course.clinic), at=AT, course=course, appointment=appointment)
    hannah = patient_by_link(course.patient, course.clinic)
    assert requests_due(hannah, course_id=course.pk, at=AT) == []
    assert requests_due(hannah, course_id=course.pk, at=AT + timedelta(days=7)) == [request]
    Appointment.objects.filter(pk=appointment.pk).update(starts_at=AT + timedelta(days=2))
    assert requests_due(hannah, course_id=course.pk, at=AT) == [request]
    Appointment.objects.filter(pk=appointment.pk).update(status="cancelled")
    assert requests_due(hannah, course_id=course.pk, at=AT) == []


def test_the_link_runs_out_thirty_days_after():
    course, _ = a_course_in_care()
    request = asked(course)
    token = request_link(request)
    assert request_by_link(course.clinic, token, at=AT + timedelta(days=29)) == request
    with pytest.raises(LinkExpired):
        request_by_link(course.clinic, token, at=AT + timedelta(days=31))


def test_the_link_runs_out_thirty_days_after_the_visit_wherever_it_was_moved():
    course, _ = a_course_in_care()
    appointment = an_appointment(course, days=1)
    request = ask_before_visit(by=the_system(course.clinic), at=AT, course=course, appointment=appointment)
    token, hannah = request_link(request), patient_by_link(course.patient, course.clinic)
    later = AT + timedelta(days=60)
    with pytest.raises(LinkExpired):
        request_by_link(course.clinic, token, at=later)
    Appointment.objects.filter(pk=appointment.pk).update(starts_at=later, ends_at=later + timedelta(minutes=30))
    assert request_by_link(course.clinic, token, at=later) == request
    assert requests_due(hannah, course_id=course.pk, at=later) == [request]
    assert request_by_link(course.clinic, token, at=later + timedelta(days=29)) == request
    with pytest.raises(LinkExpired):
        request_by_link(course.clinic, token, at=later + timedelta(days=31))
    Appointment.objects.filter(pk=appointment.pk).update(starts_at=AT - timedelta(days=29))
    with pytest.raises(LinkExpired):
        request_by_link(course.clinic, token, at=AT + timedelta(days=2))


def test_the_birth_date_opens_the_questions_and_five_wrong_ones_close_them():
    course, _ = a_course_in_care()
    request = asked(course)
    hannah = patient_by_link(course.patient, course.clinic)
    born_on = course.patient.born_on
    assert open_with_birth_date(by=hannah, at=AT, request=request, born_on=born_on)
    for _ in range(5):
        assert not open_with_birth_date(by=hannah, at=AT, request=request, born_on=born_on + timedelta(days=1))
    with pytest.raises(TooManyAttempts):
        request_by_link(course.clinic, request_link(request), at=AT)


def test_a_skipped_answer_is_missing_and_never_zero():
    course, _ = a_course_in_care()
    request = answered(course, None)
    assert [score.value for score in request.scores.all()] == [None, None]


def test_no_pain_at_all_is_a_zero_and_not_missing():
    course, _ = a_course_in_care()
    assert [score.value for score in answered(course, 0).scores.all()] == [0, 0]


def test_a_set_left_half_way_keeps_what_was_answered():
    course, _ = a_course_in_care()
    request = asked(course)
    hannah = patient_by_link(course.patient, course.clinic)
    answer(by=hannah, at=AT, request=request, measure_code="pain_nrs_average_7d", item="score", value=6)
    assert [(q.value, q.is_answered) for q in questions_of(request)] == [(6, True), (None, False)]


def test_the_same_answer_again_changes_nothing_and_another_keeps_the_first_on_record():
    course, _ = a_course_in_care()
    request = asked(course)
    hannah = patient_by_link(course.patient, course.clinic)
    for value in (6, 6, 4):
        answer(by=hannah, at=AT, request=request, measure_code="pain_nrs_average_7d", item="score", value=value)
    rows = MeasureAnswer.objects.filter(request=request).order_by("pk")
    assert [(row.value, row.replaced_at is None) for row in rows] == [(6, False), (4, True)]


@pytest.mark.parametrize(("item", "value"), [("score", 11), ("score", -1), ("sleep", 3)])
def test_an_answer_outside_its_question_is_refused(item, value):
    course, _ = a_course_in_care()
    with pytest.raises(InvalidValue):
        answer(
            by=patient_by_link(course.patient, course.clinic),
            at=AT,
            request=asked(course),
            measure_code="pain_nrs_average_7d",
            item=item,
            value=value,
        )


def test_answers_that_were_sent_are_not_changed_by_link():
    course, _ = a_course_in_care()
    request = answered(course, 5)
    with pytest.raises(VisitLocked):
        answer(
            by=patient_by_link(course.patient, course.clinic),
            at=AT,
            request=request,
            measure_code="pain_nrs_average_7d",
            item="score",
            value=2,
        )
    assert finish(by=the_system(course.clinic), at=AT, request=request) == list(request.scores.all())


def test_one_visit_in_five_is_asked_about_two_days_later_and_only_once():
    assert 0.15 < sum(is_sampled(n) for n in range(2000)) / 2000 < 0.25
    course, actor = a_course_in_care()
    with_visits(course, [7] * 12)
    for _ in range(2):
        made = [ask_two_days_after(by=actor, at=visit.opened_at, visit=visit) for visit in course.visits.all()]
    asked_for = [request for request in made if request is not None]
    assert len(asked_for) == MeasureRequest.objects.filter(occasion="two_days_after").count()
    assert all(request.measures == ["pain_nrs_now"] for request in asked_for)


def test_two_days_after_counts_from_the_visit_however_late_it_is_closed(monkeypatch):
    monkeypatch.setattr("myotome.clinic.followup.actions.is_sampled", lambda _visit_id: True)
    course, actor = a_course_in_care()
    with_visits(course, [7, 6])
    visit = course.visits.get(number=2)
    assert ask_two_days_after(by=actor, at=visit.opened_at + timedelta(days=3), visit=visit) is None
    request = ask_two_days_after(by=actor, at=visit.opened_at + timedelta(days=1), visit=visit)
    assert (request.due_on - AT.date()).days == 2


def test_questions_without_a_visit_are_mailed_once_and_say_nothing_of_her_health():
    course, _ = a_course_in_care()
    request = asked(course, occasion=Occasion.FOLLOW_UP)
    MeasureRequest.objects.filter(pk=request.pk).update(expires_at=AT + timedelta(days=9000))
    for _ in range(2):
        send_questions.func(request.pk)
    assert len(mail.outbox) == 1
    text = mail.outbox[0].subject + mail.outbox[0].body
    token = text.partition("/me/questions/")[2].partition("/")[0]
    assert request_by_link(course.clinic, token, at=AT) == request
    for word in ("pain", "back", "IMS", "needle"):
        assert word not in text.replace(token, "")
    assert message_for(request).to == [course.patient.email]


def test_answered_questions_are_not_mailed():
    course, _ = a_course_in_care()
    request = answered(course, 3, occasion=Occasion.FOLLOW_UP)
    send_questions.func(request.pk)
    assert mail.outbox == []
