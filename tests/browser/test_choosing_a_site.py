"""Her most frequent sites and the levels of a muscle, chosen with a thumb."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from myotome.clinic.needling.actions import record_insertion
from myotome.clinic.needling.models import TreatmentVisit
from myotome.vocabulary.anatomy import NeedleRegion
from myotome.vocabulary.needling import NeedleState
from tests.browser import photograph
from tests.browser.test_needle_chart import TWELVE, a_visit, chart_url, log_in
from tests.factories import a_needle

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_favourite_is_one_tap_away_and_a_region_opens_the_levels_of_its_muscles(page, live_server, axe):
    visit, actor, elena = a_visit(sites=TWELVE[:1])
    TreatmentVisit.objects.filter(pk=visit.pk).update(reask_at=timezone.now())
    for site, level, _side, region in TWELVE[1:10]:
        needle = a_needle(site=site, level=level or None, region=NeedleRegion(region), state=NeedleState.OUT)
        record_insertion(by=actor, at=timezone.now(), visit_id=visit.pk, needle=needle)
    needle = a_needle(site="multifidus", level="L5", region=NeedleRegion.LOW_BACK, state=NeedleState.OUT)
    record_insertion(by=actor, at=timezone.now(), visit_id=visit.pk, needle=needle)
    log_in(page, live_server, elena)
    page.goto(chart_url(live_server, visit))
    page.locator('a:has-text("Another site")').tap()
    links = page.locator(".favourites a")
    expect(links).to_have_count(20)
    assert all(min(box["width"], box["height"]) >= 44 for box in (one.bounding_box() for one in links.all()))
    assert axe(page) == []
    photograph(page, "sites-820-favourites")
    page.locator('.favourites a:has-text("Right Multifidus L5")').tap()
    expect(page.locator(".now-panel h2")).to_have_text("Multifidus L5, right")
    page.locator('a:has-text("Another site")').tap()
    page.locator('nav a:has-text("Abdomen")').tap()
    photograph(page, "sites-820-abdomen")
    page.locator('a:has-text("T7 to T12 Rectus abdominis")').tap()
    page.locator('a:has-text("Left Rectus abdominis T9")').tap()
    expect(page.locator(".now-panel h2")).to_have_text("Rectus abdominis T9, left")
