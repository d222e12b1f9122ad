"""What an intake tells the stages after it: facts, the course, baseline measures."""

from datetime import date

import pytest

from myotome.knowledge.screening import content
from myotome.science.screening.stated import baseline, course_facts, place_words, stated_facts

C = content()
TODAY = date(2026, 11, 24)


def facts(**answers):
    return {fact.code: fact.state.value for fact in stated_facts(answers, content=C)}


@pytest.mark.parametrize(
    ("answers", "code", "state"),
    [
        ({"medicines": ["blood_thinner"]}, "anticoagulant", "present"),
        ({"medicines": ["antiplatelet"]}, "anticoagulant", "present"),
        ({"medicines": ["none"]}, "anticoagulant", "absent"),
        ({"medicines": ["not_sure"]}, "anticoagulant", "not_asked"),
        ({"medicines": ["not_sure", "blood_thinner"]}, "anticoagulant", "present"),
        ({"bleeding": "yes"}, "bleeding_disorder", "present"),
        ({"bleeding": "not_sure"}, "bleeding_disorder", "not_asked"),
        ({"bleeding": "no"}, "bleeding_disorder", "absent"),
        ({"pregnancy": "maybe"}, "pregnancy", "present"),
        ({"pregnancy": "not_for_me"}, "pregnancy", "absent"),
        ({"implants": ["stimulator"]}, "pacemaker", "present"),
        ({"health": ["hepatitis_hiv"], "medicines": ["none"]}, "immune_compromise", "present"),
        ({"health": ["none"], "medicines": ["steroid"]}, "immune_compromise", "present"),
        ({"health": ["not_sure"], "medicines": ["none"]}, "immune_compromise", "not_asked"),
        ({"faints": ["needles"]}, "faints", "present"),
        ({"age": 12}, "child_or_frail", "present"),
    ],
)
def test_answers_state_facts_and_not_sure_is_asked_again(answers, code, state):
    assert facts(**answers)[code] == state


def test_what_was_left_out_states_nothing():
    assert facts() == {}
    assert "pacemaker" not in facts(medicines=["none"])


def test_places_are_told_in_words_with_both_sides_joined():
    keys = ["left:low_back", "right:low_back", "left:buttock"]
    assert place_words(keys, content=C) == "Low back, both sides; buttock, left"
    assert place_words([], content=C) == ""


def test_the_course_opens_with_complaint_onset_and_earlier_operation():
    answers = {
        "regions": ["left:low_back"],
        "since_n": 6,
        "since_unit": "weeks",
        "operations": "here",
        "expectation": "weeks",
    }
    assert course_facts(answers, content=C, today=TODAY) == {
        "complaint": "Low back, left",
        "regions": ["low_back"],
        "onset_on": date(2026, 10, 13),
        "prior_surgery": True,
        "expected_duration": "weeks",
    }


def test_unknown_stays_unknown_in_the_course():
    found = course_facts({"regions": ["left:knee"], "operations": "not_sure"}, content=C, today=TODAY)
    assert found["onset_on"] is None
    assert found["prior_surgery"] is None


def test_a_beginning_further_back_than_the_calendar_is_unknown():
    answers = {"since_n": 1200, "since_unit": "years"}
    assert course_facts(answers, content=C, today=TODAY)["onset_on"].year == 826
    assert course_facts(answers, content=C, today=date(1000, 1, 1))["onset_on"] is None


def test_baseline_holds_only_what_was_answered():
    found = baseline(
        {"pain_average": 5, "pain_worst": 8, "activity_1": "putting on socks", "activity_1_score": 3, "phq_down": "2"}
    )
    assert found[("peg", "pain")] == found[("pain_nrs_average_7d", "score")] == (5.0, "")
    assert found[("psfs", "activity_1")] == (3.0, "putting on socks")
    assert ("peg", "enjoyment") not in found
    assert ("phq2", "interest") not in found
