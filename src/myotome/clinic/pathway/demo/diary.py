"""The demo's diary: free times kept in memory, so that ten thousand courses are placed without asking the database."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from myotome.clinic.pathway.demo.house import House
from myotome.vocabulary.scheduling import TICK_SECONDS, Phase, tick_of

OPENS, CLOSES = 8, 17


class Diary:
    """Which ticks of practitioners and rooms are taken, by day."""

    def __init__(self, house: House, rng: np.random.Generator) -> None:
        self.house, self.rng = house, rng
        self.zone = ZoneInfo(house.clinic.time_zone)
        self.taken: dict[str, set[int]] = defaultdict(set)
        self.starts: dict[date, int] = {}

    def place(
        self, practitioner_id: int, day: date, phases: list[Phase], *, near_days: int = 4
    ) -> tuple[datetime, int] | None:
        """(start in UTC, room id) of a time that is free on the day or soon after; None when there is none."""
        for shift in range(near_days + 1):
            on = day + timedelta(days=shift)
            if on.weekday() == 6 and on != self.house.today:
                continue
            found = self._on(practitioner_id, on, phases)
            if found is not None:
                return found
        return None

    def _on(self, practitioner_id: int, on: date, phases: list[Phase]) -> tuple[datetime, int] | None:
        first = self._opening(on)
        total = sum(phase.minutes for phase in phases) * 60 // TICK_SECONDS
        slots = (CLOSES - OPENS) * 12 - total
        step = 4 if len(phases) > 1 else 6
        for offset in self.rng.permutation(slots // step + 1):
            tick = first + int(offset) * step
            mine, roomy = self._ticks(tick, phases)
            if self.taken[f"p{practitioner_id}"].isdisjoint(mine):
                for room in self.house.rooms:
                    if self.taken[f"r{room.pk}"].isdisjoint(roomy):
                        self.taken[f"p{practitioner_id}"].update(mine)
                        self.taken[f"r{room.pk}"].update(roomy)
                        return datetime.fromtimestamp(tick * TICK_SECONDS, tz=UTC), room.pk
        return None

    def _opening(self, on: date) -> int:
        if on not in self.starts:
            local = datetime.combine(on, time(OPENS), tzinfo=self.zone)
            self.starts[on] = tick_of(local)
        return self.starts[on]

    @staticmethod
    def _ticks(tick: int, phases: list[Phase]) -> tuple[list[int], list[int]]:
        mine: list[int] = []
        roomy: list[int] = []
        for phase in phases:
            n = phase.minutes * 60 // TICK_SECONDS
            if phase.practitioner:
                mine += range(tick, tick + n)
            if phase.room:
                roomy += range(tick, tick + n)
            tick += n
        return mine, roomy
