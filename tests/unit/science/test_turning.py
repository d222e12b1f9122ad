"""What would change the ranking: tried one by one against the whole answer with that finding added."""

from __future__ import annotations

import pytest

from myotome.science.assessment.answer import consider_roots

FEW = [
    {"muscle": "tibialis_anterior", "side": "left", "sign": "shortened", "grade": 2},
    {"muscle": "soleus", "side": "left", "sign": "shortened", "grade": 1},
]
MANY = [
    {"muscle": muscle, "side": "left", "sign": "shortened", "grade": 3}
    for muscle in ("tibialis_anterior", "extensor_hallucis_longus", "gluteus_medius", "tensor_fasciae_latae")
] + [{"muscle": "multifidus", "level": "L5", "side": "left", "sign": "shortened", "grade": 3}]


def leader(findings):
    row = consider_roots({"findings": findings, "region": "back_leg"})["roots"][0]
    return row["root"], row["side"]


@pytest.mark.parametrize("findings", [FEW, MANY])
def test_each_turn_is_what_the_answer_would_be_and_the_others_would_not_turn(findings):
    answer = consider_roots({"findings": findings, "region": "back_leg"})
    now = (answer["roots"][0]["root"], answer["roots"][0]["side"])
    told = {(row["muscle"], row["level"], row["side"], row["grade"]): row for row in answer["would_change"]}
    for option in answer["options"]:
        for grade in (0, 3):
            extra = {key: option[key] for key in ("muscle", "side", "sign")} | {"grade": grade}
            extra |= {"level": option["level"]} if option["level"] else {}
            then = consider_roots({"findings": [*findings, extra], "region": "back_leg"})["roots"][0]
            row = told.get((option["muscle"], option["level"], option["side"], grade))
            assert (row is not None) == ((then["root"], then["side"]) != now)
            if row is not None:
                assert (row["root"], row["root_side"]) == (then["root"], then["side"])
                assert row["p"] == pytest.approx(then["p"], abs=1e-12)


def test_where_little_is_known_something_turns_it_and_where_much_is_known_nothing_does():
    assert consider_roots({"findings": FEW, "region": "back_leg"})["would_change"]
    assert consider_roots({"findings": MANY, "region": "back_leg"})["would_change"] == []


def test_before_the_first_finding_nothing_leads():
    assert consider_roots({"findings": [], "region": "back_leg"})["would_change"] == []
