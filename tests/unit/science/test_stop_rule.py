"""The stop rule in words."""

from __future__ import annotations

import numpy as np
import pytest

from myotome.science.followup.recovery import People
from myotome.science.followup.stopping import (
    Ahead,
    StopRule,
    rule_from,
    stop_rule,
    stop_rule_sentence,
    stop_rule_sentence_for_her,
    treatments_without_change,
)
from myotome.vocabulary.sentences import in_readers_language, speak_through


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.125, "about one in 8 courses like this reaches 30 % relief later: change the plan or refer"),
        (0.0, "about one in 100 courses"),
        (0.38, "about one in 3 courses"),
        (0.62, "about 62 in 100 courses like this reach 30 % relief later: go on, and look again"),
    ],
)
def test_the_sentence_has_a_denominator_and_an_act(share, words):
    sentence = stop_rule_sentence(StopRule(visit=6, line=4.9, p_relief_later=share))
    assert sentence.startswith("If visit 6 is still above 4.9 of 10, ")
    assert words in sentence


@pytest.mark.parametrize(
    ("n", "share", "words"),
    [
        (
            4,
            0.125,
            "After 4 visits without 30 % relief, about one in 8 courses like this reaches it within twelve more: ",
        ),
        (
            3,
            0.6,
            "After 3 visits without 30 % relief, about 60 in 100 courses like this still reach it within twelve more",
        ),
        (2, 0.6, "If visit 6 is still above 4.9 of 10, about one in 4 courses"),
    ],
)
def test_after_three_visits_without_relief_it_says_what_has_been(n, share, words):
    rule = StopRule(visit=6, line=4.9, p_relief_later=0.25, n_without_change=n, p_relief_from_here=share)
    assert stop_rule_sentence(rule).startswith(words)


@pytest.mark.parametrize(
    ("scores", "n"),
    [
        ([7, 7, 6, 7, 7], 4),
        ([7, None, 7], 2),
        ([7, 7, None], 1),
        ([7, 4, 7, 7], 2),
        ([7, 3, 7, 7, 7, 7, 7], 5),
        ([7, 7, 7, 4], 0),
        ([7, 4, None, 7], 2),
        ([7, 5, 5, 5, 5], 4),
        ([0, 5, 5, 5, 5], 3),
        ([None, 7, 6, 6], 2),
        ([7], 0),
        ([None], 0),
        ([], 0),
        ([0, 0, 0], 0),
    ],
)
def test_treatments_without_relief_are_counted_since_the_first_score_or_the_last_at_relief(scores, n):
    assert treatments_without_change(scores) == n


@pytest.mark.parametrize(("n_visits", "review"), [(0, 4), (1, 4), (3, 4), (4, 8), (5, 8), (7, 8), (8, 12), (40, 44)])
def test_a_review_stays_where_it_is_until_it_has_come(n_visits, review):
    draws = np.ones(5)
    people = People(
        first_pain=7 * draws,
        floor=0 * draws,
        g=0 * draws,
        lam=0 * draws,
        rho=draws,
        tau=draws,
        noise=draws,
        bad_day=0 * draws,
    )
    ahead = Ahead(7.0 * (n_visits + np.arange(41)), 7 * np.ones((41, 5)), 0 * draws, 4.9 * draws)
    rule = stop_rule(ahead, people, draws / 5, n_visits)
    assert (rule.visit, rule.p_relief_if_stopped) == (review, 0.0)


@pytest.mark.parametrize(("without", "adds_little"), [(0.5, False), (0.58, True), (0.66, True), (None, False)])
@pytest.mark.parametrize("n", [0, 4])
def test_relief_that_comes_as_often_untreated_is_no_reason_to_go_on(n, without, adds_little):
    rule = StopRule(8, 4.9, 0.66, n_without_change=n, p_relief_from_here=0.66, p_relief_if_stopped=without)
    said, to_her = str(stop_rule_sentence(rule)), str(stop_rule_sentence_for_her(rule))
    assert ("change the plan or refer" in said) == adds_little
    assert ("go on" in said) == (not adds_little)
    assert ("another doctor" in to_her) == adds_little
    assert "about 66 in 100" in said
    assert "about 66 in 100" in to_her
    assert not adds_little or f"{round(100 * without)} in 100 without" in said


def test_courses_like_this_are_never_all_or_none():
    sure = StopRule(8, 4.9, 1.0, n_without_change=5, p_relief_from_here=1.0, p_relief_if_stopped=0.0)
    assert "about 99 in 100 courses" in stop_rule_sentence(sure)


@pytest.mark.parametrize("share", [0.1, 0.6])
@pytest.mark.parametrize("n", [0, 4])
@pytest.mark.parametrize("says", [stop_rule_sentence, stop_rule_sentence_for_her])
def test_its_places_move_in_another_language(says, n, share):
    rule = StopRule(visit=6, line=4.9, p_relief_later=share, n_without_change=n, p_relief_from_here=share)
    french = "Sur {one_in}, {of_100}, {n}, {visit}, {line}."
    asked = []
    try:
        speak_through(lambda words: asked.append(words) or french)
        shown = in_readers_language(says(rule))
    finally:
        speak_through(str)
    assert "{one_in}" in asked[0] or "{of_100}" in asked[0]
    assert shown == f"Sur {rule.one_in}, {round(100 * share)}, {n}, 6, 4.9."


def test_a_rule_that_an_older_version_stored_is_read():
    assert rule_from({"visit": 6, "line": 4.9, "p_relief_later": 0.2, "one_in": 5}) == StopRule(6, 4.9, 0.2)


@pytest.mark.parametrize(("line", "n"), [(4.4, 5), (4.9, 5), (4.0, 5), (0.7, 1), (7.0, 8)])
@pytest.mark.parametrize("share", [0.1, 0.6])
def test_to_her_it_names_the_lowest_answer_above_the_line(line, n, share):
    rule = StopRule(visit=8, line=line, p_relief_later=share)
    assert stop_rule_sentence_for_her(rule).startswith(f"If your pain at visit 8 is still {n} of 10 or more, ")


def test_to_her_it_says_a_third_and_not_any_change_that_she_would_notice():
    rule = StopRule(visit=8, line=4.9, p_relief_later=0.25, n_without_change=4, p_relief_from_here=0.1)
    assert stop_rule_sentence_for_her(rule).startswith(
        "After 4 visits without your pain easing by a third, only about one in 10 people like you comes to that with twelve"
    )
