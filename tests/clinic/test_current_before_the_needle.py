"""A needle with current through HTTP: its STOP stands there before it, and is lifted only by putting the fact right."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.urls import reverse

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.needling.actions import ask_again
from myotome.clinic.needling.models import Incident, NeedleInsertion
from myotome.clinic.people.models import User
from myotome.clinic.screening.models import PatientFact
from myotome.knowledge.cautions import cautions
from tests.factories import AT, an_open_visit

pytestmark = pytest.mark.django_db
SHIN, BELLY, CHEST = (
    "muscle:fibularis_longus::left",
    "muscle:rectus_abdominis:T10:left",
    "muscle:pectoralis_minor::left",
)
NECK, BUTTOCK = "muscle:sternocleidomastoid::left", "muscle:tensor_fasciae_latae::left"
KEYS_OPEN, BLOCKED = 'id="needle"', "No needle here until"
CURRENT = {"technique": "electrical"}
WORDS = {row.code: row.sentence for row in cautions()}


@pytest.fixture
def visit(client):
    visit, elena = an_open_visit()
    client.force_login(User.objects.get(pk=elena.user_id))
    ask_again(by=elena, at=AT, visit_id=visit.pk, answers={})
    return visit


def at(name, visit):
    return reverse(f"needling:{name}", kwargs={"clinic": visit.clinic.slug, "visit": visit.pk})


def has(visit, code, state="present"):
    PatientFact.objects.create(
        clinic=visit.clinic, patient=visit.course.patient, code=code, state=state, noted_at=AT, noted_by="Elena"
    )


def shown(answer):
    """The page without what it holds back: templates, and the link that is hidden now."""
    page = re.sub(r"<template id=\"current-fields\">.*?</template>", "", answer.content.decode(), flags=re.DOTALL)
    page = re.sub(r"<template class=\"with-current\".*?</template>", "", page, flags=re.DOTALL)
    return unescape(re.sub(r"<a [^>]* hidden>.*?</a>", "", page))


def held_back(answer, site):
    """What the page holds back for this site with current, for a tablet that loses the network."""
    held = re.findall(
        r'<template class="with-current" data-key="([^"]+)">(.*?)</template>', answer.content.decode(), re.DOTALL
    )
    return {key: unescape(words) for key, words in held}[site]


def chart(client, visit, site, **values):
    return shown(client.get(at("chart", visit), {"site": site} | values))


@pytest.mark.parametrize(
    ("fact", "site", "code"),
    [
        ("pacemaker", SHIN, "pacemaker_electrical"),
        ("epilepsy", NECK, "epilepsy_electrical"),
        ("pregnancy", BUTTOCK, "pregnancy_electrical"),
        ("", CHEST, "chest_electrical"),
        ("", NECK, "carotid_electrical"),
    ],
)
def test_the_stop_for_current_stands_before_the_needle_and_only_when_current_is_chosen(client, visit, fact, site, code):
    if fact:
        has(visit, fact)
    plain = client.get(at("chart", visit), {"site": site})
    assert WORDS[code] not in shown(plain)
    assert "Without current" not in shown(plain)
    held = held_back(plain, site)
    assert '<li class="caution stop" data-current' in held
    assert WORDS[code] in held
    assert ('name="technique" value="electrical"' in held) == bool(fact)
    page = chart(client, visit, site, **CURRENT)
    assert WORDS[code] in page
    assert BLOCKED in page
    assert "Without current" in page
    assert not NeedleInsertion.objects.exists()
    assert not Incident.objects.exists()


def test_without_a_stop_the_numbers_of_the_current_are_asked_and_kept(client, visit):
    assert 'name="electrical_hz"' not in chart(client, visit, SHIN)
    page = chart(client, visit, SHIN, **CURRENT)
    assert BLOCKED not in page
    assert 'name="electrical_hz"' in page
    form = {"site": SHIN, "client_id": "c1", "grasp": "2", "electrical_hz": "2", "electrical_ma": "1.5"} | CURRENT
    assert client.post(at("needle", visit), form).status_code == 302
    row = NeedleInsertion.objects.get()
    assert (row.technique, row.electrical_hz, row.electrical_ma, row.electrical_ms) == ("electrical", 2.0, 1.5, None)
    for name in ("chart", "printed"):
        assert "2 Hz, 1.5 mA" in client.get(at(name, visit)).content.decode()


@pytest.mark.parametrize(
    ("name", "value"),
    [("electrical_hz", "0"), ("electrical_hz", "fast"), ("electrical_ma", "51"), ("electrical_ms", "-1"),
     ("electrical_min", "nan"), ("technique", "magic")],
)  # fmt: skip
def test_a_number_that_no_current_has_is_refused_at_its_field_and_current_stays_chosen(client, visit, name, value):
    form = {"site": SHIN, "client_id": "c1", "grasp": "2"} | CURRENT | {name: value}
    answer = client.post(at("needle", visit), form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'href="#id_{name}"' in page
    assert name == "technique" or f'value="{value}"' in page
    assert not NeedleInsertion.objects.exists()


def test_a_needle_with_current_that_is_in_is_recorded_past_its_stop(client, visit):
    has(visit, "pacemaker")
    assert "already in: record it" in chart(client, visit, SHIN, **CURRENT)
    client.post(at("needle", visit), {"site": SHIN, "client_id": "c1", "grasp": "2"} | CURRENT)
    assert NeedleInsertion.objects.count() == 1
    assert ("needled_against_stop", "pacemaker_electrical") in Incident.objects.values_list("kind", "detail")


def test_a_reason_does_not_lift_the_stop_and_a_corrected_fact_does(client, visit):
    has(visit, "pacemaker")
    client.post(at("answered", visit), {"code": "pacemaker_electrical", "place": "everywhere", "reason": "only once"})
    assert BLOCKED in chart(client, visit, SHIN, **CURRENT)
    form = {"fact_code": "pacemaker", "fact_state": "absent", "site": SHIN, "client_id": "f1"} | CURRENT
    refused = client.post(at("fact_corrected", visit), form)
    assert refused.status_code == 422
    assert "what is known now" in refused.content.decode()
    known = {"fact_detail": "removed in May, letter seen"}
    after = shown(client.post(at("fact_corrected", visit), form | known, follow=True))
    assert BLOCKED not in after
    assert 'name="electrical_hz"' in after
    facts = PatientFact.objects.filter(code="pacemaker").order_by("pk")
    assert [(row.state, row.replaced_at is None) for row in facts] == [("present", False), ("absent", True)]
    assert facts[1].detail == "removed in May, letter seen"
    acts = AuditEvent.objects.filter(act__in=["fact.noted", "visit.fact_corrected"])
    assert sorted(acts.values_list("act", flat=True)) == ["fact.noted", "visit.fact_corrected"]


def test_beside_an_ask_of_an_area_the_area_is_named_and_then_stops_that_side_alone(client, visit):
    has(visit, "lymphoedema")
    asked = chart(client, visit, SHIN)
    assert BLOCKED not in asked
    assert 'value="lower_leg:left"' in asked
    form = {"fact_code": "lymphoedema", "fact_state": "present", "fact_area": ["", "lower_leg:left"], "site": SHIN}
    refused = client.post(at("fact_corrected", visit), form | {"client_id": "a1"})
    assert refused.status_code == 422
    assert 'value="lower_leg:left" checked' in refused.content.decode()
    client.post(at("fact_corrected", visit), form | {"client_id": "a2", "fact_detail": "after the operation in May"})
    client.post(at("answered", visit), {"code": "lymphoedema", "place": "lower_leg", "reason": "other side"})
    stopped = chart(client, visit, SHIN)
    assert BLOCKED in stopped
    assert "left lower leg" in stopped
    assert BLOCKED not in chart(client, visit, SHIN.replace("left", "right"))


@pytest.mark.parametrize(
    ("form", "field"),
    [({"fact_code": "moonstruck"}, "fact_code"), ({"fact_state": "perhaps"}, "fact_state"), ({"fact_detail": " "}, "fact_detail"),
     ({"fact_area": ["", "arm:left"]}, "fact_area")],
)  # fmt: skip
def test_a_correction_that_says_nothing_changes_nothing(client, visit, form, field):
    has(visit, "previous_reaction")
    whole = {"fact_code": "previous_reaction", "fact_state": "absent", "fact_detail": "cleared by Dr Wu"} | form
    answer = client.post(at("fact_corrected", visit), whole)
    assert answer.status_code == 422
    assert PatientFact.objects.get().state == "present"
    assert answer.context["error"].field == field


def test_a_line_with_current_shows_its_stop_as_it_forms_and_an_unfinished_one_nothing(client, visit):
    has(visit, "pacemaker")

    def said(line):
        return unescape(client.get(at("line_words", visit), {"line": line}).content.decode())

    assert WORDS["pacemaker_electrical"] in said("L tibant 20 2hz")
    assert WORDS["pacemaker_electrical"] not in said("L tibant 20")
    assert WORDS["pacemaker_electrical"] not in said("L tibant 20 2hz gra")
    assert "Pleura and lung" in said("L rhommaj 20")
    assert not NeedleInsertion.objects.exists()
