"""Patients drawn from a model: involved roots, plexus variants, a class, and what an examiner's hand reads.

One side only: the side that hurts, all roots of it. A test is one muscle (or level) with its signs read together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from myotome.science.assessment import tables
from myotome.science.assessment.network import SHIFTS, Network
from myotome.science.assessment.prior import Prior
from myotome.science.assessment.readings import Hands
from myotome.vocabulary.anatomy import ExamRegion
from myotome.vocabulary.findings import FindingKind


@dataclass(frozen=True, slots=True)
class World:
    """What the drawn patients are like: a network (its assumptions), the hands that examine, one-sided prior."""

    network: Network
    hands: Hands
    prior: Prior
    region: ExamRegion


def world(region: ExamRegion, *, side_factor: float = 1.0, **changes: float) -> World:
    """The tables' own world, or one with some assumptions changed; `side_factor` multiplies the odds of every root."""
    assumed = tables.assumptions().but(**changes)
    if side_factor != 1.0:
        assumed = assumed.but(prior_odds=assumed.prior_odds * side_factor)
    return World(
        tables.network(assumed), tables.hands(assumed), one_sided(tables.regional_prior(region, assumed)), region
    )


def one_sided(prior: Prior) -> Prior:
    """The chain of the side that hurts, alone."""
    return Prior(
        p=prior.p[:, 1:, :1],
        down=prior.down[:, 1:, :1],
        up=prior.up[:, 1:, :1],
        window=prior.window[:, :, 1:, :1],
        step=prior.step[:, :, 1:, :1],
    )


def tests_of(region: ExamRegion) -> np.ndarray:
    """The sites of one side that are palpated in a full regional examination."""
    from myotome.knowledge.muscles import muscle

    return np.array(
        [
            k
            for k, site in enumerate(tables.sites())
            if site.kind is FindingKind.MUSCLE and tables.in_region(site, region) and muscle(site.subject).palpable
        ]
    )


@dataclass(frozen=True, slots=True, eq=False)
class Patients:
    """`z[e, root]` involved roots, `diffuse[e]`, `variant[e, limb]` (arm, leg), and what the signs said.

    `if_not[e, test]` and `if_so[e, test]` are the likelihoods of all signs read at a test.
    """

    z: np.ndarray
    diffuse: np.ndarray
    variant: np.ndarray
    if_not: np.ndarray
    if_so: np.ndarray
    grades: np.ndarray


def draw(world: World, tests: np.ndarray, signs: tuple[str, ...], n: int, rng: np.random.Generator) -> Patients:
    """`n` patients of the world, every test read with every sign, as the world's hand reads them."""
    network, a = world.network, world.network.assumptions
    n_roots = len(network.roots)
    p, down = world.prior.p[:, 0, 0], world.prior.down[:, 0, 0]
    z = np.zeros((n, n_roots), dtype=np.int8)
    z[:, 0] = rng.random(n) < p[0]
    for i in range(1, n_roots):
        z[:, i] = rng.random(n) < p[i] + down[i] * (z[:, i - 1] - p[i - 1])
    diffuse = (rng.random(n) < a.diffuse_probability).astype(np.intp)
    variant = rng.choice(len(SHIFTS), size=(n, 2), p=a.p_variant)
    not_so = p_not_sensitised(network, tests, z, diffuse, variant)
    sensitised = rng.random(not_so.shape) >= not_so
    e = world.hands.misread["fingers"]
    reads_so = sensitised ^ (rng.random(sensitised.shape) < e)
    grades = np.empty((*reads_so.shape, len(signs)), dtype=np.int8)
    for s, sign in enumerate(signs):
        table = world.hands.p_read[FindingKind.MUSCLE, sign].cumsum(1)
        grades[..., s] = (rng.random(reads_so.shape)[..., None] > table[reads_so.astype(int)]).sum(-1)
    if_not, if_so = likelihoods(world.hands, grades, signs)
    return Patients(z, diffuse, variant, if_not, if_so, grades)


def p_not_sensitised(
    network: Network, tests: np.ndarray, z: np.ndarray, diffuse: np.ndarray, variant: np.ndarray
) -> np.ndarray:
    """P(not sensitised) of every test in every patient whose roots, class and variants are known."""
    bits = 2 ** np.arange(network.width - 1, -1, -1)
    windows = network.start[tests][:, None] + np.arange(network.width)
    state = (z[:, windows] * bits).sum(-1)
    limb = np.array([{"arm": 0, "leg": 1, "": 1}[network.sites[k].limb] for k in tests])
    return network.q[tests[None, :], state, diffuse[:, None], variant[:, limb]]


def likelihoods(hands: Hands, grades: np.ndarray, signs: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """P(signs | not sensitised) and P(signs | sensitised), the larger 1, with the shared error of one hand."""
    reads = np.ones((2, *grades.shape[:-1]))
    for s, sign in enumerate(signs):
        reads *= hands.p_read[FindingKind.MUSCLE, sign][:, grades[..., s]]
    e = hands.misread["fingers"]
    pair = np.stack([(1 - e) * reads[0] + e * reads[1], (1 - e) * reads[1] + e * reads[0]])
    pair /= pair.max(0)
    return pair[0], pair[1]


def pair_outcomes(hands: Hands, signs: tuple[str, ...]) -> np.ndarray:
    """P(all grades of one test | what the hand reads), one column for each combination of grades."""
    found = np.ones((2, 1))
    for sign in signs:
        table = hands.p_read[FindingKind.MUSCLE, sign]
        found = (found[:, :, None] * table[:, None, :]).reshape(2, -1)
    return found


def log_prior(prior: Prior, z: np.ndarray) -> np.ndarray:
    """log2 P(z) of whole patterns of one side."""
    p, down = prior.p[:, 0, 0], prior.down[:, 0, 0]
    total = np.log2(np.where(z[:, 0], p[0], 1 - p[0]))
    for i in range(1, z.shape[1]):
        one = p[i] + down[i] * (z[:, i - 1] - p[i - 1])
        total += np.log2(np.where(z[:, i], one, 1 - one))
    return total
