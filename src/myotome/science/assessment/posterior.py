"""From findings to the probability of every root, patient classes averaged out.

The two sides are independent once it is known which sides are involved and whether the patient is tender everywhere.
Each of these classes is weighed by how well it explains the readings of both sides; the answer is their average.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from myotome.science.assessment.cord import Sweep, stretch_of, sweep
from myotome.science.assessment.many import plan_of, sweep_of_many
from myotome.science.assessment.network import Network
from myotome.science.assessment.prior import Prior
from myotome.science.assessment.readings import Readings

if TYPE_CHECKING:
    from jaxtyping import Float

CHUNK = 80
"""Examinations swept at a time: more leave the processor's cache, fewer spend their time between steps."""

LEFT_INVOLVED = np.array([1, 0, 1])
RIGHT_INVOLVED = np.array([0, 1, 1])
"""By class of sides: only left, only right, both."""


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """Beliefs of a batch of examinations.

    `p[e, side, root]` is P(root involved | readings); `p_class[e, side class, diffuse]` sums to 1; `weight` is the
    posterior of (involved, diffuse) for each side, summing to 1; `sweep` keeps the joint beliefs of the windows.
    """

    p: Float[np.ndarray, "exam side root"]
    p_class: Float[np.ndarray, "exam side_class diffuse"]
    weight: Float[np.ndarray, "involved side diffuse exam"]
    log_evidence: Float[np.ndarray, " exam"]
    sweep: Sweep | None = None

    @property
    def p_diffuse(self) -> Float[np.ndarray, " exam"]:
        """Probability that the patient is tender everywhere, whatever the roots."""
        return np.asarray(self.p_class[:, :, 1].sum(1))


def posterior(
    network: Network,
    prior: Prior,
    readings: Readings,
    *,
    stretch: tuple[int, int] | None = None,
    keep: bool = False,
) -> Posterior:
    """The exact posterior of a few examinations at once; `keep` keeps the joints of the windows of `stretch`.

    Windows with readings are always swept. Probabilities lie in [0, 1] for any readings, contradictory ones included.

    Source: judgement (noisy-OR of roots; classes of patients)
    Check: tests/oracle/test_root_posterior.py
    """
    first, last = stretch_of(network, readings.site)
    if stretch is not None:
        first, last = (min(first, stretch[0]), max(last, stretch[1])) if len(readings.site) else stretch
    return _over_classes(network, sweep(network, prior, readings, (first, last), keep=keep))


def _over_classes(network: Network, swept: Sweep) -> Posterior:
    """The classes of patients weighed by how well each explains the readings, and averaged."""
    a = network.assumptions
    chain = swept.log_evidence  # involved, side, diffuse, exam
    joint = chain[LEFT_INVOLVED, 0] + chain[RIGHT_INVOLVED, 1]  # side class, diffuse, exam
    joint += np.log(a.p_sides)[:, None, None] + np.log(a.p_diffuse)[:, None]
    top = joint.max((0, 1))
    p_class = np.exp(joint - top)
    total = p_class.sum((0, 1))
    p_class /= total
    weight = np.empty(chain.shape)
    for side, involved in enumerate((LEFT_INVOLVED, RIGHT_INVOLVED)):
        weight[1, side] = p_class[involved == 1].sum(0)
        weight[0, side] = p_class[involved == 0].sum(0)
    p = np.einsum("isde,risde->esr", weight, swept.p_root)
    return Posterior(
        p=np.minimum(p, 1.0),
        p_class=np.moveaxis(p_class, -1, 0),
        weight=weight,
        log_evidence=top + np.log(total),
        sweep=None if swept.belief is None else swept,
    )


def posterior_of_many(network: Network, prior: Prior, readings: Readings) -> Posterior:
    """The posterior of thousands of examinations, swept in chunks; the joints of windows are not kept.

    `readings.exam` must be in ascending order.

    Source: judgement
    Check: tests/oracle/test_root_posterior.py
    """
    stretch = stretch_of(network, readings.site)
    edges = np.arange(0, readings.n_exams + CHUNK, CHUNK).clip(max=readings.n_exams)
    cuts = np.searchsorted(readings.exam, edges)
    plans = {n: plan_of(network, prior, stretch, n) for n in set(np.diff(edges).tolist())}
    found: list[Posterior] = []
    for i in range(len(edges) - 1):
        rows = slice(cuts[i], cuts[i + 1])
        part = Readings(
            n_exams=int(edges[i + 1] - edges[i]),
            exam=readings.exam[rows] - edges[i],
            site=readings.site[rows],
            side=readings.side[rows],
            if_not=readings.if_not[rows],
            if_so=readings.if_so[rows],
        )
        found.append(_over_classes(network, sweep_of_many(plans[part.n_exams], part)))
    return Posterior(
        p=np.concatenate([one.p for one in found]),
        p_class=np.concatenate([one.p_class for one in found]),
        weight=np.concatenate([one.weight for one in found], axis=-1),
        log_evidence=np.concatenate([one.log_evidence for one in found]),
    )
