"""Bits of an untested finding against the table of every world: outcome by own roots and neighbours."""

from __future__ import annotations

import numpy as np
import pytest

from myotome.science.assessment.information import Question, information_bits, untested
from myotome.science.assessment.posterior import posterior
from myotome.science.assessment.prior import prior_of
from myotome.science.assessment.readings import Observation, readings_of
from tests.oracle.enumerated_roots import SIDE_CLASSES, enumerate_both, mutual_information
from tests.oracle.small_cords import ASSUMED, MUSCLE, a_cord, some_observations

ASKED = (MUSCLE, "shortened")


def bits_by_enumeration(cord, seen, site: int, side: int) -> float:
    """MI(X; own roots and neighbours) with X added as one more finding, grade by grade."""
    args = (cord.network.sites, cord.roots, cord.rates, ASSUMED, cord.specs, cord.misread)
    places = [cord.roots.index(r) for r in cord.network.sites[site].roots]
    # The window reaches one root beyond the own roots; at an end of the cord it reaches two on the other side.
    first = min(max(places[0] - 1, 0), len(cord.roots) - cord.network.width)
    wanted = min(len(places) + 2, cord.network.width)
    start = int(cord.network.start[site])
    lead = min(max(places[0] - 1 - start, 0), cord.network.width - wanted)
    columns = list(range(start + lead, start + lead + wanted))
    assert first >= 0
    joint: dict[tuple, float] = {}
    for grade in range(4):
        left, right, _p_class = enumerate_both(*args, observations=[*seen, Observation(site, side, ASKED, grade)])
        raw_left, raw_right = left.weight, right.weight
        for c, (il, ir) in enumerate(SIDE_CLASSES):
            for d in (0, 1):
                p_c = (ASSUMED.p_left, ASSUMED.p_right, ASSUMED.p_both)[c]
                p_d = (1 - ASSUMED.diffuse_probability, ASSUMED.diffuse_probability)[d]
                mine, other = (
                    (raw_left[il, d], raw_right[ir, d].sum())
                    if side == 0
                    else (
                        raw_right[ir, d],
                        raw_left[il, d].sum(),
                    )
                )
                for z, w in zip(left.patterns, mine.sum(1), strict=True):
                    key = (grade, tuple(z[columns]))
                    joint[key] = joint.get(key, 0.0) + p_c * p_d * w * other
    total = sum(joint.values())
    return mutual_information({key: w / total for key, w in joint.items()})


@pytest.mark.parametrize(("n_roots", "n_findings", "seed"), [(6, 0, 1), (6, 8, 2), (7, 5, 3)])
def test_bits_equal_enumeration(n_roots: int, n_findings: int, seed: int) -> None:
    cord = a_cord(n_roots, seed=seed)
    seen = [o for o in some_observations(cord, n_findings, seed=seed) if not (o.sign == ASKED and o.examiner == "")]
    rows = [
        (k, side)
        for k, site in enumerate(cord.network.sites)
        for side in (0, 1)
        if site.kind is MUSCLE and site.roots and (k + side + seed) % 3 == 0
    ]
    at = {row: [o for o in seen if (o.site, o.side) == row] for row in rows}
    split = np.array([cord.hands.split(at[row], "fingers", "") for row in rows])
    sites, sides = np.array(rows).T
    found = posterior(
        cord.network,
        prior_of(cord.network, np.array(cord.rates)),
        readings_of(cord.hands, seen),
        stretch=(0, cord.network.n_positions - 1),
        keep=True,
    )
    bits = information_bits(cord.network, found, Question(sites, sides, split, cord.hands.p_read[ASKED]))[0]
    expected = [bits_by_enumeration(cord, seen, k, side) for k, side in rows]
    np.testing.assert_allclose(bits, expected, rtol=0, atol=1e-10)
    assert (bits >= 0).all()


def test_a_site_without_roots_teaches_nothing() -> None:
    cord = a_cord(7)
    face = next(k for k, site in enumerate(cord.network.sites) if site.subject == "face")
    found = posterior(
        cord.network,
        prior_of(cord.network, np.array(cord.rates)),
        readings_of(cord.hands, []),
        stretch=(0, cord.network.n_positions - 1),
        keep=True,
    )
    split = np.array([cord.hands.split([], "fingers", "")])
    question = Question(np.array([face]), np.array([0]), split, cord.hands.p_read[ASKED])
    assert information_bits(cord.network, found, question)[0, 0] == 0


def test_untested_sites_are_asked_as_sites_that_have_shown_nothing() -> None:
    cord = a_cord(7)
    split = np.array([cord.hands.split([], "fingers", "")] * 2)
    question = untested(np.array([0, 1]), np.array([0, 1]), cord.hands.p_read[ASKED], 0.03)
    np.testing.assert_allclose(question.so_far, split)


def test_bits_need_the_windows_that_the_posterior_kept() -> None:
    cord = a_cord(7)
    found = posterior(cord.network, prior_of(cord.network, np.array(cord.rates)), readings_of(cord.hands, []))
    question = untested(np.array([0]), np.array([0]), cord.hands.p_read[ASKED], 0.03)
    with pytest.raises(ValueError, match="kept"):
        information_bits(cord.network, found, question)
