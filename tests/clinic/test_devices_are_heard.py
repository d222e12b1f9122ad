"""A device with needles in is heard every twenty seconds; after a minute without it the wall and the desk turn red."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from myotome.clinic.needling.actions import accept_handover, hand_over, leave_in, record_insertion, take_out
from myotome.clinic.needling.hearing import hear_device, is_silent, last_heard
from myotome.clinic.needling.models import DeviceBeat, TreatmentVisit
from myotome.clinic.needling.queries import needles_in_now
from tests.clinic.test_sent_later import url, visit_of
from tests.factories import a_clinic, a_needle, a_practitioner, a_receptionist, an_actor

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def clinic():
    return a_clinic()


@pytest.fixture
def elena(clinic):
    return a_practitioner(clinic)


@pytest.fixture
def robin(clinic):
    return a_receptionist(clinic)


def needled(clinic, practitioner, *, ago, name="Hannah"):
    """Her visit with one needle in, charted so many seconds ago."""
    at = timezone.now() - ago * SECOND
    visit = visit_of(clinic, practitioner, at=at, name=name)
    record_insertion(by=an_actor(practitioner.user, clinic), at=at, visit_id=visit.pk, needle=a_needle())
    return visit


def page_of(client, user, name):
    client.force_login(user)
    return client.get(reverse(name, kwargs={"clinic": "alder"})).content.decode()


@pytest.mark.parametrize(("ago_s", "red"), [(0, False), (60, False), (61, True), (3600, True)])
def test_silent_is_more_than_a_minute(ago_s, red):
    now = timezone.now()
    assert is_silent(now - ago_s * SECOND, now) is red


@pytest.mark.parametrize("page", ["needling:board", "desk:day"])
def test_wall_and_desk_turn_red_when_a_device_with_needles_in_was_not_heard_for_a_minute(
    client, clinic, elena, robin, page
):
    needled(clinic, elena, ago=90)
    assert "Device silent since" in page_of(client, robin, page)


@pytest.mark.parametrize("page", ["needling:board", "desk:day"])
def test_a_device_that_is_heard_or_has_just_charted_keeps_them_quiet(client, clinic, elena, robin, page):
    needled(clinic, elena, ago=10)
    resting = needled(clinic, elena, ago=600, name="Omar")
    client.force_login(elena.user)
    answer = client.post(reverse("beat"), {"visit": str(resting.pk)})
    assert answer.status_code == 200
    assert "Device silent since" not in page_of(client, robin, page)


def test_no_needle_in_is_no_reason_and_one_left_in_on_purpose_neither(client, clinic, elena, robin):
    visit = needled(clinic, elena, ago=600)
    actor = an_actor(elena.user, clinic)
    leave_in(by=actor, at=timezone.now(), visit_id=visit.pk, number=1, reason="ear press needle")
    out = needled(clinic, elena, ago=600, name="Omar")
    take_out(by=actor, at=timezone.now(), visit_id=out.pk, number=1)
    assert "Device silent since" not in page_of(client, robin, "needling:board")


def test_a_device_speaks_only_for_needles_that_it_has_shown_and_that_she_may_see(clinic, elena):
    mine, other = needled(clinic, elena, ago=90), needled(clinic, elena, ago=90, name="Omar")
    david = a_practitioner(clinic, name="David Okafor")
    now = timezone.now()
    hear_device(by=an_actor(elena.user, clinic), at=now, visit_ids={mine.pk})
    hear_device(by=an_actor(david.user, clinic), at=now, visit_ids={other.pk})
    assert list(DeviceBeat.objects.values_list("visit_id", "heard_at")) == [(mine.pk, now)]
    heard = last_heard(needles_in_now(an_actor(elena.user, clinic)))
    assert {pk: is_silent(at, now) for pk, at in heard.items()} == {mine.pk: False, other.pk: True}


def test_the_answer_says_for_which_sets_to_sound_by_initials_and_not_for_what_a_colleague_took_over(
    client, clinic, elena
):
    resting = needled(clinic, elena, ago=90)
    TreatmentVisit.objects.filter(pk=resting.pk).update(mode="acupuncture", retain_minutes=20)
    given = needled(clinic, elena, ago=80, name="Omar")
    david = a_practitioner(clinic, name="David Okafor")
    now = timezone.now()
    hand_over(by=an_actor(elena.user, clinic), at=now, visit_id=given.pk, practitioner_id=david.pk)
    client.force_login(elena.user)
    both = client.post(reverse("beat")).json()["visits"]
    assert [(row["visit"], row["who"], row["n"], row["due_s"]) for row in both] == [
        (resting.pk, "H. L.", 1, 1200.0),
        (given.pk, "O. L.", 1, None),
    ]
    accept_handover(by=an_actor(david.user, clinic), at=now, visit_id=given.pk)
    assert [row["visit"] for row in client.post(reverse("beat")).json()["visits"]] == [resting.pk]
    client.force_login(david.user)
    assert [row["visit"] for row in client.post(reverse("beat")).json()["visits"]] == [given.pk]


def test_a_locked_device_is_heard_and_does_not_keep_itself_from_locking(client, clinic, elena):
    visit = needled(clinic, elena, ago=90)
    client.force_login(elena.user)
    client.get(url("chart", visit))
    session = client.session
    session["locked"] = True
    session.save()
    touched_at = session["touched_at"]
    answer = client.post(reverse("beat"), {"visit": str(visit.pk)}, headers={"X-Myotome-Poll": "1"})
    assert [row["visit"] for row in answer.json()["visits"]] == [visit.pk]
    assert DeviceBeat.objects.get().visit == visit
    assert client.session["touched_at"] == touched_at
    assert client.session["locked"]


@pytest.mark.parametrize("said", ["", "x", "9" * 30, "-1", "²"])
def test_a_beat_that_makes_no_sense_is_heard_of_nothing(client, clinic, elena, said):
    needled(clinic, elena, ago=90)
    client.force_login(elena.user)
    assert client.post(reverse("beat"), {"visit": said}).status_code == 200
    assert not DeviceBeat.objects.exists()


def test_without_script_the_chart_says_that_nothing_sounds(client, clinic, elena):
    visit = needled(clinic, elena, ago=0)
    client.force_login(elena.user)
    page = client.get(url("chart", visit)).content.decode()
    assert "<noscript>" in page
    assert "Without script this device sounds no alarm" in page
