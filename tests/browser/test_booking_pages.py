"""Pages of the diary that no walk passes: a series, the waiting list, taking back, running late, the set-up. Each judged by axe."""

import pytest
from django.utils import timezone

from myotome.clinic.booking.models import Appointment, DeskAct, WaitingWish
from myotome.vocabulary.courses import Role
from tests.browser.test_first_patient import Walk
from tests.factories import a_clinic, a_course, a_patient, a_practitioner, a_receptionist, a_user

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
