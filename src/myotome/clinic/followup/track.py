"""The record of being right: how past forecasts of this clinic met the next answer, and how the two recoveries agree.

A forecast predicts latent pain, which nobody sees; what can be held against it is the score that was given before the
next treatment. Its range should hold eight in ten of these, and its CRPS, in points of the scale, should be low: that of
one who named the right number every time is 0. Forecasts made at the first visit or before it, which knew one answer at
most, are counted apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db.models import OuterRef, Subquery

from myotome.clinic.followup.models import Discharge, ForecastShown
from myotome.science.followup.definitions import is_latently_recovered
from myotome.science.followup.verification import crps_of_whole
from myotome.vocabulary.actors import Actor

MOST_FORECASTS = 600
MOST_COURSES = 600
KEPT_SECONDS = 900
ENOUGH = 20


@dataclass(frozen=True, slots=True)
class Met:
    """Of `n` forecasts whose next answer is known, `n_held` held it; `crps` is the mean over those that gave whole odds."""

    n: int = 0
    n_held: int = 0
    crps: float | None = None

    @property
    def is_enough(self) -> bool:
        """Whether there are enough to say anything."""
        return self.n >= ENOUGH

    @property
    def in_hundred(self) -> int:
        """How many of a hundred were held."""
        return round(100 * self.n_held / self.n) if self.n else 0


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """Forecasts at the first visit or before it, those after it, and ended courses where both definitions can be told.

    Of `n_ended` the latent and the clinical definition of recovered said the same of `n_agreed`.
    """

    first: Met
    later: Met
    n_ended: int = 0
    n_agreed: int = 0


def track_record(actor: Actor, *, at: datetime) -> TrackRecord:
    """The clinic's record over its latest forecasts, worked out anew every quarter of an hour. Names no patient."""
    return _kept(actor.clinic_id, int(at.timestamp()) // KEPT_SECONDS)


@lru_cache(maxsize=64)
def _kept(clinic_id: int, _quarter: int) -> TrackRecord:
    rows = ForecastShown.objects.filter(clinic_id=clinic_id).order_by("-pk")
    rows = rows.values_list("course_id", "evidence", "answer__next_score", "after_visit")[:MOST_FORECASTS]
    # One that has read a part of a long course numbers its visits from there, and meets no answer by that number.
    whole = (row for *row, n_visits in rows if len(row[1].get("visits", [])) == n_visits)
    first, later = met(whole)
    n_ended, n_agreed = agreed(ended_courses(clinic_id))
    return TrackRecord(first, later, n_ended, n_agreed)


def met(rows: Iterable[tuple[int, Mapping[str, Any], Mapping[str, Any] | None]]) -> tuple[Met, Met]:
    """Forecasts that have met their next answer, (at the first visit or before it, later), from (course, evidence,
    what it gave for the next score). Of several with the same visits behind them the newest counts."""
    rows = list(rows)
    longest: dict[int, list[dict[str, Any]]] = {}
    for course_id, evidence, _next in rows:
        visits = evidence.get("visits", [])
        if len(visits) > len(longest.get(course_id, [])):
            longest[course_id] = visits
    found: tuple[list[tuple[bool, float | None]], ...] = ([], [])
    seen: set[tuple[int, int]] = set()
    for course_id, evidence, given in rows:
        at = len(evidence.get("visits", []))
        if given is None or (course_id, at) in seen or len(longest.get(course_id, [])) <= at:
            continue
        seen.add((course_id, at))
        score = longest[course_id][at]["nrs"]
        if score is not None:
            odds = given.get("p")
            crps = crps_of_whole(odds, score) if odds else None
            found[at > 1].append((given["q10"] <= score <= given["q90"], crps))
    return _met(found[0]), _met(found[1])


def _met(rows: list[tuple[bool, float | None]]) -> Met:
    scored = [crps for _held, crps in rows if crps is not None]
    mean = round(sum(scored) / len(scored), 2) if scored else None
    return Met(n=len(rows), n_held=sum(held for held, _crps in rows), crps=mean)


def ended_courses(clinic_id: int) -> list[tuple[bool | None, bool | None]]:
    """Of the latest ended courses whether they were recovered, by the latent definition and by the clinical one."""
    last = ForecastShown.objects.filter(course_id=OuterRef("course_id")).order_by("-pk").values("pk")[:1]
    rows = Discharge.objects.filter(clinic_id=clinic_id).order_by("-pk").annotate(last=Subquery(last))
    ended = list(rows.values_list("last", "summary__definitions__recovered__holds")[:MOST_COURSES])
    forecasts = ForecastShown.objects.filter(pk__in=[pk for pk, _clinical in ended if pk is not None])
    latent = {
        pk: is_latently_recovered(now, first_pain)
        for pk, now, first_pain in forecasts.values_list("pk", "answer__now__median", "answer__first_pain")
    }
    return [(latent.get(pk), clinical) for pk, clinical in ended]


def agreed(rows: Iterable[tuple[bool | None, bool | None]]) -> tuple[int, int]:
    """(courses where both definitions can be told, those where they say the same)."""
    both = [(latent, clinical) for latent, clinical in rows if latent is not None and clinical is not None]
    return len(both), sum(latent == clinical for latent, clinical in both)
