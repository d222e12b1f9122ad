"""The week at the desk, by practitioner and by room, with "Move to…" at every visit that has not begun; and the wall by rooms."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from myotome.clinic.booking.actions import book, cancel
from myotome.clinic.booking.holds import block_time
from myotome.clinic.booking.models import Appointment, HoursException, Service
from myotome.clinic.booking.queries import free_times_for
from myotome.clinic.needling.actions import open_visit, record_insertion
from myotome.clinic.people.models import Room
from myotome.vocabulary.needling import TreatmentMode
from tests.factories import (
    a_clinic,
    a_consent,
    a_course,
    a_needle,
    a_patient,
    a_practitioner,
    a_receptionist,
    an_actor,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client):
    clinic = a_clinic()
    elena, david = a_practitioner(clinic), a_practitioner(clinic, name="David Okafor")
    robin = a_receptionist(clinic)
    client.force_login(robin)
    return clinic, elena, david, an_actor(robin, clinic)


def a_booking(desk, who, patient, n=0):
    clinic, _, _, robin = desk
    now = timezone.now()
    service = Service.objects.get(clinic=clinic, kind="assessment_ims")
    offers = free_times_for(
        robin, service=service, first_day=now.date() + timedelta(days=2), n_days=7, at=now, practitioner_id=who.pk
    )
    return book(
        by=robin,
        at=now,
        patient_id=patient.pk,
        service_id=service.pk,
        practitioner_id=who.pk,
        starts_at=offers[n].starts_at,
    )


def week(client, clinic, on=None, by=""):
    url = reverse("desk:week", kwargs={"clinic": clinic.slug})
    return client.get(url, {name: value for name, value in {"on": on, "by": by}.items() if value}).content.decode()


def local_day(clinic, row):
    return row.starts_at.astimezone(ZoneInfo(clinic.time_zone)).date()


def row_of(page, title):
    """The row of the table that this head begins."""
    return next(part for part in page.split("<tr>") if f'<th scope="row">{title}<' in part)


def test_every_visit_of_the_week_stands_in_the_row_of_its_practitioner(client, desk):
    clinic, elena, david, _ = desk
    hannah, omar = a_patient(clinic), a_patient(clinic, given_name="Omar", family_name="Aziz")
    hers, his = a_booking(desk, elena, hannah), a_booking(desk, david, omar)
    page = week(client, clinic, on=local_day(clinic, hers))
    assert "Hannah Lindqvist" in row_of(page, "Elena Marchetti")
    assert "Omar Aziz" not in row_of(page, "Elena Marchetti")
    if local_day(clinic, his).isocalendar().week == local_day(clinic, hers).isocalendar().week:
        assert "Omar Aziz" in row_of(page, "David Okafor")


def test_by_room_the_same_visits_stand_in_the_rows_of_their_rooms(client, desk):
    clinic, elena, _, _ = desk
    hers = a_booking(desk, elena, a_patient(clinic))
    room = hers.spans.get(resource_kind="room").room
    page = week(client, clinic, on=local_day(clinic, hers), by="room")
    assert "Hannah Lindqvist" in row_of(page, room.name)
    others = Room.objects.exclude(pk=room.pk)
    assert all("Hannah Lindqvist" not in row_of(page, other.name) for other in others)


def test_a_visit_that_has_not_begun_can_be_moved_from_the_week_and_one_that_is_done_cannot(client, desk):
    clinic, elena, _, _ = desk
    hers = a_booking(desk, elena, a_patient(clinic))
    move = reverse("desk:move", kwargs={"clinic": clinic.slug, "appointment": hers.pk})
    assert move in week(client, clinic, on=local_day(clinic, hers))
    Appointment.objects.filter(pk=hers.pk).update(status="done")
    assert move not in week(client, clinic, on=local_day(clinic, hers))


def test_what_is_cancelled_is_not_in_the_week_and_what_is_blocked_is(client, desk):
    clinic, elena, _, robin = desk
    hers = a_booking(desk, elena, a_patient(clinic))
    cancel(by=robin, at=timezone.now(), appointment_id=hers.pk)
    block_time(
        by=robin, at=timezone.now(), practitioner_id=elena.pk, starts_at=hers.starts_at, ends_at=hers.ends_at,
        reason="staff meeting",
    )  # fmt: skip
    page = week(client, clinic, on=local_day(clinic, hers))
    assert "Hannah Lindqvist" not in page
    assert "staff meeting" in row_of(page, "Elena Marchetti")


def test_a_closed_day_says_so_at_its_head(client, desk):
    clinic, elena, _, _ = desk
    day = local_day(clinic, a_booking(desk, elena, a_patient(clinic)))
    HoursException.objects.create(clinic=clinic, on=day, closed=True, reason="Family Day")
    assert "closed: Family Day" in week(client, clinic, on=day)


@pytest.mark.parametrize(
    "given", [{"on": "never"}, {"on": "9999-12-31"}, {"on": "0001-01-01"}, {"by": "colour"}, {"on": "\x00"}]
)
def test_an_address_that_makes_no_sense_shows_this_week_by_practitioner(client, desk, given):
    clinic, *_ = desk
    answer = client.get(reverse("desk:week", kwargs={"clinic": clinic.slug}), given)
    assert answer.status_code == 200
    assert '<th scope="row">Elena Marchetti<' in answer.content.decode()


@pytest.mark.parametrize("on", ["9999-12-31", "0001-01-01", "never"])
def test_a_day_that_no_diary_has_shows_today(client, desk, on):
    clinic, *_ = desk
    answer = client.get(reverse("desk:day", kwargs={"clinic": clinic.slug}), {"on": on})
    assert answer.status_code == 200
    assert answer.context["board"].day == answer.context["today"]


def test_a_full_week_asks_the_database_no_more_than_an_empty_one(client, desk):
    clinic, elena, david, _ = desk
    day = local_day(clinic, a_booking(desk, elena, a_patient(clinic)))
    with CaptureQueriesContext(connection) as few:
        week(client, clinic, on=day)
    for n in range(4):
        a_booking(desk, david, a_patient(clinic, given_name=f"Patient {n}"), n=n)
    with CaptureQueriesContext(connection) as many:
        week(client, clinic, on=day)
    assert len(many) <= len(few) + 1


def in_a_room(clinic, patient, practitioner, room, **values):
    now = timezone.now()
    row = Appointment.objects.create(
        clinic=clinic, place=room.place, patient=patient, practitioner=practitioner,
        service=Service.objects.get(clinic=clinic, kind="ims"), starts_at=now, ends_at=now + timedelta(minutes=30),
        status="in_room", in_room_at=now, created_at=now, created_by="a test", **values,
    )  # fmt: skip
    row.spans.create(
        clinic=clinic, phase=0, resource_kind="room", room=room, starts_at=row.starts_at, ends_at=row.ends_at, first_tick=0,
        end_tick=1,
    )  # fmt: skip
    return row


def with_needles(clinic, patient, practitioner, room, *, minutes, n=1):
    course = a_course(clinic, patient)
    a_consent(course)
    actor, then = an_actor(practitioner.user, clinic), timezone.now() - timedelta(minutes=minutes)
    visit = open_visit(by=actor, at=then, course_id=course.pk, mode=TreatmentMode.ACUPUNCTURE)
    type(visit).objects.filter(pk=visit.pk).update(room=room)
    for number in range(n):
        record_insertion(by=actor, at=then, visit_id=visit.pk, needle=a_needle(f"{visit.pk}-{number}", in_at=then))
    return visit


def test_the_wall_shows_every_room_needles_first_the_oldest_before_all(client, desk):
    clinic, elena, david, _ = desk
    one, two = Room.objects.filter(clinic=clinic).order_by("name")
    three = Room.objects.create(clinic=clinic, place=one.place, name="Room 3")
    hannah = a_patient(clinic, in_care_of=elena)
    omar = a_patient(clinic, in_care_of=david, given_name="Omar", family_name="Aziz")
    mona = a_patient(clinic, given_name="Mona", family_name="Berg")
    with_needles(clinic, hannah, elena, two, minutes=5, n=2)
    with_needles(clinic, omar, david, one, minutes=12)
    in_a_room(clinic, mona, elena, three)
    spare = Room.objects.create(clinic=clinic, place=one.place, name="Room 4")
    page = client.get(reverse("needling:board", kwargs={"clinic": clinic.slug})).content.decode()
    places = [page.index(words) for words in ("Omar A.", "Hannah L.", "Mona B.", spare.name)]
    assert places == sorted(places)
    assert "Whole clinic 3 in" in page
    assert page.count("<b>free</b>") == 1
    assert "Lindqvist" not in page
