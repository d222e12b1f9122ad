"""Past forecasts of a month beside plain baselines, without a fit: what would she answer next?

Each forecast that met its answer is held against what the four baselines would have said in its place, on the very words
that speak where one takes over (`science.followup.plain`). They are learned from courses as they stood before the month.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from myotome.refit.courses import is_readable
from myotome.refit.result import plain_of
from myotome.refit.scores import FEWEST, MODEL
from myotome.science.followup.answer import DEFAULT_INTERVAL_DAYS
from myotome.science.followup.baselines import BASELINES
from myotome.science.followup.course import covariates_of, visits_from
from myotome.science.followup.doubts import without_first_zero
from myotome.science.followup.draws import prior_basis
from myotome.science.followup.plain import FIRST, Plain, plain_answer
from myotome.science.followup.verification import Verdict, crps_of_whole

NEXT = "next"
Said = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MetForecast:
    """A forecast that has met its answer: the course as it was known, what the model said of the next score (`q10`,
    `median`, `q90`, and `p` of each whole score), and the score that came."""

    course: Mapping[str, Any]
    said: Said
    came: int


def scores_of_month(met: Sequence[MetForecast], plain: Mapping[str, Any]) -> dict[str, Any]:
    """CRPS, MAE and coverage of the model and the baselines on these forecasts, as `scores_of_fit` gives them, by the name
    `next`; empty where fewer than twenty can be judged, or where earlier courses were too few to learn a baseline from.
    """
    if FIRST not in plain:
        return {}
    told = {name: plain_of({"plain": plain, "data": {"hash": ""}}, name, version="") for name in BASELINES}
    rows = [row for one in met if is_readable(one.course) and (row := _beside(one, told))]
    if len(rows) < FEWEST:
        return {}
    came = [one.came for one, _said in rows]
    found: dict[str, Any] = {"n": len(rows)}
    for name in (MODEL, *BASELINES):
        found[name] = asdict(_verdict([said[name] for _one, said in rows], came))
    return {NEXT: found}


def _beside(one: MetForecast, told: Mapping[str, Plain | None]) -> tuple[MetForecast, dict[str, Said]] | None:
    """What each says of the next score; None before any score, where a baseline has nothing to say."""
    about, visits = covariates_of(one.course), without_first_zero(visits_from(one.course.get("visits")))
    interval = one.course.get("interval_days") or DEFAULT_INTERVAL_DAYS
    said: dict[str, Said] = {MODEL: one.said}
    for name, plain in told.items():
        answer = plain and visits and plain_answer(plain, prior_basis().prior, about, visits, interval_days=interval)
        if not answer:
            return None
        said[name] = answer["next_score"]
    return one, said


def _verdict(said: Sequence[Said], came: Sequence[int]) -> Verdict:
    truth = np.array(came, dtype=float)
    low, half, high = (np.array([row[name] for row in said], dtype=float) for name in ("q10", "median", "q90"))
    return Verdict(
        n=len(came),
        mae=float(np.abs(half - truth).mean()),
        crps=float(np.mean([crps_of_whole(row["p"], score) for row, score in zip(said, came, strict=True)])),
        coverage80=float(((low <= truth) & (truth <= high)).mean()),
        width80=float((high - low).mean()),
    )
