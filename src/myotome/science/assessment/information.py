"""What an untested finding would teach: its mutual information with the roots behind it, in bits.

The measure is exact for the site's own roots and their neighbours, with plexus variants, patient classes and all other
roots summed out. It is therefore a lower bound of what the finding tells about the whole cord, a few per cent short;
what it would teach about the plexus alone is rightly left out. A site as wide as the window is measured against its
own roots only. A site that shows some signs already is asked for its next sign given those.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
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
    # Joint of window, diffuse class and variant for each side: involvement of the side averaged out.
    joint = np.einsum("pnisdev,isde->psendv", swept.belief, found.weight)
    rows, same = _distinct(network, question)
    sites = question.site[rows]
    here = joint[network.start[sites] - swept.first, question.side[rows]]  # row, exam, state, diffuse, variant
    p_state = _over_classes(here)
    here *= _p_reads_so(question.so_far[rows], network.q[sites][:, None])
    kind, folds = _folds(network)
    fold = folds[kind[sites]]
    bits = _mutual(p_state @ fold, _over_classes(here) @ fold, question.outcomes)
    bits[network.n_own[sites] == 0] = 0.0
    return np.asarray(bits[same].T)


def _over_classes(table: Float[np.ndarray, "row exam state diffuse variant"]) -> Float[np.ndarray, "row exam state"]:
    """The table with classes and variants summed out; a product with ones is faster than a sum over short axes."""
    flat = table.reshape(*table.shape[:3], -1)
    return np.asarray(flat @ np.ones(flat.shape[-1]))


def _distinct(network: Network, question: Question) -> tuple[Int[np.ndarray, " distinct"], Int[np.ndarray, " row"]]:
    """Sites of the same wiring and side that have shown nothing yet are one question: its row, and where each row went."""
    key = 2 * network.alike[question.site] + question.side
    shown = np.flatnonzero((question.so_far != question.so_far[:1]).any(1))
    key[shown] = 2 * len(network.sites) + shown
    _, rows, same = np.unique(key, return_index=True, return_inverse=True)
    return rows, same


def _p_reads_so(
    so_far: Float[np.ndarray, "row split"], q: Float[np.ndarray, "row one state diffuse variant"]
) -> Float[np.ndarray, "row one state diffuse variant"]:
    """P(the hand reads "sensitised" here | window, class, variant, signs so far)."""
    a, b, c, d = so_far.T[..., None, None, None, None]
    so = q * (b - d)
    so += d
    if np.array_equal(a + b, c + d):  # nothing was shown: the denominator is the same everywhere
        so /= a + b
        return np.asarray(so)
    return np.asarray(so / (q * (a + b - c - d) + (c + d)))


@lru_cache(maxsize=8)
def _folds(network: Network) -> tuple[Int[np.ndarray, " site"], Float[np.ndarray, "kind state folded"]]:
    """How the states of each site's window fold to its own roots and one neighbour at each end, where they fit."""
    width = network.width
    wanted = np.minimum(network.n_own + 2, width)
    lead = np.clip(network.first - 1 - network.start, 0, width - wanted)
    kinds, kind = np.unique(np.column_stack([wanted, lead]), axis=0, return_inverse=True)
    states = np.arange(2**width)
    folds = np.zeros((len(kinds), 2**width, 2**width))
    for k, (n, above) in enumerate(kinds):
        folds[k, states, (states >> (width - n - above)) & (2**n - 1)] = 1.0
    return kind.reshape(-1), folds


def _mutual(
    p_state: Float[np.ndarray, "row exam folded"],
    p_so: Float[np.ndarray, "row exam folded"],
    outcomes: Float[np.ndarray, "reading outcome"],
) -> Float[np.ndarray, "row exam"]:
    """H(X) - H(X | state), in bits, where X depends on the state through what the hand reads."""
    # Outcomes come first, so that the long axis of states stays contiguous.
    if_not, if_so = outcomes[..., None, None, None]
    joint = p_so * (if_so - if_not)
    joint += p_state * if_not
    marginal = joint.sum(-1)
    nats = np.einsum("xres,xres->re", joint, _log(joint))
    nats -= np.einsum("res,res->re", p_state, _log(p_state))
    nats -= np.einsum("xre,xre->re", marginal, _log(marginal))
    return np.asarray(np.maximum(nats / np.log(2), 0.0))


def _log(p: np.ndarray) -> np.ndarray:
    return np.asarray(np.log(np.maximum(p, TINY)))
