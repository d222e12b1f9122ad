"""The tablet that nobody watches, and accounts: what was typed is kept, polls do not keep a session alive."""

import pytest
from django.urls import reverse

from myotome.vocabulary.courses import Role
from tests.factories import PASSWORD, a_clinic, a_patient, a_receptionist, a_user

pytestmark = pytest.mark.django_db
DAY = "/alder/desk/"


@pytest.fixture
def desk(client):
    """(clinic, receptionist), logged in; the clinic locks after five minutes."""
    clinic = a_clinic(idle_lock_minutes=5)
    robin = a_receptionist(clinic)
    client.force_login(robin)
    assert client.get(DAY).status_code == 200
    return clinic, robin


def minutes_pass(client, minutes):
    """The session as it would look so many minutes later."""
    session = client.session
    for name in ("touched_at", "begun_at"):
        session[name] -= minutes * 60
    session.save()


def test_the_clinics_own_time_locks_the_session(client, desk):
    minutes_pass(client, 4)
    assert client.get(DAY).status_code == 200
    minutes_pass(client, 6)
    assert client.get(DAY)["Location"] == reverse("locked")


def test_what_was_typed_before_the_lock_is_offered_again_after_the_password(client, desk):
    clinic, _ = desk
    hannah = a_patient(clinic)
    minutes_pass(client, 6)
    form = {
        "version": "1",
        "given_name": "Hannah",
        "family_name": "Lindqvist",
        "born_on": "1968-03-12",
        "phone": "604 777",
    }
    url = reverse("desk:correct", kwargs={"clinic": "alder", "patient": hannah.pk})
    assert client.post(url, form)["Location"] == reverse("locked")
    wrong = client.post(reverse("locked"), {"password": "not it at all"})
    assert wrong.status_code == 422
    page = client.post(reverse("locked"), {"password": PASSWORD}).content.decode()
    assert "604 777" in page
    assert url in page
    hannah.refresh_from_db()
    assert hannah.phone != "604 777"
    client.post(url, form)
    hannah.refresh_from_db()
    assert hannah.phone == "604 777"


def test_a_page_that_only_polls_does_not_keep_the_session_open(client, desk):
    for _ in range(3):
        minutes_pass(client, 2)
        answer = client.get(DAY, headers={"X-Myotome-Poll": "1"})
    assert answer["Location"] == reverse("locked")


def test_a_session_ends_twelve_hours_after_its_login(client, desk):
    for _ in range(200):
        minutes_pass(client, 4)
        answer = client.get(DAY)
        if answer.status_code != 200:
            break
    assert "/accounts/login/" in answer["Location"]
    assert "_auth_user_id" not in client.session


def test_staff_of_a_clinic_that_asks_for_a_second_factor_set_one_up_first(client):
    clinic = a_clinic(requires_second_factor=True)
    client.force_login(a_user(clinic, Role.RECEPTIONIST))
    assert client.get(DAY)["Location"] == reverse("mfa_index")
    for name in ("mfa_index", "mfa_activate_totp", "mfa_add_webauthn"):
        assert client.get(reverse(name)).status_code in {200, 302}, name


def test_too_many_wrong_passwords_close_the_login_even_for_the_right_one(client):
    robin = a_receptionist(a_clinic())
    login = reverse("account_login")
    for _ in range(12):
        client.post(login, {"login": robin.email, "password": "wrong wrong wrong"})
    answer = client.post(login, {"login": robin.email, "password": PASSWORD})
    assert answer.status_code != 302
    assert "_auth_user_id" not in client.session


def test_the_right_password_lands_on_the_day(client):
    robin = a_receptionist(a_clinic())
    answer = client.post(reverse("account_login"), {"login": robin.email.upper(), "password": PASSWORD}, follow=True)
    assert answer.redirect_chain[-1][0] == DAY
