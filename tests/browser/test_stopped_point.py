"""A set of which one point is stopped, in a browser: that point is held back with its reason, the others go in."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from myotome.clinic.needling.models import NeedleInsertion
from myotome.clinic.screening.facts import note_fact
from myotome.vocabulary.needling import SiteKind, TreatmentMode
from tests.browser import photograph
from tests.browser.test_needle_chart import POINTS, a_visit, answer_on_the_page, chart_url, log_in
from tests.browser.test_the_count import asked
from tests.factories import a_yes_to_every_region

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_one_stop_holds_back_one_point_of_a_set(page, live_server, axe):
    visit, actor, elena = a_visit(sites=POINTS, kind=SiteKind.ACUPOINT, mode=TreatmentMode.ACUPUNCTURE)
    asked(visit)
    a_yes_to_every_region(visit.course)
    fact = {"code": "lymphoedema", "state": "present", "detail": "nodes removed", "areas": ["forearm_hand:left"]}
    note_fact(by=actor, at=timezone.now(), patient_id=visit.course.patient_id, **fact)
    log_in(page, live_server, elena)
    page.goto(chart_url(live_server, visit))
    answer_on_the_page(page)
    rows = page.locator("#set .set-choices .set-row")
    expect(rows).to_have_count(5)
    held = rows.filter(has_text="LI4")
    expect(held.locator("input[name=site]")).to_be_disabled()
    expect(held.locator(".set-stopped")).to_contain_text("nodes removed")
    photograph(page, "needle-chart-820-stopped", full_page=True)
    assert axe(page) == []
    page.locator('#set summary:has-text("A stopped point is already in")').tap()
    page.locator('#set label:has-text("LI11")').last.tap()
    page.locator('#set button:has-text("The ticked ones are in")').tap()
    page.wait_for_selector("#needle-4")
    assert {row.site for row in NeedleInsertion.objects.all()} == {"ST36", "SP6", "LR3", "LI11"}
    page.locator('summary:has-text("The needles are already in: record them")').tap()
    last = page.locator("#set input[name=site]")
    expect(last).to_have_count(1)
    expect(last).to_be_enabled()
    expect(last).not_to_be_checked()
