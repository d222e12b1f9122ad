"""Where sources disagree, the note says which: by a key of the bibliography, or by the kind of source."""

from __future__ import annotations

import re

import pytest

from myotome.knowledge import tables
from myotome.knowledge.muscles import Muscle, as_json_rows, muscles
from myotome.knowledge.muscles.rows import named_in, parsed
from tests.unit.knowledge.test_muscles import GOOD

NAMELESS = re.compile(
    r"\b(one|two|an|some|older|other)( older)? (lists?|texts|sources)\b(?! \[)|in (another|others)(?! anatomy)"
)
DISAGREE = [
    row for row in muscles().values() if re.search(r"\b(list|encyclopaedia|tables?|studies|scheme)\b", row.note)
]


def test_most_rows_with_a_disagreement_are_here() -> None:
    assert len(DISAGREE) >= 60
    assert {"flexor_hallucis_longus", "rhomboid_major", "trapezius", "tibialis_anterior"} <= {
        row.id for row in DISAGREE
    }


@pytest.mark.parametrize("row", DISAGREE, ids=lambda row: row.id)
def test_a_note_names_its_sources_or_their_kind(row: Muscle) -> None:
    assert not NAMELESS.search(row.note), row.note
    assert named_in(row.note) or re.search(r"anatomy (tables?|texts)|electromyographers", row.note), row.note
    for words, key in (("older segmental list", "alexamuscles"), ("encyclopaedia", "zanatomy")):
        assert row.note.count(words) == row.note.count(f"{words} [{key}]"), row.note


def test_what_a_note_names_is_among_the_sources_of_the_row_and_of_its_page() -> None:
    rows = {row["id"]: row for row in as_json_rows()}
    assert {"alexamuscles", "zanatomy", "preston2021"} <= set(rows["extensor_hallucis_longus"]["sources"])  # type: ignore[call-overload]
    for row in DISAGREE:
        assert set(named_in(row.note)) <= set(row.all_sources)


def test_a_note_cannot_name_what_the_bibliography_has_not() -> None:
    with pytest.raises(tables.BadTable, match=r"hearsay.*sources\.bib"):
        parsed({**GOOD, "note": "C5 in a list [hearsay]."}, "here")
    assert parsed({**GOOD, "note": "C5 in two [gray2020; moore2018]."}, "here").all_sources == (
        "gray2020",
        "moore2018",
        "fipat2019",
    )
