"""The next visit on the close form of a tablet: it comes by itself, its targets are large, and closing books what is chosen."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from myotome.clinic.booking.models import Appointment
from myotome.clinic.needling.actions import record_insertion
from myotome.clinic.needling.models import TreatmentVisit
from myotome.vocabulary.needling import NeedleState
from tests.browser import photograph
from tests.browser.test_needle_chart import a_visit, chart_url, log_in
from tests.factories import a_needle

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", [390, 820, 1440])
def test_the_times_come_when_the_form_is_opened_and_closing_books_the_chosen_one(page, live_server, axe, width):
    visit, actor, elena = a_visit()
    record_insertion(by=actor, at=timezone.now(), visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    page.set_viewport_size({"width": width, "height": 1180})
    log_in(page, live_server, elena)
    page.goto(chart_url(live_server, visit))
    page.locator("#closing summary").click()
    first = page.locator("#next-visit input[name=next]").first
    expect(first).to_be_checked()
    labels = page.locator("#next-visit label.choice, #next-visit select")
    assert min(labels.evaluate_all("all => all.map(e => e.getBoundingClientRect().height)")) >= 44
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert axe(page) == []
    page.locator("#next-visit").scroll_into_view_if_needed()
    photograph(page, f"next-visit-{width}")
    first.press("ArrowDown")
    expect(page.locator("#next-visit input[name=next]").nth(1)).to_be_checked()
    chosen = page.locator("#next-visit input[name=next]:checked").get_attribute("value")
    for which in ("opened", "in_sharps"):
        page.fill(f"#id_n_needles_{which}", "1")
    page.click('#closing button:has-text("Close and sign")')
    expect(page.locator("text=Next visit:").first).to_be_visible()
    assert TreatmentVisit.objects.get(pk=visit.pk).signed_at
    booked = Appointment.objects.get(patient=visit.course.patient, starts_at__gt=timezone.now())
    assert booked.starts_at == datetime.fromisoformat(chosen)
    assert axe(page) == []
    photograph(page, f"next-visit-{width}-closed")
