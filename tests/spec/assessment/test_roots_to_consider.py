"""What the examination answers: the file of `myotome segments` in, roots to consider out."""

from __future__ import annotations

import json
import math

import pytest

from myotome.science.assessment.answer import as_shown, consider_roots, ranked_roots
from myotome.vocabulary.anatomy import ROOTS
from myotome.vocabulary.errors import InvalidValue

SCIATICA_LIKE = {
    "findings": [
        {"muscle": "tibialis_anterior", "side": "left", "sign": "shortened", "grade": 2},
        {"muscle": "multifidus", "level": "L5", "side": "left", "sign": "tender", "grade": 1},
        {"dermatome": "L5", "side": "left", "sign": "hyperalgesia", "present": True},
        {"reflex": "achilles", "side": "left", "grade": 1},
        {"muscle": "tibialis_anterior", "side": "left", "sign": "weak", "grade": 4},
    ],
    "region": "back_leg",
    "prior": None,
}


def p_of(answer: dict) -> dict[str, float]:
    return {f"{row['root']}.{row['side']}": row["p"] for row in answer["roots"]}


def test_the_answer_has_every_root_of_both_sides_most_probable_first():
    answer = consider_roots(SCIATICA_LIKE)
    rows = answer["roots"]
    assert {(row["root"], row["side"]) for row in rows} == {(r, s) for r in ROOTS for s in ("left", "right")}
    assert [row["p"] for row in rows] == sorted((row["p"] for row in rows), reverse=True)
    assert (rows[0]["root"], rows[0]["side"]) == ("L5", "left")
    assert all(0 <= row["low"] <= row["p"] <= row["high"] <= 1 for row in rows)


def test_the_answer_is_plain_json_with_its_versions():
    answer = json.loads(json.dumps(consider_roots(SCIATICA_LIKE)))
    assert answer["knowledge_version"]
    assert answer["engine_version"]
    assert answer["most_probable_set"] == ["L5.left", "S1.left"] or "L5.left" in answer["most_probable_set"]


def test_next_lists_untested_palpable_muscles_of_the_region_best_first():
    answer = consider_roots(SCIATICA_LIKE)
    bits = [row["bits"] for row in answer["next"]]
    assert bits == sorted(bits, reverse=True)
    assert {row["sign"] for row in answer["next"]} == {"shortened"}
    named = {(row["muscle"], row["side"]) for row in answer["next"]}
    assert ("tibialis_anterior", "left") not in named
    assert ("tibialis_anterior", "right") in named
    assert ("obturator_internus", "left") not in named
    assert ("deltoid", "left") not in named


def test_of_the_options_one_in_four_proposals_is_paraspinal():
    tested = [
        {"muscle": muscle, "side": "left", "sign": "shortened", "grade": 1}
        for muscle in ("tibialis_anterior", "soleus", "gluteus_medius", "gluteus_maximus")
    ]
    options = consider_roots({"findings": tested, "region": "back_leg"})["options"]
    assert 1 <= len(options) <= 3
    assert any(row["level"] for row in options)


def test_evidence_in_order_of_entry_adds_up_to_the_change_of_the_odds():
    before = p_of(consider_roots({"findings": [], "region": "back_leg"}))["L5.left"]
    answer = consider_roots(SCIATICA_LIKE)
    after = p_of(answer)["L5.left"]
    change = math.log2(after / (1 - after)) - math.log2(before / (1 - before))
    rows = answer["evidence"]["L5.left"]
    assert sum(row["in_order"] for row in rows) == pytest.approx(change, abs=0.01)
    assert {row["finding"] for row in rows} == {0, 1, 2, 3, 4}


def test_evidence_is_grouped_by_muscle():
    grouped = consider_roots(SCIATICA_LIKE)["evidence_by_muscle"]["L5.left"]
    assert [0, 4] in [row["findings"] for row in grouped]


def test_a_normal_finding_speaks_against_and_not_tested_says_nothing():
    normal = {"muscle": "gastrocnemius", "side": "left", "sign": "shortened", "grade": 0}
    with_it = consider_roots(SCIATICA_LIKE | {"findings": [*SCIATICA_LIKE["findings"], normal]})
    assert p_of(with_it)["S1.left"] < p_of(consider_roots(SCIATICA_LIKE))["S1.left"]
    assert next(row["bits"] for row in with_it["evidence"]["S1.left"] if row["finding"] == 5) < 0


def test_a_reduced_reflex_or_weak_muscle_asks_to_screen_again():
    assert consider_roots(SCIATICA_LIKE)["rescreen"] == [3]
    weak = {"muscle": "extensor_hallucis_longus", "side": "left", "sign": "weak", "grade": 3}
    normal = {"reflex": "patellar", "side": "left", "grade": 2}
    assert consider_roots({"findings": [weak, normal], "region": None})["rescreen"] == [0]


def test_numb_skin_asks_to_screen_again_and_sore_skin_does_not():
    numb, sore, felt = (
        {"dermatome": "L5", "side": "left", "sign": sign, "present": present}
        for sign, present in (("hypoaesthesia", True), ("hyperalgesia", True), ("hypoaesthesia", False))
    )
    asked = [consider_roots({"findings": [one], "region": "back_leg"})["rescreen"] for one in (numb, sore, felt)]
    assert asked == [[0], [], []]


def test_a_muscle_of_the_face_moves_no_root():
    face = {"muscle": "masseter", "side": "left", "sign": "tender", "grade": 3}
    with_it, without = (p_of(consider_roots({"findings": f, "region": "neck_arm"})) for f in ([face], []))
    assert with_it == pytest.approx(without, abs=0.02)


def test_when_everything_is_examined_there_is_nothing_more_to_learn():
    findings: list[dict] = []
    for _ in range(120):
        answer = consider_roots({"findings": findings, "region": "back_leg"})
        if answer["enough"]:
            break
        row = answer["next"][0]
        grade = 2 if row["side"] == "left" and row["muscle"] in {"tibialis_anterior", "multifidus"} else 0
        findings.append({key: row[key] for key in ("muscle", "level", "side", "sign")} | {"grade": grade})
    assert answer["enough"]
    assert answer["options"] == []
    assert len(findings) < 80


def test_the_last_visit_enters_as_a_prior_that_fades():
    last = consider_roots(SCIATICA_LIKE)
    at = {
        days: p_of(
            consider_roots({"findings": [], "region": "back_leg", "prior": {"roots": last["roots"], "days": days}})
        )["L5.left"]
        for days in (0, 60, 100_000)
    }
    assert at[0] == pytest.approx(p_of(last)["L5.left"], abs=1e-6)
    assert at[0] > at[60] > at[100_000]
    assert at[100_000] == pytest.approx(p_of(consider_roots({"findings": [], "region": "back_leg"}))["L5.left"])


def test_a_belief_of_the_last_visit_is_as_unsure_as_the_base_rates_it_came_from():
    last = consider_roots(SCIATICA_LIKE)
    now = consider_roots({"findings": [], "region": "back_leg", "prior": {"roots": last["roots"], "days": 7}})

    def half_width(answer):
        row = next(row for row in answer["roots"] if (row["root"], row["side"]) == ("L5", "left"))
        low, p, high = (math.log2(row[name] / (1 - row[name])) for name in ("low", "p", "high"))
        return min(p - low, high - p)

    # Base rates twice or half as high are a bit of odds each way; tempering and the scale of the band leave half of it.
    assert half_width(now) > 0.4


def test_a_working_condition_raises_its_roots_a_little():
    plain = p_of(consider_roots({"findings": [], "region": "neck_arm"}))
    named = p_of(consider_roots({"findings": [], "region": "neck_arm", "condition": "tennis_elbow"}))
    assert plain["C6.left"] < named["C6.left"] < 2 * plain["C6.left"]
    assert named["L5.left"] == pytest.approx(plain["L5.left"])


def test_what_was_shown_is_kept_without_the_long_tail():
    answer = consider_roots(SCIATICA_LIKE)
    kept = as_shown(consider_roots(SCIATICA_LIKE, by_finding=False))
    assert kept["roots"] == answer["roots"]
    assert kept["next"] == answer["next"][:12]
    likely = {key for key, p in p_of(answer).items() if p >= 0.05}
    assert kept["evidence_by_muscle"] == {key: answer["evidence_by_muscle"][key] for key in likely}
    assert len(json.dumps(kept)) < 40_000


def test_a_second_examiner_counts_more_than_the_same_hand_twice():
    one = {"muscle": "soleus", "side": "left", "sign": "shortened", "grade": 3}
    alone = p_of(consider_roots({"findings": [one], "region": "back_leg"}))["S1.left"]
    twice = p_of(consider_roots({"findings": [one, one], "region": "back_leg"}))["S1.left"]
    two = p_of(consider_roots({"findings": [one, one | {"examiner": "second"}], "region": "back_leg"}))["S1.left"]
    assert twice == alone
    assert two > alone


@pytest.mark.parametrize(
    ("finding", "field", "words"),
    [
        (
            {"muscle": "tibialis_anteror", "side": "left", "sign": "shortened", "grade": 1},
            "muscle",
            "tibialis_anterior",
        ),
        ({"muscle": "multifidus", "side": "left", "sign": "shortened", "grade": 1}, "level", "C2 to S1"),
        ({"muscle": "multifidus", "level": "S4", "side": "left", "sign": "tender", "grade": 1}, "level", "S4"),
        ({"muscle": "soleus", "level": "S1", "side": "left", "sign": "tender", "grade": 1}, "level", "level by level"),
        ({"muscle": "soleus", "side": "middle", "sign": "tender", "grade": 1}, "side", "left or right"),
        ({"muscle": "soleus", "side": "left", "sign": "short", "grade": 1}, "sign", "shortened"),
        ({"muscle": "soleus", "side": "left", "sign": "cold", "grade": 1}, "sign", "nearest"),
        ({"muscle": "soleus", "side": "left", "sign": "tender", "grade": 4}, "grade", "0 to 3"),
        ({"muscle": "soleus", "side": "left", "sign": "tender", "grade": True}, "grade", "0 to 3"),
        ({"muscle": "soleus", "side": "left", "sign": "tender"}, "grade", "None"),
        ({"muscle": "soleus", "side": "left", "sign": "weak", "grade": 6}, "grade", "0 to 5"),
        ({"muscle": 7, "side": "left", "sign": "tender", "grade": 1}, "muscle", "name"),
        ({"muscle": "soleus", "side": "left", "sign": "tender", "grade": 1, "examiner": 3}, "examiner", "name"),
        ({"reflex": "ankle", "side": "left", "grade": 1}, "reflex", "achilles"),
        ({"reflex": "achilles", "side": "left", "grade": 5}, "grade", "0 to 4"),
        ({"reflex": "achilles", "level": "S1", "side": "left", "grade": 2}, "level", "Only a muscle"),
        ({"dermatome": "C1", "side": "left", "sign": "cold", "present": True}, "dermatome", "nearest"),
        ({"dermatome": "L5", "side": "left", "sign": "cold", "present": 1}, "present", "true or false"),
        ({"side": "left"}, "", "one of them"),
        ({"muscle": "soleus", "reflex": "achilles", "side": "left", "grade": 1}, "", "one of them"),
        ("soleus", "", "object"),
    ],
)
def test_a_wrong_finding_names_its_field_and_the_nearest_names(finding, field, words):
    with pytest.raises(InvalidValue, match=words) as caught:
        consider_roots({"findings": [SCIATICA_LIKE["findings"][0], finding], "region": None})
    assert caught.value.field == f"findings[1].{field}".rstrip(".")


@pytest.mark.parametrize(
    ("examination", "field"),
    [
        ([], "examination"),
        ({"findings": "many"}, "findings"),
        ({"findings": [{}] * 5001}, "findings"),
        ({"findings": [], "region": "head"}, "region"),
        ({"findings": [], "region": []}, "region"),
        ({"findings": [], "condition": "sciatica"}, "condition"),
        ({"findings": [], "condition": "low_back_pain", "condition_roots": ["L9"]}, "condition_roots"),
        ({"findings": [], "condition_roots": "L5"}, "condition_roots"),
        ({"findings": [], "prior": 3}, "prior"),
        ({"findings": [], "prior": {"roots": [], "days": -1}}, "prior.days"),
        ({"findings": [], "prior": {"roots": [3]}}, "prior.roots[0]"),
        ({"findings": [], "prior": {"roots": [{"root": "L5", "side": "left", "p": 2}]}}, "prior.roots[0].p"),
    ],
)
def test_a_wrong_examination_names_its_field(examination, field):
    with pytest.raises(InvalidValue) as caught:
        consider_roots(examination)
    assert caught.value.field == field


def test_when_every_muscle_of_the_region_is_tested_nothing_is_next():
    muscles = {(row["muscle"], row["level"]) for row in consider_roots({"findings": [], "region": "back_leg"})["next"]}
    findings = [
        {"muscle": muscle, "level": level, "side": side, "sign": "shortened", "grade": 0}
        for muscle, level in sorted(muscles, key=str)
        for side in ("left", "right")
    ]
    answer = consider_roots({"findings": findings, "region": "back_leg"})
    assert answer["next"] == answer["options"] == []
    assert answer["enough"]


def test_a_prior_that_names_no_root_of_the_cord_changes_nothing():
    prior = {"roots": [{"root": "X1", "side": "left", "p": 0.9}], "days": 0}
    plain = p_of(consider_roots({"findings": [], "region": "back_leg"}))
    assert p_of(consider_roots({"findings": [], "region": "back_leg", "prior": prior})) == pytest.approx(plain)


@pytest.mark.parametrize("kappa", [None, 0.4])
def test_the_ladder_that_follows_the_needles_ranks_as_the_examination_does(kappa):
    whole, light = consider_roots(SCIATICA_LIKE, kappa=kappa), ranked_roots(SCIATICA_LIKE, kappa=kappa)
    assert light["knowledge_version"] == whole["knowledge_version"]
    given = {(row["root"], row["side"]): row for row in whole["roots"]}
    assert {(row["root"], row["side"]) for row in light["roots"]} == set(given)
    for row in light["roots"]:
        same = given[row["root"], row["side"]]
        assert all(row[name] == pytest.approx(same[name], abs=1e-9) for name in ("p", "low", "high"))
    assert [row["root"] for row in light["roots"][:3]] == [row["root"] for row in whole["roots"][:3]]
