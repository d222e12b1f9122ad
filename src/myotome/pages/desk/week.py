"""The week as a value: a row for each practitioner or room, a cell for each day, the visits and blocks within."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from myotome.clinic.booking.queries import Appointment

DAYS = 7


@dataclass(frozen=True, slots=True)
class Entry:
    """A visit, or a blocked time (`visit` is None); `is_movable` while it has not begun."""

    starts_at: datetime
    ends_at: datetime
    visit: Appointment | None
    room: str
    reason: str
    is_movable: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """One day of one row."""

    day: date
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A practitioner or a room over the days; `n_visits` of them all."""

    title: str
    cells: tuple[Cell, ...]
    n_visits: int


def monday_of(day: date) -> date:
    """The Monday of the day's week."""
    return day - timedelta(days=day.weekday())


def rows_of(
    visits: Sequence[Appointment],
    blocks: Iterable[Any],
    whose: Sequence[Any],
    *,
    by_room: bool,
    monday: date,
    zone: str,
    own: Mapping[int, int],
) -> list[Row]:
    """A row for each of `whose`, in their order; what belongs to nobody of them (a room let go) comes last, unnamed.

    `own` says of patients which practitioner they are: her own visit is a time at which she does not treat.
    """
    local = ZoneInfo(zone)
    found: dict[tuple[int | None, date], list[Entry]] = defaultdict(list)
    known = {row.pk for row in whose}
    for visit in visits:
        room_id, room = _room(visit)
        owner = room_id if by_room else visit.practitioner_id
        is_movable = visit.status in {"booked", "requested"}
        entry = Entry(visit.starts_at, visit.ends_at, visit, room, "", is_movable)
        day = visit.starts_at.astimezone(local).date()
        found[(owner if owner in known else None, day)].append(entry)
        herself = own.get(visit.patient_id)
        if not by_room and herself in known and visit.status != "no_show":
            entry = Entry(visit.starts_at, visit.ends_at, None, "", _("a visit of her own"), False)
            found[(herself, day)].append(entry)
    for block in blocks:
        owner = block.room_id if by_room else block.practitioner_id
        if owner in known:
            entry = Entry(block.starts_at, block.ends_at, None, "", block.reason, False)
            found[(owner, block.starts_at.astimezone(local).date())].append(entry)
    days = [monday + timedelta(days=n) for n in range(DAYS)]
    named = [(row.pk, row.name) for row in whose]
    rest = [(None, "")] if any(owner is None for owner, _ in found) else []
    return [_row(title, [(day, found[(owner, day)]) for day in days]) for owner, title in [*named, *rest]]


def _row(title: str, cells: list[tuple[date, list[Entry]]]) -> Row:
    made = tuple(Cell(day, tuple(sorted(entries, key=lambda e: (e.starts_at, e.ends_at)))) for day, entries in cells)
    return Row(title, made, sum(entry.visit is not None for cell in made for entry in cell.entries))


def _room(visit: Appointment) -> tuple[int | None, str]:
    return next(((span.room_id, span.room.name) for span in visit.spans.all() if span.room_id), (None, ""))
