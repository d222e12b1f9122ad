"""The stop rule in words."""

from __future__ import annotations

import pytest

from myotome.science.followup.stopping import StopRule, stop_rule_sentence


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.125, "about one in 8 courses like this reaches 30 % relief later: change the plan or refer"),
        (0.0, "about one in 100 courses"),
        (0.38, "about one in 3 courses"),
        (0.62, "about 6 in 10 courses like this reach 30 % relief later: go on, look again"),
    ],
)
def test_the_sentence_has_a_denominator_and_an_act(share, words):
    sentence = stop_rule_sentence(StopRule(visit=6, line=4.9, p_relief_later=share))
    assert sentence.startswith("If visit 6 is still above 4.9, ")
    assert words in sentence
