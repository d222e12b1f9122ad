"""Updating one person after each visit: stored draws reweighted by the score, rejuvenated when few still count.

Rejuvenation resamples the draws and moves what belongs to the person (z, first pain) by a few steps of a random
walk that leaves the posterior as it is. Its randomness comes from a seed made of the scores, so the same draws and
the same scores give the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import logsumexp

from myotome.science.followup.recovery import Array, Flags, People, latent_pain, log_likelihood

FEWEST_EFFECTIVE = 400
MOVES = 3
STEP = 0.45


@dataclass(frozen=True, slots=True)
class ScoredVisit:
    """A score 0-10 given before the treatment of that day; None when she did not answer."""

    day: float
    nrs: int | None


@dataclass(frozen=True, slots=True)
class Posterior:
    """The draws after the scores: `weights` sum to 1; `n_effective` of the last update before any rejuvenation."""

    people: People
    weights: Array
    n_effective: float
    n_rejuvenated: int


def posterior(people: People, visits: Sequence[ScoredVisit]) -> Posterior:
    """The draws reweighted by each score in turn; unanswered visits change nothing but the treatments given.

    Source: judgement (particle filter with resample and move)
    Check: tests/oracle/test_recovery.py
    """
    log_weight = np.zeros(len(people.g))
    rejuvenated = 0
    effective = float(len(people.g))
    for k, visit in enumerate(visits):
        if visit.nrs is None:
            continue
        log_weight = log_weight + _score(people, visits[: k + 1], k)
        weights = _normalised(log_weight)
        effective = float(1.0 / np.sum(weights**2))
        if effective < FEWEST_EFFECTIVE:
            people = _rejuvenated(people, weights, visits[: k + 1], rejuvenated)
            log_weight = np.zeros(len(people.g))
            rejuvenated += 1
    return Posterior(people, _normalised(log_weight), effective, rejuvenated)


def weighted_quantiles(values: Array, weights: Array, at: Sequence[float]) -> list[float]:
    """Quantiles of weighted values: the smallest value whose weight below and at it reaches each level.

    Source: judgement
    Check: tests/oracle/test_recovery.py
    """
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    index = np.minimum(np.searchsorted(reached, np.asarray(at) * reached[-1] * (1 - 1e-12)), len(values) - 1)
    return [float(value) for value in values[order][index]]


def _normalised(log_weight: Array) -> Array:
    return np.asarray(np.exp(log_weight - logsumexp(log_weight)))


def _score(people: People, visits: Sequence[ScoredVisit], k: int) -> Array:
    days = np.array([visit.day for visit in visits], dtype=float)
    expected = latent_pain(people, days[:k], days[k : k + 1])[:, 0] + people.bad_day * (k == 0)
    score = visits[k].nrs
    assert score is not None
    return log_likelihood(score, expected, people.noise)


def _all_scores(people: People, visits: Sequence[ScoredVisit]) -> Array:
    days = np.array([visit.day for visit in visits], dtype=float)
    latent = latent_pain(people, days, days)
    total = np.zeros(len(people.g))
    for k, visit in enumerate(visits):
        if visit.nrs is not None:
            total = total + log_likelihood(visit.nrs, latent[:, k] + people.bad_day * (k == 0), people.noise)
    return total


def _rejuvenated(people: People, weights: Array, visits: Sequence[ScoredVisit], nth: int) -> People:
    text = repr([(visit.day, visit.nrs) for visit in visits]) + f"|{nth}|{len(weights)}"
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    rng = np.random.Generator(np.random.PCG64(seed))
    n = len(weights)
    index = np.searchsorted(np.cumsum(weights), (rng.random() + np.arange(n)) / n)
    people = people.take(np.minimum(index, n - 1))
    current = _all_scores(people, visits)
    for _ in range(MOVES):
        z = people.z + STEP * rng.normal(size=n)
        first = np.clip(people.first_pain + STEP * rng.normal(size=n), 1.5, 10.0)
        proposal = replace(
            people,
            z=z,
            first_pain=first,
            floor=np.minimum(people.floor, 0.5 * first),
            g=people.g * np.exp(people.sigma * (z - people.z)),
        )
        proposed = _all_scores(proposal, visits)
        prior = -0.5 * (z**2 - people.z**2) - 0.5 * (
            ((first - 6.2) / 1.5) ** 2 - ((people.first_pain - 6.2) / 1.5) ** 2
        )
        accept = np.log(rng.random(n)) < proposed - current + prior
        people = _merge(people, proposal, accept)
        current = np.where(accept, proposed, current)
    return people


def _merge(old: People, new: People, accept: Flags) -> People:
    changed = {
        name: np.where(accept, getattr(new, name), getattr(old, name)) for name in ("z", "first_pain", "floor", "g")
    }
    return replace(old, **changed)
