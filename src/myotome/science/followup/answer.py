"""A course as a mapping in, the forecast as a mapping out: the interface that programs and the command line use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from myotome.knowledge.recovery import natural_courses
from myotome.science.followup.course import (
    KEYS,
    check_gaps,
    check_keys,
    condition_of,
    covariates_of,
    number_in,
    visits_from,
)
from myotome.science.followup.doubts import doubts_about, warnings_about, without_first_zero, without_last_zeros
from myotome.science.followup.draws import N_DRAWS, Basis, prior_basis
from myotome.science.followup.forecast import MISSING_SHARE, MODEL_VERSION, CurvePoint, visits_remaining
from myotome.science.followup.particles import ScoredVisit
from myotome.science.followup.plain import KIND, PLAIN_VERSION, plain_answer
from myotome.science.followup.recovery import Covariates
from myotome.science.followup.stopping import stop_rule_sentence
from myotome.vocabulary.sentences import Sentence

DEFAULT_INTERVAL_DAYS = 7.0
SPACINGS = (7, 14)


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
    check_keys(course, KEYS)
    condition, about = condition_of(course), covariates_of(course)
    interval = number_in(course, "interval_days", 1, 90)
    given = visits_from(course.get("visits"))
    check_gaps(given)
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
