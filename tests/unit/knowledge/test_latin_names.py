"""Latin names are in the form of the second Terminologia Anatomica, and every muscle names that source."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from myotome.knowledge.citations import citation
from myotome.knowledge.muscles import Muscle, as_json_rows, muscles

WITHOUT_MUSCULUS = {"platysma", "diaphragma"}
FORM = re.compile(
    r"(musculus|musculi) [a-z]+( [a-z]+){0,5}( (I|II|III|IV|I et II|III et IV|II-IV))?"
    r"(, (pars|caput|venter) [a-z]+)?"
)
OUT_OF_USE = re.compile(
    r"\b(peroneus|peronei|obturator|glutaeus|sternomastoideus|sacrospinalis|cucullaris|anticus|posticus)\b"
)
PLURAL = {"musculi": ("es", "i", "ae"), "musculus": ("us", "or", "is", "eps", "ns", "s", "as", "er", "ani")}


@pytest.mark.parametrize("row", muscles().values(), ids=lambda row: row.id)
def test_a_latin_name_has_the_form_of_the_terminology(row: Muscle) -> None:
    assert row.latin in WITHOUT_MUSCULUS or FORM.fullmatch(row.latin), row.latin
    assert not OUT_OF_USE.search(row.latin), row.latin
    if row.latin not in WITHOUT_MUSCULUS:
        kind, first = row.latin.replace(",", "").split()[:2]
        assert first.endswith(PLURAL[kind]), row.latin


def test_a_part_is_named_after_its_whole_and_told_apart_by_its_part_only() -> None:
    names = [row.latin for row in muscles().values()]
    assert len(set(names)) == len(names)
    for row in muscles().values():
        whole, _, part = row.latin.partition(", ")
        if part:
            assert sum(name.startswith(f"{whole}, ") for name in names) >= 2, row.latin


def test_every_muscle_carries_the_terminology_as_the_source_of_its_names() -> None:
    assert {row.names_source for row in muscles().values()} == {"fipat2019"}
    for row in as_json_rows():
        assert row["names_source"] == "fipat2019"
        assert "fipat2019" in row["sources"]  # type: ignore[operator]
        assert len(row["sources"]) >= 2  # type: ignore[arg-type]
    assert "Terminologia Anatomica" in citation("fipat2019").words
    text = "".join(files("myotome.knowledge.muscles").joinpath(name).read_text("utf-8") for name in ("trunk.csv",))
    assert "fipat2019" not in text, "said once by the loader, not in each row"
