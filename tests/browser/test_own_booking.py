"""A patient in care books on her phone: from her page to a visit that is hers, by keyboard, with large targets."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from myotome.clinic.booking.models import Appointment, Service
from myotome.clinic.planning.models import Plan
from tests.browser import photograph
from tests.factories import a_clinic, a_course, a_page_link, a_patient, a_practitioner

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TARGETS = "main a:not(p a:not(.second)), main button, footer a, footer button"


@pytest.mark.parametrize("width", [390, 820, 1440])
def test_from_her_page_to_a_visit_that_is_booked(page, live_server, axe, width):
    clinic, now = a_clinic(), timezone.now()
    elena = a_practitioner(clinic)
    patient = a_patient(clinic, in_care_of=elena)
    Plan.objects.create(
        clinic=clinic, course=a_course(clinic, patient, opened_at=now), made_by=elena, mode="ims", n_treatments=6,
        price_cents_each=9500, made_at=now, agreed_at=now,
    )  # fmt: skip
    Service.objects.filter(kind="ims").update(in_care_may_book=True)
    page.set_viewport_size({"width": width, "height": 844})
    where = reverse("portal:page", kwargs={"clinic": clinic.slug, "token": a_page_link(patient)})
    page.goto(live_server.url + where)
    page.fill("input[name=born_on]", "1968-03-12")
    page.locator("button.act").click()
    page.get_by_role("link", name="Book a visit").click()
    times = page.locator("button.time")
    expect(times.first).to_be_visible()
    heights = page.locator(TARGETS).evaluate_all(
        "all => all.filter(e => e.checkVisibility()).map(e => e.getBoundingClientRect().height)"
    )
    assert min(heights) >= 44
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert axe(page) == []
    photograph(page, f"own-booking-{width}")
    times.first.press("Enter")
    expect(page.get_by_text("Please change or cancel at least 24 hours before.")).to_be_visible()
    assert axe(page) == []
    photograph(page, f"own-booking-{width}-this")
    page.get_by_role("button", name="Book this time").press("Enter")
    expect(page.get_by_role("heading", name="Your visit is booked")).to_be_visible()
    assert Appointment.objects.get().patient == patient
    photograph(page, f"own-booking-{width}-booked")
