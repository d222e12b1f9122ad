"""A tablet that was without network: what it may keep, and acts that reach the server after they happened."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.needling.actions import ask_again, close_visit, hand_over, open_visit
from myotome.clinic.needling.models import NeedleInsertion, TreatmentVisit
from myotome.clinic.people.days import clinic_day
from myotome.vocabulary.needling import TreatmentMode
from tests.factories import a_clinic, a_consent, a_course, a_patient, a_practitioner, an_actor

pytestmark = pytest.mark.django_db
GLMED = "muscle:gluteus_medius::left"


@pytest.fixture
def clinic():
    return a_clinic()


@pytest.fixture
def elena(clinic):
    return a_practitioner(clinic)


@pytest.fixture
def visit(clinic, elena):
    return visit_of(clinic, elena)


def visit_of(clinic, practitioner, *, at=None, name="Hannah"):
    course = a_course(clinic, a_patient(clinic, in_care_of=practitioner, given_name=name))
    a_consent(course)
    actor, at = an_actor(practitioner.user, clinic), at or timezone.now()
    row = open_visit(by=actor, at=at, course_id=course.pk, mode=TreatmentMode.IMS)
    ask_again(by=actor, at=at, visit_id=row.pk, answers={})
    return row


def url(name, visit, **ids):
    return reverse(f"needling:{name}", kwargs={"clinic": "alder", "visit": visit.pk, **ids})


def sent(minutes, *, device_is_ahead=timedelta(0)):
    """What a device adds to a command that it sends so many minutes later."""
    now = timezone.now() + device_is_ahead
    return {"device_at": (now - timedelta(minutes=minutes)).isoformat(), "device_now": now.isoformat()}


def test_the_worker_stands_at_the_root_is_never_cached_and_names_its_build(client):
    answer = client.get("/keeper.js")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Cache-Control"] == "no-store"
    assert answer["Service-Worker-Allowed"] == "/"
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    text = answer.content.decode()
    assert text.startswith('const BUILD = "')
    assert '"/static/built/site.css"' in text
    assert "keeper.js" not in text.split("\n")[1]


def test_only_an_open_visit_of_today_of_her_own_may_be_kept(client, clinic, elena, visit):
    client.force_login(elena.user)
    today = clinic_day(clinic, timezone.now())
    mark = f"{elena.user_id} {today}"
    assert client.get(url("chart", visit))["X-Myotome-Keep"] == mark
    old = visit_of(clinic, elena, at=timezone.now() - timedelta(days=2), name="Ida")
    assert "X-Myotome-Keep" not in client.get(url("chart", old))
    told = client.get(reverse("needling:kept", kwargs={"clinic": "alder"})).json()
    assert told == {"user": str(elena.user_id), "day": str(today), "paths": [url("chart", visit)]}
    close_visit(
        by=an_actor(elena.user, clinic), at=timezone.now(), visit_id=visit.pk, version=1,
        n_needles_opened=0, n_needles_in_sharps=0,
    )  # fmt: skip
    assert "X-Myotome-Keep" not in client.get(url("chart", visit))
    assert client.get(reverse("needling:kept", kwargs={"clinic": "alder"})).json()["paths"] == []


def test_a_colleague_may_keep_what_was_handed_to_her_and_nothing_else(client, clinic, elena, visit):
    david = a_practitioner(clinic, name="David Okafor")
    other = visit_of(clinic, elena, name="Ida")
    hand_over(by=an_actor(elena.user, clinic), at=timezone.now(), visit_id=visit.pk, practitioner_id=david.pk)
    client.force_login(david.user)
    assert client.get(url("chart", visit))["X-Myotome-Keep"].startswith(f"{david.user_id} ")
    assert client.get(reverse("needling:kept", kwargs={"clinic": "alder"})).json()["paths"] == [url("chart", visit)]
    assert client.get(url("chart", other)).status_code == 404


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(days=1), timedelta(days=-1)])
def test_a_needle_is_charted_when_it_happened_whatever_the_tablets_clock_says(client, elena, visit, ahead):
    client.force_login(elena.user)
    data = {"site": GLMED, "client_id": "c1", "grasp": "2", **sent(30, device_is_ahead=ahead)}
    assert client.post(url("needle", visit), data).status_code == 302
    row = NeedleInsertion.objects.get()
    assert abs((timezone.now() - row.charted_at).total_seconds() - 1800) < 20
    assert row.out_at == row.charted_at
    event = AuditEvent.objects.get(act="needle.charted")
    assert event.at == row.charted_at
    assert abs(event.detail["came_after_s"] - 1800) < 20


@pytest.mark.parametrize(
    "told",
    [
        {"device_at": "2026-13-45", "device_now": "x"},
        {"device_at": "2026-11-24T10:00:00", "device_now": "2026-11-24T10:01:00"},
        {"device_at": "2026-11-24T10:00:00+00:00", "device_now": "2026-11-24T09:00:00+00:00"},
        {"device_at": "2026-11-20T10:00:00+00:00", "device_now": "2026-11-24T10:00:00+00:00"},
        {},
    ],
)
def test_a_time_that_cannot_be_is_now(client, elena, visit, told):
    client.force_login(elena.user)
    client.post(url("needle", visit), {"site": GLMED, "client_id": "c1", **told})
    assert (timezone.now() - NeedleInsertion.objects.get().charted_at).total_seconds() < 20
    assert "came_after_s" not in AuditEvent.objects.get(act="needle.charted").detail


def test_a_needle_without_a_number_is_taken_out_by_the_id_of_the_device(client, elena, visit):
    client.force_login(elena.user)
    for n, key in ((1, GLMED), (2, "muscle:gluteus_maximus::left")):
        client.post(url("needle", visit), {"site": key, "client_id": f"c{n}", "state": "in", **sent(10)})
    data = {"needle_id": "c2", "client_id": "o1", **sent(4)}
    for _ in range(2):
        assert client.post(url("out", visit, number=0), data).status_code == 302
    first, second = NeedleInsertion.objects.order_by("number")
    assert (first.state, second.state) == ("in", "out")
    assert abs(second.seconds - 360) < 5
    early = client.post(url("out", visit, number=0), {"needle_id": "c9", "client_id": "o2"})
    assert early.status_code == 422


def test_the_count_after_all_out_names_needles_by_number_and_by_the_id_of_the_device(client, elena, visit):
    client.force_login(elena.user)
    for n, key in ((1, GLMED), (2, "muscle:gluteus_maximus::left")):
        client.post(url("needle", visit), {"site": key, "client_id": f"c{n}", "state": "in"})
    client.post(url("all_out", visit), {"client_id": "a1"})
    client.post(url("count", visit), {"out": "1", "out_id": "c2", "client_id": "a2"})
    assert {row.state for row in NeedleInsertion.objects.all()} == {"out"}


def test_the_same_as_a_needle_is_that_needle_and_not_the_last_one_of_another_tablet(client, elena, visit):
    client.force_login(elena.user)
    client.post(url("needle", visit), {"site": GLMED, "client_id": "c1", "grasp": "3"})
    client.post(url("needle", visit), {"site": "muscle:gluteus_maximus::left", "client_id": "x1", "painless": "1"})
    data = {"site": "muscle:tibialis_anterior::left", "client_id": "c2", "quick": "same", "same_as": "c1"}
    client.post(url("needle", visit), data)
    assert NeedleInsertion.objects.get(client_id="c2").grasp == 3


def test_a_command_that_the_device_keeps_is_not_held_a_second_time_by_the_lock(client, clinic, elena, visit):
    client.force_login(elena.user)
    client.get(url("chart", visit))
    session = client.session
    session["locked"] = True
    session.save()
    data, headers = {"site": GLMED, "client_id": "c1"}, {"HX-Request": "true", "X-Myotome-Command": "1"}
    answer = client.post(url("needle", visit), data, headers=headers)
    assert (answer.status_code, answer["HX-Redirect"]) == (204, reverse("locked"))
    assert "held_form" not in client.session
    client.post(url("needle", visit), data)
    assert "held_form" in client.session
    assert not TreatmentVisit.objects.get(pk=visit.pk).insertions.exists()


@pytest.mark.parametrize("seed", range(6))
def test_two_tablets_converge_in_whatever_order_their_commands_arrive(client, elena, visit, seed):
    """Each tablet sends its own in order, each command once or more; both put in, take out, and take out one of both."""
    client.force_login(elena.user)
    chance = random.Random(seed)
    client.post(url("needle", visit), {"site": "muscle:gluteus_maximus::left", "client_id": "shared", "state": "in"})
    queues = []
    for tablet, side in (("a", "left"), ("b", "right")):
        queue = []
        for n, muscle in enumerate(("gluteus_medius", "tibialis_anterior", "rectus_femoris")):
            data = {"site": f"muscle:{muscle}::{side}", "client_id": f"{tablet}{n}", "state": "in"}
            queue.append((url("needle", visit), data))
            queue.append((url("out", visit, number=0), {"needle_id": f"{tablet}{n}", "client_id": f"{tablet}{n}-out"}))
        queue.insert(chance.randrange(7), (url("out", visit, number=1), {"client_id": f"{tablet}-shared-out"}))
        queues.append([one for one in queue for _ in range(chance.choice((1, 1, 2)))])
    while any(queues):
        path, data = chance.choice([queue for queue in queues if queue]).pop(0)
        assert client.post(path, data).status_code == 302
    rows = NeedleInsertion.objects.order_by("number")
    assert [row.number for row in rows] == list(range(1, 8))
    assert {row.client_id for row in rows} == {"shared", *(f"{tablet}{n}" for tablet in "ab" for n in range(3))}
    assert {row.state for row in rows} == {"out"}
    assert AuditEvent.objects.filter(act="needle.out").count() == 7
