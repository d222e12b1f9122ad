"""The bar of the staff's pages, its account menu open: every target is at least 44 px, on a telephone and on a tablet."""

from __future__ import annotations

import pytest

from myotome.vocabulary.courses import Role
from tests.browser.targets import LEAST_PX, targets
from tests.browser.test_first_patient import Walk
from tests.factories import a_clinic, a_practitioner, a_receptionist, a_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
IN_THE_BAR = "() => document.querySelectorAll('main, footer, .foot').forEach(e => e.remove())"


@pytest.mark.parametrize("width", [390, 820])
@pytest.mark.parametrize("has_touch", [True, False])
def test_every_target_of_the_bar_of_the_staff_is_wide_enough(browser, live_server, axe, width, has_touch):
    clinic = a_clinic(idle_lock_minutes=60)
    a_practitioner(clinic)
    pages = {
        a_receptionist(clinic): ("/alder/desk/", "/alder/book/waiting/", "/alder/money/"),
        a_user(clinic, Role.OWNER): ("/alder/book/set-up/", "/alder/owner/"),
    }
    for user, paths in pages.items():
        walk = Walk(browser, live_server.url, axe)
        walk.context.close()
        walk.context = browser.new_context(viewport={"width": width, "height": 900}, has_touch=has_touch)
        walk.page = walk.context.new_page()
        walk.log_in(user.email)
        for path in paths:
            walk.open(path)
            walk.page.evaluate(IN_THE_BAR)
            rows = targets(walk.page, unfolded=True)
            assert len(rows) >= 6, (path, rows)
            assert [row for row in rows if row[1] < LEAST_PX] == [], path
        walk.context.close()


@pytest.mark.parametrize("width", [390, 820, 1440])
def test_the_account_menu_opens_on_the_page_and_not_beside_it(browser, live_server, axe, width):
    clinic = a_clinic(idle_lock_minutes=60)
    a_practitioner(clinic)
    for user, path in ((a_receptionist(clinic), "/alder/desk/"), (a_user(clinic, Role.OWNER), "/alder/owner/")):
        walk = Walk(browser, live_server.url, axe)
        walk.log_in(user.email)
        walk.page.set_viewport_size({"width": width, "height": 900})
        walk.open(path)
        walk.page.locator(".menu > summary").click()
        box = walk.page.locator(".menu > .sheet").bounding_box()
        assert box["x"] >= 0, (path, box)
        assert box["x"] + box["width"] <= width, (path, box)
        walk.context.close()


@pytest.mark.parametrize("width", [390, 820, 1024, 1440])
def test_what_the_search_of_the_bar_is_for_can_be_read_by_whoever_treats_too(browser, live_server, axe, width):
    clinic = a_clinic(idle_lock_minutes=60)
    elena = a_practitioner(clinic)
    walk = Walk(browser, live_server.url, axe)
    walk.log_in(elena.user.email)
    walk.page.set_viewport_size({"width": width, "height": 900})
    walk.open("/alder/desk/")
    words = (
        "e => { const c = document.createElement('canvas').getContext('2d'), s = getComputedStyle(e); c.font = s.font;"
    )
    words += " return c.measureText(e.placeholder).width + parseFloat(s.paddingLeft) + parseFloat(s.paddingRight) }"
    assert walk.page.locator("#find").evaluate(words) <= walk.page.locator("#find").bounding_box()["width"]
    walk.context.close()
