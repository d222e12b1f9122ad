"""An incident is shown by the name of its hazard or caution, on the chart, on paper and to the owner; its row keeps the code."""

from __future__ import annotations

from html import unescape
from types import SimpleNamespace

import pytest
from django.urls import reverse

from myotome.clinic.needling.actions import ask_again, record_insertion
from myotome.clinic.needling.models import Incident
from myotome.knowledge.cautions import cautions
from myotome.knowledge.hazards import hazards
from myotome.pages.needling.incidents import incident_words
from myotome.vocabulary.anatomy import NeedleRegion
from myotome.vocabulary.courses import Role
from myotome.vocabulary.needling import NeedleState
from tests.clinic.charting.visits import at, visit_of
from tests.factories import AT, a_needle, a_user


def told(kind, detail):
    return incident_words(SimpleNamespace(kind=kind, detail=detail))


@pytest.mark.parametrize(
    ("kind", "detail", "words"),
    [
        ("needled_without_answer", "gluteal_vessels, buttock", "Gluteal vessels, buttock"),
        ("needled_without_answer", "calf_clot, lower leg", "Clot in the calf, lower leg"),
        ("needled_without_answer", "anticoagulant, everywhere", "Takes a blood thinner or anti-platelet medicine"),
        ("needled_without_answer", "depth_TE5, forearm hand", "TE5 deeper than any source's range, forearm hand"),
        ("needled_without_answer", "free_place, low back", "A free place, near hazards of its region, low back"),
        ("needled_without_answer", "pregnancy, lower leg", "Avoided in pregnancy, lower leg"),
        ("needled_against_stop", "bleeding_deep_anticoagulant", "Takes a blood thinner or anti-platelet medicine"),
        ("needled_against_stop", "a_rule_of_before", "A rule of before"),
        ("fragment", "Needle 2: bent at the hilt, lower leg", "Needle 2: bent at the hilt, lower leg"),
    ],
)
def test_what_an_incident_is_about_is_said_in_words(kind, detail, words):
    assert told(kind, detail) == words


def test_no_code_of_any_table_is_shown_raw():
    places = ["everywhere", *(region.value.replace("_", " ") for region in NeedleRegion)]
    shown = [told("needled_without_answer", f"{code}, {place}") for code in hazards() for place in places]
    shown += [told("needled_without_answer", f"{rule.code}, {place}") for rule in cautions() for place in places]
    shown += [told("needled_against_stop", rule.code) for rule in cautions()]
    assert [words for words in shown if "_" in words or not words[0].isupper() or words.endswith(".")] == []


@pytest.mark.django_db
def test_the_chart_the_paper_and_the_owner_read_the_name_and_the_row_keeps_the_code(client, clinic, elena):
    visit, actor = visit_of(clinic, elena)
    ask_again(by=actor, at=AT, visit_id=visit.pk, answers={"anticoagulant": "present"})
    record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT, site="gluteus_medius"))
    client.force_login(elena.user)
    pages = [client.get(at(name, visit)).content.decode() for name in ("chart", "printed")]
    client.force_login(a_user(clinic, Role.OWNER, name="Olga"))
    pages.append(client.get(reverse("owner:overview", kwargs={"clinic": clinic.slug})).content.decode())
    kept = set(Incident.objects.values_list("detail", flat=True))
    assert {"anticoagulant, everywhere", "gluteal_vessels, buttock"} <= kept
    for page in map(unescape, pages):
        assert "</b> Takes a blood thinner or anti-platelet medicine" in page
        assert "</b> Gluteal vessels, buttock" in page
        assert "gluteal_vessels, buttock" not in page
        assert "anticoagulant, everywhere" not in page
