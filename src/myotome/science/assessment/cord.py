"""The sweep over the cord: one window of neighbouring roots at a time, downwards and upwards, exactly.

A window of `width` roots is a state; every reading is a factor of one window. The downward message sums out the
uppermost root and takes in the next; the upward one does the reverse. Side (2), patient class (tender everywhere or
not) and involvement of the side run side by side as a batch; the plexus variant is a regime within the chain that is
summed out and drawn anew between arm and leg. Only the stretch that holds readings is swept: beyond it the chain is
linear and needs one product a root.

Axes: `state` = 2**width, `half` = its lower roots, `variant` = 3, `chain` = examinations x side x diffuse x involved.
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
"""Below this many readings an examination, messages are rescaled at every fourth step, else at every step."""


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """What the sweep leaves for windows `first` to `first + n - 1`.

    `belief[i]` is the joint of window, variant and evidence up to a constant of its chain and window; `log_evidence`
    is the log probability of the readings in each chain.
    """

    first: int
    belief: Float[np.ndarray, "position state variant chain"]
    p_root: Float[np.ndarray, "chain root"]
    log_evidence: Float[np.ndarray, " chain"]


def stretch_of(network: Network, sites: Int[np.ndarray, " row"]) -> tuple[int, int]:
    """First and last window that these sites need; the first window of the cord when there is none."""
    if not len(sites):
        return 0, 0
    starts = network.start[sites]
    return int(starts.min()), int(starts.max())


def sweep(network: Network, prior: Prior, readings: Readings, stretch: tuple[int, int]) -> Sweep:
    """All beliefs of a batch of examinations over the windows of `stretch`, which must hold every reading.

    Source: judgement (exact inference; no approximation is made)
    Check: tests/oracle/test_root_posterior.py
    """
    first, last = stretch
    message = sweep_factors(network, prior, readings, first, last)
    down, log_scale = _downwards(network, message, first, readings)
    up = _upwards(network, message, first, readings)
    n, s, v, x = message.shape
    belief = down.reshape(n, 2, s // 2, v, x) * up[:, None]
    # Rescaled to a sum of 1 in every window and chain.
    sums = belief.reshape(n, -1, x).sum(1)
    belief /= sums[:, None, None, None]
    log_evidence = log_scale + np.log(down[-1].reshape(-1, x).sum(0))
    belief = belief.reshape(n, s, v, x)
    return Sweep(first, belief, _root_marginals(network, prior, belief, first), log_evidence)


def sweep_factors(
    network: Network, prior: Prior, readings: Readings, first: int, last: int
) -> Float[np.ndarray, "position state variant chain"]:
    """Readings times prior times variant for every window of the stretch."""
    n, s, e = last - first + 1, 2**network.width, readings.n_exams
    factor = np.ones((n, e, 2, s, N_VARIANTS, 2))
    if len(readings.site):
        place = ((network.start[readings.site] - first) * e + readings.exam) * 2 + readings.side
        order = np.argsort(place, kind="stable")
        place = place[order]
        rows = network.q[readings.site[order]]
        rows *= (readings.if_not - readings.if_so)[order, None, None, None]
        rows += readings.if_so[order, None, None, None]
        begins = np.flatnonzero(np.r_[True, place[1:] != place[:-1]])
        factor.reshape(n * e * 2, s, N_VARIANTS, 2)[place[begins]] = np.multiply.reduceat(rows, begins, axis=0)
    # -> [position, state, variant, exam, side, diffuse, involved]
    turned = factor.transpose(0, 3, 4, 1, 2, 5)[..., None]
    chain = prior.step[first : last + 1].copy()
    chain[0] = prior.window[first]
    rate = network.assumptions.p_variant
    message = np.multiply(turned, chain[:, :, None, None, :, None, :])
    drawn = [0, network.cut - first] if first < network.cut <= last else [0]
    for at in drawn:
        message[at] *= rate[:, None, None, None, None]
    return np.asarray(message.reshape(n, s, N_VARIANTS, e * 8))


def _downwards(
    network: Network, message: np.ndarray, first: int, readings: Readings
) -> tuple[np.ndarray, Float[np.ndarray, " chain"]]:
    n, s, v, x = message.shape
    log_scale = np.zeros(x)
    half = s // 2
    every = 4 if len(readings.site) <= FEW_ROWS * readings.n_exams else 1
    down = np.empty_like(message)
    down[0] = message[0]
    for i in range(1, n):
        if i % every == 0 or i == 1:
            scale = down[i - 1].reshape(-1, x).sum(0)
            down[i - 1] /= scale
            log_scale += np.log(scale)
        passed = down[i - 1, :half] + down[i - 1, half:]
        if i + first == network.cut:
            passed = passed.sum(1, keepdims=True)
        np.multiply(message[i].reshape(half, 2, v, x), passed[:, None], out=down[i].reshape(half, 2, v, x))
    return down, log_scale


def _upwards(network: Network, message: np.ndarray, first: int, readings: Readings) -> np.ndarray:
    n, s, v, x = message.shape
    half = s // 2
    every = 4 if len(readings.site) <= FEW_ROWS * readings.n_exams else 1
    up = np.empty((n, half, v, x))
    up[-1] = 1.0
    for i in range(n - 1, 0, -1):
        seen = (message[i].reshape(2, half, v, x) * up[i]).reshape(half, 2, v, x)
        np.add(seen[:, 0], seen[:, 1], out=up[i - 1])
        if i + first == network.cut:
            up[i - 1] = up[i - 1].sum(1, keepdims=True)
        if i % every == 0:
            up[i - 1] /= up[i - 1].reshape(-1, x).sum(0)
    return up


def _root_marginals(network: Network, prior: Prior, belief: np.ndarray, first: int) -> Float[np.ndarray, "chain root"]:
    """P(root involved | readings) in every chain, for the swept windows and, by the linear steps, beyond them."""
    n, s, _v, x = belief.shape
    width, n_roots = network.width, len(network.roots)
    p = np.empty((n_roots, x))
    p[first : first + n] = belief[:, s // 2 :].reshape(n, -1, x).sum(1)
    end = belief[-1].sum(1)
    for j in range(1, width):
        bit = 2 ** (width - 1 - j)
        p[first + n - 1 + j] = end.reshape(-1, 2, bit, x)[:, 1].sum((0, 1))
    shape = (n_roots, x // 4 // 2, 2, 2, 2)  # root, exam, side, diffuse, involved
    by_chain = p.reshape(shape)
    base, down, up = (np.moveaxis(a, -1, 0)[:, None, :, None, :] for a in (prior.p, prior.down, prior.up))
    for j in range(first - 1, -1, -1):
        by_chain[j] = base[j] + up[j + 1] * (by_chain[j + 1] - base[j + 1])
    for j in range(first + n - 1 + width, n_roots):
        by_chain[j] = base[j] + down[j] * (by_chain[j - 1] - base[j - 1])
    # Linear steps may leave [0, 1] by a rounding error.
    return np.clip(p, 0.0, 1.0).T
