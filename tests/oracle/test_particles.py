"""The particle filter against half a million plain weighted draws, and against the courses it was simulated from."""

from __future__ import annotations

import os

import numpy as np
import pytest
from scipy.stats import kstest

from myotome.science.followup.draws import draws_of, stored_draws
from myotome.science.followup.particles import ScoredVisit, effective, either, normalised, posterior, unscored
from myotome.science.followup.quantiles import pain_quantiles, whole_quantiles
from myotome.science.followup.recovery import Covariates, log_likelihood, pain_before_visits, people_like
from myotome.science.followup.simulation import scores_of

ABOUT = Covariates(duration_weeks=30.0, n_segments=2, scar=False, age=50.0)
N_PEOPLE = 2000 if os.environ.get("MYOTOME_SOAK") else 160


def visits_of(scores: list[int | None]) -> list[ScoredVisit]:
    return [ScoredVisit(7.0 * k, score) for k, score in enumerate(scores)]


def plain_posterior(scores: list[int | None], n: int = 500_000):
    """Prior draws with the product of all score probabilities as weight: nothing is resampled or moved."""
    chosen, _ = stored_draws("a")
    people = people_like(draws_of(chosen, n=n, seed=7), ABOUT)
    log_weight = np.zeros(n)
    for k, expected in enumerate(pain_before_visits(people, 7.0 * np.arange(len(scores)))):
        if scores[k] is not None:
            log_weight += log_likelihood(scores[k], expected + people.bad_day * (k == 0), people.noise)
    return people, normalised(log_weight)


@pytest.mark.parametrize("share", [0.0, 0.15, 1.0])
def test_a_mixture_says_of_everything_what_its_parts_say_by_their_shares(share):
    chosen, draws = stored_draws("a")
    one, other = (posterior(chosen, draws, ABOUT, visits_of(scores)) for scores in ([7, 0], [7, None]))
    both = either(one, other, share)
    assert both.weights.sum() == pytest.approx(1.0)
    for name in ("first_pain", "g", "lam"):
        means = [float(after.weights @ getattr(after.people, name)) for after in (one, other, both)]
        assert means[2] == pytest.approx((1 - share) * means[0] + share * means[1])
    assert both.n_effective == pytest.approx(effective(both.weights))
    assert len(both.draws.mu) == len(both.people.g) == 8000


@pytest.mark.parametrize(
    "scores",
    [[6], [7, 6, 6], [7, None, 5, 4, 4], [8, 6, 4, 3, 2, 1, 1, 0], [7, 7, 8, 7, 7, 7, 8, 7], [9, 3, 8, 2]],
    ids=str,
)
def test_the_filter_agrees_with_plain_weighting(scores):
    chosen, draws = stored_draws("a")
    after = posterior(chosen, draws, ABOUT, visits_of(scores))
    people, weights = plain_posterior(scores)
    n_plain = effective(weights)
    assert n_plain > 300
    for name, tolerance in (("first_pain", 0.16), ("lam", 0.004), ("bad_day", 0.05)):
        found = float(np.dot(after.weights, getattr(after.people, name)))
        assert found == pytest.approx(float(np.dot(weights, getattr(people, name))), abs=tolerance), name
    responds = float(after.weights[after.people.g > 0].sum())
    assert responds == pytest.approx(float(weights[people.g > 0].sum()), abs=0.07)
    now = list(pain_before_visits(after.people, 7.0 * np.arange(len(scores) + 1)))[-1]
    then = list(pain_before_visits(people, 7.0 * np.arange(len(scores) + 1)))[-1]
    for level in (0.1, 0.5, 0.9):
        found = pain_quantiles(now[None, :], after.weights, [level])[0, 0]
        assert found == pytest.approx(sorted_quantile(then, weights, level), abs=0.3)


def test_true_values_fall_anywhere_in_their_posterior():
    """Simulation-based calibration: ranks of what the courses were made from are uniform."""
    chosen, draws = stored_draws("a")
    rng = np.random.default_rng(20261125)
    truth = draws_of(chosen, n=N_PEOPLE, seed=99)
    people = people_like(truth, ABOUT)
    days = 7.0 * np.arange(7)
    latent = np.array(list(pain_before_visits(people, days)))
    scores = scores_of(rng, people, latent).astype(int)
    ranks: dict[str, list[float]] = {"first_pain": [], "lam": [], "now": []}
    for i in range(N_PEOPLE):
        n = 1 + i % 7
        after = posterior(chosen, draws, ABOUT, [ScoredVisit(days[k], int(scores[k, i])) for k in range(n)])
        now = list(pain_before_visits(after.people, days[:n]))[-1]
        ranks["first_pain"].append(after.weights[after.people.first_pain < people.first_pain[i]].sum())
        ranks["lam"].append(after.weights[after.people.lam < people.lam[i]].sum())
        ranks["now"].append(after.weights[now < latent[n - 1, i]].sum())
    for name, rank in ranks.items():
        assert kstest(rank, "uniform").pvalue > 0.005, name


def test_few_draws_left_are_renewed_and_the_same_scores_give_the_same_bytes():
    chosen, draws = stored_draws("a")
    visits = visits_of([7, 7, 7, 1, 7, 7, 8])
    first, second = (posterior(chosen, draws, ABOUT, visits) for _ in range(2))
    assert first.n_renewed >= 1
    assert first.n_effective >= 400
    assert first.weights.tobytes() == second.weights.tobytes()
    assert first.people.g.tobytes() == second.people.g.tobytes()


@pytest.mark.parametrize("scores", [[7, 6], [7, None, 7, 1, 7, 7, 8], [9, 1, 9, 1, None, 9]], ids=str)
def test_what_is_kept_of_the_scores_of_each_draw_is_what_they_say_of_it(scores):
    chosen, draws = stored_draws("a")
    after = posterior(chosen, draws, ABOUT, visits_of(scores))
    told = np.zeros(len(draws.z))
    for k, expected in enumerate(pain_before_visits(after.people, 7.0 * np.arange(len(scores)))):
        if scores[k] is not None:
            told += log_likelihood(scores[k], expected + after.people.bad_day * (k == 0), after.people.noise)
    assert after.n_renewed >= (len(scores) > 2)
    np.testing.assert_allclose(after.told, told, atol=2e-3)


def test_an_unanswered_visit_changes_no_weight():
    chosen, draws = stored_draws("a")
    before = posterior(chosen, draws, ABOUT, visits_of([6, 5]))
    after = posterior(chosen, draws, ABOUT, visits_of([6, 5, None]))
    assert after.weights.tobytes() == before.weights.tobytes()
    assert after.n_visits == 3


def test_before_any_answer_all_draws_count_the_same():
    _, draws = stored_draws("a")
    after = unscored(draws, ABOUT)
    assert after.n_effective == pytest.approx(4000)
    assert after.weights.sum() == pytest.approx(1.0)


def sorted_quantile(values, weights, level: float) -> float:
    order = np.argsort(values)
    return float(values[order][np.searchsorted(np.cumsum(weights[order]), level)])


def test_counted_quantiles_are_the_sorted_ones():
    rng = np.random.default_rng(3)
    pain, weights = rng.uniform(0, 10, (4, 900)), normalised(rng.normal(size=900))
    found = pain_quantiles(pain, weights, [0.1, 0.5, 0.9])
    wanted = [[sorted_quantile(row, weights, level) for level in (0.1, 0.5, 0.9)] for row in pain]
    np.testing.assert_allclose(found, wanted, atol=0.0051)
    counts = rng.integers(0, 42, 900).astype(float)
    assert whole_quantiles(counts, weights, [0.1, 0.5, 0.9]) == [
        sorted_quantile(counts, weights, level) for level in (0.1, 0.5, 0.9)
    ]
