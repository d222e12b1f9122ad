"""Free times that leave no gap: those that touch what a practitioner has already, before or after, come first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from myotome.clinic.booking.models import Service
from myotome.clinic.booking.queries import Offer, free_times_for, phases_of
from myotome.clinic.booking.taken import taken_between
from myotome.science.booking.free import FreeTime, best_packed
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.scheduling import TICK_SECONDS, tick_of


def packed_times_for(
    actor: Actor, *, service: Service, first_day: date, n_days: int, at: datetime, n: int, **who: Any
) -> list[Offer]:
    """At most `n` free times that touch another visit of their practitioner, those between two visits first.

    `who` is as for `free_times_for`. Starts lie on 5-minute steps, so that a visit can begin when another has ended.
    """
    offers = free_times_for(actor, service=service, first_day=first_day, n_days=n_days, at=at, step_minutes=5, **who)
    by_time = {FreeTime(tick_of(o.starts_at), o.practitioner_id, o.room_id): o for o in offers}
    taken = _taken(actor, first_day, n_days, at=at, who=who)
    minutes = sum(phase.minutes for phase in phases_of(service)) + service.buffer_minutes
    n_ticks = minutes * 60 // TICK_SECONDS
    touching = [
        row
        for row in by_time
        if row.tick - 1 in taken.get(row.practitioner, ()) or row.tick + n_ticks in taken.get(row.practitioner, ())
    ]
    return [by_time[row] for row in best_packed(touching, taken, n_ticks)[:n]]


def _taken(actor: Actor, first_day: date, n_days: int, *, at: datetime, who: Mapping[str, Any]) -> dict[int, set[int]]:
    """The ticks in which each practitioner has something."""
    start = datetime.combine(first_day - timedelta(days=1), time(), tzinfo=UTC)
    end = datetime.combine(first_day + timedelta(days=n_days + 1), time(), tzinfo=UTC)
    a, b = (tick_of(moment) for moment in (start, end))
    ignored = {name: value for name, value in who.items() if name.startswith("ignore_")}
    diary = taken_between(actor.clinic_id, a, b, at=at, **ignored)
    found: dict[int, set[int]] = {}
    for resource, stretches in diary.busy.items():
        kind, _colon, pk = resource.partition(":")
        if kind == "practitioner":
            found[int(pk)] = {tick for first, last in stretches.tolist() for tick in range(first, last)}
    return found
