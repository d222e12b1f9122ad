"""Clocks that are wrong: a step back sends nothing twice and undoes nothing late, years after 2038 are years."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from myotome.clinic.booking.actions import book, move
from myotome.clinic.booking.calendars import make_feed
from myotome.clinic.booking.models import (
    Appointment,
    AppointmentSpan,
    Claim,
    HoursException,
    Notice,
    Service,
    WorkingHours,
)
from myotome.clinic.booking.notices import invitation_of, send_notice
from myotome.clinic.booking.queries import free_times_for
from myotome.clinic.people.links import link_token
from myotome.clinic.people.models import Place, Room, User
from myotome.exchange.icalendar.invitation import invitation_file, invitations_from
from myotome.vocabulary.errors import InvalidValue, StaleVersion
from myotome.vocabulary.scheduling import TICK_SECONDS
from tests.factories import AT, a_clinic, a_course, a_patient, a_practitioner, a_receptionist, an_actor

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
LATE = datetime(2039, 11, 22, 18, 0, tzinfo=UTC)
"""A Tuesday after the last second that 32 bits can count."""


@pytest.fixture
def desk():
    """(clinic, practitioner, receptionist's actor)."""
    clinic = a_clinic()
    return clinic, a_practitioner(clinic), an_actor(a_receptionist(clinic), clinic)


def booked(desk, *, at, starts_at):
    clinic, elena, robin = desk
    return book(
        by=robin,
        at=at,
        patient_id=a_patient(clinic).pk,
        service_id=Service.objects.get(clinic=clinic, kind="assessment_ims").pk,
        practitioner_id=elena.pk,
        starts_at=starts_at,
    )


def test_a_clock_that_steps_back_an_hour_sends_no_reminder_twice(desk, monkeypatch):
    booked(desk, at=AT, starts_at=AT + timedelta(days=3))
    reminder = Notice.objects.get(kind="reminder")
    for now in (reminder.not_before + timedelta(minutes=1), reminder.not_before - HOUR, reminder.not_before + HOUR):
        monkeypatch.setattr("django.utils.timezone.now", lambda now=now: now)
        send_notice.func(reminder.pk)
    assert len(mail.outbox) == 1


def test_which_of_two_changes_was_later_is_told_by_their_numbers_and_not_by_the_clock(desk):
    visit = booked(desk, at=AT, starts_at=AT + timedelta(days=3))
    first = move(by=desk[2], at=AT, appointment_id=visit.pk, version=1, starts_at=visit.starts_at + HOUR)
    before = AT - HOUR  # the clock was set back in between
    second = move(by=desk[2], at=before, appointment_id=visit.pk, version=2, starts_at=visit.starts_at + 2 * HOUR)
    assert (first.sequence, second.sequence, second.version) == (1, 2, 3)
    with pytest.raises(StaleVersion):
        move(by=desk[2], at=AT + HOUR, appointment_id=visit.pk, version=2, starts_at=visit.starts_at)


def test_after_2038_visits_are_booked_claimed_told_and_read_back_like_any_other(desk):
    clinic, _, robin = desk
    service = Service.objects.get(clinic=clinic, kind="assessment_ims")
    visit = booked(desk, at=LATE - timedelta(days=7), starts_at=LATE)
    assert Appointment.objects.get().starts_at == LATE
    ticks = Claim.objects.order_by("tick").values_list("tick", flat=True)
    assert ticks[0] * TICK_SECONDS == LATE.timestamp() > 2**31
    assert AppointmentSpan.objects.get(resource_kind="patient").first_tick == ticks[0]
    assert Notice.objects.get(kind="reminder").not_before == LATE - timedelta(days=1)
    (read,) = invitations_from(invitation_file(invitation_of(visit), method="REQUEST", written_at=LATE))
    assert read.starts_at == LATE
    free = free_times_for(robin, service=service, first_day=LATE.date(), n_days=1, at=LATE - timedelta(days=7))
    assert free
    assert LATE not in {offer.starts_at for offer in free}
    assert make_feed(by=desk[2], at=LATE, name="The year 2039", room_id=visit.spans.get(resource_kind="room").room_id)


def test_a_closed_day_is_refused_at_its_field(desk):
    starts_at = AT + timedelta(days=3)
    HoursException.objects.create(clinic=desk[0], on=starts_at.date(), closed=True, reason="snow")
    with pytest.raises(InvalidValue, match="does not work then") as refusal:
        booked(desk, at=AT, starts_at=starts_at)
    assert refusal.value.field == "start"
    assert not Claim.objects.exists()


def test_times_are_told_by_the_clock_of_their_place_in_lists_on_her_page_and_at_the_desk(desk, client):
    clinic, elena, robin = desk
    banff = Place.objects.create(clinic=clinic, name="Banff", time_zone="America/Edmonton", address="1 Bear Street")
    Room.objects.create(clinic=clinic, place=banff, name="Room 9", kind="any")
    WorkingHours.objects.filter(practitioner=elena).update(place=banff)
    client.force_login(User.objects.get(pk=robin.user_id))
    hannah, now = a_patient(clinic), timezone.now()
    a_course(clinic, hannah)
    ims = Service.objects.get(clinic=clinic, kind="ims")
    pages = {"clinic": clinic.slug, "patient": hannah.pk}
    days = client.get(reverse("desk:book", kwargs=pages), {"service": ims.pk}).context["days"]
    whole_day = days[1]  # the first may be today, and half over
    offer = whole_day.offers[0]
    local = offer.starts_at.astimezone(ZoneInfo("America/Edmonton"))
    assert (offer.zone, offer.place_name, whole_day.on) == ("America/Edmonton", "Banff", local.date())
    assert min(f"{one.starts_at.astimezone(ZoneInfo(one.zone)):%H:%M}" for one in whole_day.offers) == "08:00"
    page = client.get(reverse("desk:book", kwargs=pages), {"service": ims.pk}).content.decode()
    assert f"<b>{local:%H:%M}</b>" in page
    assert f"Banff, {local:%Z}" in page
    made = book(
        by=robin, at=now, patient_id=hannah.pk, service_id=ims.pk, practitioner_id=elena.pk, starts_at=offer.starts_at
    )
    assert f"{local:%H:%M}" in client.get(reverse("desk:patient", kwargs=pages)).content.decode()
    link = {"clinic": clinic.slug, "token": link_token("appointment", made.pk, 1)}
    for name in ("booking:manage", "booking:move", "booking:cancel"):
        assert f"{local:%H:%M}" in client.get(reverse(name, kwargs=link)).content.decode(), name
