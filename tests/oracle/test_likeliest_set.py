"""The most probable set against a search of every world."""

from __future__ import annotations

from itertools import product
from math import log

import numpy as np
import pytest

from myotome.science.assessment.likeliest import likeliest_set
from myotome.science.assessment.prior import prior_of
from myotome.science.assessment.readings import readings_of
from tests.oracle.enumerated_roots import SIDE_CLASSES, enumerate_both
from tests.oracle.small_cords import ASSUMED, a_cord, some_observations


@pytest.mark.parametrize("seed", range(8))
def test_the_set_is_the_best_of_all_worlds(seed: int) -> None:
    cord = a_cord(8, seed=seed)
    seen = some_observations(cord, 4 + 4 * seed, seed=seed)
    args = (cord.network.sites, cord.roots, cord.rates, ASSUMED, cord.specs, cord.misread)
    left, right, _ = enumerate_both(*args, observations=seen)
    best = (-np.inf, None)
    for (c, (il, ir)), d in product(enumerate(SIDE_CLASSES), (0, 1)):
        p = (ASSUMED.p_left, ASSUMED.p_right, ASSUMED.p_both)[c] * (0.85, 0.15)[d]
        score = p * left.weight[il, d].max() * right.weight[ir, d].max()
        if log(score) > best[0]:
            tops = [
                np.unravel_index(rows.weight[i, d].argmax(), rows.weight[i, d].shape)
                for rows, i in ((left, il), (right, ir))
            ]
            best = (log(score), (c, d, *tops))
    found = likeliest_set(cord.network, prior_of(cord.network, np.array(cord.rates)), readings_of(cord.hands, seen))
    c, d, (z_left, v_left), (z_right, v_right) = best[1]
    # Likelihoods of the engine are scaled by site: only the place of the maximum is comparable.
    assert (found.side_class, found.diffuse) == (c, bool(d))
    assert found.left == tuple(np.flatnonzero(left.patterns[z_left]))
    assert found.right == tuple(np.flatnonzero(right.patterns[z_right]))
    assert found.shifts == (*left.variants[v_left], *right.variants[v_right])
