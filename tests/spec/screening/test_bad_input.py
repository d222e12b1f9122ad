"""Whatever is typed: stored exactly and shown inert, or refused at its field with the typing kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myotome.knowledge.screening import content
from myotome.science.screening.reading import reading, region_key, regions_of, split_region
from myotome.vocabulary.anatomy import PainRegion, Side
from myotome.vocabulary.text import odd_character
from tests.canaries import HARMLESS, UNSTORABLE

C = content()
OPERATIONS, WHERE, SINCE, PAIN, AGE = (C.step(c) for c in ("operations", "where", "since_when", "pain", "age"))


def typed(**values):
    return {name: value if isinstance(value, list) else [value] for name, value in values.items()}


@pytest.mark.parametrize("text", HARMLESS)
def test_text_is_kept_exactly_as_typed(text):
    found = reading(OPERATIONS, typed(operations="here", operations_text=text))
    assert found.values["operations_text"] == text
    assert not found.problems


@pytest.mark.parametrize("text", UNSTORABLE)
def test_a_character_that_cannot_be_stored_is_named_by_its_place(text):
    found = reading(OPERATIONS, typed(operations="here", operations_text=text))
    assert "operations_text" not in found.values
    problem = found.problems["operations_text"]
    assert problem.code == "odd_character"
    assert str(odd_character(text)) in problem.sentence(C)


def test_a_megabyte_is_refused_and_not_cut():
    found = reading(OPERATIONS, typed(operations="here", operations_text="a" * 1_000_000))
    assert (
        found.problems["operations_text"].sentence(C).startswith("Please keep this to 1000 characters; it has 1000000")
    )


def test_only_spaces_is_nothing():
    assert reading(OPERATIONS, typed(operations="here", operations_text=" \n\t ")).values == {"operations": "here"}
    assert reading(OPERATIONS, typed(operations="  ")).problems["operations"].code == "required"
    assert reading(OPERATIONS, {}).problems["operations"].code == "required"


@pytest.mark.parametrize("value", ["'; DROP TABLE", "HERE", "here ", "\u202ehere"])
def test_a_choice_that_was_not_offered_is_refused(value):
    assert reading(OPERATIONS, typed(operations=value)).problems["operations"].code == "not_a_choice"


def test_none_of_these_beside_something_else_is_asked_again():
    found = reading(C.step("implants"), typed(implants=["none", "pacemaker"]))
    assert found.problems["implants"].code == "none_and_more"
    assert "None of these" in found.problems["implants"].sentence(C)


@pytest.mark.parametrize("value", ["-1", "11", "1e9", "nan", "inf", "4.5", "four", "٤٫٥", "0x4"])
def test_a_pain_score_is_a_whole_number_from_0_to_10(value):
    assert "pain_worst" in reading(PAIN, typed(pain_average="4", pain_worst=value)).problems


@pytest.mark.parametrize("value", ["12.5", "-1", "151", "abc"])
def test_an_age_is_a_whole_number_of_years(value):
    assert "age" in reading(AGE, typed(age=value)).problems


@pytest.mark.parametrize("value", ["2026-02-30", "12/03/2026", "0000-01-01", "tomorrow", "2026-13-01"])
def test_an_ambiguous_or_impossible_date_is_refused(value):
    assert reading(SINCE, typed(began_on=value)).problems["began_on"].code == "not_a_date"


def test_places_are_kept_once_each_with_the_patients_own_side():
    found = reading(WHERE, typed(regions=["left:low_back", "left:low_back", "right:head"]))
    assert found.values["regions"] == ["left:low_back", "right:head"]
    assert regions_of(found.values["regions"]) == {PainRegion.LOW_BACK, PainRegion.HEAD}


@pytest.mark.parametrize("value", ["low_back", "left:tail", "both:low_back", "left:low_back:L5", ":"])
def test_a_place_that_is_not_on_the_body_is_refused(value):
    assert reading(WHERE, typed(regions=[value])).problems["regions"].code == "not_a_choice"


def test_every_side_and_region_reads_back():
    for region in PainRegion:
        for side in Side:
            assert split_region(region_key(region, side)) == (region, side)


@given(st.text(alphabet=st.characters(), max_size=60))
def test_any_text_is_kept_exactly_refused_or_counts_as_empty(text):
    found = reading(OPERATIONS, typed(operations="here", operations_text=text))
    if found.problems:
        assert odd_character(text) is not None
    elif text.strip():
        assert found.values["operations_text"] == text
    else:
        assert "operations_text" not in found.values


@given(step=st.sampled_from(C.steps), data=st.data())
def test_no_screen_can_be_made_to_crash(step, data):
    junk = st.lists(st.text(alphabet=st.characters(), max_size=12), max_size=3)
    raw = {f.name: data.draw(junk) for f in step.fields}
    found = reading(step, raw)
    assert not set(found.values) & set(found.problems)
    assert all(problem.sentence(C) for problem in found.problems.values())
