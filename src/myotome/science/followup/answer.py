"""A course as a mapping in, the forecast as a mapping out: the interface that programs and the command line use."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from myotome.knowledge.recovery import prior
from myotome.science.followup.forecast import MODEL_VERSION, CurvePoint, visits_remaining
from myotome.science.followup.particles import ScoredVisit
from myotome.science.followup.recovery import N_DRAWS, Covariates
from myotome.vocabulary.errors import InvalidValue

LONGEST_DAYS = 4000
DEFAULT_INTERVAL_DAYS = 7


def forecast_answer(course: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of `myotome forecast`: ranges of treatments and weeks left, probabilities, curves, basis.

    `course` holds condition, age, duration_weeks, segments, scar, interval_days and `visits`, each a day since the
    first visit and the score (0-10, or null) given before the treatment of that day.

    Raises:
        InvalidValue: names the field: a score outside 0 to 10, days out of order or twice, a day before the first,
            an impossible age, duration or interval.

    Source: knowledge.recovery, clinic belief
    Check: tests/oracle/test_recovery.py
    """
    about = Covariates(
        duration_weeks=_number(course, "duration_weeks", 0, 5200),
        n_segments=_whole(course, "segments", 1, 30),
        scar=_yes_no(course, "scar"),
        age=_number(course, "age", 0, 120),
    )
    interval = _number(course, "interval_days", 1, 90) or DEFAULT_INTERVAL_DAYS
    visits = visits_from(course.get("visits", []))
    forecast = visits_remaining(about, visits, interval_days=interval)
    chosen = prior("a")
    return {
        "treatments_left": forecast.treatments_left,
        "weeks_left": forecast.weeks_left,
        "p_recovered_within": {str(n): round(p, 4) for n, p in forecast.p_recovered_within.items()},
        "p_no_meaningful_change": round(forecast.p_no_meaningful_change, 4),
        "curve": [_point(point) for point in forecast.curve],
        "natural_course": [_point(point) for point in forecast.natural_course],
        "stop_rule": {
            "visit": forecast.stop_rule.visit,
            "line": forecast.stop_rule.line,
            "p_relief_later": round(forecast.stop_rule.p_relief_later, 4),
            "one_in": forecast.stop_rule.one_in,
        },
        "basis": {
            "kind": chosen.status,
            "n": 0,
            "data": chosen.basis,
            "version": f"{MODEL_VERSION}/{chosen.version}",
            "definition": chosen.definition,
            "n_draws": N_DRAWS,
            "n_effective": round(forecast.n_effective, 1),
        },
    }


def visits_from(rows: Any) -> list[ScoredVisit]:
    """The visits as values, in order of days.

    Raises:
        InvalidValue: names the visit and what is wrong with it.

    Source: judgement
    Check: tests/unit/followup/test_answer.py
    """
    if not isinstance(rows, Sequence) or isinstance(rows, str | bytes):
        raise InvalidValue("visits is a list of {day, nrs}.", field="visits")
    found: list[ScoredVisit] = []
    for number, row in enumerate(rows, start=1):
        where = f"visits[{number - 1}]"
        if not isinstance(row, Mapping):
            raise InvalidValue(f"Visit {number} is not {{day, nrs}}.", field=where)
        day = _number(row, "day", 0, LONGEST_DAYS, where=f"{where}.day")
        if day is None:
            raise InvalidValue(f"Visit {number} has no day.", field=f"{where}.day")
        if found and day <= found[-1].day:
            raise InvalidValue(f"Visit {number} is not after the one before it.", field=f"{where}.day")
        found.append(ScoredVisit(day, _whole(row, "nrs", 0, 10, where=f"{where}.nrs")))
    if found and found[0].day != 0:
        raise InvalidValue("Days count from the first visit, which is day 0.", field="visits[0].day")
    return found


def _point(point: CurvePoint) -> dict[str, float | int]:
    return asdict(point)


def _number(row: Mapping[str, Any], name: str, low: float, high: float, *, where: str = "") -> float | None:
    value = row.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidValue(f"{name} is a number, not {value!r}.", field=where or name)
    if not low <= value <= high:
        raise InvalidValue(f"{name} is {low} to {high}, not {value}.", field=where or name)
    return float(value)


def _whole(row: Mapping[str, Any], name: str, low: int, high: int, *, where: str = "") -> int | None:
    value = _number(row, name, low, high, where=where)
    if value is None:
        return None
    if value != int(value):
        raise InvalidValue(f"{name} is a whole number, not {value}.", field=where or name)
    return int(value)


def _yes_no(row: Mapping[str, Any], name: str) -> bool | None:
    value = row.get(name)
    if value is not None and not isinstance(value, bool):
        raise InvalidValue(f"{name} is true or false, not {value!r}.", field=name)
    return value
