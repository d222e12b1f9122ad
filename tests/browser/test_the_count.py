"""The count in a browser: what a refused close says is seen, and the count is in sight whatever stands above it."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from myotome.clinic.needling.actions import record_insertion
from myotome.clinic.needling.models import TreatmentVisit
from myotome.vocabulary.anatomy import NeedleRegion, Side
from myotome.vocabulary.needling import NeedleState
from tests.browser.test_needle_chart import TWELVE, a_visit, answer_everything, chart_url, log_in
from tests.factories import a_needle

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def asked(visit, **more):
    """The short list is answered, so that the chart is open."""
    TreatmentVisit.objects.filter(pk=visit.pk).update(reask_at=timezone.now(), **more)


def charted(actor, visit, sites, state=NeedleState.OUT):
    """A needle at each of these sites, one after the other."""
    for n, (muscle, level, side, region) in enumerate(sites):
        needle = a_needle(
            f"n-{n}", site=muscle, level=level or None, side=Side(side), region=NeedleRegion(region), state=state
        )
        record_insertion(by=actor, at=timezone.now(), visit_id=visit.pk, needle=needle)


def is_in_sight(page, locator):
    """True when the whole element stands between the top of the viewport and the foot."""
    box, foot = locator.bounding_box(), page.locator("footer.foot").bounding_box()
    return box["y"] >= 0 and box["y"] + box["height"] <= foot["y"]


def test_a_close_that_is_refused_says_why_where_she_looks_and_at_the_field(page, live_server):
    visit, actor, elena = a_visit()
    asked(visit)
    charted(actor, visit, TWELVE)
    log_in(page, live_server, elena)
    page.goto(chart_url(live_server, visit))
    page.locator("#visit-foot a.act").tap()
    page.fill("#id_n_needles_opened", "12")
    page.fill("#id_n_needles_in_sharps", "11")
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
