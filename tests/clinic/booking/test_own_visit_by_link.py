"""Her visit under its link: moved and cancelled until it begins, and a page that says only what is still true."""

from datetime import timedelta

import pytest
from django.urls import reverse

from myotome.clinic.booking.actions import book, cancel, move
from myotome.clinic.booking.models import Appointment, Service
from myotome.clinic.people.links import link_token
from myotome.clinic.people.queries import patient_by_link
from myotome.vocabulary.errors import NotAsThingsStand
from tests.factories import AT, a_clinic, a_patient, a_practitioner, a_receptionist, an_actor

pytestmark = pytest.mark.django_db
SOON = AT + timedelta(hours=2)
MINUTE = timedelta(minutes=1)
POLICY = "Please change or cancel at least 24 hours before."
ON_ITS_WAY = "A confirmation is on its way"


@pytest.fixture
def hers():
    """An assessment at 11:00, booked by herself at 09:00."""
    clinic = a_clinic()
    elena, hannah = a_practitioner(clinic), a_patient(clinic)
    return book(
        by=patient_by_link(hannah, clinic), at=AT, patient_id=hannah.pk, practitioner_id=elena.pk, starts_at=SOON,
        service_id=Service.objects.get(clinic=clinic, kind="assessment_ims").pk,
    )  # fmt: skip


@pytest.fixture
def look(client, hers, monkeypatch):
    """Opens or posts one of her pages at a moment."""

    def page(name, at, form=None):
        monkeypatch.setattr("django.utils.timezone.now", lambda: at)
        token = link_token("appointment", hers.pk, hers.link_version)
        address = reverse(f"booking:{name}", kwargs={"clinic": hers.clinic.slug, "token": token})
        return client.get(address) if form is None else client.post(address, form)

    return page


def herself(hers):
    return patient_by_link(hers.patient, hers.clinic)


def test_a_visit_whose_time_has_come_is_neither_moved_nor_cancelled_by_her(hers):
    for at in (SOON, SOON + timedelta(days=3)):
        with pytest.raises(NotAsThingsStand, match="This visit has begun"):
            cancel(by=herself(hers), at=at, appointment_id=hers.pk)
        with pytest.raises(NotAsThingsStand, match="This visit has begun"):
            move(
                by=herself(hers),
                at=at,
                appointment_id=hers.pk,
                version=hers.version,
                starts_at=SOON + timedelta(days=7),
            )
    assert Appointment.objects.get().status == "booked"
    assert cancel(by=herself(hers), at=SOON - MINUTE, appointment_id=hers.pk).status == "cancelled"


def test_the_desk_still_puts_it_right(hers):
    robin = an_actor(a_receptionist(hers.clinic), hers.clinic)
    week = timedelta(days=7)
    moved = move(by=robin, at=SOON + MINUTE, appointment_id=hers.pk, version=hers.version, starts_at=SOON + week)
    assert cancel(by=robin, at=SOON + week + MINUTE, appointment_id=moved.pk).status == "cancelled"


@pytest.mark.parametrize("name", ["manage", "move", "cancel"])
def test_the_pages_of_a_visit_that_has_begun_send_her_to_the_telephone(look, name):
    page = look(name, SOON).content.decode()
    assert "This visit has begun. Please phone us." in page
    assert "604 555 0142" in page
    assert not any(words in page for words in (POLICY, "Cancel this visit", "Choose another time"))


def test_a_yes_from_an_old_page_is_refused_there(look, hers):
    start = (SOON + timedelta(days=7)).isoformat()
    for name, form in (
        ("cancel", {"version": hers.version}),
        ("move", {"version": hers.version, "start": start}),
    ):
        answer = look(name, SOON + MINUTE, form)
        assert answer.status_code == 409
        assert answer.content.decode().count("This visit has begun. Please phone us.") == 1
    assert Appointment.objects.get().starts_at == SOON


@pytest.mark.parametrize("name", ["manage", "move", "cancel"])
def test_a_cancelled_visit_is_shown_as_cancelled_without_a_policy(look, hers, name):
    assert look("cancel", AT + MINUTE, {"version": "1"}).status_code == 302
    page = look(name, AT + MINUTE).content.decode()
    assert "Your visit is cancelled" in page
    assert not any(words in page for words in (POLICY, ON_ITS_WAY, "Cancel this visit"))


def test_the_confirmation_is_on_its_way_right_after_booking_only(look):
    page = look("manage", AT + MINUTE).content.decode()
    assert (ON_ITS_WAY in page, POLICY in page) == (True, True)
    page = look("manage", AT + 15 * MINUTE).content.decode()
    assert (ON_ITS_WAY in page, POLICY in page) == (False, True)
