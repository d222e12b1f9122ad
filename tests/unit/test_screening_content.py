"""The content of the intake, the evidence and the consents hold together."""

import pytest

from myotome.knowledge.cautions import facts
from myotome.knowledge.consents import consent_for, consent_text, consent_texts
from myotome.knowledge.evidence import evidence
from myotome.knowledge.screening import content
from myotome.knowledge.screening.content import Field, ReasonRow, _check_field, _check_reason


def test_every_row_awaits_sign_off_and_names_its_sources():
    assert content().status == evidence().status == "awaiting clinical sign-off"
    assert {text.status for text in consent_texts()} == {"awaiting clinical sign-off"}
    assert all(flag.sources and flag.why for flag in content().flags)


def test_the_mean_of_treatments_is_the_one_with_a_source_and_its_limits():
    gunn = evidence().named("ims_number")
    assert "7.9" in gunn.says
    assert "One compensation clinic" in gunn.limit
    assert "1980" in gunn.citation


def test_energy_and_digestion_are_told_as_tradition():
    assert [s.says.startswith("Tradition says") for s in evidence().of("tradition")] == [True, True]


def test_adverse_events_are_told_with_numerator_and_denominator():
    for code in ("harm_common", "harm_major"):
        assert " of " in evidence().named(code).figures


@pytest.mark.parametrize(
    ("kind", "subject", "text_id"),
    [
        ("course", "ims", "ims"),
        ("course", "acupuncture", "acupuncture"),
        ("retained", "", "retained"),
        ("region", "thorax", "thorax"),
    ],
)
def test_each_consent_that_is_asked_for_has_a_text(kind, subject, text_id):
    assert consent_for(kind, subject).id == text_id


def test_a_consent_in_a_language_without_a_translation_is_read_in_english():
    assert consent_text("ims", language="fr").language == "en"
    with pytest.raises(KeyError):
        consent_text("ims", version="99")


def test_course_consents_tell_everything_a_consent_must_tell():
    must = {"What it is", "What is known", "How it feels", "Common afterwards", "Rare and serious", "Other ways",
            "How often and what it costs", "Your comfort", "Afterwards", "Your record", "Taking it back"}  # fmt: skip
    for text_id in ("ims", "acupuncture"):
        assert {part.title for part in consent_text(text_id).parts} == must


@pytest.mark.parametrize(
    "row",
    [
        Field("x", "slider", "X"),
        Field("x", "choice", "X"),
        Field("x", "choices", "X", options=(content().field_named("bleeding").options), none="never"),
    ],
)
def test_a_broken_field_is_refused_with_its_name(row):
    with pytest.raises(ValueError, match="The field x"):
        _check_field(row)


@pytest.mark.parametrize(
    "row",
    [
        ReasonRow("x", "ims", "S", ("judgement",), field="eases", answers=frozenset({"magic"})),
        ReasonRow("x", "ims", "S", ("judgement",), field="nothing", answers=frozenset({"a"})),
        ReasonRow("x", "best", "S", ("judgement",), rule="under_16"),
        ReasonRow("x", "ims", "S", ("judgement",), rule="full_moon"),
        ReasonRow("x", "ims", "S", ("judgement",)),
    ],
)
def test_a_broken_reason_is_refused_with_its_name(row):
    with pytest.raises(ValueError, match="The reason x"):
        _check_reason(content(), row)


def test_every_fact_that_an_answer_states_is_one_that_raises_cautions():
    stated = {f.fact for step in content().steps for f in step.fields} | {
        o.fact for step in content().steps for f in step.fields for o in f.options
    }
    assert stated - {""} <= set(facts())


def test_no_field_is_called_as_a_flag_is():
    flags = {flag.code for flag in content().flags}
    assert not flags & {f.name for step in content().steps for f in step.fields}
