"""The intake in a real browser: by thumb on a phone, by keyboard alone, and without script; axe on every screen."""

import re

import pytest

from myotome.clinic.screening.models import Intake
from tests.browser import PATIENCE_MS
from tests.factories import PASSWORD, a_clinic, a_patient, a_practitioner, a_receptionist

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
TOO_SMALL = """() => [...document.querySelectorAll('a, button, input, select, textarea, summary')].filter(e => {
  if (!e.checkVisibility() || e.classList.contains('skip') || e.classList.contains('vh')) return false;
  const inText = e.tagName === 'A' && getComputedStyle(e).display === 'inline';
  const box = (e.closest('label') || e).getBoundingClientRect();
  return !inText && (box.height < 43.5 || box.width < 43.5);
}).map(e => e.outerHTML.slice(0, 80))"""
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def clinic():
    clinic = a_clinic()
    a_practitioner(clinic)
    return clinic


@pytest.fixture
def phone(browser):
    """A phone of 390x844 with touch."""
    context = browser.new_context(**PHONE)
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


def judge(page, axe):
    """Nothing for axe to find, nothing too small for a thumb, nothing wider than the screen."""
    where = page.url.rsplit("/", 2)[-2]
    assert axe(page) == [], where
    assert page.evaluate(TOO_SMALL) == [], where
    assert page.evaluate(TOO_WIDE) == 0, where


def answer_screen(page):
    """Answers whatever the screen asks, the first choice of each question, and goes on."""
    for box in page.locator("#question input[inputmode]").all():
        box.fill("6")
    for text in page.locator("#question input[type=text]:not([inputmode])").all():
        text.fill("putting on socks")
    for group in page.locator("#question fieldset").all():
        group.locator("label").first.click()
    page.locator(".foot .act").click()


def walk(page, url, *, check=None, answer=answer_screen):
    """From the front page to the screen that looks over the answers; returns how many screens there were."""
    page.goto(f"{url}/alder/")
    page.get_by_role("link", name="Answer a few questions first").click()
    page.get_by_role("button", name=re.compile("Begin")).click()
    if page.get_by_label("Choose from the list").is_visible():
        page.get_by_label("Choose from the list").check()
    page.get_by_label("Low back, left").check()
    n_screens = 0
    page.locator(".foot .act").click()
    while "/check/" not in page.url:
        n_screens += 1
        assert n_screens < 60, page.url
        if check:
            check(page)
        if "/safety/" in page.url:
            page.get_by_role("button", name="No", exact=True).click()
        else:
            answer(page)
    return n_screens


def test_touching_the_body_chooses_the_same_place_as_the_list_on_the_patients_own_side(phone, live_server, clinic, axe):
    phone.goto(f"{live_server.url}/alder/intake/")
    judge(phone, axe)
    phone.get_by_role("button", name=re.compile("Begin")).click()
    phone.locator("[data-key='left:low_back'] .zone").first.click(force=True)
    assert phone.locator("input[value='left:low_back']").is_checked()
    assert phone.locator(".where-row", has_text="Low back").is_visible()
    assert not phone.locator(".where-row", has_text="Elbow").is_visible()
    back = phone.locator(".of-back [data-key='left:shoulder']").bounding_box()
    assert back["x"] < 195
    phone.get_by_text("Front", exact=True).click()
    front = phone.locator(".of-front [data-key='left:shoulder']").bounding_box()
    assert front["x"] > 195
    phone.locator(".of-front [data-key='left:shoulder'] .zone").first.click(force=True)
    judge(phone, axe)
    phone.locator(".foot .act").click()
    assert Intake.objects.get().answers["regions"] == ["left:low_back", "left:shoulder"]


def test_the_whole_walk_on_a_phone_has_nothing_for_axe_and_nothing_too_small(phone, live_server, clinic, axe):
    kinds = set()

    def judge_once(page):
        kind = "safety" if "/safety/" in page.url else page.url
        if kind not in kinds:
            kinds.add(kind)
            judge(page, axe)

    n_screens = walk(phone, live_server.url, check=judge_once)
    judge(phone, axe)
    assert n_screens > 25
    phone.get_by_role("link", name="Choose a time").wait_for()


def test_the_whole_walk_works_without_script(browser, live_server, clinic):
    context = browser.new_context(**PHONE, java_script_enabled=False)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    walk(page, live_server.url)
    assert page.get_by_role("link", name="Choose a time").count() == 1
    context.close()


def test_an_emergency_stops_and_the_browsers_back_button_does_not_undo_it(phone, live_server, clinic, axe):
    phone.goto(f"{live_server.url}/alder/intake/")
    phone.get_by_role("button", name=re.compile("Begin")).click()
    phone.locator("[data-key='left:low_back'] .zone").first.click(force=True)
    phone.locator(".foot .act").click()
    phone.locator("[name=age]").fill("52")
    phone.locator(".foot .act").click()
    question = phone.url
    phone.get_by_role("button", name="Yes", exact=True).click()
    phone.get_by_role("link", name="Call 911").wait_for()
    judge(phone, axe)
    phone.go_back()
    phone.get_by_role("button", name="No", exact=True).click()
    phone.get_by_text("Your first answer stays in the record").wait_for()
    judge(phone, axe)
    phone.goto(question.rsplit("/safety/", 1)[0] + "/check/")
    phone.get_by_role("link", name="Call 911").wait_for()
    assert Intake.objects.get().level == "emergency"


def test_a_safety_question_is_answered_by_keyboard_alone(page, live_server, clinic):
    page.goto(f"{live_server.url}/alder/intake/")
    page.get_by_role("button", name=re.compile("Begin")).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/where/")
    page.get_by_label("Choose from the list").focus()
    page.keyboard.press("Space")
    page.get_by_label("Elbow, right").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url("**/age/")
    page.locator("[name=age]").focus()
    page.keyboard.type("52")
    page.keyboard.press("Enter")
    page.wait_for_url("**/safety/**")
    first = page.url
    page.get_by_role("button", name="I am not sure").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url != first)
    assert Intake.objects.get().level == "call_first"


@pytest.mark.parametrize("width", [390, 820, 1440])
def test_public_pages_have_nothing_for_axe_at_every_width(browser, live_server, clinic, axe, width):
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    for path in ("", "known/", "about/"):
        page.goto(f"{live_server.url}/alder/{path}")
        judge(page, axe)
    context.close()


def test_the_telephone_page_and_the_summary_have_nothing_for_axe(page, live_server, clinic, axe):
    elena = a_practitioner(clinic, name="Elena Second")
    patient = a_patient(clinic, in_care_of=elena)
    log_in(page, live_server.url, a_receptionist(clinic).email)
    page.goto(f"{live_server.url}/alder/intake/phone/{patient.pk}/?regions=left:elbow")
    assert axe(page) == []
    for group in page.locator(".aloud").all():
        group.get_by_text("Not sure").click()
    page.get_by_role("button", name="Save and choose a time").click()
    page.wait_for_url("**/desk/book/**")
    page.context.clear_cookies()
    log_in(page, live_server.url, elena.user.email)
    page.goto(f"{live_server.url}/alder/intake/summary/{Intake.objects.get().pk}/")
    page.get_by_text("Before the first needle").or_(page.get_by_text("Phone first")).first.wait_for()
    assert axe(page) == []


def log_in(page, url, email):
    page.goto(f"{url}/accounts/login/")
    page.locator("[name=login]").fill(email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form button").first.click()
    page.wait_for_url(lambda at: "/login/" not in at)
