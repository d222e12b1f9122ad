"""The day board as a value: columns by practitioner (and by room where needles rest) or by room, blocks by 5-minute rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from myotome.clinic.booking.queries import Appointment
from myotome.pages.desk.entries import Entry, entry_of

FIRST_HOUR, LAST_HOUR = 8, 19
LATE_AFTER_MINUTES = 1
MINUTES_IN_ROW = 5


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of a block, in rows; `is_rest` when the practitioner is elsewhere."""

    rows: int
    is_rest: bool


@dataclass(frozen=True, slots=True)
class Block:
    """One appointment on the board: row `start` from the board's top, `rows` long, in `column`."""

    appointment: Appointment
    column: int
    start: int
    rows: int
    css: str
    phases: tuple[Phase, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """A time without a visit on the board, as a `Block` is placed."""

    entry: Entry
    column: int
    start: int
    rows: int


@dataclass(frozen=True, slots=True)
class Column:
    """A head of the board; `owner` is the practitioner or the room, None where there is none; `away` why she does not work."""

    number: int
    title: str
    subtitle: str
    owner: int | None = None
    away: str | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """The whole day; `now_row` is None on other days or outside the hours."""

    day: date
    columns: tuple[Column, ...]
    blocks: tuple[Block, ...]
    kept: tuple[Kept, ...]
    hours: tuple[tuple[int, int], ...]
    now_row: int | None
    arriving: tuple[Block, ...] = field(default=())


def board_of(
    appointments: Sequence[Appointment],
    whose: Sequence[Any],
    kept: Sequence[Entry] = (),
    *,
    away: Mapping[int, str],
    by_room: bool = False,
    day: date,
    zone: str,
    at: datetime,
) -> Board:
    """The board of one wall-clock day in a zone, a column for each practitioner or room of `whose`; `kept` is without a visit, and `away`
    says of practitioners who do not work why.

    Who did not come has left her place to the next, and stands in the list only.
    """
    local = ZoneInfo(zone)
    appointments = [row for row in appointments if row.status != "no_show"]
    starts = [row.starts_at.astimezone(local) for row in appointments]
    first = min([FIRST_HOUR, *(start.hour for start in starts)])
    last = max([LAST_HOUR, *(start.hour + 2 for start in starts)])
    top = datetime.combine(day, time(first), tzinfo=local)
    columns, places = _by_room(appointments, whose) if by_room else _by_practitioner(appointments, whose, away)
    blocks = tuple(_block(row, places[row.pk], top, at) for row in appointments)
    now_row = _rows(at.astimezone(local) - top) if at.astimezone(local).date() == day else None
    in_hours = now_row is not None and 0 <= now_row <= (last - first) * 12
    waiting = [b for b in blocks if b.appointment.status in {"booked", "arrived"} and _is_near(b.appointment, at)]
    return Board(
        day=day,
        columns=columns,
        blocks=blocks,
        kept=_kept(kept, columns, blocks, by_room=by_room, top=top, most=(last - first) * 12),
        hours=tuple((hour, (hour - first) * 12) for hour in range(first, last + 1)),
        now_row=now_row if in_hours else None,
        arriving=tuple(waiting[:8]),
    )


def _kept(
    entries: Sequence[Entry],
    columns: Sequence[Column],
    blocks: Sequence[Block],
    *,
    by_room: bool,
    top: datetime,
    most: int,
) -> tuple[Kept, ...]:
    """Each in the first column of its practitioner or room in which no visit stands then, as far as the board reaches."""
    found = []
    for entry in entries:
        owner = entry.owner(by_room=by_room)
        start, end = max(0, _rows(entry.starts_at - top)), min(most, _rows(entry.ends_at - top))
        hers = [column.number for column in columns if column.owner is not None and column.owner == owner]
        taken = {block.column for block in blocks if block.start < end and start < block.start + block.rows}
        if hers and start < end:
            found.append(Kept(entry, next((n for n in hers if n not in taken), hers[0]), start, end - start))
    return tuple(found)


def _by_practitioner(
    appointments: Sequence[Appointment], practitioners: Sequence[Any], away: Mapping[int, str]
) -> tuple[tuple[Column, ...], dict[int, int]]:
    """The columns, and in which of them each appointment stands; needles that rest have a column for each room."""
    columns: list[Column] = []
    places: dict[int, int] = {}
    for person in practitioners:
        by_room: dict[str, list[Appointment]] = {}
        for row in appointments:
            if row.practitioner_id == person.pk:
                by_room.setdefault(entry_of(row).room if _rests(row) else "", []).append(row)
        for n, room in enumerate(sorted(by_room) or [""]):
            columns.append(
                Column(len(columns) + 1, "" if n else person.name, room, person.pk, None if n else away.get(person.pk))
            )
            places |= {row.pk: len(columns) for row in by_room.get(room, ())}
    return tuple(columns), places


def _by_room(appointments: Sequence[Appointment], rooms: Sequence[Any]) -> tuple[tuple[Column, ...], dict[int, int]]:
    """As `_by_practitioner`; who is in none of these rooms stands in a last column."""
    numbers = {room.pk: n for n, room in enumerate(rooms, start=1)}
    columns = [Column(n, room.name, "", room.pk) for n, room in enumerate(rooms, start=1)]
    places = {row.pk: numbers.get(entry_of(row).room_id or 0, len(columns) + 1) for row in appointments}
    if len(columns) + 1 in places.values() or not columns:
        columns.append(Column(len(columns) + 1, _("Without a room"), ""))
    return tuple(columns), places


def _block(row: Appointment, column: int, top: datetime, at: datetime) -> Block:
    phases: tuple[Phase, ...] = ()
    if _rests(row):
        hers = {span.phase for span in row.spans.all() if span.resource_kind == "practitioner"}
        patient = sorted((span.phase, span) for span in row.spans.all() if span.resource_kind == "patient")
        phases = tuple(Phase(_rows(span.ends_at - span.starts_at), number not in hers) for number, span in patient)
    return Block(
        row, column, max(0, _rows(row.starts_at - top)), _rows(row.ends_at - row.starts_at), _css(row, at), phases
    )


def _css(row: Appointment, at: datetime) -> str:
    words = ["block"]
    if _rests(row):
        words.append("acupuncture")
    elif row.service.kind.startswith("assessment"):
        words.append("assessment")
    if row.status == "booked" and row.starts_at + timedelta(minutes=LATE_AFTER_MINUTES) < at:
        words.append("late")
    words.append(
        {
            "done": "done",
            "arrived": "here",
            "in_room": "in" if _rests(row) else "now",
            "requested": "held",
        }.get(row.status, "")
    )
    return " ".join(filter(None, words))


def _is_near(row: Appointment, at: datetime) -> bool:
    return at - timedelta(hours=3) < row.starts_at < at + timedelta(hours=3)


def _rests(row: Appointment) -> bool:
    kinds = [span.resource_kind for span in row.spans.all()]
    return kinds.count("patient") > kinds.count("practitioner") > 0


def _rows(length: timedelta) -> int:
    return int(length.total_seconds()) // (MINUTES_IN_ROW * 60)
