"""What a safety answer does to booking: the highest level counts, and nothing outvotes it."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myotome.knowledge.screening import content
from myotome.science.screening.levels import (
    HEIGHT,
    highest,
    level_of,
    level_of_answer,
    one_level_down,
    questions_for,
    standing_level,
    unanswered,
)
from myotome.vocabulary.anatomy import PainRegion
from myotome.vocabulary.courses import RedFlagLevel, SafetyAnswer

E, C, T, N = RedFlagLevel.EMERGENCY, RedFlagLevel.CALL_FIRST, RedFlagLevel.TELL, RedFlagLevel.NONE
YES, NOT_SURE, NO, NOT_ASKED = SafetyAnswer.YES, SafetyAnswer.NOT_SURE, SafetyAnswer.NO, SafetyAnswer.NOT_ASKED
FLAGS = content().flags
LEVELS = st.sampled_from(list(RedFlagLevel))
ANSWERS = st.dictionaries(st.sampled_from([flag.code for flag in FLAGS]), st.sampled_from(list(SafetyAnswer)))
BADNESS = {NOT_ASKED: 0, NO: 0, NOT_SURE: 1, YES: 2}


@pytest.mark.parametrize(
    ("level", "answer", "counts"),
    [
        (E, YES, E), (E, NOT_SURE, C), (E, NO, N), (E, NOT_ASKED, N),
        (C, YES, C), (C, NOT_SURE, T), (C, NO, N), (C, NOT_ASKED, N),
        (T, YES, T), (T, NOT_SURE, T), (T, NO, N), (T, NOT_ASKED, N),
    ],
)  # fmt: skip
def test_not_sure_counts_one_level_down_from_yes_and_never_as_no(level, answer, counts):
    assert level_of_answer(level, answer) is counts


def test_every_pair_of_flags_with_every_pair_of_answers_gives_the_higher_of_the_two():
    for (a, b), (x, y) in product(product(FLAGS, FLAGS), product(SafetyAnswer, SafetyAnswer)):
        if a.code == b.code:
            continue
        alone = max(HEIGHT[level_of_answer(a.level, x)], HEIGHT[level_of_answer(b.level, y)])
        assert HEIGHT[level_of({a.code: x, b.code: y}, FLAGS)] == alone


def test_a_yes_to_any_flag_stands_against_a_no_to_all_others():
    for flag in FLAGS:
        answers = {other.code: NO for other in FLAGS} | {flag.code: YES}
        assert level_of(answers, FLAGS) is flag.level


def test_a_not_sure_to_any_flag_is_never_nothing():
    for flag in FLAGS:
        answers = {other.code: NO for other in FLAGS} | {flag.code: NOT_SURE}
        assert level_of(answers, FLAGS) is one_level_down(flag.level)
        assert level_of(answers, FLAGS) is not N


def test_no_answers_and_only_no_are_level_none():
    assert level_of({}, FLAGS) is N
    assert level_of({flag.code: NO for flag in FLAGS}, FLAGS) is N


def test_an_answer_to_an_unknown_question_is_not_passed_over():
    with pytest.raises(KeyError):
        level_of({"a_question_of_last_year": YES}, FLAGS)


@given(answers=ANSWERS, code=st.sampled_from([flag.code for flag in FLAGS]), answer=st.sampled_from(list(SafetyAnswer)))
def test_a_worse_answer_never_lowers_the_level(answers, code, answer):
    before = answers.get(code, NOT_ASKED)
    if BADNESS[answer] < BADNESS[before]:
        before, answer = answer, before
    low = level_of(answers | {code: before}, FLAGS)
    high = level_of(answers | {code: answer}, FLAGS)
    assert HEIGHT[high] >= HEIGHT[low]


@given(st.lists(LEVELS, min_size=1, max_size=6))
def test_a_correction_takes_a_flag_at_most_one_level_down(levels_in_time):
    standing = standing_level(levels_in_time)
    assert HEIGHT[standing] >= HEIGHT[one_level_down(highest(levels_in_time))]
    assert HEIGHT[standing] >= HEIGHT[levels_in_time[-1]]


@pytest.mark.parametrize(
    ("answers", "counts"), [([E, N], C), ([C, N], T), ([T, N], T), ([E, C, N], C), ([N, E], E), ([N, N], N), ([], N)]
)
def test_what_was_once_raised_still_reaches_the_practitioner(answers, counts):
    assert standing_level(answers) is counts


def test_every_painful_region_has_safety_questions_and_spine_and_head_have_emergencies():
    for region in PainRegion:
        assert questions_for([region], FLAGS), region
    for region in (PainRegion.HEAD, PainRegion.NECK, PainRegion.UPPER_BACK, PainRegion.LOW_BACK, PainRegion.CHEST):
        assert questions_for([region], FLAGS)[0].level is E


@pytest.mark.parametrize(
    ("region", "asked", "not_asked"),
    [
        (PainRegion.LOW_BACK, {"saddle_numbness", "bladder_bowel", "fever_spine", "new_weakness"}, {"thunderclap"}),
        (PainRegion.HEAD, {"thunderclap", "stroke_signs", "jaw_and_sight"}, {"saddle_numbness", "swollen_calf"}),
        (PainRegion.CHEST, {"chest_pain", "breathless", "fever_spine"}, {"saddle_numbness", "thunderclap"}),
        (PainRegion.ELBOW, {"hot_joint", "injury_use", "new_weakness"}, {"chest_pain", "fever_spine", "cancer"}),
        (PainRegion.LOWER_LEG, {"swollen_calf", "cold_limb", "breathless"}, {"thunderclap", "cord_signs"}),
        (PainRegion.NECK, {"cord_signs", "neck_ligaments", "stroke_signs"}, {"saddle_numbness", "swollen_calf"}),
    ],
)
def test_only_the_flags_of_the_painful_region_are_asked(region, asked, not_asked):
    codes = {flag.code for flag in questions_for([region], FLAGS)}
    assert asked <= codes
    assert not codes & not_asked


@given(st.sets(st.sampled_from(list(PainRegion))), st.sampled_from(list(PainRegion)))
def test_one_more_painful_region_never_drops_a_question(regions, more):
    assert set(questions_for(regions, FLAGS)) <= set(questions_for(regions | {more}, FLAGS))


@given(st.sets(st.sampled_from(list(PainRegion)), min_size=1))
def test_emergencies_are_asked_first(regions):
    heights = [HEIGHT[flag.level] for flag in questions_for(regions, FLAGS)]
    assert heights == sorted(heights, reverse=True)


def test_a_question_left_open_is_named_until_it_is_answered():
    asked = questions_for([PainRegion.ELBOW], FLAGS)
    answers = {flag.code: NO for flag in asked[1:]}
    assert [flag.code for flag in unanswered(answers, [PainRegion.ELBOW], FLAGS)] == [asked[0].code]
    assert unanswered(answers | {asked[0].code: NOT_SURE}, [PainRegion.ELBOW], FLAGS) == ()


def test_the_emergencies_of_the_brief_are_emergencies():
    emergencies = {flag.code for flag in FLAGS if flag.level is E}
    named = {
        "saddle_numbness",
        "bladder_bowel",
        "both_legs",
        "thunderclap",
        "new_weakness",
        "fever_spine",
        "chest_pain",
    }
    assert named <= emergencies
