"""A place without a name on the chart: entered without JavaScript, with the nearest muscle or point or without, shown with it."""

from __future__ import annotations

from html import unescape

import pytest

from myotome.clinic.needling.actions import open_visit, record_insertion
from myotome.clinic.needling.models import NeedleInsertion, TreatmentVisit
from myotome.vocabulary.anatomy import NeedleRegion
from myotome.vocabulary.needling import NeedleState, SiteKind, TreatmentMode
from tests.clinic.charting.visits import at, needle_form, visit_of
from tests.factories import AT, a_needle, boxed

pytestmark = pytest.mark.django_db
SCAR = {"place": "beside the scar", "region": "low_back", "side": "left"}
KEY = "free:beside the scar@low_back~mult-L4::left"
SHOWN = "Beside the scar, nearest Multifidus L4"


def page_of(answer):
    return unescape(answer.content.decode())


def a_scar(**values):
    where = {"site_kind": SiteKind.FREE, "site": "beside the scar", "region": NeedleRegion.LOW_BACK}
    return a_needle(**where | {"state": NeedleState.OUT, "nearest": "multifidus-L4"} | values)


@pytest.fixture
def visit(client, clinic, elena):
    visit, _ = visit_of(clinic, elena, sites=[])
    client.force_login(elena.user)
    return visit


@pytest.mark.parametrize(
    ("nearest", "stored"),
    [("", ""), ("mult-L4", "multifidus-L4"), ("Multifidus L4", "multifidus-L4"), ("st 36", "ST36"), ("gluteus medius", "gluteus_medius")],
)  # fmt: skip
def test_a_place_is_chosen_on_the_page_of_sites_and_needled_with_its_nearest_or_without(client, visit, nearest, stored):
    page = page_of(client.get(at("sites", visit), SCAR | {"nearest": nearest}, follow=True))
    key = page.partition('name="site" value="')[2].partition('"')[0]
    client.post(at("needle", visit), needle_form(site=key))
    row = NeedleInsertion.objects.get()
    assert (row.site, row.region, row.side, row.nearest) == ("beside the scar", "low_back", "left", stored)


@pytest.mark.parametrize(
    ("typed", "said"),
    [({"nearest": "glmde"}, "Did you mean glmed?"), ({"nearest": "mult"}, "Which level? Write mult-S1."),
     ({"side": ""}, "Choose left or right."), ({"region": ""}, "Choose the region"), ({"place": " "}, "write the place")],
)  # fmt: skip
def test_what_cannot_be_read_is_said_on_the_page_and_what_was_typed_stays(client, visit, typed, said):
    answer = client.get(at("sites", visit), SCAR | typed)
    page = page_of(answer)
    assert answer.status_code == 422
    assert said in page
    assert 'value="beside the scar"' in page or typed.get("place") == " "
    assert '<details class="fold" id="free-place" open>' in page


def test_the_field_offers_every_muscle_with_its_level_and_every_point(client, visit):
    page = page_of(client.get(at("sites", visit)))
    assert '<option value="mult-L4">Multifidus L4</option>' in page
    assert '<option value="ST36">ST36 Zúsānlǐ 足三里</option>' in page


def test_what_the_nearest_adds_stands_before_the_needle(client, visit):
    shoulder = {"place": "scar", "region": "shoulder", "side": "left"}
    without = page_of(client.get(at("sites", visit), shoulder, follow=True))
    with_it = page_of(client.get(at("sites", visit), shoulder | {"nearest": "popliteus"}, follow=True))
    assert 'data-code="popliteal_vessels"' in with_it
    assert 'data-code="popliteal_vessels"' not in without


def test_a_hand_made_needle_with_a_nearest_that_does_not_exist_is_refused_at_its_field(client, visit):
    answer = client.post(at("needle", visit), needle_form(site="free:scar@low_back~glmde::left"))
    assert answer.status_code == 422
    assert "Did you mean glmed?" in page_of(answer)
    assert not NeedleInsertion.objects.exists()


def test_it_is_shown_on_the_chart_on_paper_and_comes_along_to_the_next_visit_as_one_place(client, clinic, elena):
    visit, actor = visit_of(clinic, elena, sites=[])
    client.force_login(elena.user)
    record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_scar())
    record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_scar(site="of long ago", nearest=""))
    NeedleInsertion.objects.filter(site="of long ago").update(nearest="a_muscle_of_long_ago", site="a:b@c")
    for name in ("chart", "printed"):
        assert SHOWN in page_of(client.get(at(name, visit)))
    client.post(at("close", visit), {"version": "1", "sign": "1"} | boxed(2))
    later = open_visit(by=actor, at=AT, course_id=visit.course_id, mode=TreatmentMode.IMS, plan_id=visit.plan_id)
    TreatmentVisit.objects.filter(pk=later.pk).update(reask_at=AT)
    page = page_of(client.get(at("chart", later)))
    assert f'data-key="{KEY}" data-name="{SHOWN}"' in page
    assert 'data-key="free:a b c@low_back::left"' in page
    record_insertion(by=actor, at=AT, visit_id=later.pk, needle=a_scar(nearest="ST36"))
    page = page_of(client.get(at("chart", later)))
    assert SHOWN not in page
    assert "Beside the scar, nearest ST36" in page
    assert f"?site={'free%3Abeside%20the%20scar%40low_back~ST36%3A%3Aright'}" in page


def test_one_found_after_closing_says_its_nearest_too(client, clinic, elena):
    visit, actor = visit_of(clinic, elena, sites=[])
    client.force_login(elena.user)
    record_insertion(by=actor, at=AT, visit_id=visit.pk, needle=a_scar())
    client.post(at("close", visit), {"version": "1", "sign": "1"} | boxed(1))
    found = {"found": "1", "state": "out", "note": "on the bench", "place": "ear", "region": "head", "side": "left"}
    refused = client.post(at("found", visit), found | {"nearest": "nosuchmuscle"})
    assert refused.status_code == 422
    assert 'id="nearest-error"' in page_of(refused)
    page = page_of(client.post(at("found", visit), found | {"nearest": "TE17"}, follow=True))
    assert NeedleInsertion.objects.get(number=2).nearest == "TE17"
    assert "Ear, nearest TE17" in page
    assert "ear left, nearest TE17: charted after closing" in page


def test_a_line_with_a_nearest_is_charted(client, visit):
    client.post(at("line", visit), {"line": "L @low_back/beside-the-scar~mult-L4 20 grasp1", "client_id": "a"})
    assert NeedleInsertion.objects.get().nearest == "multifidus-L4"
