"""What an untested finding would teach: its mutual information with the roots behind it, in bits.

The measure is exact for the site's own roots and their neighbours, with plexus variants, patient classes and all other
roots summed out. It is therefore a lower bound of what the finding tells about the whole cord, a few per cent short;
what it would teach about the plexus alone is rightly left out. A site as wide as the window is measured against its
own roots only. A site that shows some signs already is asked for its next sign given those.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from myotome.science.assessment.network import Network
from myotome.science.assessment.posterior import Posterior

if TYPE_CHECKING:
    from jaxtyping import Float, Int

TINY = 1e-300


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """Sites that could be tested, one row each.

    `so_far` are the likelihoods of what each site has shown, as `Hands.split` gives them: not sensitised and read as not,
    not and read as so, sensitised and read as not, sensitised and read as so. `outcomes[reading, x]` is P(outcome x |
    what the hand reads).
    """

    site: Int[np.ndarray, " row"]
    side: Int[np.ndarray, " row"]
    so_far: Float[np.ndarray, "row split"]
    outcomes: Float[np.ndarray, "reading outcome"]


def untested(
    site: Int[np.ndarray, " row"],
    side: Int[np.ndarray, " row"],
    outcomes: Float[np.ndarray, "reading outcome"],
    e: float,
) -> Question:
    """The question for sites that have shown nothing yet; `e` is the chance that the hand misreads a site."""
    return Question(site, side, np.tile([1 - e, e, e, 1 - e], (len(site), 1)), outcomes)


def information_bits(network: Network, found: Posterior, question: Question) -> Float[np.ndarray, "exam row"]:
    """Mutual information of each question with the site's own roots and their neighbours; never negative.

    The posterior must have kept the windows of all sites in question.

    Source: judgement (exact; a lower bound of the information about the whole cord)
    Check: tests/oracle/test_information.py
    """
    swept = found.sweep
    if swept is None or swept.belief is None:
        raise ValueError("The posterior has not kept its windows.")
    e = swept.belief.shape[5]
    # Joint of window, diffuse class and variant for each side: involvement of the side averaged out.
    joint = np.einsum("pnisdev,isde->psendv", swept.belief, found.weight)
    merged = joint.sum(-1, keepdims=True)
    # Sites of the same wiring that have shown the same are one question.
    key = np.column_stack([network.alike[question.site], question.side, question.so_far])
    _, rows, same = np.unique(key, axis=0, return_index=True, return_inverse=True)
    bits = np.zeros((e, len(rows)))
    own, moves = network.n_own[question.site[rows]], network.moves[question.site[rows]]
    places = network.start[question.site[rows]] - swept.first
    for n_own in np.unique(own[own > 0]):
        for is_moved, table in ((True, joint), (False, merged)):
            at = np.flatnonzero((own == n_own) & (moves == is_moved))
            if not len(at):
                continue
            sites = question.site[rows[at]]
            here = table[places[at], question.side[rows[at]]]  # row, exam, state, diffuse, variant
            q = network.q[sites][:, None, ..., : here.shape[-1]]
            reads_so = here * _p_reads_so(question, rows[at], q)
            p_state, p_so = here.sum((-1, -2)), reads_so.sum((-1, -2))
            p_state, p_so = _own_and_neighbours(network, sites, int(n_own), p_state, p_so)
            bits[:, at] = _mutual(p_state, p_so, question.outcomes).T
    return bits[:, same.reshape(-1)]


def _p_reads_so(question: Question, rows: np.ndarray, q: np.ndarray) -> np.ndarray:
    """P(the hand reads "sensitised" here | window, class, variant, signs so far)."""
    a, b, c, d = question.so_far[rows].T[..., None, None, None, None]
    so = q * b + (1 - q) * d
    return np.asarray(so / (so + q * a + (1 - q) * c))


def _own_and_neighbours(network: Network, sites: np.ndarray, n_own: int, *tables: np.ndarray) -> tuple[np.ndarray, ...]:
    """Tables over the window summed down to the site's own roots and one neighbour at each end, where they fit."""
    wanted = min(n_own + 2, network.width)
    spare = network.width - wanted
    if not spare:
        return tables
    lead = np.clip(network.first[sites] - 1 - network.start[sites], 0, spare)
    found = []
    for table in tables:
        summed = np.empty((*table.shape[:2], 2**wanted))
        for above in np.unique(lead):
            rows = lead == above
            split = table[rows].reshape(-1, table.shape[1], 2**above, 2**wanted, 2 ** (spare - above))
            summed[rows] = split.sum((2, 4))
        found.append(summed)
    return tuple(found)


def _mutual(
    p_state: Float[np.ndarray, "row exam state"],
    p_so: Float[np.ndarray, "row exam state"],
    outcomes: Float[np.ndarray, "reading outcome"],
) -> Float[np.ndarray, "row exam"]:
    """H(X) - H(X | state), in bits, where X depends on the state through what the hand reads."""
    so = p_so[..., None]
    joint = (p_state[..., None] - so) * outcomes[0] + so * outcomes[1]
    marginal = joint.sum(-2)
    inner = np.sum(joint * np.log2(np.maximum(joint, TINY)), axis=(-1, -2))
    inner -= np.sum(p_state * np.log2(np.maximum(p_state, TINY)), axis=-1)
    outer = np.sum(marginal * np.log2(np.maximum(marginal, TINY)), axis=-1)
    return np.asarray(np.maximum(inner - outer, 0.0))
