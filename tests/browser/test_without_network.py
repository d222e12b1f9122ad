"""The treatment room's network fails and the visit goes on: no needle is lost, none is there twice, nothing untrue is said."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from myotome.clinic.needling.actions import close_visit, record_insertion, take_out
from myotome.clinic.needling.models import NeedleInsertion, TreatmentVisit, VisitAddendum
from myotome.clinic.screening.facts import note_fact
from myotome.clinic.screening.models import PatientFact
from myotome.vocabulary.needling import NeedleState
from tests.browser import PATIENCE_MS, photograph, wait_until
from tests.browser.test_needle_chart import TWELVE, a_visit, answer_everything, chart_url, log_in
from tests.factories import PASSWORD, a_needle

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

KEPT = """async () => {
  const open = () => new Promise((done, no) => { const r = indexedDB.open('myotome'); r.onsuccess = () => done(r.result); r.onerror = no; });
  const all = (db, name) => new Promise((done) => { const r = db.transaction(name).objectStore(name).getAll(); r.onsuccess = () => done(r.result); });
  const db = await open();
  const charts = await all(db, 'charts'), commands = await all(db, 'commands'), keys = await all(db, 'keys');
  const text = (row) => Object.entries(row).map(([k, v]) => v instanceof ArrayBuffer ? new TextDecoder('latin1').decode(v) : String(v)).join(' ');
  db.close();
  return {charts: charts.map(c => c.visit), commands: commands.length, text: [...charts, ...commands].map(text).join(' '),
          extractable: keys.map(k => k.extractable), cached: (await Promise.all((await caches.keys()).map(async n => (await (await caches.open(n)).keys()).map(r => new URL(r.url).pathname)))).flat()};
}"""


def asked(visit, actor):
    """The visit with its short list and every ask answered, so that keys are open."""
    TreatmentVisit.objects.filter(pk=visit.pk).update(reask_at=timezone.now())
    answer_everything(actor, visit)


def until(page, holds):
    """Waits until what is kept on the device is as asked, at most twenty seconds."""
    for _ in range(100):
        if holds(kept := page.evaluate(KEPT)):
            return
        page.wait_for_timeout(200)
    raise AssertionError({name: kept[name] for name in ("charts", "commands")})


def open_kept(page, live_server, visit):
    """The chart with its worker in charge and its copy kept."""
    page.goto(chart_url(live_server, visit))
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    until(page, lambda kept: str(visit.pk) in kept["charts"])


def needle(page, grasp=2):
    page.locator(f'label.key:has-text("Grasp {grasp}")').tap()
    page.locator("button.needle-out").tap()


def open_keys(page):
    """Opens the fold over the keys where a text still waits for her yes, which needs the server."""
    folded = page.locator(".blocked-keys > details:not([open]) > summary")
    if folded.count():
        folded.tap()


def sent(page):
    """Waits until nothing is on the device only."""
    page.evaluate("dispatchEvent(new Event('online'))")
    until(page, lambda kept: kept["commands"] == 0)


def kept(page, live_server, n):
    """A visit with `n` planned sites, its short list answered, open on a tablet that has kept it."""
    visit, actor, elena = a_visit(sites=TWELVE[:n])
    asked(visit, actor)
    log_in(page, live_server, elena)
    open_kept(page, live_server, visit)
    return visit, actor, elena


def lose(route):
    """The server has the request, and the device never hears of it."""
    route.fetch()
    route.abort()


def test_the_chart_of_an_open_visit_is_there_without_network_and_nothing_else_is(page, live_server):
    visit, actor, elena = a_visit(sites=TWELVE[:3])
    asked(visit, actor)
    log_in(page, live_server, elena)
    page.goto(f"{live_server.url}/alder/chart/{visit.course.patient_id}/")
    open_kept(page, live_server, visit)
    kept = page.evaluate(KEPT)
    assert kept["charts"] == [str(visit.pk)]
    assert kept["extractable"] == [False]
    assert visit.course.patient.family_name not in kept["text"]
    assert all(path.startswith("/static/built/") or path == "/offline/" for path in kept["cached"])
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("#device-panel .no-network")).to_contain_text("kept at")
    expect(page.locator(".keypad")).to_be_visible()
    assert page.evaluate("document.querySelector('link[rel=stylesheet]').sheet !== null")
    page.goto(f"{live_server.url}/alder/chart/{visit.course.patient_id}/")
    expect(page.locator("h1")).to_have_text("No network")
    page.locator("#kept-charts a").tap()
    expect(page.locator(".keypad")).to_be_visible()
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#device-panel")).to_have_count(0)


def test_a_closed_visit_is_kept_no_longer(page, live_server):
    kept(page, live_server, 1)
    needle(page)
    page.wait_for_selector("#needle-1:not(:has(.here))")
    page.locator("#closing summary").tap()
    page.fill("#id_n_needles_opened", "1")
    page.fill("#id_n_needles_in_sharps", "1")
    page.locator('#closing button:has-text("Close and sign")').tap()
    page.wait_for_selector("text=Signed")
    until(page, lambda kept: kept["charts"] == [])


@pytest.mark.parametrize("lost_from", [0, 1, 5, 11])
def test_twelve_needles_with_the_network_cut_on_the_way(page, live_server, lost_from):
    visit, actor, elena = a_visit()
    asked(visit, actor)
    log_in(page, live_server, elena)
    open_kept(page, live_server, visit)
    for n in range(1, 13):
        if n == lost_from + 1:
            page.context.set_offline(True)
        needle(page, grasp=1 + n % 3)
        expect(page.locator("#needle-rows > li[data-state=out]")).to_have_count(n)
        said = page.locator("#saved-state").inner_text()
        assert ("On this device" in said) == (n > lost_from), (n, said)
    assert page.locator(".ring text.count").text_content() == "0"
    assert page.locator(".ring").get_attribute("aria-label") == "0 in, 12 out, 0 planned"
    assert NeedleInsertion.objects.count() == lost_from
    page.reload()
    expect(page.locator("#needle-rows > li[data-state=out]")).to_have_count(12)
    expect(page.locator("#needle-rows .here")).to_have_count(12 - lost_from)
    page.context.set_offline(False)
    sent(page)
    rows = list(NeedleInsertion.objects.order_by("number"))
    assert [(row.site, row.side) for row in rows] == [(site, side) for site, _l, side, _r in TWELVE]
    assert [row.grasp for row in rows] == [1 + n % 3 for n in range(1, 13)]
    assert len({row.client_id for row in rows}) == 12
    expect(page.locator("#saved-state")).to_contain_text("On the server")
    expect(page.locator("#needle-rows .here")).to_have_count(0)


def test_a_network_that_fails_and_comes_back_at_every_needle(page, live_server):
    visit, actor, elena = a_visit()
    asked(visit, actor)
    log_in(page, live_server, elena)
    open_kept(page, live_server, visit)
    for n in range(1, 13):
        page.locator('label.key:has-text("Grasp 2")').tap()
        page.context.set_offline(True)
        page.locator("button.needle-out").tap()
        expect(page.locator("#needle-rows > li[data-state=out]")).to_have_count(n)
        expect(page.locator("#saved-state")).to_contain_text("On this device, 1 to send")
        if n % 4 == 0:
            page.reload()
            expect(page.locator("#needle-rows > li[data-state=out]")).to_have_count(n)
        page.context.set_offline(False)
        sent(page)
        expect(page.locator("#saved-state")).to_contain_text("On the server")
        assert NeedleInsertion.objects.count() == n
    rows = NeedleInsertion.objects.order_by("number")
    assert [(row.site, row.side) for row in rows] == [(site, side) for site, _l, side, _r in TWELVE]


def test_the_short_list_a_stop_an_ask_and_needles_without_network_from_the_first_page_on(page, live_server):
    visit, actor, elena = a_visit(sites=[("rhomboid_major", "", "left", "upper_back"), *TWELVE[:1]])
    reaction = {"patient_id": visit.course.patient_id, "code": "previous_reaction", "state": "present"}
    with transaction.atomic():
        note_fact(by=actor, at=timezone.now(), detail="as a child", **reaction)
    log_in(page, live_server, elena)
    open_kept(page, live_server, visit)
    page.context.set_offline(True)
    page.locator("#reask button[name=rest]").tap()
    stop = page.locator("#cautions li.caution.stop[data-fact=previous_reaction]")
    stop.locator("summary").tap()
    stop.locator("input[value=absent]").tap()
    stop.locator("input[name=fact_detail]").fill("it was a wasp, she says")
    stop.locator("button.second").tap()
    expect(stop).to_have_count(0)
    asks = page.locator("#cautions li.caution.ask[data-code]")
    expect(asks.first).to_be_visible()
    assert not page.locator(".keypad").is_visible()
    while (n := asks.count()) > 0:
        asks.first.locator("button.chip").first.tap()
        expect(asks).to_have_count(n - 1)
    open_keys(page)
    needle(page)
    expect(page.locator("#needle-rows > li[data-state=out]")).to_have_count(1)
    open_keys(page)
    needle(page)
    expect(page.locator("#needle-rows > li[data-state=out]")).to_have_count(2)
    page.context.set_offline(False)
    sent(page)
    visit.refresh_from_db()
    assert visit.reask_at is not None
    assert PatientFact.objects.filter(code="previous_reaction").order_by("pk").last().state == "absent"
    assert visit.caution_answers.count() >= 1
    assert NeedleInsertion.objects.count() == 2


def test_an_area_named_without_network_stops_that_side_at_once_and_leaves_the_other(page, live_server):
    sites = [("soleus", "", "left", "lower_leg"), ("soleus", "", "right", "lower_leg")]
    visit, actor, elena = a_visit(sites=sites)
    asked(visit, actor)
    with transaction.atomic():
        note_fact(
            by=actor, at=timezone.now(), patient_id=visit.course.patient_id, code="lymphoedema", state="present",
            detail="since May",
        )  # fmt: skip
    log_in(page, live_server, elena)
    open_kept(page, live_server, visit)
    page.context.set_offline(True)
    ask = page.locator("#cautions li.caution.ask[data-fact=lymphoedema]")
    ask.locator("summary", has_text="Put it right").tap()
    ask.locator("input[name=fact_state][value=present]").tap()
    ask.locator("input[name=fact_area][value='whole_leg:left']").tap()
    ask.locator("input[name=fact_detail]").fill("the whole left leg, she says")
    ask.locator("button", has_text="Save the fact").tap()
    stop = page.locator("#cautions li.caution.stop[data-fact=lymphoedema]")
    expect(stop).to_contain_text("STOP")
    expect(stop.locator("form.reasons")).to_have_count(0)
    assert not page.locator(".keypad").is_visible()
    page.context.set_offline(False)
    sent(page)
    assert PatientFact.objects.get(replaced_at=None).areas == ["thigh:left", "lower_leg:left", "foot:left"]
    page.reload()
    expect(stop).to_contain_text("left lower leg")
    photograph(page, "chart-area-stopped")


def test_a_needle_that_rests_goes_in_and_out_without_network(page, live_server):
    kept(page, live_server, 2)
    page.context.set_offline(True)
    page.locator('.keypad button:has-text("Stays in")').tap()
    row = page.locator("#needle-rows > li.needle.in[data-state=in]")
    expect(row).to_have_count(1)
    assert page.locator(".ring text.count").text_content() == "1"
    expect(page.locator(".now-panel .timer").first).to_be_visible()
    expect(page.locator("#foot-count")).to_contain_text(re.compile(r"1 in\s*0:0\d"))
    expect(page.locator("#visit-foot .not-yet")).to_contain_text("Closing needs the server")
    page.wait_for_timeout(2500)
    row.locator(".row-out button").tap()
    expect(page.locator("#needle-rows > li[data-state=out]")).to_have_count(1)
    assert page.locator(".ring text.count").text_content() == "0"
    expect(page.locator("#foot-count")).to_be_hidden()
    page.context.set_offline(False)
    sent(page)
    got = NeedleInsertion.objects.get()
    assert (got.state, got.number) == (NeedleState.OUT.value, 1)
    assert 2 <= got.seconds <= 20


def test_the_timer_of_a_kept_chart_counts_on_and_seconds_are_measured_in_it(page, live_server):
    visit, actor, elena = a_visit(sites=TWELVE[:2])
    asked(visit, actor)
    at = timezone.now()
    record_insertion(by=actor, at=at, visit_id=visit.pk, needle=a_needle(site="gluteus_maximus", in_at=at))
    log_in(page, live_server, elena)
    open_kept(page, live_server, visit)
    page.wait_for_timeout(5_000)
    page.context.set_offline(True)
    page.reload()
    passed = (timezone.now() - at).total_seconds()
    minutes, seconds = page.locator(".now-panel .timer").first.inner_text().split(":")
    assert abs(int(minutes) * 60 + int(seconds) - passed) <= 2.5
    needle(page)
    expect(page.locator("#saved-state")).to_contain_text("1 to send")
    page.context.set_offline(False)
    sent(page)
    assert NeedleInsertion.objects.get(number=2).seconds < 4


def test_what_has_arrived_under_her_hand_is_said_to_be_on_the_server(page, live_server):
    kept(page, live_server, 3)
    page.context.set_offline(True)
    needle(page)
    expect(page.locator("#saved-state")).to_contain_text("1 to send")
    page.locator('label.key:has-text("Grasp 3")').tap()
    page.context.set_offline(False)
    sent(page)
    expect(page.locator("#saved-state")).to_contain_text("On the server")
    expect(page.locator("#needle-rows .here")).to_have_count(0)
    assert page.locator("input[name=grasp][value='3']").is_checked()
    page.locator("button.needle-out").tap()
    expect(page.locator("#needle-2:not(.here)")).to_have_count(1)
    sent(page)
    assert [row.grasp for row in NeedleInsertion.objects.order_by("number")] == [2, 3]


def test_an_answer_that_is_lost_after_the_server_saved_it_is_one_needle(page, live_server):
    kept(page, live_server, 2)

    page.route("**/needle/", lose)
    needle(page)
    expect(page.locator("#saved-state")).to_contain_text("On this device, 1 to send")
    wait_until(page, lambda: NeedleInsertion.objects.count() == 1)
    page.unroute_all(behavior="ignoreErrors")  # one more try may be under way
    sent(page)
    assert NeedleInsertion.objects.count() == 1
    expect(page.locator("#needle-rows > li[data-state=out]")).to_have_count(1)


def test_a_session_that_has_ended_keeps_what_waits_and_says_to_log_in(page, live_server):
    _visit, _actor, elena = kept(page, live_server, 2)
    page.context.set_offline(True)
    needle(page)
    expect(page.locator("#saved-state")).to_contain_text("1 to send")
    page.context.clear_cookies()
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    page.locator('#device-panel a:has-text("Log in")').tap()
    page.wait_for_selector("input[name=login]")
    assert page.evaluate(KEPT)["commands"] == 1
    page.fill("input[name=login]", elena.user.email)
    page.fill("input[name=password]", PASSWORD)
    page.click("button.act")
    page.wait_for_selector("#visit")
    sent(page)
    assert NeedleInsertion.objects.count() == 1


def test_what_the_server_does_not_take_stays_with_both_versions_until_somebody_decides(page, live_server):
    visit, actor, elena = a_visit(sites=TWELVE[:2])
    asked(visit, actor)
    row = record_insertion(by=actor, at=timezone.now(), visit_id=visit.pk, needle=a_needle(site="gluteus_maximus"))
    log_in(page, live_server, elena)
    open_kept(page, live_server, visit)
    page.context.set_offline(True)
    page.locator("#needle-1 summary").tap()
    page.fill("#id_reason_row_1", "press needle")
    page.locator('#needle-1 button:has-text("Stays in on purpose")').tap()
    expect(page.locator("#needle-1[data-state=left_in]")).to_have_count(1)
    take_out(by=actor, at=timezone.now(), visit_id=visit.pk, number=row.number)
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    box = page.locator("#device-panel .conflict")
    expect(box).to_contain_text("Only a needle that is in can stay in.")
    expect(box).to_contain_text("press needle, Stays in on purpose")
    expect(page.locator("#saved-state")).to_contain_text("Not on the server: 1")
    page.reload()
    box.locator('button:has-text("Keep what is on the server")').tap()
    expect(box).to_have_count(0)
    expect(page.locator("#needle-1[data-state=out]")).to_have_count(1)
    assert page.evaluate(KEPT)["commands"] == 0
    row.refresh_from_db()
    assert row.state == NeedleState.OUT.value


def test_a_needle_that_arrives_after_a_colleague_has_closed_the_visit_is_still_on_record(page, live_server):
    visit, actor, _elena = kept(page, live_server, 2)
    page.context.set_offline(True)
    needle(page, grasp=3)
    expect(page.locator("#saved-state")).to_contain_text("1 to send")
    close_visit(by=actor, at=timezone.now(), visit_id=visit.pk, version=1, n_needles_opened=0, n_needles_in_sharps=0)
    page.context.set_offline(False)
    sent(page)
    assert NeedleInsertion.objects.get().grasp == 3
    assert "charted after closing" in VisitAddendum.objects.get().text
    until(page, lambda kept: kept["charts"] == [])


def test_closing_waits_until_everything_is_on_the_server(page, live_server):
    visit, _actor, _elena = kept(page, live_server, 2)
    page.context.set_offline(True)
    needle(page)
    page.locator("#closing summary").tap()
    page.fill("#id_n_needles_opened", "1")
    page.fill("#id_n_needles_in_sharps", "1")
    page.locator('#closing button:has-text("Close, sign later")').tap()
    expect(page.locator("#visit-foot .not-yet")).to_contain_text("Closing needs the server")
    assert TreatmentVisit.objects.get(pk=visit.pk).closed_at is None


def test_without_a_worker_and_without_cryptography_the_chart_works_and_says_what_was_not_saved(browser, live_server):
    visit, actor, elena = a_visit(sites=TWELVE[:2])
    asked(visit, actor)
    context = browser.new_context(viewport={"width": 820, "height": 1180}, has_touch=True, service_workers="block")
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script("Object.defineProperty(crypto, 'subtle', {value: undefined})")
    page = context.new_page()
    log_in(page, live_server, elena)
    page.goto(chart_url(live_server, visit))
    needle(page)
    page.wait_for_selector("#needle-1")
    context.set_offline(True)
    needle(page)
    expect(page.locator("#saved-state.fault")).to_contain_text("Not saved")
    context.set_offline(False)
    page.locator("button.needle-out").tap()
    page.wait_for_selector("#needle-2")
    assert NeedleInsertion.objects.count() == 2
    context.close()


def test_the_script_of_the_chart_is_small():
    import gzip

    from tests.browser.conftest import BUILT

    names = ("site.js", "needle-chart.js", "keeper.js")
    sizes = {name: round(len(gzip.compress((BUILT / name).read_bytes(), 9)) / 1024, 1) for name in names}
    figures = {"chart_js_gzip_kb": round(sum(sizes.values()), 1)}
    print(figures, sizes)
    out = Path("build/visit-figures.json")
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps((json.loads(out.read_text()) if out.exists() else {}) | figures, indent=1))
    assert sum(sizes.values()) <= 150
