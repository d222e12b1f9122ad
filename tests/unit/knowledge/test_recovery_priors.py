"""Priors and natural courses: every number has a source, scenario B changes one number, shifts are as the table says."""

from __future__ import annotations

import pytest
from scipy.stats import beta

from myotome.knowledge.conditions import conditions
from myotome.knowledge.recovery import natural_courses, natural_shift, prior
from myotome.knowledge.tables import is_source


@pytest.mark.parametrize("scenario", ["a", "b"])
def test_every_parameter_has_sources(scenario):
    for name, row in prior(scenario).table.items():
        assert row["sources"], name
        assert all(is_source(word) for word in row["sources"]), name


def test_scenario_b_reads_the_published_mean_as_given_and_changes_nothing_else():
    a, b = prior("a").table, prior("b").table
    assert {name for name in a if a[name] != b[name]} == {"mu"}
    assert b["mu"]["mean"] == -2.34


def test_a_fit_begins_wide_enough_for_both_readings_of_the_published_mean():
    a, b = prior("a").table["mu"], prior("b").table["mu"]
    for reading in (a, b):
        assert abs(reading["mean"] - a["fit_mean"]) < a["fit_sd"]
    assert a["fit_sd"] >= 2 * a["sd"]
    share = prior("a").table["non_responder"]
    for reading in (0.3, 0.6):
        assert 0.05 < beta(share["fit_alpha"], share["fit_beta"]).cdf(reading) < 0.95


def test_every_condition_has_a_natural_course():
    assert set(natural_courses()) == set(conditions())
    for course in natural_courses().values():
        assert course.says.endswith(".")
        assert abs(course.shift) <= 1


def test_an_unknown_condition_is_as_low_back_pain():
    assert natural_shift(None) == natural_shift("unknown") == natural_shift("low_back_pain") == 0.0
