"""What is likely from here: treatments and weeks left as ranges, the curve with its band, the natural course beside it.

Everything is read off the same draws. "Recovered" is the latent definition in knowledge.recovery; discharge uses the
clinical one. A quantile that is not reached within 40 treatments is None: "not on this plan".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from myotome.knowledge.recovery import Prior
from myotome.science.followup.draws import Array, Basis, prior_basis
from myotome.science.followup.particles import Posterior, ScoredVisit, either, unscored, updated
from myotome.science.followup.quantiles import pain_quantiles, whole_quantiles
from myotome.science.followup.recovery import (
    Covariates,
    People,
    natural_pain,
    pain_after,
    pain_ahead,
    rebound_left,
)
from myotome.science.followup.stopping import Ahead, StopRule, stop_rule, treatments_without_change

MOST_AHEAD = 40
MOST_KEPT = 24
CURVE_AHEAD = 12
WITHIN = (4, 8, 12)
LEVELS = (0.10, 0.25, 0.50, 0.75, 0.90)
LEVEL_NAMES = ("q10", "q25", "median", "q75", "q90")
MODEL_VERSION = "recovery-6"
MISSING_SHARE = 0.15
"""Of the zeros straight after a 4 or more so many are taken as missing scores typed as a number, where nobody made sure of
them. Judgement: in a published table of headaches (vickers2004) they were a quarter of all rows."""


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Latent pain before the next treatment once `treatment` more were given, on `day` since the first visit."""

    treatment: int
    day: float
    q10: float
    median: float
    q90: float
    q25: float
    q75: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """Ranges by name (q10 ... q90); None is "not within 40 treatments". `now` is latent pain before the last treatment
    (None before the first), `next_score` what she may answer next, in eight of ten courses, and as the probability
    `p` of each whole score."""

    treatments_left: dict[str, int | None]
    weeks_left: dict[str, float | None]
    p_recovered_within: dict[int, float]
    p_no_meaningful_change: float
    curve: tuple[CurvePoint, ...]
    natural_course: tuple[CurvePoint, ...]
    now: CurvePoint | None
    first_pain: float
    next_score: dict[str, Any]
    stop_rule: StopRule
    n_effective: float
    n_visits: int
    interval_days: float


def visits_remaining(
    about: Covariates,
    visits: Sequence[ScoredVisit],
    *,
    interval_days: float = 7.0,
    basis: Basis | None = None,
    doubted: Sequence[ScoredVisit] | None = None,
) -> Forecast:
    """The forecast after these visits, when treatments go on every `interval_days`. With `doubted`, the same visits with
    fewer scores, it holds both: one in so many (`MISSING_SHARE`) of what it says is of these.

    Each visit's treatment is taken as given; `treatments_left` counts those after the last. Without visits the
    forecast is that of the basis for such a person; the basis is the prior of scenario A unless a fit is given.

    Source: knowledge.recovery
    Check: tests/oracle/test_forecast.py
    """
    basis = prior_basis() if basis is None else basis
    after = _after(basis, about, tuple(visits))
    if doubted is not None:
        after = either(after, _after(basis, about, tuple(doubted)), MISSING_SHARE)
    return forecast_from(after, basis.prior, visits, interval_days=interval_days)


@lru_cache(maxsize=MOST_KEPT)
def _after(basis: Basis, about: Covariates, visits: tuple[ScoredVisit, ...]) -> Posterior:
    """The posterior, kept for a while: the next visit, and another spacing of the same course, begin from it."""
    if not visits:
        return unscored(basis.draws_with(about.practitioner), about)
    return updated(basis.prior, _after(basis, about, visits[:-1]), about, visits)


def forecast_from(after: Posterior, chosen: Prior, visits: Sequence[ScoredVisit], *, interval_days: float) -> Forecast:
    """The forecast read off a posterior, in single precision: what is shown are hundredths of a point.

    Source: knowledge.recovery
    Check: tests/oracle/test_forecast.py
    """
    people, weights = after.people.in_single_precision(), after.weights
    given = np.array([visit.day for visit in visits], dtype=float)
    last = float(given[-1]) if len(given) else -interval_days
    ahead = last + interval_days * np.arange(1, MOST_AHEAD + 2)
    rebound = rebound_left(people, given, ahead[0])
    latent = pain_ahead(people, given, ahead, rebound)
    left = treatments_until_recovered(latent, people.first_pain, chosen)
    counts, weeks, within = counted(left, weights, interval_days)
    eased = chosen.number("meaningful", "share_of_first") * people.first_pain
    meaningful = np.minimum(eased, people.first_pain - chosen.number("meaningful", "points"))
    changed = (latent[: CURVE_AHEAD + 1] <= meaningful).any(axis=0)
    shown = ahead[: CURVE_AHEAD + 1]
    return Forecast(
        treatments_left=counts,
        weeks_left=weeks,
        p_recovered_within=within,
        p_no_meaningful_change=min(1.0, float(~changed @ weights)),
        curve=curve_of(latent, weights, shown),
        natural_course=curve_of(natural_pain(people, shown), weights, shown),
        now=_now(people, given, weights),
        first_pain=float(pain_quantiles(people.first_pain[None, :], weights, [0.5])[0, 0]),
        next_score=_next_score(latent[0] + people.bad_day * (len(given) == 0), people.noise, weights),
        stop_rule=stop_rule(
            Ahead(ahead, latent, rebound, eased),
            people,
            weights,
            len(visits),
            n_without_change=treatments_without_change([visit.nrs for visit in visits]),
        ),
        n_effective=after.n_effective,
        n_visits=len(visits),
        interval_days=interval_days,
    )


def counted(
    left: Array, weights: Array, interval_days: float
) -> tuple[dict[str, int | None], dict[str, float | None], dict[int, float]]:
    """Quantiles of treatments left, the same in weeks, and the share that is there within 4, 8 and 12.

    Source: knowledge.recovery
    Check: tests/oracle/test_forecast.py
    """
    quantiles = whole_quantiles(left, weights, LEVELS)
    counts = {name: n if n <= MOST_AHEAD else None for name, n in zip(LEVEL_NAMES, quantiles, strict=True)}
    weeks = {name: None if n is None else round(n * interval_days / 7.0, 1) for name, n in counts.items()}
    reached = np.cumsum(np.bincount(left.astype(np.int64), weights, MOST_AHEAD + 2))
    return counts, weeks, {n: min(1.0, float(reached[n])) for n in WITHIN}


def treatments_until_recovered(latent: Array, first_pain: Array, chosen: Prior) -> Array:
    """Treatments still given before latent pain (ahead, draw) first is at the recovered line; ahead if never.

    Source: knowledge.recovery (latent-1)
    Check: tests/oracle/test_forecast.py
    """
    line = recovered_line(first_pain, chosen)
    to_come = np.arange(len(latent), 0, -1, dtype=np.int16)[:, None]
    return np.asarray(len(latent) - ((latent <= line) * to_come).max(axis=0)).astype(float)


def recovered_line(first_pain: Array, chosen: Prior) -> Array:
    """The latent pain that counts as recovered: 1.5, or a quarter of first pain where that is more.

    Source: judgement (definition latent-1)
    Check: tests/oracle/test_forecast.py
    """
    at_most, share = chosen.number("recovered", "at_most"), chosen.number("recovered", "share_of_first")
    return np.maximum(at_most, share * first_pain)


def curve_of(latent: Array, weights: Array, days: Array) -> tuple[CurvePoint, ...]:
    """Quantiles of pain (day, draw) on each of the days.

    Source: judgement
    Check: tests/oracle/test_forecast.py
    """
    bands = pain_quantiles(latent[: len(days)], weights, LEVELS).tolist()
    return tuple(
        CurvePoint(k, round(float(day), 3), q10, q50, q90, q25, q75)
        for k, (day, (q10, q25, q50, q75, q90)) in enumerate(zip(days, bands, strict=True))
    )


def _now(people: People, given: Array, weights: Array) -> CurvePoint | None:
    if not len(given):
        return None
    latent = pain_after(people, given[:-1], given[-1])
    return curve_of(latent[None, :], weights, given[-1:])[0]


def _next_score(expected: Array, noise: Array, weights: Array) -> dict[str, Any]:
    """Quantiles of the whole score she may give before the next treatment, noise and rounding included."""
    scores = np.clip(np.rint(expected + noise * _standard_normals(len(expected))), 0, 10)
    low, middle, high = whole_quantiles(scores, weights, (0.10, 0.50, 0.90))
    p = np.bincount(scores.astype(np.int64), weights, 11)
    return {"q10": low, "median": middle, "q90": high, "p": [round(float(share), 4) for share in p / p.sum()]}


@lru_cache(maxsize=MOST_KEPT)
def _standard_normals(n: int) -> Array:
    """The same `n` for every forecast."""
    return np.random.Generator(np.random.PCG64(n)).standard_normal(n, dtype=np.float32)
