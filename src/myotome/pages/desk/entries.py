"""What stands in the diary, as the day and the week show it: visits, blocked times, and visits of her own of who treats here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from myotome.clinic.booking.queries import Appointment


@dataclass(frozen=True, slots=True)
class Entry:
    """A visit, or a time that is kept without one (`visit` is None, `block` is what was blocked); `is_movable` while it has not begun.

    `who` and `room` name the practitioner and the room that it takes; a blocked time takes one of them or both.
    """

    starts_at: datetime
    ends_at: datetime
    visit: Appointment | None
    practitioner_id: int | None
    who: str
    room_id: int | None
    room: str
    reason: str
    is_movable: bool
    block: int | None = None

    def owner(self, *, by_room: bool) -> int | None:
        """Whose row or column it is: the room's, or the practitioner's."""
        return self.room_id if by_room else self.practitioner_id


def entry_of(visit: Appointment) -> Entry:
    """A visit."""
    room_id, room = next(((span.room_id, span.room.name) for span in visit.spans.all() if span.room_id), (None, ""))
    return Entry(
        visit.starts_at,
        visit.ends_at,
        visit,
        visit.practitioner_id,
        visit.practitioner.name,
        room_id,
        room,
        "",
        visit.status in {"booked", "requested"},
    )


def kept_without_a_visit(
    visits: Iterable[Appointment], blocks: Iterable[Any], *, own: Mapping[int, Any]
) -> list[Entry]:
    """What is blocked, and when practitioners are patients themselves; `own` says of patients which practitioner they are."""
    hers = [(row, own[row.patient_id]) for row in visits if row.patient_id in own and row.status != "no_show"]
    found = [
        Entry(row.starts_at, row.ends_at, None, she.pk, she.name, None, "", _("a visit of her own"), False)
        for row, she in hers
    ]
    for row in blocks:
        who, room = (one.name if one else "" for one in (row.practitioner, row.room))
        found.append(
            Entry(
                row.starts_at, row.ends_at, None, row.practitioner_id, who, row.room_id, room, row.reason, False, row.pk
            )
        )
    return found


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """By the time at which they begin."""
    return sorted(entries, key=lambda entry: (entry.starts_at, entry.ends_at))


def within(entry: Entry, day: date, zone: ZoneInfo) -> Entry | None:
    """The part of a time that lies in this wall-clock day; None when none does."""
    midnight = datetime.combine(day, time(), tzinfo=zone)
    next_one = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)
    starts_at, ends_at = max(entry.starts_at, midnight), min(entry.ends_at, next_one)
    return replace(entry, starts_at=starts_at, ends_at=ends_at) if starts_at < ends_at else None
