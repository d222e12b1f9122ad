"""What is likely from here: treatments and weeks left as ranges, the curve with its band, the stop rule in words.

Everything is read off the same draws. "Recovered" is the latent definition in knowledge.recovery; discharge uses the
clinical one. A quantile that is not reached within 40 treatments is None: "not on this plan".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from myotome.knowledge.recovery import Prior, prior
from myotome.science.followup.particles import Posterior, ScoredVisit, posterior, weighted_quantiles
from myotome.science.followup.recovery import (
    Array,
    Covariates,
    Flags,
    Globals,
    People,
    draw_globals,
    latent_pain,
    natural_pain,
    people_like,
)

MOST_AHEAD = 40
CURVE_AHEAD = 12
LEVELS = (0.10, 0.25, 0.50, 0.75, 0.90)
LEVEL_NAMES = ("q10", "q25", "median", "q75", "q90")
MODEL_VERSION = "recovery-1"


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
    """Ranges by name (q10 ... q90); None is "not within 40 treatments"."""

    treatments_left: dict[str, int | None]
    weeks_left: dict[str, float | None]
    p_recovered_within: dict[int, float]
    p_no_meaningful_change: float
    curve: tuple[CurvePoint, ...]
    natural_course: tuple[CurvePoint, ...]
    stop_rule: StopRule
    n_effective: float
    n_visits: int
    interval_days: float


@dataclass(frozen=True, slots=True)
class StopRule:
    """Of courses still above `line` at visit `visit`, the share that later reaches 30 % relief, as one in `one_in`."""

    visit: int
    line: float
    p_relief_later: float

    @property
    def one_in(self) -> int:
        """The share as one in so many, at least one in one."""
        return max(1, round(1.0 / max(self.p_relief_later, 0.01)))


@cache
def stored_draws(scenario: str = "a") -> tuple[Prior, Globals]:
    """The prior and its stored draws, made once.

    Source: knowledge.recovery
    Check: tests/oracle/test_recovery.py
    """
    chosen = prior(scenario)
    return chosen, draw_globals(chosen)


def visits_remaining(
    about: Covariates,
    visits: Sequence[ScoredVisit],
    *,
    interval_days: float = 7.0,
    scenario: str = "a",
) -> Forecast:
    """The forecast after these visits, when treatments go on every `interval_days`.

    Each visit's treatment is taken as given; `treatments_left` counts those after the last. Without visits the
    forecast is that of the prior for such a person.

    Source: knowledge.recovery, clinic belief
    Check: tests/oracle/test_recovery.py
    """
    chosen, globals_ = stored_draws(scenario)
    after = posterior(people_like(globals_, about), visits)
    return forecast_from(after, chosen, visits, interval_days=interval_days)


def forecast_from(after: Posterior, chosen: Prior, visits: Sequence[ScoredVisit], *, interval_days: float) -> Forecast:
    """The forecast read off a posterior.

    Source: knowledge.recovery
    Check: tests/oracle/test_recovery.py
    """
    people, weights = after.people, after.weights
    given = np.array([visit.day for visit in visits], dtype=float)
    last = float(given[-1]) if len(given) else -interval_days
    ahead = last + interval_days * np.arange(1, MOST_AHEAD + 2, dtype=np.float64)
    latent = _ahead(people, given, ahead)
    line = np.maximum(
        chosen.number("recovered", "at_most"), chosen.number("recovered", "share_of_first") * people.first_pain
    )
    below = latent <= line[:, None]
    left = np.where(below.any(axis=1), below.argmax(axis=1), MOST_AHEAD + 1).astype(float)
    quantiles = weighted_quantiles(left, weights, LEVELS)
    counts = {name: int(q) if q <= MOST_AHEAD else None for name, q in zip(LEVEL_NAMES, quantiles, strict=True)}
    relief = latent <= chosen.number("meaningful", "share_of_first") * people.first_pain[:, None]
    return Forecast(
        treatments_left=counts,
        weeks_left={name: None if n is None else round(n * interval_days / 7.0, 1) for name, n in counts.items()},
        p_recovered_within={n: float(weights[left <= n].sum()) for n in (4, 8, 12)},
        p_no_meaningful_change=float(weights[~relief[:, : CURVE_AHEAD + 1].any(axis=1)].sum()),
        curve=_curve(latent[:, : CURVE_AHEAD + 1], weights, ahead),
        natural_course=_natural(people, weights, ahead),
        stop_rule=_stop_rule(after, relief, latent, len(visits)),
        n_effective=after.n_effective,
        n_visits=len(visits),
        interval_days=interval_days,
    )


def stop_rule_sentence(rule: StopRule) -> str:
    """The stop rule as the practitioner reads it."""
    return (
        f"If visit {rule.visit} is still above {rule.line:.1f}, about one in {rule.one_in} courses like this "
        "reaches 30 % relief later: change the plan or refer."
    )


def _ahead(people: People, given: Array, ahead: Array) -> Array:
    """Latent pain before each treatment ahead, shape (draw, ahead), by the recursion that uneven past and even
    future allow: what lasts adds up, what rebounds fades by one factor an interval."""
    step = float(ahead[1] - ahead[0])
    fade = np.exp(-step / people.tau)
    gap = ahead[0] - given
    rebound = np.exp(-gap[None, :] / people.tau[:, None]).sum(axis=1) if len(given) else np.zeros(len(people.g))
    work = np.empty((len(people.g), len(ahead)))
    for k in range(len(ahead)):
        work[:, k] = people.rho * (len(given) + k) + (1.0 - people.rho) * rebound
        rebound = (rebound + 1.0) * fade
    fall = np.exp(-people.lam[:, None] * np.maximum(ahead, 0.0)[None, :] / 7.0 - people.g[:, None] * work)
    return np.asarray(people.floor[:, None] + (people.first_pain - people.floor)[:, None] * fall)


def _curve(latent: Array, weights: Array, ahead: Array) -> tuple[CurvePoint, ...]:
    points = []
    for k in range(latent.shape[1]):
        q10, q25, q50, q75, q90 = (round(q, 3) for q in weighted_quantiles(latent[:, k], weights, LEVELS))
        points.append(CurvePoint(k, float(max(ahead[k], 0.0)), q10, q50, q90, q25, q75))
    return tuple(points)


def _natural(people: People, weights: Array, ahead: Array) -> tuple[CurvePoint, ...]:
    days = np.maximum(ahead[: CURVE_AHEAD + 1], 0.0)
    return _curve(natural_pain(people, days), weights, ahead)


def _stop_rule(after: Posterior, relief: Flags, latent: Array, n_visits: int) -> StopRule:
    """Two visits on: among draws with no relief by then, the share that finds it within twelve more."""
    weights = after.weights
    wait = 2 if n_visits else 4
    not_yet = ~relief[:, :wait].any(axis=1)
    later = relief[:, wait : wait + CURVE_AHEAD].any(axis=1)
    mass = float(weights[not_yet].sum())
    share = float(weights[not_yet & later].sum()) / mass if mass > 0 else 0.0
    line = 0.7 * weighted_quantiles(after.people.first_pain, weights, [0.5])[0]
    return StopRule(visit=n_visits + wait, line=round(line, 1), p_relief_later=share)


__all__ = [
    "CurvePoint",
    "Forecast",
    "StopRule",
    "forecast_from",
    "latent_pain",
    "stop_rule_sentence",
    "stored_draws",
    "visits_remaining",
]
