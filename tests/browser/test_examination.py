"""The examination in a browser: by touch, by keyboard alone, and on one page of paper."""

from __future__ import annotations

import json
import statistics
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from myotome.clinic.assessment.actions import begin_examination, chart_finding, finish_examination, write_impression
from myotome.clinic.assessment.models import ExamFinding
from myotome.knowledge.muscles import muscles
from myotome.vocabulary.anatomy import ExamRegion, Side
from myotome.vocabulary.findings import MuscleFinding
from tests.browser import wait_until
from tests.browser.test_needle_chart import log_in
from tests.factories import a_clinic, a_course, a_patient, a_practitioner, an_actor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BUILD = Path(__file__).parents[2] / "build"


def an_examination(n_findings=0, *, impression="", region=ExamRegion.BACK_LEG):
    """An open examination with that many findings, and its practitioner."""
    clinic = a_clinic()
    elena = a_practitioner(clinic)
    course = a_course(clinic, a_patient(clinic, in_care_of=elena))
    actor, now = an_actor(elena.user, clinic), timezone.now()
    exam = begin_examination(by=actor, at=now, course_id=course.pk, region=region)
    felt = [(row.id, level) for row in muscles().values() if row.palpable for level in row.levels or (None,)]
    sites = [(id, level, side) for id, level in felt for side in Side if side is not Side.MIDLINE]
    for i in range(n_findings):
        id, level, side = sites[i * len(sites) // n_findings]
        chart_finding(
            by=actor, at=now, examination_id=exam.pk,
            finding=MuscleFinding(muscle=id, level=level, side=side, sign="shortened", grade=i % 4),
        )  # fmt: skip
    if impression:
        write_impression(by=actor, at=now, examination_id=exam.pk, version=exam.version, impression=impression)
    return exam, elena


def open_page(page, live_server, exam, elena, name="examination", asked=""):
    log_in(page, live_server, elena)
    page.wait_for_url("**/alder/**")
    url = reverse(f"assessment:{name}", kwargs={"clinic": "alder", "examination": exam.pk})
    page.goto(f"{live_server.url}{url}{asked}")


def grades(exam) -> dict[str, int]:
    rows = ExamFinding.objects.filter(examination=exam, replaced_at__isnull=True)
    return {f"{row.subject}{row.level}:{row.side}": row.grade for row in rows}


def test_a_tap_is_shortened_and_a_tap_again_the_next_grade(page, live_server):
    exam, elena = an_examination()
    open_page(page, live_server, exam, elena, asked="?open=buttock")
    left = page.locator("[id='muscle:piriformis::left:shortened:tap']")
    for grade in (1, 2, 3):
        left.tap()
        expect(page.locator(f"[id='muscle:piriformis::left:shortened:{grade}']")).to_have_attribute(
            "aria-pressed", "true"
        )
        assert grades(exam) == {"piriformis:left": grade}
    left.tap()
    expect(page.locator("[id='muscle:piriformis::left:shortened:3']")).to_have_attribute("aria-pressed", "false")
    assert grades(exam) == {}
    for button in page.locator("#keys button:visible").all():
        box = button.bounding_box()
        assert min(box["width"], box["height"]) >= 44


def test_a_zone_of_the_body_opens_its_muscles_by_layer(page, live_server):
    exam, elena = an_examination()
    open_page(page, live_server, exam, elena)
    zone = page.locator("a.way[aria-label^='Buttock, left']").bounding_box()
    page.touchscreen.tap(zone["x"] + zone["width"] * 0.25, zone["y"] + zone["height"] * 0.5)
    expect(page.locator("#keys legend").first).to_have_text("Superficial")
    expect(page.locator("#keys")).to_contain_text("Gluteus maximus")


@pytest.mark.parametrize("size", [{"width": 820, "height": 1180}, {"width": 390, "height": 844}])
def test_a_label_beside_the_figure_is_a_touch_target_and_opens_its_muscle(page, live_server, size):
    exam, elena = an_examination()
    page.set_viewport_size(size)
    open_page(page, live_server, exam, elena, asked="?open=buttock")
    labels = page.locator(".plate-label")
    boxes = sorted((label.bounding_box() for label in labels.all()), key=lambda box: (box["y"], box["x"]))
    assert len(boxes) >= 4
    assert min(min(box["width"], box["height"]) for box in boxes) >= 44
    for one, two in pairwise(boxes):
        assert two["y"] >= one["y"] + one["height"] - 1 or two["x"] >= one["x"] + one["width"] - 1
    labels.filter(has_text="Piriformis").tap()
    expect(page.locator(".exam-card legend")).to_contain_text("Piriformis")
    expect(page.locator(".plate-label[aria-current]")).to_contain_text("Piriformis")
    page.locator("[id='muscle:piriformis::left:shortened:tap@']").tap()
    expect(page.locator(".plate-label[aria-current]")).to_contain_text("left shortened 1")


def test_every_level_is_on_the_ladder_and_a_rung_of_the_roots_leads_to_it(page, live_server):
    exam, elena = an_examination(6, impression="L5 left")
    open_page(page, live_server, exam, elena)
    expect(page.locator("#keys .rungs").first).to_contain_text("Multifidus L5")
    page.locator("#keys summary", has_text="Levels above").tap()
    expect(page.locator("[id='muscle:multifidus:C5:left:shortened:tap']")).to_be_visible()
    page.locator(".exam-ladder a[aria-label^='L4:']").tap()
    expect(page.locator(".exam-card legend")).to_contain_text("Multifidus L4")


def test_by_keyboard_alone_from_the_first_finding_to_the_plan(page, live_server, axe):
    exam, elena = an_examination()
    open_page(page, live_server, exam, elena, asked="?open=buttock")

    def to(selector):
        """Tab forward until the thing has the focus, as a person without a mouse would."""
        for _ in range(140):
            if page.evaluate(f"document.activeElement?.matches({json.dumps(selector)})"):
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"{selector} cannot be reached by keyboard")

    to("#layer-skin")
    page.keyboard.press("Enter")
    expect(page.locator(".skin-plate")).to_be_visible()
    assert page.evaluate("document.activeElement?.id") == "layer-skin", "the focus stays on the switch"
    for way in page.locator(".exam-layers a").all():
        assert min(way.bounding_box()[side] for side in ("width", "height")) >= 44
    to("#layer-deep")
    page.keyboard.press("Enter")
    expect(page.locator(".skin-plate")).to_have_count(0)
    tap = "[id='muscle:gluteus_medius::left:shortened:tap']"
    to(tap)
    page.keyboard.press("Enter")
    expect(page.locator("[id='muscle:gluteus_medius::left:shortened:1']")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate(f"document.activeElement?.matches({json.dumps(tap)})"), "the focus stays on the key"
    page.keyboard.press("Enter")
    expect(page.locator("[id='muscle:gluteus_medius::left:shortened:2']")).to_have_attribute("aria-pressed", "true")
    to("[id='muscle:gluteus_medius::right:shortened:0']")
    page.keyboard.press("Space")
    expect(page.locator("[id='muscle:gluteus_medius::right:shortened:0']")).to_have_attribute("aria-pressed", "true")
    to("textarea")
    page.keyboard.type("L5 left")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".exam-ladder")).to_contain_text("L5")
    assert axe(page) == []
    to("#exam-foot form button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/plan/**")
    assert grades(exam) == {"gluteus_medius:left": 2, "gluteus_medius:right": 0}


@pytest.mark.parametrize("n_findings", [8, 40, 60, 120])
def test_a_finished_examination_prints_as_one_page(page, live_server, tmp_path, n_findings):
    exam, elena = an_examination(n_findings, impression="L5 left, paraspinal first. Old S1 possible.\nLook at the hip.")
    finish_examination(by=an_actor(elena.user, exam.clinic), at=timezone.now(), examination_id=exam.pk)
    open_page(page, live_server, exam, elena, name="printed")
    for size in ("A4", "Letter"):
        paper = tmp_path / f"{size}.pdf"
        paper.write_bytes(page.pdf(format=size, prefer_css_page_size=False))
        told = subprocess.run(["pdfinfo", paper], capture_output=True, text=True, check=True).stdout
        assert "Pages:           1\n" in told, (n_findings, size)
        words = subprocess.run(["pdftotext", "-layout", paper, "-"], capture_output=True, text=True, check=True).stdout
        assert "Hannah Lindqvist" in words
        assert "What is not listed was not tested" in words


def test_an_impression_half_written_is_kept_while_she_goes_on_testing(page, live_server):
    exam, elena = an_examination()
    open_page(page, live_server, exam, elena, asked="?open=buttock")
    page.locator("#id_impression").fill("L5, I think, because")
    page.locator("[id='muscle:piriformis::left:shortened:tap']").tap()
    expect(page.locator("[id='muscle:piriformis::left:shortened:1']")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#id_impression")).to_have_value("L5, I think, because")


def test_an_older_page_never_comes_after_a_newer_tap(page_without_worker, live_server):
    page = page_without_worker
    exam, elena = an_examination(impression="S1 left")
    open_page(page, live_server, exam, elena, asked="?open=lower_leg")
    held = []
    page.route("**/examination/*/?open=lower_leg", lambda route: held.append(route))
    left = page.locator("[id='muscle:soleus::left:shortened:tap']")
    findings = page.get_by_role("region", name="Findings", exact=True)
    left.tap()
    expect(page.locator("[id='muscle:soleus::left:shortened:1']")).to_have_attribute("aria-pressed", "true")
    wait_until(page, lambda: len(held) == 1)
    older = held[0].fetch()
    left.tap()
    expect(page.locator("[id='muscle:soleus::left:shortened:2']")).to_have_attribute("aria-pressed", "true")
    held[0].fulfill(response=older)
    page.wait_for_timeout(300)
    expect(page.locator("[id='muscle:soleus::left:shortened:2']")).to_have_attribute("aria-pressed", "true")
    expect(findings).to_contain_text("Nothing is tested yet")
    wait_until(page, lambda: len(held) == 2)
    held[1].continue_()
    expect(findings.get_by_role("listitem")).to_contain_text(["Soleus"])
    assert grades(exam) == {"soleus:left": 2}


def test_quick_taps_on_one_key_are_each_a_grade_though_the_first_has_no_answer_yet(page_without_worker, live_server):
    page = page_without_worker
    exam, elena = an_examination(impression="S1 left")
    open_page(page, live_server, exam, elena, asked="?open=lower_leg")
    held = []
    page.route("**/examination/*/chart/", lambda route: route.continue_() if held else held.append(route))
    left = page.locator("[id='muscle:soleus::left:shortened:tap']")
    for _ in range(3):
        left.tap()
    wait_until(page, lambda: len(held) == 1)
    held[0].continue_()
    expect(page.locator("[id='muscle:soleus::left:shortened:3']")).to_have_attribute("aria-pressed", "true")
    wait_until(page, lambda: grades(exam) == {"soleus:left": 3})


CLOCK = """() => {
    window.spent = [];
    document.addEventListener('pointerup', event => {
        const begun = event.timeStamp, told = document.querySelector('.exam-ladder svg').getAttribute('aria-label');
        const watch = new MutationObserver(() => {
            const now = document.querySelector('.exam-ladder svg')?.getAttribute('aria-label');
            if (!now || now === told) return;
            watch.disconnect();
            window.spent.push(performance.now() - begun);
        });
        watch.observe(document.body, { childList: true, subtree: true });
    }, true);
}"""
"""Milliseconds from the finger's lift to the new ladder, told by the page itself: what steers the browser is left out."""


def test_the_ladder_answers_a_tap(page, live_server):
    """Prints how long from a tap to the new ladder with forty findings; asserts that it moved, never how fast."""
    exam, elena = an_examination(40, impression="L5 left")
    open_page(page, live_server, exam, elena, asked="?open=lower_leg")
    page.evaluate(CLOCK)
    for n in range(1, 10):
        page.locator("[id='muscle:extensor_hallucis_longus::left:shortened:tap']").tap()
        page.wait_for_function("n => window.spent.length === n", arg=n)
    spent = page.evaluate("window.spent")
    figures = {"ladder_tap_ms_median": round(statistics.median(spent)), "taps": len(spent)}
    print(figures)
    BUILD.mkdir(exist_ok=True)
    (BUILD / "examination-figures.json").write_text(json.dumps(figures) + "\n")
