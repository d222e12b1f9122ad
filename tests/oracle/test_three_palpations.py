"""Three palpations of any grade and any signs never push a root beyond .95 with the priors of the tables.

The probability of a root is a ratio of terms that are linear in the likelihoods of each site, so it is largest where
every site speaks with certainty, for or against. All triples near a root are tried at those corners: what holds there
holds for every grade, every sign and any number of signs of one muscle.
"""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest

from myotome.knowledge import signs
from myotome.science.assessment import tables
from myotome.science.assessment.posterior import posterior_of_many
from myotome.science.assessment.readings import Readings
from myotome.vocabulary.anatomy import ROOT_INDEX, ROOTS, ExamRegion
from myotome.vocabulary.findings import FindingKind

MOST = 0.95


def distinct_sites(root: str) -> list[int]:
    """One site for each wiring that holds the root or a neighbour of it; palpation is of muscles."""
    place = ROOT_INDEX[root]
    near = set(ROOTS[max(place - 1, 0) : place + 2])
    found = {}
    for k, site in enumerate(tables.sites()):
        if site.kind is FindingKind.MUSCLE and near & set(site.roots):
            found.setdefault((tuple(site.roots.items()), site.limb), k)
    return list(found.values())


def highest(root: str, region: ExamRegion | None, triples: list[tuple[int, ...]]) -> float:
    """The highest probability of the root on the left over all triples (or single sites) and corners.

    The corner is the sharpest the hand can be: it misreads a muscle at most as the table says, whatever it feels.
    """
    network = tables.network()
    e = tables.hands().misread["fingers"]
    n = len(triples[0])
    patterns = list(product((0, 1), repeat=n))
    cases = [(triple, pattern) for triple in triples for pattern in patterns if any(pattern)]
    so = np.array([pattern for _, pattern in cases])
    readings = Readings(
        len(cases),
        np.repeat(np.arange(len(cases)), n),
        np.array([triple for triple, _ in cases]).ravel(),
        np.zeros(n * len(cases), dtype=np.intp),
        np.where(so, e / (1 - e), 1.0).ravel(),
        np.where(so, 1.0, e / (1 - e)).ravel(),
    )
    found = posterior_of_many(network, tables.regional_prior(region), readings)
    return float(found.p[:, 0, network.roots.index(root)].max())


@pytest.mark.parametrize(
    ("root", "region"), [("L5", ExamRegion.BACK_LEG), ("C6", ExamRegion.NECK_ARM)], ids=["L5", "C6"]
)
def test_three_palpations_never_pass_95_in_100(root: str, region: ExamRegion) -> None:
    """The likeliest root of each region; every other one starts from a lower base rate."""
    rates = signs.parameters().base_rates[region]
    assert rates[root] == max(rates.values())
    assert 0.85 < most_of_triples(root, region) <= MOST


@pytest.mark.parametrize("root", ["L5", "C6"])
def test_nor_where_no_region_was_chosen(root: str) -> None:
    assert 0.8 < most_of_triples(root, None) <= MOST


def most_of_triples(root: str, region: ExamRegion | None) -> float:
    sites = distinct_sites(root)
    alone = {k: highest(root, region, [(k,)]) for k in sites}
    strongest = sorted(sites, key=lambda k: -alone[k])[:8]
    # Two of three speak for the root; the third may be any site near it, for or against.
    triples = {tuple(sorted((*pair, k))) for pair in combinations(strongest, 2) for k in sites if k not in pair}
    return highest(root, region, sorted(triples))
