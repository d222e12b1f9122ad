"""What a feed tells: the diary of two weeks back and all that is ahead, and what has been taken away from it.

The feed remembers each event as it last told it. What differs now is told with a higher SEQUENCE, what is no longer
there as cancelled, for two weeks. So a subscriber hears of every change that she could have seen, whatever way it was
made and whether or not it was taken back; and as long as nothing differs the calendar is the same to the byte.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Max, Min, QuerySet
from django.utils import translation

from myotome.clinic.audit.actions import record
from myotome.clinic.booking.hours_told import hours_of
from myotome.clinic.booking.kept import SetUp, set_up_of
from myotome.clinic.booking.models import Appointment, AppointmentSpan, CalendarFeed, Hold, ToldEvent
from myotome.clinic.booking.queries import LIVE
from myotome.exchange.icalendar.feed import FeedEvent, feed_etag
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.scheduling import AppointmentStatus, HoldKind, ResourceKind, tick_of
from myotome.vocabulary.sentences import Sentence, in_readers_language

DAYS_BACK = 14
DAYS_CANCELLED = 14
"""How long what was taken away is still told as cancelled; a telephone that was off for so long just drops it."""
READ_NOTED_EVERY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a feed says now: its events, their name, the entity tag, and since when."""

    events: tuple[FeedEvent, ...]
    name: str
    etag: str
    told_at: datetime


def read_feed(feed: CalendarFeed, *, at: datetime) -> Reading:
    """What the feed says, with what has changed written down; nothing is written when nothing has."""
    since = _since(feed, at)
    with translation.override(feed.language):
        now, told = _diary(feed, since=since, at=at), _told(feed)
        if not _differs(now, told, at=at, since=since):
            reading = _reading(feed, now, told)
            if reading.etag == feed.told_etag:
                return reading
        with transaction.atomic():
            # Two readers at once: the second waits, looks again, and then finds that all has been told.
            feed = CalendarFeed.objects.select_for_update(of=("self",)).select_related("clinic").get(pk=feed.pk)
            now, told = _diary(feed, since=since, at=at), _told(feed)
            told_at = max(at.replace(microsecond=0), feed.told_at + timedelta(seconds=1))
            if _differs(now, told, at=at, since=since):
                told = _tell(feed, now, told, at=told_at, since=since)
            reading = _reading(feed, now, told)
            if reading.etag == feed.told_etag:
                return reading
            feed.told_at, feed.told_etag = told_at, reading.etag
            feed.save(update_fields=["told_at", "told_etag"])
            return replace(reading, told_at=told_at)


def note_reading(feed: CalendarFeed, *, by: Actor, at: datetime) -> None:
    """Notes that the address was used: when, every ten minutes at most; in the audit once a day."""
    if feed.last_read_at is not None and at - feed.last_read_at < READ_NOTED_EVERY:
        return
    with transaction.atomic():
        CalendarFeed.objects.filter(pk=feed.pk).update(last_read_at=at)
        if feed.last_read_at is None or feed.last_read_at.astimezone(UTC).date() != at.astimezone(UTC).date():
            record(by=by, at=at, act="calendar.read", subject=feed)


def name_of(feed: CalendarFeed) -> str:
    """What the calendar is called where it is shown."""
    if feed.room is not None:
        return f"{feed.room.name}, {feed.clinic.name}"
    return str(feed.clinic.name)


def initials(name: str) -> str:
    """`Hannah Lindqvist` is `H. L.`; of a name with many parts the first and the last."""
    parts = name.split()
    return " ".join(f"{part[0].upper()}." for part in ([parts[0], parts[-1]] if len(parts) > 1 else parts))


def _zone_of(feed: CalendarFeed) -> str:
    if feed.room is not None:
        return str(feed.room.place.time_zone)
    places = set_up_of(feed.clinic_id).places
    return str(next(iter(places.values())).time_zone if places else feed.clinic.time_zone)


def _since(feed: CalendarFeed, at: datetime) -> datetime:
    """Midnight on the wall, two weeks back."""
    zone = ZoneInfo(_zone_of(feed))
    return datetime.combine(at.astimezone(zone).date() - timedelta(days=DAYS_BACK), time(), tzinfo=zone)


def _told(feed: CalendarFeed) -> dict[str, ToldEvent]:
    return {row.uid: row for row in ToldEvent.objects.filter(feed=feed)}


def _reading(feed: CalendarFeed, now: dict[str, FeedEvent], told: dict[str, ToldEvent]) -> Reading:
    events = tuple(_as_told(row, now.get(uid)) for uid, row in sorted(told.items()))
    name = name_of(feed)
    return Reading(events, name, feed_etag(events, name=name), feed.told_at)


def _diary(feed: CalendarFeed, *, since: datetime, at: datetime) -> dict[str, FeedEvent]:
    """All that the feed has to say, by UID; sequence and time of change are not known yet."""
    known = set_up_of(feed.clinic_id)
    events = [*_visits(feed, known, since=since), *_blocks(feed, since=since, at=at)]
    if feed.practitioner_id is not None:
        events += _as_a_patient(feed, known, since=since)
        events += _closed_days(feed, known, since=since.date() - timedelta(days=1))
    if feed.shows_hours:
        events += hours_of(
            feed, known, whose=_of(feed), began=_since(feed, feed.made_at).date(), since=since.date(), at=at
        )
    return {event.uid: event for event in events}


def _visits(feed: CalendarFeed, known: SetUp, *, since: datetime) -> Iterable[FeedEvent]:
    day_before = since - timedelta(days=1)  # nothing lasts longer, and the index is by start
    rows = Appointment.objects.filter(clinic_id=feed.clinic_id, starts_at__gte=day_before, ends_at__gte=since)
    rows = rows.exclude(status=AppointmentStatus.CANCELLED.value).select_related("patient", "practitioner", "place")
    if feed.room_id is not None:
        spans = _room_spans(feed, since=since).filter(room_id=feed.room_id)
        times = {
            pk: (starts, ends)
            for pk, starts, ends in spans.values_list("appointment_id").annotate(Min("starts_at"), Max("ends_at"))
        }
        rows = rows.filter(pk__in=times)
    else:
        times = {}
        rows = rows.filter(practitioner_id=feed.practitioner_id)
    rooms = {} if feed.room_id else _rooms_of(feed, known, since=since)
    for row in rows:
        starts, ends = times.get(row.pk, (row.starts_at, row.ends_at))
        is_requested = row.status == AppointmentStatus.REQUESTED.value
        yield FeedEvent(
            uid=f"visit-{row.pk}.{_of(feed)}",
            sequence=0,
            starts=starts.astimezone(UTC),
            ends=ends.astimezone(UTC),
            zone=row.place.time_zone,
            changed_at=starts,
            summary=_summary(feed, row),
            location=rooms.get(row.pk) or (feed.room.name if feed.room else row.place.name),
            status="TENTATIVE" if is_requested else "CONFIRMED",
        )


def _room_spans(feed: CalendarFeed, *, since: datetime) -> QuerySet[AppointmentSpan]:
    return AppointmentSpan.objects.filter(
        clinic_id=feed.clinic_id,
        resource_kind=ResourceKind.ROOM.value,
        first_tick__gte=tick_of(since - timedelta(days=1)),
    )


def _rooms_of(feed: CalendarFeed, known: SetUp, *, since: datetime) -> dict[int, str]:
    """The room of each visit of a practitioner, with the place's name where the clinic has several."""
    spans = _room_spans(feed, since=since).filter(appointment__practitioner_id=feed.practitioner_id)
    names = {
        room.pk: room.name if len(known.places) == 1 else f"{room.name}, {known.places[room.place_id].name}"
        for room in known.rooms
    }
    return {pk: names.get(room, "") for pk, room in spans.order_by("-phase").values_list("appointment_id", "room_id")}


def _summary(feed: CalendarFeed, row: Appointment) -> str:
    if not feed.shows_initials:
        return in_readers_language(Sentence("Visit"))
    whose = initials(row.patient.name)
    return f"{whose} · {initials(row.practitioner.name)}" if feed.room_id else whose


def _blocks(feed: CalendarFeed, *, since: datetime, at: datetime) -> Iterable[FeedEvent]:
    """Time that was blocked at the desk; what is held while somebody fills in a form is nobody's yet."""
    rows = Hold.objects.filter(clinic_id=feed.clinic_id, kind=HoldKind.BLOCK.value, ends_at__gte=since)
    rows = rows.filter(room_id=feed.room_id) if feed.room_id else rows.filter(practitioner_id=feed.practitioner_id)
    for row in rows:
        if row.expires_at is None or row.expires_at > at:
            yield FeedEvent(
                uid=f"block-{row.pk}.{_of(feed)}",
                sequence=0,
                starts=row.starts_at.astimezone(UTC),
                ends=row.ends_at.astimezone(UTC),
                zone=_zone_of(feed),
                changed_at=row.created_at,
                summary=in_readers_language(Sentence("Blocked")),
            )


def _as_a_patient(feed: CalendarFeed, known: SetUp, *, since: datetime) -> Iterable[FeedEvent]:
    """When she is treated here herself: that she is not free then, and no more."""
    hers = [pk for pk, who in known.own.items() if who == feed.practitioner_id]
    day_before = since - timedelta(days=1)
    if not hers:
        return
    rows = Appointment.objects.filter(
        clinic_id=feed.clinic_id, patient_id__in=hers, starts_at__gte=day_before, ends_at__gte=since, status__in=LIVE
    )
    for row in rows.select_related("place"):
        yield FeedEvent(
            uid=f"own-{row.pk}.{_of(feed)}",
            sequence=0,
            starts=row.starts_at.astimezone(UTC),
            ends=row.ends_at.astimezone(UTC),
            zone=row.place.time_zone,
            changed_at=row.starts_at,
            summary=in_readers_language(Sentence("Blocked")),
        )


def _closed_days(feed: CalendarFeed, known: SetUp, *, since: date) -> Iterable[FeedEvent]:
    """Days on which she does not work, without the reason."""
    for row in known.closed_days:
        if row.on >= since and row.practitioner_id in {None, feed.practitioner_id}:
            yield FeedEvent(
                uid=f"day-{row.pk}.{_of(feed)}",
                sequence=0,
                starts=row.on,
                ends=row.on + timedelta(days=1),
                zone=_zone_of(feed),
                changed_at=feed.made_at,
                summary=in_readers_language(Sentence("Closed") if row.practitioner_id is None else Sentence("Away")),
            )


def _of(feed: CalendarFeed) -> str:
    """The end of every UID of a feed: whose diary and whose clinic. One visit is two events in two diaries."""
    whose = f"room-{feed.room_id}" if feed.room_id else f"diary-{feed.practitioner_id}"
    return f"{whose}@{feed.clinic.slug}.myotome"


def _digest(event: FeedEvent) -> str:
    said: tuple[object, ...] = (event.starts, event.ends, event.zone, event.summary, event.location, event.status)
    if event.last_on is not None:
        said += (event.last_on, event.but_not)
    return hashlib.sha256(repr(said).encode("utf-8", "surrogatepass")).hexdigest()


def _differs(now: dict[str, FeedEvent], told: dict[str, ToldEvent], *, at: datetime, since: datetime) -> bool:
    if any(_is_over(row, at=at, since=since) and uid not in now for uid, row in told.items()):
        return True
    alive = {uid: row.digest for uid, row in told.items() if row.gone_at is None}
    return alive != {uid: _digest(event) for uid, event in now.items()}


def _is_over(row: ToldEvent, *, at: datetime, since: datetime) -> bool:
    """True for what leaves the calendar without a word: long past, or said to be cancelled for long enough."""
    return row.ends_at < since or (row.gone_at is not None and at - row.gone_at > timedelta(days=DAYS_CANCELLED))


def _tell(
    feed: CalendarFeed, now: dict[str, FeedEvent], told: dict[str, ToldEvent], *, at: datetime, since: datetime
) -> dict[str, ToldEvent]:
    """Writes down what is told from now on, and gives it."""
    over = {uid: row.pk for uid, row in told.items() if uid not in now and _is_over(row, at=at, since=since)}
    ToldEvent.objects.filter(pk__in=over.values()).delete()
    kept = {uid: row for uid, row in told.items() if uid not in over}
    changed = []
    for uid, row in kept.items():
        event = now.get(uid)
        if event is None and row.gone_at is None:
            row.gone_at = at
        elif event is not None and (row.gone_at is not None or row.digest != _digest(event)):
            row.gone_at = None
            _say(row, event)
        else:
            continue
        row.sequence += 1
        row.changed_at = at
        changed.append(row)
    ToldEvent.objects.bulk_update(
        changed, ["digest", "sequence", "starts_at", "ends_at", "is_all_day", "zone", "changed_at", "gone_at"]
    )
    new = [
        _say(ToldEvent(clinic_id=feed.clinic_id, feed=feed, uid=uid, changed_at=at), event)
        for uid, event in now.items()
        if uid not in kept
    ]
    ToldEvent.objects.bulk_create(new)
    return kept | {row.uid: row for row in new}


def _say(row: ToldEvent, event: FeedEvent) -> ToldEvent:
    row.digest, row.zone = _digest(event), event.zone
    row.is_all_day = not isinstance(event.starts, datetime)
    row.starts_at, row.ends_at = _instant(event.starts), _instant(event.ends)
    if event.last_on is not None:  # what comes every week is over when its last time is
        last = event.start_on(event.last_on).astimezone(UTC)
        row.starts_at, row.ends_at = last, last + (row.ends_at - row.starts_at)
    return row


def _instant(when: datetime | date) -> datetime:
    return when if isinstance(when, datetime) else datetime.combine(when, time(), tzinfo=UTC)


def _as_told(row: ToldEvent, event: FeedEvent | None) -> FeedEvent:
    changed_at = row.changed_at.astimezone(UTC)
    if event is not None and row.gone_at is None:
        return replace(event, sequence=row.sequence, changed_at=changed_at)
    starts, ends = row.starts_at.astimezone(UTC), row.ends_at.astimezone(UTC)
    return FeedEvent(
        uid=row.uid,
        sequence=row.sequence,
        starts=starts.date() if row.is_all_day else starts,
        ends=ends.date() if row.is_all_day else ends,
        zone=row.zone,
        changed_at=changed_at,
        summary=in_readers_language(Sentence("Cancelled")),
        status="CANCELLED",
    )
