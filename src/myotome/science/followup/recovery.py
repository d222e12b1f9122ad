"""The recovery model: latent pain just before a visit, for many possible people at once.

    x(t) = F + (P - F) exp(-lam t/7 - g W(t))
    W(t) = sum over earlier treatments j of rho + (1 - rho) exp(-(t - t_j)/tau)
    ln g = mu + b_dur ln(weeks/26) + b_ext ln(segments/2) + b_scar scar + b_age (age - 45)/10 + b_exp step + spread z
    ln lam = m + b_nat ln(weeks/26) + the shift of the condition

P is pain at the first visit, F a floor, g what one treatment does (0 for those whom needling does not change), rho
the share of it that lasts, step how long she thinks it will last, tau the days in which the rest rebounds, lam natural recovery a week. A constant g makes W
a recursion of two terms, exact for uneven intervals. One row of `People` is one possible person.

Source: gunn1980, costa2012, clinic belief (each number in knowledge.recovery)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from scipy.special import ndtr

from myotome.science.followup.draws import Array, Draws

SHORTEST_WEEKS = 0.5
LONGEST_WEEKS = 5200.0
EXPECTED = {"days": -2.0, "weeks": -1.0, "months": 0.0, "years": 1.0, "always": 2.0}
"""How long a patient thinks it will last, as asked at the intake, in steps from the middle. No idea is unknown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Covariates:
    """What is known of a person before the first needle; None is unknown and makes the forecast wider.

    `expected` is how long she thinks it will last, one of `EXPECTED`; `practitioner` the opaque word of who treats her.
    """

    duration_weeks: float | None = None
    n_segments: int | None = None
    scar: bool | None = None
    age: float | None = None
    expected: str | None = None
    practitioner: str = ""
    natural_shift: float = 0.0


@dataclass(frozen=True, slots=True)
class People:
    """Possible people, one a row (arrays of shape (draw,)): `g` of one treatment, `lam` a week, `tau` in days."""

    first_pain: Array
    floor: Array
    g: Array
    lam: Array
    rho: Array
    tau: Array
    noise: Array
    bad_day: Array

    def take(self, index: Any) -> People:
        """The rows of an index."""
        return replace(self, **{field.name: getattr(self, field.name)[index] for field in fields(self)})

    def in_single_precision(self) -> People:
        """The same people to seven digits: a look ahead takes half the time, and is shown in hundredths of a point."""
        return replace(self, **{field.name: getattr(self, field.name).astype(np.float32) for field in fields(self)})


def people_like(draws: Draws, about: Covariates) -> People:
    """The draws as people with these covariates; where one is unknown each draw has its own plausible value.

    Source: clinic belief (signs and sizes of the covariates), gunn1980 (what one treatment does)
    Check: tests/property/test_forecast.py
    """
    weeks = draws.some_weeks if about.duration_weeks is None else _within(about.duration_weeks)
    segments = draws.some_segments if about.n_segments is None else max(about.n_segments, 1)
    scar = draws.some_scar if about.scar is None else float(about.scar)
    age = draws.some_age if about.age is None else about.age
    step = draws.some_expected if about.expected is None else EXPECTED[about.expected]
    log_weeks = np.log(weeks) - np.log(26.0)
    log_g = (
        draws.mu
        + draws.duration * log_weeks
        + draws.extent * (np.log(segments) - np.log(2.0))
        + draws.scar * scar
        + draws.age * ((age - 45.0) / 10.0)
        + draws.expected * step
        + draws.spread * draws.z
    )
    return People(
        first_pain=draws.first_pain,
        floor=np.minimum(draws.floor, 0.5 * draws.first_pain),
        g=np.exp(log_g) * draws.responds,
        lam=np.exp(draws.natural + draws.natural_duration * log_weeks + about.natural_shift),
        rho=draws.rho,
        tau=draws.tau,
        noise=draws.noise,
        bad_day=draws.bad_day,
    )


def pain_before_visits(people: People, days: Array) -> Iterator[Array]:
    """Latent pain (draw,) just before each treatment, when one is given on each of `days` (since the first, rising).

    Source: clinic belief (cumulative effect with partial rebound)
    Check: tests/oracle/test_recovery_model.py
    """
    gaps = np.diff(days).tolist()
    fade, rebound = _fades(people, gaps), np.zeros_like(people.g)
    for k, day in enumerate(days.tolist()):
        if k:
            rebound = (rebound + 1.0) * fade[gaps[k - 1]]
        yield _pain(people, day, people.rho * k + (1.0 - people.rho) * rebound)


def pain_after(people: People, given: Array, day: float) -> Array:
    """Latent pain (draw,) on `day` when treatments on each of `given` came before it, and none on the day itself.

    Source: clinic belief
    Check: tests/oracle/test_recovery_model.py
    """
    rebound = rebound_left(people, given, day)
    return _pain(people, float(day), people.rho * len(given) + (1.0 - people.rho) * rebound)


def rebound_left(people: People, given: Array, day: float) -> Array:
    """What has not faded by `day` (draw,), in treatments, of the part of each that rebounds; given were those of `given`.

    Source: clinic belief
    Check: tests/oracle/test_recovery_model.py
    """
    gaps = np.diff([*given, day]).tolist()
    fade, rebound = _fades(people, gaps), np.zeros_like(people.g)
    for gap in gaps:
        rebound = (rebound + 1.0) * fade[gap]
    return rebound


def pain_ahead(people: People, given: Array, ahead: Array, rebound: Array | None = None) -> Array:
    """Latent pain, shape (ahead, draw), just before each treatment ahead: given were those of `given`, then one on
    each of `ahead` (days since the first, rising, equally far apart). `rebound` is what is left on the first of them,
    where that is known. As precise as `people` are: 1e-5 of a point in single precision.

    Source: clinic belief
    Check: tests/oracle/test_recovery_model.py
    """
    left = rebound_left(people, given, ahead[0]) if rebound is None else rebound
    gap = float(ahead[1] - ahead[0]) if len(ahead) > 1 else 0.0
    rebounds = people.g * (1.0 - people.rho)
    lasts, fading, fade = people.g * people.rho, rebounds * left, np.exp(-gap / people.tau)
    so_far, each = people.lam * (float(ahead[0]) / 7.0) + lasts * len(given), people.lam * (gap / 7.0) + lasts
    pain = np.empty((len(ahead), len(people.g)), people.g.dtype)
    for row in pain:
        np.add(so_far, fading, out=row)
        so_far += each
        fading += rebounds
        fading *= fade
    np.exp(np.negative(pain, out=pain), out=pain)
    pain *= people.first_pain - people.floor
    pain += people.floor
    return pain


def pain_if_stopped(people: People, n_given: int, rebound: Array, days: Array) -> Array:
    """Latent pain, shape (day, draw), on `days` (rising) when `n_given` treatments were all and `rebound` of them is left
    on the first of these days.

    Source: clinic belief
    Check: tests/oracle/test_recovery_model.py
    """
    at = days.tolist()
    left = [people.rho * n_given + (1.0 - people.rho) * rebound * np.exp(-(day - at[0]) / people.tau) for day in at]
    return np.stack([_pain(people, day, work) for day, work in zip(at, left, strict=True)])


def natural_pain(people: People, days: Array) -> Array:
    """Latent pain without any needle, shape (day, draw).

    Source: costa2012
    Check: tests/oracle/test_recovery_model.py
    """
    weeks = (days / 7.0).astype(people.lam.dtype)
    pain = np.exp(-people.lam * weeks[:, None])
    pain *= people.first_pain - people.floor
    pain += people.floor
    return np.asarray(pain)


def log_likelihood(score: int, expected: Array, noise: Array) -> Array:
    """Log probability of a whole score 0-10: a normal around `expected`, rounded and cut at the ends. Never -inf.

    Source: judgement (interval-censored normal)
    Check: tests/oracle/test_recovery_model.py
    """
    if score <= 0:
        mass = ndtr((0.5 - expected) / noise)
    elif score >= 10:
        mass = ndtr((expected - 9.5) / noise)
    else:
        away = np.abs(score - expected)
        mass = ndtr((0.5 - away) / noise) - ndtr((-0.5 - away) / noise)
    return np.asarray(np.log(np.maximum(mass, 1e-300)))


def _fades(people: People, gaps: Sequence[float]) -> dict[float, Array]:
    """What is left of a rebound after each gap of days; most courses know one or two gaps."""
    return {gap: np.exp(-gap / people.tau) for gap in set(gaps)}


def _pain(people: People, day: float, work: Array) -> Array:
    fall = np.exp(-people.lam * (day / 7.0) - people.g * work)
    return np.asarray(people.floor + (people.first_pain - people.floor) * fall)


def _within(weeks: float) -> float:
    return min(max(weeks, SHORTEST_WEEKS), LONGEST_WEEKS)
