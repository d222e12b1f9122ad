"""A plain baseline as what a clinic's forecasts say, where it has forecast better than the recovery model.

It knows where a score begins and where courses of this clinic stood some six weeks after the first visit, with the
spread it was off by on courses left out. On the way there, and on from there, it takes pain to change by the same share
each day; of the next score it knows by how much it was off there. It knows nothing of what a treatment does: the natural
course, other spacings and the stop rule stay those of the recovery model, which always runs beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from myotome.knowledge.recovery import Prior
from myotome.science.followup.baselines import BASELINES, Baseline, Numbers
from myotome.science.followup.draws import Array
from myotome.science.followup.forecast import (
    CURVE_AHEAD,
    MOST_AHEAD,
    CurvePoint,
    counted,
    curve_of,
    treatments_until_recovered,
)
from myotome.science.followup.particles import ScoredVisit
from myotome.science.followup.quantiles import whole_quantiles
from myotome.science.followup.recovery import EXPECTED, Covariates

PLAIN_VERSION = "plain-3"
KIND = "baseline"
FIRST, THIRD = "first", "third"
SCORES_OF_THIRD = 3
FEWEST_DAYS = 7.0
NEAR_ZERO = 0.5
LEVELS = np.linspace(0.005, 0.995, 100)


@dataclass(frozen=True, slots=True)
class Learned:
    """One baseline as learned from a score (the first, or the third) to another `days` later; `off` are its residuals
    there, and `off_next` those at the very next score."""

    days: float
    numbers: Numbers
    off: tuple[float, ...]
    off_next: tuple[float, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Plain:
    """The baseline `name` of the fit `version`, learned from `n` courses; `learned` by where it starts (first, third)."""

    name: str
    version: str
    n: int
    data_hash: str
    learned: Mapping[str, Learned]


def plain_covariates(about: Covariates) -> tuple[float, ...]:
    """Duration, extent, scar, age and what she expects on the scale of the model, what is not known at the middle.

    Source: judgement
    Check: tests/oracle/test_plain.py
    """
    weeks = 26.0 if about.duration_weeks is None else max(about.duration_weeks, 0.5)
    age = 45.0 if about.age is None else about.age
    return (
        float(np.log(weeks / 26.0)),
        float(np.log((about.n_segments or 2) / 2.0)),
        float(about.scar or 0),
        (age - 45.0) / 10.0,
        EXPECTED[about.expected] if about.expected else 0.0,
    )


def plain_answer(
    plain: Plain, chosen: Prior, about: Covariates, visits: Sequence[ScoredVisit], *, interval_days: float
) -> dict[str, Any] | None:
    """What the baseline says in the words of a forecast (ranges, odds, curve, next score); None before any score.

    Source: judgement (the same share of pain each day)
    Check: tests/oracle/test_plain.py
    """
    scored = [visit for visit in visits if visit.nrs is not None]
    if not scored:
        return None
    learned = plain.learned.get(THIRD if len(scored) >= SCORES_OF_THIRD else FIRST) or plain.learned[FIRST]
    start, first = float(scored[-1].nrs or 0), float(scored[0].nrs or 0)
    one = BASELINES[plain.name]
    point = one.point(learned.numbers, np.array([start]), np.array([plain_covariates(about)]))[0]
    ahead = visits[-1].day + interval_days * np.arange(1, MOST_AHEAD + 2)
    share = (ahead - scored[-1].day) / learned.days
    off = np.array(learned.off)
    pain = on_the_way(start, one.members(point, off)[None, :], share[:, None])
    weights = np.full(len(off), 1.0 / len(off))
    left = treatments_until_recovered(pain, np.full(len(off), first), chosen)
    line = min(chosen.number("meaningful", "share_of_first") * first, first - chosen.number("meaningful", "points"))
    changed = (pain[: CURVE_AHEAD + 1] <= line).any(axis=0)
    counts, weeks, within = counted(left, weights, interval_days)
    now = float(start)
    return {
        "treatments_left": counts,
        "weeks_left": weeks,
        "p_recovered_within": {str(n): round(p, 4) for n, p in within.items()},
        "p_no_meaningful_change": round(float(1.0 - changed.mean()), 4),
        "curve": curve_of(pain, weights, ahead[: CURVE_AHEAD + 1]),
        "now": CurvePoint(0, round(visits[-1].day, 3), now, now, now, now, now),
        "first_pain": first,
        "next_score": _next_score(one, on_the_way(start, point, share[0]), np.array(learned.off_next)),
    }


def on_the_way(start: Array | float, end: Array | float, share: Array | float) -> Array:
    """Pain 0-10 when `share` of the days from `start` to `end` have gone, the same part of it each day; half a point is
    added meanwhile, so that 0 can be reached and left.

    Source: judgement
    Check: tests/oracle/test_plain.py
    """
    rate = np.log((np.clip(end, 0.0, 10.0) + NEAR_ZERO) / (np.asarray(start) + NEAR_ZERO))
    return np.asarray(np.clip((start + NEAR_ZERO) * np.exp(share * rate) - NEAR_ZERO, 0.0, 10.0))


def _next_score(one: Baseline, middle: Array, off: Array) -> dict[str, Any]:
    """What she may answer next: what is forecast for then, off by as much as such forecasts were."""
    scores = np.clip(np.rint(one.members(middle, off)), 0, 10)
    low, half, high = whole_quantiles(scores, np.full(len(off), 1.0 / len(off)), (0.10, 0.50, 0.90))
    p = np.bincount(scores.astype(np.int64), minlength=11) / len(off)
    return {"q10": low, "median": half, "q90": high, "p": [round(float(one), 4) for one in p]}
