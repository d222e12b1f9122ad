"""Measures without text: ranges only, and LOINC codes whose check digit fits."""

import pytest

from myotome.knowledge.measures import measure, measures, slots
from myotome.knowledge.tables import source_keys
from myotome.science.followup.loinc import checked_loinc
from myotome.vocabulary.errors import InvalidValue


def test_a_slot_has_a_range_a_holder_and_nothing_of_the_text():
    assert not set(slots()) & set(measures())
    for code, row in slots().items():
        assert measure(code) is row
        assert row.items == ()
        assert row.low < row.high
        assert row.licence
        assert set(row.sources) <= set(source_keys()) | {"judgement"}


@pytest.mark.parametrize("code", ["72514-3", " 2345-7", "8867-4", "44261-6", "55758-7", "1-8"])
def test_a_loinc_code_is_checked_by_its_last_digit(code):
    assert checked_loinc(code) == code.strip()
    number, _, check = code.strip().partition("-")
    with pytest.raises(InvalidValue, match="last digit"):
        checked_loinc(f"{number}-{(int(check) + 1) % 10}")


@pytest.mark.parametrize(
    "text", ["", "725143", "72514-33", "7a514-3", "-3", "72514-", "72514-x", "12345678-2", "72514-3-3"]
)
def test_what_has_not_the_shape_of_a_code_is_refused(text):
    with pytest.raises(InvalidValue) as refusal:
        checked_loinc(text)
    assert refusal.value.field == "loinc"
