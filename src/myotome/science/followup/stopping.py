"""The stop rule: what it means when there is no relief, as one sentence with a denominator.

Read off the same draws as the forecast. Reviews are at every fourth visit. Before there is enough to look back on the
next one is spoken of ahead, and stays where it is until it has come, so that nobody moves the line after: among courses
like this that have not come to 30 % relief by then, the share that comes to it within twelve treatments more. After three
treatments without a score at such relief it says what has been, and the share of courses with these scores that still
comes to it. One good day is a score at relief; what is counted are the treatments since. Where nearly as many come to
it in the same time without any more treatment, it says so: natural recovery is no reason to go on needling.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from math import floor
from typing import Any

import numpy as np

from myotome.science.followup.draws import Array
from myotome.science.followup.quantiles import pain_quantiles
from myotome.science.followup.recovery import People, pain_if_stopped
from myotome.vocabulary.sentences import Sentence

EVERY, LATER = 4, 12
ENOUGH_WITHOUT_RELIEF = 3
RELIEF = 0.7
GO_ON_ABOVE = 0.4
ADDS_LITTLE_BELOW = 0.1


@dataclass(frozen=True, slots=True)
class StopRule:
    """Of courses still above pain `line` at visit `visit`, the share `p_relief_later` that reaches 30 % relief later.

    `n_without_change` treatments have been given since the first score, or since the last that was at 30 % relief; of
    courses like this `p_relief_from_here` reach it within twelve more. `p_relief_if_stopped` is the share that the sentence
    speaks of when no treatment follows, in the same time; None where an older version did not say.
    """

    visit: int
    line: float
    p_relief_later: float
    n_without_change: int = 0
    p_relief_from_here: float = 0.0
    p_relief_if_stopped: float | None = None

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
    def goes_on_untreated(self) -> bool:
        """Whether relief is likely, and hardly less so without any more treatment."""
        without = self.p_relief_if_stopped
        return self.share > GO_ON_ABOVE and without is not None and self.share - without < ADDS_LITTLE_BELOW

    @property
    def one_in(self) -> int:
        """The share as one in so many; 2 at least."""
        return max(2, round(1.0 / max(self.share, 0.01)))


@dataclass(frozen=True, slots=True)
class Ahead:
    """What lies ahead: `days` of treatments, equally far apart, `pain` before each (day, draw), what is left of `rebound`
    on the first of them (draw,), and the pain at which there is 30 % relief, `eased` (draw,)."""

    days: Array
    pain: Array
    rebound: Array
    eased: Array


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


def stop_rule(ahead: Ahead, people: People, weights: Array, n_visits: int, *, n_without_change: int = 0) -> StopRule:
    """The rule for the next review: visit 4, 8, 12 and so on.

    Source: dworkin2008 (30 %), judgement (when to look)
    Check: tests/oracle/test_forecast.py
    """
    visit = EVERY * (n_visits // EVERY + 1)
    at = visit - n_visits - 1
    relief = ahead.pain[: at + 1 + LATER] <= ahead.eased
    not_yet = ~relief[at]
    mass = float(not_yet @ weights)

    def share_of(later: Array) -> float:
        return min(1.0, float((not_yet & later) @ weights) / mass) if mass > 1e-6 else 0.0

    rule = StopRule(
        visit=visit,
        line=round(RELIEF * float(pain_quantiles(people.first_pain[None, :], weights, [0.5])[0, 0]), 1),
        p_relief_later=share_of(np.any(relief[at + 1 :], axis=0)),
        n_without_change=n_without_change,
        p_relief_from_here=min(1.0, float(relief[: LATER + 1].any(axis=0) @ weights)),
    )
    if rule.looks_back:
        untreated = _relief_if_stopped(ahead, people, n_visits, 0, from_day=0)
        return replace(rule, p_relief_if_stopped=min(1.0, float(untreated @ weights)))
    return replace(rule, p_relief_if_stopped=share_of(_relief_if_stopped(ahead, people, n_visits, at, from_day=at + 1)))


def _relief_if_stopped(ahead: Ahead, people: People, n_visits: int, n_more: int, *, from_day: int) -> Array:
    """Whether (draw,) there is relief on a day ahead from `from_day` to `LATER` treatments on, when only `n_more` are given.

    Untreated, pain first rises by what rebounds and then falls: it is lowest on the first of these days or on the last.
    """
    rebound, fade = ahead.rebound, np.exp(-float(ahead.days[1] - ahead.days[0]) / people.tau)
    for _ in range(n_more):
        rebound = (rebound + 1.0) * fade
    rebound = rebound * fade if from_day > n_more else rebound
    pain = pain_if_stopped(people, n_visits + n_more, rebound, ahead.days[[from_day, n_more + LATER]])
    return np.asarray((pain <= ahead.eased).any(axis=0))


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
    if rule.looks_back and rule.goes_on_untreated:
        words = Sentence(
            "After {n} visits without 30 % relief, about {of_100} in 100 courses like this still reach it within twelve "
            "more, and {if_stopped} in 100 without any more: needling adds little here, change the plan or refer.",
            **_places(rule),
        )
    elif rule.looks_back and rule.share > GO_ON_ABOVE:
        words = Sentence(
            "After {n} visits without 30 % relief, about {of_100} in 100 courses like this still reach it within "
            "twelve more: go on, and look again at visit {visit}.",
            **_places(rule),
        )
    elif rule.looks_back:
        words = Sentence(
            "After {n} visits without 30 % relief, about one in {one_in} courses like this reaches it within twelve "
            "more: change the plan or refer.",
            **_places(rule),
        )
    elif rule.goes_on_untreated:
        words = Sentence(
            "If visit {visit} is still above {line} of 10, about {of_100} in 100 courses like this reach 30 % relief later, and "
            "{if_stopped} in 100 without any more visits: needling adds little then, change the plan or refer.",
            **_places(rule),
        )
    elif rule.share > GO_ON_ABOVE:
        words = Sentence(
            "If visit {visit} is still above {line} of 10, about {of_100} in 100 courses like this reach 30 % relief later: go "
            "on, and look again.",
            **_places(rule),
        )
    else:
        words = Sentence(
            "If visit {visit} is still above {line} of 10, about one in {one_in} courses like this reaches 30 % relief later: "
            "change the plan or refer.",
            **_places(rule),
        )
    return words


def stop_rule_sentence_for_her(rule: StopRule) -> Sentence:
    """The stop rule for the patient it was shared with.

    Source: judgement
    Check: tests/unit/science/test_stop_rule.py
    """
    if rule.looks_back and rule.goes_on_untreated:
        words = Sentence(
            "After {n} visits without your pain easing by a third, about {of_100} in 100 people like you still come to "
            "that with twelve more, and {if_stopped} in 100 without. We talk about another plan or another doctor.",
            **_places(rule),
        )
    elif rule.looks_back and rule.share > GO_ON_ABOVE:
        words = Sentence(
            "After {n} visits without your pain easing by a third, about {of_100} in 100 people like you still come to "
            "that with twelve more. We look at it together at visit {visit}.",
            **_places(rule),
        )
    elif rule.looks_back:
        words = Sentence(
            "After {n} visits without your pain easing by a third, only about one in {one_in} people like you comes to "
            "that with twelve more. We talk about another plan or another doctor.",
            **_places(rule),
        )
    elif rule.goes_on_untreated:
        words = Sentence(
            "If your pain at visit {visit} is still {at_least} of 10 or more, about {of_100} in 100 people like you ease by a "
            "third later, and {if_stopped} in 100 without more visits. Then we talk about another plan or another doctor.",
            **_places(rule),
        )
    elif rule.share > GO_ON_ABOVE:
        words = Sentence(
            "If your pain at visit {visit} is still {at_least} of 10 or more, about {of_100} in 100 people like you still "
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
        "of_100": _in_a_hundred(rule.share),
        "if_stopped": _in_a_hundred(rule.p_relief_if_stopped or 0.0),
        "one_in": rule.one_in,
    }


def _in_a_hundred(share: float) -> int:
    """Never all and never none: these are courses like this one, not this one."""
    return min(99, max(1, round(100 * share)))
