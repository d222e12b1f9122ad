"""A letter that the program died with: nobody knows whether it went out, the desk is told so, and a person decides."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.booking.models import Appointment, ContactWish, DiaryRules, Offered, Service
from myotome.clinic.booking.openings import open_a_time, send_offer
from myotome.clinic.booking.queries import free_times_for
from myotome.clinic.booking.waitlist import wait_for
from myotome.clinic.followup.asking import ask
from myotome.clinic.followup.models import MeasureRequest
from myotome.clinic.followup.notices import send_questions
from myotome.clinic.needling.actions import close_visit, open_visit, record_insertion
from myotome.clinic.needling.after_queries import check_story
from myotome.clinic.needling.aftercare import ask_after_visit
from myotome.clinic.needling.check_notices import send_check
from myotome.clinic.needling.models import AfterCheck
from myotome.clinic.pathway.unsent import letter_settled, letters_unsent, n_unsent
from myotome.clinic.people.models import User
from myotome.clinic.people.outgoing import LONGEST_SENDING, SHOWN_FROM_FAILURES
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import AlreadyBooked, InvalidValue, NotAllowed, NotFound
from myotome.vocabulary.measures import Occasion
from myotome.vocabulary.needling import NeedleState, TreatmentMode
from tests.factories import (
    a_clinic,
    a_consent,
    a_course,
    a_needle,
    a_patient,
    a_practitioner,
    a_receptionist,
    a_user,
    an_actor,
    boxed,
    the_system,
)

pytestmark = pytest.mark.django_db
JOBS = {"offer": send_offer, "questions": send_questions, "check": send_check}
ROWS = {"offer": Offered, "questions": MeasureRequest, "check": AfterCheck}


@pytest.fixture
def house():
    """(clinic, the receptionist's actor, the practitioner's, letters by kind: each queued and not sent yet)."""
    clinic = a_clinic()
    DiaryRules.objects.create(clinic=clinic, undo_seconds=0, quiet_from="00:00", quiet_until="00:00")
    elena, robin = a_practitioner(clinic), an_actor(a_receptionist(clinic), clinic)
    hannah = a_patient(clinic, in_care_of=elena)
    course, now = a_course(clinic, hannah, opened_at=timezone.now()), timezone.now()
    service = Service.objects.get(clinic=clinic, kind="ims")
    wait_for(
        by=robin, at=now, patient_id=hannah.pk, service_id=service.pk, first_day=now.date(),
        last_day=now.date() + timedelta(days=30), course_id=course.pk,
    )  # fmt: skip
    open_a_time(
        by=the_system(clinic), at=now, service_id=service.pk, practitioner_id=elena.pk,
        starts_at=a_free_time(robin, service, now),
    )  # fmt: skip
    doctor = an_actor(elena.user, clinic)
    questions = ask(by=doctor, at=now, course=course, occasion=Occasion.DISCHARGE, due_on=now.date())
    a_consent(course)
    visit = open_visit(by=doctor, at=now, course_id=course.pk, mode=TreatmentMode.IMS)
    record_insertion(by=doctor, at=now, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    visit = close_visit(by=doctor, at=now, visit_id=visit.pk, version=1, **boxed(1))
    check = ask_after_visit(by=doctor, at=now, visit=visit)
    letters = {"offer": Offered.objects.get().pk, "questions": questions.pk, "check": check.pk}
    return clinic, robin, doctor, letters


def a_free_time(actor, service, now):
    day = now.date() + timedelta(days=3)
    return free_times_for(actor, service=service, first_day=day, n_days=9, at=now)[0].starts_at


def send(kind, pk):
    JOBS[kind].func(pk, *(["mail"] if kind == "check" else []))


def die_with(kind, pk, monkeypatch, *, minutes=10):
    """The worker ends while the letter is with the mail server, and so many minutes pass."""

    def dies(message, fail_silently=False):
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(EmailMultiAlternatives, "send", dies)
        with pytest.raises(SystemExit):
            send(kind, pk)
    mark = "mail_going_since" if kind == "check" else "going_since"
    since = timezone.now() - timedelta(minutes=minutes)
    assert ROWS[kind].objects.filter(pk=pk).update(**{mark: since}) == 1


def settle(by, kind, pk, how, at=None):
    return letter_settled(by=by, at=at or timezone.now(), kind=kind, pk=pk, how=how)


def at_the_desk(actor, at=None):
    return [(row.kind, row.is_not_known) for row in letters_unsent(actor, at=at or timezone.now())]


@pytest.mark.parametrize("kind", JOBS)
def test_what_a_program_died_with_is_not_known_and_no_program_sends_it_a_second_time(house, monkeypatch, kind):
    _, robin, _, letters = house
    die_with(kind, letters[kind], monkeypatch)
    for _ in range(3):
        send(kind, letters[kind])
    assert mail.outbox == []
    assert at_the_desk(robin) == [(kind, True)]
    assert n_unsent(robin, at=timezone.now()) == 1


@pytest.mark.parametrize("kind", JOBS)
def test_within_ten_minutes_it_may_still_be_on_its_way(house, monkeypatch, kind):
    assert timedelta(minutes=10) == LONGEST_SENDING
    die_with(kind, house[3][kind], monkeypatch, minutes=9)
    assert at_the_desk(house[1]) == []
    assert not settle(house[1], kind, house[3][kind], "again")


@pytest.mark.parametrize("kind", JOBS)
def test_sent_again_by_the_desk_it_goes_out_once_and_leaves_the_list(house, monkeypatch, kind):
    _, robin, _, letters = house
    die_with(kind, letters[kind], monkeypatch)
    queued = DBTaskResult.objects.filter(task_path=JOBS[kind].module_path)
    before = queued.count()
    assert [settle(robin, kind, letters[kind], "again") for _ in range(2)] == [True, False]
    assert queued.count() == before + 1
    for _ in range(2):
        send(kind, letters[kind])
    assert len(mail.outbox) == 1
    assert at_the_desk(robin) == []
    assert AuditEvent.objects.get(act="letter.tried_again").detail["kind"] == kind


@pytest.mark.parametrize("kind", ["offer", "questions"])
def test_a_mail_server_that_is_away_for_half_an_hour_is_shown_and_waited_for(house, monkeypatch, kind):
    def refuses(message, fail_silently=False):
        raise ConnectionRefusedError("no mail server")

    with monkeypatch.context() as patch:
        patch.setattr(EmailMultiAlternatives, "send", refuses)
        for n in range(1, SHOWN_FROM_FAILURES + 1):
            assert at_the_desk(house[1]) == []
            send(kind, house[3][kind])
            assert ROWS[kind].objects.get().n_failures == n
    assert at_the_desk(house[1]) == [(kind, False)]
    send(kind, house[3][kind])
    assert at_the_desk(house[1]) == []
    assert len(mail.outbox) == 1


def test_who_was_phoned_about_her_questions_is_not_written_to_any_more(house, monkeypatch):
    _, robin, _, letters = house
    die_with("questions", letters["questions"], monkeypatch)
    assert [settle(robin, "questions", letters["questions"], "phoned") for _ in range(2)] == [True, False]
    send("questions", letters["questions"])
    assert mail.outbox == []
    assert at_the_desk(robin) == []
    assert AuditEvent.objects.filter(act="letter.told_by_phone").count() == 1


def test_her_yes_on_the_telephone_books_the_time_once(house, monkeypatch):
    clinic, robin, _, letters = house
    die_with("offer", letters["offer"], monkeypatch)
    assert [settle(robin, "offer", letters["offer"], "yes") for _ in range(2)] == [True, False]
    made = Appointment.objects.get(clinic=clinic)
    assert made.starts_at == Offered.objects.get().opening.starts_at
    assert at_the_desk(robin) == []


def test_her_no_on_the_telephone_gives_the_time_to_the_next(house, monkeypatch):
    clinic, robin, _, letters = house
    omar = a_patient(clinic, given_name="Omar", email="omar@example.org")
    a_course(clinic, omar)
    offer = Offered.objects.get()
    today = timezone.now().date()
    wait_for(
        by=robin, at=timezone.now(), patient_id=omar.pk, service_id=offer.opening.service_id, first_day=today,
        last_day=today + timedelta(days=30),
    )  # fmt: skip
    die_with("offer", letters["offer"], monkeypatch)
    assert settle(robin, "offer", letters["offer"], "no")
    assert Offered.objects.latest("pk").wish.patient == omar
    assert not Appointment.objects.exists()


def test_an_offer_that_has_run_out_or_was_answered_is_not_phoned_about(house, monkeypatch):
    _, robin, _, letters = house
    die_with("offer", letters["offer"], monkeypatch)
    offer = Offered.objects.get()
    assert at_the_desk(robin, at=offer.expires_at) == []
    assert not settle(robin, "offer", offer.pk, "again", at=offer.expires_at)
    assert not settle(robin, "offer", offer.pk, "yes", at=offer.expires_at)
    Offered.objects.update(answered_at=timezone.now(), said_yes=False)
    assert at_the_desk(robin) == []


def test_a_yes_that_comes_too_late_is_said_so_and_nothing_is_booked(house, monkeypatch):
    _, robin, _, letters = house
    die_with("offer", letters["offer"], monkeypatch)
    monkeypatch.setattr(
        "myotome.clinic.pathway.unsent.say_yes", lambda **_: (_ for _ in ()).throw(AlreadyBooked("given away"))
    )
    with pytest.raises(AlreadyBooked):
        settle(robin, "offer", letters["offer"], "yes")
    assert at_the_desk(robin) == [("offer", True)]


def test_a_check_is_phoned_about_by_asking_its_questions_and_its_page_says_that_nobody_knows(house, monkeypatch):
    _, robin, _, letters = house
    visit = AfterCheck.objects.get().visit
    die_with("check", letters["check"], monkeypatch)
    with pytest.raises(InvalidValue):
        settle(robin, "check", letters["check"], "phoned")
    assert check_story(visit, at=timezone.now() + timedelta(days=1)).state == "not_known"


def test_a_check_that_went_by_sms_too_has_reached_her(house, monkeypatch, settings):
    settings.SMS_URL = "console:"
    clinic, robin, _, _ = house
    check = AfterCheck.objects.get()
    ContactWish.objects.create(
        clinic=clinic, patient=check.visit.course.patient, by_sms=True, changed_at=timezone.now()
    )
    die_with("check", check.pk, monkeypatch)
    send_check.func(check.pk, "sms")
    assert at_the_desk(robin) == []
    assert check_story(check.visit, at=timezone.now() + timedelta(days=1)).state == "unanswered"


def test_without_sms_wanted_a_check_sent_again_goes_by_mail_alone(house, monkeypatch):
    _, robin, _, letters = house
    DBTaskResult.objects.all().delete()
    die_with("check", letters["check"], monkeypatch)
    settle(robin, "check", letters["check"], "again")
    assert [job.args_kwargs["args"] for job in DBTaskResult.objects.all()] == [[letters["check"], "mail"]]


@pytest.mark.parametrize("kind", ["questions", "check"])
def test_a_practitioner_sees_and_settles_those_of_her_own_patients(house, monkeypatch, kind):
    clinic, _, elena, letters = house
    david = an_actor(a_practitioner(clinic, name="David Okafor").user, clinic)
    die_with(kind, letters[kind], monkeypatch)
    assert (at_the_desk(elena), at_the_desk(david)) == ([(kind, True)], [])
    with pytest.raises(NotFound):
        settle(david, kind, letters[kind], "again")


def test_another_clinic_an_owner_and_a_kind_that_there_is_not_settle_nothing(house, monkeypatch):
    clinic, robin, _, letters = house
    die_with("offer", letters["offer"], monkeypatch)
    birch = a_clinic("birch")
    stranger = an_actor(a_receptionist(birch), birch)
    for by, kind, pk in ((stranger, "offer", letters["offer"]), (robin, "letters", 1), (robin, "offer", 2**62)):
        with pytest.raises(NotFound):
            settle(by, kind, pk, "again")
    with pytest.raises(NotAllowed):
        settle(an_actor(a_user(clinic, Role.OWNER), clinic), "offer", letters["offer"], "again")
    for kind, how in (("offer", "phoned"), ("offer", ""), ("questions", "yes"), ("questions", "x" * 9999)):
        with pytest.raises(InvalidValue):
            settle(robin, kind, letters[kind], how)
    assert at_the_desk(robin) == [("offer", True)]


def test_the_page_says_whom_to_phone_about_what_and_its_buttons_settle_it(house, monkeypatch, client):
    clinic, robin, _, letters = house
    client.force_login(User.objects.get(pk=robin.user_id))
    for kind, pk in letters.items():
        die_with(kind, pk, monkeypatch)
    assert (
        "3 messages did not go out" in client.get(reverse("desk:day", kwargs={"clinic": clinic.slug})).content.decode()
    )
    address = reverse("booking:unsent", kwargs={"clinic": clinic.slug})
    with CaptureQueriesContext(connection) as captured:
        page = client.get(address).content.decode()
    assert len(captured) <= 15
    assert page.count("604 555 0199") == page.count("not known whether it went out") == 3
    for words in ("not offered from the waiting list", "the link to her questions", "Ask how she is", "she takes it"):
        assert words in page

    def press(kind, how):
        row = reverse("booking:settle_letter", kwargs={"clinic": clinic.slug, "letter": kind, "number": letters[kind]})
        return client.post(row, {"how": how}, follow=True).content.decode()

    assert "one of the buttons" in press("offer", "")
    assert "Booked." in press("offer", "yes")
    assert "settled already" in press("offer", "yes")
    assert "not sent any more" in press("questions", "phoned")
    assert "being sent again" in press("check", "again")
    assert "None: everybody has been told." in client.get(address).content.decode()
