"""What safety answers do to booking: each answer has a level, the highest level counts, nothing outvotes it.

"Not sure" counts one level down from "yes", never as "no". A correction cannot make a question as if it had never
been answered: what was once raised stays one level down, so a withdrawn emergency is still phoned about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from myotome.knowledge.screening import RedFlag
from myotome.vocabulary.anatomy import PainRegion
from myotome.vocabulary.courses import RedFlagLevel, SafetyAnswer

HEIGHT: dict[RedFlagLevel, int] = {
    RedFlagLevel.NONE: 0,
    RedFlagLevel.TELL: 1,
    RedFlagLevel.CALL_FIRST: 2,
    RedFlagLevel.EMERGENCY: 3,
}
"""Levels as a ladder; a higher number stops more."""

_DOWN = {
    RedFlagLevel.EMERGENCY: RedFlagLevel.CALL_FIRST,
    RedFlagLevel.CALL_FIRST: RedFlagLevel.TELL,
    RedFlagLevel.TELL: RedFlagLevel.TELL,
    RedFlagLevel.NONE: RedFlagLevel.NONE,
}


def questions_for(regions: Iterable[PainRegion], flags: Sequence[RedFlag]) -> tuple[RedFlag, ...]:
    """The safety questions of the painful regions, emergencies first, in the order of the table within a level.

    Check: tests/spec/screening/test_safety_questions.py
    """
    painful = frozenset(regions)
    asked = [flag for flag in flags if flag.asked_for & painful]
    return tuple(sorted(asked, key=lambda flag: -HEIGHT[flag.level]))


def one_level_down(level: RedFlagLevel) -> RedFlagLevel:
    """Emergency to call first, call first to tell, tell stays tell: a doubt never disappears."""
    return _DOWN[level]


def level_of_answer(flag_level: RedFlagLevel, answer: SafetyAnswer) -> RedFlagLevel:
    """The level of one answer to a question of this level.

    Source: judgement
    Check: tests/spec/screening/test_levels.py, every combination
    """
    if answer is SafetyAnswer.YES:
        return flag_level
    if answer is SafetyAnswer.NOT_SURE:
        return one_level_down(flag_level)
    return RedFlagLevel.NONE


def highest(levels: Iterable[RedFlagLevel]) -> RedFlagLevel:
    """The highest of the levels; none of none."""
    return max(levels, key=HEIGHT.__getitem__, default=RedFlagLevel.NONE)


def level_of(answers: Mapping[str, SafetyAnswer], flags: Sequence[RedFlag]) -> RedFlagLevel:
    """The level of all answers together: the highest of them, whatever the others say.

    Raises:
        KeyError: an answer to a question that is not among the flags; it must not be passed over in silence.
    """
    by_code = {flag.code: flag.level for flag in flags}
    return highest(level_of_answer(by_code[code], answer) for code, answer in answers.items())


def standing_level(levels_in_time: Sequence[RedFlagLevel]) -> RedFlagLevel:
    """What one question counts after its successive answers, given the level of each in the order they were given.

    The last answer counts, but never less than one level below the worst answer ever given.
    """
    if not levels_in_time:
        return RedFlagLevel.NONE
    return highest((levels_in_time[-1], one_level_down(highest(levels_in_time))))


def unanswered(
    answers: Mapping[str, SafetyAnswer], regions: Iterable[PainRegion], flags: Sequence[RedFlag]
) -> tuple[RedFlag, ...]:
    """Safety questions of the painful regions that nobody answered yet; booking waits for them."""
    return tuple(
        flag
        for flag in questions_for(regions, flags)
        if answers.get(flag.code, SafetyAnswer.NOT_ASKED) is SafetyAnswer.NOT_ASKED
    )
