"""A version names its tables: none changes without a higher version, and the record is of what ships."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from myotome.knowledge import KNOWLEDGE_VERSION
from myotome.knowledge.digest import HERE, NAME, PACKAGES, differing, digests, record, recorded


def test_the_tables_are_those_that_were_recorded_for_this_version() -> None:
    assert recorded()[0] == KNOWLEDGE_VERSION
    assert differing() == [], "raise KNOWLEDGE_VERSION, then run: python -m myotome.knowledge.digest"


def test_every_table_that_the_version_covers_is_recorded() -> None:
    assert {"muscles/trunk.csv", "muscles/level_rules.csv", "signs/parameters.toml", "cautions/facts.csv"} <= set(
        digests()
    )
    assert {name.split("/")[0] for name in digests()} == set(PACKAGES)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for package in PACKAGES:
        shutil.copytree(HERE / package, tmp_path / package, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    shutil.copy(HERE / NAME, tmp_path / NAME)
    return tmp_path


def test_one_changed_cell_is_seen_and_refused_under_the_old_version(copy: Path) -> None:
    table = copy / "muscles" / "trunk.csv"
    table.write_text(table.read_text("utf-8").replace("T12:1,", "T12:0.85,", 1), "utf-8")
    assert differing(copy) == ["muscles/trunk.csv"]
    with pytest.raises(ValueError, match=r"muscles/trunk\.csv changed: raise KNOWLEDGE_VERSION"):
        record(copy, KNOWLEDGE_VERSION)
    assert differing(copy) == ["muscles/trunk.csv"]
    assert record(copy, "2099.1") == ["muscles/trunk.csv"]
    assert (recorded(copy)[0], differing(copy)) == ("2099.1", [])


def test_a_new_or_missing_table_is_seen_and_other_line_ends_are_not(copy: Path) -> None:
    table = copy / "muscles" / "trunk.csv"
    table.write_bytes(table.read_bytes().replace(b"\n", b"\r\n"))
    assert differing(copy) == []
    table.rename(copy / "muscles" / "back.csv")
    assert differing(copy) == ["muscles/back.csv", "muscles/trunk.csv"]
