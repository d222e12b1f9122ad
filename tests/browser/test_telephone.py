"""A caller at the desk: found or written down, asked the safety questions aloud, booked; counted in taps.

Figures go to build/telephone-figures.json. The seconds are what a run needs with 1.5 s between taps and 5 characters
typed a second; the time that reading aloud takes is the caller's own.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from myotome.clinic.booking.models import Appointment
from myotome.clinic.screening.models import Intake, RedFlagAnswer
from tests.browser.test_first_patient import TIME_TO_COME_AT, Walk
from tests.factories import a_clinic, a_patient, a_practitioner, a_receptionist

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FIGURES = Path(__file__).parents[2] / "build" / "telephone-figures.json"
BETWEEN_TAPS_S, CHARACTERS_A_S = 1.5, 5.0
MOST_TAPS = 14


class Caller:
    """The receptionist's hand: every tap and every character counts."""

    def __init__(self, page) -> None:
        self.page, self.n_taps, self.n_typed, self.begun = page, 0, 0, time.perf_counter()

    def tap(self, part) -> None:
        self.n_taps += 1
        part.click()
        self.page.wait_for_load_state()

    def type(self, label: str, text: str) -> None:
        self.n_typed += len(text)
        self.page.get_by_label(label).first.fill(text)

    def seconds(self) -> float:
        own = time.perf_counter() - self.begun
        return round(own + BETWEEN_TAPS_S * self.n_taps + self.n_typed / CHARACTERS_A_S, 1)


def ask_and_book(caller: Caller) -> None:
    """From the booking page of somebody new to the time that holds."""
    page = caller.page
    caller.tap(page.get_by_role("link", name="Ask them now"))
    caller.tap(page.locator("label.where-side", has=page.locator("input[value='left:low_back']")))
    caller.tap(page.get_by_role("button", name="Show the questions"))
    while (no := page.locator("section[data-open] button[name=no_to]")).count():
        caller.tap(no)
    caller.tap(page.get_by_role("button", name="Save and choose a time").last)
    caller.tap(page.locator(TIME_TO_COME_AT).first)
    page.get_by_text("Booked.").wait_for()


@pytest.fixture
def desk(browser, live_server, settings, axe):
    settings.PUBLIC_URL = live_server.url
    clinic = a_clinic(idle_lock_minutes=60)
    a_practitioner(clinic)
    walk = Walk(browser, live_server.url, axe)
    walk.log_in(a_receptionist(clinic).email)
    walk.clinic = clinic
    return walk


def keep(name: str, caller: Caller) -> None:
    FIGURES.parent.mkdir(exist_ok=True)
    figures = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    figures[name] = {"taps": caller.n_taps, "typed": caller.n_typed, "seconds": caller.seconds()}
    FIGURES.write_text(json.dumps(figures, indent=1) + "\n")
    print(name, figures[name])


def test_somebody_on_record_is_asked_and_booked_within_half_a_minute_of_taps(desk):
    hannah = a_patient(desk.clinic)
    desk.open("/alder/desk/find/")
    caller = Caller(desk.page)
    caller.type("Name, birth date", "lindq")
    caller.tap(desk.page.get_by_role("button", name="Find"))
    caller.tap(desk.page.get_by_role("link", name="Book Hannah"))
    ask_and_book(caller)
    assert Appointment.objects.get().patient == hannah
    intake = Intake.objects.get()
    asked = RedFlagAnswer.objects.filter(intake=intake)
    assert asked.count() >= 10
    assert {reply.answer for reply in asked} == {"no"}, "each question is answered by itself"
    assert caller.n_taps <= MOST_TAPS
    keep("on_record", caller)


def test_somebody_new_is_written_down_asked_and_booked(desk):
    desk.open("/alder/desk/patient/new/")
    caller = Caller(desk.page)
    for label, text in (("First name", "Omar"), ("Family name", "Aziz"), ("Birth date", "1990-05-01")):
        caller.type(label, text)
    caller.type("Telephone", "6045550111")
    caller.tap(desk.page.get_by_role("button", name="Create the record"))
    caller.tap(desk.page.locator("#main").get_by_role("link", name="Book a visit"))
    ask_and_book(caller)
    assert Appointment.objects.get().patient.family_name == "Aziz"
    assert caller.n_taps <= MOST_TAPS
    keep("somebody_new", caller)


def test_the_questions_read_aloud_are_a_page_anybody_can_use(desk):
    hannah = a_patient(desk.clinic)
    desk.open(f"/alder/intake/phone/{hannah.pk}/?regions=left:low_back")
    assert desk.axe(desk.page) == []
