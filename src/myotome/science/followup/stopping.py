"""The stop rule: what it means when the next review finds no change, as one sentence with a denominator.

Read off the same draws as the forecast: among courses like this that have not come to 30 % relief by the review, the
share that comes to it within twelve treatments more. It is said before the review, so that nobody moves the line after.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from myotome.science.followup.draws import Array
from myotome.science.followup.quantiles import pain_quantiles

WAIT_FIRST, WAIT_NEXT, LATER = 4, 2, 12


@dataclass(frozen=True, slots=True)
class StopRule:
    """Of courses still above pain `line` at visit `visit`, the share `p_relief_later` that reaches 30 % relief later."""

    visit: int
    line: float
    p_relief_later: float

    @property
    def one_in(self) -> int:
        """The share as one in so many; 2 at least."""
        return max(2, round(1.0 / max(self.p_relief_later, 0.01)))


def stop_rule(first_pain: Array, latent: Array, relief: Array, weights: Array, n_visits: int) -> StopRule:
    """The rule for the review at visit 4, or two visits on from the last.

    `latent` is pain before each treatment ahead, (ahead, draw); `relief` where it is at 30 % relief or better.

    Source: dworkin2008 (30 %), judgement (when to look)
    Check: tests/oracle/test_forecast.py
    """
    visit = max(WAIT_FIRST, n_visits + WAIT_NEXT)
    at = visit - n_visits - 1
    not_yet = ~relief[at]
    later = relief[at + 1 : at + 1 + LATER].any(axis=0)
    mass = float(weights[not_yet].sum())
    share = float(weights[not_yet & later].sum()) / mass if mass > 1e-6 else 0.0
    line = 0.7 * float(pain_quantiles(first_pain[None, :], weights, [0.5])[0, 0])
    return StopRule(visit=visit, line=round(line, 1), p_relief_later=float(np.clip(share, 0.0, 1.0)))


def stop_rule_sentence(rule: StopRule) -> str:
    """The stop rule as the practitioner reads it.

    Source: judgement
    Check: tests/unit/science/test_stop_rule.py
    """
    if rule.p_relief_later > 0.4:
        share = f"about {round(10 * rule.p_relief_later)} in 10 courses like this reach 30 % relief later: go on, look again"
    else:
        share = f"about one in {rule.one_in} courses like this reaches 30 % relief later: change the plan or refer"
    return f"If visit {rule.visit} is still above {rule.line:.1f}, {share}."
