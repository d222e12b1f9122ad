"""The owner's overview: what waits for her eye, and what she can do about it without a chart."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from myotome.clinic.needling.actions import answer_ask, record_insertion, sign_missing
from myotome.clinic.needling.models import AdverseEvent, Incident
from myotome.clinic.people.models import Membership, User
from myotome.vocabulary.courses import Role
from tests.factories import AT, a_needle, a_user, an_open_visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident():
    visit, elena = an_open_visit()
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    sign_missing(by=elena, at=AT, visit_id=visit.pk, number=1, reason="table and floor")
    return Incident.objects.get(kind="needle_missing")


def overview_of(incident):
    return reverse("owner:overview", kwargs={"clinic": incident.clinic.slug})


def review_of(incident):
    return reverse("owner:reviewed", kwargs={"clinic": incident.clinic.slug, "incident": incident.pk})


def test_the_owner_reviews_what_was_signed_alone_and_sees_no_patient(client, incident):
    client.force_login(a_user(incident.clinic, Role.OWNER, name="Olga"))
    page = client.get(overview_of(incident)).content.decode()
    assert "table and floor" in page
    assert "Lindqvist" not in page
    empty = client.post(review_of(incident), {"resolution": " "})
    assert empty.status_code == 422
    assert 'id="resolution-error"' in empty.content.decode()
    left = client.get(review_of(incident))
    assert (left.status_code, left["Location"]) == (302, overview_of(incident))
    after = client.post(review_of(incident), {"resolution": "found in the sheet"}, follow=True).content.decode()
    assert "table and floor" not in after
    incident.refresh_from_db()
    assert (incident.resolved_by, incident.resolution) == ("Olga", "found in the sheet")
    assert client.get(review_of(incident)).status_code == 405


def test_the_owner_sees_how_many_adverse_events_were_serious(client):
    visit, _elena = an_open_visit()
    client.force_login(a_user(visit.clinic, Role.OWNER, name="Olga"))
    page = reverse("owner:overview", kwargs={"clinic": visit.clinic.slug})
    told = {"clinic": visit.clinic, "visit": visit, "kind": "haematoma", "grade": "mild"}
    told |= {"reported_at": AT, "reported_by": "Elena"}
    AdverseEvent.objects.create(**told)
    assert "1 in 1 visits, none serious" in client.get(page).content.decode()
    AdverseEvent.objects.create(**told, serious="hospital")
    assert "2 in 1 visits, 1 serious" in client.get(page).content.decode()


def test_the_owner_sees_how_many_asks_were_hardly_read(client):
    visit, elena = an_open_visit()
    client.force_login(a_user(visit.clinic, Role.OWNER, name="Olga"))
    page = reverse("owner:overview", kwargs={"clinic": visit.clinic.slug})
    assert "none answered yet" in client.get(page).content.decode()
    for ms in (400, 999, 1000, 60_000):
        shown = AT - timedelta(milliseconds=ms)
        answer_ask(
            by=elena, at=AT, visit_id=visit.pk, code="pleura", place="chest", reason="aimed at bone", shown_at=shown
        )
    assert "2 of 4 (50 in 100)" in client.get(page).content.decode()


def test_what_she_signed_alone_an_owner_cannot_review_and_her_words_are_kept(client, incident):
    user = User.objects.get(pk=incident.opened_by_user_id)
    Membership.objects.create(clinic=incident.clinic, user=user, role=Role.OWNER.value)
    client.force_login(user)
    answer = client.post(review_of(incident), {"resolution": "I am sure"})
    assert answer.status_code == 403
    assert 'value="I am sure"' in answer.content.decode()
    incident.refresh_from_db()
    assert incident.resolved_at is None


def test_a_practitioner_sees_on_her_day_what_waits_for_somebody_else(client, incident):
    client.force_login(User.objects.get(pk=incident.opened_by_user_id))
    day = reverse("desk:day", kwargs={"clinic": incident.clinic.slug})
    assert "Signed alone, somebody else reviews" in client.get(day).content.decode()
    Incident.objects.filter(pk=incident.pk).update(resolved_at=AT, resolved_by="Olga")
    assert "Signed alone, somebody else reviews" not in client.get(day).content.decode()
