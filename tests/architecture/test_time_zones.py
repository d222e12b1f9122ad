"""Wall clocks are worked out in Python, by one set of zone data: a database has its own, and may not be asked."""

import ast
import itertools
from pathlib import Path

import pytest
from django.conf import settings

SOURCE = Path(__file__).parents[2] / "src" / "myotome"
BY_THE_DATABASE = {
    "date",
    "time",
    "hour",
    "minute",
    "day",
    "week",
    "week_day",
    "iso_week_day",
    "month",
    "quarter",
    "year",
}
"""Lookups that Django gives to the database as a question of the current zone, when the column is an instant."""
FOLDERS = ("clinic", "pages", "website", "cli", "fhir_api")


def zone_questions(code: str) -> list[str]:
    """Words of a module that let the database work out a wall clock: `starts_at__date=...`, `TruncDay("starts_at")`."""
    found = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.keyword | ast.Constant):
            word = node.arg if isinstance(node, ast.keyword) else node.value
            parts = word.split("__") if isinstance(word, str) and word.isascii() and " " not in word else []
            if any(a.endswith("_at") and b in BY_THE_DATABASE for a, b in itertools.pairwise(parts)):
                found.append(word)
        elif isinstance(node, ast.Name) and node.id.startswith(("Trunc", "Extract")) and node.id != "Extract":
            found.append(node.id)
    return found


def test_the_search_finds_what_it_is_for():
    assert zone_questions("rows.filter(starts_at__date=day)") == ["starts_at__date"]
    assert zone_questions("rows.values_list('visit__starts_at__week_day')") == ["visit__starts_at__week_day"]
    assert zone_questions("rows.annotate(day=TruncDay('starts_at'))") == ["TruncDay"]
    assert zone_questions("rows.filter(starts_at__gte=at, born_on__year=1968)") == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_wall_clock_is_worked_out_by_a_database(folder):
    asked = {str(path): zone_questions(path.read_text()) for path in (SOURCE / folder).rglob("*.py")}
    assert {path: words for path, words in asked.items() if words} == {}


def test_instants_are_kept_and_told_in_utc():
    assert settings.USE_TZ
    assert settings.TIME_ZONE == "UTC"
    assert "TIME_ZONE" not in settings.DATABASES["default"] or settings.DATABASES["default"]["TIME_ZONE"] in {
        None,
        "UTC",
    }
