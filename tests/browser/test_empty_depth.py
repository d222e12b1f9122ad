"""A depth that nobody said, under a thumb: it stays empty, and the steps begin where a depth begins."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from myotome.clinic.needling.models import NeedleInsertion, TreatmentVisit
from tests.browser.test_needle_chart import TWELVE, a_visit, answer_everything, chart_url, log_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_steps_of_an_empty_depth_begin_at_ten_and_one_tap_charts_what_was_said(page, live_server):
    visit, actor, elena = a_visit(sites=TWELVE[:3])
    answer_everything(actor, visit)
    TreatmentVisit.objects.filter(pk=visit.pk).update(reask_at=timezone.now())
    log_in(page, live_server, elena)
    page.goto(chart_url(live_server, visit))
    depth, less, more = (
        page.locator("#id_depth_mm"),
        page.locator(".step[data-step='-5']"),
        page.locator(".step[data-step='5']"),
    )
    expect(depth).to_have_value("")
    less.tap()
    expect(depth).to_have_value("")
    more.tap()
    expect(depth).to_have_value("10")
    more.tap()
    expect(depth).to_have_value("15")
    for _ in range(4):
        less.tap()
    expect(depth).to_have_value("")
    page.locator('button.chip:has-text("Grasp, release, out")').tap()
    expect(page.locator("#needle-1")).to_be_visible()
    more.tap()
    page.locator('button.chip:has-text("Twitch, out")').tap()
    expect(page.locator("#needle-2 .geo")).to_contain_text("10")
    assert list(NeedleInsertion.objects.order_by("number").values_list("depth_mm", flat=True)) == [None, 10]
