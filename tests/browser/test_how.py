"""The row "How" under a thumb: folded, quiet, and with network or without it charts what was touched."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from myotome.clinic.needling.models import NeedleInsertion
from tests.browser import photograph
from tests.browser.test_needle_chart import TWELVE, a_visit, log_in
from tests.browser.test_without_network import asked, open_kept, sent

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_how_is_touched_once_and_carries_over_without_network_too(page, live_server, axe):
    visit, actor, elena = a_visit(sites=TWELVE[:4])
    asked(visit, actor)
    log_in(page, live_server, elena)
    open_kept(page, live_server, visit)
    how = page.locator("details.how")
    expect(how).not_to_have_attribute("open", "")
    photograph(page, "needle-chart-820-how-folded")
    how.locator("summary").tap()
    targets = page.locator("details.how :is(summary, .chip, select)")
    assert all(min(box["width"], box["height"]) >= 44 for box in (one.bounding_box() for one in targets.all()))
    assert axe(page) == []
    how.locator('.chip:has-text("Pecking") input').tap()
    how.locator('label.chip:has-text("Heavy")').tap()
    page.select_option("#id_position", "side_lying")
    expect(how.locator(".how-now")).to_have_text("PeckingOn her side")
    photograph(page, "needle-chart-820-how")
    page.locator('button.chip:has-text("Twitch, out")').tap()
    expect(page.locator("#needle-1 .how")).to_have_text("Pecking")
    expect(how.locator(".how-now")).to_have_text("PeckingOn her side")
    page.context.set_offline(True)
    how.locator("summary").tap()
    how.locator('.chip:has-text("Turned") input').tap()
    for n in (2, 3):
        page.locator('label.key:has-text("Grasp 2")').tap()
        page.locator("button.needle-out").tap()
        expect(page.locator("#needle-rows > li[data-state]")).to_have_count(n)
    expect(page.locator("#needle-rows > li[data-state] .resp").nth(2)).to_have_text("Grasp 2")
    page.context.set_offline(False)
    sent(page)
    expect(page.locator("#needle-rows .here")).to_have_count(0)
    rows = NeedleInsertion.objects.order_by("number").values_list("technique", "position", "deqi")
    assert list(rows) == [
        ("peck", "side_lying", ["heavy"]), ("rotate", "side_lying", []), ("rotate", "side_lying", []),
    ]  # fmt: skip
