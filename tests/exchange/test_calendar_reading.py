"""Calendars of other programs, read as single visits: whole days, zones, what repeats and its exceptions, and nonsense."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myotome.exchange.icalendar.feed import FeedEvent, feed_file
from myotome.exchange.icalendar.reading import MOST_EVENTS, events_in
from myotome.vocabulary.errors import MyotomeError, TooBig, UnreadableFile

ZONE = "America/Toronto"
TORONTO = ZoneInfo(ZONE)
UNTIL = datetime(2027, 12, 31, tzinfo=UTC)


def calendar(*events, before=""):
    parts = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//x//EN", before]
    for lines in events:
        parts += ["BEGIN:VEVENT", *lines.strip().splitlines(), "END:VEVENT"]
    return "\r\n".join(part.strip() for part in [*parts, "END:VCALENDAR", ""] if part or part == "").encode()


def read(*events, **values):
    return events_in(calendar(*events, **values), zone=ZONE, until=UNTIL)


def local(*when):
    return datetime(*when, tzinfo=TORONTO).astimezone(UTC)


def test_times_in_utc_in_a_zone_and_without_one_are_the_same_instant():
    found = read(
        "UID:1\nDTSTART:20270105T140000Z\nDTEND:20270105T143000Z",
        f"UID:2\nDTSTART;TZID={ZONE}:20270105T090000\nDTEND;TZID={ZONE}:20270105T093000",
        "UID:3\nDTSTART:20270105T090000\nDURATION:PT30M",
    )
    assert {one.starts for one in found} == {local(2027, 1, 5, 9)}
    assert {one.ends for one in found} == {local(2027, 1, 5, 9, 30)}
    assert [one.fault for one in found] == ["", "", ""]


def test_a_series_keeps_its_wall_clock_and_its_exceptions():
    found = read(
        f"""UID:s
        DTSTART;TZID={ZONE}:20270302T090000
        DTEND;TZID={ZONE}:20270302T093000
        RRULE:FREQ=WEEKLY;COUNT=5
        EXDATE;TZID={ZONE}:20270309T090000
        SUMMARY:Hannah""",
        f"""UID:s
        RECURRENCE-ID;TZID={ZONE}:20270316T090000
        DTSTART;TZID={ZONE}:20270317T110000
        DTEND;TZID={ZONE}:20270317T114500
        SUMMARY:Hannah""",
        f"""UID:s
        RECURRENCE-ID;TZID={ZONE}:20270323T090000
        DTSTART;TZID={ZONE}:20270323T090000
        STATUS:CANCELLED""",
    )
    starts = [
        one.starts.astimezone(TORONTO).strftime("%m-%d %H:%M") for one in found if one.starts and not one.is_cancelled
    ]
    assert starts == ["03-02 09:00", "03-17 11:00", "03-30 09:00"]
    assert len({one.key for one in found}) == 4
    assert next(one for one in found if one.starts == local(2027, 3, 17, 11)).ends == local(2027, 3, 17, 11, 45)


def test_an_exception_alone_and_one_of_a_start_that_the_rule_does_not_give_are_visits_too():
    alone = read(f"UID:s\nRECURRENCE-ID:20270316T130000Z\nDTSTART;TZID={ZONE}:20270317T110000\nDURATION:PT30M")
    assert [one.starts for one in alone] == [local(2027, 3, 17, 11)]
    both = read(
        f"UID:s\nDTSTART;TZID={ZONE}:20270302T090000\nDURATION:PT30M\nRRULE:FREQ=WEEKLY;COUNT=2",
        f"UID:s\nRECURRENCE-ID:20270501T130000Z\nDTSTART;TZID={ZONE}:20270502T110000\nDURATION:PT30M",
    )
    assert [one.starts for one in both] == [local(2027, 3, 2, 9), local(2027, 3, 9, 9), local(2027, 5, 2, 11)]


@pytest.mark.parametrize(
    ("rule", "n"),
    [
        ("FREQ=DAILY;UNTIL=20270105T235959Z", 5),
        ("FREQ=WEEKLY;BYDAY=TU,TH;UNTIL=20270131", 9),
        ("FREQ=MONTHLY;BYDAY=1FR;COUNT=3", 3),
        ("FREQ=YEARLY", 1),
        ("FREQ=MONTHLY;BYMONTHDAY=31", 8),
    ],
)
def test_rules_are_followed_as_far_as_is_asked(rule, n):
    found = read(f"UID:r\nDTSTART;TZID={ZONE}:20270101T090000\nDURATION:PT30M\nRRULE:{rule}")
    assert len(found) == n
    assert all(one.fault == "" for one in found)


def test_whole_days_cancelled_and_free_times_are_what_they_are():
    found = read(
        "UID:1\nDTSTART;VALUE=DATE:20270701\nDTEND;VALUE=DATE:20270702",
        "UID:2\nDTSTART:20270105T140000Z\nDURATION:PT1H\nSTATUS:CANCELLED",
        "UID:3\nDTSTART:20270105T150000Z\nDURATION:PT1H\nTRANSP:TRANSPARENT",
    )
    assert [(one.on, one.is_cancelled, one.is_free) for one in found] == [
        (date(2027, 7, 1), False, False),
        (None, True, False),
        (None, False, True),
    ]


def test_people_are_read_with_name_and_address():
    (one,) = read(
        'UID:1\nDTSTART:20270105T140000Z\nDURATION:PT1H\nATTENDEE;CN="Lindqvist, Hannah":MAILTO:Hannah@Example.org'
    )
    assert one.people == (("Lindqvist, Hannah", "hannah@example.org"),)


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("UID:1\nDTSTART:20270314T023000\nDURATION:PT30M", "does not exist"),
        (f"UID:1\nDTSTART;TZID={ZONE}:20270314T023000\nDURATION:PT30M", "does not exist"),
        ("UID:1\nDTSTART:20271107T013000\nDURATION:PT30M", "comes twice"),
        ("UID:1\nDTSTART;TZID=Mars/Olympus:20270105T090000\nDURATION:PT30M", "not known"),
        ("UID:1\nDTSTART:20270105T140000Z\nDTEND:20270105T140000Z", "ends before"),
        ("UID:1\nDTSTART:20270105T140000Z", "ends before"),
        ("UID:1\nDTSTART:20270105T140000Z\nDTEND:20270105T150000", "different clocks"),
        ("UID:1\nDTSTART:20270105T140000Z\nDURATION:PT1M\nRRULE:FREQ=SECONDLY", "more often"),
        ("UID:1\nSUMMARY:no start", "cannot be read"),
    ],
)
def test_what_cannot_be_known_is_a_fault_of_its_event_and_the_others_are_read(lines, says):
    found = read(lines, "UID:good\nDTSTART:20270106T140000Z\nDURATION:PT1H")
    assert any(says in one.fault for one in found)
    assert [one.key for one in found if not one.fault] == ["good"]


def test_a_zone_of_the_files_own_is_used():
    own = (
        "BEGIN:VTIMEZONE\r\nTZID:Ours\r\nBEGIN:STANDARD\r\nDTSTART:20200101T000000\r\nTZOFFSETFROM:-0330\r\n"
        "TZOFFSETTO:-0330\r\nTZNAME:O\r\nEND:STANDARD\r\nEND:VTIMEZONE"
    )
    (one,) = read("UID:1\nDTSTART;TZID=Ours:20270105T090000\nDURATION:PT1H", before=own)
    assert one.starts == datetime(2027, 1, 5, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "file", [b"", b"PK\x03\x04", b"BEGIN:VCARD\r\nEND:VCARD\r\n", b"given_name,family_name\n", b"\xff\xfe"]
)
def test_what_is_no_calendar_is_refused(file):
    with pytest.raises(UnreadableFile):
        events_in(file, zone=ZONE, until=UNTIL)


def test_a_calendar_without_end_is_refused_in_time():
    days = [f"UID:{n}\nDTSTART:20000101T140000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY" for n in range(3)]
    with pytest.raises(TooBig):
        read(*days)
    assert MOST_EVENTS == 5000
    impossible = read(
        "UID:1\nDTSTART:20270101T140000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=9"
    )
    assert len(impossible) == 1


@given(st.binary(max_size=200))
def test_no_file_breaks_it(noise):
    for file in (noise, b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + noise + b"\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"):
        with suppress(MyotomeError):
            assert events_in(file, zone=ZONE, until=UNTIL) is not None


@given(st.lists(st.integers(0, 500_000), min_size=1, max_size=8, unique=True))
def test_our_own_calendar_is_read_as_it_was_written(minutes):
    base = datetime(2026, 6, 1, tzinfo=UTC)
    events = [
        FeedEvent(
            uid=f"visit-{n}",
            sequence=0,
            starts=base + timedelta(minutes=m),
            ends=base + timedelta(minutes=m + 30),
            zone=ZONE,
            changed_at=base,
            summary="Visit",
        )
        for n, m in enumerate(minutes)
    ]
    found = events_in(feed_file(events, name="x"), zone=ZONE, until=UNTIL)
    assert [(one.key, one.starts, one.ends) for one in found] == sorted(
        ((event.uid, event.starts, event.ends) for event in events), key=lambda row: (row[1], row[0])
    )
