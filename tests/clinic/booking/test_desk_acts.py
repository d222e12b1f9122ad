"""Acts of the desk over HTTP on one Tuesday morning: series together, walk-ins, blocks, moves, and what others change."""

import re
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from myotome.clinic.booking.actions import book, step
from myotome.clinic.booking.holds import block_time
from myotome.clinic.booking.models import Appointment, Hold, HoursException, WorkingHours
from myotome.clinic.booking.together import preview_together
from myotome.clinic.followup.models import ForecastShown
from myotome.clinic.people.models import Place, Room
from myotome.clinic.planning.models import Plan
from myotome.vocabulary.courses import Role
from myotome.vocabulary.scheduling import AppointmentStatus
from tests.factories import AT, a_course, a_patient, a_practitioner, a_user

pytestmark = pytest.mark.django_db
VANCOUVER = ZoneInfo("America/Vancouver")


def an_owner(clinic):
    return a_user(clinic, Role.OWNER)


def at(name, clinic, **ids):
    return reverse(name, kwargs={"clinic": clinic.slug, **ids})


def clock(hour, minute=0, days=0):
    return datetime(2026, 11, 24, hour, minute, tzinfo=VANCOUVER) + timedelta(days=days)


def a_visit(desk, starts_at, patient=None):
    _, elena, robin, service, hannah = desk
    return book(
        by=robin, at=AT, patient_id=(patient or hannah).pk, service_id=service.pk, practitioner_id=elena.pk,
        starts_at=starts_at,
    )  # fmt: skip


def offered(page):
    """The starts that a page offers, in their order."""
    return [datetime.fromisoformat(text) for text in re.findall(r'name="start" value="([^"|]+)', page)]


# Series placed together


def the_form(desk, *people, **changes):
    _, elena, _, service, _ = desk
    typed = {
        "service": service.pk, "practitioner": elena.pk, "first_day": "2026-12-01", "at_time": "14:00", "n_visits": 3,
        "every_days": 7,
    } | changes  # fmt: skip
    return {"patient": [p.pk for p in people]} | {f"{n}-{p.pk}": v for p in people for n, v in typed.items()}


def proposed(page, people):
    """What the page proposes, as the form would send it."""
    found = {}
    for person in people:
        for name, value in re.findall(rf'name="(visit-{person.pk}-\d+)" value="([^"]+)" checked', page):
            found[name] = value
    return found


def test_series_of_two_patients_are_looked_at_and_booked_together(client, desk):
    clinic, _, _, _, hannah = desk
    omar = a_patient(clinic, given_name="Omar", family_name="Aziz", email="omar@example.org")
    a_course(clinic, omar)
    form = the_form(desk, hannah, omar)
    page = client.get(at("booking:together", clinic), form | {"look": "yes"}).content.decode()
    assert "6 of 6 visits fit" in page
    assert "no other choice places more" in page
    assert "in this proposal" in page
    sent = form | proposed(page, [hannah, omar]) | {"key": "one", "what": "all"}
    assert client.post(at("booking:together", clinic), sent).status_code == 302
    assert Appointment.objects.filter(patient=hannah).count() == Appointment.objects.filter(patient=omar).count() == 3
    assert client.post(at("booking:together", clinic), sent).status_code == 302
    assert Appointment.objects.count() == 6


def test_a_search_that_was_stopped_says_how_far_it_may_be_from_the_best(client, desk, monkeypatch):
    clinic, elena, robin, _, hannah = desk
    two = datetime(2026, 12, 1, 14, tzinfo=VANCOUVER)
    block_time(
        by=robin, at=AT, starts_at=two, ends_at=two + timedelta(minutes=30), reason="Call", practitioner_id=elena.pk
    )
    people = [hannah, *(a_patient(clinic, given_name=name, email="") for name in ("Omar", "Ines"))]
    form = the_form(desk, *people) | {"look": "yes"}
    sure = client.get(at("booking:together", clinic), form).content.decode()
    assert "no other choice places more" in sure
    assert "The search was stopped" not in sure
    stopped = partial(preview_together, most_work=0.0)
    monkeypatch.setattr("myotome.pages.booking.together.preview_together", stopped)
    page = client.get(at("booking:together", clinic), form).content.decode()
    assert "9 of 9 visits fit" in page
    assert "No choice places more visits. The search was stopped before it was sure" in page
    off, least, percent = map(int, re.search(r"lie (\d+) minutes.* below (\d+); at most (\d+) in 100", page).groups())
    assert 0 < least < off
    assert percent == -(-100 * (off - least) // off)


def test_a_wrong_field_is_named_with_its_patient_and_what_was_typed_stays(client, desk):
    clinic, _, _, _, hannah = desk
    form = the_form(desk, hannah, at_time="25:00", n_visits="seven") | {"look": "yes"}
    answer = client.get(at("booking:together", clinic), form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'href="#id_n_visits-{hannah.pk}"' in page or f'href="#id_at_time-{hannah.pk}"' in page
    assert 'value="seven"' in page
    nobody = client.get(at("booking:together", clinic), {"look": "yes"})
    assert nobody.status_code == 422
    assert "Tick the patients" in nobody.content.decode()


def test_those_whose_plan_asks_for_more_are_listed_and_others_can_be_added(client, desk):
    clinic, elena, _, _, hannah = desk
    omar = a_patient(clinic, given_name="Omar", family_name="Aziz", email="omar@example.org")
    course = a_course(clinic, omar)
    Plan.objects.create(
        clinic=clinic, course=course, made_by=elena, mode="ims", n_treatments=6, price_cents_each=0, made_at=AT
    )
    page = client.get(at("booking:together", clinic)).content.decode()
    assert "Omar Aziz" in page
    assert "Lindqvist" not in page
    page = client.get(at("booking:together", clinic), {"patient": hannah.pk}).content.decode()
    assert "Lindqvist" in page
    assert (
        at("booking:together", clinic) in client.get(at("booking:series", clinic, patient=hannah.pk)).content.decode()
    )


# One series


def test_a_series_with_anybody_names_who_gives_each_visit(client, desk):
    clinic, _, _, service, hannah = desk
    david = a_practitioner(clinic, name="David Okafor")
    form = {
        "service": service.pk, "practitioner": "any", "first_day": "2026-12-01", "at_time": "14:00", "n_visits": "2",
        "every_days": "7",
    }  # fmt: skip
    page = client.get(at("booking:series", clinic, patient=hannah.pk), form).content.decode()
    values = dict(re.findall(r'name="(visit-\d+)" value="([^"]+)" checked', page))
    assert "David Okafor" in page
    values["visit-2"] = values["visit-2"].split("|")[0] + f"|{david.pk}"
    answer = client.post(at("booking:series", clinic, patient=hannah.pk), form | values | {"key": "one", "what": "all"})
    assert answer.status_code == 302
    assert Appointment.objects.order_by("starts_at").last().practitioner == david


@pytest.mark.parametrize("is_practitioner", [True, False])
def test_the_forecast_stands_beside_the_length_for_the_practitioner_and_never_fills_it(client, desk, is_practitioner):
    clinic, elena, _, _, hannah = desk
    course = hannah.courses.get()
    left = {"q10": 3, "median": 9, "q90": 16}
    ForecastShown.objects.create(
        clinic=clinic, course=course, after_visit=2, shown_at=AT, answer={"treatments_left": left}, model_version="1",
        definition_version="1",
    )  # fmt: skip
    if is_practitioner:
        client.force_login(elena.user)
    page = client.get(at("booking:series", clinic, patient=hannah.pk)).content.decode()
    assert ("need 3 to 16 more, half 9 or fewer" in page) is is_practitioner
    assert re.search(r'name="n_visits"[^>]*value="4"', page)
    if is_practitioner:
        plan = client.get(at("planning:plan", clinic, course=course.pk)).content.decode()
        assert "need 3 to 16 more, half 9 or fewer" in plan
        assert re.findall(r'name="n_treatments" value="(\d+)" checked', plan) == ["4"]


# Free times in three ways


def test_the_first_times_the_whole_days_and_those_without_gaps(client, desk):
    clinic, elena, _, service, hannah = desk
    omar = a_patient(clinic, given_name="Omar", email="omar@example.org")
    a_course(clinic, omar)
    a_visit(desk, clock(13, 10), omar)
    address = at("desk:book", clinic, patient=hannah.pk)
    asked = {"service": service.pk, "practitioner": elena.pk}
    whole = offered(client.get(address, asked).content.decode())
    first = offered(client.get(address, asked | {"order": "first"}).content.decode())
    packed = offered(client.get(address, asked | {"order": "packed"}).content.decode())
    beside = [clock(12, 40), clock(13, 40)]
    assert all(moment in packed for moment in beside)
    assert not any(moment in whole for moment in beside)
    assert len(first) < len(whole)
    assert min(whole) in first


# Somebody stands at the desk


def test_who_walks_in_is_booked_for_the_next_free_time_and_is_here(client, desk):
    clinic, elena, _, service, hannah = desk
    address = at("desk:book", clinic, patient=hannah.pk)
    page = client.get(address, {"service": service.pk}).content.decode()
    assert "She is here now" in page
    soon = offered(page)[0]
    assert soon == clock(9, 5)
    form = {"service": service.pk, "start": f"{soon.isoformat()}|{elena.pk}", "key": "one", "here": "yes"}
    assert client.post(address, form).status_code == 302
    row = Appointment.objects.get()
    assert (row.status, row.arrived_at) == ("arrived", AT)


def test_who_comes_when_nobody_is_free_is_not_offered_a_time_now(client, desk):
    clinic, elena, robin, service, hannah = desk
    block_time(by=robin, at=AT, starts_at=clock(9), ends_at=clock(12), reason="Meeting", practitioner_id=elena.pk)
    page = client.get(at("desk:book", clinic, patient=hannah.pk), {"service": service.pk}).content.decode()
    assert "She is here now" not in page


# Time blocked


def test_time_is_blocked_and_given_back_on_the_page(client, desk):
    clinic, elena, _, _, _ = desk
    address = at("booking:block", clinic)
    form = {
        "practitioner": elena.pk,
        "room": "",
        "on": "2026-11-24",
        "starts": "12:00",
        "ends": "13:00",
        "reason": "Lunch",
    }
    assert client.post(address, form).status_code == 302
    hold = Hold.objects.get()
    assert (hold.starts_at, hold.ends_at, hold.reason) == (clock(12), clock(13), "Lunch")
    assert "Lunch" in client.get(address).content.decode()
    assert "Lunch" in client.get(at("desk:week", clinic)).content.decode()
    assert client.post(at("booking:unblock", clinic), {"hold": hold.pk}).status_code == 302
    assert not Hold.objects.exists()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"practitioner": ""}, "Say who or which room"),
        ({"starts": "13:00", "ends": "12:00"}, "must end after it starts"),
        ({"starts": "12:02"}, "5-minute steps"),
        ({"on": "soon"}, "A day is written"),
        ({"starts": "10:00"}, "Something is booked in this time"),
    ],
)
def test_a_block_that_cannot_be_is_refused_in_words_and_the_typing_stays(client, desk, changes, says):
    clinic, elena, _, _, _ = desk
    a_visit(desk, clock(10))
    form = {
        "practitioner": elena.pk,
        "on": "2026-11-24",
        "starts": "12:00",
        "ends": "13:00",
        "reason": "Lunch",
    } | changes
    answer = client.post(at("booking:block", clinic), form)
    assert answer.status_code in {409, 422}
    page = answer.content.decode()
    assert says in page
    assert 'value="Lunch"' in page
    assert not Hold.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"), [({"on": "2026-11-23"}, "on"), ({"starts": "07:00", "ends": "08:55"}, "ends")]
)
def test_time_that_has_passed_is_not_blocked(client, desk, changes, field):
    clinic, elena, _, _, _ = desk
    form = {"practitioner": elena.pk, "on": "2026-11-24", "starts": "08:00", "ends": "10:00", "reason": "Call"}
    answer = client.post(at("booking:block", clinic), form | changes)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="{field}-error"' in page
    assert "has passed" in page
    assert not Hold.objects.exists()
    assert client.post(at("booking:block", clinic), form).status_code == 302, "what has begun can still be blocked"


def test_an_hour_that_comes_twice_is_asked_about_on_the_page(client, desk):
    clinic, elena, _, _, _ = desk
    Place.objects.update(time_zone="America/Toronto")
    address = at("booking:block", clinic)
    form = {"practitioner": elena.pk, "on": "2027-11-07", "starts": "01:30", "ends": "04:00", "reason": ""}
    answer = client.post(address, form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Which of the two?" in page
    second = re.findall(r'name="which_starts" value="([^"]+)"', page)[1]
    assert client.post(address, form | {"which_starts": second}).status_code == 302
    hold = Hold.objects.get()
    assert (hold.ends_at - hold.starts_at) == timedelta(hours=2, minutes=30)
    skipped = client.post(address, form | {"on": "2027-03-14", "starts": "02:30"})
    assert skipped.status_code == 422
    assert "does not exist" in skipped.content.decode()


# What others change


def test_the_day_answers_with_nothing_until_somebody_changes_it(client, desk):
    clinic, _, robin, _, _ = desk
    row = a_visit(desk, clock(10))
    for name in ("desk:day", "desk:week"):
        page = client.get(at(name, clinic)).content.decode()
        poll = re.search(r'hx-get="([^"]+)" hx-trigger="every 15s"', page)[1].replace("&amp;", "&")
        quiet = client.get(poll, headers={"HX-Request": "true", "X-Myotome-Poll": "1"})
        assert (quiet.status_code, quiet.content) == (204, b"")
        to = AppointmentStatus.ARRIVED if name == "desk:day" else AppointmentStatus.IN_ROOM
        step(by=robin, at=AT, appointment_id=row.pk, to=to)
        news = client.get(poll, headers={"HX-Request": "true", "X-Myotome-Poll": "1"})
        assert news.status_code == 200
        assert 'id="live"' in news.content.decode()
        assert poll not in news.content.decode().replace("&amp;", "&")


# Clocks of the places


def test_an_extra_shift_is_on_the_wall_of_its_place_and_the_place_is_asked_for(client, desk):
    clinic, elena, _, _, _ = desk
    calgary = Place.objects.create(clinic=clinic, name="Calgary", time_zone="America/Edmonton")
    client.force_login(an_owner(clinic))
    address = reverse("booking:change", kwargs={"clinic": clinic.slug, "what": "add-day"})
    form = {"on": "2026-11-28", "practitioner": elena.pk, "starts": "09:00", "ends": "12:00", "reason": "Saturday"}
    answer = client.post(address, form)
    assert answer.status_code == 422
    assert "at which place" in answer.content.decode()
    assert 'value="Saturday"' in answer.content.decode()
    assert client.post(address, form | {"place": calgary.pk}).status_code == 302
    assert HoursException.objects.get().place == calgary


def test_a_night_shift_over_the_change_of_the_clocks_is_refused_with_the_day(client, desk):
    clinic, elena, _, _, _ = desk
    Place.objects.update(time_zone="America/Toronto")
    client.force_login(an_owner(clinic))
    address = reverse("booking:change", kwargs={"clinic": clinic.slug, "what": "add-hours"})
    form = {
        "practitioner": elena.pk,
        "place": Place.objects.get().pk,
        "weekday": ["6"],
        "starts": "02:30",
        "ends": "08:00",
    }
    answer = client.post(address, form)
    assert answer.status_code == 422
    assert "14 Mar 2027" in answer.content.decode()
    assert not WorkingHours.objects.filter(weekday=6).exists()


def test_the_day_by_room_has_a_column_for_every_room_and_names_who_treats_there(client, desk):
    clinic, elena, _, _, _ = desk
    row = a_visit(desk, clock(10))
    room = next(span.room for span in row.spans.all() if span.room_id)
    page = client.get(at("desk:day", clinic), {"by": "room"}).content.decode()
    heads = re.findall(r'<div class="head c-(\d+)"><b>([^<]+)</b>', page)
    assert [name for _, name in heads] == sorted(Room.objects.values_list("name", flat=True))
    column = next(number for number, name in heads if name == room.name)
    block = re.search(rf'<a id="block-{row.pk}" class="([^"]+)"', page)[1]
    assert f"c-{column}" in block.split()
    assert elena.name in page
    poll = re.search(r'hx-get="([^"]+)" hx-trigger="every 15s"', page)[1]
    assert "by=room" in poll


def test_a_visit_that_takes_no_room_stands_in_a_column_of_its_own(client, desk):
    clinic, *_ = desk
    row = a_visit(desk, clock(10))
    row.spans.filter(room__isnull=False).delete()
    page = client.get(at("desk:day", clinic), {"by": "room"}).content.decode()
    assert "<b>Without a room</b>" in page
    assert f'id="block-{row.pk}"' in page


def test_the_day_by_room_asks_the_database_once_more_than_by_practitioner(client, desk):
    clinic, *_ = desk
    a_visit(desk, clock(10))
    counts = []
    for by in ("practitioner", "room"):
        with CaptureQueriesContext(connection) as asked:
            client.get(at("desk:day", clinic), {"by": by})
        counts.append(len(asked))
    assert counts[1] <= counts[0] + 1
