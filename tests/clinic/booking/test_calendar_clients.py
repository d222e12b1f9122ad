"""Calendars as real programs see them: vdirsyncer subscribes over HTTP, khal reads what it has fetched, and the mail's files."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from urllib.request import urlopen
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from django.utils import timezone

from myotome.clinic.booking.actions import cancel, move
from myotome.clinic.booking.calendars import make_feed, revoke_feed
from myotome.clinic.booking.models import Appointment, HoursException, Service, ToldEvent, WorkingHours
from myotome.clinic.booking.notices import invitation_of
from myotome.clinic.booking.series import book_series
from myotome.clinic.people.models import Clinic, Place
from myotome.exchange.icalendar.invitation import invitation_file
from myotome.exchange.icalendar.zones import clock_changes
from tests.factories import a_clinic, a_course, a_patient, a_practitioner, a_receptionist, an_actor

pytestmark = pytest.mark.django_db(transaction=True)
ZONE = "America/Toronto"
TORONTO = ZoneInfo(ZONE)


@dataclass
class Subscriber:
    """A home folder with vdirsyncer and khal in it, in another zone than the clinic."""

    home: Path
    url: str

    def __post_init__(self):
        (self.home / "calendar").mkdir(parents=True)
        (self.home / "vdirsyncer.conf").write_text(
            f'[general]\nstatus_path = "{self.home}/status/"\n'
            '[pair diary]\na = "clinic"\nb = "here"\ncollections = null\nconflict_resolution = "a wins"\n'
            f'[storage clinic]\ntype = "http"\nurl = "{self.url}"\n'
            f'[storage here]\ntype = "filesystem"\npath = "{self.home}/calendar/"\nfileext = ".ics"\n'
        )
        (self.home / "khal.conf").write_text(
            f"[calendars]\n[[diary]]\npath = {self.home}/calendar/\n"
            f"[locale]\nlocal_timezone = {ZONE}\ndefault_timezone = {ZONE}\ntimeformat = %H:%M\ndateformat = %Y-%m-%d\n"
            "longdateformat = %Y-%m-%d\ndatetimeformat = %Y-%m-%d %H:%M\nlongdatetimeformat = %Y-%m-%d %H:%M\n"
            f"[sqlite]\npath = {self.home}/khal.db\n[default]\ndefault_calendar = diary\n"
        )

    def run(self, *words):
        places = {"HOME": str(self.home), "XDG_CONFIG_HOME": str(self.home), "XDG_DATA_HOME": str(self.home)}
        env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "Asia/Tokyo"} | places
        return subprocess.run(words, env=env, capture_output=True, text=True, timeout=120, check=False)

    def vdirsyncer(self, *words):
        return self.run("/usr/bin/vdirsyncer", "-c", str(self.home / "vdirsyncer.conf"), *words)

    def sync(self):
        done = self.vdirsyncer("sync")
        assert done.returncode == 0, done.stderr
        return done.stderr + done.stdout

    def khal(self, *words):
        done = self.run("/usr/bin/khal", "-c", str(self.home / "khal.conf"), *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def sees(self):
        """(date, start, end, title, status) of every event that khal shows, in order."""
        first = timezone.now().astimezone(TORONTO).date() - timedelta(days=1)
        words = "{start-date}|{start-time}|{end-time}|{title}|{status}"
        listed = self.khal("list", "--format", words, "--day-format", "", str(first), "400d")
        return [tuple(part.strip() for part in line.split("|")) for line in listed.splitlines() if line.strip()]


@pytest.fixture
def elena():
    cache.clear()
    clinic = a_clinic(time_zone=ZONE)
    elena = a_practitioner(clinic)
    WorkingHours.objects.filter(practitioner=elena).delete()
    for weekday in range(7):
        WorkingHours.objects.create(
            clinic=clinic, practitioner=elena, place=Place.objects.get(clinic=clinic), weekday=weekday,
            starts=time(8), ends=time(18),
        )  # fmt: skip
    return elena


@pytest.fixture
def subscriber(elena, live_server, tmp_path):
    made = make_feed(by=an_actor(elena.user, elena.clinic), at=timezone.now(), name="My telephone")
    return Subscriber(tmp_path, f"{live_server.url}/alder/book/calendar/{made.token}.ics"), made.feed


def local(day, hour):
    return datetime.combine(day, time(hour), tzinfo=TORONTO).astimezone(UTC)


def a_series_over_a_change_of_the_clock(elena):
    """Four weekly visits at 09:00, two before the next change of the clock and two after it."""
    now = timezone.now()
    changes = clock_changes(ZONE, now.year, now.year + 2)[1]
    change = next(change for change in changes if change.at > now + timedelta(days=20))
    first = change.at.astimezone(TORONTO).date() - timedelta(days=11)
    patient = a_patient(elena.clinic)
    a_course(elena.clinic, patient)
    done = book_series(
        by=an_actor(a_receptionist(elena.clinic), elena.clinic), at=now, patient_id=patient.pk,
        service_id=Service.objects.get(clinic=elena.clinic, kind="ims").pk, practitioner_id=elena.pk,
        starts=[local(first + timedelta(days=7 * n), 9) for n in range(4)],
    )  # fmt: skip
    assert len({visit.starts_at.time() for visit in done.booked}) == 2, "the clock is changed between them"
    return done.booked


def test_a_series_over_a_change_of_the_clock_then_a_move_a_cancellation_and_the_end(elena, subscriber):
    client, feed = subscriber
    visits = a_series_over_a_change_of_the_clock(elena)
    days = [str(visit.starts_at.astimezone(TORONTO).date()) for visit in visits]
    robin = an_actor(a_receptionist(elena.clinic), elena.clinic)
    client.vdirsyncer("discover")
    client.sync()
    assert client.sees() == [(day, "09:00", "09:30", "Visit", "CONFIRMED") for day in days]
    files = sorted(path.read_text() for path in (client.home / "calendar").glob("*.ics"))
    assert len(files) == 4
    assert all("Lindqvist" not in text and "SEQUENCE:0" in text for text in files)

    assert "Copying" not in client.sync(), "nothing new, nothing fetched"

    moved = visits[2]
    move(
        by=robin, at=timezone.now(), appointment_id=moved.pk, version=moved.version,
        starts_at=moved.starts_at + timedelta(days=1, hours=2),
    )  # fmt: skip
    client.sync()
    day_after = str((moved.starts_at.astimezone(TORONTO) + timedelta(days=1)).date())
    seen = client.sees()
    assert (day_after, "11:00", "11:30", "Visit", "CONFIRMED") in seen
    assert [row[0] for row in seen] == [days[0], days[1], day_after, days[3]], "one visit moved leaves the others"

    cancel(by=robin, at=timezone.now(), appointment_id=visits[1].pk)
    client.sync()
    texts = [path.read_text() for path in (client.home / "calendar").glob("*.ics")]
    (text,) = [text for text in texts if days[1].replace("-", "") in text.partition("BEGIN:VTIMEZONE")[0]]
    assert "STATUS:CANCELLED" in text
    assert "SEQUENCE:1" in text
    assert [row[3] for row in client.sees()] == ["Visit", "Cancelled", "Visit", "Visit"]

    revoke_feed(by=an_actor(elena.user, elena.clinic), at=timezone.now(), feed_id=feed.pk)
    kept = client.sees()
    ended = client.vdirsyncer("sync")
    assert ended.returncode != 0
    assert "Not Found" in ended.stderr
    assert client.sees() == kept, "what a device has fetched stays, and nothing more comes"


def test_many_devices_that_ask_at_once_are_told_the_same(elena, subscriber):
    client, _ = subscriber
    visits = a_series_over_a_change_of_the_clock(elena)

    def asked():
        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(lambda _: urlopen(client.url, timeout=60), range(16)))

    assert len({answer.headers["ETag"] for answer in asked()}) == 1
    cancel(by=an_actor(a_receptionist(elena.clinic), elena.clinic), at=timezone.now(), appointment_id=visits[0].pk)
    answers = asked()
    assert len({answer.headers["ETag"] for answer in answers}) == 1
    assert len({answer.read() for answer in answers}) == 1
    assert sorted(ToldEvent.objects.values_list("sequence", flat=True)) == [0, 0, 0, 1], "told once"


def test_a_zone_that_the_client_does_not_know_by_name_is_read_from_the_calendar(elena, subscriber):
    client, _ = subscriber
    visits = a_series_over_a_change_of_the_clock(elena)
    client.vdirsyncer("discover")
    client.sync()
    for path in (client.home / "calendar").glob("*.ics"):
        path.write_text(path.read_text().replace(ZONE, "A zone of our own"))
    days = [str(visit.starts_at.astimezone(TORONTO).date()) for visit in visits]
    assert [row[:2] for row in client.sees()] == [(day, "09:00") for day in days]


def test_the_files_of_the_mails_are_one_event_to_a_calendar_program(elena, subscriber):
    client, _ = subscriber
    (visit, *_) = a_series_over_a_change_of_the_clock(elena)
    robin = an_actor(a_receptionist(elena.clinic), elena.clinic)

    def imported(method):
        row = Appointment.objects.get(pk=visit.pk)
        file = client.home / "appointment.ics"
        file.write_bytes(invitation_file(invitation_of(row), method=method, written_at=timezone.now()))
        client.khal("import", "--batch", "-a", "diary", str(file))
        return client.sees()

    (first,) = imported("REQUEST")
    assert first[:4] == (str(visit.starts_at.astimezone(TORONTO).date()), "09:00", "09:30", "Alder Street Clinic")
    move(
        by=robin, at=timezone.now(), appointment_id=visit.pk, version=visit.version,
        starts_at=visit.starts_at + timedelta(hours=3),
    )  # fmt: skip
    (second,) = imported("REQUEST")
    assert second[:2] == (first[0], "12:00")
    cancel(by=robin, at=timezone.now(), appointment_id=visit.pk)
    (third,) = imported("CANCEL")
    assert third[4] == "CANCELLED"
    assert Clinic.objects.get().name in third[3]


def test_working_hours_stand_at_their_wall_clock_time_on_both_sides_of_a_change_and_not_on_a_closed_day(
    elena, live_server, tmp_path
):
    now = timezone.now()
    changes = clock_changes(ZONE, now.year, now.year + 2)[1]
    change = next(change for change in changes if change.at > now + timedelta(days=20))
    sunday = change.at.astimezone(TORONTO).date()
    closed, extra = sunday + timedelta(days=3), sunday + timedelta(days=5)
    WorkingHours.objects.filter(practitioner=elena, weekday__in=[5, 6]).delete()
    common = {"clinic": elena.clinic, "practitioner": elena}
    away = HoursException.objects.create(on=closed, closed=True, **common)
    HoursException.objects.create(on=extra + timedelta(days=1), closed=False, starts=time(9), ends=time(12), **common)
    made = make_feed(by=an_actor(elena.user, elena.clinic), at=now, name="My telephone", shows_hours=True)
    client = Subscriber(tmp_path, f"{live_server.url}/alder/book/calendar/{made.token}.ics")
    client.vdirsyncer("discover")
    client.sync()

    def hours():
        near = {str(sunday + timedelta(days=n)) for n in range(-6, 9)}
        return {row[:3] for row in client.sees() if row[0] in near and row[3] == "Working hours"}

    weekdays = {sunday + timedelta(days=n) for n in (-6, -5, -4, -3, -2, 1, 2, 3, 4, 5, 8)}
    wanted = {(str(day), "08:00", "18:00") for day in weekdays}
    lost, gained = (str(closed), "08:00", "18:00"), (str(extra + timedelta(days=1)), "09:00", "12:00")
    assert hours() == wanted - {lost} | {gained}
    assert "Copying" not in client.sync(), "nothing new, nothing fetched"
    away.delete()
    client.sync()
    assert hours() == wanted | {gained}
    WorkingHours.objects.filter(practitioner=elena, weekday=0).delete()
    client.sync()
    seen = {row[:4] for row in client.sees() if row[3] == "Working hours"}
    assert not any(date.fromisoformat(row[0]).weekday() == 0 for row in seen)
    assert any(date.fromisoformat(row[0]).weekday() == 1 for row in seen)
