"""Bits for and against, against inference done again from nothing for every finding left out."""

from __future__ import annotations

import numpy as np

from myotome.science.assessment.evidence import evidence_bits, log2_odds
from myotome.science.assessment.posterior import posterior
from myotome.science.assessment.prior import prior_of
from myotome.science.assessment.readings import Observation, readings_of
from tests.oracle.small_cords import a_cord, some_observations


def odds(cord, seen) -> np.ndarray:
    prior = prior_of(cord.network, np.array(cord.rates))
    return log2_odds(posterior(cord.network, prior, readings_of(cord.hands, seen)).p[0])


def test_leaving_one_out_and_one_site_out_and_the_order_of_entry() -> None:
    cord = a_cord(9, seed=3)
    seen = some_observations(cord, 14, seed=3)
    found = evidence_bits(cord.network, prior_of(cord.network, np.array(cord.rates)), cord.hands, seen)
    everything = odds(cord, seen)
    assert found.places == tuple(range(len(seen)))
    for n in found.places:
        np.testing.assert_allclose(found.left_out[n], everything - odds(cord, seen[:n] + seen[n + 1 :]), atol=1e-9)
        np.testing.assert_allclose(found.in_order[n], odds(cord, seen[: n + 1]) - odds(cord, seen[:n]), atol=1e-9)
    for n, at in enumerate(found.sites):
        rest = [o for o in seen if (o.site, o.side) != at]
        np.testing.assert_allclose(found.of_site[n], everything - odds(cord, rest), atol=1e-9)
    np.testing.assert_allclose(found.in_order.sum(0), everything - odds(cord, []), atol=1e-9)


def test_a_sign_read_twice_counts_once_and_the_later_one_holds() -> None:
    cord = a_cord(9, seed=4)
    seen = some_observations(cord, 8, seed=4)
    first = seen[0]
    other = Observation(first.site, first.side, first.sign, (first.grade + 1) % 2, first.examiner)
    found = evidence_bits(cord.network, prior_of(cord.network, np.array(cord.rates)), cord.hands, [other, *seen])
    assert 0 not in found.places
    np.testing.assert_allclose(found.in_order.sum(0), odds(cord, seen) - odds(cord, []), atol=1e-9)


def test_without_findings_there_is_no_evidence() -> None:
    cord = a_cord(7)
    found = evidence_bits(cord.network, prior_of(cord.network, np.array(cord.rates)), cord.hands, [])
    assert found.left_out.shape == found.in_order.shape == found.of_site.shape == (0, 2, 7)
