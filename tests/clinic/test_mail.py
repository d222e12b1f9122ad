"""Mail to a real SMTP server: confirmation with its calendar file, at most once, lost nowhere when the server is down."""

import email
import socket
from datetime import time, timedelta
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from myotome.clinic.booking.actions import book, cancel, move, step
from myotome.clinic.booking.models import Appointment, DiaryRules, Notice, Service
from myotome.clinic.booking.notices import send_notice
from myotome.clinic.booking.preview import Wish, preview_series
from myotome.clinic.booking.queries import free_times_for
from myotome.clinic.booking.series import book_series
from myotome.clinic.people.letters import MOST_FAILURES
from myotome.clinic.people.models import Clinic
from myotome.exchange.icalendar.invitation import invitations_from
from myotome.vocabulary.scheduling import AppointmentStatus
from tests.factories import a_clinic, a_course, a_patient, a_practitioner, a_receptionist, an_actor

pytestmark = pytest.mark.django_db(transaction=True)


class Mailbox:
    """Receives what a real server would receive."""

    def __init__(self):
        self.messages = []

    async def handle_DATA(self, server, session, envelope):
        self.messages.append(email.message_from_bytes(envelope.content, policy=default))
        return "250 OK"


@pytest.fixture
def mailbox(settings):
    """An SMTP server on loopback; Django sends to it."""
    box = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    yield box
    server.stop()


def run_queue():
    """The worker, until nothing is due."""
    call_command("db_worker", batch=True, interval=0, verbosity=0, startup_delay=False)


@pytest.fixture
def booked(mailbox):
    """(appointment, receptionist): a visit some days ahead, booked but the worker has not run."""
    clinic = a_clinic(email="desk@alder.example")
    DiaryRules.objects.create(clinic=clinic, undo_seconds=0, quiet_from=time(0), quiet_until=time(0))
    elena = a_practitioner(clinic)
    robin = an_actor(a_receptionist(clinic), clinic)
    service = Service.objects.get(clinic=clinic, kind="assessment_ims")
    now = timezone.now()
    offers = free_times_for(robin, service=service, first_day=now.date() + timedelta(days=3), n_days=9, at=now)
    appointment = book(
        by=robin,
        at=now,
        patient_id=a_patient(clinic).pk,
        service_id=service.pk,
        practitioner_id=elena.pk,
        starts_at=offers[0].starts_at,
    )
    return appointment, robin, offers


def calendar_of(message):
    part = next(part for part in message.walk() if part.get_content_type() == "text/calendar")
    return part, invitations_from(part.get_payload(decode=True))[0]


def test_a_booking_is_confirmed_by_mail_with_a_calendar_file_and_no_word_of_her_health(booked, mailbox):
    appointment, _, _ = booked
    run_queue()
    (message,) = mailbox.messages
    part, invitation = calendar_of(message)
    assert message["To"] == "hannah@example.org"
    assert part.get_param("method") == "REQUEST"
    assert invitation.starts_at == appointment.starts_at
    assert invitation.sequence == 0
    body = message.get_body(("plain",)).get_content()
    assert "/book/manage/" in body
    for word in ("pain", "back", "IMS", "needle", "assessment"):
        assert word.lower() not in (body + str(message["Subject"]) + invitation.summary).lower()


def test_a_message_goes_out_once_however_often_its_job_runs(booked, mailbox):
    run_queue()
    notice = Notice.objects.get(kind="booked")
    for _ in range(3):
        send_notice.func(notice.pk)
    assert len(mailbox.messages) == 1


def test_a_move_and_a_cancellation_tell_the_same_event_with_a_higher_sequence(booked, mailbox):
    appointment, robin, offers = booked
    run_queue()
    later = next(offer for offer in offers if offer.starts_at.date() > appointment.starts_at.date())
    moved = move(by=robin, at=timezone.now(), appointment_id=appointment.pk, version=1, starts_at=later.starts_at)
    run_queue()
    cancel(by=robin, at=timezone.now(), appointment_id=moved.pk)
    run_queue()
    invitations = [calendar_of(message)[1] for message in mailbox.messages]
    assert [i.sequence for i in invitations] == [0, 1, 2]
    assert len({i.uid for i in invitations}) == 1
    assert [i.is_cancelled for i in invitations] == [False, False, True]


def test_the_invitation_stands_beside_the_text_and_as_a_file_and_names_who_asks_whom(booked, mailbox):
    run_queue()
    (message,) = mailbox.messages
    parts = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    assert [part.get_content_disposition() for part in parts] == [None, "attachment"]
    assert {part.get_param("method") for part in parts} == {"REQUEST"}
    assert {part.get_content_charset() for part in parts} == {"utf-8"}
    assert parts[0].get_payload(decode=True) == parts[1].get_payload(decode=True)
    assert message.get_content_type() == "multipart/mixed"
    (beside,) = [part for part in message.iter_parts() if part.get_content_type() == "multipart/alternative"]
    assert [part.get_content_type() for part in beside.iter_parts()] == ["text/plain", "text/calendar"]
    invitation = invitations_from(parts[0].get_payload(decode=True))[0]
    assert (invitation.clinic_email, invitation.patient_email) == ("desk@alder.example", "hannah@example.org")


def test_a_clinic_without_an_address_of_its_own_asks_from_the_one_it_sends_from(booked, mailbox, settings):
    settings.DEFAULT_FROM_EMAIL = "Alder <post@alder.example>"
    Clinic.objects.update(email="")
    run_queue()
    assert calendar_of(mailbox.messages[0])[1].clinic_email == "post@alder.example"


def test_a_cancellation_names_its_method(booked, mailbox):
    appointment, robin, _ = booked
    cancel(by=robin, at=timezone.now(), appointment_id=appointment.pk)
    run_queue()
    assert calendar_of(mailbox.messages[0])[0].get_param("method") == "CANCEL"


def test_a_series_is_one_message_with_an_invitation_for_each_visit(booked, mailbox):
    _, robin, offers = booked
    patient = a_patient(Clinic.objects.get(), given_name="Omar", email="omar@example.org")
    wish = Wish(
        service_id=Service.objects.get(kind="ims").pk,
        practitioner_id=offers[0].practitioner_id,
        first_day=offers[0].starts_at.date() + timedelta(days=7),
        at_time=time(13),
        n_visits=4,
    )
    a_course(patient.clinic, patient)
    visits = preview_series(robin, at=timezone.now(), patient_id=patient.pk, wish=wish).visits
    done = book_series(
        by=robin, at=timezone.now(), patient_id=patient.pk, service_id=wish.service_id,
        practitioner_id=wish.practitioner_id, starts=[visit.proposed.starts_at for visit in visits],
    )  # fmt: skip
    run_queue()
    (message,) = [message for message in mailbox.messages if message["To"] == "omar@example.org"]
    files = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    told = [invitations_from(part.get_payload(decode=True)) for part in files]
    assert [len(invitations) for invitations in told] == [1, 1, 1, 1], "a message of iTIP is about one UID"
    assert sorted(row.starts_at for (row,) in told) == sorted(row.starts_at for row in done.booked)
    assert len({row.uid for (row,) in told}) == 4
    assert [part.get_filename() for part in files] == [f"appointment-{n}.ics" for n in (1, 2, 3, 4)]


def test_a_time_moved_while_it_is_only_held_is_tentative_and_confirmed_after_the_call(booked, mailbox):
    appointment, robin, offers = booked
    run_queue()
    Appointment.objects.filter(pk=appointment.pk).update(status="requested")
    moved = move(
        by=robin, at=timezone.now(), appointment_id=appointment.pk, version=1, starts_at=offers[-1].starts_at
    )  # fmt: skip
    run_queue()
    step(by=robin, at=timezone.now(), appointment_id=moved.pk, to=AppointmentStatus.BOOKED, is_phoned=True)
    run_queue()
    told = [calendar_of(message)[1] for message in mailbox.messages]
    assert [(row.sequence, row.is_tentative) for row in told] == [(0, False), (1, True), (1, False)]


def test_a_message_that_was_overtaken_is_not_sent(booked, mailbox):
    appointment, robin, _ = booked
    cancel(by=robin, at=timezone.now(), appointment_id=appointment.pk)
    run_queue()
    assert [calendar_of(message)[1].is_cancelled for message in mailbox.messages] == [True]


def test_a_reminder_waits_for_the_day_before(booked, mailbox):
    appointment, _, _ = booked
    run_queue()
    reminder = Notice.objects.get(kind="reminder")
    assert reminder.not_before == appointment.starts_at - timedelta(hours=24)
    assert reminder.sent_at is None
    assert DBTaskResult.objects.filter(run_after=reminder.not_before).count() == 1


def test_with_the_mail_server_down_the_booking_holds_and_the_message_is_tried_again(booked, mailbox, settings):
    settings.EMAIL_PORT = 1
    appointment, _, _ = booked
    run_queue()
    appointment.refresh_from_db()
    assert appointment.status == "booked"
    notice = Notice.objects.get(kind="booked")
    assert (notice.sent_at, notice.n_failures) == (None, 1)
    assert DBTaskResult.objects.filter(status="READY", args_kwargs__args=[notice.pk]).count() == 1


def test_a_message_that_always_fails_is_parked_and_others_flow(booked, mailbox, settings):
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    notice = Notice.objects.get(kind="booked")
    for _ in range(MOST_FAILURES):
        send_notice.func(notice.pk)
    notice.refresh_from_db()
    assert notice.is_given_up
    settings.EMAIL_PORT = port
    appointment, robin, _ = booked
    cancel(by=robin, at=timezone.now(), appointment_id=appointment.pk)
    run_queue()
    assert len(mailbox.messages) == 1


def test_a_patient_without_e_mail_is_booked_without_a_message(mailbox):
    clinic = a_clinic()
    elena = a_practitioner(clinic)
    robin = an_actor(a_receptionist(clinic), clinic)
    service = Service.objects.get(clinic=clinic, kind="assessment_ims")
    now = timezone.now()
    offers = free_times_for(robin, service=service, first_day=now.date() + timedelta(days=3), n_days=9, at=now)
    patient = a_patient(clinic, email="")
    book(
        by=robin,
        at=now,
        patient_id=patient.pk,
        service_id=service.pk,
        practitioner_id=elena.pk,
        starts_at=offers[0].starts_at,
    )
    run_queue()
    assert mailbox.messages == []


def test_a_message_and_its_act_stand_or_fall_together(booked):
    appointment, robin, _ = booked
    before = DBTaskResult.objects.count()
    with transaction.atomic():
        cancel(by=robin, at=timezone.now(), appointment_id=appointment.pk)
        assert DBTaskResult.objects.count() == before + 1, "queued by the same transaction, not after it"
        transaction.set_rollback(True)  # the process dies here
    appointment.refresh_from_db()
    assert (appointment.status, DBTaskResult.objects.count()) == ("booked", before)
    assert not Notice.objects.filter(kind="cancelled").exists()
