"""A calendar that another program wrote, as single visits: repeated ones spelled out, exceptions in their places.

Times without a zone are wall-clock times of the place (RFC 5545, 3.3.5); a time that the clock skips or shows twice is
named, not guessed. What repeats without an end is followed as far as it is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from dateutil.rrule import rrulestr
from icalendar import Calendar, Event

from myotome.exchange.icalendar.text import one_line
from myotome.science.booking.hours import local_instant
from myotome.vocabulary.errors import InvalidValue, MyotomeError, TooBig, UnreadableFile
from myotome.vocabulary.sentences import Sentence

MOST_EVENTS = 5_000
MOST_BYTES = 10_000_000
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundEvent:
    """One time in a calendar. `key` is its UID, with the original start for one of a repeated event.

    `starts` and `ends` are UTC, or None for a whole day and for what `fault` says cannot be read.
    """

    key: str
    summary: str
    starts: datetime | None = None
    ends: datetime | None = None
    on: date | None = None
    is_cancelled: bool = False
    is_free: bool = False
    people: tuple[tuple[str, str], ...] = ()
    fault: str = ""


def events_in(file: bytes, *, zone: str, until: datetime) -> list[FoundEvent]:
    """Every event of the file that starts before `until`, in order of time; `zone` is the place's.

    Raises:
        UnreadableFile: it is no calendar.
        TooBig: more than 10 MB, or more than 5,000 events once what repeats is spelled out.
    """
    if len(file) > MOST_BYTES:
        raise TooBig("The file is larger than {most} MB. Divide it.", field="file", most=MOST_BYTES // 1_000_000)
    try:
        parsed = [part for part in Calendar.from_ical(file, multiple=True) if part.name == "VCALENDAR"]
        masters, overrides = _sorted_out(parsed)
    except Exception as fault:  # the library raises what its parts raise: ValueError, KeyError, IndexError, ...
        raise UnreadableFile("The file is no calendar (.ics) that can be read.", field="file") from fault
    if not parsed:
        raise UnreadableFile("The file is no calendar (.ics) that can be read.", field="file")
    found: list[FoundEvent] = []
    for number, event in enumerate(masters, 1):
        for one in _spelled_out(event, overrides, number, zone=zone, until=until):
            found.append(one)
            if len(found) > MOST_EVENTS:
                raise TooBig("The calendar has more than {most} visits. Divide it.", field="file", most=MOST_EVENTS)
    return sorted(found, key=lambda one: (one.starts or datetime.min.replace(tzinfo=UTC), one.key))


def _sorted_out(calendars: list[Calendar]) -> tuple[list[Event], dict[tuple[str, str], Event]]:
    """Events that stand for themselves or repeat, and the exceptions by UID and the start they replace."""
    events = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    exceptions = {
        (_uid(event, number), _stamp(event["recurrence-id"].dt)): event
        for number, event in enumerate(events, 1)
        if "recurrence-id" in event
    }
    masters = [event for event in events if "recurrence-id" not in event]
    known = {str(event.get("uid", "")) for event in masters if "rrule" in event or "rdate" in event}
    return masters + [event for (uid, _), event in exceptions.items() if uid not in known], exceptions


def _spelled_out(
    event: Event, overrides: dict[tuple[str, str], Event], number: int, *, zone: str, until: datetime
) -> Iterator[FoundEvent]:
    uid = _uid(event, number)
    try:
        _check_zone(event)
        starts = event["dtstart"].dt
        if "recurrence-id" in event:
            yield _found(event, f"{uid}|{_stamp(event['recurrence-id'].dt)}", starts, zone=zone)
            return
        if "rrule" not in event and "rdate" not in event:
            yield _found(event, uid, starts, zone=zone)
            return
        waiting = {stamp: other for (whose, stamp), other in overrides.items() if whose == uid}
        for at in _starts(event, starts, until=until):
            replaced = waiting.pop(_stamp(at), None)
            if replaced is not None:
                _check_zone(replaced)
            key = f"{uid}|{_stamp(at)}"
            yield _found(replaced or event, key, replaced["dtstart"].dt if replaced else at, zone=zone)
        for stamp, other in waiting.items():
            _check_zone(other)
            yield _found(other, f"{uid}|{stamp}", other["dtstart"].dt, zone=zone)
    except MyotomeError as refusal:
        yield FoundEvent(key=uid, summary=_words(event, "summary"), fault=refusal.sentence)
    except Exception:  # one broken event is a fault of its own, whatever the library meets in it
        yield FoundEvent(key=uid, summary=_words(event, "summary"), fault=Sentence("This event cannot be read."))


def _check_zone(event: Event) -> None:
    for name in ("dtstart", "dtend"):
        zone = event[name].params.get("TZID") if name in event else None
        if zone and isinstance(event[name].dt, datetime) and event[name].dt.tzinfo is None:
            raise InvalidValue("Its time zone “{zone}” is not known.", field="file", zone=str(zone))


def _starts(event: Event, starts: datetime | date, *, until: datetime) -> list[datetime | date]:
    """The starts of what repeats, on the wall clock it was written in, before `until`."""
    is_day = not isinstance(starts, datetime)
    wall = datetime.combine(starts, time()) if is_day else starts.replace(tzinfo=None)
    end = until.replace(tzinfo=None) + timedelta(days=1)
    found = {wall}
    for rule in (
        event["rrule"] if isinstance(event.get("rrule"), list) else [event["rrule"]] if "rrule" in event else []
    ):
        found |= set(_by_rule(rule, wall, starts, end))
    for moment in _listed(event, "rdate"):
        found.add(_wall(moment, starts))
    found -= {_wall(moment, starts) for moment in _listed(event, "exdate")}
    tz = None if is_day else starts.tzinfo
    ordered = sorted(moment for moment in found if moment < end)
    return [moment.date() if is_day else moment.replace(tzinfo=tz) for moment in ordered]


def _by_rule(rule: dict, wall: datetime, starts: datetime | date, end: datetime) -> list[datetime]:
    if str(rule["FREQ"][0]).upper() not in FREQUENCIES:
        raise InvalidValue("It repeats more often than daily.", field="file")
    count = int(rule["COUNT"][0]) if rule.get("COUNT") else MOST_EVENTS + 1
    last = end
    if rule.get("UNTIL"):
        last = min(end, _wall(rule["UNTIL"][0], starts))
        if not isinstance(rule["UNTIL"][0], datetime):
            last += timedelta(days=1, seconds=-1)
    kept = {name: value for name, value in rule.items() if name not in ("COUNT", "UNTIL")}
    text = type(rule)(kept).to_ical().decode() + f";UNTIL={last:%Y%m%dT%H%M%S}"
    found = []
    for moment in rrulestr(text, dtstart=wall):
        if len(found) >= min(count, MOST_EVENTS + 1):
            break
        found.append(moment)
    return found


def _found(event: Event, key: str, starts: datetime | date, *, zone: str) -> FoundEvent:
    state = {
        "key": key,
        "summary": _words(event, "summary"),
        "is_cancelled": str(event.get("status", "")).upper() == "CANCELLED",
        "is_free": str(event.get("transp", "")).upper() == "TRANSPARENT",
        "people": tuple(_people(event)),
    }
    if not isinstance(starts, datetime):
        return FoundEvent(on=starts, **state)
    try:
        begins = _instant(starts, zone)
        ends = begins + _length(event)
    except MyotomeError as refusal:
        return FoundEvent(fault=refusal.sentence, **state)
    if ends <= begins:
        return FoundEvent(fault=Sentence("It ends before it starts."), **state)
    return FoundEvent(starts=begins, ends=ends, **state)


def _length(event: Event) -> timedelta:
    starts = event["dtstart"].dt
    if "dtend" in event:
        ends = event["dtend"].dt
        if (starts.tzinfo is None) is not (ends.tzinfo is None):
            raise InvalidValue("It starts and ends by different clocks.", field="file")
        if starts.tzinfo is None:
            return ends - starts
        return ends.astimezone(UTC) - starts.astimezone(UTC)
    return event["duration"].dt if "duration" in event else timedelta()


def _instant(moment: datetime, zone: str) -> datetime:
    if moment.tzinfo is None:
        return local_instant(moment.date(), moment.time(), zone).astimezone(UTC)
    there = moment.astimezone(UTC)
    if there.astimezone(moment.tzinfo).replace(tzinfo=None) != moment.replace(tzinfo=None):
        raise InvalidValue(
            "{at:%H:%M} does not exist on {day:%a %d %b %Y}: the clocks go forward.",
            field="start",
            at=moment,
            day=moment,
        )
    return there


def _wall(moment: datetime | date, like: datetime | date) -> datetime:
    """A moment on the wall clock that `like` is written in."""
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time())
    if moment.tzinfo is not None and isinstance(like, datetime) and like.tzinfo is not None:
        moment = moment.astimezone(like.tzinfo)
    return moment.replace(tzinfo=None)


def _listed(event: Event, name: str) -> Iterator[datetime | date]:
    lists = event.get(name, [])
    for one in lists if isinstance(lists, list) else [lists]:
        for value in one.dts:
            yield value.dt[0] if isinstance(value.dt, tuple) else value.dt


def _people(event: Event) -> Iterator[tuple[str, str]]:
    attendees = event.get("attendee", [])
    for one in attendees if isinstance(attendees, list) else [attendees]:
        address = re.sub(r"(?i)^mailto:", "", str(one)).strip()
        yield one_line(str(getattr(one, "params", {}).get("CN", ""))), address.lower()


def _words(event: Event, name: str) -> str:
    return one_line(str(event.get(name, "")))[:200]


def _uid(event: Event, number: int) -> str:
    uid = str(event.get("uid", "")).strip()
    if uid:
        return uid
    starts = event["dtstart"].to_ical().decode() if "dtstart" in event else str(number)
    return f"{starts} {_words(event, 'summary')}"


def _stamp(moment: datetime | date) -> str:
    if isinstance(moment, datetime):
        return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}" if moment.tzinfo else f"{moment:%Y%m%dT%H%M%S}"
    return f"{moment:%Y%m%d}"
