"""The stop rule: what it means when there is no relief, as one sentence with a denominator.

Read off the same draws as the forecast. Reviews are at every fourth visit. Before there is enough to look back on the
next one is spoken of ahead, and stays where it is until it has come, so that nobody moves the line after: among courses
like this that have not come to 30 % relief by then, the share that comes to it within twelve treatments more. After three
treatments without a score at such relief it says what has been, and the share of courses with these scores that still
comes to it. One good day is a score at relief; what is counted are the treatments since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from math import floor
from typing import Any

import numpy as np

from myotome.science.followup.draws import Array
from myotome.science.followup.quantiles import pain_quantiles
from myotome.vocabulary.sentences import Sentence

EVERY, LATER = 4, 12
ENOUGH_WITHOUT_RELIEF = 3
RELIEF = 0.7
GO_ON_ABOVE = 0.4


@dataclass(frozen=True, slots=True)
class StopRule:
    """Of courses still above pain `line` at visit `visit`, the share `p_relief_later` that reaches 30 % relief later.

    `n_without_change` treatments have been given since the first score, or since the last that was at 30 % relief; of
    courses like this `p_relief_from_here` reach it within twelve more.
    """

    visit: int
    line: float
    p_relief_later: float
    n_without_change: int = 0
    p_relief_from_here: float = 0.0

    @property
    def looks_back(self) -> bool:
        """Whether there is enough without relief to speak of what has been."""
        return self.n_without_change >= ENOUGH_WITHOUT_RELIEF

    @property
    def lowest_above(self) -> int:
        """The lowest answer above the line: answers are whole."""
        return min(10, floor(self.line) + 1)

    @property
    def share(self) -> float:
        """The share that the sentence speaks of."""
        return self.p_relief_from_here if self.looks_back else self.p_relief_later

    @property
    def one_in(self) -> int:
        """The share as one in so many; 2 at least."""
        return max(2, round(1.0 / max(self.share, 0.01)))


def treatments_without_change(scores: Sequence[int | None]) -> int:
    """Treatments between the first score, or the last one at 30 % relief from it, and the newest.

    `scores` are those before each treatment, None where she did not answer. Of 0 there is no relief: the first score is
    the first above it.

    Source: dworkin2008 (30 %)
    Check: tests/unit/science/test_stop_rule.py
    """
    scored = [(k, score) for k, score in enumerate(scores) if score is not None]
    begun = next((row for row in scored if row[1] > 0), None)
    if begun is None:
        return 0
    at_relief = [k for k, score in scored if k > begun[0] and score <= RELIEF * begun[1]]
    return scored[-1][0] - max([begun[0], *at_relief])


def stop_rule(
    first_pain: Array, latent: Array, relief: Array, weights: Array, n_visits: int, *, n_without_change: int = 0
) -> StopRule:
    """The rule for the next review: visit 4, 8, 12 and so on.

    `latent` is pain before each treatment ahead, (ahead, draw); `relief` where it is at 30 % relief or better.

    Source: dworkin2008 (30 %), judgement (when to look)
    Check: tests/oracle/test_forecast.py
    """
    visit = EVERY * (n_visits // EVERY + 1)
    at = visit - n_visits - 1
    not_yet = ~relief[at]
    later = relief[at + 1 : at + 1 + LATER].any(axis=0)
    mass = float(weights[not_yet].sum())
    share = float(weights[not_yet & later].sum()) / mass if mass > 1e-6 else 0.0
    from_here = float(weights[relief[: LATER + 1].any(axis=0)].sum())
    line = RELIEF * float(pain_quantiles(first_pain[None, :], weights, [0.5])[0, 0])
    return StopRule(
        visit=visit,
        line=round(line, 1),
        p_relief_later=float(np.clip(share, 0.0, 1.0)),
        n_without_change=n_without_change,
        p_relief_from_here=float(np.clip(from_here, 0.0, 1.0)),
    )


def rule_from(row: Mapping[str, Any]) -> StopRule:
    """The rule from a forecast that was stored, by whatever version.

    Source: judgement
    Check: tests/unit/science/test_stop_rule.py
    """
    return StopRule(**{field.name: row[field.name] for field in fields(StopRule) if field.name in row})


def stop_rule_sentence(rule: StopRule) -> Sentence:
    """The stop rule as the practitioner reads it.

    Source: judgement
    Check: tests/unit/science/test_stop_rule.py
    """
    if rule.looks_back and rule.share > GO_ON_ABOVE:
        words = Sentence(
            "After {n} visits without 30 % relief, about {of_ten} in 10 courses like this still reach it within "
            "twelve more: go on, and look again at visit {visit}.",
            **_places(rule),
        )
    elif rule.looks_back:
        words = Sentence(
            "After {n} visits without 30 % relief, about one in {one_in} courses like this reaches it within twelve "
            "more: change the plan or refer.",
            **_places(rule),
        )
    elif rule.share > GO_ON_ABOVE:
        words = Sentence(
            "If visit {visit} is still above {line}, about {of_ten} in 10 courses like this reach 30 % relief later: go "
            "on, and look again.",
            **_places(rule),
        )
    else:
        words = Sentence(
            "If visit {visit} is still above {line}, about one in {one_in} courses like this reaches 30 % relief later: "
            "change the plan or refer.",
            **_places(rule),
        )
    return words


def stop_rule_sentence_for_her(rule: StopRule) -> Sentence:
    """The stop rule for the patient it was shared with.

    Source: judgement
    Check: tests/unit/science/test_stop_rule.py
    """
    if rule.looks_back and rule.share > GO_ON_ABOVE:
        words = Sentence(
            "After {n} visits without your pain easing by a third, about {of_ten} in 10 people like you still come to "
            "that with twelve more. We look at it together at visit {visit}.",
            **_places(rule),
        )
    elif rule.looks_back:
        words = Sentence(
            "After {n} visits without your pain easing by a third, only about one in {one_in} people like you comes to "
            "that with twelve more. We talk about another plan or another doctor.",
            **_places(rule),
        )
    elif rule.share > GO_ON_ABOVE:
        words = Sentence(
            "If your pain at visit {visit} is still {at_least} of 10 or more, about {of_ten} in 10 people like you still "
            "ease by a third later. We look at it together then.",
            **_places(rule),
        )
    else:
        words = Sentence(
            "If your pain at visit {visit} is still {at_least} of 10 or more, only about one in {one_in} people like you "
            "eases by a third later. Then we talk about another plan or another doctor.",
            **_places(rule),
        )
    return words


def _places(rule: StopRule) -> dict[str, Any]:
    return {
        "n": rule.n_without_change,
        "visit": rule.visit,
        "line": f"{rule.line:.1f}",
        "at_least": rule.lowest_above,
        "of_ten": round(10 * rule.share),
        "one_in": rule.one_in,
    }
