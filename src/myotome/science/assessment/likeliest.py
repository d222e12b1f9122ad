"""The most probable set of roots, jointly with plexus variants and patient class.

The set with the highest probability once variants are summed out cannot be found by a sweep; the joint maximum over
set, variants and class can, and is what is shown. It may differ from the roots that are likely one by one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from myotome.science.assessment.cord import N_VARIANTS, sweep_factors
from myotome.science.assessment.network import SHIFTS, Network
from myotome.science.assessment.posterior import LEFT_INVOLVED, RIGHT_INVOLVED
from myotome.science.assessment.prior import Prior
from myotome.science.assessment.readings import Readings


@dataclass(frozen=True, slots=True)
class LikeliestSet:
    """Roots involved on the left and right (as places on the cord) and what goes with them.

    `log_p` is the log of the joint probability of set, variants, class and readings. `shifts` are those of the left arm,
    left leg, right arm and right leg.
    """

    left: tuple[int, ...]
    right: tuple[int, ...]
    shifts: tuple[int, int, int, int]
    side_class: int
    diffuse: bool
    log_p: float


def likeliest_set(network: Network, prior: Prior, readings: Readings) -> LikeliestSet:
    """The joint maximum for one examination over all roots of both sides, variants and classes.

    Source: judgement
    Check: tests/oracle/test_likeliest_set.py
    """
    message = sweep_factors(network, prior, readings, 0, network.n_positions - 1)
    n, s = message.shape[:2]
    half, rest = s // 2, message.shape[2:5] + message.shape[6:]  # one examination: involved, side, diffuse, variant
    log_message = np.log(message[:, :, :, :, :, 0])
    best = log_message[0]
    came_bit = np.zeros((n, half, *rest), dtype=np.intp)
    came_variant = np.full((n, half, *rest), -1, dtype=np.intp)
    for i in range(1, n):
        pair = best.reshape(2, half, *rest)
        came_bit[i] = pair.argmax(0)
        top = pair.max(0)
        if i == network.cut:
            came_variant[i] = top.argmax(-1)[..., None]
            top = np.repeat(top.max(-1, keepdims=True), N_VARIANTS, axis=-1)
        best = (log_message[i].reshape(half, 2, *rest) + top[:, None]).reshape(s, *rest)
    ends = best.transpose(1, 2, 3, 0, 4).reshape(2, 2, 2, -1)  # involved, side, diffuse, (state, variant)
    top_of_chain = ends.max(-1)
    a = network.assumptions
    score = top_of_chain[LEFT_INVOLVED, 0] + top_of_chain[RIGHT_INVOLVED, 1]
    score = score + np.log(a.p_sides)[:, None] + np.log(a.p_diffuse)
    side_class, diffuse = np.unravel_index(int(score.argmax()), score.shape)
    sets, shifts = [], []
    for side, involved in ((0, LEFT_INVOLVED[side_class]), (1, RIGHT_INVOLVED[side_class])):
        state, variant = divmod(int(ends[involved, side, diffuse].argmax()), N_VARIANTS)
        chain = (..., involved, side, diffuse, slice(None))
        places, arm, leg = _traced(network, came_bit[chain], came_variant[chain], state, variant)
        sets.append(places)
        shifts += [SHIFTS[arm], SHIFTS[leg]]
    return LikeliestSet(
        left=sets[0],
        right=sets[1],
        shifts=(shifts[0], shifts[1], shifts[2], shifts[3]),
        side_class=int(side_class),
        diffuse=bool(diffuse),
        log_p=float(score.max()),
    )


def _traced(
    network: Network, came_bit: np.ndarray, came_variant: np.ndarray, state: int, variant: int
) -> tuple[tuple[int, ...], int, int]:
    """Back from the last window: the involved roots, the variant of the arm and that of the leg."""
    n, width = came_bit.shape[0], network.width
    involved = [n - 1 + j for j in range(width) if state >> (width - 1 - j) & 1]
    leg = variant if network.cut < n else 0
    for i in range(n - 1, 0, -1):
        lower = state >> 1
        if i == network.cut:
            variant = int(came_variant[i, lower, variant])
        # The upper bit belongs to the variant above the cut.
        bit = int(came_bit[i, lower, variant])
        if bit:
            involved.append(i - 1)
        state = bit << (width - 1) | lower
    return tuple(sorted(involved)), variant, leg
