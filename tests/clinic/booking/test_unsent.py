"""Mail away for a day, and a message that cannot be made: the booking stands, the desk sees who was not told."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse
from django.utils import timezone

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.booking.actions import book, cancel, move
from myotome.clinic.booking.models import DiaryRules, Notice, Service
from myotome.clinic.booking.notices import message_for, send_notice
from myotome.clinic.booking.queries import free_times_for
from myotome.clinic.booking.unsent import unsent
from myotome.clinic.pathway.unsent import n_unsent
from myotome.clinic.people.letters import MOST_FAILURES, RETRY_MINUTES
from myotome.clinic.people.outgoing import LONGEST_SENDING, SHOWN_FROM_FAILURES
from tests.factories import a_clinic, a_patient, a_practitioner, a_receptionist, an_actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def booked(client):
    """(clinic, receptionist's actor, the notice of her booking, free times), the receptionist logged in."""
    clinic = a_clinic()
    DiaryRules.objects.create(clinic=clinic, undo_seconds=0, quiet_from="00:00", quiet_until="00:00")
    elena = a_practitioner(clinic)
    robin = a_receptionist(clinic)
    client.force_login(robin)
    actor = an_actor(robin, clinic)
    service = Service.objects.get(clinic=clinic, kind="assessment_ims")
    now = timezone.now()
    offers = free_times_for(actor, service=service, first_day=now.date() + timedelta(days=3), n_days=9, at=now)
    book(
        by=actor,
        at=now,
        patient_id=a_patient(clinic).pk,
        service_id=service.pk,
        practitioner_id=elena.pk,
        starts_at=offers[0].starts_at,
    )
    return clinic, actor, Notice.objects.get(kind="booked"), offers


@pytest.fixture
def mail_away(monkeypatch):
    """Every message fails; the list takes another fault to fail with."""
    faults = [ConnectionRefusedError("no mail server")]

    def send(message, fail_silently=False):
        raise faults[-1]

    monkeypatch.setattr(EmailMultiAlternatives, "send", send)
    return faults


def fail(notice, times):
    for _ in range(times):
        send_notice.func(notice.pk)
    notice.refresh_from_db()


def test_a_mail_server_is_waited_for_longer_than_a_day():
    assert sum(RETRY_MINUTES) > 24 * 60


def test_with_mail_away_for_a_day_the_visit_stands_and_the_desk_sees_whom_to_phone(client, booked, mail_away):
    clinic, actor, notice, _ = booked
    fail(notice, SHOWN_FROM_FAILURES - 1)
    assert n_unsent(actor, at=timezone.now()) == 0
    fail(notice, 1)
    assert n_unsent(actor, at=timezone.now()) == 1
    assert (
        "1 message did not go out" in client.get(reverse("desk:day", kwargs={"clinic": clinic.slug})).content.decode()
    )
    fail(notice, MOST_FAILURES - SHOWN_FROM_FAILURES)
    assert notice.is_given_up
    page = client.get(reverse("booking:unsent", kwargs={"clinic": clinic.slug})).content.decode()
    assert "Hannah Lindqvist" in page
    assert "604 555 0199" in page
    assert "given up" in page
    notice.appointment.refresh_from_db()
    assert notice.appointment.status == "booked"


def test_a_message_that_cannot_be_made_is_tried_and_parked_like_any_other_and_the_others_flow(
    booked, mail_away, monkeypatch
):
    _, actor, notice, _ = booked
    mail_away.append(ZeroDivisionError("a fault of ours"))
    fail(notice, MOST_FAILURES)
    assert notice.is_given_up
    assert notice.sent_at is None
    monkeypatch.undo()
    cancel(by=actor, at=timezone.now(), appointment_id=notice.appointment_id)
    send_notice.func(Notice.objects.get(kind="cancelled").pk)
    assert len(mail.outbox) == 1


def settle(client, clinic, notice, how):
    address = reverse("booking:settle_messages", kwargs={"clinic": clinic.slug, "appointment": notice.appointment_id})
    return client.post(address, {"how": how}).status_code


def test_who_was_phoned_is_not_written_to_any_more_and_it_is_on_record(client, booked, mail_away, monkeypatch):
    clinic, actor, notice, _ = booked
    fail(notice, SHOWN_FROM_FAILURES)
    assert [settle(client, clinic, notice, "phoned") for _ in range(2)] == [302, 302]
    assert unsent(actor, at=timezone.now()) == []
    monkeypatch.undo()
    send_notice.func(notice.pk)
    assert mail.outbox == []
    assert AuditEvent.objects.filter(act="notice.told_by_phone", patient_id=notice.appointment.patient_id).count() == 1


def test_what_is_tried_again_goes_out_once_and_leaves_the_list(client, booked, mail_away, monkeypatch):
    clinic, actor, notice, _ = booked
    fail(notice, MOST_FAILURES)
    assert settle(client, clinic, notice, "again") == 302
    monkeypatch.undo()
    fail(notice, 3)
    assert len(mail.outbox) == 1
    assert notice.sent_at is not None
    assert unsent(actor, at=timezone.now()) == []
    assert settle(client, clinic, notice, "again") == 302
    assert AuditEvent.objects.filter(act="notice.tried_again").count() == 1


def test_what_is_not_true_any_more_is_not_listed(booked, mail_away):
    _, actor, notice, offers = booked
    reminder = Notice.objects.get(kind="reminder")
    Notice.objects.filter(pk=reminder.pk).update(not_before=timezone.now())  # it is due
    fail(notice, SHOWN_FROM_FAILURES)
    fail(reminder, SHOWN_FROM_FAILURES)
    assert {row.kind for row in unsent(actor, at=timezone.now())} == {"booked", "reminder"}
    assert unsent(actor, at=offers[0].starts_at) == [], "the visit has begun"
    move(
        by=actor,
        at=timezone.now(),
        appointment_id=notice.appointment_id,
        version=notice.appointment.version,
        starts_at=offers[-1].starts_at,
    )
    assert unsent(actor, at=timezone.now()) == [], "the messages of the new time are others"


def test_a_message_that_a_worker_died_with_is_shown_as_not_known_and_sent_again_by_a_person_only(
    client, booked, monkeypatch
):
    clinic, actor, notice, _ = booked

    def dies(message, fail_silently=False):
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(EmailMultiAlternatives, "send", dies)
        with pytest.raises(SystemExit):
            send_notice.func(notice.pk)
    send_notice.func(notice.pk)
    assert mail.outbox == [], "no program sends it a second time"
    assert n_unsent(actor, at=timezone.now()) == 0, "it may still be on its way"
    Notice.objects.filter(pk=notice.pk).update(going_since=timezone.now() - LONGEST_SENDING)
    assert n_unsent(actor, at=timezone.now()) == 1
    page = client.get(reverse("booking:unsent", kwargs={"clinic": clinic.slug})).content.decode()
    assert "not known whether it went out" in page
    assert "Send it again" in page
    assert settle(client, clinic, notice, "again") == 302
    fail(notice, 2)
    assert len(mail.outbox) == 1
    assert unsent(actor, at=timezone.now()) == []
    assert AuditEvent.objects.filter(act="notice.tried_again").count() == 1


def test_mail_and_sms_tell_the_time_by_the_clock_of_the_visits_place_whatever_the_workers_is(booked):
    _, _, notice, _ = booked
    visit = notice.appointment
    visit.place.time_zone = "America/Halifax"
    here = f"{visit.starts_at.astimezone(ZoneInfo(visit.place.time_zone)):%H:%M}"
    with timezone.override("UTC"):
        body = message_for(notice, at=timezone.now()).body
    assert f", {here}" in body
    assert f"{visit.starts_at:%H:%M}" not in body
