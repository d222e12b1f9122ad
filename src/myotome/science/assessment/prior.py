"""Before any finding: base rates of the roots, correlated down the cord, for an involved and an uninvolved side.

Each side is a Markov chain that keeps its marginals: P(z_i = 1 | z_(i-1)) = p_i + c_i (z_(i-1) - p_(i-1)), where c_i
is `rho` times the ratio of standard deviations, held at a share of what would make a probability leave (0, 1), so that
no pattern of roots is impossible. Because the
step is linear, what is learned at one root reaches the roots beyond the examined stretch by a product of the c_i.

A belief of an earlier visit enters as tempered odds: what it had added to the base rate counts half after a half-life.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from myotome.science.assessment.network import Assumptions, Network

if TYPE_CHECKING:
    from jaxtyping import Float


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """The chains of both sides. The axis `involved` is 0 for a side that does not hurt and 1 for one that does.

    `window[i]` is the probability of each state of window i; `step[i]` that of its lowest root given the one above;
    `down[i]` and `up[i]` are the slopes from root i-1 to i and back.
    """

    p: Float[np.ndarray, "root involved side"]
    down: Float[np.ndarray, "root involved side"]
    up: Float[np.ndarray, "root involved side"]
    window: Float[np.ndarray, "position state involved side"]
    step: Float[np.ndarray, "position state involved side"]

    def mean(self, assumptions: Assumptions) -> Float[np.ndarray, "side root"]:
        """The prior of each root with the class of sides averaged out."""
        return _averaged(self.p, assumptions).T


def base_rates(
    network: Network, rates: Mapping[str, float], named: frozenset[str] = frozenset(), factor: float = 1.0
) -> Float[np.ndarray, " root"]:
    """The base rate of each root in cord order; the odds of the roots in `named` are multiplied by `factor`."""
    p = np.array([rates[root] for root in network.roots])
    odds = p / (1 - p) * np.where([root in named for root in network.roots], factor, 1.0)
    return np.asarray(odds / (1 + odds))


def prior_of(
    network: Network, rates: Float[np.ndarray, " root"], earlier: Float[np.ndarray, "side root"] | None = None
) -> Prior:
    """The prior of both sides from base rates strictly between 0 and 1.

    `earlier` (the tempered belief of the last visit, see `tempered`) becomes the prior of each root once the class of
    sides is averaged out.

    Source: judgement
    Check: tests/oracle/test_root_posterior.py
    """
    a = network.assumptions
    odds = a.prior_odds * rates / (1 - rates)
    both = np.stack([a.uninvolved_side_odds * odds, odds], axis=1)
    p = np.repeat((both / (1 + both))[..., None], 2, axis=2)
    if earlier is not None:
        p = _moved_to(p, earlier.T, a)
    return _chained(p, a.rho, a.correlation_limit, network.width)


def tempered(
    now: Float[np.ndarray, "side root"],
    then: Float[np.ndarray, "side root"],
    days: float,
    half_life_days: float,
    limit: float,
) -> Float[np.ndarray, "side root"]:
    """Last visit's probabilities `then` drawn towards the base rates `now`: half the added log odds each half-life.

    Strictly between 0 and 1 for any `then` in [0, 1], which is held `limit` away from both.

    Source: clinic belief
    Check: tests/unit/science/test_root_prior.py
    """
    share = 0.5 ** (max(days, 0.0) / half_life_days)
    held = np.clip(then, limit, 1 - limit)
    logit = np.log(now / (1 - now))
    moved = logit + share * (np.log(held / (1 - held)) - logit)
    return np.asarray(1 / (1 + np.exp(-moved)))


def _averaged(p: Float[np.ndarray, "root involved side"], a: Assumptions) -> Float[np.ndarray, "root side"]:
    p_involved = np.array([a.p_left + a.p_both, a.p_right + a.p_both])
    return np.asarray(p_involved * p[:, 1] + (1 - p_involved) * p[:, 0])


def _moved_to(p: np.ndarray, target: np.ndarray, a: Assumptions) -> np.ndarray:
    """Both classes moved by the same log odds, so that their average is the target; found by bisection."""
    logit = np.log(p / (1 - p))
    low, high = np.full(target.shape, -25.0), np.full(target.shape, 25.0)
    for _ in range(60):
        middle = (low + high) / 2
        below = _averaged(1 / (1 + np.exp(-(logit + middle[:, None]))), a) < target
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray(1 / (1 + np.exp(-(logit + ((low + high) / 2)[:, None]))))


def _chained(p: np.ndarray, rho: float, limit: float, width: int) -> Prior:
    q = 1 - p
    before, after = p[:-1], p[1:]
    slope = rho * np.sqrt(after * q[1:] / (before * q[:-1]))
    slope = np.minimum(slope, limit * np.minimum(after / before, q[1:] / q[:-1]))
    down, up = np.zeros_like(p), np.zeros_like(p)
    down[1:] = slope
    up[1:] = slope * before * q[:-1] / (after * q[1:])
    # given[root, above, here]: P(z_i = here | z_(i-1) = above)
    given = np.empty((len(p), 2, 2, *p.shape[1:]))
    for above in (0, 1):
        one = p.copy()
        one[1:] += slope * (above - before)
        given[:, above, 1] = one
        given[:, above, 0] = 1 - one
    ends = np.stack([q, p], axis=1)
    states = np.arange(2**width)
    bit = [(states >> (width - 1 - j)) & 1 for j in range(width)]
    n_positions = len(p) - width + 1
    window = np.empty((n_positions, 2**width, *p.shape[1:]))
    step = np.empty_like(window)
    for i in range(n_positions):
        window[i] = ends[i][bit[0]]
        for j in range(1, width):
            window[i] *= given[i + j][bit[j - 1], bit[j]]
        step[i] = given[i + width - 1][bit[-2], bit[-1]]
    return Prior(p=p, down=down, up=up, window=window, step=step)
