"""Responder, recovered, plateau and relapse, computed from scores by the thresholds of their versioned definitions.

Each answer is yes, no, or "cannot be told": a score that is missing speaks for neither. What stands against it, or is not
known, is said in sentences.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from myotome.knowledge.measures import Definition, definitions
from myotome.knowledge.recovery import prior
from myotome.science.followup.forecast import recovered_line
from myotome.vocabulary.sentences import Sentence

Points = Sequence[tuple[date, float]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What is known of a course, each in order of days: average pain, function, overall change, and the worst grade of
    any segmental sign at each examination; whether treatment has begun again since."""

    pain: Points = ()
    function: Points = ()
    change: Points = ()
    worst_sign: Points = ()
    began_again: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """Whether a definition holds (None: cannot be told), under which version, and what stands against it."""

    code: str
    version: str
    holds: bool | None
    against: tuple[Sentence, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As it is stored with a result."""
        return {"version": self.version, "holds": self.holds, "against": [str(sentence) for sentence in self.against]}


def held_by(outcome: Outcome) -> dict[str, Held]:
    """All four definitions on one course, by code.

    Source: dworkin2008, judgement (each definition's own sources)
    Check: tests/unit/followup/test_definitions.py
    """
    rows = definitions()
    recovered = is_recovered(outcome, rows["recovered"])
    return {
        "responder": is_responder(outcome, rows["responder"]),
        "recovered": recovered,
        "plateau": is_plateau(outcome, rows["plateau"], recovered=recovered.holds),
        "relapse": is_relapse(outcome, rows["relapse"]),
    }


def is_responder(outcome: Outcome, by: Definition) -> Held:
    """Whether pain is less by the asked share and points since the first score, and the overall change is much better.

    The last score of pain and the last word on the overall change belong together when they are of one occasion, at most so
    many days apart; else they speak neither for nor against.

    Source: dworkin2008, farrar2001, judgement (the days of one occasion)
    Check: tests/unit/followup/test_definitions.py
    """
    percent, points = by.thresholds["pain_percent"], by.thresholds.get("pain_points", 0.0)
    parts: list[tuple[bool | None, Sentence]] = []
    if len(outcome.pain) < 2:
        parts.append((None, Sentence("Average pain is not known twice.")))
    else:
        first, last = outcome.pain[0][1], outcome.pain[-1][1]
        words = (
            Sentence(
                "Average pain went from {first:g} to {last:g}, not {percent:g} % and {points:g} points less.",
                first=first,
                last=last,
                percent=percent,
                points=points,
            )
            if points
            else Sentence(
                "Average pain went from {first:g} to {last:g}, not {percent:g} % less.",
                first=first,
                last=last,
                percent=percent,
            )
        )
        parts.append((has_eased(first, last, by), words))
    parts.append(_overall_change(outcome, by))
    return _all_of(by, parts)


def _overall_change(outcome: Outcome, by: Definition) -> tuple[bool | None, Sentence]:
    """What she said last of the overall change, if it is of the occasion of the last score of pain; a definition without days
    takes it of any time."""
    least, within = by.thresholds["change_at_least"], by.thresholds.get("days_of_one_occasion")
    if not outcome.change:
        return None, Sentence("The overall change was not asked.")
    said_on, said = outcome.change[-1]
    if within is not None and outcome.pain:
        pain_on = outcome.pain[-1][0]
        if abs(said_on - pain_on) > timedelta(days=within):
            return None, Sentence(
                "The overall change was said on {said_on}, more than {days:g} days from the last answer on pain of {pain_on}.",
                said_on=said_on,
                days=within,
                pain_on=pain_on,
            )
    words = Sentence("Overall change is {said:g} of 7, below {change:g}.", said=said, change=least)
    return said >= least, words


def has_eased(first: float, last: float, by: Definition) -> bool:
    """Whether pain is less by the share of the first score and by the points that a definition of responder asks, both.

    Source: dworkin2008, farrar2001
    Check: tests/unit/followup/test_definitions.py
    """
    share = last <= first * (1 - by.thresholds["pain_percent"] / 100)
    return share and first - last >= by.thresholds.get("pain_points", 0.0)


def is_recovered(outcome: Outcome, by: Definition) -> Held:
    """Whether pain, function and signs are all good at the last review, and were at one far enough before it.

    A review is a day with a score of average pain; function and signs of that week belong to it.

    Source: judgement
    Check: tests/unit/followup/test_definitions.py
    """
    if not outcome.pain:
        return Held(by.code, by.version, None, (Sentence("Average pain is not known."),))
    last = _at_review(outcome, outcome.pain[-1][0], by)
    good = [day for day, _pain in outcome.pain if all(holds for holds, _ in _at_review(outcome, day, by))]
    apart = timedelta(weeks=by.thresholds["weeks_apart"])
    before = any(outcome.pain[-1][0] - day >= apart for day in good)
    second = Sentence(
        "There is no such review at least {weeks:g} weeks before the last.", weeks=by.thresholds["weeks_apart"]
    )
    return _all_of(by, [*last, (before or None, second)])


def is_plateau(outcome: Outcome, by: Definition, *, recovered: bool | None) -> Held:
    """Whether average pain has stood still over the last visits, and she is not recovered.

    Source: judgement
    Check: tests/unit/followup/test_definitions.py
    """
    n, within = int(by.thresholds["visits"]), by.thresholds["pain_within"]
    last = [value for _, value in outcome.pain[-n:]]
    if len(last) < n:
        return Held(by.code, by.version, None, (Sentence("Average pain is known fewer than {n} times.", n=n),))
    moved = Sentence("Average pain moved by {by:g} over the last {n} answers.", by=max(last) - min(last), n=n)
    return _all_of(
        by,
        [
            (max(last) - min(last) <= within, moved),
            (recovered is not True, Sentence("The course counts as recovered.")),
        ],
    )


def is_relapse(outcome: Outcome, by: Definition) -> Held:
    """Whether pain is back near where the course began after it had left there, or treatment has begun again.

    Source: judgement
    Check: tests/unit/followup/test_definitions.py
    """
    if outcome.began_again:
        return Held(by.code, by.version, True)
    if len(outcome.pain) < 2:
        return Held(by.code, by.version, None, (Sentence("Average pain is not known twice."),))
    first, last = outcome.pain[0][1], outcome.pain[-1][1]
    had_left = any(value < first and not is_back(first, value, by) for _, value in outcome.pain[1:-1])
    never = Sentence("Pain has not been away from where the course began.")
    away = Sentence("Pain is {last:g}, away from the {first:g} at which the course began.", last=last, first=first)
    return _all_of(by, [(had_left, never), (is_back(first, last, by), away)])


def is_back(first: float, last: float, by: Definition) -> bool:
    """Whether pain is as near to where the course began as a definition of relapse asks.

    Source: judgement
    Check: tests/unit/followup/test_definitions.py
    """
    return last > first * (1 - by.thresholds["within_percent"] / 100)


def is_latently_recovered(now: float | None, first_pain: float | None) -> bool | None:
    """Whether the middle of latent pain is at the line that the forecast calls recovered; None where there is none.

    Source: knowledge.recovery (latent-1)
    Check: tests/unit/followup/test_definitions.py
    """
    if now is None or first_pain is None:
        return None
    return bool(now <= float(recovered_line(np.array(first_pain), prior("a"))))


def _at_review(outcome: Outcome, on: date, by: Definition) -> list[tuple[bool | None, Sentence]]:
    want: Mapping[str, float] = by.thresholds
    pain = next(value for day, value in reversed(outcome.pain) if day == on)
    function, sign = (
        _near(points, on, want["days_of_one_review"]) for points in (outcome.function, outcome.worst_sign)
    )
    return [
        (pain <= want["pain_at_most"], Sentence("Average pain was {pain:g} on {on}.", pain=pain, on=on)),
        (None, Sentence("Function was not asked around {on}.", on=on))
        if function is None
        else (function >= want["function_at_least"], Sentence("Function was {n:g} around {on}.", n=function, on=on)),
        (None, Sentence("The segmental signs were not examined around {on}.", on=on))
        if sign is None
        else (sign < want["sign_below"], Sentence("A segmental sign was of grade {n:g} around {on}.", n=sign, on=on)),
    ]


def _near(points: Points, on: date, within: float) -> float | None:
    """The value of the day nearest to this one, the later of two; None when none is within so many days."""
    near = [(abs((day - on).days), -day.toordinal(), value) for day, value in points if abs((day - on).days) <= within]
    return min(near)[2] if near else None


def _all_of(by: Definition, parts: Sequence[tuple[bool | None, Sentence]]) -> Held:
    against = tuple(sentence for holds, sentence in parts if not holds)
    if any(holds is False for holds, _ in parts):
        return Held(by.code, by.version, False, against)
    return Held(by.code, by.version, None if against else True, against)
