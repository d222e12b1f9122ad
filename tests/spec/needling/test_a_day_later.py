"""A day after needles the patient is asked how she is; what cannot wait is told to her and to the clinic at once."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from myotome.clinic.booking.models import ContactWish, DiaryRules
from myotome.clinic.needling.actions import close_visit, record_insertion, resolve_incident
from myotome.clinic.needling.after_queries import asked_in, check_by_link, check_due, check_link, check_story
from myotome.clinic.needling.aftercare import answer_check, ask_after_visit, finish_check, open_check_with_birth_date
from myotome.clinic.needling.check_notices import letters_for, message_for, send_alarm, send_check
from myotome.clinic.needling.models import AdverseEvent, AfterCheck, Incident
from myotome.clinic.needling.queries import calls_waiting, incidents_open, reviews_waiting
from myotome.clinic.needling.telephone import answered_by_telephone, checks_to_phone
from myotome.clinic.pathway.actions import needle_responded
from myotome.clinic.people.queries import patient_by_link
from myotome.knowledge.aftercare import NO, after_check
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, LinkExpired, NotAllowed, NotFound, TooManyAttempts, VisitLocked
from myotome.vocabulary.needling import NeedleState
from tests.factories import (
    AT,
    a_needle,
    a_patient,
    a_practitioner,
    a_receptionist,
    a_user,
    an_actor,
    an_open_visit,
    boxed,
)

pytestmark = pytest.mark.django_db
NEXT_DAY = AT + timedelta(hours=24)
CLINICAL = ("needle", "muscle", "back", "leg", "sore", "breath", "faint", "lung", "ims", "acupuncture", "pain")


def closed(n_needles: int = 1):
    """(visit that is closed, the practitioner's actor, its check or None)."""
    visit, elena = an_open_visit()
    for _ in range(n_needles):
        record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    visit = close_visit(by=elena, at=AT, visit_id=visit.pk, version=1, **boxed(n_needles))
    return visit, elena, ask_after_visit(by=elena, at=AT, visit=visit)


def say(check: AfterCheck, **answers: str):
    """Her answers, by link, at the hour she is asked."""
    hannah = patient_by_link(check.visit.course.patient, check.clinic)
    for question, choice in answers.items():
        answer_check(by=hannah, at=NEXT_DAY, check=check, question=question, choice=choice)
    return hannah


def all_no() -> dict[str, str]:
    return {question.code: NO for question in after_check().questions}


def test_it_is_asked_once_a_day_after_a_visit_in_which_needles_went_in():
    visit, elena, check = closed()
    assert check.due_at == NEXT_DAY
    assert ask_after_visit(by=elena, at=NEXT_DAY, visit=visit) == check
    assert AfterCheck.objects.count() == 1
    assert DBTaskResult.objects.filter(task_path__endswith="send_check").count() == 1


def test_after_a_visit_without_a_needle_nobody_is_asked():
    visit, elena = an_open_visit()
    assert ask_after_visit(by=elena, at=AT, visit=visit) is None
    visit = close_visit(by=elena, at=AT, visit_id=visit.pk, version=1, **boxed(0))
    assert ask_after_visit(by=elena, at=AT, visit=visit) is None


def test_a_needle_found_in_a_visit_that_was_closed_without_any_is_asked_about_too():
    visit, elena, check = closed(0)
    assert check is None
    needle_responded(by=elena, at=NEXT_DAY, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    assert AfterCheck.objects.get().visit == visit


def test_the_link_waits_for_the_end_of_the_quiet_hours():
    visit, elena = an_open_visit()
    rules, _ = DiaryRules.objects.get_or_create(clinic=visit.clinic)
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    late = AT + timedelta(hours=13, minutes=30)  # 22:30 on the clinic's wall
    visit = close_visit(by=elena, at=late, visit_id=visit.pk, version=1, **boxed(1))
    due = ask_after_visit(by=elena, at=late, visit=visit).due_at
    assert due > late + timedelta(hours=24)
    assert due.astimezone(ZoneInfo(visit.clinic.time_zone)).time() == rules.quiet_until


def test_the_mail_has_the_link_and_nothing_of_her_health_and_goes_once():
    _visit, _elena, check = closed()
    now = timezone.now()
    AfterCheck.objects.filter(pk=check.pk).update(expires_at=now + timedelta(days=1))
    for _ in range(2):
        send_check.func(check.pk, "mail")
    assert len(mail.outbox) == 1
    letter = mail.outbox[0]
    assert letter.to == ["hannah@example.org"]
    assert f"/alder/me/check/{check_link(check)}/" in letter.body
    said = letter.subject + letter.body.replace(check_link(check), "")
    assert [word for word in CLINICAL if word in said.lower()] == []


def test_a_link_that_could_not_be_sent_is_shown_as_not_sent(settings, monkeypatch):
    visit, _elena, check = closed()
    AfterCheck.objects.filter(pk=check.pk).update(expires_at=timezone.now() + timedelta(days=1))

    def no_server(self, *args, **kwargs):
        raise OSError("no mail server")

    monkeypatch.setattr("django.core.mail.EmailMessage.send", no_server)
    send_check.func(check.pk, "mail")
    check.refresh_from_db()
    assert (check.mail_at, check.n_failures) == (None, 1)
    assert check_story(visit, at=NEXT_DAY + timedelta(hours=1)).state == "not_sent"


def test_by_sms_it_goes_where_she_wants_messages_that_way(settings, monkeypatch):
    settings.SMS_URL = "console:"
    visit, elena = an_open_visit()
    ContactWish.objects.create(clinic=visit.clinic, patient=visit.course.patient, by_sms=True, changed_at=AT)
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    visit = close_visit(by=elena, at=AT, visit_id=visit.pk, version=1, **boxed(1))
    check = ask_after_visit(by=elena, at=AT, visit=visit)
    assert DBTaskResult.objects.filter(task_path__endswith="send_check").count() == 2
    AfterCheck.objects.filter(pk=check.pk).update(expires_at=timezone.now() + timedelta(days=1))
    sent = []
    monkeypatch.setattr("myotome.exchange.sms.gateway.ConsoleGateway.send", lambda _self, to, text: sent.append(text))
    send_check.func(check.pk, "sms")
    send_check.func(check.pk, "sms")
    assert len(sent) == 1
    assert check_link(check) in sent[0]


def test_her_birth_date_opens_it_and_five_wrong_ones_close_it():
    _visit, _elena, check = closed()
    hannah = patient_by_link(check.visit.course.patient, check.clinic)
    right = check.visit.course.patient.born_on
    assert open_check_with_birth_date(by=hannah, at=NEXT_DAY, check=check, born_on=right)
    for _ in range(5):
        assert not open_check_with_birth_date(by=hannah, at=NEXT_DAY, check=check, born_on=right.replace(year=1970))
    with pytest.raises(TooManyAttempts):
        check_by_link(check.clinic, check_link(check), at=NEXT_DAY)


def test_the_link_runs_out_after_two_weeks_and_stands_on_her_page_until_then():
    _visit, _elena, check = closed()
    hannah = patient_by_link(check.visit.course.patient, check.clinic)
    assert check_due(hannah, at=NEXT_DAY - timedelta(minutes=1)) is None
    assert check_due(hannah, at=NEXT_DAY) == check
    assert check_due(patient_by_link(a_patient(check.clinic, given_name="Omar"), check.clinic), at=NEXT_DAY) is None
    over = NEXT_DAY + timedelta(days=14)
    assert check_due(hannah, at=over) is None
    with pytest.raises(LinkExpired):
        check_by_link(check.clinic, check_link(check), at=over)
    with pytest.raises(NotFound):
        check_by_link(check.clinic, "WzEsMV0:nonsense", at=NEXT_DAY)


def test_no_to_every_question_is_none_and_no_event():
    visit, _elena, check = closed()
    finish_check(by=say(check, **all_no()), at=NEXT_DAY, check=check)
    assert check_story(visit, at=NEXT_DAY).is_none
    assert not AdverseEvent.objects.exists()
    assert not Incident.objects.exists()


def test_what_she_felt_becomes_a_graded_event_when_she_sends_her_answers():
    visit, _elena, check = closed()
    hannah = say(check, **all_no() | {"sore": "much", "bruise": "small"})
    assert not AdverseEvent.objects.exists()
    for _ in range(2):
        finish_check(by=hannah, at=NEXT_DAY, check=check)
    events = AdverseEvent.objects.order_by("kind").values_list("visit", "kind", "grade")
    assert list(events) == [(visit.pk, "haematoma", "mild"), (visit.pk, "pain_after", "moderate")]
    assert not Incident.objects.exists()


def test_a_skipped_question_is_never_a_no():
    visit, _elena, check = closed()
    finish_check(by=say(check, **all_no() | {"breath": ""}), at=NEXT_DAY, check=check)
    story = check_story(visit, at=NEXT_DAY)
    assert (story.is_none, story.n_skipped, story.told) == (False, 1, ())


def test_an_unanswered_check_is_shown_as_unanswered():
    visit, _elena, check = closed()
    assert check_story(visit, at=AT).state == "waiting"
    AfterCheck.objects.filter(pk=check.pk).update(mail_at=NEXT_DAY)
    assert check_story(visit, at=NEXT_DAY + timedelta(days=20)).state == "unanswered"
    AfterCheck.objects.filter(pk=check.pk).update(opened_at=NEXT_DAY)
    say(check, faint=NO)
    assert check_story(visit, at=NEXT_DAY).state == "begun"
    assert [row.is_answered for row in asked_in(check)].count(True) == 1


@pytest.mark.parametrize(
    ("question", "choice", "grade", "incident"),
    [
        ("breath", "still", "major", "breathless_after_the_visit"),
        ("breath", "gone", "moderate", "breathless_after_the_visit"),
        ("faint", "fainted", "moderate", "faint_after_the_visit"),
        ("infection", "fever", "moderate", "infection_after_the_visit"),
        ("infection", "place", "moderate", "infection_after_the_visit"),
        ("nerve", "still", "moderate", "nerve_symptom_after_the_visit"),
    ],
)
def test_what_cannot_wait_is_an_event_and_an_open_incident_before_she_goes_on(question, choice, grade, incident):
    visit, elena, check = closed()
    say(check, **{question: choice})
    owner = an_actor(a_user(visit.clinic, Role.OWNER, name="Olga"), visit.clinic)
    assert [(row.visit_id, row.grade) for row in AdverseEvent.objects.all()] == [(visit.pk, grade)]
    assert [row.kind for row in calls_waiting(elena)] == [row.kind for row in incidents_open(owner)] == [incident]
    assert reviews_waiting(elena) == []
    assert DBTaskResult.objects.filter(task_path__endswith="send_alarm").count() == 1


def test_a_colleague_without_the_patient_sees_no_call():
    visit, _elena, check = closed()
    say(check, breath="still")
    assert calls_waiting(an_actor(a_practitioner(visit.clinic, name="David Okafor").user, visit.clinic)) == []


def test_what_she_takes_back_stays_on_record_and_the_same_again_opens_nothing_more():
    _visit, _elena, check = closed()
    say(check, breath="still")
    say(check, breath="no")
    hannah = say(check, breath="still")
    assert Incident.objects.count() == 1
    finish_check(by=hannah, at=NEXT_DAY, check=check)
    assert Incident.objects.get().resolved_at is None
    assert set(AdverseEvent.objects.values_list("kind", flat=True)) == {"breathless"}


def test_an_incident_she_told_stays_open_until_somebody_says_what_came_of_it():
    _visit, elena, check = closed()
    say(check, faint="fainted")
    incident = calls_waiting(elena)[0]
    with pytest.raises(InvalidValue):
        resolve_incident(by=elena, at=NEXT_DAY, incident_id=incident.pk, resolution=" ")
    resolve_incident(by=elena, at=NEXT_DAY, incident_id=incident.pk, resolution="phoned: well, ate nothing before")
    assert calls_waiting(elena) == []


def test_practitioner_and_owners_are_written_to_once_without_a_word_of_her_health_or_name():
    visit, _elena, check = closed()
    a_user(visit.clinic, Role.OWNER, name="Olga", email="olga@example.org")
    say(check, breath="still")
    answer = check.answers.get()
    for _ in range(2):
        send_alarm.func(answer.pk, 0)
    assert sorted(to for letter in mail.outbox for to in letter.to) == sorted(
        ["olga@example.org", visit.practitioner.user.email]
    )
    for letter in letters_for(visit, at=NEXT_DAY):
        said = (letter.subject + letter.body).lower()
        assert [word for word in (*CLINICAL, "hannah", "lindqvist") if word in said] == []


def test_a_letter_that_cannot_be_sent_is_tried_again(monkeypatch):
    _visit, _elena, check = closed()
    say(check, breath="still")
    answer = check.answers.get()
    DBTaskResult.objects.all().delete()

    def no_server(self, *args, **kwargs):
        raise OSError("no mail server")

    monkeypatch.setattr("django.core.mail.EmailMessage.send", no_server)
    send_alarm.func(answer.pk, 0)
    answer.refresh_from_db()
    assert answer.told_at is None
    assert DBTaskResult.objects.get().args_kwargs["args"] == [answer.pk, 1]


@pytest.mark.parametrize(("question", "choice"), [("breath", "perhaps"), ("weather", "no")])
def test_only_the_questions_and_their_answers_are_taken(question, choice):
    _visit, _elena, check = closed()
    with pytest.raises(InvalidValue):
        say(check, **{question: choice})


def test_after_they_are_sent_answers_do_not_change():
    _visit, _elena, check = closed()
    finish_check(by=say(check, **all_no()), at=NEXT_DAY, check=check)
    with pytest.raises(VisitLocked):
        say(check, breath="still")


def test_the_mail_says_where_to_turn_in_an_emergency():
    _visit, _elena, check = closed()
    assert "call 911" in message_for(check).body


def robin_of(visit):
    return an_actor(a_receptionist(visit.clinic), visit.clinic)


def test_whom_no_link_could_reach_stands_with_the_desk_until_somebody_has_asked():
    visit, elena, check = closed()
    robin, later = robin_of(visit), NEXT_DAY + timedelta(hours=2)
    assert checks_to_phone(robin, at=NEXT_DAY) == [], "its worker may be on the way"
    assert checks_to_phone(robin, at=later) == checks_to_phone(elena, at=later) == [check]
    other = an_actor(a_practitioner(visit.clinic, name="David Okafor").user, visit.clinic)
    assert checks_to_phone(other, at=later) == [], "he does not treat her"
    answered_by_telephone(by=robin, at=later, visit_id=visit.pk, answers=all_no())
    assert checks_to_phone(robin, at=later) == []


def test_a_link_that_went_out_is_no_call():
    visit, _elena, check = closed()
    AfterCheck.objects.filter(pk=check.pk).update(mail_at=NEXT_DAY)
    assert checks_to_phone(robin_of(visit), at=NEXT_DAY + timedelta(hours=2)) == []


def test_what_she_says_on_the_telephone_is_on_record_with_the_name_of_who_asked():
    visit, elena, check = closed()
    robin = robin_of(visit)
    for _ in range(2):
        answered_by_telephone(
            by=robin, at=NEXT_DAY, visit_id=visit.pk, answers=all_no() | {"sore": "much", "tired": ""}
        )
    story = check_story(visit, at=NEXT_DAY)
    assert (story.state, story.check.asked_by, story.n_skipped) == ("answered", robin.name, 1)
    assert [(row.kind, row.grade, row.reported_by) for row in AdverseEvent.objects.all()] == [
        ("pain_after", "moderate", robin.name)
    ]
    with pytest.raises(VisitLocked):
        answered_by_telephone(by=elena, at=NEXT_DAY, visit_id=visit.pk, answers=all_no())
    with pytest.raises(VisitLocked):
        say(check, breath="still")


def test_on_the_telephone_what_cannot_wait_escalates_as_by_the_link():
    visit, elena, _check = closed()
    answered_by_telephone(by=robin_of(visit), at=NEXT_DAY, visit_id=visit.pk, answers={"breath": "still"})
    assert [row.kind for row in calls_waiting(elena)] == ["breathless_after_the_visit"]
    assert DBTaskResult.objects.filter(task_path__endswith="send_alarm").count() == 1
    assert check_story(visit, at=NEXT_DAY).n_skipped == len(after_check().questions) - 1


def test_what_she_had_answered_by_the_link_stays_unless_she_says_otherwise():
    visit, _elena, check = closed()
    say(check, faint="nearly", bruise="small")
    answered_by_telephone(by=robin_of(visit), at=NEXT_DAY, visit_id=visit.pk, answers={"bruise": NO})
    told = {row.question.code: row.choice.code for row in check_story(visit, at=NEXT_DAY).told}
    assert told == {"faint": "nearly"}


@pytest.mark.parametrize(("answers", "error"), [({}, InvalidValue), ({"breath": "perhaps"}, InvalidValue)])
def test_a_telephone_form_without_an_answer_or_with_none_of_them_writes_nothing(answers, error):
    visit, _elena, _check = closed()
    with pytest.raises(error):
        answered_by_telephone(by=robin_of(visit), at=NEXT_DAY, visit_id=visit.pk, answers=answers)
    assert check_story(visit, at=NEXT_DAY).state == "not_sent"


def test_nobody_is_phoned_before_it_is_due_or_by_who_does_not_treat_her():
    visit, elena, _check = closed()
    stranger = an_actor(a_practitioner(visit.clinic, name="David Okafor").user, visit.clinic)
    for by, at in ((elena, NEXT_DAY - timedelta(minutes=1)), (stranger, NEXT_DAY)):
        with pytest.raises(NotFound):
            answered_by_telephone(by=by, at=at, visit_id=visit.pk, answers=all_no())
    with pytest.raises(NotAllowed):
        checks_to_phone(an_actor(a_user(visit.clinic, Role.OWNER, name="Olga"), visit.clinic), at=NEXT_DAY)
