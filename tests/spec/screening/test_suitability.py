"""The practitioner's summary: reasons with the answers they rest on, and no verdict."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myotome.knowledge.screening import content
from myotome.science.screening.suitability import suitability, sum_of_answered

C = content()
CHOSEN = {
    f.name: (st.lists(st.sampled_from([o.value for o in f.options]), unique=True) if f.kind == "choices"
             else st.sampled_from([o.value for o in f.options]))
    for step in C.steps for f in step.fields if f.options
}  # fmt: skip


def reasons(**answers):
    return suitability(answers, content=C)


def test_better_for_a_short_time_after_massage_then_tight_again_is_a_reason_toward_ims():
    (one,) = reasons(eases=["massage_briefly", "warmth"]).ims
    assert one.code == "tight_again"
    assert one.answer == "Massage or pressure, for a short time, then it is tight again"
    assert one.question == "What eases it?"
    assert one.sources == ("clinic belief",)


@pytest.mark.parametrize(
    ("answers", "toward", "code"),
    [
        ({"how_began": "injury"}, "physician_first", "injury_start"),
        ({"what_like": ["throbbing"]}, "physician_first", "inflamed"),
        ({"health": ["fever_now"]}, "physician_first", "fever_today"),
        ({"faints": ["reaction"]}, "physician_first", "reacted_badly"),
        ({"regions": ["left:low_back", "left:neck", "right:knee"]}, "acupuncture", "many_places"),
        ({"regions": ["midline:head"]}, "acupuncture", "headache"),
        ({"expectation": "always"}, "slower", "expects_to_last"),
        ({"phq_interest": "2", "phq_down": "1"}, "slower", "low_mood"),
        ({"gad_nervous": "3", "gad_worry": "0"}, "slower", "anxious"),
        ({"phq_interest": "3"}, "slower", "low_mood"),
        ({"medicines": ["blood_thinner"]}, "careful", "thins_blood"),
        ({"medicines": ["not_sure"]}, "careful", "not_sure_of_medicines"),
        ({"bleeding": "not_sure"}, "careful", "bleeds"),
        ({"pregnancy": "maybe"}, "careful", "pregnant"),
        ({"age": 15}, "careful", "child"),
    ],
)
def test_each_reason_is_given_by_its_answer(answers, toward, code):
    assert code in [reason.code for reason in getattr(reasons(**answers), toward)]


@pytest.mark.parametrize(
    ("answers", "toward", "code"),
    [
        ({"regions": ["left:low_back", "right:low_back", "midline:low_back"]}, "acupuncture", "many_places"),
        ({"phq_interest": "2", "phq_down": "0"}, "slower", "low_mood"),
        ({"phq_interest": "2"}, "slower", "low_mood"),
        ({"age": 16}, "careful", "child"),
        ({"eases": ["massage_lasting"]}, "ims", "tight_again"),
    ],
)
def test_a_reason_is_not_given_by_less(answers, toward, code):
    assert code not in [reason.code for reason in getattr(reasons(**answers), toward)]


def test_no_answers_give_no_reasons():
    assert reasons().is_empty


def test_what_was_left_out_of_two_items_is_missing_and_never_zero():
    assert sum_of_answered({"a": "1", "b": "2"}, ("a", "b")) == (3, 2)
    assert sum_of_answered({"a": "1"}, ("a", "b")) == (1, 1)
    assert sum_of_answered({"a": "1", "b": "9"}, ("a", "b")) == (1, 1)
    assert sum_of_answered({}, ("a", "b")) == (0, 0)


def test_one_of_two_questions_that_is_enough_by_itself_says_so():
    (one,) = reasons(phq_down="3").slower
    assert (one.code, one.answer) == ("low_mood", "at least 3 of 6, one question left out")
    (one,) = reasons(gad_nervous="3", gad_worry="1").slower
    assert (one.code, one.answer) == ("anxious", "4 of 6")


@given(st.fixed_dictionaries({}, optional=CHOSEN))
def test_every_reason_quotes_an_answer_that_was_given_and_names_a_source(answers):
    found = suitability(answers, content=C)
    for toward in ("physician_first", "ims", "acupuncture", "slower", "careful"):
        for reason in getattr(found, toward):
            assert reason.answer
            assert reason.sources
            assert "candidate" not in reason.sentence.lower()
