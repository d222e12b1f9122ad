"""Many needles at once on the chart: shorthand lines, a set that rests; and every command has its id."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.urls import resolve

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.needling.actions import answer_ask, record_insertion
from myotome.clinic.needling.asks import AskBook
from myotome.clinic.needling.models import Incident, NeedleInsertion, TreatmentVisit
from myotome.clinic.screening.facts import note_fact
from myotome.vocabulary.needling import SiteKind
from tests.clinic.charting.visits import POINTS, at, visit_of
from tests.factories import (
    AT,
    a_needle,
    a_yes_to_every_region,
    boxed,
)

pytestmark = pytest.mark.django_db
ONCE_BY_NATURE = {"close", "sign", "consented", "withdrawn", "resolved"}
"""What is closed, signed, agreed to, taken back or reviewed already stays as it is."""


def test_a_shorthand_paste_writes_twelve_needles(client, clinic, elena):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    lines = "\n".join(
        f"L {word} 40 .30x50 grasp2 release 6s" for word in ("glmed", "glmax", "pir", "tibant", "rf", "vl")
    )
    client.post(at("line", visit), {"line": lines + "\n" + lines.replace("L ", "R "), "client_id": "paste"})
    assert NeedleInsertion.objects.count() == 12
    client.post(at("line", visit), {"line": lines + "\n" + lines.replace("L ", "R "), "client_id": "paste"})
    assert NeedleInsertion.objects.count() == 12


def test_a_line_that_does_not_parse_keeps_the_typing_and_points_at_the_word(client, clinic, elena):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    answer = client.post(at("line", visit), {"line": "L glmed 50 .30x60 gasp2"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Did you mean grasp2?" in page
    assert ">L glmed 50 .30x60 gasp2</textarea>" in page
    assert '<span class="bad" aria-hidden="true">gasp2</span>' in page
    assert not NeedleInsertion.objects.exists()


def test_a_line_is_all_or_nothing(client, clinic, elena):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    client.post(at("line", visit), {"line": "L glmed 50 grasp2\nL nosuch 50"})
    assert not NeedleInsertion.objects.exists()


@pytest.fixture
def a_set(client, clinic, elena):
    """A set of three points whose ASKs are answered; she is logged in."""
    visit, actor = visit_of(clinic, elena, mode="acupuncture", sites=POINTS, kind=SiteKind.ACUPOINT)
    for place, code in (("lower_leg", "posterior_tibial_vessels"), ("lower_leg", "vessel"), ("lower_leg", "nerve")):
        answer_ask(by=actor, at=AT, visit_id=visit.pk, code=code, place=place, reason="kept clear")
    a_yes_to_every_region(visit.course)
    client.force_login(elena.user)
    return visit, actor


def boxes(page):
    """(point, is ticked, is disabled) of each tick box of the set, those of a fold included."""
    found = re.findall(r'<input type="checkbox" name="site" value="acupoint:(\w+)::left"([^>]*)>', page)
    return [(point, " checked" in rest, " disabled" in rest) for point, rest in found]


def stopped_in(visit, actor, *areas):
    note_fact(
        by=actor, at=AT, patient_id=visit.course.patient_id, code="lymphoedema", state="present", detail="nodes removed",
        areas=list(areas),
    )  # fmt: skip


def test_a_stop_at_one_point_leaves_that_point_out_and_the_others_go_in(client, a_set):
    visit, actor = a_set
    free = client.get(at("chart", visit)).content.decode()
    assert boxes(free) == [("LI4", True, False), ("ST36", True, False), ("SP6", True, False)]
    stopped_in(visit, actor, "forearm_hand:left")
    for ask in AskBook(actor, visit).warnings("acupoint", "ST36", "", "lower_leg", side="left"):
        answer_ask(by=actor, at=AT, visit_id=visit.pk, code=ask.code, place=ask.place, reason="not in that limb")
    page = client.get(at("chart", visit)).content.decode()
    assert boxes(page) == [("LI4", False, True), ("ST36", True, False), ("SP6", True, False), ("LI4", False, False)]
    reason = re.search(r'<p class="set-stopped" id="stopped-1">(.*?)</p>', page, re.DOTALL)[1]
    assert "STOP" in reason
    assert "nodes removed" in reason
    assert "No needle until" not in page
    assert "The needles are already in" not in page
    form = {"site": ["acupoint:ST36::left", "acupoint:SP6::left"], "client_id": "set-1"}
    client.post(at("needle_set", visit), form)
    assert {row.site for row in NeedleInsertion.objects.all()} == {"ST36", "SP6"}
    assert not Incident.objects.filter(kind="needled_against_stop").exists()


def test_a_stopped_point_that_is_in_already_is_recorded_with_the_set(client, a_set):
    visit, actor = a_set
    stopped_in(visit, actor, "forearm_hand:left")
    client.post(at("needle_set", visit), {"site": ["acupoint:LI4::left", "acupoint:SP6::left"], "client_id": "set-1"})
    assert {row.site for row in NeedleInsertion.objects.all()} == {"LI4", "SP6"}
    assert Incident.objects.get(kind="needled_against_stop").detail == "lymphoedema, forearm hand left"


def test_a_set_that_is_refused_keeps_its_ticks_and_its_depths(client, a_set):
    visit, _actor = a_set
    form = {"site": ["acupoint:SP6::left"], "depth:acupoint:SP6::left": "19", "retain_minutes": "999", "client_id": "s"}
    answer = client.post(at("needle_set", visit), form)
    page = answer.content.decode()
    assert answer.status_code == 422
    ticked = [name for name, is_ticked, _is_off in boxes(page) if is_ticked]
    assert ticked == ["SP6"]
    assert 'name="depth:acupoint:SP6::left" value="19"' in page
    assert not NeedleInsertion.objects.exists()


def test_a_set_of_which_every_point_is_stopped_waits_and_is_recorded_when_it_is_in(client, a_set):
    visit, actor = a_set
    stopped_in(visit, actor, "forearm_hand:left", "lower_leg:left")
    page = client.get(at("chart", visit)).content.decode()
    assert "No needle until what is written above has changed." in page
    assert "The needles are already in: record them" in page
    assert boxes(page) == [("LI4", False, False), ("ST36", False, False), ("SP6", False, False)]


def test_every_form_of_the_chart_gives_its_command_an_id(client, clinic, elena):
    visit, actor = visit_of(clinic, elena, mode="acupuncture", sites=POINTS, kind=SiteKind.ACUPOINT)
    record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle())
    client.force_login(elena.user)
    pages = [client.get(at("chart", visit)).content.decode(), client.get(at("hand_over", visit)).content.decode()]
    client.post(at("all_out", visit))
    pages.append(client.get(at("chart", visit)).content.decode())
    client.post(at("count", visit), {"out": "1"})
    client.post(at("close", visit), {"version": "1"} | boxed(1))
    pages.append(client.get(at("chart", visit)).content.decode())
    forms = [form for page in pages for form in re.findall(r'<form method="post".*?</form>', page, re.DOTALL)]
    without = set()
    for form in forms:
        action = re.search(r'action="([^"]*)"', form)
        name = resolve(action[1]).url_name if action else "hand_over"
        if 'name="client_id"' not in form and name not in ONCE_BY_NATURE and "/visit/" in (action[1] if action else ""):
            without.add(name)
    assert len(forms) > 15
    assert without == set()


def test_a_button_pressed_twice_does_its_act_once(client, clinic, elena):
    visit, _actor = visit_of(clinic, elena)
    client.force_login(elena.user)
    for text in ("Sore.", "Sore.", "Not sore."):
        answer = client.post(at("addendum", visit), {"text": text, "client_id": "note"})
    assert visit.addenda.count() == 1
    assert answer.status_code == 409
    assert "sent before with another content" in answer.content.decode()
    for _ in range(2):
        client.post(at("all_out", visit), {"client_id": "call"})
    assert AuditEvent.objects.filter(act="visit.all_out_called").count() == 1


def test_a_resting_set_goes_in_in_one_act_and_comes_out_when_the_count_agrees(client, clinic, elena):
    visit, actor = visit_of(clinic, elena, mode="acupuncture", sites=POINTS, kind=SiteKind.ACUPOINT)
    for place, code in (("lower_leg", "posterior_tibial_vessels"), ("lower_leg", "vessel"), ("lower_leg", "nerve")):
        answer_ask(by=actor, at=AT, visit_id=visit.pk, code=code, place=place, reason="kept clear")
    client.force_login(elena.user)
    keys = [f"acupoint:{code}::left" for code in ("LI4", "ST36")]
    form = {"site": keys, "client_id": "set-1", "retain_minutes": "25"} | {f"depth:{key}": "20" for key in keys}
    page = client.post(at("needle_set", visit), form, follow=True).content.decode()
    assert {(r.site, r.state, r.depth_mm) for r in NeedleInsertion.objects.all()} == {
        ("LI4", "in", 20),
        ("ST36", "in", 20),
    }
    assert TreatmentVisit.objects.get(pk=visit.pk).retain_minutes == 25
    assert 'data-due-s="1500"' in page
    wrong = client.post(at("counted_out", visit), {"n_counted": "1"})
    assert wrong.status_code == 409
    assert "You counted 1, and 2 are in" in wrong.content.decode()
    client.post(at("counted_out", visit), {"n_counted": "2"})
    assert {r.state for r in NeedleInsertion.objects.all()} == {"out"}


def test_without_script_a_line_asks_before_its_needle_and_one_that_is_in_is_recorded(client, clinic, elena):
    visit, _actor = visit_of(clinic, elena)
    client.force_login(elena.user)
    form = {"line": "L rhommaj 20 grasp2", "ask_first": "1", "client_id": "l1"}
    refused = client.post(at("line", visit), form)
    page = unescape(refused.content.decode())
    assert refused.status_code == 422
    assert "Something must be said before these needles" in page
    assert 'data-code="pleura"' in page
    assert "They are in: record them" in page
    assert not NeedleInsertion.objects.exists()
    assert client.post(at("line", visit), form | {"already_in": "1"}).status_code == 302
    assert NeedleInsertion.objects.get().site == "rhomboid_major"
    assert Incident.objects.filter(kind="needled_without_answer").exists()
