"""The row of a charted needle in a browser: a refusal leaves it open with what was typed, and leads to the field."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from myotome.clinic.needling.models import NeedleInsertion
from myotome.vocabulary.needling import NeedleState
from tests.browser.test_needle_chart import TWELVE, a_visit, chart_url, log_in
from tests.browser.test_the_count import asked, charted
from tests.factories import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_what_was_typed_in_a_row_outlives_each_refusal(page, live_server, axe):
    visit, actor, elena = a_visit()
    asked(visit)
    charted(actor, visit, TWELVE[:1], state=NeedleState.IN)
    log_in(page, live_server, elena)
    page.goto(chart_url(live_server, visit))
    row = page.locator("#needle-1")
    row.locator("summary").tap()
    row.locator('button:has-text("Charted by mistake")').tap()
    expect(page.locator("#id_reason_row_1")).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".summary-of-errors")).to_be_focused()
    page.fill("#id_where_1", "table and floor")
    page.fill("#id_witness_password_1", "wrong")
    row.locator('button:has-text("Sign: not found")').tap()
    expect(page.locator("#id_witness_password_1-error")).to_be_visible()
    expect(page.locator("#id_where_1")).to_have_value("table and floor")
    expect(page.locator("#id_witness_password_1")).to_have_value("")
    page.locator(".summary-of-errors a").tap()
    expect(page.locator("#id_witness_password_1")).to_be_focused()
    assert axe(page) == []
    page.fill("#id_witness_password_1", PASSWORD)
    row.locator('button:has-text("Sign: not found")').tap()
    expect(page.locator("#needle-1[data-state=missing]")).to_have_count(1)
    assert NeedleInsertion.objects.get().note == "table and floor"


def test_too_many_wrong_passwords_are_said(page, live_server):
    visit, actor, elena = a_visit()
    asked(visit)
    charted(actor, visit, TWELVE[:1], state=NeedleState.IN)
    log_in(page, live_server, elena)
    page.goto(chart_url(live_server, visit))
    page.locator("#needle-1 summary").tap()
    page.fill("#id_where_1", "table and floor")
    for _ in range(6):
        page.fill("#id_witness_password_1", "wrong")
        with page.expect_response(lambda answer: "/missing/" in answer.url):
            page.locator('#needle-1 button:has-text("Sign: not found")').tap()
        expect(page.locator("#id_witness_password_1")).to_have_value("")
    expect(page.locator(".summary-of-errors")).to_contain_text("Wait ten minutes")
    expect(page.locator("#id_where_1")).to_have_value("table and floor")
