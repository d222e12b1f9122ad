"""The record of being right: how often the next answer fell in the range that a forecast gave for it.

A forecast predicts latent pain, which nobody sees; what can be held against it is the score that was given before the
next treatment. Its range should hold eight in ten of these. Forecasts before any answer are counted apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from myotome.clinic.followup.models import ForecastShown
from myotome.vocabulary.actors import Actor

MOST_FORECASTS = 600
KEPT_SECONDS = 900
ENOUGH = 20


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """Of `n` forecasts of this clinic whose next answer is known, `n_held` held it."""

    n: int
    n_held: int

    @property
    def is_enough(self) -> bool:
        """Whether there are enough to say anything."""
        return self.n >= ENOUGH

    @property
    def in_hundred(self) -> int:
        """How many of a hundred were held."""
        return round(100 * self.n_held / self.n) if self.n else 0


def track_record(actor: Actor, *, at: datetime) -> TrackRecord:
    """The clinic's record over its latest forecasts, worked out anew every quarter of an hour. Names no patient."""
    return _kept(actor.clinic_id, int(at.timestamp()) // KEPT_SECONDS)


@lru_cache(maxsize=64)
def _kept(clinic_id: int, _quarter: int) -> TrackRecord:
    rows = ForecastShown.objects.filter(clinic_id=clinic_id).order_by("-pk")
    return TrackRecord(*held(rows.values_list("course_id", "evidence", "answer__next_score")[:MOST_FORECASTS]))


def held(rows: Iterable[tuple[int, Mapping[str, Any], Mapping[str, int] | None]]) -> tuple[int, int]:
    """(forecasts whose next answer is known, those that held it), from (course, evidence, range of the next score)."""
    rows = list(rows)
    longest: dict[int, list[dict[str, Any]]] = {}
    for course_id, evidence, _range in rows:
        visits = evidence.get("visits", [])
        if len(visits) > len(longest.get(course_id, [])):
            longest[course_id] = visits
    n = n_held = 0
    seen: set[tuple[int, int]] = set()
    for course_id, evidence, wanted in rows:
        at = len(evidence.get("visits", []))
        if wanted is None or at == 0 or (course_id, at) in seen or len(longest.get(course_id, [])) <= at:
            continue
        seen.add((course_id, at))
        score = longest[course_id][at]["nrs"]
        if score is not None:
            n += 1
            n_held += wanted["q10"] <= score <= wanted["q90"]
    return n, n_held
