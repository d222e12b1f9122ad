"""What a fit begins from, and that its own prior is never taken for something the data have moved."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from myotome.knowledge.recovery import prior
from myotome.refit.priors import starts
from myotome.refit.result import learned
from myotome.science.followup.draws import draws_of
from myotome.science.followup.fitted import SHARED

LEVELS = np.array([0.05, 0.1, 0.5, 0.9, 0.95])


def by_another_way(name: str):
    """The same distribution by scipy, read from the table anew."""
    table = prior("a").table
    if name == "mu":
        return stats.norm(table["mu"]["fit_mean"], table["mu"]["fit_sd"])
    if name == "share":
        return stats.beta(table["non_responder"]["fit_alpha"], table["non_responder"]["fit_beta"])
    if name == "rho":
        return stats.beta(table["lasting"]["alpha"], table["lasting"]["beta"])
    if name == "tau":
        return stats.lognorm(table["rebound_days"]["sd_log"], scale=table["rebound_days"]["median"])
    if name == "first_mean":
        return stats.norm(table["first_pain"]["mean"], table["first_pain"]["mean_sd"])
    if name == "first_sd":
        return stats.lognorm(table["first_pain"]["sd_log"], scale=table["first_pain"]["sd"])
    row = table[name]
    low, high = row.get("low", -np.inf), row.get("high", np.inf)
    mean, sd = row["mean"], row["sd"]
    return stats.truncnorm((low - mean) / sd, (high - mean) / sd, mean, sd)


@pytest.mark.parametrize("name", SHARED)
def test_each_prior_has_the_quantiles_and_the_spread_of_its_distribution(name):
    start, other = starts(prior("a"))[name], by_another_way(name)
    np.testing.assert_allclose(start.quantiles(LEVELS), other.ppf(LEVELS), rtol=1e-9, atol=1e-12)
    assert start.spread == pytest.approx(other.std(), rel=0.01)


def test_a_fit_that_found_nothing_but_its_own_prior_has_been_moved_nowhere():
    levels = (np.arange(4000) + 0.5) / 4000
    found = {name: start.quantiles(levels) for name, start in starts(prior("a")).items()}
    rows = learned(found)
    assert [row["name"] for row in rows if row["moved"]] == []
    for row in rows:
        np.testing.assert_allclose(row["learned"], row["prior"], atol=0.002)


def test_a_fit_begins_wider_in_four_numbers_and_one_held_at_what_forecasts_rest_on_without_a_fit_counts_as_moved_there():
    held, begun = draws_of(prior("a")), starts(prior("a"))
    wider = {name for name in SHARED if getattr(held, name).std() < 0.85 * begun[name].spread}
    assert wider == {"mu", "share", "first_mean", "first_sd"}
    rows = learned({name: getattr(held, name) for name in SHARED})
    assert {"mu", "first_mean", "first_sd"} <= {row["name"] for row in rows if row["moved"]} <= wider
