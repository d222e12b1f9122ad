"""Scores from answers, exactly by each measure's rule; and the line of meaningful change. Missing is never zero."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from myotome.knowledge.measures import Change, Measure
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.measures import Direction

LOWEST_BEFORE_ZERO = 4


def score(measure: Measure, answers: Mapping[str, float | None]) -> float | None:
    """The measure's score, or None when too little was answered for its rule.

    Raises:
        InvalidValue: an answer outside its item's range or between whole numbers, or to an item the measure does not
            have.

    Source: each measure's own sources in knowledge.measures
    Check: tests/unit/followup/test_scoring.py
    """
    items = {item.code: item for item in measure.items}
    if unknown := set(answers) - set(items):
        raise InvalidValue(
            "{measure} has no item {unknown}.",
            field=sorted(unknown)[0],
            measure=measure.short,
            unknown=sorted(unknown)[0],
        )
    given: list[float] = []
    for code, item in items.items():
        value = answers.get(code)
        if value is None:
            continue
        if not item.low <= value <= item.high:
            raise InvalidValue(
                "{measure} is answered from {low} to {high}, not {value:g}.",
                field=code,
                measure=measure.short,
                low=item.low,
                high=item.high,
                value=value,
            )
        if not measure.measured and value != int(value):
            raise InvalidValue(
                "{measure} is answered in whole numbers, not {value:g}.", field=code, measure=measure.short, value=value
            )
        given.append(float(value))
    if not given or len(given) < (len(items) if measure.rule in {"mean", "sum"} else measure.min_items):
        return None
    if measure.rule in {"sum", "ticks"}:
        return sum(given)
    return sum(given) / len(given)


def enough_without_the_rest(measure: Measure, answers: Mapping[str, float | None]) -> float | None:
    """Of a sum that was answered in part: what the answered items come to, where that alone is at the measure's line.

    None where there is a score, no line, or where the rest would decide.

    Source: each measure's own sources in knowledge.measures (positive_at)
    Check: tests/spec/followup/test_mood_and_worry.py
    """
    if measure.positive_at is None or measure.rule != "sum" or score(measure, answers) is not None:
        return None
    given = sum(value for value in answers.values() if value is not None)
    return given if given >= measure.positive_at else None


def checked_score(measure: Measure, value: float) -> float:
    """A score that was noted as a whole, if the measure can have it.

    Raises:
        InvalidValue: (field "value") outside its range, or between the whole numbers that it counts in.

    Source: each measure's own sources in knowledge.measures
    Check: tests/unit/followup/test_scoring.py
    """
    if not measure.low <= value <= measure.high:
        raise InvalidValue(
            "{rule} is {low:g} to {high:g}, not {value:g}.",
            field="value",
            rule=measure.short,
            low=measure.low,
            high=measure.high,
            value=value,
        )
    if measure.is_whole and value != int(value):
        raise InvalidValue(
            "{rule} is a whole number from {low:g} to {high:g}, not {value:g}.",
            field="value",
            rule=measure.short,
            low=measure.low,
            high=measure.high,
            value=value,
        )
    return float(value)


def score_of_readings(measure: Measure, readings: Sequence[float]) -> float:
    """The score of a measurement from its readings: one as it is, or the mean of as many as the measure takes.

    Raises:
        InvalidValue: (field "value") no reading or too many, or one that the measure cannot have.

    Source: each measure's own sources in knowledge.measures
    Check: tests/unit/followup/test_scoring.py
    """
    values = [checked_score(measure, reading) for reading in readings]
    most = len(measure.items) if measure.rule == "mean_of_given" and measure.at_site else 1
    if most == 1 and len(values) != 1:
        raise InvalidValue("{rule} takes one number.", field="value", rule=measure.short)
    if not 1 <= len(values) <= most:
        raise InvalidValue("{rule} takes 1 to {most} readings.", field="value", rule=measure.short, most=most)
    return sum(values) / len(values)


def zeros_to_ask_about(scores: Sequence[float]) -> list[int]:
    """Which of a person's scores, in order, look like "not answered" typed as zero: the first zero of a run that comes
    straight after a 4 or more. Those who ease to nothing mostly pass through 1, 2 or 3.

    Source: judgement
    Check: tests/unit/followup/test_scoring.py
    """
    return [k for k in range(1, len(scores)) if scores[k] == 0 and scores[k - 1] >= LOWEST_BEFORE_ZERO]


def begins_at_zero(scores: Sequence[float]) -> bool:
    """Whether a person's first score looks like "not answered" typed as zero: who has no pain does not come.

    Source: judgement
    Check: tests/unit/followup/test_scoring.py
    """
    return bool(scores) and scores[0] == 0


def is_nothing_but_zeros(scores: Sequence[float]) -> bool:
    """Whether two scores of a person or more are all 0, which is how missing ones typed as a number look.

    Source: judgement
    Check: tests/unit/science/test_forecast_answer.py
    """
    return len(scores) > 1 and not any(scores)


def meaningful_line(measure: Measure, baseline: float, *, by: Change | None = None) -> float | None:
    """The score at which change from `baseline` becomes meaningful; None where that is not defined, or lies beyond the scale.

    Where points and percent are both given, the line is the farther of the two. What is a change already has one line
    from wherever it was first. `by` is the definition that was in force
    when something was said; without it, today's.

    Source: each measure's own sources in knowledge.measures (change.toml)
    Check: tests/unit/followup/test_meaningful_change.py
    """
    change = by or measure.change
    if change is None:
        return None
    if change.line is not None:
        return change.line
    steps = []
    if change.percent is not None:
        steps.append(abs(baseline) * change.percent / 100.0)
    if change.points is not None:
        steps.append(change.points)
    line = baseline + (-max(steps) if measure.direction is Direction.LOWER_IS_BETTER else max(steps))
    return line if measure.low <= line <= measure.high else None


def is_meaningful_change(measure: Measure, baseline: float, now: float, *, by: Change | None = None) -> bool:
    """True when `now` is at or past the line of meaningful change; from a score that leaves no room for one, never.

    Source: each measure's own sources in knowledge.measures (change.toml)
    Check: tests/unit/followup/test_meaningful_change.py
    """
    line = meaningful_line(measure, baseline, by=by)
    if line is None:
        return False
    return now <= line if measure.direction is Direction.LOWER_IS_BETTER else now >= line
