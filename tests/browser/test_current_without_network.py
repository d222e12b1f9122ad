"""Current without network: charted as every needle is, said before as with it, on the server once."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from myotome.clinic.needling.models import Incident, NeedleInsertion
from myotome.clinic.screening.facts import note_fact
from tests.browser import wait_until
from tests.browser.test_needle_chart import TWELVE, a_visit, log_in
from tests.browser.test_without_network import asked, kept, lose, needle, open_kept, sent

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def with_current(page, **numbers):
    page.locator("#with-current").tap()
    for name, value in numbers.items():
        page.fill(f"#id_electrical_{name}", value)


def test_needles_with_current_are_charted_without_network_and_are_on_the_server_once(page, live_server):
    kept(page, live_server, 3)
    page.context.set_offline(True)
    with_current(page, hz="2", ma="1.5", min="10")
    needle(page)
    rows = page.locator("#needle-rows > li[data-state=out]")
    expect(rows).to_have_count(1)
    expect(rows.first.locator(".how")).to_have_text("2 Hz, 1.5 mA, 10 min")
    expect(rows.first.locator(".here")).to_have_text("saved on this device")
    expect(page.locator("#saved-state")).to_contain_text("On this device, 1 to send")
    expect(page.locator("#needle fieldset.current")).to_have_count(0)
    needle(page)
    expect(rows).to_have_count(2)
    with_current(page, hz="100")
    page.locator("#without-current").tap()
    expect(page.locator("#needle fieldset.current")).to_have_count(0)
    with_current(page)
    page.locator('.keypad button:has-text("Stays in")').tap()
    expect(page.locator("#needle-rows > li.in[data-state=in] .how")).to_have_text("Current")
    page.reload()
    expect(rows.first.locator(".how")).to_have_text("2 Hz, 1.5 mA, 10 min")
    assert not NeedleInsertion.objects.exists()
    page.context.set_offline(False)
    sent(page)
    expect(page.locator("#saved-state")).to_contain_text("On the server")
    expect(page.locator("#needle-rows .here")).to_have_count(0)
    expect(page.locator("#needle-1 .how")).to_have_text("2 Hz, 1.5 mA, 10 min")
    got = [
        (n.technique, n.electrical_hz, n.electrical_ms, n.electrical_ma, n.electrical_min, n.state)
        for n in NeedleInsertion.objects.order_by("number")
    ]
    assert got == [
        ("electrical", 2.0, None, 1.5, 10.0, "out"),
        ("in_out", None, None, None, None, "out"),
        ("electrical", None, None, None, None, "in"),
    ]  # fmt: skip


def test_a_needle_with_current_whose_answer_is_lost_is_one_needle(page, live_server):
    kept(page, live_server, 2)
    page.context.set_offline(True)
    with_current(page, hz="2")
    page.context.set_offline(False)

    page.route("**/needle/", lose)
    needle(page)
    expect(page.locator("#saved-state")).to_contain_text("On this device, 1 to send")
    wait_until(page, lambda: NeedleInsertion.objects.count() == 1)
    page.unroute_all(behavior="ignoreErrors")  # one more try may be under way
    sent(page)
    row = NeedleInsertion.objects.get()
    assert (row.technique, row.electrical_hz) == ("electrical", 2.0)
    expect(page.locator("#needle-rows > li[data-state=out]")).to_have_count(1)


def test_a_stop_for_current_stands_before_the_needle_without_network_and_is_lifted_by_the_fact(page, live_server):
    visit, actor, elena = a_visit(sites=TWELVE[:2])
    asked(visit, actor)
    with transaction.atomic():
        note_fact(
            by=actor,
            at=timezone.now(),
            patient_id=visit.course.patient_id,
            code="pacemaker",
            state="present",
            detail="",
        )
    log_in(page, live_server, elena)
    open_kept(page, live_server, visit)
    page.context.set_offline(True)
    stop = page.locator("#cautions li.caution.stop[data-fact=pacemaker]")
    expect(stop).to_have_count(0)
    with_current(page)
    expect(stop).to_contain_text("no electrical stimulation")
    assert not page.locator(".keypad").is_visible()
    page.locator("#without-current").tap()
    expect(stop).to_have_count(0)
    expect(page.locator(".keypad")).to_be_visible()
    with_current(page)
    stop.locator("summary").tap()
    stop.locator("input[value=absent]").tap()
    stop.locator("input[name=fact_detail]").fill("taken out in May, letter seen")
    stop.locator("button.second").tap()
    expect(stop).to_have_count(0)
    page.fill("#id_electrical_hz", "2")
    needle(page)
    expect(page.locator("#needle-rows > li[data-state=out]")).to_have_count(1)
    with_current(page)
    expect(stop).to_have_count(0)
    page.context.set_offline(False)
    sent(page)
    assert NeedleInsertion.objects.get().electrical_hz == 2.0
    assert not Incident.objects.filter(detail="pacemaker_electrical").exists()
