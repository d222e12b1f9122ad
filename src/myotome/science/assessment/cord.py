"""The sweep over the cord: one window of neighbouring roots at a time, downwards and upwards, exactly.

A window of `width` roots is a state; every reading is a factor of one window. The downward message sums out the
uppermost root and takes in the next; the upward one does the reverse. Involvement of the side, side, patient class
(tender everywhere or not) and examination run side by side as chains; the plexus variant is a regime within a chain
that is summed out and drawn anew between arm and leg. Only the stretch that holds readings is swept: beyond it the
prior is linear and needs one product a root.

Axes: `state` = 2**width, `chain` = involved, side, diffuse, exam in this order (see `CHAIN`), `variant` = 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from myotome.science.assessment.network import SHIFTS, Network
from myotome.science.assessment.prior import Prior
from myotome.science.assessment.readings import Readings

if TYPE_CHECKING:
    from jaxtyping import Float, Int

N_VARIANTS = len(SHIFTS)
FEW_ROWS = 48
"""Up to this many readings an examination, messages are rescaled at every fourth step, else at every step."""


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """What the sweep leaves for windows `first` to `first + n - 1`.

    `belief[i]` is the joint of window, variant and evidence, summing to 1 in every window and chain; None when it was
    not kept. `p_root` is P(root involved | readings) in each chain, `log_evidence` the log probability of its readings.
    """

    first: int
    p_root: Float[np.ndarray, "root involved side diffuse exam"]
    log_evidence: Float[np.ndarray, "involved side diffuse exam"]
    belief: Float[np.ndarray, "position state involved side diffuse exam variant"] | None = None


def stretch_of(network: Network, sites: Int[np.ndarray, " row"]) -> tuple[int, int]:
    """First and last window that these sites need; the first window of the cord when there is none."""
    if not len(sites):
        return 0, 0
    starts = network.start[sites]
    return int(starts.min()), int(starts.max())


def sweep(network: Network, prior: Prior, readings: Readings, stretch: tuple[int, int], *, keep: bool = False) -> Sweep:
    """All beliefs of a batch of examinations; `stretch` must hold every reading. `keep` keeps the windows' joints.

    The prior says how many sides and classes of involvement there are; a study of one side gives it one of each.

    Source: judgement (exact inference; no approximation is made)
    Check: tests/oracle/test_root_posterior.py
    """
    first, last = stretch
    message = sweep_factors(network, prior, readings, first, last)
    every = 4 if len(readings.site) <= FEW_ROWS * readings.n_exams else 1
    return swept(network, prior, message, first, every=every, keep=keep)


def swept(
    network: Network,
    prior: Prior,
    message: Float[np.ndarray, "position state involved side diffuse exam variant"],
    first: int,
    *,
    every: int = 1,
    keep: bool = False,
) -> Sweep:
    """The sweep of factors that are made already, rescaled at every `every`-th step; it overwrites `message`."""
    cut = network.cut - first
    down, log_scale = _downwards(message, cut, every)
    up = _upwards(message, cut, every)
    n, s = message.shape[:2]
    rest = message.shape[2:]
    log_evidence = log_scale + np.log(down[-1].sum(0).sum(-1))
    end = down[-1].sum(-1)
    end /= end.sum(0)
    # Small axes last: sums over states come first, over variants second, so that the long axis stays contiguous.
    belief = np.multiply(down.reshape(n, 2, s // 2, *rest), up[:, None], out=message.reshape(n, 2, s // 2, *rest))
    halves = belief.sum(2).sum(-1)
    total = halves.sum(1)
    halves /= total[:, None]
    if keep:
        belief /= total[:, None, None, ..., None]
    p_root = root_marginals(network, prior, halves[:, 1], end, first)
    return Sweep(first, p_root, log_evidence, belief.reshape(message.shape) if keep else None)


def sweep_factors(
    network: Network, prior: Prior, readings: Readings, first: int, last: int
) -> Float[np.ndarray, "position state involved side diffuse exam variant"]:
    """Readings times prior times variant for every window of the stretch; readings of one window are multiplied."""
    n, s, e = last - first + 1, 2**network.width, readings.n_exams
    n_sides = prior.p.shape[2]
    factor = np.ones((n, s, n_sides, 2, e, N_VARIANTS))  # position, state, side, diffuse, exam, variant
    if len(readings.site):
        position = network.start[readings.site] - first
        place = (position * n_sides + readings.side) * e + readings.exam
        order = np.argsort(place, kind="stable")
        place = place[order]
        rows = network.q[readings.site[order]]
        rows *= (readings.if_not - readings.if_so)[order, None, None, None]
        rows += readings.if_so[order, None, None, None]
        begins = np.flatnonzero(np.r_[True, place[1:] != place[:-1]])
        at = order[begins]
        if len(begins) < len(place):
            rows = np.multiply.reduceat(rows, begins, axis=0)
        factor[position[at], :, readings.side[at], :, readings.exam[at]] = rows
    chain = prior.step[first : last + 1].copy()
    chain[0] = prior.window[first]
    message = factor[:, :, None] * chain[..., None, None, None]
    rate = network.assumptions.p_variant
    message[0] *= rate
    if first < network.cut <= last:
        message[network.cut - first] *= rate
    return np.asarray(message)


def _downwards(
    message: np.ndarray, cut: int, every: int
) -> tuple[np.ndarray, Float[np.ndarray, "involved side diffuse exam"]]:
    n, s = message.shape[:2]
    rest = message.shape[2:]
    half = s // 2
    log_scale = np.zeros(rest[:-1])
    down = np.empty_like(message)
    down[0] = message[0]
    paired = message.reshape(n, half, 2, *rest)
    out = down.reshape(n, half, 2, *rest)
    passed = np.empty((half, *rest))
    for i in range(1, n):
        if i % every == 0 or i == 1:
            scale = down[i - 1].sum(0).sum(-1)
            down[i - 1] /= scale[..., None]
            log_scale += np.log(scale)
        np.add(down[i - 1, :half], down[i - 1, half:], out=passed)
        if i == cut:
            passed[...] = passed.sum(-1, keepdims=True)
        np.multiply(paired[i], passed[:, None], out=out[i])
    return down, log_scale


def _upwards(message: np.ndarray, cut: int, every: int) -> np.ndarray:
    n, s = message.shape[:2]
    rest = message.shape[2:]
    half = s // 2
    up = np.empty((n, half, *rest))
    up[-1] = 1.0
    split = message.reshape(n, 2, half, *rest)
    seen = np.empty((2, half, *rest))
    paired = seen.reshape(half, 2, *rest)
    for i in range(n - 1, 0, -1):
        np.multiply(split[i], up[i], out=seen)
        np.add(paired[:, 0], paired[:, 1], out=up[i - 1])
        if i == cut:
            up[i - 1] = up[i - 1].sum(-1, keepdims=True)
        if i % every == 0:
            up[i - 1] /= up[i - 1].sum(0).sum(-1)[..., None]
    return up


def root_marginals(
    network: Network, prior: Prior, upper: np.ndarray, end: np.ndarray, first: int
) -> Float[np.ndarray, "root involved side diffuse exam"]:
    """P(root involved | readings), for the swept windows and, by the linear steps of the prior, beyond them.

    `upper` is P(uppermost root of each window involved), `end` the belief of the last window.
    """
    n, width, n_roots = len(upper), network.width, len(network.roots)
    p = np.empty((n_roots, *upper.shape[1:]))
    p[first : first + n] = upper
    for j in range(1, width):
        bit = 2 ** (width - 1 - j)
        p[first + n - 1 + j] = end.reshape(-1, 2, bit, *end.shape[1:])[:, 1].sum((0, 1))
    base, down, up = (one[..., None, None] for one in (prior.p, prior.down, prior.up))
    for j in range(first - 1, -1, -1):
        p[j] = base[j] + up[j + 1] * (p[j + 1] - base[j + 1])
    for j in range(first + n - 1 + width, n_roots):
        p[j] = base[j] + down[j] * (p[j - 1] - base[j - 1])
    # Linear steps may leave [0, 1] by a rounding error.
    return np.clip(p, 0.0, 1.0)
