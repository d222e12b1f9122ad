"""A place without a name, chosen with a thumb."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from myotome.clinic.needling.models import NeedleInsertion, TreatmentVisit
from tests.browser.test_needle_chart import TWELVE, a_visit, chart_url, log_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_place_that_has_no_name_is_chosen_by_touch_with_its_nearest(page, live_server, axe):
    visit, _, elena = a_visit(sites=TWELVE[:1])
    TreatmentVisit.objects.filter(pk=visit.pk).update(reask_at=timezone.now())
    log_in(page, live_server, elena)
    page.goto(chart_url(live_server, visit))
    page.locator('a:has-text("Another site")').tap()
    page.locator("#free-place summary").tap()
    fields = page.locator("#free-place :is(input, select, button, summary)")
    assert all(min(box["width"], box["height"]) >= 44 for box in (one.bounding_box() for one in fields.all()))
    page.fill("#id_place", "scar")
    page.select_option("#id_region", "low_back")
    page.select_option("#id_side", "left")
    page.fill("#id_nearest", "mult-L4")
    assert axe(page) == []
    page.locator("#free-place button").tap()
    expect(page.locator(".now-panel h2")).to_have_text("Scar, nearest Multifidus L4, left")
    page.locator("#cautions li.ask button.chip").first.tap()
    page.locator('label.key:has-text("Grasp 1")').tap()
    page.locator("button.needle-out").tap()
    expect(page.locator("#needle-1 b").first).to_have_text("Scar, nearest Multifidus L4")
    assert NeedleInsertion.objects.get().nearest == "multifidus-L4"
