"""The mapping in and out of `myotome forecast`: its shape, and what each bad input is told."""

from __future__ import annotations

import json

import pytest

from myotome.knowledge.screening import content
from myotome.science.followup.answer import forecast_answer, other_spacings
from myotome.science.followup.recovery import EXPECTED
from myotome.vocabulary.errors import InvalidValue

COURSE = {
    "condition": "low_back_pain",
    "age": 45,
    "duration_weeks": 28.6,
    "segments": 2,
    "scar": False,
    "interval_days": 7,
    "visits": [{"day": 0, "nrs": 7}, {"day": 7, "nrs": 6}],
}


def test_the_answer_has_its_shape():
    answer = forecast_answer(COURSE)
    assert set(answer["treatments_left"]) == set(answer["weeks_left"]) == {"q10", "q25", "median", "q75", "q90"}
    assert set(answer["p_recovered_within"]) == {"4", "8", "12"}
    for curve in (answer["curve"], answer["natural_course"]):
        assert {"treatment", "day", "q10", "median", "q90"} <= set(curve[0])
    assert answer["curve"][0]["day"] == 14
    assert {"kind", "n", "data", "version", "definition"} <= set(answer["basis"])
    assert answer["basis"]["kind"] == "prior"
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer


def test_two_weekly_visits_are_fewer_and_take_longer():
    weekly, two_weekly = forecast_answer(COURSE), forecast_answer(COURSE | {"interval_days": 14})
    assert two_weekly["treatments_left"]["q25"] <= weekly["treatments_left"]["q25"]
    assert two_weekly["weeks_left"]["q25"] > weekly["weeks_left"]["q25"]


def test_nothing_known_is_an_honest_wide_answer():
    answer = forecast_answer({})
    assert answer["treatments_left"]["q10"] <= 4
    assert answer["treatments_left"]["q90"] is None
    assert answer["curve"][0]["day"] == 0


def test_unknown_duration_is_wider_than_a_known_one():
    known = forecast_answer(COURSE | {"visits": []})["treatments_left"]
    unknown = forecast_answer(COURSE | {"visits": [], "duration_weeks": None})["treatments_left"]
    assert unknown["q10"] <= known["q10"]


def test_the_natural_course_depends_on_the_condition():
    headache = forecast_answer(COURSE | {"condition": "headache_vertex"})["natural_course"][-1]["median"]
    elbow = forecast_answer(COURSE | {"condition": "tennis_elbow"})["natural_course"][-1]["median"]
    assert elbow < headache


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"condition": "sore_back"}, "condition"),
        ({"condition": 7}, "condition"),
        ({"age": -1}, "age"),
        ({"age": "45"}, "age"),
        ({"age": float("nan")}, "age"),
        ({"age": True}, "age"),
        ({"age": float("inf")}, "age"),
        ({"age": 10**400}, "age"),
        ({"duration_weeks": -(10**400)}, "duration_weeks"),
        ({"age": 20, "duration_weeks": 2000}, "duration_weeks"),
        ({"duration_weeks": -3}, "duration_weeks"),
        ({"segments": 0}, "segments"),
        ({"segments": 1.5}, "segments"),
        ({"scar": "no"}, "scar"),
        ({"expected": "soon"}, "expected"),
        ({"expected": ["weeks"]}, "expected"),
        ({"practitioner": 7}, "practitioner"),
        ({"interval_days": 0}, "interval_days"),
        ({"intervall_days": 7}, "intervall_days"),
        ({"visits": "7"}, "visits"),
        ({"visits": [7]}, "visits[0]"),
        ({"visits": [{"nrs": 7}]}, "visits[0].day"),
        ({"visits": [{"day": 3, "nrs": 7}]}, "visits[0].day"),
        ({"visits": [{"day": -2, "nrs": 7}]}, "visits[0].day"),
        ({"visits": [{"day": 0, "nrs": 11}]}, "visits[0].nrs"),
        ({"visits": [{"day": 0, "nrs": 6.5}]}, "visits[0].nrs"),
        ({"visits": [{"day": 0, "nrs": 6}, {"day": 0, "nrs": 5}]}, "visits[1].day"),
        ({"visits": [{"day": 0, "nrs": 6}, {"day": 0.5, "nrs": 5}]}, "visits[1].day"),
        ({"visits": [{"day": 0, "nrs": 6}, {"day": 7, "nrs": 5}, {"day": 7.4, "nrs": 5}]}, "visits[2].day"),
        ({"visits": [{"day": 0, "nrs": 7}, {"day": 1462, "nrs": 6}]}, "visits[1].day"),
        ({"visits": [{"day": 0, "nrs": 6}, {"day": 9, "nrs": 5}, {"day": 7, "nrs": 5}]}, "visits[2].day"),
        ({"visits": [{"day": 0, "nsr": 7}]}, "visits[0].nsr"),
        ({"visits": [{"day": 0, "nrs": 7}, {"dya": 7, "nrs": 6}]}, "visits[1].dya"),
        ({"visits": [{"day": 0, "nrs": 7, "treated": False}]}, "visits[0].treated"),
        ({"visits": [{"day": 0, "nrs": "7"}]}, "visits[0].nrs"),
        ({"visits": [{"day": k, "nrs": 5} for k in range(201)]}, "visits"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_bad_input_names_its_field(change, field):
    with pytest.raises(InvalidValue) as caught:
        forecast_answer(COURSE | change)
    assert caught.value.field == field


def test_a_key_that_a_visit_does_not_have_is_named_with_those_it_has():
    with pytest.raises(InvalidValue) as caught:
        forecast_answer(COURSE | {"visits": [{"day": 0, "nrs": 7}, {"day": 7, "nsr": 6}]})
    assert caught.value.message == "visits[1]: 'nsr' is none of day, nrs."
    assert forecast_answer(COURSE | {"visits": [{"day": 0}]}) == forecast_answer(
        COURSE | {"visits": [{"day": 0, "nrs": None}]}
    )


def test_a_score_not_given_is_not_a_zero():
    missing = forecast_answer(COURSE | {"visits": [{"day": 0, "nrs": 7}, {"day": 7, "nrs": None}]})
    zero = forecast_answer(COURSE | {"visits": [{"day": 0, "nrs": 7}, {"day": 7, "nrs": 0}]})
    assert missing["curve"][0]["median"] > zero["curve"][0]["median"] + 1


def given(*scores):
    return COURSE | {"visits": [{"day": 7 * k, "nrs": score} for k, score in enumerate(scores)]}


@pytest.mark.parametrize("scores", [(7, 0), (10, 0), (7, 6, 0), (7, 0, 0, 0)])
def test_zeros_at_the_end_that_nobody_made_sure_of_leave_the_answer_wide(scores):
    sure, unsure = forecast_answer(given(*scores)), forecast_answer(given(*scores), zeros_are_sure=False)
    before = forecast_answer(given(*(score or None for score in scores)))
    assert sure["treatments_left"]["q90"] <= 3 < unsure["treatments_left"]["q90"]
    for n in ("4", "8", "12"):
        mixed = 0.85 * sure["p_recovered_within"][n] + 0.15 * before["p_recovered_within"][n]
        assert unsure["p_recovered_within"][n] == pytest.approx(mixed, abs=2e-4)
    assert (
        unsure["warnings"][-1] == "Until somebody makes sure of them, zeros at the end count as missing in 15 of 100."
    )
    assert sure["warnings"] == unsure["warnings"][:-1]


@pytest.mark.parametrize("scores", [(7, 5, 3, 0), (7, 0, 6), (7, 6), (7,), ()])
def test_other_scores_are_taken_as_they_are(scores):
    assert forecast_answer(given(*scores), zeros_are_sure=False) == forecast_answer(given(*scores))


@pytest.mark.parametrize("first", range(4, 11))
@pytest.mark.parametrize("weeks", [1, 26, 260])
def test_a_zero_that_nobody_made_sure_of_promises_no_less_than_a_one(first, weeks):
    zero, one = (
        forecast_answer(given(first, last) | {"duration_weeks": weeks}, zeros_are_sure=False)["treatments_left"][
            "median"
        ]
        for last in (0, 1)
    )
    assert one is None or zero <= one


def test_missing_scores_coded_as_zero_are_asked_about():
    visits = [{"day": 7 * k, "nrs": nrs} for k, nrs in enumerate([7, None, 0, 0])]
    assert forecast_answer(COURSE | {"visits": visits})["warnings"] == [
        "Visit 3 has 0 straight after 7: no pain at all, or not answered? A missing score is null."
    ]
    assert forecast_answer(COURSE | {"visits": visits[:2]})["warnings"] == []


@pytest.mark.parametrize(
    ("change", "begins"),
    [
        ({"duration_weeks": 0}, "A duration of 0 weeks is taken as not known"),
        ({"age": 0}, "An age of 0 is taken as not known"),
        ({"age": 4.5}, "An age of 4.5 is taken as not known"),
    ],
    ids=str,
)
def test_a_duration_of_nothing_and_an_age_of_nobody_treated_are_not_known_and_it_says_so(change, begins):
    answer, unknown = forecast_answer(COURSE | change), forecast_answer(COURSE | dict.fromkeys(change))
    assert [words.startswith(begins) for words in answer["warnings"]] == [True]
    assert {name: part for name, part in answer.items() if name != "warnings"} == {
        name: part for name, part in unknown.items() if name != "warnings"
    }


@pytest.mark.parametrize("change", [{"duration_weeks": 0.1}, {"age": 5}], ids=str)
def test_what_can_be_is_believed_without_a_word(change):
    answer = forecast_answer(COURSE | change)
    assert answer["warnings"] == []
    assert answer["treatments_left"] != forecast_answer(COURSE | dict.fromkeys(change))["treatments_left"]


@pytest.mark.parametrize("at", [0, 1])
def test_a_first_score_of_zero_is_not_known_and_it_says_so(at):
    def course(first):
        scores = [*[None] * at, first, 7, 6]
        return COURSE | {"visits": [{"day": 7 * k, "nrs": nrs} for k, nrs in enumerate(scores)]}

    zero, missing = forecast_answer(course(0)), forecast_answer(course(None))
    assert zero["warnings"] == [
        "The first score is 0: no pain at all, or not answered? It is taken as not known; a missing score is null."
    ]
    assert zero | {"warnings": []} == missing


def test_nothing_but_zeros_is_asked_about():
    visits = [{"day": 7 * k, "nrs": 0} for k in range(5)]
    said = forecast_answer(COURSE | {"visits": visits})["warnings"]
    assert said[1:] == ["All 5 scores are 0: never any pain, or not answered? Missing scores are null."]
    assert len(forecast_answer(COURSE | {"visits": visits[:1]})["warnings"]) == 1


def test_half_days_are_days_when_a_night_lies_between():
    visits = [{"day": day, "nrs": 6} for day in (0, 3.5, 7.9, 8.1)]
    assert forecast_answer(COURSE | {"visits": visits})["curve"][0]["day"] == 15.1


def test_a_gap_of_more_than_a_year_is_spoken_of():
    def warnings(day):
        return forecast_answer(COURSE | {"visits": [{"day": 0, "nrs": 7}, {"day": day, "nrs": 6}]})["warnings"]

    assert warnings(365) == []
    assert warnings(400) == [
        "Visit 2 is 400 days after the one before it, and read as of the same course; after so long a new course says more."
    ]


def test_other_spacings_are_the_same_forecast_at_their_interval():
    rows = other_spacings(COURSE)
    assert list(rows) == ["7", "14"]
    for days, row in rows.items():
        whole = forecast_answer(COURSE | {"interval_days": int(days)})
        assert row == {name: whole[name] for name in ("treatments_left", "weeks_left")}
    assert rows["14"]["weeks_left"]["q25"] > rows["7"]["weeks_left"]["q25"]


def test_after_visits_without_relief_the_stop_rule_looks_back():
    visits = [{"day": 7 * k, "nrs": 7} for k in range(5)]
    answer = forecast_answer(COURSE | {"visits": visits})
    rule = answer["stop_rule"]
    assert rule["n_without_change"] == 4
    assert rule["p_relief_from_here"] >= 1 - answer["p_no_meaningful_change"], "30 % is less than 30 % and two points"
    assert rule["says"].startswith("After 4 visits without 30 % relief, about ")


def test_the_model_knows_every_answer_of_the_intake_to_how_long_she_thinks_it_will_last():
    asked = content().field_named("expectation")
    assert {option.value for option in asked.options} == {*EXPECTED, "no_idea"}
