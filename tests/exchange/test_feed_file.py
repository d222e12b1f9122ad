"""A calendar to subscribe to is read back the same by the library, its zones by a reader that shares nothing with it."""

from datetime import UTC, date, datetime, time, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rruleset, rrulestr
from dateutil.tz import tzical
from hypothesis import assume, given
from hypothesis import strategies as st
from icalendar import Calendar

from myotome.exchange.icalendar.feed import FeedEvent, feed_etag, feed_events_from, feed_file
from myotome.exchange.icalendar.text import calendar_text, one_line
from myotome.exchange.icalendar.zones import clock_changes, zone_component
from myotome.vocabulary.errors import InvalidValue

ZONES = [
    "America/Vancouver",
    "America/Toronto",
    "America/St_Johns",
    "America/Regina",
    "Europe/London",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Pacific/Apia",
]
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2029, 12, 31)).map(
    lambda time: time.replace(second=0, microsecond=0, tzinfo=UTC)
)
ANY_TEXT = st.text(st.characters(), max_size=120)
"""Everything Python calls a text: control characters, lone surrogates, separators of lines, right-to-left marks."""


def an_event(**values):
    values = {
        "uid": "visit-7@alder.myotome",
        "sequence": 0,
        "starts": datetime(2027, 3, 9, 14, 0, tzinfo=UTC),
        "ends": datetime(2027, 3, 9, 14, 30, tzinfo=UTC),
        "zone": "America/Toronto",
        "changed_at": datetime(2026, 11, 24, 17, 0, tzinfo=UTC),
        "summary": "Visit",
        "location": "Room 1",
    } | values
    return FeedEvent(**values)


def instants(event):
    return [t.astimezone(UTC) if isinstance(t, datetime) else t for t in (event.starts, event.ends)]


@st.composite
def events(draw):
    zone = draw(st.sampled_from(ZONES))
    if draw(st.booleans()):
        starts = draw(MOMENTS)
        ends = starts + timedelta(minutes=draw(st.integers(1, 2000)))
    else:
        starts = draw(st.dates(date(2026, 1, 1), date(2029, 12, 31)))
        ends = starts + timedelta(days=draw(st.integers(1, 9)))
    return an_event(
        uid=f"visit-{draw(st.integers(1, 99))}@alder.myotome",
        sequence=draw(st.integers(0, 99)),
        starts=starts,
        ends=ends,
        zone=zone,
        summary=draw(ANY_TEXT),
        location=draw(ANY_TEXT.filter(calendar_text)),
        changed_at=draw(MOMENTS),
        status=draw(st.sampled_from(["CONFIRMED", "TENTATIVE", "CANCELLED"])),
        is_free=False,
    )


@st.composite
def shifts(draw):
    """Working hours of every week, on the wall of a place, with days on which they are not."""
    zone, first = draw(st.sampled_from(ZONES)), draw(st.dates(date(2026, 1, 1), date(2027, 12, 31)))
    n = draw(st.integers(0, 60))
    weeks = draw(st.sets(st.integers(0, n), max_size=5))
    starts = datetime.combine(first, time(draw(st.integers(5, 20)), draw(st.sampled_from([0, 30]))), ZoneInfo(zone))
    return an_event(
        uid="hours-7@alder.myotome",
        starts=starts.astimezone(UTC),
        ends=starts.astimezone(UTC) + timedelta(hours=draw(st.integers(1, 3))),
        zone=zone,
        last_on=first + timedelta(weeks=n),
        but_not=tuple(sorted(first + timedelta(weeks=week) for week in weeks)),
        is_free=True,
    )


@given(st.lists(events(), max_size=4))
def test_what_is_written_is_read_back_the_same(before):
    file = feed_file(before, name="Room 1")
    after = feed_events_from(file)
    assert [instants(event) for event in after] == [instants(event) for event in before]
    assert [(e.uid, e.sequence, e.status, e.changed_at) for e in after] == [
        (e.uid, e.sequence, e.status, e.changed_at) for e in before
    ]
    assert [(e.summary, e.location) for e in after] == [
        (calendar_text(e.summary), calendar_text(e.location)) for e in before
    ]


@given(ANY_TEXT)
def test_a_line_is_75_octets_at_most_cuts_no_character_and_ends_where_every_reader_says(text):
    file = feed_file([an_event(summary=text, location=text * 3)], name=text)
    lines = file.split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    assert [line.decode() for line in lines] == [*file.decode().splitlines(), ""], "no break but CRLF"
    assert not any(byte < 32 and byte not in b"\r\n\t" for byte in file)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("two\r\nlines", "two\nlines"),
        ("a;b,c\\d\\n", "a;b,c\\d\\n"),
        ("bell\x07, NUL\x00", "bell, NUL"),
        ("half \ud83d of a smile", "half  of a smile"),
        ("first\u2028second\x85third", "first\nsecond\nthird"),
        ("\N{RIGHT-TO-LEFT OVERRIDE}tab\tstays", "\N{RIGHT-TO-LEFT OVERRIDE}tab\tstays"),
        ("END:VEVENT\r\nBEGIN:VALARM", "END:VEVENT\nBEGIN:VALARM"),
        ("足三里" * 30, "足三里" * 30),
    ],
)
def test_words_that_break_calendars_do_not_break_this_one(text, kept):
    file = feed_file([an_event(summary=text)], name="x")
    (event,) = feed_events_from(file)
    assert event.summary == kept
    assert len(Calendar.from_ical(file).walk("VEVENT")) == 1
    assert not Calendar.from_ical(file).walk("VALARM")


def test_a_name_stays_on_one_line():
    file = feed_file([], name="Alder; Street,\r\nClinic\x00").decode()
    assert "NAME:Alder\\; Street\\, Clinic\r\n" in file
    assert one_line("Alder\r\nStreet\u2028 Clinic\x00") == "Alder Street Clinic"


@given(st.sampled_from(ZONES), MOMENTS)
def test_another_reader_finds_the_same_clock_in_the_zone_that_is_written(zone, moment):
    local = moment.astimezone(ZoneInfo(zone))
    assume(not local.fold)
    written = zone_component(zone, moment.year, moment.year).to_ical().decode()
    theirs = tzical(StringIO(f"BEGIN:VCALENDAR\r\n{written}END:VCALENDAR\r\n")).get(zone)
    assert local.replace(tzinfo=theirs).utcoffset() == local.utcoffset()


@pytest.mark.parametrize("zone", ["America/Toronto", "Europe/London", "Australia/Lord_Howe"])
@pytest.mark.parametrize("year", [2026, 2027, 2028])
def test_the_minutes_around_each_change_of_the_clock_are_right(zone, year):
    written = zone_component(zone, year, year).to_ical().decode()
    theirs = tzical(StringIO(f"BEGIN:VCALENDAR\r\n{written}END:VCALENDAR\r\n")).get(zone)
    changes = [change for change in clock_changes(zone, year, year)[1]]
    assert len(changes) == 2
    for change in changes:
        for minutes in range(-90, 150, 5):
            local = (change.at + timedelta(minutes=minutes)).astimezone(ZoneInfo(zone))
            if not local.fold:
                assert local.replace(tzinfo=theirs).utcoffset() == local.utcoffset(), (change.at, minutes)


def test_a_zone_that_never_changes_its_clock_has_one_entry():
    component = zone_component("America/Regina", 2026, 2027)
    assert [part.name for part in component.subcomponents] == ["STANDARD"]


def test_the_second_of_two_equal_hours_is_written_so_that_it_cannot_be_taken_for_the_first():
    change = next(c for c in clock_changes("America/Toronto", 2026, 2026)[1] if c.after < c.before)
    first, second = change.at - timedelta(minutes=30), change.at + timedelta(minutes=30)
    assert first.astimezone(ZoneInfo("America/Toronto")).time() == second.astimezone(ZoneInfo("America/Toronto")).time()
    for starts in (first, second):
        (event,) = feed_events_from(feed_file([an_event(starts=starts, ends=starts + timedelta(minutes=20))], name=""))
        assert event.starts.astimezone(UTC) == starts


@given(st.lists(events(), max_size=3), st.lists(events(), max_size=3))
def test_the_entity_tag_is_the_same_for_the_same_bytes_and_only_for_them(some, others):
    assert feed_etag(some, name="A") == feed_etag(list(some), name="A")
    if feed_file(some, name="A") != feed_file(others, name="A"):
        assert feed_etag(some, name="A") != feed_etag(others, name="A")
    assert feed_etag(some, name="A") != feed_etag(some, name="B")


def test_an_all_day_event_has_days_and_no_clock():
    file = feed_file([an_event(starts=date(2027, 7, 1), ends=date(2027, 7, 2), summary="Closed")], name="x").decode()
    assert "DTSTART;VALUE=DATE:20270701\r\n" in file
    assert "VTIMEZONE" not in file


def test_what_is_cancelled_keeps_nobodys_time():
    file = feed_file([an_event(status="CANCELLED", sequence=3)], name="x").decode()
    assert "STATUS:CANCELLED\r\n" in file
    assert "SEQUENCE:3\r\n" in file
    assert "TRANSP:TRANSPARENT\r\n" in file


@pytest.mark.parametrize(
    "wrong",
    [
        {"ends": datetime(2027, 3, 9, 14, 0, tzinfo=UTC)},
        {"ends": date(2027, 3, 10)},
        {"status": "PERHAPS"},
    ],
)
def test_what_is_no_event_is_refused(wrong):
    with pytest.raises(InvalidValue):
        an_event(**wrong)


@given(shifts())
def test_weekly_hours_keep_their_wall_clock_time_for_a_reader_that_knows_nothing_of_ours(shift):
    file = feed_file([shift], name="Hours")
    (after,) = feed_events_from(file)
    assert (after.last_on, after.but_not, after.is_free) == (shift.last_on, shift.but_not, True)
    text = file.decode()
    zones = tzical(StringIO(text))
    zone = zones.get(shift.zone)
    event = Calendar.from_ical(file).walk("VEVENT")[0]
    begins = event["dtstart"].dt.replace(tzinfo=zone)
    rule = rruleset()
    rule.rrule(rrulestr(event["rrule"].to_ical().decode(), dtstart=begins))
    for day in event["exdate"].dts if "exdate" in event else ():
        rule.exdate(day.dt.replace(tzinfo=zone))
    first = shift.starts.astimezone(ZoneInfo(shift.zone)).date()
    weeks = range((shift.last_on - first).days // 7 + 1)
    days = [day for n in weeks if (day := first + timedelta(weeks=n)) not in shift.but_not]
    assert [moment.replace(tzinfo=None) for moment in rule] == [
        datetime.combine(day, begins.time().replace(tzinfo=None)) for day in days
    ]
    assert [moment.astimezone(UTC) for moment in rule] == [shift.start_on(day).astimezone(UTC) for day in days]


@pytest.mark.parametrize("values", [{"last_on": date(2027, 3, 8)}, {"last_on": date(2027, 3, 10), "whole": True}])
def test_what_comes_every_week_has_hours_and_ends_after_it_began(values):
    days = {"starts": date(2027, 3, 9), "ends": date(2027, 3, 10)} if values.pop("whole", False) else {}
    with pytest.raises(InvalidValue):
        an_event(**values, **days)
