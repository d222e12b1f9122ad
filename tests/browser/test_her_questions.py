"""Her questions by link and the course page in a real browser: by thumb, without script, axe on every screen."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from myotome.clinic.followup.asking import ask
from myotome.clinic.followup.models import MeasureScore
from myotome.clinic.followup.queries import request_link
from myotome.vocabulary.measures import Occasion
from tests.browser import PATIENCE_MS
from tests.browser.test_intake_walk import PHONE, judge
from tests.clinic.followup.courses import a_course_in_care, with_visits
from tests.factories import PASSWORD, a_page_link, the_system

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def course():
    course, _ = a_course_in_care()
    return with_visits(course, [7, 6, 6, 4])


@pytest.mark.parametrize("script", [True, False])
def test_the_questions_are_answered_by_thumb_one_a_screen(browser, axe, live_server, course, script):
    now = datetime.now(tz=UTC)
    request = ask(
        by=the_system(course.clinic), at=now, course=course, occasion=Occasion.BEFORE_VISIT, due_on=now.date()
    )
    context = browser.new_context(**PHONE, java_script_enabled=script)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    path = reverse("portal:questions", kwargs={"clinic": "alder", "token": request_link(request)})
    page.goto(live_server.url + path)
    check = (lambda: judge(page, axe)) if script else (lambda: None)
    check()
    page.get_by_label("Birth date").fill("1968-03-12")
    page.locator(".foot .act").click()
    for value in ("5", "8"):
        page.locator(".scale label", has_text=value).first.click()
        check()
        page.locator(".foot .act").click()
    assert page.get_by_role("heading", name="Thank you, your answers are there").is_visible()
    check()
    assert sorted(MeasureScore.objects.filter(request=request).values_list("value", flat=True)) == [5, 8]
    context.close()


@pytest.mark.parametrize("width", [320, 390, 820, 1440])
def test_the_words_of_the_scale_stand_at_its_own_ends(browser, live_server, course, width):
    now = datetime.now(tz=UTC)
    request = ask(
        by=the_system(course.clinic), at=now, course=course, occasion=Occasion.BEFORE_VISIT, due_on=now.date()
    )
    context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=False)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(live_server.url + reverse("portal:questions", kwargs={"clinic": "alder", "token": request_link(request)}))
    page.get_by_label("Birth date").fill("1968-03-12")
    page.locator(".foot .act").click()
    cells = [cell.bounding_box() for cell in page.locator(".scale label").all()]
    none, worst = (word.bounding_box() for word in page.locator(".scale .end").all())
    for cell, word in ((cells[0], none), (cells[10], worst)):
        gap = max(word["y"] - cell["y"] - cell["height"], cell["y"] - word["y"] - word["height"])
        assert 0 <= gap <= 8, "the word stands right under its number or right over it"
    assert abs(none["x"] - cells[0]["x"]) < 1
    assert abs(worst["x"] + worst["width"] - cells[10]["x"] - cells[10]["width"]) < 1
    assert all(cell["width"] >= 24 and cell["height"] >= 44 for cell in cells)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    context.close()


def test_her_own_page_and_the_course_page_fit_every_screen(browser, axe, live_server, course):
    context = browser.new_context(**PHONE)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(
        live_server.url + reverse("portal:page", kwargs={"clinic": "alder", "token": a_page_link(course.patient)})
    )
    page.get_by_label("Birth date").fill("1968-03-12")
    page.locator(".foot .act").click()
    page.get_by_role("link", name="Take my record with me").wait_for()
    judge(page, axe)
    page.goto(live_server.url + "/accounts/login/")
    page.locator("input[name=login]").fill(course.visits.first().practitioner.user.email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("button.act").click()
    page.wait_for_load_state()
    for width in (390, 820, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(live_server.url + reverse("followup:course", kwargs={"clinic": "alder", "course": course.pk}))
        assert page.get_by_role("heading", name="Past the line of meaningful change").is_visible()
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    context.close()
