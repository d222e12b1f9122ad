"""Which clock a board of the desk goes by: places that share a zone share a board, others have one of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from myotome.clinic.booking.kept import SetUp, set_up_of
from myotome.clinic.people.models import Place, Practitioner, Room
from myotome.vocabulary.actors import Actor


@dataclass(frozen=True, slots=True)
class Clock:
    """A zone with the places on whose walls it is; `pk` is its first place's. `is_only` where the clinic has no other.

    `practitioners` are all active ones of the clinic by name, `works_here` those who have hours at these places.
    """

    zone: str
    places: tuple[Place, ...]
    is_only: bool
    practitioners: tuple[Practitioner, ...]
    works_here: frozenset[int]

    @property
    def pk(self) -> int:
        """What an address says for it."""
        return self.places[0].pk

    @property
    def asked(self) -> str:
        """What follows an address that keeps this clock; nothing where the clinic has no other."""
        return "" if self.is_only else f"&place={self.pk}"

    @property
    def name(self) -> str:
        """Its places."""
        return ", ".join(place.name for place in self.places)

    @property
    def place_ids(self) -> frozenset[int]:
        """Its places."""
        return frozenset(place.pk for place in self.places)

    def has(self, place_id: int | None) -> bool:
        """True when this place is on the board; what has no place is on every one."""
        return self.is_only or place_id is None or place_id in self.place_ids

    def here(self, seen: Iterable[int]) -> list[Practitioner]:
        """The practitioners who work at its places, or are `seen` there."""
        shown = self.works_here | set(seen)
        return [row for row in self.practitioners if self.is_only or row.pk in shown]


def clocks_of(actor: Actor, known: SetUp | None = None) -> list[Clock]:
    """The clocks of the clinic, that of its first place first; `known` is its set-up where it is at hand."""
    known = known or set_up_of(actor.clinic_id)
    by_zone: dict[str, list[Place]] = {}
    for place in known.places.values():
        by_zone.setdefault(place.time_zone, []).append(place)
    active = (row for row in known.practitioners.values() if row.is_active)
    people = tuple(sorted(active, key=lambda row: row.name))
    return [
        Clock(zone, tuple(places), len(by_zone) == 1, people, _working(known, places))
        for zone, places in by_zone.items()
    ]


def clock_asked(clocks: Sequence[Clock], place: str) -> Clock:
    """The clock of the place that an address names; the first one for anything else."""
    return next((row for row in clocks if place in {str(pk) for pk in row.place_ids}), clocks[0])


def rooms_at(known: SetUp, clock: Clock) -> list[Room]:
    """The rooms of its places that are in use, in the order of their names."""
    return sorted((row for row in known.rooms if row.is_active and clock.has(row.place_id)), key=lambda row: row.name)


def _working(known: SetUp, places: Sequence[Place]) -> frozenset[int]:
    here = {place.pk for place in places}
    return frozenset(pk for place, pk in {*known.shifts, *known.extra} if place in here)
