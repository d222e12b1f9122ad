"""Bad input at the chart, by raw requests: what is refused before a needle is in, and that one that is in never is.

The lines of "Charting API" in order: what cannot be a needle; counts that cannot be; sites that are warned of; pages,
tablets and clocks that are wrong. Above them all stands that a needle which is in is recorded, and a breach opens an
incident.
"""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.needling.actions import ask_again, close_visit, record_insertion
from myotome.clinic.needling.models import Incident, NeedleInsertion, TreatmentVisit
from myotome.clinic.people.models import User
from myotome.vocabulary.needling import NeedleState
from tests.factories import (
    AT,
    a_clinic,
    a_needle,
    a_practitioner,
    a_yes_to_every_region,
    an_open_visit,
    boxed,
)

pytestmark = pytest.mark.django_db
SHIN = "muscle:fibularis_longus::left"
LATER = AT + timedelta(minutes=5)


@pytest.fixture
def house(client):
    """(visit, Elena's actor), asked again, every yes given, and she is logged in."""
    visit, elena = an_open_visit()
    a_yes_to_every_region(visit.course)
    ask_again(by=elena, at=AT, visit_id=visit.pk, answers={})
    client.force_login(User.objects.get(pk=elena.user_id))
    return visit, elena


def at(name, visit, **ids):
    return reverse(f"needling:{name}", kwargs={"clinic": visit.clinic.slug, "visit": visit.pk, **ids})


def form(site=SHIN, **values):
    return {"site": site, "client_id": "tablet-1", "grasp": "2", "state": "out"} | values


def words(answer):
    return unescape(answer.content.decode())


def incidents():
    return sorted(Incident.objects.values_list("kind", "detail"))


def acts(*names):
    return AuditEvent.objects.filter(act__in=names).count()


# 1. What cannot be a needle


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"site": "muscle:tibialis_antcrior::left"}, "site"),
        ({"site": "acupoint:ST99::left"}, "site"),
        ({"site": "muscle:tibialis_anterior::"}, "side"),
        ({"site": "muscle:tibialis_anterior::midline"}, "side"),
        ({"site": "acupoint:ST36::midline"}, "side"),
        ({"site": "acupoint:CV12::left"}, "side"),
        ({"site": "muscle:multifidus::left"}, "site"),
        ({"site": "muscle:multifidus:T13:left"}, "site"),
        ({"site": ""}, "site"),
        ({"depth_mm": "-1"}, "depth_mm"),
        ({"depth_mm": "151"}, "depth_mm"),
        ({"depth_mm": "4e1"}, "depth_mm"),
        ({"depth_mm": "٤٠"}, "depth_mm"),
    ],
)
def test_what_cannot_be_a_needle_is_refused_at_its_field_and_nothing_is_written(client, house, values, field):
    visit, _elena = house
    before = AuditEvent.objects.count()
    answer = client.post(at("needle", visit), form(**values))
    assert answer.status_code == 422
    assert answer.context["error"].field == field
    assert not NeedleInsertion.objects.exists()
    assert not Incident.objects.exists()
    assert acts("needle.charted") == 0
    assert AuditEvent.objects.count() >= before


@pytest.mark.parametrize(
    "line", ["L tibantx 20", "tibant 20", "L ST99 20", "L tibant 151", "L mult 30", "L mult-T13 30"]
)
def test_a_line_that_cannot_be_a_needle_is_refused_and_kept_as_typed(client, house, line):
    answer = client.post(at("line", house[0]), {"line": line})
    assert answer.status_code == 422
    assert f">{line}</textarea>" in words(answer)
    assert not NeedleInsertion.objects.exists()


def test_a_needle_that_is_in_where_no_name_fits_is_recorded_at_a_free_place(client, house):
    client.post(at("line", house[0]), {"line": "L @lower_leg/beside-the-scar 151", "client_id": "a"})
    client.post(at("line", house[0]), {"line": "L @lower_leg/beside-the-scar in", "client_id": "a"})
    assert [(row.site, row.state) for row in NeedleInsertion.objects.all()] == [("beside-the-scar", "in")]


def test_no_depth_of_a_muscle_is_judged_to_the_end_of_the_typing_check(client, house):
    client.post(at("needle", house[0]), form(depth_mm="150"))
    assert NeedleInsertion.objects.get().depth_mm == 150
    assert incidents() == []


def test_a_point_deeper_than_its_deepest_range_asks_first_and_is_recorded_when_it_is_in(client, house):
    visit, _elena = house
    key = "acupoint:TE5::left"
    assert "deeper than any source" in words(client.get(at("chart", visit), {"site": key, "depth_mm": "60"}))
    client.post(at("needle", visit), form(key, depth_mm="60"))
    assert NeedleInsertion.objects.count() == 1
    assert incidents() == [("needled_without_answer", "depth_TE5, forearm hand")]


# 2. Counts that cannot be


def with_needles(house, *states):
    for state in states:
        record_insertion(by=house[1], at=AT, visit_id=house[0].pk, needle=a_needle(state=state))


def states():
    return list(NeedleInsertion.objects.order_by("number").values_list("state", flat=True))


def test_more_out_than_in_is_refused_and_the_open_needles_stand_on_the_page(client, house):
    with_needles(house, NeedleState.IN, NeedleState.IN)
    answer = client.post(at("counted_out", house[0]), {"n_counted": "3", "client_id": "c"})
    assert answer.status_code == 409
    assert "You counted 3, and 2 are in" in words(answer)
    assert words(answer).count('data-state="in"') == 2
    assert states() == ["in", "in"]


def test_a_needle_that_was_never_in_cannot_come_out(client, house):
    with_needles(house, NeedleState.IN)
    assert client.post(at("out", house[0], number=2)).status_code == 404
    answer = client.post(at("count", house[0]), {"out": ["1", "2"], "client_id": "c"})
    assert answer.status_code == 409
    assert "There is no needle 2 in this visit. Still in: 1." in words(answer)
    assert states() == ["in"]


def test_a_needle_taken_out_twice_is_out_once_and_keeps_its_time_and_its_hand(client, house):
    with_needles(house, NeedleState.IN)
    client.post(at("out", house[0], number=1), {"client_id": "a"})
    first = NeedleInsertion.objects.values().get()
    assert client.post(at("out", house[0], number=1), {"client_id": "b", "grasp": "3"}).status_code == 302
    assert NeedleInsertion.objects.values().get() == first
    assert acts("needle.out") == 1


def test_a_needle_after_the_seal_is_kept_as_a_late_entry_with_an_incident_and_the_seal_holds(client, house):
    visit, elena = house
    close_visit(by=elena, at=LATER, visit_id=visit.pk, version=1, **boxed(0))
    client.post(at("needle", visit), form())
    sealed = TreatmentVisit.objects.get()
    assert sealed.closed_at == LATER
    assert NeedleInsertion.objects.get().found_at
    assert [kind for kind, _ in incidents()] == ["needle_found_after_closing"]


def test_the_seal_is_refused_over_a_needle_and_the_open_needles_are_listed(client, house):
    with_needles(house, NeedleState.IN, NeedleState.OUT, NeedleState.IN)
    for data in ({"version": "1", "sign": "1"} | boxed(3), {"version": "1", "n_needles_opened": "3"} | boxed(3)):
        answer = client.post(at("close", house[0]), data)
        assert answer.status_code == 409
        assert "2 needles are still in" in words(answer)
        assert words(answer).count('data-state="in"') == 2
    assert client.post(at("sign", house[0])).status_code == 409
    assert TreatmentVisit.objects.get().closed_at is None


def test_a_count_that_a_raw_request_makes_up_closes_nothing(client, house):
    with_needles(house, NeedleState.OUT, NeedleState.OUT)
    for opened, boxed_up, status in (
        ("2", "1", 409),
        ("1", "2", 409),
        ("-1", "2", 422),
        ("2", "two", 422),
        ("", "", 422),
    ):
        data = {"version": "1", "n_needles_opened": opened, "n_needles_in_sharps": boxed_up, "n_needles": "0"}
        assert client.post(at("close", house[0]), data).status_code == status, (opened, boxed_up)
    assert TreatmentVisit.objects.get().closed_at is None


# 3. Sites that are warned of

WARNED = [
    ("pregnancy", "acupoint:SP6::left", "By tradition", "needled_without_answer", "pregnancy_points, lower leg"),
    ("anticoagulant", "muscle:psoas_major::left", "No needle here until", "needled_against_stop", "bleeding_deep_anticoagulant"),
    ("anticoagulant", "muscle:fibularis_longus::left", "press after every needle", "needled_without_answer", "anticoagulant, everywhere"),
    ("", "muscle:scalenus_anterior::left", "Pleura and lung", "needled_without_answer", "pleura, neck"),
]  # fmt: skip


@pytest.mark.parametrize(("fact", "site", "said", "kind", "detail"), WARNED)
def test_a_site_that_is_warned_of_says_so_before_and_what_is_in_is_recorded_with_an_incident(
    client, house, fact, site, said, kind, detail
):
    visit, elena = house
    if fact:
        ask_again(by=elena, at=LATER, visit_id=visit.pk, answers={fact: "present"})
    before = words(client.get(at("chart", visit), {"site": site}))
    assert said.lower() in before.lower()
    assert not NeedleInsertion.objects.exists()
    client.post(at("needle", visit), form(site))
    assert NeedleInsertion.objects.count() == 1
    assert (kind, detail) in incidents()
    assert acts("incident.opened") == len(incidents())


def test_an_answer_before_the_needle_is_in_the_audit_and_leaves_no_incident(client, house):
    visit, _elena = house
    site = "muscle:scalenus_anterior::left"
    page = client.get(at("chart", visit), {"site": site})
    for ask in page.context["asks"]:
        client.post(at("answered", visit), {"code": ask.code, "place": ask.place, "reason": "kept clear"})
    client.post(at("needle", visit), form(site))
    assert incidents() == []
    assert acts("caution.answered") == len(page.context["asks"]) > 1


# 4. Pages, tablets and clocks that are wrong


def test_an_old_page_closes_nothing_and_both_notes_stand_beside_each_other(client, house):
    TreatmentVisit.objects.update(version=2, note="From the other tablet")
    answer = client.post(at("close", house[0]), {"version": "1", "note": "Mine"} | boxed(0))
    assert answer.status_code == 409
    assert "From the other tablet" in words(answer)
    assert "Mine" in words(answer)
    assert TreatmentVisit.objects.get().closed_at is None


def test_what_a_device_sends_twice_and_out_of_order_is_there_once_in_the_servers_order(client, house):
    visit, _elena = house
    taken_out = {"client_id": "o1", "needle_id": "n2"}
    early = client.post(at("out", visit, number=0), taken_out)
    assert early.status_code == 422
    assert "has not reached the server yet" in words(early)
    for number in (2, 1, 2):
        client.post(at("needle", visit), form(client_id=f"n{number}", state="in"))
    for _ in range(2):
        assert client.post(at("out", visit, number=0), taken_out).status_code == 302
    rows = NeedleInsertion.objects.order_by("number").values_list("number", "client_id", "state")
    assert list(rows) == [(1, "n2", "out"), (2, "n1", "in")]
    assert (acts("needle.charted"), acts("needle.out")) == (2, 1)


def test_a_needle_for_somebody_elses_patient_or_another_clinic_is_not_found(client, house):
    others, _ = an_open_visit(a_clinic("birch"))
    david = a_practitioner(house[0].clinic, name="David Okafor")
    assert client.post(at("needle", others), form()).status_code == 404
    swapped = reverse("needling:needle", kwargs={"clinic": "alder", "visit": others.pk})
    assert client.post(swapped, form()).status_code == 404
    client.force_login(david.user)
    assert client.post(at("needle", house[0]), form()).status_code == 404
    assert not NeedleInsertion.objects.exists()


@pytest.mark.parametrize("ahead", [timedelta(days=1), timedelta(days=-1)])
def test_a_tablet_whose_clock_is_a_day_off_charts_at_the_servers_time(client, house, ahead):
    device_now = timezone.now() + ahead
    sent = {"device_at": device_now.isoformat(), "device_now": device_now.isoformat()}
    client.post(at("needle", house[0]), form(**sent))
    row = NeedleInsertion.objects.get()
    assert abs((timezone.now() - row.charted_at).total_seconds()) < 60
    assert row.in_at <= row.out_at


def test_a_request_without_login_or_with_the_wrong_method_does_nothing(client, house):
    assert client.get(at("needle", house[0])).status_code == 405
    for name in ("chart", "sites", "printed", "paper", "take_home", "next_visit", "line_words"):
        assert client.post(at(name, house[0]), form()).status_code == 405, name
    for name in ("board", "stock", "lot_used", "to_sign"):
        assert client.post(reverse(f"needling:{name}", kwargs={"clinic": "alder"})).status_code == 405, name
    client.logout()
    assert client.post(at("needle", house[0]), form()).status_code == 302
    assert not NeedleInsertion.objects.exists()
