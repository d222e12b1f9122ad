"""What a locked tablet still shows and still does: needles in, by initials, and "all out now"; nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.needling.actions import record_insertion, take_out
from tests.clinic.test_sent_later import url, visit_of
from tests.factories import a_clinic, a_needle, a_practitioner, an_actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic():
    return a_clinic()


@pytest.fixture
def elena(clinic):
    return a_practitioner(clinic)


@pytest.fixture
def visit(clinic, elena):
    """An open visit of hers with two needles in for some minutes."""
    row, at = visit_of(clinic, elena), timezone.now()
    for n in (1, 2):
        record_insertion(
            by=an_actor(elena.user, clinic), at=at, visit_id=row.pk,
            needle=a_needle(client_id=f"c{n}", in_at=at - timedelta(seconds=5)),
        )  # fmt: skip
    return row


@pytest.fixture
def locked(client, elena, visit):
    client.force_login(elena.user)
    client.get(url("chart", visit))
    session = client.session
    session["locked"] = True
    session.save()
    return client


def all_out(visit):
    return reverse("locked_all_out", kwargs={"visit": visit.pk})


def test_the_lock_names_needles_that_are_in_by_initials_and_nobody_by_name(locked, visit):
    page = locked.get(reverse("locked")).content.decode()
    assert "H. L.: 2 needles in" in page
    assert "data-since=" in page
    assert all_out(visit) in page
    assert visit.course.patient.family_name not in page
    assert visit.course.patient.given_name not in page


def test_all_out_is_called_without_the_password_once_and_is_on_record(locked, visit, elena):
    for _ in range(2):
        answer = locked.post(all_out(visit), {"client_id": "a1"})
        assert (answer.status_code, answer["Location"]) == (302, reverse("locked"))
    visit.refresh_from_db()
    assert visit.all_out_called_at is not None
    event = AuditEvent.objects.get(act="visit.all_out_called")
    assert event.actor_user_id == elena.user_id
    assert "Take every needle out" in locked.get(reverse("locked")).content.decode()
    assert locked.session["locked"] is True


def test_everything_else_of_the_visit_waits_for_the_password(locked, visit):
    for name, ids in (("out", {"number": 1}), ("counted_out", {}), ("needle", {})):
        answer = locked.post(url(name, visit, **ids), {"n_counted": "2", "client_id": "x"})
        assert answer["Location"] == reverse("locked")
    assert visit.insertions.filter(state="in").count() == 2


def test_a_visit_without_needles_in_and_a_colleagues_visit_do_not_stand_above_the_lock(locked, clinic, visit, elena):
    david = a_practitioner(clinic, name="David Okafor")
    his = visit_of(clinic, david, name="Ida")
    record_insertion(by=an_actor(david.user, clinic), at=timezone.now(), visit_id=his.pk, needle=a_needle())
    for n in (1, 2):
        take_out(by=an_actor(elena.user, clinic), at=timezone.now(), visit_id=visit.pk, number=n)
    assert "above-lock" not in locked.get(reverse("locked")).content.decode()
    for row in (his, visit):
        assert locked.post(all_out(row), {"client_id": "a1"}).status_code == 404
        row.refresh_from_db()
        assert row.all_out_called_at is None


def test_nobody_is_asked_to_log_in_for_all_out_and_it_is_no_link(client, visit):
    assert "/accounts/login/" in client.post(all_out(visit))["Location"]


def test_the_page_of_this_device_is_for_people_who_are_logged_in(client, elena):
    assert client.get(reverse("device")).status_code == 302
    client.force_login(elena.user)
    page = client.get(reverse("device")).content.decode()
    assert f'data-user="{elena.user_id}"' in page
    assert "disabled" in page  # without script no PIN can be set, and nothing pretends that it can
