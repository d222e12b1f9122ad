"""A practitioner's working hours as her calendar tells them: a rule of every week for each shift, and each extra shift.

A shift has no end, so it cannot be told day by day. It begins where the calendar began, and not where it begins now, and is
told until the end of next year: so it is the same from week to week, and changes when the hours or the closed days do.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from myotome.clinic.booking.kept import SetUp
from myotome.clinic.booking.models import CalendarFeed, WorkingHours
from myotome.clinic.people.models import Place
from myotome.exchange.icalendar.feed import FeedEvent
from myotome.vocabulary.sentences import Sentence, in_readers_language


def hours_of(
    feed: CalendarFeed, known: SetUp, *, whose: str, began: date, since: date, at: datetime
) -> list[FeedEvent]:
    """The shifts that are not over on the day `since`; `whose` ends the UID of each, `began` is the calendar's first day."""
    return [
        *_shifts(feed, known, whose=whose, began=began, since=since, furthest=date(at.year + 1, 12, 31)),
        *_extra_shifts(feed, known, whose=whose, since=since),
    ]


def _shifts(
    feed: CalendarFeed, known: SetUp, *, whose: str, began: date, since: date, furthest: date
) -> Iterable[FeedEvent]:
    for row in WorkingHours.objects.filter(clinic_id=feed.clinic_id, practitioner_id=feed.practitioner_id):
        place = known.places[row.place_id]
        first = max(row.valid_from or began, began)
        first += timedelta(days=(row.weekday - first.weekday()) % 7)
        last = min(row.valid_until or furthest, furthest)
        last -= timedelta(days=(last.weekday() - row.weekday) % 7)
        if last < max(first, since):
            continue
        places = (None, place.pk)
        closed = {
            day.on for p in places for who in (None, row.practitioner_id) for day in known.closed.get((p, who), ())
        }
        yield _at_work(
            feed,
            place,
            uid=f"hours-{row.pk}.{whose}",
            day=first,
            starts=row.starts,
            ends=row.ends,
            last_on=last,
            but_not=tuple(day for day in sorted(closed) if day.weekday() == row.weekday and first <= day <= last),
        )


def _extra_shifts(feed: CalendarFeed, known: SetUp, *, whose: str, since: date) -> Iterable[FeedEvent]:
    for (place_id, pk), days in known.extra.items():
        for day in days if pk == feed.practitioner_id else ():
            if day.on >= since and day.starts is not None and day.ends is not None:
                yield _at_work(
                    feed,
                    known.places[place_id],
                    uid=f"extra-{place_id}-{day.on:%Y%m%d}-{day.starts:%H%M}.{whose}",
                    day=day.on,
                    starts=day.starts,
                    ends=day.ends,
                )


def _at_work(
    feed: CalendarFeed,
    place: Place,
    *,
    uid: str,
    day: date,
    starts: time,
    ends: time,
    last_on: date | None = None,
    but_not: tuple[date, ...] = (),
) -> FeedEvent:
    there = ZoneInfo(place.time_zone)
    return FeedEvent(
        uid=uid,
        sequence=0,
        starts=datetime.combine(day, starts, tzinfo=there).astimezone(UTC),
        ends=datetime.combine(day, ends, tzinfo=there).astimezone(UTC),
        zone=place.time_zone,
        changed_at=feed.made_at,
        summary=in_readers_language(Sentence("Working hours")),
        location=place.name,
        last_on=last_on,
        but_not=but_not,
        is_free=True,
    )
