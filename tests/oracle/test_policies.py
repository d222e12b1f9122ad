"""Simulated policies against one person walked by hand, and in directions that must hold."""

from __future__ import annotations

import numpy as np
import pytest

from myotome.science.followup.draws import stored_draws
from myotome.science.followup.forecast import recovered_line
from myotome.science.followup.policies import Policy, compare_policies, lived, policies_of
from myotome.science.followup.recovery import Covariates, pain_before_visits, people_like
from myotome.vocabulary.errors import InvalidValue


@pytest.mark.parametrize("policy", [Policy(name="w"), Policy(name="r", review_at=3, most_treatments=9)], ids=str)
def test_each_course_is_the_one_walked_by_hand(policy):
    chosen, draws = stored_draws("a")
    people = people_like(draws.take(np.arange(120)), Covariates(duration_weeks=20.0))
    line = recovered_line(people.first_pain, chosen)
    rng = np.random.default_rng(2)
    noise, leaves = rng.standard_normal((64, 120)), rng.random((64, 120))
    found = lived(people, policy, (noise, leaves), chosen)
    for i in range(120):
        person = people.take(np.array([i]))
        pains = [x[0] for x in pain_before_visits(person, policy.days())]
        scores: list[float] = []
        end, treated = "used up", 0
        for k, pain in enumerate(pains):
            said = float(
                np.clip(np.rint(pain + (person.bad_day[0] if k == 0 else 0) + person.noise[0] * noise[k, i]), 0, 10)
            )
            scores.append(said)
            if k and said <= line[i] and scores[k - 1] <= line[i] + 1:
                end = "recovered"
            elif k and leaves[k, i] < 0.02:
                end = "left"
            elif k and policy.review_at == k and said > 0.7 * scores[0]:
                end = "hopeless"
            if end != "used up":
                break
            treated += k < policy.most_treatments
        wanted = [treated, policy.days()[k], end == "recovered", pain <= 0.7 * person.first_pain[0], end == "left"]
        np.testing.assert_allclose(found[:, i], wanted)


def test_the_same_plan_gives_the_same_answer_and_shows_its_progress():
    seen: list[float] = []
    plan = {"patients": 2500, "seed": 4, "mix": [{"share": 1, "duration_weeks": 28.6, "condition": "low_back_pain"}]}
    assert compare_policies(plan, progress=seen.append) == compare_policies(plan)
    assert seen == [0.8, 1.0]


def test_two_weekly_visits_take_longer_and_a_review_saves_treatments_and_loses_some_who_would_recover():
    answer = compare_policies({"patients": 3000, "price": 90})
    weekly, two_weekly, _twice, review = answer["policies"]
    assert two_weekly["weeks"]["median"] > weekly["weeks"]["median"]
    assert review["mean_treatments"] < weekly["mean_treatments"]
    assert review["share_recovered"] < weekly["share_recovered"]
    assert weekly["cost_each"] == pytest.approx(90 * weekly["mean_treatments"], abs=0.1)


def test_the_answer_names_its_own_definition_and_what_it_does_not_believe():
    answer = compare_policies({"patients": 50, "mix": [{"duration_weeks": 0}, {"duration_weeks": 20, "age": 50}]})
    assert answer["basis"]["definition"] == "two-scores-1"
    assert "two scores in a row" in answer["basis"]["says"]
    assert [words[:21] for words in answer["warnings"]] == ["A duration of 0 weeks"]


def test_scenario_b_needs_more():
    a = compare_policies({"patients": 2000})["policies"][0]
    b = compare_policies({"patients": 2000, "scenario": "b"})["policies"][0]
    assert b["share_recovered"] < a["share_recovered"]


def test_long_standing_pain_recovers_less_often():
    def recovered(weeks: float) -> float:
        plan = {"patients": 2000, "mix": [{"duration_weeks": weeks}], "policies": [{"name": "weekly"}]}
        return compare_policies(plan)["policies"][0]["share_recovered"]

    assert recovered(2) > recovered(26) > recovered(260)


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        ({"patients": 0}, "patients"),
        ({"patients": 1e9}, "patients"),
        ({"patients": 10.5}, "patients"),
        ({"price": -1}, "price"),
        ({"scenario": "c"}, "scenario"),
        ({"polices": []}, "polices"),
        ({"policies": []}, "policies"),
        ({"policies": ["weekly"]}, "policies[0]"),
        ({"policies": [{"interval_days": 0}]}, "policies[0].interval_days"),
        ({"policies": [{"name": "a"}, {"name": "a"}]}, "policies"),
        ({"policies": [{"intervall": 7}]}, "intervall"),
        ({"policies": [{"first_interval_days": 3.5}]}, "policies[0].first_interval_days"),
        ({"policies": [{"first_interval_days": 3.5, "n_first": 0}]}, "policies[0].first_interval_days"),
        ({"policies": [{}, {"n_first": 4}]}, "policies[1].first_interval_days"),
        ({"policies": [{"first_interval_days": 3.5, "n_first": 61}]}, "policies[0].n_first"),
        ({"mix": []}, "mix"),
        ({"mix": [{"share": 0}]}, "mix"),
        ({"mix": [{"condition": "sore"}]}, "mix[0].condition"),
        ({"mix": [{}, {"age": 900}]}, "mix[1].age"),
        ({"policies": [{"name": "a\n\u001b[31m"}]}, "policies[0].name"),
        ({"policies": [{"name": "a" * 61}]}, "policies[0].name"),
        ({"policies": [{}, {"name": ["a"]}]}, "policies[1].name"),
    ],
    ids=str,
)
def test_a_wrong_plan_names_its_field(plan, field):
    with pytest.raises(InvalidValue) as caught:
        compare_policies(plan)
    assert caught.value.field == field


def test_without_policies_the_usual_four_are_compared():
    assert [policy.name for policy in policies_of(None)] == [
        "weekly",
        "every two weeks",
        "twice a week at first",
        "weekly, review at 4",
    ]
