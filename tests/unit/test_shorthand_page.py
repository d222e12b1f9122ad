"""docs/reference/shorthand.md lists every muscle with the word that is read as it."""

from __future__ import annotations

from pathlib import Path

from myotome.science.needling.sites import muscle_words

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "shorthand.md"


def test_every_abbreviation_is_on_the_page():
    text = PAGE.read_text()
    assert [word for word in muscle_words().values() if f"| `{word}" not in text] == []
