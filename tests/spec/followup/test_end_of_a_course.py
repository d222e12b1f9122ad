"""How a course ends, what is asked afterwards, and how it begins again."""

import re
from contextlib import nullcontext
from datetime import timedelta

import pytest
from django.core import mail
from django_tasks_db.models import DBTaskResult

from myotome.clinic.booking.models import ContactWish
from myotome.clinic.followup.actions import discharge, finish
from myotome.clinic.followup.models import MeasureRequest
from myotome.clinic.followup.notices import message_for, send_questions
from myotome.clinic.followup.wishes import choose_questions, wants_later_questions
from myotome.clinic.followup.yearly import ask_next_years, look_for_next_years
from myotome.clinic.people.merging import merge_patients, unmerge_patients
from myotome.clinic.screening.courses import reopen_after_relapse
from myotome.vocabulary.courses import CourseOutcome
from myotome.vocabulary.errors import InvalidValue, NotAllowed, StaleVersion
from myotome.vocabulary.measures import Occasion
from tests.clinic.followup.courses import a_course_in_care, asked, with_visits
from tests.factories import AT, a_patient, a_receptionist, an_actor, the_system

pytestmark = pytest.mark.django_db


def ended(course, actor, outcome=CourseOutcome.RECOVERED, reason="", version=None):
    return discharge(
        by=actor, at=AT, course_id=course.pk, version=version or course.version, outcome=outcome, reason=reason
    )


@pytest.mark.parametrize(
    ("outcome", "needs_a_reason"),
    [
        (CourseOutcome.RECOVERED, False),
        (CourseOutcome.PLATEAUED, True),
        (CourseOutcome.REFERRED, True),
        (CourseOutcome.LEFT, False),
    ],
)
def test_a_course_ends_in_one_of_four_ways_and_a_plateau_or_referral_says_why(outcome, needs_a_reason):
    course, actor = a_course_in_care()
    if needs_a_reason:
        with pytest.raises(InvalidValue):
            ended(course, actor, outcome, reason="  ")
    row = ended(course, actor, outcome, reason="to her family doctor")
    course.refresh_from_db()
    assert (row.outcome, course.outcome, course.closed_at) == (outcome.value, outcome.value, AT)
    assert row.definition_version == "recovered-1"
    assert row.discharged_by == actor.name


def test_what_the_definitions_say_is_kept_with_the_end_and_refuses_nothing():
    course, actor = a_course_in_care()
    with_visits(course, [8, 8, 2])
    row = ended(course, actor, CourseOutcome.RECOVERED)
    kept = row.summary["definitions"]
    assert {code: (held["version"], held["holds"]) for code, held in kept.items()} == {
        "responder": ("responder-2", None),
        "recovered": ("recovered-1", False),
        "plateau": ("plateau-1", None),
        "relapse": ("relapse-1", False),
    }
    assert "Average pain was 2 on 2026-11-24." in kept["recovered"]["against"]


def test_after_the_end_she_is_asked_at_once_and_after_3_6_and_12_months():
    course, actor = a_course_in_care()
    ended(course, actor)
    rows = MeasureRequest.objects.filter(course=course).order_by("due_on")
    assert [row.occasion for row in rows] == ["discharge", "follow_up", "follow_up", "follow_up"]
    assert [(row.due_on - AT.date()).days for row in rows] == [0, 91, 183, 365]


def test_who_answers_a_year_has_the_next_one_at_once():
    course, actor = a_course_in_care()
    ended(course, actor)
    rows = list(MeasureRequest.objects.filter(course=course, occasion="follow_up").order_by("due_on"))
    finish(by=the_system(course.clinic), at=AT + timedelta(days=92), request=rows[0])
    assert MeasureRequest.objects.filter(course=course, occasion="follow_up").count() == 3
    finish(by=the_system(course.clinic), at=AT + timedelta(days=366), request=rows[2])
    newest = MeasureRequest.objects.filter(course=course).latest("due_on")
    assert newest.due_on == rows[2].due_on + timedelta(days=365)


def test_a_year_that_nobody_answered_does_not_end_the_years():
    course, actor = a_course_in_care()
    ended(course, actor)
    for year in range(1, 5):
        before = AT + timedelta(days=365 * year - 2)
        assert ask_next_years(at=before) == 0
        assert ask_next_years(at=before + timedelta(days=3)) == 1
        assert ask_next_years(at=before + timedelta(days=3)) == 0
    assert asked_yearly(course) == [365, 730, 1095, 1460, 1825]


def test_an_answer_after_the_next_year_was_planned_plans_no_second_one():
    course, actor = a_course_in_care()
    ended(course, actor)
    ask_next_years(at=AT + timedelta(days=366))
    first = MeasureRequest.objects.get(course=course, due_on=AT.date() + timedelta(days=365))
    finish(by=the_system(course.clinic), at=AT + timedelta(days=370), request=first)
    assert asked_yearly(course) == [365, 730]


def test_years_that_were_not_asked_are_not_asked_afterwards_and_the_next_one_is():
    course, actor = a_course_in_care()
    ended(course, actor)
    assert ask_next_years(at=AT + timedelta(days=365 * 3 + 100)) == 1
    assert asked_yearly(course) == [365, 365 * 4]


def test_nobody_is_asked_for_years_while_her_course_goes_on():
    course, _ = a_course_in_care()
    asked(course, days_ago=20, occasion=Occasion.FOLLOW_UP)
    assert ask_next_years(at=AT) == 0


def test_the_next_years_of_joined_records_are_asked_of_the_record_that_was_kept():
    course, actor = a_course_in_care()
    ended(course, actor)
    kept = a_patient(course.clinic, email="kept@example.org")
    merge_patients(
        by=an_actor(a_receptionist(course.clinic), course.clinic),
        at=AT,
        keep_id=kept.pk,
        merge_id=course.patient_id,
    )
    ask_next_years(at=AT + timedelta(days=366))
    assert MeasureRequest.objects.latest("due_on").course.patient == kept


def test_who_wants_no_later_questions_gets_none_until_she_wants_them_again():
    course, actor = a_course_in_care()
    ended(course, actor)
    choose_questions(by=actor, at=AT, patient=course.patient, later=False)
    MeasureRequest.objects.filter(course=course).update(expires_at=AT + timedelta(days=9000))
    for request in MeasureRequest.objects.filter(course=course):
        send_questions.func(request.pk)
    assert len(mail.outbox) == 1, "the set at discharge belongs to the treatment"
    assert "do not want such questions" not in mail.outbox[0].body
    assert ask_next_years(at=AT + timedelta(days=366)) == 0
    year = MeasureRequest.objects.get(course=course, due_on=AT.date() + timedelta(days=365))
    finish(by=the_system(course.clinic), at=AT + timedelta(days=367), request=year)
    assert asked_yearly(course) == [365]
    choose_questions(by=actor, at=AT, patient=course.patient, later=True)
    assert ask_next_years(at=AT + timedelta(days=365 * 2 + 1)) == 1
    assert asked_yearly(course) == [365, 365 * 3]


@pytest.mark.parametrize("kept_has_chosen", [True, False])
def test_of_joined_records_the_choice_of_the_kept_one_stands_and_else_that_of_the_other(kept_has_chosen):
    course, actor = a_course_in_care()
    kept = a_patient(course.clinic, email="kept@example.org")
    choose_questions(by=actor, at=AT, patient=course.patient, later=False)
    if kept_has_chosen:
        choose_questions(by=actor, at=AT, patient=kept, later=True)
    desk = an_actor(a_receptionist(course.clinic), course.clinic)
    joined = merge_patients(by=desk, at=AT, keep_id=kept.pk, merge_id=course.patient_id)
    assert wants_later_questions(kept) is kept_has_chosen
    unmerge_patients(by=desk, at=AT, merge_id=joined.pk)
    assert not wants_later_questions(course.patient)


def test_each_later_mail_says_how_to_end_such_questions_and_the_page_ends_them(client):
    course, actor = a_course_in_care()
    ended(course, actor)
    letter = message_for(MeasureRequest.objects.filter(course=course, occasion="follow_up").first())
    (url,) = re.findall(r"https?://[^/]+(/\S+/book/mail/\S+/)", letter.body)
    assert url in letter.extra_headers["List-Unsubscribe"]
    assert "Questions on how I am after my treatment has ended" in client.get(url).content.decode()
    client.post(url, {"send": ["reminders", "offers"]})
    wish = ContactWish.objects.get(patient=course.patient)
    assert (wish.no_reminders, wish.no_offers, wants_later_questions(course.patient)) == (False, False, False)
    client.post(url, {"send": ["questions"]})
    wish.refresh_from_db()
    assert (wish.no_reminders, wants_later_questions(course.patient)) == (True, True)


@pytest.mark.parametrize("fails", [False, True])
def test_the_end_of_a_course_queues_one_look_for_next_years_which_queues_itself(fails, monkeypatch):
    looks = DBTaskResult.objects.filter(task_path=look_for_next_years.module_path, status="READY")
    look_for_next_years.func()
    assert not looks.exists()
    course, actor = a_course_in_care()
    ended(course, actor)
    assert looks.get().run_after == AT + timedelta(days=1)
    looks.delete()
    if fails:
        monkeypatch.setattr("myotome.clinic.followup.yearly.ask_next_years", lambda **_: 1 / 0)
    with pytest.raises(ZeroDivisionError) if fails else nullcontext():
        look_for_next_years.func()
    assert looks.count() == 1


def asked_yearly(course):
    """Days since the end of the follow-ups that come after whole years, in order."""
    days = [(row.due_on - AT.date()).days for row in MeasureRequest.objects.filter(course=course).order_by("due_on")]
    return [day for day in days if day and day % 365 == 0]


def test_a_course_ends_once_and_not_from_an_old_page():
    course, actor = a_course_in_care()
    ended(course, actor)
    with pytest.raises(StaleVersion):
        ended(course, actor)


def test_reception_does_not_end_a_course():
    course, _ = a_course_in_care()
    robin = an_actor(a_receptionist(course.clinic), course.clinic)
    with pytest.raises(NotAllowed):
        ended(course, robin)


def test_a_relapse_opens_a_new_course_that_is_linked_to_the_first():
    course, actor = a_course_in_care()
    ended(course, actor)
    again = reopen_after_relapse(by=actor, at=AT + timedelta(days=200), course_id=course.pk)
    assert again != course
    assert (again.relapse_of, again.complaint, again.closed_at) == (course, course.complaint, None)
    course.refresh_from_db()
    assert course.outcome == "recovered"
