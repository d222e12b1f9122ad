"""What courses say about the parameters: the visit model of science.followup for many courses at once.

The same lines run on NumPy (tests, checks) and on JAX (the sampler): `xp` is the one or the other. Whether needling changes anything is summed over: a course is the mixture of a responder's and of a
course with nothing but natural recovery.

Who stops coming for what she answered can be ignored: the answer is there. Who leaves without a last answer cannot, if
she leaves because the pain stayed: then the late scores are those of people who got better, and a fit believes that
needling changes more of them than it does. So where courses are known to have ended like that, the model holds what the
leaving says: at each treatment after the first she leaves with log odds `leave` - `leave_relief` (1 - x/P), the
lower the less of her first pain P is left.

Source: science.followup.recovery (the model), judgement (shrunk effects of clinics and practitioners)
Check: tests/oracle/test_refit_likelihood.py
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.stats import truncnorm

from myotome.knowledge.recovery import Prior
from myotome.refit.courses import COVARIATES, MISSING, NOWHERE, Courses
from myotome.science.followup.recovery import EXPECTED

LEAST = 1e-30
EFFECT_SD = {"practitioner": 0.15, "clinic": 0.20}
# Numerical Recipes, 3rd edition, 6.2.2: erfc(z) for z >= 0 within 1.2e-7 of itself, from one exponential.
_ERFC = (-1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277)  # fmt: skip
_LOG_TAU = np.linspace(np.log(0.5), np.log(60.0), 49)
_TAU_STEP = _LOG_TAU[1] - _LOG_TAU[0]
_ROOT2 = 1.4142135623730951


def course_log_likelihood(at: Mapping[str, Any], covariates: Any, courses: Courses, *, xp: Any = np) -> Any:
    """Log probability (course,) of the scores of each course, given parameters by name (`SHARED`), `z` and
    `first_pain` (course,), `practitioner` and `clinic` effects (by number) and `covariates` without a gap.
    """
    log_g = (
        at["mu"]
        + covariates @ xp.stack([at[name] for name in COVARIATES])
        + _one_of(at["practitioner"], courses.practitioner, xp)
        + _one_of(at["clinic"], courses.clinic, xp)
        + at["spread"] * at["z"]
    )
    lam = xp.exp(at["natural"] + at["natural_duration"] * covariates[:, 0] + courses.natural_shift)
    floor = xp.minimum(at["floor"], 0.5 * at["first_pain"])
    who, occasion = _occasions(courses)
    days, scores = courses.days[who, occasion], courses.scores[who, occasion]
    lasting = (np.cumsum(courses.treated, axis=1) - courses.treated)[who, occasion]
    work = at["rho"] * lasting + (1.0 - at["rho"]) * rebound_at(at["tau"], _table(courses), xp=xp)
    fall, g, first, low = lam[who], xp.exp(log_g)[who], at["first_pain"][who], floor[who]
    height = first - low
    natural = -fall * (days / 7.0)
    bad_day, is_scored = at["bad_day"] * (occasion == 0), scores != MISSING

    def told_by(pain: Any) -> Any:
        told = log_score(scores, pain + bad_day, at["noise"], xp=xp)
        if not tells_of_leaving(courses):
            return _sums(told, who, len(courses), xp)
        stays_away = at["leave"] - at["leave_relief"] * (1.0 - pain / first)
        goes = occasion == courses.leaves_at[who]
        leaving = (occasion > 0) * courses.treated[who, occasion] * (goes * stays_away - _softplus(stays_away, xp))
        return _sums(xp.where(is_scored, told, 0.0) + leaving, who, len(courses), xp)

    responds = told_by(low + height * xp.exp(natural - g * work))
    stays = told_by(low + height * xp.exp(natural))
    share = at["share"]
    return xp.logaddexp(xp.log1p(-share) + responds, xp.log(share) + stays)


def tells_of_leaving(courses: Courses) -> bool:
    """Whether somebody left without an answer; else nothing can be learned of leaving, and nothing is asked."""
    return bool((courses.leaves_at != NOWHERE).any())


def _occasions(courses: Courses) -> tuple[Any, Any]:
    """Course and occasion of every score; where leaving tells something, of every occasion that was."""
    if not tells_of_leaving(courses):
        return np.nonzero(courses.scores != MISSING)
    return np.nonzero(np.arange(courses.days.shape[1]) < courses.n_occasions[:, None])


def rebound_before(tau: float, courses: Courses) -> Any:
    """What has not faded (course, occasion) of the part of each earlier treatment that rebounds in `tau` days."""
    fade = np.exp(-np.diff(courses.days, axis=1) / tau)
    found = np.zeros_like(courses.days)
    for k in range(1, courses.days.shape[1]):
        found[:, k] = (found[:, k - 1] + courses.treated[:, k - 1]) * fade[:, k - 1]
    return found


def rebound_at(tau: Any, table: Any, *, xp: Any = np) -> Any:
    """A row of the table (ln tau, score) of `rebound_before` between its rows: a cubic through four, within 1e-4."""
    at = xp.clip((xp.log(tau) - _LOG_TAU[0]) / _TAU_STEP, 1.0, len(_LOG_TAU) - 3.001)
    below = xp.floor(at).astype(int)
    t = at - xp.floor(at)
    weights = xp.stack(
        [
            -t * (t - 1.0) * (t - 2.0) / 6.0,
            (t + 1.0) * (t - 1.0) * (t - 2.0) / 2.0,
            -(t + 1.0) * t * (t - 2.0) / 2.0,
            (t + 1.0) * t * (t - 1.0) / 6.0,
        ]
    )
    return weights @ xp.asarray(table)[below + np.arange(-1, 3)]


def _table(courses: Courses) -> Any:
    who, occasion = _occasions(courses)
    return np.array([rebound_before(float(np.exp(log_tau)), courses)[who, occasion] for log_tau in _LOG_TAU])


def log_score(scores: Any, expected: Any, noise: Any, *, xp: Any = np) -> Any:
    """Log probabilities of whole scores 0-10: a normal around `expected`, rounded, and cut at the ends."""
    width = noise * _ROOT2
    away = xp.where(scores <= 0, expected, xp.where(scores >= 10, 10.0 - expected, xp.abs(scores - expected)))
    near, far = (away - 0.5) / width, (away + 0.5) / width
    outer = _erfc(xp.abs(near), xp)
    is_inner = (scores > 0) & (scores < 10)
    mass = xp.where(near < 0.0, 2.0 - outer, outer) - xp.where(is_inner, _erfc(xp.where(is_inner, far, 1.0), xp), 0.0)
    return xp.log(xp.maximum(0.5 * mass, LEAST))


def _erfc(z: Any, xp: Any) -> Any:
    t = 1.0 / (1.0 + 0.5 * z)
    poly = _ERFC[-1]
    for c in _ERFC[-2::-1]:
        poly = c + t * poly
    return t * xp.exp(-z * z + poly)


def _softplus(x: Any, xp: Any) -> Any:
    """ln(1 + e^x): JAX's `logaddexp` and its slope take several times as long, for they look after infinities."""
    return xp.maximum(x, 0.0) + xp.log(1.0 + xp.exp(-xp.abs(x)))


def _one_of(effects: Any, number: Any, xp: Any) -> Any:
    return 0.0 if len(effects) == 1 else (number[:, None] == np.arange(len(effects))).astype(float) @ effects


def _sums(values: Any, who: Any, n: int, xp: Any) -> Any:
    if xp is np:
        return np.bincount(who, values, n)
    return xp.zeros(n).at[who].add(values, indices_are_sorted=True)


def unknown_moments(chosen: Prior) -> tuple[Any, Any]:
    """Mean and standard deviation (covariate,) of a covariate of which nothing is known, on the scale of the model."""
    shares = np.array(chosen.table["unknown_segments"]["shares"], dtype=float)
    extent = np.log(np.arange(1, len(shares) + 1) / 2.0)
    shares = shares / shares.sum()
    scar = chosen.number("unknown_scar", "share")
    row = {key: chosen.number("unknown_age", key) for key in ("mean", "sd", "low", "high")}
    ends = [(row[end] - row["mean"]) / row["sd"] for end in ("low", "high")]
    steps = np.array(chosen.table["unknown_expected"]["shares"], dtype=float)
    steps, step = steps / steps.sum(), np.array(list(EXPECTED.values()))
    age = truncnorm(*ends, loc=row["mean"], scale=row["sd"])
    mean = [
        np.log(chosen.number("unknown_weeks", "median") / 26.0),
        shares @ extent,
        scar,
        (age.mean() - 45.0) / 10.0,
        steps @ step,
    ]
    spread = [
        chosen.number("unknown_weeks", "sd_log"),
        np.sqrt(shares @ extent**2 - (shares @ extent) ** 2),
        np.sqrt(scar * (1.0 - scar)),
        age.std() / 10.0,
        np.sqrt(steps @ step**2 - (steps @ step) ** 2),
    ]
    return np.array(mean), np.array(spread)
