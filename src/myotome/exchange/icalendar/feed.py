"""A diary as a calendar to subscribe to: one event for each visit, block or closed day, each with a UID of its own.

Visits of a series are events of their own and no rule with exceptions: each is moved and cancelled by itself, and a
client that mistakes exceptions can then be wrong about none of them. What has been taken away is said as
STATUS:CANCELLED with a higher SEQUENCE. The same events give the same bytes, so that a client can ask whether anything
has changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

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

    `changed_at` is when what is told here last changed; `zone` is the place's IANA zone.
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

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise InvalidValue("A calendar knows no such status.", field="status")
        starts, ends = self.starts, self.ends
        if isinstance(starts, datetime) and isinstance(ends, datetime):
            starts, ends = starts.astimezone(UTC), ends.astimezone(UTC)  # a clock that is set back runs an hour twice
        if isinstance(starts, datetime) is not isinstance(ends, datetime) or ends <= starts:
            raise InvalidValue("An event ends after it starts.", field="ends")


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
    add_zones(calendar, [time for event in events for time in _local(event) if isinstance(time, datetime)])
    return calendar.to_ical()


def feed_etag(events: Sequence[FeedEvent], *, name: str) -> str:
    """A strong entity tag of what `feed_file` would write, without writing it."""
    digest = hashlib.sha256(repr((FORMAT, name)).encode("utf-8", "surrogatepass"))
    zones: dict[str, set[int]] = {}
    for event in events:
        digest.update(repr(event).encode("utf-8", "surrogatepass"))
        zones.setdefault(event.zone, set()).update({event.starts.year, event.ends.year})
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
    component.add("summary", calendar_text(event.summary))
    if event.location:
        component.add("location", calendar_text(event.location))
    component.add("status", event.status)
    component.add("transp", "TRANSPARENT" if event.status == "CANCELLED" else "OPAQUE")
    component.add("class", "PRIVATE")
    return component


def _local(event: FeedEvent) -> tuple[datetime | date, datetime | date]:
    if isinstance(event.starts, datetime) and isinstance(event.ends, datetime):
        return on_the_wall(event.starts, event.ends, event.zone)
    return event.starts, event.ends
