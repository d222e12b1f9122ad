"""The week as a value: a row for each practitioner or room, a cell for each day, the visits and blocks within."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from myotome.clinic.booking.queries import Appointment
from myotome.pages.desk.entries import Entry, entry_of, in_order, kept_without_a_visit, within

DAYS = 7


@dataclass(frozen=True, slots=True)
class Cell:
    """One day of one row; `away` why a practitioner does not work, None where she does."""

    day: date
    entries: tuple[Entry, ...]
    away: str | None = None


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
    own: Mapping[int, Any],
    away: Mapping[tuple[int, date], str],
) -> list[Row]:
    """A row for each of `whose`, in their order; what belongs to nobody of them (a room let go) comes last, unnamed.

    `own` says of patients which practitioner they are: her own visit is a time at which she does not treat. What is blocked
    over midnight stands in each of its days. `away` says on which days a practitioner does not work, and why.
    """
    local = ZoneInfo(zone)
    days = [monday + timedelta(days=n) for n in range(DAYS)]
    found: dict[tuple[int | None, date], list[Entry]] = defaultdict(list)
    known = {row.pk for row in whose}
    for entry in map(entry_of, visits):
        owner = entry.owner(by_room=by_room)
        found[(owner if owner in known else None, entry.starts_at.astimezone(local).date())].append(entry)
    for entry in kept_without_a_visit(visits, blocks, own=own):
        owner = entry.owner(by_room=by_room)
        for day in days if owner in known else ():
            if part := within(entry, day, local):
                found[(owner, day)].append(part)
    named = [(row.pk, row.name) for row in whose]
    rest = [(None, "")] if any(owner is None for owner, _ in found) else []
    return [
        _row(
            title,
            [
                Cell(day, tuple(in_order(found[(pk, day)])), None if by_room else away.get((pk or 0, day)))
                for day in days
            ],
        )
        for pk, title in [*named, *rest]
    ]


def _row(title: str, cells: Sequence[Cell]) -> Row:
    return Row(title, tuple(cells), sum(entry.visit is not None for cell in cells for entry in cell.entries))
