"""The recovery model: latent pain just before a visit, for many people at once.

    x(t) = F + (P - F) exp(-lam t/7 - g W(t))
    W(t) = sum over earlier treatments j of rho + (1 - rho) exp(-(t - t_j)/tau)
    ln g = mu + b_dur ln(weeks/26) + b_ext ln(segments/2) + b_scar scar + b_age (age - 45)/10 + sigma z
    ln lam = m + b_nat ln(weeks/26)

P is pain at the first visit, F a floor, g what one treatment does (0 for those whom needling does not change), rho
the share of it that lasts, tau the days in which the rest rebounds, lam natural recovery a week. One row of `People`
is one possible person: a draw of everything the model does not know.

Source: gunn1980, costa2012, clinic belief (each number in knowledge.recovery)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import log_ndtr

from myotome.knowledge.recovery import Prior

Array = np.ndarray[Any, np.dtype[np.float64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]
N_DRAWS = 4000
SHORTEST_WEEKS = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Covariates:
    """What is known of a person before the first needle; None is unknown and widens nothing but says nothing."""

    duration_weeks: float | None = None
    n_segments: int | None = None
    scar: bool | None = None
    age: float | None = None


@dataclass(frozen=True, slots=True)
class People:
    """Draws, one row each (all arrays of shape (draw,)): `g` per treatment, `lam` a week, `tau` in days."""

    first_pain: Array
    floor: Array
    g: Array
    lam: Array
    rho: Array
    tau: Array
    noise: Array
    bad_day: Array
    z: Array
    sigma: Array
    responds: Array
    log_weight: Array

    def take(self, index: Any) -> People:
        """The rows of an index, with equal weights."""
        rows = {name: getattr(self, name)[index] for name in self.__slots__}
        return replace(People(**rows), log_weight=np.zeros(len(rows["g"])))


@dataclass(frozen=True, slots=True)
class Globals:
    """Draws of what all people share (shape (draw,) each), before a person's covariates are known."""

    mu: Array
    duration: Array
    extent: Array
    scar: Array
    age: Array
    spread: Array
    rho: Array
    tau: Array
    natural: Array
    natural_duration: Array
    floor: Array
    noise: Array
    bad_day: Array
    first_pain: Array
    z: Array
    responds: Array


def draw_globals(prior: Prior, *, n: int = N_DRAWS, seed: int = 20261101) -> Globals:
    """The stored draws: the same prior, n and seed give the same bytes.

    Source: knowledge.recovery
    Check: tests/oracle/test_recovery.py
    """
    rng = np.random.Generator(np.random.PCG64(seed))

    def normal(name: str) -> Array:
        return rng.normal(prior.number(name, "mean"), prior.number(name, "sd"), n)

    def beta(name: str) -> Array:
        return rng.beta(prior.number(name, "alpha"), prior.number(name, "beta"), n)

    share = beta("non_responder")
    return Globals(
        mu=normal("mu"),
        duration=normal("duration"),
        extent=normal("extent"),
        scar=normal("scar"),
        age=normal("age"),
        spread=np.maximum(normal("spread"), 0.05),
        rho=beta("lasting"),
        tau=np.exp(
            rng.normal(np.log(prior.number("rebound_days", "median")), prior.number("rebound_days", "sd_log"), n)
        ),
        natural=normal("natural"),
        natural_duration=normal("natural_duration"),
        floor=np.maximum(normal("floor"), 0.0),
        noise=np.maximum(normal("noise"), 0.3),
        bad_day=np.maximum(normal("bad_day"), 0.0),
        first_pain=np.clip(normal("first_pain"), 1.5, 10.0),
        z=rng.normal(size=n),
        responds=(rng.random(n) >= share).astype(float),
    )


def people_like(globals_: Globals, about: Covariates) -> People:
    """The draws as people with these covariates; an unknown covariate stands at the model's centre.

    Source: clinic belief (signs and sizes of the covariates)
    Check: tests/property/test_forecast.py
    """
    weeks = 26.0 if about.duration_weeks is None else max(about.duration_weeks, SHORTEST_WEEKS)
    segments = 2 if about.n_segments is None else max(about.n_segments, 1)
    tens = 0.0 if about.age is None else (about.age - 45.0) / 10.0
    log_g = (
        globals_.mu
        + globals_.duration * np.log(weeks / 26.0)
        + globals_.extent * np.log(segments / 2.0)
        + globals_.scar * float(bool(about.scar))
        + globals_.age * tens
        + globals_.spread * globals_.z
    )
    return People(
        first_pain=globals_.first_pain,
        floor=np.minimum(globals_.floor, 0.5 * globals_.first_pain),
        g=np.exp(log_g) * globals_.responds,
        lam=np.exp(globals_.natural + globals_.natural_duration * np.log(weeks / 26.0)),
        rho=globals_.rho,
        tau=globals_.tau,
        noise=globals_.noise,
        bad_day=globals_.bad_day,
        z=globals_.z,
        sigma=globals_.spread,
        responds=globals_.responds,
        log_weight=np.zeros(len(globals_.z)),
    )


def work_done(people: People, treatment_days: Array, days: Array) -> Array:
    """W for each draw at each day, shape (draw, day); only treatments before a day count.

    Source: clinic belief (cumulative effect with partial rebound)
    Check: tests/oracle/test_recovery.py
    """
    gap = days[None, :, None] - treatment_days[None, None, :]
    counts = gap > 0
    lasting = counts.sum(axis=2) * people.rho[:, None]
    rebound = np.where(counts, np.exp(-np.where(counts, gap, 0.0) / people.tau[:, None, None]), 0.0).sum(axis=2)
    return np.asarray(lasting + (1.0 - people.rho)[:, None] * rebound)


def latent_pain(people: People, treatment_days: Array, days: Array) -> Array:
    """x for each draw at each day, shape (draw, day), between floor and first pain.

    Source: clinic belief
    Check: tests/oracle/test_recovery.py
    """
    work = work_done(people, treatment_days, days)
    fall = np.exp(-people.lam[:, None] * days[None, :] / 7.0 - people.g[:, None] * work)
    return np.asarray(people.floor[:, None] + (people.first_pain - people.floor)[:, None] * fall)


def natural_pain(people: People, days: Array) -> Array:
    """x without any needle, shape (draw, day).

    Source: costa2012
    Check: tests/oracle/test_recovery.py
    """
    fall = np.exp(-people.lam[:, None] * days[None, :] / 7.0)
    return np.asarray(people.floor[:, None] + (people.first_pain - people.floor)[:, None] * fall)


def log_likelihood(score: int, expected: Array, noise: Array) -> Array:
    """Log probability of a whole score 0-10: a normal around `expected`, rounded and cut at the ends.

    Source: judgement
    Check: tests/oracle/test_recovery.py
    """
    upper = np.full_like(expected, np.inf) if score >= 10 else (score + 0.5 - expected) / noise
    lower = np.full_like(expected, -np.inf) if score <= 0 else (score - 0.5 - expected) / noise
    flip = lower > 0
    a, b = np.where(flip, -upper, lower), np.where(flip, -lower, upper)
    big, small = log_ndtr(b), log_ndtr(a)
    with np.errstate(divide="ignore"):
        return np.asarray(big + np.log1p(-np.exp(np.minimum(small - big, -1e-12))))
