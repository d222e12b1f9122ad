"""A fit held against plain baselines on courses it has not seen: what will she answer at about six weeks?

One course in five, chosen by its own content, is kept out of what is judged. For each the score nearest six weeks is forecast
from the first score, and from the first three; beside the visit model stand the four baselines of science.followup,
fitted on the others.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

import numpy as np
from scipy.special import ndtr

from myotome.refit.courses import COVARIATES, is_treated, visits_with_scores_between
from myotome.science.followup.baselines import BASELINES, Numbers, baseline_reached, learned_with_residuals
from myotome.science.followup.course import covariates_of
from myotome.science.followup.draws import Array, Basis
from myotome.science.followup.particles import ScoredVisit, posterior
from myotome.science.followup.plain import (
    FEWEST_DAYS,
    FIRST,
    LEVELS,
    PLAIN_VERSION,
    SCORES_OF_THIRD,
    THIRD,
    on_the_way,
    plain_covariates,
)
from myotome.science.followup.recovery import Covariates, pain_after
from myotome.science.followup.verification import grid_of, verdict_on

KEPT_OUT_ONE_IN = 5
EARLIEST_DAY, TARGET_DAY, LATEST_DAY = 28, 42, 63
FEWEST = 20
MODEL = "model"
MOST_HELD = 150
KNOWN = {FIRST: 1, THIRD: SCORES_OF_THIRD}


@dataclass(frozen=True, slots=True)
class Target:
    """A course up to the score that is to be forecast: visits with a treatment, and the score at the last of them."""

    about: Covariates
    covariates: tuple[float, ...]
    visits: tuple[ScoredVisit, ...]
    came: int


def kept_out(rows: Sequence[Mapping[str, Any]]) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """(courses that what is judged has seen, courses to judge it by), the same split for the same courses."""
    fitted: list[Mapping[str, Any]] = []
    held: list[Mapping[str, Any]] = []
    for row in rows:
        digest = sha256(json.dumps(row, sort_keys=True).encode()).digest()
        (held if digest[0] % KEPT_OUT_ONE_IN == 0 else fitted).append(row)
    return fitted, held


def scores_of_fit(
    basis: Basis, fitted: Sequence[Mapping[str, Any]], held: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """CRPS, MAE and coverage of the visit model and the baselines on the courses kept out, by how many scores were
    known (`first`, `third`); empty where fewer than twenty can be judged.
    """
    found: dict[str, Any] = {}
    for name, known in KNOWN.items():
        train, test = (targets(rows, known) for rows in (fitted, held))
        if len(train) < FEWEST or len(test) < FEWEST:
            continue
        test = test[:MOST_HELD]
        grid = grid_of(0.0, 10.0)
        came = np.array([target.came for target in test], dtype=float)
        model = np.array([reached(basis, target, known, grid) for target in test])
        found[name] = {"n": len(test), "model": asdict(verdict_on(grid, model, came))}
        for baseline in BASELINES:
            plain = baseline_reached(baseline, (*_table(train, known), _came(train)), _table(test, known), grid)
            found[name][baseline] = asdict(verdict_on(grid, plain, came))
    return found


def plain_fits(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Each baseline as learned from all these courses, by where it starts, as JSON: what can speak in the model's place.

    `off` holds a hundred quantiles of what it was off by on courses left out, `off_next` of what it was off by at the
    score after the one it starts from, as `version` reads them.
    """
    found: dict[str, Any] = {}
    for start, known in KNOWN.items():
        train = targets(rows, known)
        if len(train) < FEWEST:
            continue
        gaps = [row.visits[-1].day - row.visits[known - 1].day for row in train]
        days = max(FEWEST_DAYS, round(float(np.mean(gaps)), 1))
        baselines = {}
        for name in BASELINES:
            numbers, off = learned_with_residuals(name, (*_table(train, known), _came(train)))
            off_next = _off_at_the_next(name, numbers, train, known, days)
            baselines[name] = {"numbers": list(numbers), "off": _hundred(off), "off_next": _hundred(off_next)}
        found[start] = {"version": PLAIN_VERSION, "n": len(train), "days": days, "baselines": baselines}
    return found


def _off_at_the_next(name: str, numbers: Numbers, rows: Sequence[Target], known: int, days: float) -> Array:
    """By how much a baseline is off at each course's next score after the one it starts from, on the way to its end."""
    one = BASELINES[name]
    nexts = [next(visit for visit in row.visits[known:] if visit.nrs is not None) for row in rows]
    start, covariates = _table(rows, known)
    share = np.array([(visit.day - row.visits[known - 1].day) / days for visit, row in zip(nexts, rows, strict=True)])
    said = on_the_way(start, one.point(numbers, start, covariates), share)
    return one.off(said, np.array([visit.nrs for visit in nexts], dtype=float))


def _hundred(values: Array) -> list[float]:
    return [float(value) for value in np.quantile(values, LEVELS).round(3)]


def targets(rows: Sequence[Mapping[str, Any]], known: int) -> list[Target]:
    """The courses that have a first score, the score that updates it, and one between four and nine weeks."""
    found = []
    for row in rows:
        entries = zip(visits_with_scores_between(row), row["visits"], strict=True)
        visits = [visit for visit, entry in entries if is_treated(entry)]
        late = [
            k for k, visit in enumerate(visits) if visit.nrs is not None and EARLIEST_DAY <= visit.day <= LATEST_DAY
        ]
        if not late or visits[0].nrs is None or visits[known - 1].nrs is None:
            continue
        at = min(late, key=lambda k: abs(visits[k].day - TARGET_DAY))
        came = visits[at].nrs
        if at >= known and came is not None:
            about = covariates_of(row)
            found.append(Target(about, plain_covariates(about), tuple(visits[: at + 1]), came))
    return found


def reached(basis: Basis, target: Target, known: int, grid: Array) -> Array:
    """Cumulative probabilities (grid,) of the score to come, by the visit model after the first `known` visits."""
    after = posterior(basis.prior, basis.draws_with(target.about.practitioner), target.about, target.visits[:known])
    days = np.array([visit.day for visit in target.visits])
    expected = pain_after(after.people, days[:-1], days[-1])
    whole = np.arange(10)
    below = after.weights @ ndtr((whole[None, :] + 0.5 - expected[:, None]) / after.people.noise[:, None])
    return np.append(below, 1.0)[np.minimum(np.floor(grid + 1e-9).astype(int), 10)]


def winner(scores: Mapping[str, Any]) -> str:
    """Who has the lowest CRPS over what was judged: `model` or a baseline's name; `model` where nothing was."""
    if not scores:
        return MODEL
    names = [MODEL, *BASELINES]
    return min(names, key=lambda name: sum(row[name]["crps"] for row in scores.values()))


def _table(rows: Sequence[Target], known: int) -> tuple[Array, Array]:
    """(score that the forecast starts from, covariates with missing at the middle)."""
    start = np.array([row.visits[known - 1].nrs for row in rows], dtype=float)
    return start, np.array([row.covariates for row in rows]).reshape(len(rows), len(COVARIATES))


def _came(rows: Sequence[Target]) -> Array:
    return np.array([row.came for row in rows], dtype=float)
