"""The needle chart through HTTP, as plain forms: what a tablet without script can do is everything."""

from __future__ import annotations

import re
import subprocess
from datetime import timedelta

import pytest
from django.urls import reverse

from myotome.clinic.needling.actions import open_visit, record_insertion
from myotome.clinic.needling.models import NeedleInsertion, TreatmentVisit
from myotome.clinic.people.models import User
from myotome.knowledge.acupoints import acupoint
from myotome.vocabulary.anatomy import NeedleRegion, Side
from myotome.vocabulary.needling import NeedleState, SiteKind, TreatmentMode
from tests.clinic.charting.visits import GLMED, at, needle_form, visit_of
from tests.factories import (
    AT,
    a_needle,
    a_practitioner,
    an_open_visit,
)

pytestmark = pytest.mark.django_db


def test_a_planned_needle_is_response_and_out(client, clinic, elena):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    answer = client.post(at("needle", visit), needle_form(grasp="2", twitches="1"), follow=True)
    assert answer.status_code == 200
    row = NeedleInsertion.objects.get()
    assert (row.site, row.side, row.grasp, row.twitches, row.state, row.depth_mm) == (
        "gluteus_maximus", "left", 2, 1, "out", 50,
    )  # fmt: skip
    assert row.seconds is None
    assert "gluteus medius" in answer.content.decode().lower()


def test_one_tap_writes_response_and_out(client, clinic, elena):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    client.post(at("needle", visit), needle_form(quick="grasp-cramp-release"))
    row = NeedleInsertion.objects.get()
    assert (row.grasp, row.cramp, row.release, row.state) == (2, 5, True, "out")


def test_no_twitch_is_charted_as_none_and_not_touching_it_as_unknown(client, clinic, elena):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    page = client.get(at("chart", visit)).content.decode()
    assert '<input type="radio" name="twitches" value="0">No twitch' in page
    for n, said in enumerate(({"twitches": "0"}, {}, {"twitches": "0", "quick": "grasp-release"})):
        client.post(at("needle", visit), needle_form(client_id=f"tablet-{n}", **({"grasp": "1"} | said)))
    client.post(at("needle", visit), needle_form(client_id="tablet-3", twitches="0", quick="twitch"))
    rows = NeedleInsertion.objects.order_by("number").values_list("grasp", "twitches", "release")
    assert list(rows) == [(1, 0, None), (1, None, None), (2, 0, True), (None, 1, None)]
    page = client.get(at("chart", visit)).content.decode()
    assert page.count("no twitch") == 2


def test_the_same_form_sent_twice_is_one_needle(client, clinic, elena):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    for _ in range(2):
        client.post(at("needle", visit), needle_form(grasp="2"))
    assert NeedleInsertion.objects.count() == 1


def test_same_as_the_last_needle_repeats_its_response(client, clinic, elena):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    client.post(at("needle", visit), needle_form(grasp="3", release="yes"))
    client.post(at("needle", visit), needle_form(GLMED, client_id="tablet-2", quick="same"))
    assert [(r.grasp, r.release) for r in NeedleInsertion.objects.order_by("number")] == [(3, True), (3, True)]


def test_a_site_carried_over_is_not_a_needle_until_it_is_touched(client, clinic, elena):
    visit, actor = visit_of(clinic, elena, sites=[], number_of_visits=1)
    record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT, grasp=3, depth_mm=44))
    second = open_visit(by=actor, at=AT + timedelta(days=7), course_id=visit.course_id, mode=TreatmentMode.IMS)
    TreatmentVisit.objects.filter(pk=second.pk).update(reask_at=AT)
    client.force_login(elena.user)
    page = client.get(at("chart", second)).content.decode()
    assert "0 in, 0 out, 1 planned" in page
    assert 'value="44"' in page
    assert 'value="3" checked' not in page


@pytest.mark.parametrize(
    "query", ["", "?region=buttock", "?spine=multifidus", "?kind=points&meridian=ST", "?q=glut", "?q=%00"]
)
def test_any_site_can_be_chosen(client, clinic, elena, query):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    answer = client.get(at("sites", visit) + query)
    assert answer.status_code == 200


def test_a_chosen_site_is_the_next_needle(client, clinic, elena):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    page = client.get(at("chart", visit) + "?site=muscle:multifidus:L5:right").content.decode()
    assert "Multifidus L5, right" in page


@pytest.mark.parametrize(
    "site", ["muscle:nosuch::left", "muscle:multifidus::left", "acupoint:ST99::left", "x", "muscle:soleus::up"]
)
def test_a_site_that_does_not_exist_is_refused_at_its_field(client, clinic, elena, site):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    assert client.post(at("needle", visit), needle_form(site)).status_code == 422
    assert not NeedleInsertion.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [("depth_mm", "151"), ("depth_mm", "-1"), ("depth_mm", "4e1"), ("grasp", "4"), ("size", "big"), ("cramp", "11")],
)
def test_a_value_that_cannot_be_typed_in_earnest_is_refused(client, clinic, elena, field, value):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    assert client.post(at("needle", visit), needle_form(**{field: value})).status_code == 422


def test_the_wall_shows_first_name_and_initial_only(client, clinic, elena):
    visit, actor = visit_of(clinic, elena)
    record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle())
    client.force_login(elena.user)
    page = client.get(reverse("needling:board", kwargs={"clinic": clinic.slug})).content.decode()
    assert "Hannah L." in page
    assert "Lindqvist" not in page


def test_a_stranger_finds_nothing(client, clinic, elena):
    visit, _ = visit_of(clinic, elena)
    stranger = a_practitioner(clinic, name="David Okafor")
    client.force_login(stranger.user)
    assert client.get(at("chart", visit)).status_code == 404
    assert client.post(at("needle", visit), needle_form()).status_code == 404


@pytest.mark.parametrize("n", [0, 12])
def test_the_chart_needs_at_most_fifteen_queries(client, clinic, elena, n, django_assert_max_num_queries):
    visit, actor = visit_of(clinic, elena)
    for _ in range(n):
        record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    client.force_login(elena.user)
    client.get(at("chart", visit))
    with django_assert_max_num_queries(30) as seen:
        client.get(at("chart", visit))
    own = [q["sql"] for q in seen.captured_queries if "SAVEPOINT" not in q["sql"]]
    assert len(own) <= 15, "\n".join(own)


def test_a_visit_is_printed_as_a_tagged_pdf_with_the_names_of_its_points(client, tmp_path):
    visit, elena = an_open_visit(mode="acupuncture")
    client.force_login(User.objects.get(pk=elena.user_id))
    point = a_needle(
        site_kind=SiteKind.ACUPOINT,
        site="ST36",
        side=Side.LEFT,
        region=NeedleRegion(acupoint("ST36").region),
        level=None,
    )
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=point)
    answer = client.get(f"/{visit.clinic.slug}/visit/{visit.pk}/print.pdf")
    assert answer["Content-Type"] == "application/pdf"
    file = tmp_path / "visit.pdf"
    file.write_bytes(answer.content)
    text = subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, text=True, check=True).stdout
    for words in ("Hannah Lindqvist", "12 Mar 1968", "Zúsānlǐ", "足三里"):
        assert words in text


def test_a_row_that_is_kept_has_the_token_and_ids_of_its_own_page_and_shows_every_change(client, clinic, elena):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    client.post(at("needle", visit), needle_form(grasp="2"))
    pages = [client.get(at("chart", visit)).content.decode() for _ in range(2)]
    tokens = [set(re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)) for page in pages]
    ids = [re.findall(r'name="client_id" value="([0-9a-f]+)"', page) for page in pages]
    assert [len(found) for found in tokens] == [1, 1]
    assert len({*ids[0], *ids[1]}) == len(ids[0]) + len(ids[1]) > 10
    client.post(at("response", visit, number=1), {"grasp": "3", "cramp": "7"})
    changed = client.get(at("chart", visit)).content.decode()
    assert "grasp 3, cramp 7" in changed
    assert "grasp 3, cramp 7" not in pages[1]
