"""Closing on the chart: the counts, the note, two tabs, a needle that is not found or is found afterwards."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from myotome.clinic.needling.actions import record_insertion
from myotome.clinic.needling.models import Incident, NeedleInsertion, TreatmentVisit
from myotome.vocabulary.needling import NeedleState
from tests.clinic.charting.visits import GLMED, at, visit_of
from tests.factories import (
    AT,
    PASSWORD,
    a_needle,
    a_practitioner,
    boxed,
)

pytestmark = pytest.mark.django_db
PLACE = {"place": "left ear: lobe", "region": "head", "side": "left"}


def a_closed_visit(client, clinic, elena):
    visit, actor = visit_of(clinic, elena)
    record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    client.force_login(elena.user)
    client.post(at("close", visit), {"version": "1", "sign": "1"} | boxed(1))
    return visit


@pytest.mark.parametrize("where", [{"site": GLMED}, PLACE])
def test_a_needle_found_after_closing_is_recorded_on_the_closed_page_and_taken_out_there(client, clinic, elena, where):
    visit = a_closed_visit(client, clinic, elena)
    page = client.post(at("found", visit), {"found": "1", "state": "in", "note": "at home"} | where, follow=True)
    assert "1 needle was found after closing and is still in" in page.content.decode()
    wall = client.get(reverse("needling:board", kwargs={"clinic": clinic.slug})).content.decode()
    assert "Hannah L." in wall
    page = client.post(at("out", visit, number=2), follow=True).content.decode()
    assert "every one accounted for" in page
    assert "charted after closing" in page
    assert Incident.objects.filter(kind="needle_found_after_closing").count() == 1


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"site": GLMED}, "state"),
        ({"state": "left_in", "site": GLMED}, "state"),
        ({"state": "in"}, "site"),
        (PLACE | {"state": "in", "region": ""}, "site"),
        (PLACE | {"state": "in", "side": ""}, "side"),
    ],
)
def test_what_is_not_said_about_a_found_needle_is_asked_at_its_field(client, clinic, elena, typed, field):
    visit = a_closed_visit(client, clinic, elena)
    answer = client.post(at("found", visit), {"found": "1", "note": "she phoned"} | typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'href="#id_{field}"' in page
    assert f'id="id_{field}"' in page
    assert 'value="she phoned"' in page
    assert NeedleInsertion.objects.count() == 1


def test_closing_over_a_needle_is_refused_and_the_note_is_kept(client, clinic, elena):
    visit, actor = visit_of(clinic, elena)
    record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle())
    client.force_login(elena.user)
    answer = client.post(at("close", visit), {"version": "1", "note": "eased at once"})
    assert answer.status_code == 409
    assert "1 needle is still in" in answer.content.decode()
    assert TreatmentVisit.objects.get(pk=visit.pk).closed_at is None


def test_closing_and_signing_are_one_act(client, clinic, elena):
    visit, actor = visit_of(clinic, elena)
    record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    client.force_login(elena.user)
    form = {"version": "1", "n_needles_opened": "1", "n_needles_in_sharps": "1", "fit_to_drive_asked": "1", "sign": "1"}
    page = client.post(at("close", visit), form, follow=True).content.decode()
    row = TreatmentVisit.objects.get(pk=visit.pk)
    assert row.signed_by == elena.name
    assert "every one accounted for" in page or "accounted for" in page


def test_the_box_and_the_needles_opened_must_agree(client, clinic, elena):
    visit, actor = visit_of(clinic, elena)
    record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    client.force_login(elena.user)
    answer = client.post(at("close", visit), {"version": "1", "n_needles_opened": "2", "n_needles_in_sharps": "1"})
    assert answer.status_code == 409
    assert "2 needles were opened and 1 are in the sharps box" in answer.content.decode()


@pytest.mark.parametrize("left_out", ["n_needles_opened", "n_needles_in_sharps"])
def test_a_raw_request_without_a_count_closes_nothing_and_keeps_the_typing(client, clinic, elena, left_out):
    visit, actor = visit_of(clinic, elena)
    record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    client.force_login(elena.user)
    form = {"version": "1", "note": "eased at once", "advice": "walk", "sign": "1"} | boxed(17)
    del form[left_out]
    answer = client.post(at("close", visit), form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="{left_out}-error"' in page
    assert 'value="17"' in page
    assert "eased at once" in page
    assert TreatmentVisit.objects.get(pk=visit.pk).closed_at is None


def test_the_count_at_closing_is_never_filled_in_from_the_chart(client, clinic, elena):
    visit, actor = visit_of(clinic, elena)
    for _ in range(3):
        record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    client.force_login(elena.user)
    page = client.get(at("chart", visit)).content.decode()
    counts = re.findall(r'<input type="number"[^>]*name="(n_needles_\w+)"[^>]*value="(\w*)"', page)
    assert counts == [("n_needles_opened", ""), ("n_needles_in_sharps", "")] * 2, "beside the count, and at closing"
    client.post(at("tally", visit), {"which": "n_needles_opened", "n_needles_opened": "", "was": "", "step": "1"})
    page = client.get(at("chart", visit)).content.decode()
    counts = dict(re.findall(r'<input type="number"[^>]*name="(n_needles_\w+)" id="id_[^>]*value="(\w*)"', page))
    assert counts == {"n_needles_opened": "1", "n_needles_in_sharps": ""}


@pytest.mark.parametrize(
    ("form", "counted"),
    [
        ({"n_needles_in_sharps": "4", "was": "4", "step": "1"}, 6),
        ({"n_needles_in_sharps": "4", "was": "4", "step": "-1"}, 4),
        ({"n_needles_in_sharps": "9", "was": "4", "step": "1"}, 10),
        ({"n_needles_in_sharps": "9", "was": "4"}, 9),
        ({"n_needles_in_sharps": "", "was": "4"}, None),
    ],
)
def test_a_step_counts_from_what_the_server_knows_and_a_typed_number_stands(client, clinic, elena, form, counted):
    visit, _actor = visit_of(clinic, elena)
    TreatmentVisit.objects.filter(pk=visit.pk).update(n_needles_in_sharps=5)
    client.force_login(elena.user)
    assert client.post(at("tally", visit), {"which": "n_needles_in_sharps"} | form).status_code == 302
    assert TreatmentVisit.objects.get().n_needles_in_sharps == counted


@pytest.mark.parametrize("typed", ["five", "501", "-1"])
def test_what_is_no_number_of_needles_is_said_at_the_tally(client, clinic, elena, typed):
    visit, _actor = visit_of(clinic, elena)
    client.force_login(elena.user)
    answer = client.post(at("tally", visit), {"which": "n_needles_opened", "n_needles_opened": typed, "was": ""})
    assert answer.status_code == 422
    assert 'id="tally-n_needles_opened-error"' in answer.content.decode()
    assert f'value="{typed}"' in answer.content.decode()
    assert TreatmentVisit.objects.get().n_needles_opened is None


def test_two_tabs_closing_show_both_notes(client, clinic, elena):
    visit, actor = visit_of(clinic, elena)
    record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    TreatmentVisit.objects.filter(pk=visit.pk).update(version=2, note="From the other tablet")
    client.force_login(elena.user)
    answer = client.post(at("close", visit), {"version": "1", "note": "Mine"} | boxed(1))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "From the other tablet" in page
    assert "Mine" in page


def test_a_needle_not_found_is_signed_by_a_second_person_with_her_password(client, clinic, elena):
    visit, actor = visit_of(clinic, elena)
    david = a_practitioner(clinic, name="David Okafor")
    record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle())
    client.force_login(elena.user)
    form = {"reason": "table and floor", "witness_email": david.user.email, "witness_password": "wrong"}
    refused = client.post(at("missing", visit, number=1), form)
    assert refused.status_code == 422
    client.post(at("missing", visit, number=1), form | {"witness_password": PASSWORD})
    assert Incident.objects.get(kind="needle_missing").witnessed_by == "David Okafor"
    assert NeedleInsertion.objects.get().state == "missing"


def test_a_needle_that_the_box_does_not_hold_is_signed_for_in_the_close_form_and_the_typing_is_kept(
    client, clinic, elena
):
    visit, actor = visit_of(clinic, elena)
    david = a_practitioner(clinic, name="David Okafor")
    record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    client.force_login(elena.user)
    form = {"version": "1", "n_needles_opened": "2", "n_needles_in_sharps": "1", "note": "eased", "sign": "1"}
    offered = client.post(at("close", visit), form)
    assert offered.status_code == 409
    assert "1 needle not found" in (page := offered.content.decode())
    assert 'name="n_not_found" value="1"' in page
    assert 'id="n_needles_in_sharps-error"' in page
    signed = form | {"n_not_found": "1", "where_looked": "under the table", "witness_email": david.user.email}
    refused = client.post(at("close", visit), signed | {"witness_password": "not-hers"})
    page = refused.content.decode()
    assert refused.status_code == 422
    assert 'id="witness_password-error"' in page
    for kept in ('value="under the table"', f'value="{david.user.email}"', "eased"):
        assert kept in page
    assert "not-hers" not in page
    assert TreatmentVisit.objects.get(pk=visit.pk).closed_at is None
    client.post(at("close", visit), signed | {"witness_password": PASSWORD})
    row = TreatmentVisit.objects.get(pk=visit.pk)
    assert (row.signed_by, row.n_needles_opened, row.n_needles_in_sharps) == (elena.name, 2, 1)
    assert Incident.objects.get(kind="needle_missing").witnessed_by == "David Okafor"


def test_more_in_the_box_than_opened_is_offered_no_signature(client, clinic, elena):
    visit, actor = visit_of(clinic, elena)
    record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    client.force_login(elena.user)
    answer = client.post(at("close", visit), {"version": "1", "n_needles_opened": "1", "n_needles_in_sharps": "2"})
    assert answer.status_code == 409
    assert "n_not_found" not in answer.content.decode()


def test_wrong_passwords_run_out(client, clinic, elena):
    visit, actor = visit_of(clinic, elena)
    record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle())
    client.force_login(elena.user)
    form = {"reason": "table", "witness_password": "wrong"}
    codes = [client.post(at("missing", visit, number=1), form).status_code for _ in range(6)]
    assert codes == [422] * 5 + [429]
