"""A course as a mapping, read and checked: what is known of the person, and her visits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from myotome.knowledge.conditions import conditions
from myotome.knowledge.recovery import UNKNOWN, natural_shift
from myotome.science.followup.particles import ScoredVisit
from myotome.science.followup.recovery import EXPECTED, LONGEST_WEEKS, Covariates
from myotome.vocabulary.errors import InvalidValue

LONGEST_DAYS = 4000
MOST_VISITS = 200
MOST_SEGMENTS = 30
YOUNGEST = 5
BEYOND_ANY = 1e15
LONGEST_GAP_DAYS = 1461
KEYS = frozenset(
    {"condition", "age", "duration_weeks", "segments", "scar", "expected", "practitioner", "interval_days", "visits"}
)
VISIT_KEYS = frozenset({"day", "nrs"})


def covariates_of(course: Mapping[str, Any]) -> Covariates:
    """What is known of the person: condition, age, duration_weeks, segments, scar, expected and who treats her; null is
    unknown, and so are a duration of 0 and an age below 5.

    Raises:
        InvalidValue: names the field that is impossible, or contradicts another.

    Source: judgement (ranges)
    Check: tests/unit/science/test_forecast_answer.py
    """
    weeks, age = number_in(course, "duration_weeks", 0, LONGEST_WEEKS), number_in(course, "age", 0, 120)
    if is_older_than(weeks, age):
        raise InvalidValue("The complaint cannot be older than the patient.", field="duration_weeks")
    return Covariates(
        duration_weeks=weeks or None,
        n_segments=_whole(course, "segments", 1, MOST_SEGMENTS),
        scar=_yes_no(course, "scar"),
        age=None if age is None or age < YOUNGEST else age,
        expected=_expected(course),
        practitioner=_word(course, "practitioner"),
        natural_shift=natural_shift(condition_of(course)),
    )


def expected_or_none(said: str) -> str | None:
    """What she expects as a word of the model; None for no idea and for nothing said."""
    return said if said in EXPECTED else None


def is_older_than(duration_weeks: float | None, age: float | None) -> bool:
    """True when a complaint of so many weeks began before a person of this age (full years) was born."""
    return duration_weeks is not None and age is not None and duration_weeks > 53.0 * (age + 1.0)


def visits_from(rows: Any, *, may_be_untreated: bool = False) -> list[ScoredVisit]:
    """The visits as values, in order of days. Where a score may have been given without a treatment, an entry may say
    `treated` too; everywhere else each is followed by one.

    Raises:
        InvalidValue: names the visit and what is wrong with it.

    Source: judgement
    Check: tests/unit/science/test_forecast_answer.py
    """
    if rows is None:
        return []
    if not isinstance(rows, Sequence) or isinstance(rows, str | bytes):
        raise InvalidValue("visits is a list of {day, nrs}.", field="visits")
    if len(rows) > MOST_VISITS:
        raise InvalidValue(
            "A course has at most {most_visits} visits here, not {n_rows}.",
            field="visits",
            most_visits=MOST_VISITS,
            n_rows=len(rows),
        )
    keys = VISIT_KEYS | {"treated"} if may_be_untreated else VISIT_KEYS
    found: list[ScoredVisit] = []
    for number, row in enumerate(rows, start=1):
        where = f"visits[{number - 1}]"
        if not isinstance(row, Mapping):
            raise InvalidValue("Visit {number} is not {{day, nrs}}.", field=where, number=number)
        check_keys(row, keys, where=f"{where}.")
        _yes_no(row, "treated", where=f"{where}.treated")
        day = number_in(row, "day", 0, LONGEST_DAYS, where=f"{where}.day")
        if day is None:
            raise InvalidValue("Visit {number} has no day.", field=f"{where}.day", number=number)
        if found and day <= found[-1].day:
            raise InvalidValue("Visit {number} is not after the one before it.", field=f"{where}.day", number=number)
        if found and int(day) == int(found[-1].day):
            raise InvalidValue(
                "Visit {number} is on the day of the one before it.", field=f"{where}.day", number=number
            )
        found.append(ScoredVisit(day, _whole(row, "nrs", 0, 10, where=f"{where}.nrs")))
    if found and found[0].day != 0:
        raise InvalidValue("Days count from the first visit, which is day 0.", field="visits[0].day")
    return found


def check_gaps(visits: Sequence[ScoredVisit]) -> None:
    """Refuses a gap after which natural recovery would long have come: what is said then is of another course.

    Raises:
        InvalidValue: names the visit that comes more than four years after the one before it.

    Source: judgement
    Check: tests/spec/followup/test_long_courses.py
    """
    for k, (before, visit) in enumerate(pairwise(visits), start=1):
        if visit.day - before.day > LONGEST_GAP_DAYS:
            raise InvalidValue(
                "Visit {number} is {days} days after the one before it: that is a course of its own, whose first visit is day 0.",
                field=f"visits[{k}].day",
                number=k + 1,
                days=round(visit.day - before.day),
            )


def condition_of(course: Mapping[str, Any]) -> str | None:
    """The condition, one of `myotome conditions`; None where it is not known.

    Raises:
        InvalidValue: it is none of them.

    Source: judgement
    Check: tests/unit/science/test_forecast_answer.py
    """
    value = course.get("condition")
    if value in (None, "", UNKNOWN):
        return None
    if not isinstance(value, str) or value not in conditions():
        raise InvalidValue(
            "{value!r} is no condition; `myotome conditions` lists them.", field="condition", value=value
        )
    return value


def number_in(row: Mapping[str, Any], name: str, low: float, high: float, *, where: str = "") -> float | None:
    """The number under `name`, from `low` to `high`; None where it is missing or null.

    Raises:
        InvalidValue: it is no number, or outside the range; names the field as `where`, or by its name.

    Source: judgement
    Check: tests/unit/science/test_forecast_answer.py
    """
    value = row.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise InvalidValue("{name} is a number, not {value!r}.", field=where or name, name=name, value=value)
    if not low <= value <= high and abs(value) > BEYOND_ANY:
        raise InvalidValue("{name} is {low:g} to {high:g}.", field=where or name, name=name, low=low, high=high)
    if not low <= value <= high:
        raise InvalidValue(
            "{name} is {low:g} to {high:g}, not {value:g}.",
            field=where or name,
            name=name,
            low=low,
            high=high,
            value=value,
        )
    return float(value)


def _whole(row: Mapping[str, Any], name: str, low: int, high: int, *, where: str = "") -> int | None:
    value = number_in(row, name, low, high, where=where)
    if value is None:
        return None
    if value != int(value):
        raise InvalidValue("{name} is a whole number, not {value:g}.", field=where or name, name=name, value=value)
    return int(value)


def _yes_no(row: Mapping[str, Any], name: str, *, where: str = "") -> bool | None:
    value = row.get(name)
    if value is not None and not isinstance(value, bool):
        raise InvalidValue("{name} is true or false, not {value!r}.", field=where or name, name=name, value=value)
    return value


def _word(course: Mapping[str, Any], name: str) -> str:
    value = course.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidValue("{name} is a word, or null, not {value!r}.", field=name, name=name, value=value)
    return value or ""


def _expected(course: Mapping[str, Any]) -> str | None:
    value = course.get("expected")
    if value is not None and not (isinstance(value, str) and value in EXPECTED):
        raise InvalidValue(
            "expected is one of {there_are}, or null, not {value!r}.",
            field="expected",
            there_are=", ".join(EXPECTED),
            value=value,
        )
    return value


def check_keys(row: Mapping[str, Any], known: frozenset[str], *, where: str = "") -> None:
    """Refuses a key that nobody reads, for it is a known one misspelt.

    Raises:
        InvalidValue: names the key and those there are.

    Source: judgement
    Check: tests/unit/science/test_forecast_answer.py
    """
    if unknown := sorted(set(row) - known, key=str):
        raise InvalidValue(
            "{where}{unknown!r} is none of {there_are}.",
            field=f"{where}{unknown[0]}",
            where=f"{where[:-1]}: " if where else "",
            unknown=unknown[0],
            there_are=", ".join(sorted(known)),
        )
