"""The stored draws: 4,000 possible worlds with one possible person in each, drawn once from the prior with a fixed seed.

A draw holds what all people share (what a treatment does, what duration takes off it, how much rebounds, noise of a
score) and what belongs to one person (z, first pain, whether needling changes anything). The same prior, number and
seed give the same bytes. `log_prior` is the density they were drawn from, needed to move them without bias.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtr, ndtri

from myotome.knowledge.recovery import Prior, prior

if TYPE_CHECKING:
    from myotome.science.followup.plain import Plain

Array = np.ndarray[Any, np.dtype[Any]]
N_DRAWS = 4000
SEED = 20261101


@dataclass(frozen=True, slots=True)
class Draws:
    """Arrays of shape (draw,). `some_*` is what each draw takes for a covariate that is not known; `first_mean` and
    `first_sd` are those of first pain among the patients of the draw's world."""

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
    share: Array
    first_mean: Array
    first_sd: Array
    some_weeks: Array
    some_segments: Array
    some_scar: Array
    some_age: Array
    expected: Array
    some_expected: Array

    def take(self, index: Any) -> Draws:
        """The rows of an index."""
        return replace(self, **{each.name: getattr(self, each.name)[index] for each in fields(self)})


@dataclass(frozen=True, eq=False, slots=True)
class Basis:
    """What forecasts rest on: stored draws, their prior or fit (`prior.status` tells which), the `n` courses and the
    `data_hash` of a fit. `practitioners` holds by opaque word what one of them adds to `mu` of each draw, beyond a
    practitioner of whom nothing is known. Where `plain` is there that baseline speaks, and the draws run beside it.
    Compared by identity, so that what was worked out from one can be kept."""

    prior: Prior
    draws: Draws
    n: int = 0
    data_hash: str = ""
    plain: Plain | None = None
    practitioners: Mapping[str, Array] = field(default_factory=dict)

    def draws_with(self, practitioner: str) -> Draws:
        """The draws for a course of this practitioner; as they stand for one who is not in the fit."""
        beyond = self.practitioners.get(practitioner)
        return self.draws if beyond is None else replace(self.draws, mu=self.draws.mu + beyond)


@cache
def prior_basis(scenario: str = "a") -> Basis:
    """The prior of the scenario as a basis, made once a process.

    Source: knowledge.recovery
    Check: tests/unit/science/test_stored_draws.py
    """
    return Basis(*stored_draws(scenario))


@cache
def stored_draws(scenario: str = "a") -> tuple[Prior, Draws]:
    """The prior of the scenario and its 4,000 stored draws, made once a process.

    Source: knowledge.recovery
    Check: tests/unit/science/test_stored_draws.py
    """
    chosen = prior(scenario)
    return chosen, draws_of(chosen)


def draws_of(chosen: Prior, *, n: int = N_DRAWS, seed: int = SEED) -> Draws:
    """`n` draws from the prior; the same prior, n and seed give the same bytes.

    Source: knowledge.recovery
    Check: tests/unit/science/test_stored_draws.py
    """
    rng = np.random.Generator(np.random.PCG64(seed))

    def normal(name: str) -> Array:
        mean, sd, low, high = _normal(chosen, name)
        u = rng.random(n)
        a, b = ndtr((low - mean) / sd), ndtr((high - mean) / sd)
        return np.asarray(mean + sd * ndtri(a + (b - a) * u))

    def beta(name: str) -> Array:
        return rng.beta(chosen.number(name, "alpha"), chosen.number(name, "beta"), n)

    def lognormal(name: str) -> Array:
        centre = np.log(chosen.number(name, "median"))
        return np.asarray(np.exp(rng.normal(centre, chosen.number(name, "sd_log"), n)))

    share = beta("non_responder")
    shares, steps = (
        np.array(chosen.table[f"unknown_{name}"]["shares"], dtype=float) for name in ("segments", "expected")
    )
    return Draws(
        mu=normal("mu"),
        duration=normal("duration"),
        extent=normal("extent"),
        scar=normal("scar"),
        age=normal("age"),
        spread=normal("spread"),
        rho=beta("lasting"),
        tau=lognormal("rebound_days"),
        natural=normal("natural"),
        natural_duration=normal("natural_duration"),
        floor=normal("floor"),
        noise=normal("noise"),
        bad_day=normal("bad_day"),
        first_pain=normal("first_pain"),
        z=rng.normal(size=n),
        responds=(rng.random(n) >= share).astype(float),
        share=share,
        first_mean=np.full(n, chosen.number("first_pain", "mean")),
        first_sd=np.full(n, chosen.number("first_pain", "sd")),
        some_weeks=lognormal("unknown_weeks"),
        some_segments=1.0 + np.searchsorted(np.cumsum(shares / shares.sum()), rng.random(n)).astype(float),
        some_scar=(rng.random(n) < chosen.number("unknown_scar", "share")).astype(float),
        some_age=normal("unknown_age"),
        expected=normal("expected"),
        some_expected=np.searchsorted(np.cumsum(steps / steps.sum()), rng.random(n)) - 2.0,
    )


def log_prior(chosen: Prior, draws: Draws, names: tuple[str, ...]) -> Array:
    """Log density, up to a constant, of these parameters of each draw; -inf outside their range.

    Source: knowledge.recovery
    Check: tests/unit/science/test_stored_draws.py
    """
    total = np.zeros_like(draws.z)
    for name in names:
        value = getattr(draws, name)
        if name == "z":
            total = total - 0.5 * value**2
        elif name == "rho":
            a, b = chosen.number("lasting", "alpha") - 1.0, chosen.number("lasting", "beta") - 1.0
            inside = (value > 0.0) & (value < 1.0)
            safe = np.where(inside, value, 0.5)
            total = total + np.where(inside, a * np.log(safe) + b * np.log1p(-safe), -np.inf)
        else:
            mean, sd, low, high = _normal(chosen, name)
            inside = (value >= low) & (value <= high)
            away = (value - draws.first_mean) / draws.first_sd if name == "first_pain" else (value - mean) / sd
            total = total + np.where(inside, -0.5 * away**2, -np.inf)
    return total


def _normal(chosen: Prior, name: str) -> tuple[float, float, float, float]:
    row = chosen.table[name]
    return float(row["mean"]), float(row["sd"]), float(row.get("low", -np.inf)), float(row.get("high", np.inf))
