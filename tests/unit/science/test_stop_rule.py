"""The stop rule in words."""

from __future__ import annotations

import pytest

from myotome.science.followup.stopping import (
    StopRule,
    rule_from,
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
        (0.62, "about 6 in 10 courses like this reach 30 % relief later: go on, and look again"),
    ],
)
def test_the_sentence_has_a_denominator_and_an_act(share, words):
    sentence = stop_rule_sentence(StopRule(visit=6, line=4.9, p_relief_later=share))
    assert sentence.startswith("If visit 6 is still above 4.9, ")
    assert words in sentence


@pytest.mark.parametrize(
    ("n", "share", "words"),
    [
        (
            4,
            0.125,
            "After 4 visits with no change, about one in 8 courses like this reaches 30 % relief within twelve more: ",
        ),
        (3, 0.6, "After 3 visits with no change, about 6 in 10 courses like this still reach 30 % relief"),
        (2, 0.6, "If visit 6 is still above 4.9, about one in 4 courses"),
    ],
)
def test_after_three_visits_without_change_it_says_what_has_been(n, share, words):
    rule = StopRule(visit=6, line=4.9, p_relief_later=0.25, n_without_change=n, p_relief_from_here=share)
    assert stop_rule_sentence(rule).startswith(words)


@pytest.mark.parametrize(
    ("scores", "n"),
    [
        ([7, 7, 6, 7, 7], 4),
        ([7, None, 7], 2),
        ([7, 7, None], 1),
        ([7, 4, 7, 7], 0),
        ([None, 7, 6, 6], 2),
        ([7], 0),
        ([None], 0),
        ([], 0),
        ([0, 0, 0], 0),
    ],
)
def test_treatments_without_change_are_counted_between_the_first_score_and_the_last(scores, n):
    assert treatments_without_change(scores) == n


@pytest.mark.parametrize("share", [0.1, 0.6])
@pytest.mark.parametrize("n", [0, 4])
@pytest.mark.parametrize("says", [stop_rule_sentence, stop_rule_sentence_for_her])
def test_its_places_move_in_another_language(says, n, share):
    rule = StopRule(visit=6, line=4.9, p_relief_later=share, n_without_change=n, p_relief_from_here=share)
    french = "Sur {one_in}, {of_ten}, {n}, {visit}, {line}."
    asked = []
    try:
        speak_through(lambda words: asked.append(words) or french)
        shown = in_readers_language(says(rule))
    finally:
        speak_through(str)
    assert "{one_in}" in asked[0] or "{of_ten}" in asked[0]
    assert shown == f"Sur {rule.one_in}, {round(10 * share)}, {n}, 6, 4.9."


def test_a_rule_that_an_older_version_stored_is_read():
    assert rule_from({"visit": 6, "line": 4.9, "p_relief_later": 0.2, "one_in": 5}) == StopRule(6, 4.9, 0.2)
