"""Pages of the diary that no walk passes: a series, the waiting list, taking back, running late, the set-up. Each judged by axe."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from myotome.clinic.booking.actions import book
from myotome.clinic.booking.models import Appointment, DeskAct, Service, WaitingWish, WorkingHours
from myotome.clinic.booking.openings import open_a_time
from myotome.clinic.booking.waitlist import wait_for
from myotome.clinic.people.models import Patient, Place
from myotome.vocabulary.courses import Role
from tests.browser.test_first_patient import Walk
from tests.factories import a_clinic, a_course, a_patient, a_practitioner, a_receptionist, a_user, the_system

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def house(browser, live_server, settings, axe):
    """A browser at the door of a clinic with one patient in an open course."""
    settings.PUBLIC_URL = live_server.url
    clinic = a_clinic(idle_lock_minutes=60, province="British Columbia")
    elena = a_practitioner(clinic)
    hannah = a_patient(clinic, email="")
    a_course(clinic, hannah, opened_at=timezone.now())
    walk = Walk(browser, live_server.url, axe)
    walk.clinic, walk.elena, walk.hannah = clinic, elena, hannah
    return walk


def test_a_series_is_looked_at_booked_and_taken_back(house):
    house.log_in(a_receptionist(house.clinic).email)
    house.open(f"/alder/book/series/{house.hannah.pk}/")
    house.look("series-wish")
    house.page.get_by_label("How many visits").fill("3")
    house.page.get_by_role("button", name="Look at this series").click()
    house.look("series-preview")
    house.page.get_by_role("button", name="Book all of them or none").click()
    house.page.get_by_text("3 visits are booked.").wait_for()
    assert Appointment.objects.count() == 3
    house.open("/alder/book/undo/")
    house.look("undo")
    house.page.get_by_role("button", name="Take back").first.click()
    house.page.get_by_text("Nobody was told").wait_for()
    assert Appointment.objects.filter(status="cancelled").count() == 1
    assert DeskAct.objects.filter(undone_at__isnull=False).count() == 1


def test_series_of_two_patients_are_placed_together(house):
    omar = a_patient(house.clinic, given_name="Omar", family_name="Aziz", email="")
    a_course(house.clinic, omar, opened_at=timezone.now())
    house.log_in(a_receptionist(house.clinic).email)
    house.open(f"/alder/book/series/together/?patient={house.hannah.pk}&patient={omar.pk}")
    house.look("together-wish")
    house.page.get_by_role("button", name="Look at them together").click()
    house.page.get_by_text("8 of 8 visits fit").wait_for()
    house.look("together-preview")
    house.page.get_by_role("button", name="Book all of them or none").click()
    house.page.get_by_text("Omar Aziz: 4 visits are booked.").wait_for()
    assert Appointment.objects.count() == 8


def test_time_is_blocked_and_a_visit_moved_between_what_is_left(house):
    house.log_in(a_receptionist(house.clinic).email)
    house.open("/alder/book/block/")
    house.page.get_by_label("Who", exact=True).select_option(label="Elena Marchetti")
    house.page.get_by_label("From").fill("12:00")
    house.page.get_by_label("Until").fill("11:00")
    house.page.get_by_role("button", name="Block this time").click()
    house.page.get_by_text("It must end after it starts.").first.wait_for()
    house.look("block")
    house.open(f"/alder/desk/book/{house.hannah.pk}/?order=first")
    house.look("book-the-first")
    house.page.locator("button[form=book-form]").last.click()
    house.page.get_by_text("Booked").first.wait_for()
    row = Appointment.objects.get()
    house.open(f"/alder/desk/appointment/{row.pk}/move-to/")
    house.look("move-to")


def test_what_somebody_else_changes_appears_without_a_reload(house):
    house.log_in(a_receptionist(house.clinic).email)
    house.page.clock.install()
    house.open("/alder/desk/")
    house.page.get_by_text("Nobody is booked on this day.").wait_for()
    at = timezone.now()
    day = at.astimezone(ZoneInfo(house.clinic.time_zone)).date()
    WorkingHours.objects.create(
        clinic=house.clinic, practitioner=house.elena, place=Place.objects.get(), weekday=day.weekday(), starts=time(11),
        ends=time(14),
    )  # fmt: skip
    service = Service.objects.get(kind="ims")
    noon = datetime.combine(day, time(12), tzinfo=ZoneInfo(house.clinic.time_zone))
    book(
        by=the_system(house.clinic), at=noon - timedelta(days=1), patient_id=house.hannah.pk, service_id=service.pk,
        practitioner_id=house.elena.pk, starts_at=noon,
    )  # fmt: skip
    house.page.clock.fast_forward(16_000)
    house.page.get_by_role("cell", name="Hannah Lindqvist", exact=True).wait_for()


def test_somebody_is_put_on_the_waiting_list_and_taken_off(house):
    house.log_in(a_receptionist(house.clinic).email)
    house.open(f"/alder/book/waiting/{house.hannah.pk}/")
    house.look("wait")
    house.page.get_by_role("button", name="Put on the waiting list").click()
    house.look("waiting-list")
    house.page.get_by_role("button", name="Take Hannah off").click()
    house.page.get_by_text("Nobody waits.").wait_for()
    assert WaitingWish.objects.get().ended_at is not None
    house.open(f"/alder/book/late/{house.elena.pk}/")
    house.look("late")


def test_the_owner_describes_the_clinic(house):
    house.log_in(a_user(house.clinic, Role.OWNER).email)
    house.open("/alder/book/set-up/")
    house.page.get_by_text("Public holidays of a year").click()
    house.page.get_by_role("button", name="Close these days").click()
    house.page.get_by_text("Saved.").wait_for()
    house.page.get_by_text("Add a weekly shift").click()
    house.look("set-up")
    assert house.elena.hours_exceptions.count() == 0


def test_somebody_is_away_and_her_visits_are_to_be_moved(house):
    clinic, elena, hannah = house.clinic, house.elena, house.hannah
    Patient.objects.filter(pk=hannah.pk).update(phone="604 555 0171")
    service = Service.objects.get(clinic=clinic, kind="ims")
    on = timezone.localdate() + timedelta(days=2)
    WorkingHours.objects.create(
        clinic=clinic,
        practitioner=elena,
        place=Place.objects.get(),
        weekday=on.weekday(),
        starts=time(17),
        ends=time(20),
    )
    starts_at = datetime.combine(on, time(18), tzinfo=ZoneInfo(clinic.time_zone))
    robin = the_system(clinic)
    wait_for(
        by=robin, at=timezone.now(), patient_id=hannah.pk, service_id=service.pk, first_day=on, last_day=on,
        until_time=time(21),
    )  # fmt: skip
    open_a_time(
        by=robin,
        at=timezone.now(),
        service_id=service.pk,
        practitioner_id=elena.pk,
        starts_at=starts_at + timedelta(hours=1),
    )
    book(
        by=robin, at=timezone.now(), patient_id=hannah.pk, service_id=service.pk, practitioner_id=elena.pk,
        starts_at=starts_at,
    )  # fmt: skip
    house.log_in(a_receptionist(clinic).email)
    house.open("/alder/book/waiting/")
    house.page.get_by_role("heading", name="To phone about this time").wait_for()
    house.look("to-phone")
    house.open(f"/alder/desk/?on={on}")
    house.page.get_by_role("link", name="Somebody is away").click()
    house.page.get_by_role("button", name="Close this day").click()
    house.page.get_by_text("Closed.").wait_for()
    house.look("away")
    house.open(f"/alder/desk/?on={on}")
    house.look("closed-day")
    house.page.get_by_role("link", name="Move to...").first.click()
    house.page.get_by_role("heading", level=1).wait_for()
