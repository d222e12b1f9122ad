"""A course as a mapping in, the forecast as a mapping out: the interface that programs and the command line use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from myotome.knowledge.conditions import conditions
from myotome.knowledge.recovery import UNKNOWN, natural_courses, natural_shift
from myotome.science.followup.draws import N_DRAWS, Basis, prior_basis
from myotome.science.followup.forecast import MISSING_SHARE, MODEL_VERSION, CurvePoint, visits_remaining
from myotome.science.followup.particles import ScoredVisit
from myotome.science.followup.plain import KIND, PLAIN_VERSION, plain_answer
from myotome.science.followup.recovery import EXPECTED, LONGEST_WEEKS, Covariates
from myotome.science.followup.scoring import begins_at_zero, is_nothing_but_zeros, zeros_to_ask_about
from myotome.science.followup.stopping import stop_rule_sentence
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.sentences import Sentence

LONGEST_DAYS = 4000
MOST_VISITS = 200
MOST_SEGMENTS = 30
YOUNGEST = 5
BEYOND_ANY = 1e15
LONG_GAP_DAYS, LONGEST_GAP_DAYS = 365, 1461
DEFAULT_INTERVAL_DAYS = 7.0
SPACINGS = (7, 14)
KEYS = frozenset(
    {"condition", "age", "duration_weeks", "segments", "scar", "expected", "practitioner", "interval_days", "visits"}
)
VISIT_KEYS = frozenset({"day", "nrs"})


def version_of(basis: Basis) -> str:
    """The version of forecasts on this basis: that of the model or the baseline that speaks, then that of prior or fit."""
    if basis.plain is not None:
        return f"{PLAIN_VERSION}/{basis.plain.version}"
    return f"{MODEL_VERSION}/{basis.prior.version}"


FORECAST_VERSION = version_of(prior_basis())


def forecast_answer(
    course: Mapping[str, Any], basis: Basis | None = None, *, zeros_are_sure: bool = True
) -> dict[str, Any]:
    """The answer of `myotome forecast`: ranges of treatments and weeks left, probabilities, curves, basis.

    `course` holds condition, age, duration_weeks, segments, scar, expected (how long she thinks it will last: days,
    weeks, months, years or always), practitioner (an opaque word of the fit), interval_days and `visits`, each a day
    since the first visit and the score (0-10, or null) given before the treatment of that day. What is missing or null is
    unknown, and the answer is wider for it; so is what is nearly always a missing value typed as a number (a first score
    of 0, a duration of 0, an age below 5), and the warnings say so. Zeros at the end that come straight after a 4 or more
    are taken as missing in part unless somebody made sure of them. It rests on the prior unless a fitted `basis` is
    given. A range's null is "not within 40 treatments".

    Raises:
        InvalidValue: names the field: an unknown condition or key, a score outside 0 to 10, days out of order or
            twice, a first day that is not 0, four years without a visit, an impossible age, duration or interval.

    Source: knowledge.recovery, clinic belief
    Check: tests/oracle/test_forecast.py
    """
    _check_keys(course, KEYS)
    condition, about = _condition(course), covariates_of(course)
    interval = _number(course, "interval_days", 1, 90)
    given = visits_from(course.get("visits"))
    _check_gaps(given)
    visits = without_first_zero(given)
    basis = prior_basis() if basis is None else basis
    interval = DEFAULT_INTERVAL_DAYS if interval is None else interval
    doubted = None if zeros_are_sure else without_last_zeros(visits)
    forecast = visits_remaining(about, visits, interval_days=interval, basis=basis, doubted=doubted)
    chosen = basis.prior
    answer = {
        "treatments_left": forecast.treatments_left,
        "weeks_left": forecast.weeks_left,
        "p_recovered_within": {str(n): round(p, 4) for n, p in forecast.p_recovered_within.items()},
        "p_no_meaningful_change": round(forecast.p_no_meaningful_change, 4),
        "curve": [_point(point) for point in forecast.curve],
        "natural_course": [_point(point) for point in forecast.natural_course],
        "now": _point(forecast.now) if forecast.now else None,
        "first_pain": forecast.first_pain,
        "next_score": forecast.next_score,
        "stop_rule": {
            "visit": forecast.stop_rule.visit,
            "line": forecast.stop_rule.line,
            "p_relief_later": round(forecast.stop_rule.p_relief_later, 4),
            "n_without_change": forecast.stop_rule.n_without_change,
            "p_relief_from_here": round(forecast.stop_rule.p_relief_from_here, 4),
            "p_relief_if_stopped": round(forecast.stop_rule.p_relief_if_stopped or 0.0, 4),
            "one_in": forecast.stop_rule.one_in,
            "says": stop_rule_sentence(forecast.stop_rule),
        },
        "basis": {
            "kind": chosen.status,
            "n": basis.n,
            "data": chosen.basis,
            "data_hash": basis.data_hash,
            "version": version_of(basis),
            "definition": chosen.definition,
            "natural_course": natural_courses()[condition].says if condition else "",
            "is_of_practitioner": about.practitioner in basis.practitioners,
            "n_draws": N_DRAWS,
            "n_effective": round(forecast.n_effective, 1),
        },
        "warnings": [*doubts_about(course), *warnings_about(given), *_told_of(doubted)],
    }
    return _spoken_plainly(answer, basis, about, visits, interval)


def _spoken_plainly(
    answer: dict[str, Any], basis: Basis, about: Covariates, visits: Sequence[ScoredVisit], interval: float
) -> dict[str, Any]:
    """The answer with what the baseline says in the model's place, where one speaks and there is a score to start from."""
    plain = basis.plain
    says = None if plain is None else plain_answer(plain, basis.prior, about, visits, interval_days=interval)
    if plain is None or says is None:
        return answer | {"basis": answer["basis"] | {"version": version_of(basis)}}
    says |= {"curve": [_point(point) for point in says["curve"]], "now": _point(says["now"])}
    own = {"kind": KIND, "n": plain.n, "data": plain.name, "data_hash": plain.data_hash, "version": version_of(basis)}
    return answer | says | {"basis": answer["basis"] | own}


def other_spacings(
    course: Mapping[str, Any],
    basis: Basis | None = None,
    days: Sequence[int] = SPACINGS,
    *,
    zeros_are_sure: bool = True,
) -> dict[str, dict[str, Any]]:
    """Treatments and weeks left by visits every so many days instead, from the same posterior; empty where a baseline
    speaks, which knows nothing of what a treatment does.

    Raises:
        InvalidValue: as `forecast_answer`.

    Source: knowledge.recovery, clinic belief
    Check: tests/unit/science/test_forecast_answer.py
    """
    if basis is not None and basis.plain is not None:
        return {}
    each = {n: dict(course) | {"interval_days": n} for n in days}
    answers = {n: forecast_answer(row, basis, zeros_are_sure=zeros_are_sure) for n, row in each.items()}
    return {str(n): {name: row[name] for name in ("treatments_left", "weeks_left")} for n, row in answers.items()}


def _told_of(doubted: Sequence[ScoredVisit] | None) -> list[Sentence]:
    if doubted is None:
        return []
    n = round(100 * MISSING_SHARE)
    return [Sentence("Until somebody makes sure of them, zeros at the end count as missing in {n} of 100.", n=n)]


def doubts_about(course: Mapping[str, Any]) -> list[Sentence]:
    """What of a course that can be read is taken as not known, because it looks like a missing value typed as a number.

    Source: judgement
    Check: tests/unit/science/test_forecast_answer.py
    """
    found, age = [], course.get("age")
    scores = [row["nrs"] for row in course.get("visits") or () if row.get("nrs") is not None]
    if course.get("duration_weeks") == 0:
        found.append(
            Sentence("A duration of 0 weeks is taken as not known; a complaint that began today has lasted 0.1.")
        )
    if age is not None and age < YOUNGEST:
        found.append(Sentence("An age of {age} is taken as not known.", age=f"{age:g}"))
    if begins_at_zero(scores):
        found.append(
            Sentence(
                "The first score is 0: no pain at all, or not answered? It is taken as not known; a missing score is null."
            )
        )
    return found


def warnings_about(visits: Sequence[ScoredVisit]) -> list[Sentence]:
    """What to ask before the answer is believed: zeros that look like missing scores, a gap of more than a year.

    Source: judgement
    Check: tests/unit/science/test_forecast_answer.py
    """
    scored = [(number, visit.nrs) for number, visit in enumerate(visits, start=1) if visit.nrs is not None]
    scores = [score for _, score in scored]
    found = [
        Sentence(
            "Visit {number} has 0 straight after {before}: no pain at all, or not answered? A missing score is null.",
            number=scored[k][0],
            before=scored[k - 1][1],
        )
        for k in zeros_to_ask_about(scores)
    ]
    if is_nothing_but_zeros(scores):
        found.append(
            Sentence("All {n} scores are 0: never any pain, or not answered? Missing scores are null.", n=len(scores))
        )
    found += [
        Sentence(
            "Visit {number} is {days} days after the one before it, and read as of the same course; after so long a new course says more.",
            number=number,
            days=round(visit.day - before.day),
        )
        for number, (before, visit) in enumerate(pairwise(visits), start=2)
        if visit.day - before.day > LONG_GAP_DAYS
    ]
    return found


def without_first_zero(visits: Sequence[ScoredVisit]) -> list[ScoredVisit]:
    """The visits with a first score of 0 as not answered: nobody comes to be treated for no pain, and a forecast from it
    would speak of relief from nothing.

    Source: judgement
    Check: tests/unit/science/test_forecast_answer.py
    """
    if not begins_at_zero(_scores_in(visits)):
        return list(visits)
    first = next(k for k, visit in enumerate(visits) if visit.nrs is not None)
    return [replace(visit, nrs=None) if k == first else visit for k, visit in enumerate(visits)]


def without_last_zeros(visits: Sequence[ScoredVisit]) -> list[ScoredVisit] | None:
    """The visits with the zeros at their end as not answered, where they come straight after a 4 or more; else None.

    Source: judgement
    Check: tests/unit/science/test_forecast_answer.py
    """
    scored = [k for k, visit in enumerate(visits) if visit.nrs is not None]
    scores = _scores_in(visits)
    at = max(zeros_to_ask_about(scores), default=None)
    if at is None or any(scores[at:]):
        return None
    return [replace(visit, nrs=None) if k >= scored[at] else visit for k, visit in enumerate(visits)]


def _check_gaps(visits: Sequence[ScoredVisit]) -> None:
    """Refuses a gap after which natural recovery would long have come: what is said then is of another course."""
    for k, (before, visit) in enumerate(pairwise(visits), start=1):
        if visit.day - before.day > LONGEST_GAP_DAYS:
            raise InvalidValue(
                "Visit {number} is {days} days after the one before it: that is a course of its own, whose first visit is day 0.",
                field=f"visits[{k}].day",
                number=k + 1,
                days=round(visit.day - before.day),
            )


def _scores_in(visits: Sequence[ScoredVisit]) -> list[int]:
    return [visit.nrs for visit in visits if visit.nrs is not None]


def covariates_of(course: Mapping[str, Any]) -> Covariates:
    """What is known of the person: condition, age, duration_weeks, segments, scar, expected and who treats her; null is
    unknown, and so are a duration of 0 and an age below 5.

    Raises:
        InvalidValue: names the field that is impossible, or contradicts another.

    Source: judgement (ranges)
    Check: tests/unit/science/test_forecast_answer.py
    """
    weeks, age = _number(course, "duration_weeks", 0, LONGEST_WEEKS), _number(course, "age", 0, 120)
    if is_older_than(weeks, age):
        raise InvalidValue("The complaint cannot be older than the patient.", field="duration_weeks")
    return Covariates(
        duration_weeks=weeks or None,
        n_segments=_whole(course, "segments", 1, MOST_SEGMENTS),
        scar=_yes_no(course, "scar"),
        age=None if age is None or age < YOUNGEST else age,
        expected=_expected(course),
        practitioner=_word(course, "practitioner"),
        natural_shift=natural_shift(_condition(course)),
    )


def expected_or_none(said: str) -> str | None:
    """What she expects as a word of the model; None for no idea and for nothing said."""
    return said if said in EXPECTED else None


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


def _word(course: Mapping[str, Any], name: str) -> str:
    value = course.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidValue("{name} is a word, or null, not {value!r}.", field=name, name=name, value=value)
    return value or ""


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
        _check_keys(row, keys, where=f"{where}.")
        _yes_no(row, "treated", where=f"{where}.treated")
        day = _number(row, "day", 0, LONGEST_DAYS, where=f"{where}.day")
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


def _check_keys(row: Mapping[str, Any], known: frozenset[str], *, where: str = "") -> None:
    if unknown := sorted(set(row) - known, key=str):
        raise InvalidValue(
            "{where}{unknown!r} is none of {there_are}.",
            field=f"{where}{unknown[0]}",
            where=f"{where[:-1]}: " if where else "",
            unknown=unknown[0],
            there_are=", ".join(sorted(known)),
        )


def _point(point: CurvePoint) -> dict[str, float | int]:
    return {
        "treatment": point.treatment,
        "day": point.day,
        "q10": point.q10,
        "q25": point.q25,
        "median": point.median,
        "q75": point.q75,
        "q90": point.q90,
    }


def _condition(course: Mapping[str, Any]) -> str | None:
    value = course.get("condition")
    if value in (None, "", UNKNOWN):
        return None
    if not isinstance(value, str) or value not in conditions():
        raise InvalidValue(
            "{value!r} is no condition; `myotome conditions` lists them.", field="condition", value=value
        )
    return value


def _number(row: Mapping[str, Any], name: str, low: float, high: float, *, where: str = "") -> float | None:
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
    value = _number(row, name, low, high, where=where)
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
