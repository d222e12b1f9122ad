"""Updating one person after each visit: stored draws reweighted by the score, renewed when few of them still count.

A score multiplies each draw's weight by its probability. When fewer than 400 draws would count, the score is let in by
steps: as much of it as keeps 400, then the draws are resampled and moved by a random walk that leaves the posterior as
it is (what belongs to the person, what few visits can tell, and whether needling changes anything), until all of the
score is in. Between two steps one move is enough: over 40 courses the error of what is said, against 1.2 million draws
that are only weighed, was .0069 so and .0066 with three. What people share is moved on the prior only: after a fit its
draws are of a posterior that no formula holds, and few scores of one person change it little. The randomness of the
moves comes from a fixed seed, so the same draws and scores give the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np

from myotome.knowledge.recovery import Prior
from myotome.science.followup.draws import Array, Draws, log_prior
from myotome.science.followup.recovery import (
    Covariates,
    People,
    log_likelihood,
    pain_after,
    pain_before_visits,
    people_like,
)

Arrays = TypeVar("Arrays", Draws, People)
TINY = 1e-300
FEWEST_EFFECTIVE = 400
MOVES, MOVES_BETWEEN = 3, 1
MOST_STEPS = 6
FITTED = "fitted"
PERSON = {"z": 0.55, "first_pain": 0.55}
BESIDE = {"natural": 0.3, "rho": 0.06, "bad_day": 0.15, "noise": 0.08, "floor": 0.15}


@dataclass(frozen=True, slots=True)
class ScoredVisit:
    """A score 0-10 given before the treatment of that day; None when she did not answer."""

    day: float
    nrs: int | None


@dataclass(frozen=True, slots=True)
class Posterior:
    """The draws after `n_visits` visits; `weights` sum to 1, `n_effective` of the draws count. `told` is the log probability
    of all scores, `log_weight` that of those since the draws were renewed."""

    draws: Draws
    people: People
    told: Array
    log_weight: Array
    weights: Array
    n_effective: float
    n_renewed: int
    n_visits: int


def unscored(draws: Draws, about: Covariates) -> Posterior:
    """The draws as this person before her first answer, all counting the same.

    Source: knowledge.recovery
    Check: tests/oracle/test_particles.py
    """
    n = len(draws.z)
    return Posterior(draws, people_like(draws, about), np.zeros(n), np.zeros(n), np.full(n, 1.0 / n), float(n), 0, 0)


def either(one: Posterior, other: Posterior, share: float) -> Posterior:
    """Both at once, the `other` with this share of the weight: what is known when it is not known which of them is so.

    Source: judgement (a mixture)
    Check: tests/oracle/test_particles.py
    """
    weights = np.concatenate([(1.0 - share) * one.weights, share * other.weights])
    return Posterior(
        _joined(one.draws, other.draws),
        _joined(one.people, other.people),
        np.concatenate([one.told, other.told]),
        np.log(np.maximum(weights, TINY)),
        weights,
        effective(weights),
        max(one.n_renewed, other.n_renewed),
        one.n_visits,
    )


def posterior(chosen: Prior, draws: Draws, about: Covariates, visits: Sequence[ScoredVisit]) -> Posterior:
    """The draws reweighted by each score in turn; an unanswered visit is a treatment and nothing else.

    Source: judgement (particle filter with tempered resample and move)
    Check: tests/oracle/test_particles.py
    """
    after = unscored(draws, about)
    for k in range(len(visits)):
        after = updated(chosen, after, about, visits[: k + 1])
    return after


def updated(chosen: Prior, after: Posterior, about: Covariates, visits: Sequence[ScoredVisit]) -> Posterior:
    """The posterior after the last of `visits`, from `after`, which is that of all but the last.

    Source: judgement
    Check: tests/oracle/test_particles.py
    """
    k, people, visit = len(visits) - 1, after.people, visits[-1]
    if visit.nrs is None:
        return replace(after, n_visits=k + 1)
    days = np.array([earlier.day for earlier in visits], dtype=float)
    expected = pain_after(people, days[:-1], days[-1])
    here = log_likelihood(visit.nrs, expected + people.bad_day * (k == 0), people.noise)
    log_weight = after.log_weight + here
    weights = normalised(log_weight)
    if (n_effective := effective(weights)) >= FEWEST_EFFECTIVE:
        told = after.told + here
        return Posterior(after.draws, people, told, log_weight, weights, n_effective, after.n_renewed, k + 1)
    draws, told = _renewed(chosen, after, about, visits, here, seed=k)
    return replace(unscored(draws, about), told=told, n_renewed=after.n_renewed + 1, n_visits=k + 1)


def effective(weights: Array) -> float:
    """How many equal draws these weights are worth, from 1 to their number.

    Source: judgement (Kish)
    Check: tests/oracle/test_particles.py
    """
    return float(1.0 / np.dot(weights, weights))


def normalised(log_weight: Array) -> Array:
    """Weights that sum to 1.

    Source: judgement
    Check: tests/oracle/test_particles.py
    """
    weights = np.exp(log_weight - log_weight.max())
    return np.asarray(weights / weights.sum())


@dataclass(frozen=True, slots=True)
class _Told:
    """Log probabilities (draw,) of the scores: of all `before` the last, and of the `last`."""

    before: Array
    last: Array

    def with_share(self, inside: float) -> Array:
        """With only a share of the last score."""
        return np.asarray(self.before + inside * self.last)


def _renewed(
    chosen: Prior, after: Posterior, about: Covariates, visits: Sequence[ScoredVisit], here: Array, *, seed: int
) -> tuple[Draws, Array]:
    """Equal draws of the posterior with the last score, `here`, let in by steps; and what all scores say of them."""
    n = len(here)
    rng = np.random.Generator(np.random.PCG64([n, seed]))
    draws, log_weight, told, inside = after.draws, after.log_weight, _Told(after.told, here), 0.0
    for nth in range(MOST_STEPS):
        step = 1.0 - inside if nth == MOST_STEPS - 1 else _step(log_weight, told.last, 1.0 - inside)
        inside += step
        weights = normalised(log_weight + step * told.last)
        index = np.minimum(np.searchsorted(np.cumsum(weights), (rng.random() + np.arange(n)) / n), n - 1)
        draws, told = draws.take(index), _Told(told.before[index], told.last[index])
        draws, told = _moved(chosen, draws, told, about, visits, inside, rng)
        if inside >= 1.0:
            break
        log_weight = np.zeros(n)
    return draws, told.with_share(1.0)


def _step(log_weight: Array, here: Array, rest: float) -> float:
    """The largest share of the score, up to `rest`, that leaves 400 draws that count."""
    if effective(normalised(log_weight + rest * here)) >= FEWEST_EFFECTIVE:
        return rest
    low, high = 0.0, rest
    for _ in range(12):
        middle = 0.5 * (low + high)
        if effective(normalised(log_weight + middle * here)) >= FEWEST_EFFECTIVE:
            low = middle
        else:
            high = middle
    return max(low, 0.02 * rest)


def _moved(
    chosen: Prior,
    draws: Draws,
    told: _Told,
    about: Covariates,
    visits: Sequence[ScoredVisit],
    inside: float,
    rng: np.random.Generator,
) -> tuple[Draws, _Told]:
    """The draws after a few steps of Metropolis on what belongs to the person, then on what stands beside it; and what
    the scores say of them."""
    n = len(draws.z)
    for nth in range(MOVES if inside >= 1.0 else MOVES_BETWEEN):
        steps = PERSON if nth % 2 == 0 or chosen.status == FITTED else BESIDE
        names = tuple(steps)
        changed = {name: getattr(draws, name) + width * rng.standard_normal(n) for name, width in steps.items()}
        before = log_prior(chosen, draws, names)
        if steps is PERSON:
            turned = rng.random(n) < 0.15
            changed["responds"] = np.where(turned, 1.0 - draws.responds, draws.responds)
            before = before + _log_share(draws)
        proposal = replace(draws, **changed)
        after = log_prior(chosen, proposal, names) + (_log_share(proposal) if steps is PERSON else 0.0)
        allowed = np.isfinite(after)
        safe = replace(proposal, **{name: np.where(allowed, v, getattr(draws, name)) for name, v in changed.items()})
        proposed = _told_of(safe, about, visits)
        gain = proposed.with_share(inside) - told.with_share(inside)
        taken = allowed & (np.log(rng.random(n)) < gain + np.where(allowed, after, 0.0) - before)
        draws = replace(draws, **{name: np.where(taken, v, getattr(draws, name)) for name, v in changed.items()})
        told = _Told(np.where(taken, proposed.before, told.before), np.where(taken, proposed.last, told.last))
    return draws, told


def _log_share(draws: Draws) -> Array:
    return np.asarray(np.log(np.where(draws.responds > 0.5, 1.0 - draws.share, draws.share)))


def _told_of(draws: Draws, about: Covariates, visits: Sequence[ScoredVisit]) -> _Told:
    """What the scores say of these draws; the last visit always has one."""
    people = people_like(draws, about).in_single_precision()
    days = np.array([visit.day for visit in visits], dtype=float)
    before, last = np.zeros_like(draws.z), np.zeros_like(draws.z)
    for k, (visit, expected) in enumerate(zip(visits, pain_before_visits(people, days), strict=True)):
        if visit.nrs is not None:
            before = before + last
            last = log_likelihood(visit.nrs, expected + people.bad_day * (k == 0), draws.noise)
    return _Told(before, last)


def _joined(one: Arrays, other: Arrays) -> Arrays:
    both = ((field.name, getattr(one, field.name), getattr(other, field.name)) for field in fields(one))
    return replace(one, **{name: np.concatenate([first, second]) for name, first, second in both})
