"""The count in a browser: what a refused close says is seen, and the count is in sight whatever stands above it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from myotome.clinic.needling.actions import ask_again, record_insertion
from myotome.clinic.needling.models import Incident, NeedleInsertion, TreatmentVisit
from myotome.vocabulary.anatomy import NeedleRegion, Side
from myotome.vocabulary.needling import NeedleState, SiteKind, TreatmentMode
from tests.browser import photograph
from tests.browser.test_needle_chart import POINTS, TWELVE, a_visit, answer_everything, chart_url, log_in
from tests.factories import PASSWORD, a_needle

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def asked(visit, **more):
    """The short list is answered, so that the chart is open."""
    TreatmentVisit.objects.filter(pk=visit.pk).update(reask_at=timezone.now(), **more)


def charted(actor, visit, sites, state=NeedleState.OUT, kind=SiteKind.MUSCLE):
    """A needle at each of these sites, one after the other."""
    for site, level, side, region in sites:
        where = {"site_kind": kind, "site": site, "level": level or None, "side": Side(side)}
        needle = a_needle(f"{site}-{side}", region=NeedleRegion(region), state=state, **where)
        record_insertion(by=actor, at=timezone.now(), visit_id=visit.pk, needle=needle)


def is_in_sight(page, locator):
    """True when the whole element stands between the top of the viewport and the foot."""
    box, foot = locator.bounding_box(), page.locator("footer.foot").bounding_box()
    return box["y"] >= 0 and box["y"] + box["height"] <= foot["y"]


def counted_one_short(page, live_server):
    """A visit of twelve needles, all out, with its close form open: twelve opened, eleven in the box."""
    visit, actor, elena = a_visit()
    asked(visit)
    charted(actor, visit, TWELVE)
    log_in(page, live_server, elena)
    page.goto(chart_url(live_server, visit))
    page.locator("#visit-foot a.act").tap()
    page.fill("#id_n_needles_opened", "12")
    page.fill("#id_n_needles_in_sharps", "11")
    return visit


def test_a_close_that_is_refused_says_why_where_she_looks_and_at_the_field(page, live_server):
    counted_one_short(page, live_server)
    page.fill("#id_note", "tender over the tibia")
    page.locator('#closing button:has-text("Close and sign")').tap()
    summary = page.locator(".summary-of-errors")
    expect(summary).to_contain_text("12 needles were opened and 11 are in the sharps box")
    expect(summary).to_be_focused()
    assert is_in_sight(page, summary)
    field = page.locator("#id_n_needles_in_sharps")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#n_needles_in_sharps-error")).to_contain_text("12 needles were opened")
    assert [field.input_value(), page.input_value("#id_note")] == ["11", "tender over the tibia"]
    summary.locator("a").tap()
    expect(field).to_be_focused()
    assert is_in_sight(page, field)


def test_a_needle_that_is_found_nowhere_is_signed_for_where_the_count_differs(page, live_server, axe):
    visit = counted_one_short(page, live_server)
    close = page.locator('#closing button:has-text("Close and sign")')
    close.tap()
    offer = page.locator("#not-found")
    expect(offer).to_contain_text("1 needle not found")
    photograph(page, "needle-chart-820-not-found", full_page=True)
    assert axe(page) == []
    page.fill("#id_where_looked", "table, floor, clothes")
    page.fill("#id_witness_password", "wrong")
    close.tap()
    expect(page.locator("#witness_password-error")).to_be_visible()
    expect(page.locator("#id_where_looked")).to_have_value("table, floor, clothes")
    expect(page.locator("#id_witness_password")).to_have_value("")
    page.fill("#id_witness_password", PASSWORD)
    close.tap()
    page.wait_for_selector("text=Somebody else reviews it by")
    assert TreatmentVisit.objects.get(pk=visit.pk).signed_at
    assert Incident.objects.get(kind="needle_missing").review_due_at


BOXES = """() => {
  const parts = [".now-panel svg.ring", ".now-panel h2", ".by-region tr", ".now-panel .clock", "#with-current", "#id_depth_mm", "#id_size", "#tally"];
  const boxes = parts.map(part => [part, document.querySelector(part).getBoundingClientRect()]);
  const apart = (a, b) => a.right <= b.left + 1 || b.right <= a.left + 1 || a.bottom <= b.top + 1 || b.bottom <= a.top + 1;
  return boxes.flatMap(([one, a], i) => boxes.slice(i + 1).filter(([, b]) => !apart(a, b)).map(([other]) => `${one} on ${other}`));
}"""
"""Which parts of the count lie over each other."""


@pytest.mark.parametrize("mode", ["ims", "acupuncture"])
def test_with_a_needle_in_nothing_lies_over_the_count(page, live_server, mode):
    is_ims = mode == "ims"
    kind, sites = (SiteKind.MUSCLE, TWELVE) if is_ims else (SiteKind.ACUPOINT, POINTS)
    visit, actor, elena = a_visit(sites=sites, kind=kind, mode=TreatmentMode(mode))
    asked(visit)
    answer_everything(actor, visit)
    charted(actor, visit, sites[:2], state=NeedleState.IN, kind=kind)
    charted(actor, visit, sites[2:4], kind=kind)
    NeedleInsertion.objects.filter(state="in").update(in_at=timezone.now() - timedelta(minutes=64))
    log_in(page, live_server, elena)
    page.goto(chart_url(live_server, visit) + ("" if is_ims else "?site=acupoint:LR3::left"))
    expect(page.locator(".now-panel .clock")).to_be_visible()
    assert page.evaluate(BOXES) == []
    photograph(page, f"needle-chart-820-{mode}-in")


def test_the_count_stays_in_sight_under_a_stop_an_ask_and_what_is_open(page, live_server):
    visit, actor, elena = a_visit()
    ask_again(
        by=actor,
        at=timezone.now(),
        visit_id=visit.pk,
        answers={"previous_reaction": "present", "anticoagulant": "present", "bleeding_disorder": "present"},
    )
    charted(actor, visit, TWELVE[:4], state=NeedleState.IN)
    n_open = Incident.objects.filter(visit=visit).count()
    assert n_open >= 4, "what these needles went past is on record"
    log_in(page, live_server, elena)
    page.goto(chart_url(live_server, visit))
    expect(page.locator("#cautions li.caution.stop").first).to_be_visible()
    foot = page.locator("#foot-count")
    expect(foot).to_contain_text("4 in")
    expect(foot.locator(".timer")).to_have_text(re.compile(r"^\d+:\d\d$"))
    box = foot.bounding_box()
    assert 0 < box["y"] < 1180 - box["height"]
    line = page.locator("#incidents")
    assert line.bounding_box()["height"] <= 60, "one line, however many wait"
    expect(line.locator("li").first).not_to_be_visible()
    line.locator("summary").tap()
    expect(line.locator("li")).to_have_count(n_open)
    expect(line.locator("li").first).to_be_visible()


def test_after_all_out_the_count_stands_first_and_no_next_site_is_named(page, live_server):
    visit, actor, elena = a_visit()
    ask_again(by=actor, at=timezone.now(), visit_id=visit.pk, answers={"anticoagulant": "present"})
    charted(actor, visit, TWELVE[:2], state=NeedleState.IN)
    log_in(page, live_server, elena)
    page.goto(chart_url(live_server, visit))
    expect(page.locator(".now-panel h2")).to_contain_text("Tensor fasciae latae")
    page.locator('#visit-foot button:has-text("All out now")').tap()
    count = page.locator("#count-after")
    expect(count).to_be_focused()
    assert is_in_sight(page, count)
    assert count.bounding_box()["y"] < page.locator("#cautions").bounding_box()["y"]
    expect(page.locator(".now-panel h2")).to_have_text("2 needles in")
    for box in count.locator("label.choice").all():
        box.tap()
    count.locator("button").tap()
    expect(count).to_have_count(0)
    expect(page.locator("#foot-count")).to_be_hidden()
