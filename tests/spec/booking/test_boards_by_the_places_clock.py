"""A board tells the times of the place it shows, by that place's clock; places with different clocks have boards of their own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from myotome.clinic.booking.models import Appointment, HoursException, Service
from myotome.clinic.needling.actions import record_insertion
from myotome.clinic.needling.models import DeviceBeat, TreatmentVisit
from myotome.clinic.people.models import Place, Room, User
from tests.factories import AT, a_clinic, a_needle, a_patient, a_practitioner, a_receptionist, an_open_visit

pytestmark = pytest.mark.django_db
NOW = AT + timedelta(hours=2)  # 11:00 in Vancouver, 15:00 in Halifax
NIGHT = AT + timedelta(hours=13)  # 22:00 on Tuesday in Vancouver, 02:00 on Wednesday in Halifax


@pytest.fixture
def house(client, monkeypatch):
    """(clinic, Elena of Vancouver, David of Halifax, Halifax), Robin logged in at 11:00 of Vancouver."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    clinic = a_clinic()
    elena, david = a_practitioner(clinic), a_practitioner(clinic, name="David Okafor")
    harbour = Place.objects.create(clinic=clinic, name="Harbour", time_zone="America/Halifax")
    david.working_hours.update(place=harbour)
    Room.objects.create(clinic=clinic, place=harbour, name="Sea")
    client.force_login(a_receptionist(clinic))
    return clinic, elena, david, harbour


def a_visit(clinic, who, place, starts_at, name, **values):
    patient = a_patient(clinic, given_name=name, email="")
    return Appointment.objects.create(
        clinic=clinic, place=place, patient=patient, practitioner=who, starts_at=starts_at,
        service=Service.objects.get(clinic=clinic, kind="ims"), ends_at=starts_at + timedelta(minutes=30), created_at=AT,
        created_by="a test", **({"status": "booked"} | values),
    )  # fmt: skip


def page(client, name, clinic, **given):
    answer = client.get(reverse(name, kwargs={"clinic": clinic.slug}), given)
    assert answer.status_code == 200
    return answer


def first_place(clinic):
    return Place.objects.filter(clinic=clinic).order_by("pk").first()


@pytest.mark.parametrize("name", ["desk:day", "desk:week"])
def test_each_clock_has_its_own_board_and_no_time_of_another_stands_on_it(client, house, name):
    clinic, elena, david, harbour = house
    a_visit(clinic, elena, first_place(clinic), NOW, "Hannah")
    a_visit(clinic, david, harbour, NOW, "Omar")
    here = page(client, name, clinic).content.decode()
    assert "11:00" in here
    assert "Omar" not in here
    assert "David Okafor" not in here.split("runs late")[0].split("When things change")[0]
    assert "all times here" not in here, "the clinic's own clock goes without saying"
    there = page(client, name, clinic, place=harbour.pk).content.decode()
    assert "15:00" in there
    shown = there[there.index("<main") :]
    assert "11:00" not in shown.replace("<span>11:00</span></div>", "")  # the hours of the board's edge
    assert "Hannah" not in there
    assert "Elena Marchetti" not in there
    assert "Harbour: all times here are those of America/Halifax." in there


def test_the_day_begins_and_ends_with_the_places_own_midnight(client, house):
    clinic, elena, david, harbour = house
    a_visit(clinic, elena, first_place(clinic), NIGHT, "Hannah")
    a_visit(clinic, david, harbour, NIGHT, "Omar")
    for place, name, days in ((first_place(clinic), "Hannah", ("2026-11-24", "2026-11-25")), (harbour, "Omar", ("2026-11-25", "2026-11-24"))):  # fmt: skip
        shown = [name in page(client, "desk:day", clinic, place=place.pk, on=on).content.decode() for on in days]
        assert shown == [True, False]


def test_now_and_today_are_those_of_the_place(client, house, monkeypatch):
    clinic, _, _, harbour = house
    board = page(client, "desk:day", clinic, place=harbour.pk).context["board"]
    assert board.now_row == (15 - 8) * 12
    monkeypatch.setattr("django.utils.timezone.now", lambda: NIGHT)
    client.logout()  # the desk was locked meanwhile
    client.force_login(User.objects.get(name="Robin Clarke"))
    assert f"{page(client, 'desk:day', clinic).context['today']}" == "2026-11-24"
    assert f"{page(client, 'desk:day', clinic, place=harbour.pk).context['today']}" == "2026-11-25"
    assert f"{page(client, 'desk:week', clinic, place=harbour.pk).context['today']}" == "2026-11-25"


def test_by_room_the_week_has_the_rooms_of_its_places(client, house):
    clinic, *_, harbour = house
    here = page(client, "desk:week", clinic, by="room").content.decode()
    there = page(client, "desk:week", clinic, by="room", place=harbour.pk).content.decode()
    assert ("Room 1" in here, "Sea" in here) == (True, False)
    assert ("Room 1" in there, "Sea" in there) == (False, True)


def test_a_day_on_which_one_place_is_closed_says_so_on_its_own_board(client, house):
    clinic, *_, harbour = house
    HoursException.objects.create(clinic=clinic, place=harbour, on=NOW.date(), closed=True, reason="Storm")
    assert "closed: Storm" not in page(client, "desk:week", clinic).content.decode()
    assert "closed: Storm" in page(client, "desk:week", clinic, place=harbour.pk).content.decode()


def test_every_way_on_and_every_step_stays_at_the_place(client, house):
    clinic, _, david, harbour = house
    row = a_visit(clinic, david, harbour, NIGHT, "Omar")
    for name in ("desk:day", "desk:week"):
        said = page(client, name, clinic, place=harbour.pk).content.decode()
        ways = [part.split('"')[0] for part in said.split('href="?')[1:]]
        assert len(ways) >= 4
        assert [way for way in ways if "place=" not in way] == []
    url = reverse("desk:step", kwargs={"clinic": clinic.slug, "appointment": row.pk, "to": "arrived"})
    assert client.post(url, {"version": row.version}).url == f"/{clinic.slug}/desk/?on=2026-11-25&place={harbour.pk}"


def test_a_request_of_another_place_says_its_clock(client, house):
    clinic, _, david, harbour = house
    a_visit(clinic, david, harbour, NOW + timedelta(days=1), "Omar", status="requested")
    here = page(client, "desk:day", clinic).content.decode()
    assert "holds Wed 25 Nov, 15:00 with David Okafor (Harbour, America/Halifax)" in here
    assert "(Harbour" not in page(client, "desk:day", clinic, place=harbour.pk).content.decode()


def test_a_clinic_with_one_clock_has_one_board_and_says_the_zone_only_when_it_is_not_the_clinics(client, house):
    clinic, elena, _, harbour = house
    Place.objects.filter(clinic=clinic).update(time_zone="America/Vancouver")
    a_visit(clinic, elena, harbour, NOW, "Omar")
    said = page(client, "desk:day", clinic).content.decode()
    assert "Omar" in said
    assert "place=" not in said
    assert "all times here" not in said
    Place.objects.filter(clinic=clinic).update(time_zone="America/Halifax")
    said = page(client, "desk:day", clinic).content.decode()
    assert "15:00" in said
    assert "all times here are those of America/Halifax" in said


@pytest.mark.parametrize("place", ["", "x", "-1", "999999", "9" * 40, "\x00"])
@pytest.mark.parametrize("name", ["desk:day", "desk:week"])
def test_a_place_that_there_is_not_shows_the_first(client, house, name, place):
    assert page(client, name, house[0], place=place).context["clock"].zone == "America/Vancouver"


@pytest.mark.parametrize("name", ["desk:day", "desk:week"])
def test_the_board_of_a_place_costs_no_more_than_fifteen_questions(client, house, name):
    clinic, _, david, harbour = house
    for n in range(3):
        a_visit(clinic, david, harbour, NOW + timedelta(hours=n), f"Omar {n}")
    page(client, name, clinic, place=harbour.pk)
    with CaptureQueriesContext(connection) as captured:
        page(client, name, clinic, place=harbour.pk)
    assert len([row for row in captured if row["sql"].startswith("SELECT")]) <= 15


def test_the_wall_shows_the_clock_of_each_and_a_silent_device_the_time_on_its_own_wall(client, house):
    clinic = house[0]
    visit, elena = an_open_visit(clinic)
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    TreatmentVisit.objects.filter(pk=visit.pk).update(room=Room.objects.get(name="Sea"))
    DeviceBeat.objects.create(clinic=clinic, visit=visit, heard_at=NOW - timedelta(minutes=10))
    said = page(client, "needling:board", clinic).content.decode()
    assert "<small>Alder Street</small> 11:00" in said
    assert "<small>Harbour</small> 15:00" in said
    assert "Device silent since 14:50" in said
    assert "Device silent since 14:50" in page(client, "desk:day", clinic).content.decode()
