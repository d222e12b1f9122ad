"""Nobody works at two places at once: asked of a day when its hours have been changed, before the change is kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from myotome.clinic.booking.hours import described_by_place
from myotome.clinic.booking.kept import SetUp
from myotome.clinic.people.models import Practitioner
from myotome.vocabulary.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class AtTwoPlaces:
    """Who would be at which two places at the same time, the one described first before the other."""

    name: str
    places: tuple[str, str]
    place_ids: tuple[int, int]

    def beside(self, place_id: int | None) -> str:
        """The name of the place that is not this one."""
        return self.places[1] if place_id == self.place_ids[0] else self.places[0]


def at_two_places(set_up: SetUp, days: Iterable[date], practitioner_id: int | None = None) -> AtTwoPlaces | None:
    """Who works at two places at once on one of these days as the set-up is now; None when nobody does.

    With `practitioner_id` only she is looked at. Two places may have two clocks: instants are compared.
    """

    def whom(row: Practitioner) -> bool:
        return row.is_active and practitioner_id in {None, row.pk}

    for day in days:
        seen: dict[int, list[int]] = {}
        hours = described_by_place(set_up, whom, day, day)
        for place_id, people in hours.items():
            for pk, here in people.items():
                for other in seen.setdefault(pk, []):
                    if any(one.overlaps(two) for one in here for two in hours[other][pk]):
                        both = (other, place_id)
                        names = set_up.places[other].name, set_up.places[place_id].name
                        return AtTwoPlaces(set_up.practitioners[pk].name, names, both)
                seen[pk].append(place_id)
    return None


def check_one_place(set_up: SetUp, day: date, practitioner_id: int | None = None) -> None:
    """Nothing, when a day that is open again leaves nobody at two places at once.

    Raises:
        InvalidValue: somebody would be; names both places.
    """
    if clash := at_two_places(set_up, [day], practitioner_id):
        raise InvalidValue(
            "With {day} open again {name} would be at {place} and at {other} at the same time. Take the extra shift of that "
            "day away first.",
            field="on",
            day=day.isoformat(),
            name=clash.name,
            place=clash.places[0],
            other=clash.places[1],
        )
