"""Why a root is ranked as it is: bits for and against, one finding or one muscle left out at a time, and in order.

Bits are log2 of the odds. Leaving one out says what a finding adds to all the others; these do not add up, for
findings share what they say. In order of entry they do: the bits from the prior to the last finding sum to the change
of the log odds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from myotome.science.assessment.network import Network
from myotome.science.assessment.posterior import posterior_of_many
from myotome.science.assessment.prior import Prior
from myotome.science.assessment.readings import Hands, Observation, Readings, readings_of, standing

if TYPE_CHECKING:
    from jaxtyping import Float


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Bits of the standing observations and of the sites they belong to, for every root of both sides.

    `left_out` and `in_order` have one row for each place in `places`, or none; `of_site` one for each (site, side) in `sites`.
    """

    places: tuple[int, ...]
    sites: tuple[tuple[int, int], ...]
    left_out: Float[np.ndarray, "finding side root"]
    in_order: Float[np.ndarray, "finding side root"]
    of_site: Float[np.ndarray, "examined side root"]


def evidence_bits(
    network: Network, prior: Prior, hands: Hands, observations: Sequence[Observation], *, by_finding: bool = True
) -> Evidence:
    """Evidence of one examination; `in_order` sums to the log odds with all findings minus those with none.

    Without `by_finding` only whole sites are left out: `left_out` and `in_order` have no rows, at a third of the work.

    Source: judgement (log odds; leave one out)
    Check: tests/oracle/test_evidence_bits.py
    """
    places = standing(observations)
    everything = frozenset(places)
    sites = tuple(dict.fromkeys((observations[i].site, observations[i].side) for i in places))
    listed = places if by_finding else ()
    without_one = [everything - {i} for i in listed]
    without_site = [frozenset(i for i in places if (observations[i].site, observations[i].side) != at) for at in sites]
    first_few = [frozenset(places[:n]) for n in range(len(listed))]
    kept = [everything, *without_one, *without_site, *first_few]
    readings = _in_exam_order(readings_of(hands, observations, kept))
    odds = log2_odds(posterior_of_many(network, prior, readings).p)
    n, m = len(listed), len(sites)
    after = np.concatenate([odds[2 + n + m :], odds[:1]]) if n else odds[:0]
    return Evidence(
        places=places,
        sites=sites,
        left_out=odds[0] - odds[1 : 1 + n],
        of_site=odds[0] - odds[1 + n : 1 + n + m],
        in_order=after - odds[1 + n + m :] if n else np.zeros((0, *odds.shape[1:])),
    )


def log2_odds(p: Float[np.ndarray, "*axes"]) -> Float[np.ndarray, "*axes"]:
    """log2 of p / (1 - p), finite for every p in [0, 1]."""
    held = np.clip(p, 1e-15, 1 - 1e-15)
    return np.asarray(np.log2(held / (1 - held)))


def _in_exam_order(readings: Readings) -> Readings:
    order = np.argsort(readings.exam, kind="stable")
    return Readings(
        readings.n_exams,
        readings.exam[order],
        readings.site[order],
        readings.side[order],
        readings.if_not[order],
        readings.if_so[order],
    )
