"""One patient, from the first question to discharge, in a real browser: the walk of docs/tutorials/first-patient.md.

Every page of the walk is judged by axe and photographed at 390, 820 and 1440 px when MYOTOME_SCREENSHOTS names a
folder. The server is the real one with a database, a queue and an SMTP server; only its clock is today's.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Page

from myotome.clinic.assessment.models import RootBelief
from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.booking.models import Appointment
from myotome.clinic.followup.models import Discharge, ForecastShown, MeasureRequest, MeasureScore
from myotome.clinic.followup.queries import request_link
from myotome.clinic.needling.models import NeedleInsertion, TreatmentVisit
from myotome.clinic.planning.models import Consent, Plan
from myotome.clinic.screening.models import Course, Intake
from tests.browser import PATIENCE_MS, SHOTS, photograph, wait_until
from tests.browser.test_intake_walk import walk
from tests.clinic.test_mail import Mailbox, mailbox  # noqa: F401 - a fixture
from tests.factories import PASSWORD, a_clinic, a_practitioner, a_receptionist

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDTHS = ((390, 844), (820, 1180), (1440, 900))
TIME_TO_COME_AT = "button.time:not([form=walk-in])"
"""A time on the desk's page of booking, and not one for somebody who stands at the desk."""

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorials" / "first-patient"
"""The pictures of the tutorial; `make screenshots` renews them."""


class Walk:
    """A browser window with a person in it; `look` judges and photographs the page it is on."""

    def __init__(self, browser, url: str, axe) -> None:
        self.context = browser.new_context(viewport={"width": 820, "height": 1180}, has_touch=True)
        self.context.set_default_timeout(PATIENCE_MS)
        self.page: Page = self.context.new_page()
        self.url, self.axe = url, axe

    def open(self, path: str) -> None:
        answer = self.page.goto(self.url + path)
        assert answer is not None
        assert answer.status == 200, f"{path}: {answer.status}"

    def log_in(self, email: str) -> None:
        self.page.goto(self.url + "/accounts/login/")
        self.page.fill("input[name=login]", email)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.locator("main form button").first.click()
        self.page.wait_for_url(lambda url: "/login/" not in url)

    def look(self, name: str) -> None:
        assert self.axe(self.page) == [], name
        if SHOTS is None:
            return
        for width, height in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": height})
            photograph(self.page, f"{name}-{width}")
            photograph(self.page, f"{name}-{width}-full", full_page=True)
            if width == 820 and name[0].isdigit():  # the pages of the tutorial
                self.page.screenshot(path=TUTORIAL / f"{name}.png")
        self.page.set_viewport_size({"width": 820, "height": 1180})


@pytest.fixture
def clinic(settings, live_server):
    settings.PUBLIC_URL = live_server.url
    clinic = a_clinic(email="desk@alder.example", idle_lock_minutes=60)
    return clinic


def run_queue() -> None:
    call_command("db_worker", batch=True, interval=0, verbosity=0, startup_delay=False)


def test_one_patient_from_the_first_question_to_discharge(browser, live_server, clinic, axe, mailbox):  # noqa: F811
    elena = a_practitioner(clinic, name="Elena Marchetti")
    robin = a_receptionist(clinic)
    url = live_server.url

    # 1, 2: the public site and the questions
    hannah = Walk(browser, url, axe)
    hannah.open("/alder/")
    hannah.page.get_by_role("heading", name=re.compile("side by side")).wait_for()
    hannah.look("01-front")
    hannah.open("/alder/known/")
    hannah.look("02-what-is-known")
    photographed = set()

    def photograph(page):
        step = page.url.rstrip("/").rsplit("/", 1)[-1]
        if step in {"pain", "eases"} and step not in photographed:
            photographed.add(step)
            hannah.look(f"03-intake-{step}")

    walk(hannah.page, url, check=photograph, answer=answer_as_hannah)
    hannah.look("04-intake-check")

    # 3: booking, the mail, the link
    hannah.page.get_by_role("link", name="Choose a time").click()
    hannah.look("05-choose-a-time")
    hannah.page.locator("a.time").first.click()
    hannah.page.get_by_label("First name").fill("Hannah")
    hannah.page.get_by_label("Family name").fill("Lindqvist")
    hannah.page.get_by_label("Birth date").fill("1968-03-12")
    hannah.page.get_by_role("button", name=re.compile("this time")).click()
    hannah.page.get_by_text("Please leave a telephone number").first.wait_for()
    assert hannah.page.get_by_label("First name").input_value() == "Hannah"
    hannah.page.get_by_label("E-mail").fill("hannah@example.org")
    hannah.page.get_by_label("Telephone").fill("604 555 0199")
    hannah.look("06-who-is-coming")
    hannah.page.get_by_role("button", name=re.compile("this time")).click()
    hannah.page.get_by_role("heading", name=re.compile("visit is booked|phone you first")).wait_for()
    hannah.look("07-booked")
    appointment = Appointment.objects.get()
    run_queue()
    body = mailbox.messages[0].get_body(("plain",)).get_content()
    manage = re.search(r"https?://\S+/book/manage/\S+", body)
    assert manage is not None
    hannah.page.goto(manage.group())
    hannah.page.get_by_role("link", name="Choose another time").wait_for()

    # 4: reception sees the day
    desk = Walk(browser, url, axe)
    desk.log_in(robin.email)
    on = timezone.localtime(appointment.starts_at, timezone=_zone(clinic)).date()
    desk.open(f"/alder/desk/?on={on}")
    desk.look("08-the-day")
    if appointment.status == "requested":
        desk.open("/alder/desk/")
        desk.page.get_by_label("What the call came to").fill("Talked it over, fine to come.")
        desk.page.get_by_role("button", name="Book it").click()
        desk.open(f"/alder/desk/?on={on}")
    desk.page.get_by_role("button", name=re.compile("Arrived")).first.click()
    appointment.refresh_from_db()
    assert appointment.status == "arrived"

    # 5: the examination, her impression, then the roots
    practitioner = Walk(browser, url, axe)
    practitioner.log_in(elena.user.email)
    practitioner.open(f"/alder/desk/appointment/{appointment.pk}/")
    practitioner.look("09-appointment")
    practitioner.page.get_by_role("button", name="Begin the examination").click()
    examine(practitioner)
    assert RootBelief.objects.count() >= 1
    course = Course.objects.get()
    assert MeasureScore.objects.filter(course=course, measure="pain_nrs_average_7d").exists()

    # 6: the plan in treatments and money, consent
    practitioner.open(f"/alder/plan/{course.pk}/")
    practitioner.look("12-plan")
    practitioner.page.get_by_role("button", name="Make this plan").click()
    practitioner.page.get_by_role("button", name="She says yes to this series").click()
    plan = Plan.objects.get()
    assert (plan.n_treatments, plan.review_visits, plan.agreed_at is not None) == (4, [4], True)
    while practitioner.page.get_by_role("button", name="Record her yes").count():
        box = practitioner.page.locator("form.consent").first
        box.get_by_role("checkbox").check()
        box.get_by_role("button", name="Record her yes").click()
        practitioner.page.wait_for_load_state()
    assert Consent.objects.filter(course=course, kind="course").count() == 1
    practitioner.look("13-plan-agreed")

    # reception books the treatment by telephone
    desk.open("/alder/desk/find/?q=lindq")
    desk.look("14-find")
    desk.page.get_by_role("link", name=re.compile("Book Hannah")).click()
    desk.look("15-book")
    desk.page.locator(TIME_TO_COME_AT).first.click()
    desk.page.get_by_text("Booked.").wait_for()
    treatment = Appointment.objects.exclude(pk=appointment.pk).get()
    assert treatment.course_id == course.pk

    # 8: her two questions before the visit, on the phone
    request = MeasureRequest.objects.get(appointment=treatment)
    phone = Walk(browser, url, axe)
    phone.open(f"/alder/me/questions/{request_link(request)}/")
    phone.look("16-birth-date")
    phone.page.get_by_label("Birth date").fill("1968-03-12")
    phone.page.get_by_role("button", name="Go on").click()
    for n in range(12):
        if phone.page.get_by_text("Thank you").count():
            break
        if n == 0:
            phone.look("17-question")
        phone.page.locator(".scale label, .choices label").nth(5 if phone.page.locator(".scale").count() else 3).click()
        phone.page.locator(".foot .act").click()
    phone.page.get_by_role("heading", name=re.compile("Thank you")).wait_for()
    request.refresh_from_db()
    assert request.completed_at is not None

    # 7: the visit
    practitioner.open(f"/alder/desk/appointment/{treatment.pk}/")
    practitioner.page.get_by_role("button", name="Open the visit").click()
    needle(practitioner)
    visit = TreatmentVisit.objects.get()
    assert visit.signed_at is not None
    assert NeedleInsertion.objects.filter(visit=visit, state="out").count() >= 2
    treatment.refresh_from_db()
    assert treatment.status == "done"

    # 8, 9: how it is going, what is shared, discharge
    practitioner.open(f"/alder/course/{course.pk}/")
    practitioner.look("20-course")
    assert ForecastShown.objects.filter(course=course).exists()
    practitioner.page.get_by_label("Pain as a line").check()
    practitioner.page.get_by_label("The stop rule").check()
    practitioner.page.get_by_role("button", name="Share what is ticked").click()
    practitioner.page.get_by_role("link", name="End this course").click()
    practitioner.page.get_by_label(re.compile("Plateaued", re.I)).check()
    practitioner.page.get_by_role("button", name="End the course").click()
    practitioner.page.get_by_text("Please say to whom or why").first.wait_for()
    assert practitioner.page.get_by_label(re.compile("Plateaued", re.I)).is_checked()
    practitioner.page.locator("#id_reason").fill("No change at the review. Back to her doctor.")
    practitioner.look("21-discharge")
    practitioner.page.get_by_role("button", name="End the course").click()
    assert Discharge.objects.get().outcome == "plateaued"
    practitioner.open(f"/alder/chart/{course.patient_id}/")
    practitioner.look("22-chart")
    practitioner.page.get_by_role("button", name=re.compile("come back")).click()
    practitioner.page.wait_for_url(re.compile(r"/course/\d+/$"))
    assert Course.objects.get(relapse_of=course).closed_at is None
    assert Intake.objects.count() == 1
    assert AuditEvent.objects.filter(act="access.refused").count() == 0
    assert AuditEvent.objects.filter(at__lt=timezone.now() - timedelta(days=1)).count() == 0


def answer_as_hannah(page: Page) -> None:
    """Fourteen months of low back pain, pain 7, nothing that cautions, three activities."""
    for box in page.locator("#question input[inputmode]").all():
        box.fill({"age": "58", "since_n": "14"}.get(box.get_attribute("name") or "", "7"))
    for text in page.locator("#question input[type=text]:not([inputmode])").all():
        if (text.get_attribute("name") or "").startswith("activity"):
            text.fill("sitting through a film")
    for group in page.locator("#question fieldset").all():
        labels = group.locator("label")
        words = [label.inner_text().strip() for label in labels.all()]
        calm = ("None", "No", "Neither", "Not for me", "months", "Months", "7", "Not at all")
        wanted = next(
            (
                i
                for i, word in enumerate(words)
                if word.split("\n")[0].rstrip(".") in calm or word.startswith(("None", "No,", "Does not", "Not "))
            ),
            0,
        )
        labels.nth(wanted).click()
    page.locator(".foot .act").click()


def examine(who: Walk) -> None:
    """Findings by one tap each, then her impression, and only then the ladder."""
    page = who.page
    page.get_by_text("The ladder stays folded until your impression is written").wait_for()
    for level, grade in (("L5", "3"), ("L4", "2"), ("S1", "1")):
        keys = page.get_by_role("group", name=f"Multifidus {level}, left", exact=True).first
        keys.get_by_text(grade, exact=True).first.click()
        keys.locator("[aria-pressed=true]").first.wait_for()
    page.evaluate("scrollTo(0, 0)")
    who.look("10-examination")
    page.get_by_role("button", name="Write it and open the roots").click()
    page.locator("#id_impression").fill("L5 left, paraspinal first.")
    page.get_by_role("button", name="Write it and open the roots").click()
    page.get_by_text("Charted").first.wait_for()
    page.locator("svg.ladder").wait_for()
    page.evaluate("scrollTo(0, 0)")
    who.look("11-roots")


def needle(who: Walk) -> None:
    """The short list, needles in two taps each, the refusal while one is in, closed and signed."""
    page = who.page
    page.get_by_role("button", name="Asked each: no to all not marked yes").click()
    page.locator("#reask").wait_for(state="hidden")
    who.look("18-needle-chart")
    out = page.locator("#needle-rows > li[data-state=out]")
    for n in (1, 2):
        while page.locator("#cautions .chip[name=reason]").count():
            n_asks = page.locator("#cautions .ask").count()
            page.locator("#cautions .chip[name=reason]").first.click()
            wait_until(page, lambda n=n_asks: page.locator("#cautions .ask").count() < n)
        page.locator(".key.needle-out").wait_for()
        page.locator(".key", has_text="Grasp 2").first.click()
        page.locator(".key.needle-out").click()
        wait_until(page, lambda n=n: out.count() == n)  # the page has it: keys touched before would be drawn anew
    wait_until(page, lambda: NeedleInsertion.objects.count() == 2)
    who.look("19-needles-out")
    if not page.locator("#id_n_needles_in_sharps").is_visible():
        page.locator("#closing summary").click()
    page.locator("#id_n_needles_opened").fill("2")
    page.locator("#id_n_needles_in_sharps").fill("2")
    page.get_by_role("button", name="Close and sign").click()
    wait_until(page, lambda: TreatmentVisit.objects.filter(signed_at__isnull=False).exists())


def _zone(clinic):
    from zoneinfo import ZoneInfo

    return ZoneInfo(clinic.time_zone)
