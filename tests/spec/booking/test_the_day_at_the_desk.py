"""The day at the desk, by practitioner and by room: every visit with its way on, and all that keeps somebody else away."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from myotome.clinic.booking.actions import book, step
from myotome.clinic.booking.closing import close_day
from myotome.clinic.booking.given_back import unblock_time
from myotome.clinic.booking.holds import block_time
from myotome.clinic.booking.models import Service, WorkingHours
from myotome.clinic.booking.own_records import tie_own_record
from myotome.clinic.booking.set_up import add_day, remove_hours
from myotome.clinic.people.models import Room
from myotome.vocabulary.courses import Role
from myotome.vocabulary.scheduling import AppointmentStatus
from tests.factories import AT, a_clinic, a_course, a_patient, a_practitioner, a_receptionist, a_user, an_actor

pytestmark = pytest.mark.django_db
TEN = datetime(2026, 11, 24, 10, 0, tzinfo=ZoneInfo("America/Vancouver"))
HOUR = timedelta(hours=1)


class Desk:
    """Tuesday at nine: Elena and David treat, Robin is at the desk."""

    def __init__(self, client):
        self.client = client
        self.clinic = a_clinic()
        self.elena, self.david = a_practitioner(self.clinic), a_practitioner(self.clinic, name="David Okafor")
        robin = a_receptionist(self.clinic)
        self.robin = an_actor(robin, self.clinic)
        client.force_login(robin)

    def person(self, given, family="Lindqvist"):
        made = a_patient(self.clinic, given_name=given, family_name=family, email=f"{given.lower()}@example.org")
        a_course(self.clinic, made)
        return made

    def books(self, person, who, starts_at=TEN):
        ims = Service.objects.get(clinic=self.clinic, kind="ims")
        return book(
            by=self.robin, at=AT, patient_id=person.pk, service_id=ims.pk, practitioner_id=who.pk, starts_at=starts_at
        )

    def blocks(self, *, hours=1, starts_at=TEN, reason="", **whom):
        return block_time(
            by=self.robin, at=AT, starts_at=starts_at, ends_at=starts_at + hours * HOUR, reason=reason, **whom
        )

    def day(self, by="practitioner", on="2026-11-24"):
        address = reverse("desk:day", kwargs={"clinic": self.clinic.slug})
        return self.client.get(address, {"by": by, "on": on}).content.decode()

    def board(self, by="practitioner", on="2026-11-24"):
        """(the titles of the columns by number, the columns and words of what is kept without a visit)."""
        page = self.day(by, on)
        heads = dict(re.findall(r'<div class="head c-(\d+)"><b>([^<]+)</b>', page))
        kept = re.findall(r'<div class="block blocked c-(\d+) t-(\d+) d-(\d+)"><b>([^<]+)</b>', page)
        return [(heads[column], int(row), int(rows), words) for column, row, rows, words in kept]

    def line(self, words, by="practitioner"):
        """The line of the day's table with these words, as one reads it."""
        table = self.day(by).partition("The day as a list")[2]
        (found,) = (row for row in table.split("<tr")[1:] if words in row)
        return found


@pytest.fixture
def desk(client, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: AT)
    return Desk(client)


@pytest.mark.parametrize("by", ["practitioner", "room"])
def test_every_visit_that_has_not_begun_is_moved_from_the_table_of_the_day_by_whatever_it_is_read(desk, by):
    row = desk.books(desk.person("Hannah"), desk.elena)
    move = reverse("desk:move", kwargs={"clinic": desk.clinic.slug, "appointment": row.pk})
    assert f'href="{move}">Move to…' in desk.line("Hannah Lindqvist", by)
    step(by=desk.robin, at=TEN, appointment_id=row.pk, to=AppointmentStatus.IN_ROOM)
    assert "Move to…" not in desk.line("Hannah Lindqvist", by)


def test_what_was_just_done_with_a_visit_is_taken_back_on_its_page_by_who_did_it_for_three_minutes(desk, monkeypatch):
    row = desk.books(desk.person("Hannah"), desk.elena)
    page = reverse("desk:appointment", kwargs={"clinic": desk.clinic.slug, "appointment": row.pk})
    shown = desk.client.get(page).content.decode()
    assert "Until 09:03:00 nobody is told of it." in shown
    address = re.search(r'action="([^"]+/undo/\d+/)"', shown)[1]
    elena = Client()
    elena.force_login(desk.elena.user)
    assert "nobody is told of it" not in elena.get(page).content.decode()
    monkeypatch.setattr("django.utils.timezone.now", lambda: AT + timedelta(minutes=3))
    assert "nobody is told of it" not in desk.client.get(page).content.decode()
    monkeypatch.setattr("django.utils.timezone.now", lambda: AT + timedelta(minutes=2))
    assert "Nobody was told." in desk.client.post(address, follow=True).content.decode()
    row.refresh_from_db()
    assert row.status == "cancelled"


def test_the_table_says_with_whom_a_visit_is_and_in_which_room(desk):
    row = desk.books(desk.person("Hannah"), desk.elena)
    room = row.spans.get(resource_kind="room").room
    assert f"<td>Elena Marchetti, {room.name}</td>" in desk.line("Hannah Lindqvist")


def test_blocked_time_stands_on_the_board_of_whom_and_of_what_it_blocks_and_in_the_table(desk):
    room = Room.objects.get(clinic=desk.clinic, name="Room 2")
    desk.blocks(practitioner_id=desk.elena.pk, reason="staff meeting")
    desk.blocks(room_id=room.pk, starts_at=TEN + HOUR, hours=2, reason="painter")
    assert desk.board() == [("Elena Marchetti", 24, 12, "blocked")]
    assert desk.board("room") == [("Room 2", 36, 24, "blocked")]
    assert "10:00 – 11:00" in desk.line("staff meeting")
    assert "Elena Marchetti" in desk.line("staff meeting")
    assert "Room 2" in desk.line("painter")


def test_a_visit_of_her_own_keeps_who_treats_here_from_treating_and_the_day_says_so(desk):
    herself = desk.person("Elena", "Marchetti")
    tie_own_record(by=desk.robin, at=AT, patient_id=herself.pk, practitioner_id=desk.elena.pk)
    desk.books(herself, desk.david)
    assert desk.board() == [("Elena Marchetti", 24, 6, "a visit of her own")]
    assert desk.board("room") == []
    assert "<td>Elena Marchetti</td>" in desk.line("a visit of her own")


def test_who_is_away_is_said_at_the_head_of_her_column_and_in_her_row_of_the_week(desk):
    close_day(by=desk.robin, at=AT, on=TEN.date(), practitioner_id=desk.david.pk, reason="ill")
    head = re.search(r"<b>David Okafor</b>([^\n]*?)</div>", desk.day())[1]
    assert "away: ill" in head
    assert "away" not in re.search(r"<b>Elena Marchetti</b>([^\n]*?)</div>", desk.day())[1]
    assert "away: ill" not in desk.day(on="2026-11-25")
    address = reverse("desk:week", kwargs={"clinic": desk.clinic.slug})
    week = desk.client.get(address).content.decode()
    row = week.partition('<th scope="row">David Okafor')[2].partition("</tr>")[0]
    assert row.count("away: ill") == week.count("away: ill") == 1
    assert "away: ill" not in desk.client.get(address, {"by": "room"}).content.decode()
    add_day(
        by=an_actor(a_user(desk.clinic, Role.OWNER), desk.clinic), at=AT, on=TEN.date(), practitioner_id=desk.david.pk,
        starts=time(10), ends=time(12),
    )  # fmt: skip
    assert "away: ill" not in desk.day(), "he comes for two hours after all"


def test_a_day_on_which_nobody_works_says_so_and_leads_to_the_next_one_that_has_hours(desk):
    def said(on):
        found = re.search(
            r"Nobody works on this day\.(?: <a[^>]*href=\"\?on=([\d-]+)[^>]*>Go to ([^<]+)</a>)?", desk.day(on=on)
        )
        return found and found.groups()

    friday, saturday = "2026-11-27", "2026-11-28"
    assert said(friday) is None, "nobody is booked, and both are there"
    assert said(saturday) == ("2026-11-30", "Monday 30 November")
    for who in (desk.elena, desk.david):
        close_day(by=desk.robin, at=AT, on=date(2026, 11, 30), practitioner_id=who.pk)
    assert said(saturday) == ("2026-12-01", "Tuesday 1 December")
    desk.blocks(practitioner_id=desk.elena.pk, starts_at=TEN + timedelta(days=4))
    assert said(saturday) is None, "something is on the board"
    owner = an_actor(a_user(desk.clinic, Role.OWNER), desk.clinic)
    for row in WorkingHours.objects.filter(clinic=desk.clinic):
        remove_hours(by=owner, at=AT, hours_id=row.pk)
    assert said("2026-12-05") == (None, None), "and to none where there is none within a month"


def test_what_is_blocked_over_midnight_stands_on_each_of_its_days(desk):
    desk.blocks(practitioner_id=desk.elena.pk, starts_at=TEN + 6 * HOUR, hours=20)
    assert desk.board() == [("Elena Marchetti", 96, 36, "blocked")]
    assert desk.board(on="2026-11-25") == [("Elena Marchetti", 0, 48, "blocked")]
    week = desk.client.get(reverse("desk:week", kwargs={"clinic": desk.clinic.slug})).content.decode()
    for words in ("16:00 – 00:00", "00:00 – 12:00"):
        assert words in week


def test_what_somebody_else_blocks_or_gives_back_appears_without_a_reload(desk):
    def poll():
        return re.search(r'hx-get="([^"]+)" hx-trigger="every 15s"', desk.day())[1].replace("&amp;", "&")

    before = poll()
    assert desk.client.get(before).status_code == 204
    hold = desk.blocks(practitioner_id=desk.elena.pk, reason="staff meeting")
    news = desk.client.get(before)
    assert news.status_code == 200
    assert "staff meeting" in news.content.decode()
    before = poll()
    unblock_time(by=desk.robin, at=AT, hold_id=hold.pk)
    assert desk.client.get(before).status_code == 200
