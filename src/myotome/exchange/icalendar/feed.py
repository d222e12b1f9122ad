"""A diary as a calendar to subscribe to: one event for each visit, block or closed day, each with a UID of its own.

Visits of a series are events of their own and no rule with exceptions: each is moved and cancelled by itself, and a
client that mistakes exceptions can then be wrong about none of them. Working hours are a rule of every week, for they
have no end, with the days on which they are not (EXDATE). What has been taken away is said as
STATUS:CANCELLED with a higher SEQUENCE. The same events give the same bytes, so that a client can ask whether anything
has changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vDuration, vText

from myotome.exchange.icalendar.text import calendar_text, one_line
from myotome.exchange.icalendar.zones import add_zones, clock_changes, on_the_wall
from myotome.vocabulary.errors import InvalidValue

PRODUCT = "-//Myotome//Myotome//EN"
REFRESH = timedelta(minutes=15)
FORMAT = 1
"""Rises when the same events are written differently, so that nobody keeps the old bytes."""
STATUSES = ("CONFIRMED", "TENTATIVE", "CANCELLED")


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedEvent:
    """One event. `starts` and `ends` are both aware datetimes, or both days (the end is the day after the last).

    `changed_at` is when what is told here last changed; `zone` is the place's IANA zone. With `last_on` it comes every week
    at the same wall-clock time until that day, but not on the days of `but_not`. `is_free` leaves whoever has it free.
    """

    uid: str
    sequence: int
    starts: datetime | date
    ends: datetime | date
    zone: str
    changed_at: datetime
    summary: str = ""
    location: str = ""
    status: str = "CONFIRMED"
    last_on: date | None = None
    but_not: tuple[date, ...] = ()
    is_free: bool = False

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise InvalidValue("A calendar knows no such status.", field="status")
        starts, ends = self.starts, self.ends
        if isinstance(starts, datetime) and isinstance(ends, datetime):
            starts, ends = starts.astimezone(UTC), ends.astimezone(UTC)  # a clock that is set back runs an hour twice
        if isinstance(starts, datetime) is not isinstance(ends, datetime) or ends <= starts:
            raise InvalidValue("An event ends after it starts.", field="ends")
        if self.last_on is not None and (not isinstance(starts, datetime) or self.last_on < self._first_on):
            raise InvalidValue("What comes every week has hours, and ends after it began.", field="last_on")

    @property
    def _first_on(self) -> date:
        return self.starts.astimezone(ZoneInfo(self.zone)).date() if isinstance(self.starts, datetime) else self.starts

    def start_on(self, day: date) -> datetime:
        """When it starts on this day, on the wall of its place. An event with hours only."""
        if not isinstance(self.starts, datetime):
            raise TypeError("whole days start at no hour")
        there = ZoneInfo(self.zone)
        return datetime.combine(day, self.starts.astimezone(there).time(), tzinfo=there)


def feed_file(events: Sequence[FeedEvent], *, name: str) -> bytes:
    """The calendar with the zones of its places."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar["name"] = calendar["x-wr-calname"] = vText(one_line(name))
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(REFRESH).to_ical().decode())
    for event in events:
        calendar.add_component(_component(event))
    add_zones(calendar, [time for event in events for time in _times(event) if isinstance(time, datetime)])
    return calendar.to_ical()


def feed_etag(events: Sequence[FeedEvent], *, name: str) -> str:
    """A strong entity tag of what `feed_file` would write, without writing it."""
    digest = hashlib.sha256(repr((FORMAT, name)).encode("utf-8", "surrogatepass"))
    zones: dict[str, set[int]] = {}
    for event in events:
        digest.update(repr(event).encode("utf-8", "surrogatepass"))
        zones.setdefault(event.zone, set()).update({event.starts.year, event.ends.year})
        zones[event.zone] |= {event.last_on.year} if event.last_on else set()
    for zone, years in sorted(zones.items()):
        digest.update(repr(clock_changes(zone, min(years) - 1, max(years) + 1)).encode())
    return f'"{digest.hexdigest()[:40]}"'


def feed_events_from(file: bytes) -> list[FeedEvent]:
    """The events of a calendar that `feed_file` wrote."""
    found = []
    for event in Calendar.from_ical(file).walk("VEVENT"):
        starts = event["dtstart"].dt
        found.append(
            FeedEvent(
                uid=str(event["uid"]),
                sequence=int(event["sequence"]),
                starts=starts,
                ends=event["dtend"].dt,
                zone=str(starts.tzinfo) if isinstance(starts, datetime) else "UTC",
                changed_at=event["last-modified"].dt,
                summary=str(event.get("summary", "")),
                location=str(event.get("location", "")),
                status=str(event["status"]),
                last_on=_last_on(event, starts),
                but_not=_but_not(event),
                is_free=event["transp"] == "TRANSPARENT" and event["status"] != "CANCELLED",
            )
        )
    return found


def _component(event: FeedEvent) -> Event:
    starts, ends = _local(event)
    component = Event()
    component.add("uid", event.uid)
    component.add("sequence", event.sequence)
    component.add("dtstamp", event.changed_at)
    component.add("last-modified", event.changed_at)
    component.add("dtstart", starts)
    component.add("dtend", ends)
    if event.last_on is not None:
        component.add("rrule", {"freq": "weekly", "until": event.start_on(event.last_on).astimezone(UTC)})
        if event.but_not:
            component.add("exdate", [event.start_on(day) for day in event.but_not])
    component.add("summary", calendar_text(event.summary))
    if event.location:
        component.add("location", calendar_text(event.location))
    component.add("status", event.status)
    component.add("transp", "TRANSPARENT" if event.is_free or event.status == "CANCELLED" else "OPAQUE")
    component.add("class", "PRIVATE")
    return component


def _last_on(event: Event, starts: datetime | date) -> date | None:
    if "rrule" not in event or not isinstance(starts, datetime):
        return None
    until: datetime = event["rrule"]["until"][0]
    return until.astimezone(starts.tzinfo).date()


def _but_not(event: Event) -> tuple[date, ...]:
    return tuple(day.dt.date() for day in event["exdate"].dts) if "exdate" in event else ()


def _times(event: FeedEvent) -> list[datetime | date]:
    """Everything for which a reader has to know the clock."""
    last = [event.start_on(event.last_on)] if event.last_on else []
    return [*_local(event), *last]


def _local(event: FeedEvent) -> tuple[datetime | date, datetime | date]:
    if isinstance(event.starts, datetime) and isinstance(event.ends, datetime):
        return on_the_wall(event.starts, event.ends, event.zone)
    return event.starts, event.ends
