"""Safety questions by telephone: all at once, and a second call does not talk a flag away."""

from datetime import timedelta

import pytest

from myotome.clinic.booking.models import Service
from myotome.clinic.followup.models import MeasureScore
from myotome.clinic.pathway.actions import assessment_begun, patient_booked
from myotome.clinic.pathway.safety import safety_answered
from myotome.clinic.people.queries import public_actor
from myotome.clinic.screening.actions import answer_safety, answer_step, begin_intake
from myotome.clinic.screening.aloud import answer_aloud
from myotome.clinic.screening.intakes import give_intake_to
from myotome.clinic.screening.models import Intake, RedFlagAnswer
from myotome.clinic.screening.queries import safety_of
from myotome.knowledge.screening import content
from myotome.science.screening.levels import questions_for
from myotome.vocabulary.anatomy import PainRegion
from myotome.vocabulary.courses import SafetyAnswer
from myotome.vocabulary.errors import InvalidValue, NotAllowed
from tests.factories import AT, a_clinic, a_patient, a_practitioner, a_receptionist, an_actor

pytestmark = pytest.mark.django_db
ELBOW = {flag.code: "no" for flag in questions_for([PainRegion.ELBOW], content().flags)}


@pytest.fixture
def clinic():
    return a_clinic()


@pytest.fixture
def robin(clinic):
    return an_actor(a_receptionist(clinic), clinic)


def aloud(robin, patient, at=AT, regions=("left:elbow",), **but):
    return answer_aloud(by=robin, at=at, patient_id=patient.pk, regions=list(regions), answers=ELBOW | but)


def test_all_answers_are_saved_at_once_and_ready_for_booking(clinic, robin):
    intake = aloud(robin, a_patient(clinic))
    assert (intake.level, intake.channel, intake.submitted_at) == ("none", "phone", AT)
    assert RedFlagAnswer.objects.count() == len(ELBOW)
    assert {row.reason for row in RedFlagAnswer.objects.all()} == {""}


@pytest.mark.parametrize("regions", [[], ["left:tail"], ["elbow"]])
def test_without_a_place_nothing_is_asked_or_saved(clinic, robin, regions):
    with pytest.raises(InvalidValue):
        aloud(robin, a_patient(clinic), regions=regions)
    assert Intake.objects.count() == 0


@pytest.mark.parametrize("answer", ["", "perhaps", "not_asked"])
def test_an_open_question_saves_nothing(clinic, robin, answer):
    with pytest.raises(InvalidValue) as refusal:
        aloud(robin, a_patient(clinic), hot_joint=answer)
    assert refusal.value.field == "hot_joint"
    assert Intake.objects.count() == 0


def test_the_public_does_not_answer_for_somebody_by_name(clinic):
    with pytest.raises(NotAllowed):
        aloud(public_actor(clinic), a_patient(clinic))


def test_a_second_call_corrects_a_flag_and_does_not_talk_it_away(clinic, robin):
    patient = a_patient(clinic)
    aloud(robin, patient, hot_joint="yes")
    again = aloud(robin, patient, at=AT + timedelta(days=1))
    assert again.level == "call_first"
    (raised,) = safety_of(again).raised
    assert [row.answer for row in raised.answers] == ["yes", "no"]
    assert raised.answers[0].answered_at == AT
    assert raised.answers[1].reason == "Asked again aloud, answered anew."


def test_a_flag_that_was_phoned_about_does_not_come_along(clinic, robin):
    patient = a_patient(clinic)
    aloud(robin, patient, hot_joint="yes")
    Intake.objects.update(called_at=AT, call_outcome="seen in hospital, gout")
    assert aloud(robin, patient, at=AT + timedelta(days=1)).level == "none"


def test_a_worse_answer_after_the_call_asks_for_another_call(clinic, robin):
    intake = aloud(robin, a_patient(clinic), hot_joint="not_sure")
    Intake.objects.update(called_at=AT, called_by="Elena Marchetti")
    answer_safety(by=robin, at=AT, intake_id=intake.pk, code="new_weakness", answer=SafetyAnswer.YES)
    assert Intake.objects.get().called_at is None
    assert Intake.objects.get().level == "emergency"


@pytest.mark.parametrize(("answer", "status"), [("yes", "requested"), ("not_sure", "requested"), ("no", "booked")])
def test_a_flag_raised_after_booking_holds_the_time_until_somebody_phones(clinic, robin, answer, status):
    elena, patient = a_practitioner(clinic), a_patient(clinic)
    intake = aloud(robin, patient)
    appointment = patient_booked(
        by=robin,
        at=AT,
        patient=patient,
        service_id=Service.objects.get(kind="assessment_ims").pk,
        practitioner_id=elena.pk,
        starts_at=AT + timedelta(days=1),
        intake=intake,
    )
    assert appointment.status == "booked"
    somebody = public_actor(clinic)
    safety_answered(by=somebody, at=AT, intake_id=intake.pk, code="bladder_bowel", answer=SafetyAnswer(answer))
    appointment.refresh_from_db()
    assert appointment.status == status


def test_the_assessment_opens_the_course_with_the_scores_of_the_intake(clinic):
    elena = a_practitioner(clinic)
    actor, somebody = an_actor(elena.user, clinic), public_actor(clinic)
    intake = begin_intake(by=somebody, at=AT)
    for step, typed in {
        "where": {"regions": ["left:elbow"]},
        "pain": {"pain_average": ["5"], "pain_worst": ["8"]},
        "peg": {"peg_enjoyment": ["4"], "peg_activity": ["6"]},
        "activities": {"activity_1": ["opening a jar"], "activity_1_score": ["3"]},
    }.items():
        answer_step(by=somebody, at=AT, intake_id=intake.pk, step_code=step, typed=typed)
    for code in ELBOW:
        answer_safety(by=somebody, at=AT, intake_id=intake.pk, code=code, answer=SafetyAnswer.NO)
    patient = a_patient(clinic)
    give_intake_to(by=somebody, at=AT, intake=intake, patient_id=patient.pk)
    appointment = patient_booked(
        by=actor,
        at=AT,
        patient=patient,
        service_id=Service.objects.get(kind="assessment_ims").pk,
        practitioner_id=elena.pk,
        starts_at=AT + timedelta(days=1),
        intake=intake,
    )
    examination = assessment_begun(by=actor, at=AT + timedelta(days=1), appointment_id=appointment.pk)
    scores = {row.measure: (row.value, row.on) for row in MeasureScore.objects.filter(course=examination.course)}
    assert scores["pain_nrs_worst_7d"] == (8.0, AT.date())
    assert scores["peg"] == (5.0, AT.date())
    assert scores["psfs"] == (3.0, AT.date())
    assert scores["phq2"] == (None, AT.date())
    assert examination.course.complaint == "Elbow, left"
