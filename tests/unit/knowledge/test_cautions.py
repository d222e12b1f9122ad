"""Cautions: each fact raises something, levels are those of the reviewed list, a broken rule stops at load."""

from __future__ import annotations

import pytest

from myotome.knowledge import SIGN_OFF, tables
from myotome.knowledge.cautions import as_json_rows, cautions, facts, parsed
from myotome.vocabulary.courses import CautionLevel

ASKED_FOR = [
    "anticoagulant",
    "bleeding_disorder",
    "pacemaker",
    "pregnancy",
    "epilepsy",
    "faints",
    "lymphoedema",
    "immune_compromise",
    "diabetes",
    "implant",
    "metal_allergy",
    "needle_phobia",
    "previous_reaction",
    "fever",
    "thorax_lung_disease",
    "low_bmi",
    "will_drive",
    "recent_surgery",
    "cancer_treatment",
    "valve_disease",
    "skin_infection",
    "child_or_frail",
]


@pytest.mark.parametrize("fact", ASKED_FOR)
def test_each_fact_raises_a_caution(fact: str) -> None:
    assert fact in facts()
    assert [row for row in cautions() if row.fact == fact]


@pytest.mark.parametrize(
    ("fact", "level", "scope"),
    [
        ("needle_phobia", "stop", "all"),
        ("previous_reaction", "stop", "all"),
        ("fever", "stop", "all"),
        ("lymphoedema", "stop", "area"),
        ("anticoagulant", "stop", "muscles"),
        ("anticoagulant", "ask", "all"),
        ("pacemaker", "stop", "electrical"),
        ("valve_disease", "stop", "retained"),
        ("pregnancy", "ask", "points"),
        ("thorax_lung_disease", "ask", "hazards"),
        ("low_bmi", "ask", "hazards"),
        ("will_drive", "note", "all"),
    ],
)
def test_the_level_of_a_fact(fact: str, level: str, scope: str) -> None:
    assert (CautionLevel(level), scope) in {(row.level, row.scope) for row in cautions() if row.fact == fact}


def test_muscles_that_cannot_be_pressed_are_stopped_for_a_bleeding_patient() -> None:
    for fact in ("anticoagulant", "bleeding_disorder"):
        rule = next(row for row in cautions() if row.fact == fact and row.scope == "muscles")
        assert {"psoas_major", "tibialis_posterior"} <= set(rule.where)


def test_stop_comes_first_and_all_await_sign_off() -> None:
    levels = [row.level for row in cautions()]
    assert levels == sorted(levels, key=tuple(CautionLevel).index)
    assert {row.status for row in cautions()} == {SIGN_OFF}
    assert len(as_json_rows()) == len(cautions())


def test_the_short_list_is_asked_at_every_visit() -> None:
    again = {code for code, fact in facts().items() if fact.every_visit}
    assert {"anticoagulant", "fever", "pregnancy", "recent_surgery"} <= again
    assert "epilepsy" not in again


GOOD = {
    "code": "x",
    "level": "ask",
    "fact": "diabetes",
    "scope": "all",
    "where": "",
    "sentence": "Ask.",
    "sources": "ahpcsa",
}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"level": "maybe"}, "none of"),
        ({"fact": "hay_fever"}, "none of"),
        ({"fact": ""}, "none of"),
        ({"scope": "electrical_at"}, "do not fit"),
        ({"scope": "electrical_at", "where": "psoas_major"}, "none of"),
        ({"scope": "moon"}, "none of"),
        ({"scope": "muscles"}, "do not fit"),
        ({"where": "psoas_major"}, "do not fit"),
        ({"scope": "muscles", "where": "psoas"}, "none of"),
        ({"scope": "region", "where": "wing"}, "none of"),
        ({"scope": "points", "where": "LU0"}, "not a point"),
        ({"sentence": ""}, "no sentence"),
        ({"sources": "hearsay"}, "sources.bib"),
    ],
)
def test_a_broken_rule_stops_at_load(changes: dict[str, str], says: str) -> None:
    assert parsed(GOOD).fact == "diabetes"
    with pytest.raises(tables.BadTable, match=says):
        parsed({**GOOD, **changes})
