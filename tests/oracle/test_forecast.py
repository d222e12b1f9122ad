"""The forecast against plain loops over the draws, against published averages, and against simulated futures."""

from __future__ import annotations

import os
from dataclasses import fields, replace

import numpy as np
import pytest
from scipy.stats import kstest

from myotome.knowledge.recovery import prior
from myotome.science.followup.draws import draws_of, stored_draws
from myotome.science.followup.forecast import (
    recovered_line,
    treatments_until_recovered,
    visits_remaining,
)
from myotome.science.followup.particles import ScoredVisit, posterior
from myotome.science.followup.recovery import Covariates, pain_ahead, pain_before_visits, people_like, rebound_left
from myotome.science.followup.simulation import scores_of
from myotome.science.followup.stopping import Ahead, stop_rule

ABOUT = Covariates(duration_weeks=28.6, n_segments=2, scar=False, age=45.0)
VISITS = [ScoredVisit(0.0, 7), ScoredVisit(7.0, 6), ScoredVisit(16.0, 5)]
N_PEOPLE = 2000 if os.environ.get("MYOTOME_SOAK") else 200


def test_ranges_are_those_of_a_plain_loop_over_the_draws():
    chosen, draws = stored_draws("a")
    after = posterior(chosen, draws, ABOUT, VISITS)
    left = np.full(4000, 41)
    changed = np.zeros(4000, dtype=bool)
    for i in range(4000):
        person = after.people.take(np.array([i]))
        days = np.array([0.0, 7.0, 16.0] + [16.0 + 7 * k for k in range(1, 42)])
        pain = np.array([x[0] for x in pain_before_visits(person, days)])[3:]
        line = max(1.5, 0.25 * person.first_pain[0])
        for k, x in enumerate(pain):
            if x <= line:
                left[i] = k
                break
        first = person.first_pain[0]
        changed[i] = any(x <= 0.7 * first and first - x >= 2 for x in pain[:13])
    forecast = visits_remaining(ABOUT, VISITS)
    order = np.argsort(left, kind="stable")
    for name, level in (("q10", 0.1), ("q25", 0.25), ("median", 0.5), ("q75", 0.75), ("q90", 0.9)):
        wanted = int(left[order][np.searchsorted(np.cumsum(after.weights[order]), level)])
        assert forecast.treatments_left[name] == (wanted if wanted <= 40 else None)
        assert forecast.weeks_left[name] == (wanted if wanted <= 40 else None)
    for n in (4, 8, 12):
        assert forecast.p_recovered_within[n] == pytest.approx(after.weights[left <= n].sum())
    assert forecast.p_no_meaningful_change == pytest.approx(after.weights[~changed].sum())


def test_a_published_mean_of_8_is_what_people_who_respond_need_in_scenario_a():
    """Gunn 1980: back pain of 28.6 weeks, 7.9 treatments; calibrated to 8.2 needed, quantiles 3, 4, 7, 10, 16."""
    chosen = prior("a")
    n = 20_000
    draws = draws_of(chosen, n=n, seed=5)
    points = {
        field.name: np.full(n, chosen.number(field.name, "mean"))
        for field in fields(draws)
        if field.name in chosen.table and "mean" in chosen.table[field.name] and field.name != "first_pain"
    }
    draws = replace(draws, **points, rho=np.full(n, 0.7), tau=np.full(n, 5.0), responds=np.ones(n))
    rng = np.random.default_rng(8)
    weeks = np.exp(rng.normal(np.log(28.6) - 0.5 * 0.65**2, 0.65, 3 * n))
    draws = replace(draws, some_weeks=weeks[weeks >= 12][:n] * 28.6 / weeks[weeks >= 12].mean())
    people = people_like(draws, replace(ABOUT, duration_weeks=None))
    needed = treatments_until_recovered(pain_ahead(people, np.empty(0), 7.0 * np.arange(41)), people.first_pain, chosen)
    assert np.minimum(needed, 40).mean() == pytest.approx(8.2, abs=0.6)
    np.testing.assert_allclose(np.quantile(needed, [0.1, 0.25, 0.5, 0.75, 0.9]), [3, 4, 7, 10, 16], atol=2)


def test_treatments_still_needed_fall_anywhere_in_their_forecast():
    """Randomised ranks of the truth in the forecast are uniform, and eight in ten lie in the closed 80 % range."""
    chosen, draws = stored_draws("a")
    rng = np.random.default_rng(41)
    people = people_like(draws_of(chosen, n=N_PEOPLE, seed=1234), ABOUT)
    days = 7.0 * np.arange(60)
    latent = np.array(list(pain_before_visits(people, days)))
    scores = scores_of(rng, people, latent).astype(int)
    ranks, inside = [], 0
    for i in range(N_PEOPLE):
        n = i % 6
        visits = [ScoredVisit(days[k], int(scores[k, i])) for k in range(n)]
        after = posterior(chosen, draws, ABOUT, visits)
        ahead = days[n : n + 41]
        left = treatments_until_recovered(pain_ahead(after.people, days[:n], ahead), after.people.first_pain, chosen)
        line = float(recovered_line(people.first_pain[i : i + 1], chosen)[0])
        below = np.flatnonzero(latent[n : n + 41, i] <= line)
        truth = below[0] if len(below) else 41
        lower, at = after.weights[left < truth].sum(), after.weights[left == truth].sum()
        ranks.append(lower + rng.random() * at)
        inside += bool(lower <= 0.9 and lower + at >= 0.1)
    assert kstest(ranks, "uniform").pvalue > 0.005
    assert inside / N_PEOPLE >= 0.76


def test_the_stop_rule_counts_the_draws_that_come_to_relief_after_the_review():
    chosen, draws = stored_draws("a")
    after = posterior(chosen, draws, ABOUT, VISITS)
    latent = pain_ahead(after.people, np.array([0.0, 7.0, 16.0]), 16.0 + 7.0 * np.arange(1, 42))
    given, ahead, eased = np.array([0.0, 7.0, 16.0]), 16.0 + 7.0 * np.arange(1, 42), 0.7 * after.people.first_pain
    relief = latent <= eased
    rule = stop_rule(
        Ahead(ahead, latent, rebound_left(after.people, given, ahead[0]), eased), after.people, after.weights, 3
    )
    waiting = later = 0.0
    for i in range(4000):
        if not relief[0, i]:
            waiting += after.weights[i]
            later += after.weights[i] if relief[1:13, i].any() else 0.0
    assert rule.visit == 4
    assert rule.p_relief_later == pytest.approx(later / waiting)
    reached = sum(after.weights[i] for i in range(4000) if any(relief[k, i] for k in range(13)))
    assert rule.p_relief_from_here == pytest.approx(reached)


@pytest.mark.parametrize("n_without_change", [2, 3])
def test_relief_without_any_more_treatment_is_counted_day_by_day(n_without_change):
    chosen, draws = stored_draws("a")
    after = posterior(chosen, draws, ABOUT, VISITS)
    given, ahead, eased = np.array([0.0, 7.0, 16.0]), 16.0 + 7.0 * np.arange(1, 42), 0.7 * after.people.first_pain
    latent = pain_ahead(after.people, given, ahead)
    lies_ahead = Ahead(ahead, latent, rebound_left(after.people, given, ahead[0]), eased)
    rule = stop_rule(lies_ahead, after.people, after.weights, 3, n_without_change=n_without_change)
    first, last, waiting = (1, 12, latent[0] > eased) if n_without_change < 3 else (0, 12, np.ones(4000, dtype=bool))
    found = np.zeros(4000, dtype=bool)
    for day in np.arange(ahead[first], ahead[last] + 0.5):
        fade = sum(np.exp(-(day - before) / after.people.tau) for before in given)
        work = after.people.rho * 3 + (1 - after.people.rho) * fade
        fall = np.exp(-after.people.lam * day / 7 - after.people.g * work)
        found |= after.people.floor + (after.people.first_pain - after.people.floor) * fall <= eased
    share = after.weights[waiting & found].sum() / after.weights[waiting].sum()
    assert rule.p_relief_if_stopped == pytest.approx(share)
    assert rule.p_relief_if_stopped < rule.share


def test_what_she_may_answer_next_holds_what_was_answered_eight_times_in_ten():
    chosen, _ = stored_draws("a")
    rng = np.random.default_rng(17)
    people = people_like(draws_of(chosen, n=N_PEOPLE, seed=4321), ABOUT)
    days = 7.0 * np.arange(7)
    scores = scores_of(rng, people, np.array(list(pain_before_visits(people, days)))).astype(int)
    held = 0
    for i in range(N_PEOPLE):
        n = i % 6
        asked = visits_remaining(ABOUT, [ScoredVisit(days[k], int(scores[k, i])) for k in range(n)]).next_score
        held += asked["q10"] <= scores[n, i] <= asked["q90"]
    assert 0.76 <= held / N_PEOPLE <= 0.97
