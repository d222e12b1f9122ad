"""What would change the ranking: findings still to be made that would put another root first.

Each proposed finding is tried with the grade that speaks most for and most against its muscle, and the posterior asked
again. Only a change of the leading root is told; smaller moves are what the bits are about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from myotome.science.assessment.network import Network
from myotome.science.assessment.posterior import posterior
from myotome.science.assessment.prior import Prior
from myotome.science.assessment.readings import Hands, Observation, SignKey, readings_of


@dataclass(frozen=True, slots=True)
class Turn:
    """Finding `sign` with `grade` at (site, side) would make (`root`, `root_side`) lead, with probability `p`."""

    site: int
    side: int
    sign: SignKey
    grade: int
    root: int
    root_side: int
    p: float


def would_change(
    network: Network,
    prior: Prior,
    hands: Hands,
    observations: Sequence[Observation],
    asked: Sequence[tuple[int, int, SignKey]],
    leader: tuple[int, int],
) -> tuple[Turn, ...]:
    """The findings of `asked` (site, side, sign) that would make another root lead than `leader` (side, root).

    Source: judgement (two grades of each finding are tried: the strongest and none)
    Check: tests/unit/science/test_turning.py
    """
    turns = []
    for site, side, sign in asked:
        for grade in (len(hands.p_read[sign][0]) - 1, 0):
            with_it = (*observations, Observation(site, side, sign, grade))
            p = posterior(network, prior, readings_of(hands, with_it)).p[0]
            first = np.unravel_index(int(p.argmax()), p.shape)
            if (int(first[0]), int(first[1])) != leader:
                turns.append(Turn(site, side, sign, grade, int(first[1]), int(first[0]), float(p[first])))
    return tuple(turns)
