"""The response kernel of the recovery model, fitted to people who were scored at a baseline and once or twice later.

    x_T = F + (P - F) exp(-(R0 + r exp(eta + spread z)))        with r = 0 for those who do not respond

is the visit model with its treatments and its time rolled into one number: R0 is natural recovery until then, eta what
all treatments did, moved by covariates and arm. P is not the baseline score but the pain behind it (people enter on a
bad day). An earlier score shares z and P, with the fraction `pace` of the way gone; it updates the forecast exactly as
a visit does, by reweighting. Nothing here regresses outcome on baseline.

Scales are moved to 0-10 first. The fit is the most probable parameters under weak priors; P and z are summed over.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp, ndtr

from myotome.science.followup.draws import Array

_P_AT, _P_WEIGHT = np.polynomial.hermite_e.hermegauss(7)
_Z_AT, _Z_WEIGHT = np.polynomial.hermite_e.hermegauss(15)
P_NODES = np.repeat(_P_AT, len(_Z_AT) + 1)
Z_NODES = np.tile(np.concatenate([_Z_AT, [0.0]]), len(_P_AT))
RESPONDS = np.tile(np.concatenate([np.ones(len(_Z_AT)), [0.0]]), len(_P_AT))
_P_MASS = np.repeat(_P_WEIGHT / _P_WEIGHT.sum(), len(_Z_AT) + 1)
_Z_MASS = np.tile(np.concatenate([_Z_WEIGHT / _Z_WEIGHT.sum(), [1.0]]), len(_P_AT))
PLAIN = (
    "mu",
    "log_spread",
    "logit_none",
    "log_natural",
    "floor",
    "shrink",
    "log_p_sd",
    "log_noise",
    "log_grow",
    "pace",
    "stay",
)
START = np.array([-0.9, -0.4, -0.8, -2.0, 0.3, 1.5, 0.0, 0.0, -1.5, 0.0, 2.0])
PRIOR_MEAN = START
PRIOR_SD = np.array([1.5, 1.0, 1.0, 1.0, 0.5, 1.0, 0.7, 1.0, 1.5, 1.0, 0.8])
"""`stay`: most of what a score is off her curve is still there at the next wave."""

COVARIATE_SD = 0.25
ARM_SD = 2.0
"""On the log of what treatment does: a sham may do a twentieth of it."""


@dataclass(frozen=True, slots=True)
class Scored:
    """People on a scale 0-10: `first` and `last` (person,), `between` (person,) or None (NaN: not scored),
    `covariates` (person, column) standardised with missing at 0, `n_arms` of its last columns being arms."""

    first: Array
    last: Array
    between: Array | None
    covariates: Array
    n_arms: int = 0


@dataclass(frozen=True, slots=True)
class Kernel:
    """The fitted parameters (`PLAIN`, then one for each covariate) and the mean baseline that P shrinks towards."""

    theta: Array
    centre: float


def fitted_kernel(people: Scored) -> Kernel:
    """The most probable parameters for these people.

    Source: judgement (weak priors around the visit model's)
    Check: tests/oracle/test_kernel.py
    """
    n = people.covariates.shape[1]
    centre = float(people.first.mean())
    sd = np.concatenate([PRIOR_SD, np.full(n - people.n_arms, COVARIATE_SD), np.full(people.n_arms, ARM_SD)])
    mean = np.concatenate([PRIOR_MEAN, np.zeros(n)])

    def cost(theta: Array) -> float:
        found = log_probability(Kernel(theta, centre), people)
        return float(-found.sum() + 0.5 * (((theta - mean) / sd) ** 2).sum())

    best = minimize(cost, np.concatenate([START, np.zeros(n)]), method="L-BFGS-B", options={"maxiter": 120})
    return Kernel(best.x, centre)


def log_probability(kernel: Kernel, people: Scored) -> Array:
    """Log probability density (person,) of the later scores given the first; a score at an end of the scale counts as
    "there or beyond".

    Source: judgement
    Check: tests/oracle/test_kernel.py
    """
    log_mass, last_at, between_at = _nodes(kernel, people)
    total = log_mass
    if people.between is not None:
        total = total + _between(kernel, people.between, between_at)
    last_at, noise = _after_between(kernel, people, last_at, between_at)
    total = total + _log_density(people.last[:, None], last_at, noise)
    return np.asarray(logsumexp(total, axis=1))


def reached_by(kernel: Kernel, people: Scored, grid: Array) -> Array:
    """Cumulative probabilities (person, grid) of the last score, given the first and, where there is one, the score
    between; mass outside the scale is at its ends.

    Source: judgement
    Check: tests/oracle/test_kernel.py
    """
    log_mass, last_at, between_at = _nodes(kernel, people)
    if people.between is not None:
        log_mass = log_mass + _between(kernel, people.between, between_at)
    weights = np.exp(log_mass - logsumexp(log_mass, axis=1, keepdims=True))
    last_at, noise = _after_between(kernel, people, last_at, between_at)
    reached = np.stack([(weights * ndtr((point - last_at) / noise)).sum(axis=1) for point in grid], axis=1)
    reached[:, -1] = 1.0
    return reached


def _nodes(kernel: Kernel, people: Scored) -> tuple[Array, Array, Array]:
    """(log mass, pain at the end, pain between), each (person, node)."""
    theta = dict(zip(PLAIN, kernel.theta[: len(PLAIN)], strict=True))
    eta = theta["mu"] + people.covariates @ kernel.theta[len(PLAIN) :]
    keep = 1.0 / (1.0 + np.exp(-theta["shrink"]))
    first = kernel.centre + keep * (people.first - kernel.centre)
    pain = np.maximum(first[:, None] + np.exp(theta["log_p_sd"]) * P_NODES, 0.05)
    floor = np.minimum(max(theta["floor"], 0.0), 0.8 * pain)
    work = RESPONDS * np.exp(np.clip(eta[:, None] + np.exp(theta["log_spread"]) * Z_NODES, -12.0, 6.0))
    change = np.exp(np.clip(theta["log_natural"], -8.0, 3.0)) + work
    pace = 2.0 / (1.0 + np.exp(-theta["pace"]))
    none = 1.0 / (1.0 + np.exp(-theta["logit_none"]))
    log_mass = np.log(_P_MASS * _Z_MASS * np.where(RESPONDS > 0, 1.0 - none, none))
    last = floor + (pain - floor) * np.exp(-change)
    between = floor + (pain - floor) * np.exp(-pace * change)
    return np.broadcast_to(log_mass, last.shape), last, between


def _noise(kernel: Kernel, expected: Array) -> Array:
    theta = dict(zip(PLAIN, kernel.theta[: len(PLAIN)], strict=True))
    base = 0.25 * np.exp(np.clip(theta["log_noise"], -5.0, 4.0))
    return np.asarray(np.sqrt(base + np.exp(np.clip(theta["log_grow"], -8.0, 3.0)) * np.maximum(expected, 0.0)) + 0.05)


def _after_between(kernel: Kernel, people: Scored, last_at: Array, between_at: Array) -> tuple[Array, Array]:
    """Expected last score and its noise: part of what a score between was off the curve stays with the person."""
    noise = _noise(kernel, last_at)
    if people.between is None:
        return last_at, noise
    stay = 1.0 / (1.0 + np.exp(-kernel.theta[PLAIN.index("stay")]))
    known = np.isfinite(people.between)[:, None]
    off = (np.where(known, people.between[:, None], between_at) - between_at) / _noise(kernel, between_at)
    return last_at + stay * off * noise, noise * np.where(known, np.sqrt(1.0 - stay**2), 1.0)


def _log_density(score: Array, expected: Array, noise: Array) -> Array:
    away = (score - expected) / noise
    inside = -0.5 * away**2 - np.log(noise) - 0.9189385
    low = np.log(np.maximum(ndtr((0.05 - expected) / noise), 1e-300))
    return np.asarray(np.where(score <= 0.0, low, inside))


def _between(kernel: Kernel, between: Array, expected: Array) -> Array:
    known = np.isfinite(between)
    score = np.where(known, between, 0.0)[:, None]
    return np.where(known[:, None], _log_density(score, expected, _noise(kernel, expected)), 0.0)
