"""The sweep of `cord` for many examinations at once, laid out for throughput; it answers the same to a rounding error.

Three things make it quick. Windows that no muscle of a limb reaches have no plexus variant. Readings do not depend on
whether the side is involved, so their factors are kept without that axis, and the prior's step is multiplied into the
messages of four roots and not into the windows of five. The marginals come from messages of four roots as well.

Axes: `state` and `root` as in `cord`; `shared` are the 2**(width - 1) states of two neighbouring windows' common roots;
`variant` is 3 within a limb and 1 elsewhere; `who` is side, diffuse and exam as one long contiguous axis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from myotome.science.assessment.cord import FEW_ROWS, Sweep, root_marginals
from myotome.science.assessment.network import Network
from myotome.science.assessment.prior import Prior
from myotome.science.assessment.readings import Readings

if TYPE_CHECKING:
    from jaxtyping import Float, Int

NO_LIMB, ARM, LEG = range(3)


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What chunks of equal size over one stretch have in common.

    `limb[i]` says whose plexus moves muscles of window `first + i`. `step[i]` is the probability of the window's lowest
    root given the one above, `before` that of the roots that the first window shares with what is above it. `still` and
    `moving` are the network's `q` for windows without and with variants, one row a site.
    """

    network: Network
    prior: Prior
    first: int
    n_exams: int
    limb: tuple[int, ...]
    step: Float[np.ndarray, "position involved one pair one who"]
    before: Float[np.ndarray, "involved shared one who"]
    still: Float[np.ndarray, "site still_cell"]
    moving: Float[np.ndarray, "site moving_cell"]


def plan_of(network: Network, prior: Prior, stretch: tuple[int, int], n_exams: int) -> Plan:
    """The plan for chunks of `n_exams` examinations."""
    first, last = stretch
    step = prior.step[first : last + 1, :4]  # the two lowest roots of a window tell its step
    before = prior.window[first].reshape(-1, 2, *prior.window.shape[2:]).sum(1)
    moving = np.ascontiguousarray(np.swapaxes(network.q, 2, 3))  # site, state, variant, diffuse
    n_sites = len(network.sites)
    return Plan(
        network=network,
        prior=prior,
        first=first,
        n_exams=n_exams,
        limb=_limbs(network)[first : last + 1],
        step=_for_who(np.moveaxis(step, 1, 2), n_exams)[:, :, None, :, None],
        before=_for_who(np.moveaxis(before, 0, 1), n_exams)[:, :, None],
        still=np.ascontiguousarray(moving[:, :, 0]).reshape(n_sites, -1),
        moving=moving.reshape(n_sites, -1),
    )


def sweep_of_many(plan: Plan, readings: Readings) -> Sweep:
    """The beliefs of one chunk of the plan's size; windows are not kept.

    Source: judgement (exact inference; no approximation is made)
    Check: tests/oracle/test_root_posterior.py
    """
    every = 4 if len(readings.site) <= FEW_ROWS * readings.n_exams else 1
    factors = _factors(plan, readings)
    upper, end, log_evidence = _downwards(plan, factors, _upwards(plan, factors, every), every)
    shape = (2, plan.prior.p.shape[2], 2, plan.n_exams)
    p_root = root_marginals(plan.network, plan.prior, upper.reshape(-1, *shape), end.reshape(-1, *shape), plan.first)
    return Sweep(plan.first, p_root, log_evidence.reshape(shape))


def _limbs(network: Network) -> tuple[int, ...]:
    """The limb of every window between the first and the last one that holds a muscle of it."""
    found = [NO_LIMB] * network.n_positions
    for limb, name in ((ARM, "arm"), (LEG, "leg")):
        at = [int(start) for start, site in zip(network.start, network.sites, strict=True) if site.limb == name]
        for i in range(min(at, default=0), max(at, default=-1) + 1):
            found[i] = limb
    return tuple(found)


def _for_who(table: Float[np.ndarray, "*axes side"], n_exams: int) -> Float[np.ndarray, "*axes who"]:
    return np.repeat(table, 2 * n_exams, axis=-1)


def _factors(plan: Plan, readings: Readings) -> list[Float[np.ndarray, "state variant who"]]:
    """The readings of every window multiplied, one array a window."""
    at = plan.network.start[readings.site] - plan.first
    moved = np.array(plan.limb) != NO_LIMB
    found: list[np.ndarray] = [np.empty(0)] * len(moved)
    for has_variants, q in ((False, plan.still), (True, plan.moving)):
        positions = np.flatnonzero(moved == has_variants)
        if not len(positions):
            continue
        rows = np.flatnonzero(moved[at] == has_variants)
        cells = _cells(plan, q, readings, rows, np.searchsorted(positions, at[rows]), len(positions))
        for i, window in zip(positions, cells, strict=True):
            found[i] = window
    return found


def _cells(
    plan: Plan,
    q: Float[np.ndarray, "site cell"],
    readings: Readings,
    rows: Int[np.ndarray, " row"],
    place: Int[np.ndarray, " row"],
    n: int,
) -> Float[np.ndarray, "position state variant who"]:
    """Factors of `n` windows: row by row, multiplied where a window has several readings, then turned to `who` last."""
    n_sides, e = plan.prior.p.shape[2], plan.n_exams
    cell = (place * n_sides + readings.side[rows]) * e + readings.exam[rows]
    order = np.argsort(cell, kind="stable")
    cell, rows = cell[order], rows[order]
    site, if_so = readings.site[rows], readings.if_so[rows]
    slope = readings.if_not[rows] - if_so
    begins = np.flatnonzero(np.r_[True, cell[1:] != cell[:-1]]) if len(rows) else rows
    # The first reading of every cell; a cell without one is any site with two likelihoods of 1.
    n_cells = n * n_sides * e
    sites, slopes, offsets = np.zeros(n_cells, dtype=np.intp), np.zeros(n_cells), np.ones(n_cells)
    for table, values in ((sites, site), (slopes, slope), (offsets, if_so)):
        table[cell[begins]] = values[begins]
    product = _read(q, sites, slopes, offsets)
    # Then the second, the third and so on: each round has one reading a cell.
    nth = np.arange(len(rows)) - np.repeat(begins, np.diff(np.r_[begins, len(rows)]))
    for k in range(1, int(nth.max(initial=0)) + 1):
        again = np.flatnonzero(nth == k)
        product[cell[again]] *= _read(q, site[again], slope[again], if_so[again])
    n_states = 2**plan.network.width
    turned = product.reshape(n, n_sides, e, n_states, -1, 2).transpose(0, 3, 4, 1, 5, 2)
    return np.ascontiguousarray(turned).reshape(n, n_states, -1, n_sides * 2 * e)


def _read(q: np.ndarray, site: np.ndarray, slope: np.ndarray, if_so: np.ndarray) -> Float[np.ndarray, "row cell"]:
    made = q.take(site, axis=0)
    made *= slope[:, None]
    made += if_so[:, None]
    return made


def _upwards(
    plan: Plan, factors: list[np.ndarray], every: int
) -> list[Float[np.ndarray, "involved shared variant who"]]:
    """What the readings of a window and of all below it say about the roots it shares with the window above."""
    rate = plan.network.assumptions.p_variant[:, None]
    n, (involved, shared, _, who) = len(factors), plan.before.shape
    found: list[np.ndarray] = [np.empty(0)] * n
    below = np.ones((involved, shared, 1, who))
    for i in range(n - 1, -1, -1):
        entering = (below.reshape(involved, -1, 4, *below.shape[2:]) * plan.step[i]).reshape(below.shape)
        window = factors[i].reshape(2, shared, -1, who) * entering[:, None]
        pairs = window.reshape(involved, shared, 2, -1, who)
        found[i] = below = pairs[:, :, 0] + pairs[:, :, 1]
        if i % every == 0:
            below /= below.sum((1, 2), keepdims=True)
        if i and plan.limb[i] != NO_LIMB and plan.limb[i] != plan.limb[i - 1]:
            below = (below * rate).sum(2, keepdims=True)
    return found


def _downwards(
    plan: Plan, factors: list[np.ndarray], up: list[np.ndarray], every: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """P(uppermost root of each window involved), the belief of the last window's lower roots, the log evidence."""
    rate = plan.network.assumptions.p_variant[:, None]
    n, (involved, shared, _, who) = len(factors), plan.before.shape
    upper = np.empty((n, involved, who))
    log_scale = np.zeros((involved, who))
    above, limb = plan.before, NO_LIMB
    for i in range(n):
        if plan.limb[i] != limb:
            above = above.sum(2, keepdims=True)
            limb = plan.limb[i]
            if limb != NO_LIMB:
                above = above * rate
        by_upper = (involved, 2, -1, who)
        joint = np.einsum("ijsw,ijsw->jiw", above.reshape(by_upper), up[i].reshape(by_upper))
        np.divide(joint[1], joint[0] + joint[1], out=upper[i])
        window = factors[i].reshape(shared, 2, -1, who) * above[:, :, None]
        halves = window.reshape(involved, 2, shared, -1, who)
        above = halves[:, 0] + halves[:, 1]
        if i % every == 0:
            scale = above.sum((1, 2))
            above /= scale[:, None, None]
            log_scale += np.log(scale)
        parts = above.reshape(involved, -1, 4, *above.shape[2:])
        parts *= plan.step[i]
    end = above.sum(2)
    total = end.sum(1)
    return upper, np.moveaxis(end, 1, 0) / total, log_scale + np.log(total)
