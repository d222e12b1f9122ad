"""An intake is saved answer by answer, and a raised flag outlives every way of going back."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.people.queries import public_actor
from myotome.clinic.screening.actions import answer_safety, answer_step, begin_intake, digest_of
from myotome.clinic.screening.by_link import intake_by_link, intake_link
from myotome.clinic.screening.facts import facts_of, note_fact
from myotome.clinic.screening.intakes import baseline_of, course_facts, give_intake_to
from myotome.clinic.screening.models import Intake, RedFlagAnswer
from myotome.clinic.screening.queries import can_book, check_can_book, safety_of, summary_of
from myotome.knowledge.screening import content
from myotome.vocabulary.courses import RedFlagLevel, SafetyAnswer
from myotome.vocabulary.errors import BookingStopped, InvalidValue, NotFound
from tests.factories import AT, a_clinic, a_course, a_patient, a_practitioner, an_actor, the_system

pytestmark = pytest.mark.django_db
YES, NOT_SURE, NO = SafetyAnswer.YES, SafetyAnswer.NOT_SURE, SafetyAnswer.NO
NEXT_DAY = AT + timedelta(days=1)


@pytest.fixture
def clinic():
    return a_clinic()


@pytest.fixture
def somebody(clinic):
    return public_actor(clinic)


@pytest.fixture
def intake(somebody):
    return begin_intake(by=somebody, at=AT)


def say(somebody, intake, step, seen=None, **typed):
    typed = {name: value if isinstance(value, list) else [str(value)] for name, value in typed.items()}
    return answer_step(by=somebody, at=AT, intake_id=intake.pk, step_code=step, typed=typed, seen=seen)


def flag(somebody, intake, code, answer, at=AT, reason=""):
    return answer_safety(by=somebody, at=at, intake_id=intake.pk, code=code, answer=answer, reason=reason)


def all_no(somebody, intake, *, but=None):
    """Places named and every safety question answered no, but those in `but`."""
    say(somebody, intake, "where", regions=["left:low_back", "left:buttock"])
    intake.refresh_from_db()
    for one in safety_of(intake).asked:
        flag(somebody, intake, one.code, (but or {}).get(one.code, NO))
    intake.refresh_from_db()
    return intake


def level(intake):
    return Intake.objects.get(pk=intake.pk).level


def test_each_answer_is_there_after_a_night(clinic, somebody, intake):
    say(somebody, intake, "where", regions=["left:low_back"])
    say(somebody, intake, "age", age=52)
    found = intake_by_link(clinic, intake_link(intake))
    assert found.answers == {"regions": ["left:low_back"], "age": 52}
    assert found.regions == ["low_back"]
    assert found.step == "age"


def test_a_screen_with_a_mistake_saves_nothing_and_says_what_is_wrong(somebody, intake):
    found = say(somebody, intake, "age", age="five")
    assert not found.is_saved
    assert "number" in found.problems["age"]
    assert Intake.objects.get().answers == {}


def test_the_same_answers_twice_are_saved_once(somebody, intake):
    for _ in range(2):
        assert say(somebody, intake, "age", age=52).is_saved
    assert AuditEvent.objects.filter(act="intake.answered").count() == 1
    assert Intake.objects.get().version == 2


def test_a_second_tab_sees_what_the_first_has_saved_and_nothing_is_lost(somebody, intake):
    say(somebody, intake, "age", age=52)
    intake.refresh_from_db()
    seen = digest_of(intake, content().step("age"))
    say(somebody, intake, "age", seen=seen, age=53)
    second = say(somebody, intake, "age", seen=seen, age=25)
    assert second.other == {"age": 53}
    assert Intake.objects.get().answers == {"age": 53}


def test_an_average_above_the_worst_is_asked_again_at_once(somebody, intake):
    found = say(somebody, intake, "pain", pain_average=7, pain_worst=4)
    assert "7" in found.problems["pain_average"]
    assert Intake.objects.get().answers == {}


def test_a_contradiction_with_an_earlier_screen_keeps_the_typing_and_holds_the_booking(somebody, intake):
    all_no(somebody, intake)
    say(somebody, intake, "age", age=30)
    assert say(somebody, intake, "since_when", since_n=50, since_unit="years").is_saved
    intake.refresh_from_db()
    with pytest.raises(InvalidValue, match="longer ago than your age"):
        check_can_book(intake, at=AT)
    say(somebody, intake, "age", age=70)
    intake.refresh_from_db()
    assert can_book(intake, at=AT)


def test_an_emergency_answer_stops_the_booking(somebody, intake):
    all_no(somebody, intake, but={"saddle_numbness": YES})
    assert level(intake) == "emergency"
    with pytest.raises(BookingStopped):
        check_can_book(intake, at=AT)


def test_not_sure_of_an_emergency_is_phoned_about(somebody, intake):
    all_no(somebody, intake, but={"saddle_numbness": NOT_SURE})
    assert level(intake) == "call_first"
    assert can_book(intake, at=AT)


def test_booking_waits_for_every_safety_question_of_the_painful_places(somebody, intake):
    with pytest.raises(InvalidValue, match="safety questions first"):
        check_can_book(intake, at=AT)
    all_no(somebody, intake)
    assert can_book(intake, at=AT)
    say(somebody, intake, "where", regions=["left:low_back", "left:buttock", "left:head"])
    intake.refresh_from_db()
    assert "thunderclap" in {one.code for one in safety_of(intake).open}
    assert not can_book(intake, at=AT)


def test_a_flag_stays_when_its_place_is_taken_back(somebody, intake):
    all_no(somebody, intake, but={"saddle_numbness": YES})
    say(somebody, intake, "where", regions=["left:elbow"])
    assert level(intake) == "emergency"


def test_a_double_submit_is_one_record(somebody, intake):
    for _ in range(2):
        flag(somebody, intake, "saddle_numbness", YES)
    assert RedFlagAnswer.objects.count() == 1


def test_going_back_and_saying_no_needs_a_correction_with_a_reason(somebody, intake):
    flag(somebody, intake, "saddle_numbness", YES)
    with pytest.raises(InvalidValue) as refusal:
        flag(somebody, intake, "saddle_numbness", NO)
    assert refusal.value.field == "reason"
    assert level(intake) == "emergency"


def test_a_correction_is_dated_keeps_the_original_and_still_reaches_the_practitioner(somebody, intake):
    flag(somebody, intake, "saddle_numbness", YES)
    flag(somebody, intake, "saddle_numbness", NO, at=NEXT_DAY, reason="My finger slipped")
    assert level(intake) == "call_first"
    (raised,) = safety_of(intake).raised
    assert [(row.answer, row.answered_at) for row in raised.answers] == [("yes", AT), ("no", NEXT_DAY)]
    assert raised.was_corrected
    assert raised.answers[1].reason == "My finger slipped"


def test_no_number_of_corrections_makes_a_flag_disappear(somebody, intake):
    flag(somebody, intake, "saddle_numbness", YES)
    for answer in (NO, NOT_SURE, NO, NOT_SURE, NO):
        flag(somebody, intake, "saddle_numbness", answer, reason="again")
        assert level(intake) == "call_first"
    flag(somebody, intake, "saddle_numbness", YES)
    assert level(intake) == "emergency"


def test_a_worse_answer_is_always_taken_without_a_reason(somebody, intake):
    flag(somebody, intake, "saddle_numbness", NO)
    flag(somebody, intake, "saddle_numbness", NOT_SURE)
    flag(somebody, intake, "saddle_numbness", YES)
    assert level(intake) == "emergency"
    assert RedFlagAnswer.objects.count() == 3


@pytest.mark.parametrize("reason", ["", "  ", "no", "x" * 301, "nul \x00 here"])
def test_a_correction_needs_words_that_can_be_kept(somebody, intake, reason):
    flag(somebody, intake, "saddle_numbness", YES)
    with pytest.raises(InvalidValue):
        flag(somebody, intake, "saddle_numbness", NO, reason=reason)


def test_the_database_itself_refuses_to_change_or_delete_a_safety_answer(somebody, intake):
    flag(somebody, intake, "saddle_numbness", YES)
    with pytest.raises(DatabaseError), transaction.atomic():
        RedFlagAnswer.objects.update(answer="no", level="none")
    with pytest.raises(DatabaseError), transaction.atomic():
        RedFlagAnswer.objects.all()._raw_delete("default")


def test_a_question_that_does_not_exist_is_not_answered(somebody, intake):
    with pytest.raises(NotFound):
        flag(somebody, intake, "a_question_of_last_year", YES)
    with pytest.raises(NotFound):
        say(somebody, intake, "favourite_colour", colour="blue")


def test_booking_gives_the_intake_its_patient_and_notes_what_it_states(clinic, somebody, intake):
    all_no(somebody, intake)
    say(somebody, intake, "medicines", medicines=["blood_thinner"])
    say(somebody, intake, "bleeding", bleeding="not_sure")
    elena = a_practitioner(clinic)
    patient = a_patient(clinic, in_care_of=elena)
    give_intake_to(by=somebody, at=AT, intake=intake, patient_id=patient.pk)
    assert (intake.patient_id, intake.submitted_at) == (patient.pk, AT)
    found = {row.code: row.state for row in facts_of(the_system(clinic), patient.pk)}
    assert found["anticoagulant"] == "present"
    assert found["bleeding_disorder"] == "not_asked"
    give_intake_to(by=somebody, at=NEXT_DAY, intake=intake, patient_id=patient.pk)
    assert intake.submitted_at == AT


def test_an_intake_never_clears_a_fact_that_was_noted_before(clinic, somebody, intake):
    all_no(somebody, intake)
    say(somebody, intake, "implants", implants=["none"])
    patient = a_patient(clinic)
    note_fact(by=the_system(clinic), at=AT, patient_id=patient.pk, code="pacemaker", state="present")
    give_intake_to(by=somebody, at=AT, intake=intake, patient_id=patient.pk)
    assert facts_of(the_system(clinic), patient.pk).get(code="pacemaker").state == "present"


def test_an_emergency_raised_in_another_tab_is_seen_by_the_booking(clinic, somebody, intake):
    all_no(somebody, intake)
    old = Intake.objects.get(pk=intake.pk)
    flag(somebody, intake, "bladder_bowel", YES)
    with pytest.raises(BookingStopped):
        give_intake_to(by=somebody, at=AT, intake=old, patient_id=a_patient(clinic).pk)
    assert old.level == RedFlagLevel.EMERGENCY.value


def test_after_booking_answers_are_closed_but_a_flag_can_still_be_raised(clinic, somebody, intake):
    all_no(somebody, intake)
    say(somebody, intake, "age", age=52)
    give_intake_to(by=somebody, at=AT, intake=intake, patient_id=a_patient(clinic).pk)
    with pytest.raises(InvalidValue, match="with the clinic"):
        say(somebody, intake, "age", age=25)
    flag(somebody, intake, "bladder_bowel", YES)
    assert level(intake) == "emergency"


def test_what_was_left_open_can_be_added_after_booking_until_the_course_begins(clinic, somebody, intake):
    all_no(somebody, intake)
    patient = a_patient(clinic)
    give_intake_to(by=somebody, at=AT, intake=intake, patient_id=patient.pk)
    say(somebody, intake, "medicines", medicines=["blood_thinner"])
    assert facts_of(the_system(clinic), patient.pk).get(code="anticoagulant").state == "present"
    a_course(clinic, patient, intake=intake)
    with pytest.raises(InvalidValue, match="with the clinic"):
        say(somebody, intake, "implants", implants=["pacemaker"])


def test_an_intake_is_not_given_to_a_second_patient_or_another_clinic(clinic, somebody, intake):
    all_no(somebody, intake)
    give_intake_to(by=somebody, at=AT, intake=intake, patient_id=a_patient(clinic).pk)
    other = a_patient(clinic, given_name="Ada", family_name="Berg", email="ada@example.org")
    with pytest.raises(NotFound):
        give_intake_to(by=somebody, at=AT, intake=intake, patient_id=other.pk)
    stranger = public_actor(a_clinic("birch"))
    with pytest.raises(NotFound):
        say(stranger, intake, "age", age=52)
    with pytest.raises(NotFound):
        flag(stranger, intake, "bladder_bowel", YES)


def test_the_practitioner_reads_reasons_flags_and_answers_and_the_reading_is_audited(clinic, somebody, intake):
    all_no(somebody, intake, but={"cancer": NOT_SURE})
    say(somebody, intake, "eases", eases=["massage_briefly"])
    elena = a_practitioner(clinic)
    patient = a_patient(clinic, in_care_of=elena)
    give_intake_to(by=somebody, at=AT, intake=intake, patient_id=patient.pk)
    found = summary_of(an_actor(elena.user, clinic), intake.pk, at=AT)
    assert [reason.code for reason in found.suitability.ims] == ["tight_again"]
    assert [(row.code, row.level.value) for row in found.safety.raised] == [("cancer", "tell")]
    assert found.places == "Low back, left; buttock, left"
    assert AuditEvent.objects.filter(act="chart.read", patient_id=patient.pk).count() == 1


def test_a_practitioner_outside_her_care_does_not_read_it(clinic, somebody, intake):
    all_no(somebody, intake)
    give_intake_to(by=somebody, at=AT, intake=intake, patient_id=a_patient(clinic).pk)
    with pytest.raises(NotFound):
        summary_of(an_actor(a_practitioner(clinic).user, clinic), intake.pk, at=AT)


def test_the_course_and_the_first_scores_come_from_the_intake(somebody, intake):
    all_no(somebody, intake)
    say(somebody, intake, "since_when", since_n=2, since_unit="years")
    say(somebody, intake, "pain", pain_average=5, pain_worst=8)
    intake.refresh_from_db()
    assert course_facts(intake, at=AT)["complaint"] == "Low back, left; buttock, left"
    assert baseline_of(intake)["pain_nrs_worst_7d", "score"] == (8.0, "")
