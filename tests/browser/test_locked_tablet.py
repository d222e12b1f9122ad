"""The tablet that nobody watches while the network is away, the browser that dies, and two tablets on one patient."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import contextmanager

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import expect

from myotome.clinic.needling.actions import record_insertion
from myotome.clinic.needling.models import NeedleInsertion, TreatmentVisit
from myotome.vocabulary.needling import NeedleState
from myotome.website.sessions import SessionStore
from tests.browser import PATIENCE_MS, photograph
from tests.browser.conftest import CHROMIUM
from tests.browser.test_needle_chart import TWELVE, a_visit, chart_url, log_in
from tests.browser.test_without_network import KEPT, asked, needle, open_kept, sent, until
from tests.factories import PASSWORD, a_needle

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
IDLE_NOW = "document.getElementById('device').dataset.idleS = '1'"


def set_pin(page, live_server, pin):
    page.goto(f"{live_server.url}/device/")
    page.fill("#new-pin", pin)
    page.locator("#pin-set button").tap()
    expect(page.locator("#pin-said")).to_have_text("This device has a PIN.")


def locks_itself(page):
    """Nobody touches the tablet for the clinic's time, without network."""
    page.context.set_offline(True)
    page.evaluate(IDLE_NOW)
    page.wait_for_url("**/offline/")


def server_locks():
    """Every session as after the clinic's idle time."""
    for row in Session.objects.all():
        store = SessionStore(row.session_key)
        store["locked"] = True
        store.save()


def test_the_lock_without_network_shows_initials_count_and_all_out_and_a_pin_opens_it(page, live_server, axe):
    visit, actor, elena = a_visit(sites=TWELVE[:3])
    asked(visit, actor)
    log_in(page, live_server, elena)
    set_pin(page, live_server, "482915")
    open_kept(page, live_server, visit)
    page.context.set_offline(True)
    page.locator('.keypad button:has-text("Stays in")').tap()
    expect(page.locator("#needle-rows > li[data-state=in]")).to_have_count(1)
    locks_itself(page)
    above = page.locator("#above")
    expect(above).to_contain_text("H. L.: 1 needle in")
    assert ":" in above.locator(".timer").inner_text()
    assert visit.course.patient.family_name not in page.content()
    assert axe(page) == []
    photograph(page, "locked-offline-820")
    page.goto(chart_url(live_server, visit))
    expect(page.locator("h1")).to_have_text("No network")
    assert visit.course.patient.family_name not in page.content()
    above.locator('button:has-text("All out now")').tap()
    expect(above).to_contain_text("All out called")
    page.fill("#pin", "000000")
    page.locator("#pin-open button").tap()
    expect(page.locator("#pin-open .field-error")).to_contain_text("Tries left: 4")
    page.fill("#pin", "482915")
    page.locator("#pin-open button").tap()
    expect(page.locator("#needle-rows > li[data-state=in]")).to_have_count(1)
    expect(page.locator("#count-after")).to_be_visible()
    page.context.set_offline(False)
    sent(page)
    visit.refresh_from_db()
    assert visit.all_out_called_at is not None
    assert NeedleInsertion.objects.get().state == NeedleState.IN.value


def test_five_wrong_pins_delete_the_charts_and_never_what_was_not_sent(page, live_server):
    visit, actor, elena = a_visit(sites=TWELVE[:3])
    asked(visit, actor)
    log_in(page, live_server, elena)
    set_pin(page, live_server, "482915")
    open_kept(page, live_server, visit)
    page.context.set_offline(True)
    needle(page)
    expect(page.locator("#saved-state")).to_contain_text("1 to send")
    locks_itself(page)
    assert page.evaluate(KEPT)["charts"] == [str(visit.pk)]
    for n in range(5):
        page.fill("#pin", f"11111{n}")
        page.locator("#pin-open button").tap()
        expect(page.locator("#pin-open .field-error")).to_contain_text(
            f"Tries left: {4 - n}" if n < 4 else "Too many wrong PINs"
        )
    kept = page.evaluate(KEPT)
    assert (kept["charts"], kept["commands"]) == ([], 1)
    page.reload()
    assert not page.locator("#pin-open").is_visible()
    page.context.set_offline(False)
    page.goto(chart_url(live_server, visit))
    sent(page)
    assert NeedleInsertion.objects.count() == 1


def test_without_a_pin_the_lock_deletes_the_charts(page, live_server):
    visit, actor, elena = a_visit(sites=TWELVE[:1])
    asked(visit, actor)
    log_in(page, live_server, elena)
    open_kept(page, live_server, visit)
    locks_itself(page)
    assert page.evaluate(KEPT)["charts"] == []
    assert not page.locator("#pin-open").is_visible()


def test_the_servers_lock_takes_the_charts_away_and_all_out_stands_above_it(page, live_server, axe):
    visit, actor, elena = a_visit(sites=TWELVE[:3])
    asked(visit, actor)
    record_insertion(by=actor, at=timezone.now(), visit_id=visit.pk, needle=a_needle())
    log_in(page, live_server, elena)
    open_kept(page, live_server, visit)
    page.context.set_offline(True)
    needle(page)
    expect(page.locator("#saved-state")).to_contain_text("1 to send")
    server_locks()
    page.context.set_offline(False)
    page.goto(chart_url(live_server, visit))
    expect(page.locator(".above-lock")).to_contain_text("H. L.: 1 needle in")
    expect(page.locator("#locked-device")).to_contain_text("1 to send after the password")
    until(page, lambda kept: (kept["charts"], kept["commands"]) == ([], 1))
    assert visit.course.patient.family_name not in page.content()
    assert axe(page) == []
    page.locator('.above-lock button:has-text("All out now")').tap()
    expect(page.locator(".above-lock")).to_contain_text("All out called")
    photograph(page, "locked-820")
    page.fill("#password", PASSWORD)
    page.locator('button:has-text("Unlock")').tap()
    page.wait_for_selector("#visit")
    sent(page)
    assert NeedleInsertion.objects.count() == 2
    assert TreatmentVisit.objects.get(pk=visit.pk).all_out_called_at is not None


def test_with_the_network_an_untouched_page_asks_the_server_and_typing_is_never_thrown_away(page, live_server):
    visit, actor, elena = a_visit(sites=TWELVE[:3])
    asked(visit, actor)
    log_in(page, live_server, elena)
    open_kept(page, live_server, visit)
    page.fill("#id_line", "L glmed 40")
    page.evaluate(IDLE_NOW)
    page.wait_for_timeout(2_500)
    assert page.input_value("#id_line") == "L glmed 40"
    server_locks()
    page.fill("#id_line", "")
    page.wait_for_url("**/locked/")
    until(page, lambda kept: kept["charts"] == [])


def test_logging_out_deletes_the_charts_and_never_what_was_not_sent(page, live_server):
    visit, actor, elena = a_visit(sites=TWELVE[:3])
    asked(visit, actor)
    log_in(page, live_server, elena)
    set_pin(page, live_server, "482915")
    open_kept(page, live_server, visit)
    page.route("**/needle/", lambda route: route.abort())
    needle(page)
    expect(page.locator("#saved-state")).to_contain_text("1 to send")
    page.goto(f"{live_server.url}/accounts/logout/")
    page.locator('main button:has-text("Log out")').tap()
    page.wait_for_selector("#nobody", state="attached")
    until(page, lambda kept: (kept["charts"], kept["commands"]) == ([], 1))
    page.unroute("**/needle/")
    log_in(page, live_server, elena)
    page.wait_for_selector("#device", state="attached")
    sent(page)
    assert NeedleInsertion.objects.count() == 1


def test_two_tablets_on_one_patient_converge(browser, live_server):
    visit, actor, elena = a_visit(sites=TWELVE)
    asked(visit, actor)
    record_insertion(by=actor, at=timezone.now(), visit_id=visit.pk, needle=a_needle(site="gluteus_maximus"))
    tablets = []
    for _ in range(2):
        context = browser.new_context(viewport={"width": 820, "height": 1180}, has_touch=True)
        context.set_default_timeout(PATIENCE_MS)
        context.set_default_navigation_timeout(30_000)
        page = context.new_page()
        log_in(page, live_server, elena)
        open_kept(page, live_server, visit)
        tablets.append(page)
    one, two = tablets
    for page in tablets:
        page.context.set_offline(True)
    two.locator('a.site-link:has-text("Tibialis anterior")').first.tap()
    for n in range(3):
        needle(one, grasp=1)
        expect(one.locator("#needle-rows > li[data-state=out]")).to_have_count(n + 1)
        needle(two, grasp=3)
        expect(two.locator("#needle-rows > li[data-state=out]")).to_have_count(n + 1)
    for page in tablets:  # the same needle is taken out on both
        page.locator("#needle-1 .row-out button").tap()
        expect(page.locator("#needle-1[data-state=out]")).to_have_count(1)
    two.context.set_offline(False)
    sent(two)
    one.context.set_offline(False)
    sent(one)
    rows = list(NeedleInsertion.objects.order_by("number"))
    assert [row.number for row in rows] == list(range(1, 8))
    assert sorted(row.grasp for row in rows[1:]) == [1, 1, 1, 3, 3, 3]
    assert len({row.client_id for row in rows}) == 7
    assert {row.state for row in rows} == {"out"}
    shown = []
    for page in tablets:
        page.reload()
        expect(page.locator("#needle-rows > li[data-state=out]")).to_have_count(7)
        assert page.locator("#device-panel").count() == 0
        shown.append(page.locator("#needle-rows").inner_text())
    assert shown[0] == shown[1]
    for page in tablets:
        page.context.close()


@contextmanager
def a_browser_process(browser, profile):
    """Chromium as a process of its own with this profile; killed hard at the end, as a tablet whose battery dies."""
    port_file = profile / "DevToolsActivePort"
    port_file.unlink(missing_ok=True)
    process = subprocess.Popen(
        [CHROMIUM, "--headless=new", "--no-sandbox", "--remote-debugging-port=0", "--no-first-run",
         f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        for _ in range(300):
            if port_file.exists() and len(port_file.read_text().splitlines()) > 1:
                break
            time.sleep(0.1)
        port = port_file.read_text().splitlines()[0]
        chromium = browser.browser_type.connect_over_cdp(f"http://127.0.0.1:{port}")
        context = chromium.contexts[0]
        context.set_default_timeout(PATIENCE_MS)
        context.set_default_navigation_timeout(30_000)
        yield context, lambda: os.killpg(process.pid, signal.SIGKILL)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def click_needle(page):
    page.locator('label.key:has-text("Grasp 2")').click()
    page.locator("button.needle-out").click()


def test_a_browser_that_is_killed_with_needles_on_the_device_loses_none(browser, live_server, tmp_path):
    visit, actor, elena = a_visit()
    asked(visit, actor)
    with a_browser_process(browser, tmp_path) as (context, kill):
        page = context.new_page()
        log_in(page, live_server, elena)
        open_kept(page, live_server, visit)
        click_needle(page)
        page.wait_for_selector("#needle-1")
        cookies = context.cookies()
        context.set_offline(True)
        for n in range(2, 6):
            click_needle(page)
            expect(page.locator("#needle-rows > li[data-state=out]")).to_have_count(n)
        kill()
    assert NeedleInsertion.objects.count() == 1
    with a_browser_process(browser, tmp_path) as (context, _kill):
        page = context.new_page()
        context.set_offline(True)
        page.goto(chart_url(live_server, visit))
        expect(page.locator("#needle-rows > li[data-state=out]")).to_have_count(5)
        expect(page.locator("#saved-state")).to_contain_text("On this device, 4 to send")
        context.set_offline(False)
        context.add_cookies(cookies)  # a session's cookie ends with the browser: she has logged in again
        sent(page)
    rows = list(NeedleInsertion.objects.order_by("number"))
    assert [(row.site, row.side) for row in rows] == [(site, side) for site, _l, side, _r in TWELVE[:5]]
    assert len({row.client_id for row in rows}) == 5
