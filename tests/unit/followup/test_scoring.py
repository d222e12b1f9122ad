"""Every measure is scored exactly by its rule, and missing is never zero."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myotome.knowledge.conditions import conditions
from myotome.knowledge.measures import definitions, measure, measures, measures_for, slots
from myotome.knowledge.tables import source_keys
from myotome.science.followup.scoring import (
    begins_at_zero,
    score,
    score_of_readings,
    zeros_to_ask_about,
)
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.measures import Occasion


@pytest.mark.parametrize(
    ("code", "answers", "expected"),
    [
        ("pain_nrs_average_7d", {"score": 7}, 7),
        ("pain_nrs_average_7d", {"score": 0}, 0),
        ("pain_nrs_average_7d", {"score": None}, None),
        ("pain_nrs_average_7d", {}, None),
        ("peg", {"pain": 6, "enjoyment": 5, "activity": 7}, 6),
        ("peg", {"pain": 6, "enjoyment": None, "activity": 7}, None),
        ("psfs", {"activity_1": 3, "activity_2": 4}, 3.5),
        ("psfs", {"activity_1": 3}, 3),
        ("psfs", {"activity_1": None, "activity_2": None}, None),
        ("phq2", {"interest": 1, "down": 2}, 3),
        ("phq2", {"interest": 3}, None),
        ("gad2", {"nervous": 0, "worry": 0}, 0),
        ("pgic", {"score": 6}, 6),
        ("groc", {"score": -5}, -5),
        ("ppt_kpa", {"first": 200, "second": 240, "third": 220}, 220),
        ("headache_days", {"score": 0}, 0),
    ],
)
def test_a_measure_is_scored_by_its_rule(code, answers, expected):
    assert score(measure(code), answers) == expected


@pytest.mark.parametrize("value", [-1, 11, 100])
def test_an_answer_outside_its_range_is_refused_and_named(value):
    with pytest.raises(InvalidValue) as refusal:
        score(measure("pain_nrs_average_7d"), {"score": value})
    assert refusal.value.field == "score"


@pytest.mark.parametrize("value", [4.5, 0.1])
def test_an_answer_between_whole_numbers_is_refused_and_named(value):
    with pytest.raises(InvalidValue, match="whole numbers") as refusal:
        score(measure("pain_nrs_average_7d"), {"score": value})
    assert refusal.value.field == "score"
    assert score(measure("headache_intensity"), {"score": value}) == value


def test_an_answer_to_another_item_is_refused():
    with pytest.raises(InvalidValue):
        score(measure("peg"), {"sleep": 3})


@given(st.sampled_from(sorted(measures())), st.data())
def test_a_score_lies_in_the_range_of_its_measure(code, data):
    rule = measure(code)
    answers = {item.code: data.draw(st.none() | st.integers(item.low, item.high)) for item in rule.items}
    value = score(rule, answers)
    assert value is None or rule.low <= value <= rule.high
    if all(answer is None for answer in answers.values()):
        assert value is None


def test_every_measure_and_definition_has_a_source_that_exists():
    keys = set(source_keys()) | {"judgement", "clinic belief"}
    for row in (*measures().values(), *definitions().values()):
        assert row.sources
        assert set(row.sources) <= keys, row


@pytest.mark.parametrize(
    ("scores", "asked_about"),
    [
        ([7, 0, 0], [1]),
        ([7, 5, 0, 6, 0], [2, 4]),
        ([7, 3, 0, 0], []),
        ([0, 0], []),
        ([4, 0], [1]),
        ([], []),
        ([3, 0], []),
    ],
)
def test_a_zero_straight_after_much_pain_is_asked_about(scores, asked_about):
    assert zeros_to_ask_about(scores) == asked_about


@pytest.mark.parametrize(("scores", "does"), [([0, 7], True), ([0], True), ([7, 0], False), ([1], False), ([], False)])
def test_who_begins_at_zero_was_hardly_asked(scores, does):
    assert begins_at_zero(scores) is does


@pytest.mark.parametrize(
    ("occasion", "condition", "asked"),
    [
        ("review", "low_back_pain", True),
        ("discharge", "sciatica_like", True),
        ("follow_up", "thoracic_back_pain", True),
        ("intake", "low_back_pain", False),
        ("before_visit", "low_back_pain", False),
        ("two_days_after", "low_back_pain", False),
        ("review", "tennis_elbow", False),
    ],
)
def test_backs_tick_roland_morris_with_every_full_set_after_the_intake(occasion, condition, asked):
    assert condition in conditions()
    assert ("rmdq" in measures_for(Occasion(occasion), condition=condition)) == asked


def test_roland_morris_counts_ticks_blanks_are_no_and_a_form_without_an_answer_is_missing():
    rule = measure("rmdq")
    items = [item.code for item in rule.items]
    assert (len(items), rule.low, rule.high) == (24, 0, 24)
    assert score(rule, dict.fromkeys(items, 1)) == 24
    assert score(rule, dict.fromkeys(items, 0)) == 0
    assert score(rule, dict.fromkeys(items[:7], 1)) == 7
    assert score(rule, {items[0]: 0}) == 0
    assert score(rule, {}) is None
    assert score(rule, dict.fromkeys(items)) is None
    with pytest.raises(InvalidValue):
        score(rule, {items[0]: 2})
    assert all("back" in item.text for item in rule.items)


@pytest.mark.parametrize(("readings", "expected"), [([210], 210), ([200, 210, 250], 220), ([200.5, 201], 200.75)])
def test_of_several_readings_the_mean_counts(readings, expected):
    assert score_of_readings(measure("ppt_kpa"), readings) == expected


@pytest.mark.parametrize("code", sorted({**measures(), **slots()}))
def test_what_a_missing_answer_means_is_said_as_it_is_scored(code):
    one = measure(code)
    says, items = one.when_missing, [item.code for item in one.items]
    if one.rule == "ticks":
        assert "left blank is no" in says
    elif one.rule in {"mean", "sum"}:
        assert f"All {len(items)} answers" in says
        assert score(one, dict.fromkeys(items[1:], 2)) is None
    elif one.rule == "mean_of_given":
        assert f"{one.min_items} at least" in says
    else:
        assert says == "Without the answer there is no score."
        assert not items or score(one, dict.fromkeys(items, None)) is None
