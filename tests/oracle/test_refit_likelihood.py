"""The likelihood that a refit samples from against the visit model of science.followup, one person and score at a time."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import truncnorm

from myotome.knowledge.recovery import prior
from myotome.refit.courses import courses_from
from myotome.refit.likelihood import course_log_likelihood, log_score, rebound_at, rebound_before, unknown_moments
from myotome.refit.simulated import middle_of, simulated_clinic, truth_from
from myotome.science.followup.draws import draws_of
from myotome.science.followup.fitted import SHARED
from myotome.science.followup.recovery import log_likelihood

CHOSEN = prior("a")
LEAVING = {"leave": -2.5, "leave_relief": 6.0}


def a_clinic(seed: int, n: int = 30):
    rng = np.random.default_rng(seed)
    truth = truth_from(CHOSEN, rng)
    clinic = simulated_clinic(CHOSEN, truth, rng, n=n, n_practitioners=3, hidden_drop_out=0.1)
    return truth, clinic, courses_from(clinic.rows), rng


def course_written_out(row, at, z: float, pain: float, effect: float) -> float:
    """The formulas of science.followup.recovery as sums over the treatments of one course."""
    log_weeks = math.log(row["duration_weeks"] / 26)
    log_g = at["mu"] + at["duration"] * log_weeks + at["extent"] * math.log(row["segments"] / 2) + effect
    log_g += at["scar"] * row["scar"] + at["age"] * (row["age"] - 45) / 10 + at["spread"] * z
    log_g += at["expected"] * ("days", "weeks", "months", "years", "always").index(row["expected"]) - 2 * at["expected"]
    lam = math.exp(at["natural"] + at["natural_duration"] * log_weeks)
    floor = min(at["floor"], 0.5 * pain)
    parts = []
    for g, share in ((math.exp(log_g), 1 - at["share"]), (0.0, at["share"])):
        total = math.log(share)
        treated = [k for k, visit in enumerate(row["visits"]) if visit.get("treated", True)]
        goes_at = treated[-1] if row["left"] and row["visits"][treated[-1]]["nrs"] is None else None
        for k, visit in enumerate(row["visits"]):
            work = 0.0
            for earlier in row["visits"][:k]:
                if earlier.get("treated", True):
                    gone = visit["day"] - earlier["day"]
                    work += at["rho"] + (1 - at["rho"]) * math.exp(-gone / at["tau"])
            x = floor + (pain - floor) * math.exp(-lam * visit["day"] / 7 - g * work)
            if k in treated[1:]:
                goes = 1 / (1 + math.exp(-(at["leave"] - at["leave_relief"] * (1 - x / pain))))
                total += math.log(goes if k == goes_at else 1 - goes)
            if visit["nrs"] is None:
                continue
            x += at["bad_day"] * (k == 0)
            total += float(log_likelihood(visit["nrs"], np.array([x]), np.array([at["noise"]]))[0])
        parts.append(total)
    return float(np.logaddexp(*parts))


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_the_likelihood_of_whole_courses_is_that_of_the_visit_model(seed):
    truth, clinic, courses, rng = a_clinic(seed)
    n = len(courses)
    z, pain = rng.normal(size=n), rng.uniform(2, 10, n)
    effects = rng.normal(0, 0.3, 3)
    truth = truth | LEAVING
    at = truth | {"z": z, "first_pain": pain, "practitioner": effects, "clinic": np.zeros(1)}
    assert (courses.leaves_at >= 0).any()
    found = course_log_likelihood(at, courses.covariates, courses)
    rows = [row for row in clinic.rows if any(visit["nrs"] is not None for visit in row["visits"])]
    wanted = [
        course_written_out(row, truth, z[i], pain[i], effects[int(row["practitioner"][1:])])
        for i, row in enumerate(rows)
    ]
    np.testing.assert_allclose(found, wanted, rtol=2e-4, atol=2e-3)


def test_of_several_clinics_each_has_its_effect():
    row = {"duration_weeks": 10.0, "segments": 2, "scar": False, "age": 50, "expected": "years"}
    row["visits"] = [{"day": 7 * k, "nrs": 7 - k} for k in range(5)]
    courses = courses_from([row | {"clinic": name, "practitioner": "a"} for name in ("east", "west", "east")])
    assert courses.n_clinics == 2
    assert courses.n_practitioners == 2  # who works in two clinics counts in each
    at = truth_from(CHOSEN, np.random.default_rng(1)) | {"z": np.zeros(3), "first_pain": np.full(3, 7.0)}
    effects = np.array([0.0, 1.0])
    found = course_log_likelihood(at | {"practitioner": np.zeros(2), "clinic": effects}, courses.covariates, courses)
    nobody_left = row | {"left": False}, at | {"leave": -99.0, "leave_relief": 0.0}
    wanted = [course_written_out(*nobody_left, 0.0, 7.0, effects[number]) for number in courses.clinic]
    np.testing.assert_allclose(found, wanted, rtol=2e-4)
    assert found[0] == found[2] != found[1]


def test_a_score_has_the_probability_that_the_visit_model_gives_it():
    expected, noise = np.linspace(-0.5, 12, 120), np.linspace(0.3, 2.0, 120)
    for score in range(11):
        found = log_score(np.full(120, score), expected, noise)
        wanted = log_likelihood(score, expected, noise)
        likely = wanted > -50
        np.testing.assert_allclose(found[likely], wanted[likely], rtol=1e-5, atol=2e-6)


def test_rebound_between_the_rows_of_its_table_is_the_recursion():
    _, _, courses, _ = a_clinic(5)
    from myotome.refit.likelihood import _occasions, _table

    who, occasion = _occasions(courses)
    for tau in (0.6, 1.7, 5.0, 11.3, 40.0):
        wanted = rebound_before(tau, courses)[who, occasion]
        np.testing.assert_allclose(rebound_at(tau, _table(courses)), wanted, atol=2e-4)


def test_what_is_not_known_has_the_moments_of_the_draws_that_forecast():
    draws = draws_of(CHOSEN, n=200_000)
    mean, sd = unknown_moments(CHOSEN)
    columns = (
        np.log(draws.some_weeks / 26),
        np.log(draws.some_segments / 2),
        draws.some_scar,
        (draws.some_age - 45) / 10,
        draws.some_expected,
    )
    np.testing.assert_allclose(mean, [c.mean() for c in columns], atol=0.02)
    np.testing.assert_allclose(sd, [c.std() for c in columns], rtol=0.03)


@pytest.mark.parametrize("hidden_drop_out", [0.0, 0.05])
def test_simulated_courses_come_from_the_model_that_the_likelihood_holds(hidden_drop_out):
    """At the truth the slope of the log likelihood is 0 on average, in every parameter: nothing pulls a fit aside."""
    truth = middle_of(CHOSEN, mu=-2.0, share=0.45)
    rng = np.random.default_rng(17)
    clinic = simulated_clinic(CHOSEN, truth, rng, n=1500, hidden_drop_out=hidden_drop_out)
    scored = [i for i, row in enumerate(clinic.rows) if any(v["nrs"] is not None for v in row["visits"])]
    courses = courses_from(clinic.rows)
    at = truth | LEAVING | {"practitioner": np.zeros(1), "clinic": np.zeros(1)}
    at |= {"z": clinic.draws.z[scored], "first_pain": clinic.draws.first_pain[scored]}
    for name in (*(name for name in SHARED if not name.startswith("first_")), "first_pain"):
        up, down = (
            course_log_likelihood(at | {name: at[name] + step}, courses.covariates, courses) for step in (1e-3, -1e-3)
        )
        slope = (up - down) / 2e-3
        assert abs(slope.mean()) < 4.5 * slope.std() / np.sqrt(len(slope)), name


def test_who_leaves_because_the_pain_stayed_does_not_hide_how_many_needling_does_not_change():
    """Left out of the model, silent leaving makes the most likely share of them .03 too low; within it there is no pull."""
    truth = middle_of(CHOSEN, mu=-2.0, share=0.45)
    clinic = simulated_clinic(CHOSEN, truth, np.random.default_rng(3), n=900, hidden_drop_out=0.05)
    scored = [i for i, row in enumerate(clinic.rows) if any(v["nrs"] is not None for v in row["visits"])]
    realised = float((clinic.people.g[scored] == 0.0).mean())
    courses, rng, n = courses_from(clinic.rows), np.random.default_rng(5), len(scored)
    silent = replace(courses, leaves_at=np.full(n, -1))
    low, high = CHOSEN.number("first_pain", "low"), CHOSEN.number("first_pain", "high")
    mean, sd = truth["first_mean"], truth["first_sd"]
    pain = truncnorm((low - mean) / sd, (high - mean) / sd, loc=mean, scale=sd)
    draws = [(rng.normal(size=n), pain.rvs(n, random_state=rng)) for _ in range(100)]

    def most_likely_share(about) -> float:
        of_kind = []
        for share in (1e-12, 1 - 1e-12):
            at = truth | {"leave": -3.0, "leave_relief": 8.0, "share": share}
            at |= {"practitioner": np.zeros(1), "clinic": np.zeros(1)}
            rows = [
                course_log_likelihood(at | {"z": z, "first_pain": first}, about.covariates, about) for z, first in draws
            ]
            of_kind.append(logsumexp(rows, axis=0))
        shares = np.linspace(0.2, 0.7, 501)[:, None]
        return float(
            shares[np.logaddexp(np.log1p(-shares) + of_kind[0], np.log(shares) + of_kind[1]).sum(1).argmax(), 0]
        )

    assert most_likely_share(silent) < realised - 0.015
    assert most_likely_share(courses) == pytest.approx(realised, abs=0.025)


def test_a_persons_covariates_stand_in_the_arrays_as_the_model_takes_them():
    row = {"duration_weeks": 0.1, "segments": 4, "scar": True, "age": 65, "expected": "always"}
    row["visits"] = [{"day": 0, "nrs": 7}]
    courses = courses_from([row, {"visits": [{"day": 0, "nrs": 3}]}])
    np.testing.assert_allclose(courses.covariates[0], [math.log(0.5 / 26), math.log(2), 1.0, 2.0, 2.0])
    assert np.isnan(courses.covariates[1]).all()
    assert set(SHARED) <= set(truth_from(CHOSEN, np.random.default_rng(1)))
