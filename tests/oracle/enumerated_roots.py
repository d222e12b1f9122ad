"""The slow obvious twin of the sweep: every pattern of roots, variant and class written out and weighed one by one.

Nothing is shared with the engine but the description of the table. A world is (side class, diffuse, involved roots of
both sides, variants of four limbs); its weight is prior times the probability of every sign read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import log2, sqrt

import numpy as np

from myotome.science.assessment.network import Assumptions, Site
from myotome.science.assessment.readings import Observation, SignSpec
from myotome.vocabulary.findings import FindingKind

SIDE_CLASSES = ((1, 0), (0, 1), (1, 1))


@dataclass
class Enumerated:
    """All worlds of one side as rows; columns are roots; `weight[involved][diffuse]` is prior times likelihood."""

    patterns: np.ndarray
    variants: list[tuple[int, int]]
    weight: np.ndarray  # [involved, diffuse, pattern, variant]


def chain_prior(p: Sequence[float], rho: float, limit: float, patterns: np.ndarray) -> np.ndarray:
    """P(pattern) of a chain that keeps the marginals `p`, root by root."""
    total = np.ones(len(patterns))
    for row, pattern in enumerate(patterns):
        value = p[0] if pattern[0] else 1 - p[0]
        for i in range(1, len(p)):
            before, here = p[i - 1], p[i]
            c = rho * sqrt(here * (1 - here) / (before * (1 - before)))
            c = min(c, limit * here / before, limit * (1 - here) / (1 - before))
            one = here + c * (pattern[i - 1] - before)
            value *= one if pattern[i] else 1 - one
        total[row] = value
    return total


def reading_of(spec: SignSpec, e: float, reads_so: int, grade: int) -> float:
    """P(grade | what the hand reads): with the hand wrong in `e`, the table's probabilities come out again."""
    right, wrong = (spec.p_if_present, spec.p_if_absent) if reads_so else (spec.p_if_absent, spec.p_if_present)
    return ((1 - e) * right[grade] - e * wrong[grade]) / (1 - 2 * e)


def site_likelihood(specs: dict, misread: dict[str, float], seen: Sequence[Observation], sensitised: int) -> float:
    """P(signs of one site | state): for every examiner and instrument the hand reads right or wrong."""
    total = 1.0
    groups = {(o.examiner, specs[o.sign].instrument) for o in seen}
    for examiner, instrument in groups:
        here = [o for o in seen if (o.examiner, specs[o.sign].instrument) == (examiner, instrument)]
        e = misread[instrument]
        value = 0.0
        for reads_so in (0, 1):
            term = 1 - e if reads_so == sensitised else e
            for o in here:
                term *= reading_of(specs[o.sign], e, reads_so, o.grade)
            value += term
        total *= value
    return total


def p_not_sensitised(site: Site, roots: Sequence[str], a: Assumptions, pattern, variant, diffuse: int) -> float:
    """The leaky noisy-OR, written out."""
    leak = {FindingKind.MUSCLE: (a.leak, a.diffuse_leak), FindingKind.SKIN: (a.skin_leak,) * 2}.get(site.kind, (0, 0))
    value = 1 - leak[diffuse]
    shift = {"arm": variant[0], "leg": variant[1], "": 0}[site.limb]
    for root, weight in site.roots.items():
        place = min(max(list(roots).index(root) + shift, 0), len(roots) - 1)
        if pattern[place]:
            value *= 1 - a.lam * weight
    return value


def enumerate_side(
    sites: Sequence[Site],
    roots: Sequence[str],
    rates: Sequence[float],
    a: Assumptions,
    specs: dict,
    misread: dict[str, float],
    observations: Sequence[Observation],
    side: int,
) -> Enumerated:
    """Every pattern of one side with every pair of variants."""
    patterns = np.array(list(product((0, 1), repeat=len(roots))))
    variants = list(product((0, -1, 1), repeat=2))
    p_shift = {
        0: 1 - a.variant_rate,
        -1: a.variant_rate * a.prefixed_share,
        1: a.variant_rate * (1 - a.prefixed_share),
    }
    tested = sorted({o.site for o in observations if o.side == side})
    weight = np.ones((2, 2, len(patterns), len(variants)))
    for involved in (0, 1):
        odds = [a.prior_odds * r / (1 - r) * (1 if involved else a.uninvolved_side_odds) for r in rates]
        weight[involved] *= chain_prior([o / (1 + o) for o in odds], a.rho, a.correlation_limit, patterns)[
            None, :, None
        ]
    for v, variant in enumerate(variants):
        weight[:, :, :, v] *= p_shift[variant[0]] * p_shift[variant[1]]
        for k in tested:
            seen = [o for o in observations if (o.site, o.side) == (k, side)]
            l0, l1 = (site_likelihood(specs, misread, seen, m) for m in (0, 1))
            for diffuse in (0, 1):
                q = np.array([p_not_sensitised(sites[k], roots, a, z, variant, diffuse) for z in patterns])
                weight[:, diffuse, :, v] *= q * l0 + (1 - q) * l1
    return Enumerated(patterns, variants, weight)


def enumerate_both(*args, observations: Sequence[Observation]) -> tuple[Enumerated, Enumerated, np.ndarray]:
    """Both sides, and the weight of each (side class, diffuse) with everything else summed out."""
    a: Assumptions = args[3]
    left, right = (enumerate_side(*args, observations, side) for side in (0, 1))
    p_side = (a.p_left, a.p_right, a.p_both)
    p_diffuse = (1 - a.diffuse_probability, a.diffuse_probability)
    total = np.zeros((3, 2))
    for c, (il, ir) in enumerate(SIDE_CLASSES):
        for d in (0, 1):
            total[c, d] = p_side[c] * p_diffuse[d] * left.weight[il, d].sum() * right.weight[ir, d].sum()
    return left, right, total / total.sum()


def marginals(left: Enumerated, right: Enumerated, p_class: np.ndarray) -> np.ndarray:
    """P(root involved) for both sides, by adding up the worlds in which it is."""
    found = np.zeros((2, left.patterns.shape[1]))
    for side, rows in enumerate((left, right)):
        for c, involved in enumerate(SIDE_CLASSES):
            for d in (0, 1):
                w = rows.weight[involved[side], d].sum(1)
                found[side] += p_class[c, d] * (w[:, None] * rows.patterns).sum(0) / w.sum()
    return found


def mutual_information(joint: dict[tuple, float]) -> float:
    """MI in bits of a table {(x, z): p}."""
    px: dict = {}
    pz: dict = {}
    for (x, z), p in joint.items():
        px[x] = px.get(x, 0) + p
        pz[z] = pz.get(z, 0) + p
    return sum(p * log2(p / (px[x] * pz[z])) for (x, z), p in joint.items() if p > 0)
