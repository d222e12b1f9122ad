"""What the row of a charted needle offers and refuses: only acts that can be done, and nothing that was typed is lost."""

from __future__ import annotations

import re

import pytest

from myotome.clinic.needling.actions import record_insertion
from myotome.clinic.needling.models import NeedleInsertion
from tests.clinic.charting.visits import at, visit_of
from tests.factories import AT, PASSWORD, a_needle, a_practitioner

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
