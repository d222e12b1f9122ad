"""What the row of a charted needle offers and refuses: only acts that can be done, and nothing that was typed is lost."""

from __future__ import annotations

import re

import pytest

from myotome.clinic.needling.actions import record_insertion
from myotome.clinic.needling.models import NeedleInsertion
from tests.clinic.charting.visits import at, visit_of
from tests.factories import AT, PASSWORD, a_needle, a_practitioner, boxed

pytestmark = pytest.mark.django_db


@pytest.fixture
def in_now(client, clinic, elena):
    """A visit with one needle in; she is logged in."""
    visit, actor = visit_of(clinic, elena)
    record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_needle())
    client.force_login(elena.user)
    return visit


def row_of(answer, number=1):
    """The HTML of one row of the chart."""
    return re.search(rf'<li class="needle[^"]*" id="needle-{number}".*?</li>', answer.content.decode(), re.S)[0]


def test_a_stuck_needle_may_come_out_whole_and_does_not_offer_to_stay(client, in_now):
    assert "Stays in on purpose" in row_of(client.get(at("chart", in_now)))
    row = row_of(client.post(at("fragment", in_now, number=1), {"reason": "stuck in spasm"}, follow=True))
    assert "broken or stuck" in row
    assert "Stays in on purpose" not in row
    action = re.search(r'<form method="post" action="([^"]+)"[^>]*>(?:(?!</form>).)*It came out whole', row, re.S)[1]
    assert action == at("out", in_now, number=1)
    client.post(action, {"client_id": "came-out"})
    assert NeedleInsertion.objects.get().state == "out"


def test_a_needle_signed_for_as_not_found_can_be_found_while_the_visit_is_open(client, in_now):
    client.post(at("missing", in_now, number=1), {"reason": "floor", "witness_password": PASSWORD})
    row = row_of(client.get(at("chart", in_now)))
    assert ">Found<" in row
    client.post(at("out", in_now, number=1), {"client_id": "found"})
    assert NeedleInsertion.objects.get().state == "out"


def test_a_row_whose_act_is_refused_stays_open_with_all_that_was_typed_but_the_password(client, in_now, clinic):
    david = a_practitioner(clinic, name="David Okafor")
    form = {"reason": "under <the> table", "witness_email": david.user.email, "witness_password": "not-hers"}
    answer = client.post(at("missing", in_now, number=1), form)
    row = row_of(answer)
    assert answer.status_code == 422
    assert "<details open>" in row
    assert 'value="under &lt;the&gt; table"' in row
    assert f'value="{david.user.email}"' in row
    assert "not-hers" not in answer.content.decode()
    assert '<p class="field-error" id="id_witness_password_1-error">That is not the password' in row
    assert 'href="#id_witness_password_1"' in answer.content.decode()
    assert row.count("aria-invalid") == 1


@pytest.mark.parametrize(
    ("act", "form", "place", "kept"),
    [
        ("missing", {"witness_password": PASSWORD}, "id_where_1", ""),
        ("left_in", {"remove_on": "2026-12-01"}, "id_reason_row_1", 'value="2026-12-01"'),
        ("left_in", {"reason": "press needle", "remove_on": "2020-01-01"}, "id_remove_on_1", 'value="press needle"'),
        ("strike", {"remove_on": "2026-12-01"}, "id_reason_row_1", 'value="2026-12-01"'),
        ("strike", {"reason": "other patient"}, "", 'value="other patient"'),
        ("response", {"cramp": "5", "depth_mm": "999"}, "id_depth_mm_1", 'value="5"'),
    ],
)
def test_what_is_missing_is_said_at_its_field_and_the_rest_is_kept(client, in_now, act, form, place, kept):
    answer = client.post(at(act, in_now, number=1), form)
    row = row_of(answer)
    assert answer.status_code in (409, 422)
    assert "<details open>" in row
    assert kept in row
    assert row.count('aria-invalid="true"') == bool(place)
    if place:
        assert re.search(rf'id="{place}"[^>]*aria-invalid="true"', row)
        assert f'href="#{place}"' in answer.content.decode()
    assert NeedleInsertion.objects.get().state == "in"
    assert "<details open>" not in row_of(client.get(at("chart", in_now)))


def test_a_row_that_is_out_is_not_kept_with_what_was_typed_in_it(client, in_now):
    client.post(at("out", in_now, number=1), {})
    refused = row_of(client.post(at("strike", in_now, number=1), {"reason": " "}))
    assert "Please say why this row is struck." in refused
    assert "field-error" not in row_of(client.get(at("chart", in_now)))


@pytest.mark.parametrize("is_closed", [False, True])
def test_an_event_with_a_wrong_onset_stays_open_with_everything_that_was_typed(client, in_now, is_closed):
    client.post(at("out", in_now, number=1), {})
    if is_closed:
        client.post(at("close", in_now), {"version": "1"} | boxed(1))
    form = {"kind": "haematoma", "grade": "moderate", "number": "1", "onset_minutes": "soon", "patient_told": "1",
            "action_taken": "pressed two minutes", "learned": "press longer", "serious": "", "lasted": ""}  # fmt: skip
    answer = client.post(at("adverse_event", in_now), form)
    page = answer.content.decode()
    fold = re.search(r"<details class=\"fold\" open><summary>Something went wrong.*?</form>", page, re.S)[0]
    assert answer.status_code == 422
    for kept in (
        '<option value="haematoma" selected>', '<option value="moderate" selected>', '<option value="1" selected>',
        'value="soon" aria-invalid="true"', 'value="pressed two minutes"', 'value="press longer"',
        'name="patient_told" value="1" checked',
    ):  # fmt: skip
        assert kept in fold, kept
    assert "a whole number from 0 to" in re.search(r'id="onset_minutes-error">([^<]*)', fold)[1]
