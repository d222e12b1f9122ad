"""The row "How" under the keys: technique, de qi, position and what is sought, by touch, with defaults that are said."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone

from myotome.clinic.needling.actions import record_insertion
from myotome.clinic.needling.models import NeedleInsertion
from myotome.science.needling.lines import DEQI
from myotome.vocabulary.anatomy import Position
from myotome.vocabulary.needling import NeedleState, SiteKind, Technique
from tests.clinic.charting.visits import GLMAX, GLMED, POINTS, at, needle_form, visit_of
from tests.factories import a_needle

pytestmark = pytest.mark.django_db
ST36 = "acupoint:ST36::left"


def chart_of(client, visit, **asked):
    return client.get(at("chart", visit), asked).content.decode()


def moved_on(page):
    return re.search(r'name="moved" value="(\w+)" aria-labelledby="[-\w]+" checked', page)[1]


def position_on(page):
    """The chosen position under "How", or "" for the dash."""
    field = re.search(r'<select name="position" id="id_position">(.*?)</select>', page)[1]
    chosen = re.search(r'value="(\w+)" selected', field)
    return chosen[1] if chosen else ""


def test_each_way_of_moving_each_word_of_de_qi_each_position_can_be_touched(client, clinic, elena):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    page = chart_of(client, visit)
    assert set(re.findall(r'name="moved" value="(\w+)"', page)) == set(Technique) - {Technique.ELECTRICAL}
    assert set(re.findall(r'name="deqi" value="(\w+)"', page)) == set(DEQI.values())
    assert set(re.findall(r'<option value="(\w+)"', page)) >= set(Position)


def test_where_needles_rest_every_word_of_de_qi_stands_once_and_no_needle_goes_in_and_out(client, clinic, elena):
    visit, _ = visit_of(clinic, elena, mode="acupuncture", sites=POINTS, kind=SiteKind.ACUPOINT)
    client.force_login(elena.user)
    page = chart_of(client, visit, site=ST36)
    assert sorted(re.findall(r'name="deqi" value="(\w+)"', page)) == sorted(DEQI.values())
    assert (moved_on(page), position_on(page)) == ("hold", "")
    assert 'name="moved" value="in_out"' not in page


def test_what_was_touched_is_charted_and_is_read_in_its_row_and_on_paper(client, clinic, elena):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    form = needle_form(moved="peck", deqi=["heavy", "warm"], position="side_lying", response_sought="twitch")
    client.post(at("needle", visit), form | {"twitches": "1"})
    row = NeedleInsertion.objects.get()
    assert (row.technique, row.deqi, row.position, row.response_sought, row.twitches) == (
        "peck", ["heavy", "warm"], "side_lying", "twitch", 1,
    )  # fmt: skip
    for page in (chart_of(client, visit), client.get(at("printed", visit)).content.decode()):
        assert "Pecking, sought: Twitch" in page
        assert "twitch, de qi (heavy; warm)" in page
    assert "Position: On her side 1." in page


def test_the_row_begins_as_the_last_needle_of_this_visit_and_a_tap_charts_it(client, clinic, elena):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    first = chart_of(client, visit)
    assert (moved_on(first), position_on(first)) == ("in_out", ""), "nobody has said how she lies"
    client.post(at("needle", visit), needle_form(moved="rotate", position="side_lying", response_sought="release"))
    page = chart_of(client, visit)
    assert (moved_on(page), position_on(page)) == ("rotate", "side_lying")
    assert '<option value="release" selected>' in page
    assert re.search(r'data-now="moved">Turned</span><span data-now="position">On her side</span>', page)


def test_a_quick_response_keeps_what_was_touched_under_how(client, clinic, elena):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    client.post(at("needle", visit), needle_form(quick="grasp-release", moved="peck", deqi=["numb"], position="prone"))
    row = NeedleInsertion.objects.get()
    assert (row.grasp, row.release, row.technique, row.deqi, row.position) == (2, True, "peck", ["numb"], "prone")


def test_a_needle_that_stays_in_is_held_and_does_not_hold_the_next_one(client, clinic, elena):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    client.post(at("needle", visit), needle_form(state="in", moved="in_out"))
    assert NeedleInsertion.objects.get().technique == "hold"
    client.post(at("out", visit, number=1), {"client_id": "out-1"})
    assert moved_on(chart_of(client, visit)) == "in_out"


def test_current_is_charted_as_current_whatever_stands_under_how(client, clinic, elena):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    client.post(at("needle", visit), needle_form(technique="electrical", electrical_hz="2", moved="in_out"))
    assert NeedleInsertion.objects.get().technique == "electrical"
    assert moved_on(chart_of(client, visit)) == "in_out"


def test_a_set_that_rests_is_held_in_the_position_that_was_said(client, clinic, elena):
    visit, _ = visit_of(clinic, elena, mode="acupuncture", sites=POINTS, kind=SiteKind.ACUPOINT)
    client.force_login(elena.user)
    assert '<select name="position" id="id_set_position">' in chart_of(client, visit)
    client.post(at("needle_set", visit), {"site": ST36, "position": "supine"})
    row = NeedleInsertion.objects.get()
    assert (row.technique, row.position, row.state) == ("hold", "supine", "in")
    page = chart_of(client, visit, site="acupoint:LI4::left")
    assert position_on(page) == "supine"


@pytest.mark.parametrize("field", [{"position": "floating"}, {"moved": "thrown"}])
def test_a_position_or_a_technique_that_is_none_is_refused_and_nothing_is_charted(client, clinic, elena, field):
    visit, _ = visit_of(clinic, elena)
    client.force_login(elena.user)
    assert client.post(at("needle", visit), needle_form(GLMED, **field)).status_code == 422
    assert not NeedleInsertion.objects.exists()


def test_what_a_line_sought_in_other_words_is_offered_again(client, clinic, elena):
    visit, actor = visit_of(clinic, elena)
    needle = a_needle(state=NeedleState.OUT, response_sought="warmth")
    record_insertion(by=actor, at=timezone.now(), visit_id=visit.pk, needle=needle)
    client.force_login(elena.user)
    assert '<option value="warmth" selected>warmth</option>' in chart_of(client, visit, site=GLMAX)
