"""Pages about one person: who treats here and is treated, what she is sent, and her visit moved into a time she holds."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from myotome.clinic.booking.actions import book
from myotome.clinic.booking.holds import hold_time
from myotome.clinic.booking.models import Appointment, Service, WorkingHours
from myotome.clinic.booking.queries import free_times_for
from myotome.clinic.people.links import link_token
from myotome.clinic.people.models import OwnRecord, Place
from myotome.vocabulary.courses import Role
from tests.browser.targets import targets, too_small
from tests.browser.test_first_patient import WIDTHS, Walk
from tests.factories import (
    a_clinic,
    a_course,
    a_page_link,
    a_patient,
    a_practitioner,
    a_receptionist,
    a_user,
    the_system,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
UNFOLD = "for (const fold of document.querySelectorAll('main details')) fold.open = true"
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def house(browser, live_server, settings, axe):
    """A browser at the door of a clinic in which Elena treats and is a patient, and David treats."""
    settings.PUBLIC_URL = live_server.url
    clinic = a_clinic(idle_lock_minutes=60)
    walk = Walk(browser, live_server.url, axe)
    walk.clinic, walk.elena, walk.david = clinic, a_practitioner(clinic), a_practitioner(clinic, name="David Okafor")
    walk.herself = a_patient(clinic, given_name="Elena", family_name="Marchetti")
    a_course(clinic, walk.herself, opened_at=timezone.now())
    yield walk
    walk.context.close()


def fits(walk, name):
    """The page with its folds open: no button or field too small, nothing beside the edge, at every width; and axe."""
    for width, height in WIDTHS:
        walk.page.set_viewport_size({"width": width, "height": height})
        walk.page.evaluate(UNFOLD)
        rows = [row for row in targets(walk.page) if not row[0].startswith("a ")]
        assert width == 1440 or too_small(rows) == [], (name, width)
        assert walk.page.evaluate(WIDER) <= 0, (name, width)
    walk.look(name)


def a_visit(walk):
    """A visit of hers with David within two weeks, and a later free time of that week that a form of hers holds."""
    actor, now = the_system(walk.clinic), timezone.now()
    service = Service.objects.get(clinic=walk.clinic, kind="ims")
    free = free_times_for(
        actor, service=service, first_day=now.date() + timedelta(days=1), n_days=5, at=now,
        practitioner_id=walk.david.pk, step_minutes=30,
    )  # fmt: skip
    row = book(
        by=actor, at=now, patient_id=walk.herself.pk, service_id=service.pk, practitioner_id=walk.david.pk,
        starts_at=free[0].starts_at,
    )  # fmt: skip
    hold_time(
        by=actor, at=now, key=f"own-{walk.herself.pk}", service_id=service.pk, practitioner_id=walk.david.pk,
        starts_at=free[2].starts_at,
    )  # fmt: skip
    return row


def test_the_desk_says_who_she_is_and_what_she_is_sent(house):
    row = a_visit(house)
    house.log_in(a_receptionist(house.clinic).email)
    path = f"/alder/desk/patient/{house.herself.pk}/"
    house.open(path)
    fits(house, "treats-here-asked")
    house.page.locator(".caution").get_by_role("button", name="Yes, she is").click()
    house.page.get_by_text("she is never offered herself").wait_for()
    house.page.get_by_text("What we send her").click()
    house.page.get_by_label("Reminders also by SMS").check()
    house.page.get_by_role("button", name="Save what she said").click()
    house.page.get_by_text("Say how she told you").wait_for()
    assert house.page.get_by_label("Reminders also by SMS").is_checked()
    fits(house, "what-we-send")
    house.page.get_by_label("On the telephone").check()
    house.page.get_by_role("button", name="Save what she said").click()
    house.page.get_by_text("reminders by e-mail and SMS").wait_for()
    fits(house, "treats-here")
    house.open("/alder/desk/week/" + f"?on={row.starts_at.date()}")
    house.page.get_by_text("a visit of her own").wait_for()
    house.look("week-with-a-visit-of-her-own")
    house.open(f"/alder/desk/appointment/{row.pk}/move-to/")
    house.page.get_by_text("kept for her until").first.wait_for()
    fits(house, "move-at-the-desk")
    house.page.locator("button.time").filter(has_text="kept for her until").first.click()
    house.page.get_by_text("Moved. The patient is told by mail.").wait_for()
    assert Appointment.objects.get().starts_at > row.starts_at


def test_she_says_who_she_is_chooses_what_she_is_sent_and_moves_into_what_she_holds(house):
    row = a_visit(house)
    house.open(f"/alder/me/page/{a_page_link(house.herself)}/")
    house.page.fill("input[name=born_on]", "1968-03-12")
    house.page.get_by_role("button", name="Go on").click()
    house.page.get_by_text("Do you treat here too?").wait_for()
    fits(house, "her-page-treats-here")
    house.page.get_by_role("button", name="I am Elena Marchetti").click()
    house.page.get_by_text("It counts once the desk has confirmed it.").wait_for()
    assert OwnRecord.objects.get().confirmed_at is None
    house.page.get_by_role("link", name="What you send me, and how").click()
    house.page.get_by_text("What may we send you?").wait_for()
    fits(house, "her-messages")
    token = link_token("appointment", row.pk, row.link_version)
    house.open(reverse("booking:move", kwargs={"clinic": "alder", "token": token}))
    house.page.get_by_text("kept for you until").first.wait_for()
    fits(house, "move-under-her-link")
    house.page.locator("button.time").filter(has_text="kept for you until").first.click()
    house.page.wait_for_url(lambda url: "/move/" not in url)
    assert Appointment.objects.get().starts_at > row.starts_at


def test_the_owner_reads_of_hours_that_overlap_and_who_treats_chooses_her_hours_for_her_calendar(house):
    harbour = Place.objects.create(clinic=house.clinic, name="Harbour", time_zone=house.clinic.time_zone)
    WorkingHours.objects.create(
        clinic=house.clinic, practitioner=house.elena, place=harbour, weekday=1, starts=time(15), ends=time(18)
    )
    house.log_in(a_user(house.clinic, Role.OWNER).email)
    house.open("/alder/book/set-up/")
    house.page.get_by_text("is at two places at once on Tuesday").wait_for()
    house.look("set-up-overlap")
    house.context.clear_cookies()
    house.log_in(house.elena.user.email)
    house.open("/alder/book/calendars/")
    house.page.get_by_label("For which device").fill("telephone")
    house.page.get_by_label("Show my working hours too, at which place").check()
    house.page.get_by_role("button", name="Make this address").click()
    house.page.get_by_text("with working hours").wait_for()
    fits(house, "calendar-with-hours")
