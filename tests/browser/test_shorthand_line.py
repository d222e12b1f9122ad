"""The shorthand line in a browser: its words marked as it forms, a meant word touched, twelve lines pasted."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from myotome.clinic.needling.models import Incident, NeedleInsertion, TreatmentVisit
from tests.browser import wait_until
from tests.browser.test_needle_chart import a_visit, chart_url, log_in
from tests.factories import a_consent

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_words_of_a_line_are_marked_as_it_forms(page, live_server):
    visit, _actor, elena = a_visit()
    TreatmentVisit.objects.filter(pk=visit.pk).update(reask_at=timezone.now())
    log_in(page, live_server, elena)
    page.goto(chart_url(live_server, visit))
    page.locator("#id_line").press_sequentially("L glmed 50 gasp2", delay=5)
    page.wait_for_selector("#line-words .bad")
    assert page.locator("#line-words .bad").inner_text() == "gasp2"
    assert page.locator("#line-words .good").count() == 3


def test_twelve_lines_are_pasted_and_charted_by_enter(page, live_server):
    visit, _actor, elena = a_visit()
    TreatmentVisit.objects.filter(pk=visit.pk).update(reask_at=timezone.now())
    log_in(page, live_server, elena)
    page.goto(chart_url(live_server, visit))
    words = ("glmed", "glmax", "pir", "tibant", "rf", "vl")
    lines = [f"{side} {word} 40 .30x50 grasp2 release 6s" for word in words for side in "LR"]
    page.locator("#id_line").focus()
    page.evaluate(
        """text => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            const field = document.getElementById("id_line");
            if (field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })))
                document.execCommand("insertText", false, text);
        }""",
        "\n".join(lines),
    )
    assert page.input_value("#id_line").count("\n") == 11
    page.locator("#id_line").press("Enter")
    expect(page.locator("#needle-rows > li")).to_have_count(12)
    wait_until(page, lambda: NeedleInsertion.objects.filter(visit=visit).count() == 12)


def test_a_word_that_was_meant_takes_the_place_of_what_was_written(page, live_server):
    visit, _actor, elena = a_visit()
    TreatmentVisit.objects.filter(pk=visit.pk).update(reask_at=timezone.now())
    log_in(page, live_server, elena)
    page.goto(chart_url(live_server, visit))
    page.locator("#id_line").press_sequentially("L glmed 50 gasp2", delay=5)
    meant = page.get_by_role("button", name="Write grasp2 for gasp2")
    meant.wait_for()
    assert meant.bounding_box()["height"] >= 44
    meant.tap()
    expect(page.locator("#id_line")).to_have_value("L glmed 50 grasp2")
    expect(page.locator("#line-words .good")).to_have_count(4)


def test_what_a_line_asks_is_answered_before_its_needle_and_the_line_stays_in_its_field(page, live_server):
    visit, _actor, elena = a_visit()
    a_consent(visit.course, "region", "thorax")
    TreatmentVisit.objects.filter(pk=visit.pk).update(reask_at=timezone.now())
    log_in(page, live_server, elena)
    page.goto(chart_url(live_server, visit))
    page.locator("#id_line").press_sequentially("L rhommaj 20 grasp2", delay=5)
    ask = page.locator("#line-words li.caution.ask[data-code=pleura]")
    chip = ask.locator("button.chip").first
    chip.wait_for()
    assert chip.bounding_box()["height"] >= 44
    chip.tap()
    expect(ask).to_have_count(0)
    expect(page.locator("#id_line")).to_have_value("L rhommaj 20 grasp2")
    page.locator("#id_line").press("Enter")
    wait_until(page, lambda: NeedleInsertion.objects.filter(visit=visit, site="rhomboid_major").count() == 1)
    assert visit.caution_answers.get().code == "pleura"
    assert not Incident.objects.filter(visit=visit, detail__contains="pleura").exists()


def test_a_word_that_was_meant_can_still_be_touched_after_the_line_was_refused(page, live_server):
    visit, _actor, elena = a_visit()
    TreatmentVisit.objects.filter(pk=visit.pk).update(reask_at=timezone.now())
    log_in(page, live_server, elena)
    page.goto(chart_url(live_server, visit))
    page.fill("#id_line", "L glmed 50 gasp2")
    page.locator("#id_line").press("Enter")
    page.wait_for_selector("#line-error")
    box, letter = (
        page.locator("#id_line").bounding_box(),
        page.evaluate("parseFloat(getComputedStyle(document.getElementById('id_line')).paddingLeft)"),
    )
    assert letter >= 14, "the first letter stands clear of the border"
    assert box["height"] >= 44
    meant = page.get_by_role("button", name="Write grasp2 for gasp2")
    assert meant.bounding_box()["height"] >= 44
    meant.tap()
    expect(page.locator("#id_line")).to_have_value("L glmed 50 grasp2")
    page.locator("#id_line").press("Enter")
    page.wait_for_selector("#needle-1")
    assert NeedleInsertion.objects.get(visit=visit).grasp == 2
