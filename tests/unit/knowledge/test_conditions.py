"""Conditions name muscles that exist and segments that those muscles reach."""

from __future__ import annotations

import pytest

from myotome.knowledge import SIGN_OFF
from myotome.knowledge.conditions import as_json_rows, condition, conditions
from myotome.knowledge.muscles import link, muscles
from myotome.vocabulary.errors import InvalidValue


@pytest.mark.parametrize("row", conditions().values(), ids=lambda row: row.id)
def test_every_segment_of_a_condition_is_reached_by_one_of_its_muscles(row) -> None:  # type: ignore[no-untyped-def]
    reached = {root for site in row.sites for root in link(*site)}
    assert set(row.segments) <= reached
    assert set(row.muscles) <= set(muscles())
    assert row.segments or row.cranial
    assert row.status == SIGN_OFF


def test_limb_conditions_take_the_paraspinals_of_their_segments_along() -> None:
    for row in conditions().values():
        if row.pain_region.value not in ("head", "jaw_face", "neck"):
            assert "multifidus" in row.muscles, row.id


def test_low_back_pain_is_one_of_them() -> None:
    row = condition("low_back_pain")
    assert ("multifidus", "L5") in row.sites
    assert row.segments == ("T12", "L1", "L2", "L3", "L4", "L5", "S1")
    assert "low_back_pain" in {made["id"] for made in as_json_rows()}


def test_an_unknown_condition_is_refused() -> None:
    with pytest.raises(InvalidValue) as caught:
        condition("growing pains")
    assert caught.value.field == "condition"
