"""Autonomic and trophic areas: every root, plausible signs, the outflow that anatomy gives, shown with the signs."""

from __future__ import annotations

import pytest

from myotome.knowledge import SIGN_OFF, tables
from myotome.knowledge.signs import as_json_rows, autonomic, dermatomes, myotome_schemes, scheme_names, signs
from myotome.knowledge.signs.rows import AUTONOMIC_KINDS, SYMPATHETIC, autonomic_parsed
from myotome.vocabulary.anatomy import ROOTS

FINGERS_AND_TOES = {"C6", "C7", "C8", "L4", "L5", "S1"}


def test_every_root_with_skin_has_an_area_with_signs_outflow_and_sources() -> None:
    assert tuple(autonomic()) == tuple(dermatomes()) == ROOTS[1:]
    assert len(autonomic()) >= 28
    for row in autonomic().values():
        assert row.signs
        assert {"gunn1996", "gray2020"} <= set(row.sources)
        assert row.status == SIGN_OFF
        assert row.area == dermatomes()[row.root].lay_position


def test_sympathetic_fibres_leave_from_t1_to_l2_and_reach_head_arm_trunk_and_leg_in_that_order() -> None:
    outflow = {root: row.outflow for root, row in autonomic().items()}
    assert {level for levels in outflow.values() for level in levels} == set(SYMPATHETIC)
    assert outflow["C2"] == ("T1", "T2", "T3", "T4", "T5")
    assert outflow["C7"] == tuple(f"T{n}" for n in range(2, 10))
    assert outflow["T6"] == ("T5", "T6", "T7")
    assert outflow["L5"] == outflow["S2"] == ("T10", "T11", "T12", "L1", "L2")
    first = [SYMPATHETIC.index(levels[0]) for levels in outflow.values()]
    assert first[-1] > first[0]


def test_each_kind_of_sign_stands_where_it_can_show() -> None:
    where = {kind: {root for root, row in autonomic().items() if kind in row.signs} for kind in AUTONOMIC_KINDS}
    assert where["nails"] == FINGERS_AND_TOES
    assert where["trophoedema"] == set(ROOTS[1:])
    assert not where["pilomotor"] & {"S1", "S4", "S5"}
    assert "S1" in where["sudomotor"]
    assert {"C5", "L3"} <= where["joints"]
    assert not where["joints"] & {f"T{n}" for n in range(2, 13)}


def test_every_kind_is_charted_under_a_sign_of_its_group() -> None:
    groups = {kind: signs()[code].group for kind, code in AUTONOMIC_KINDS.items()}
    assert {kind for kind, group in groups.items() if group == "autonomic"} == {"sudomotor", "vasomotor", "pilomotor"}
    assert {kind for kind, group in groups.items() if group == "trophic"} == {"trophoedema", "hair", "nails", "joints"}


def test_the_interface_carries_areas_with_their_sign_and_the_schemes_with_weakness() -> None:
    rows = {row["id"]: row for row in as_json_rows()}
    shown = rows["skin_change"]["segments"]
    assert set(shown) == FINGERS_AND_TOES
    assert shown["C6"]["kinds"] == ["nails"]
    assert shown["C6"]["outflow"][0] == "T2"
    assert "segments" not in rows["tender"]
    schemes = rows["weak"]["myotome_schemes"]
    assert {name: one["name"] for name, one in schemes.items()} == dict(scheme_names())
    assert {name: len(one["movements"]) for name, one in schemes.items()} == {
        name: len(found) for name, found in myotome_schemes().items()
    }
    assert all(row["normal"] in row["scale"] for row in rows.values())


GOOD = {
    "root": "L5",
    "area": "shin",
    "look": "outer shin",
    "signs": "sudomotor",
    "outflow": "T10-L2",
    "note": "",
    "sources": "gray2020",
}


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("signs", "", "at least one sign"),
        ("signs", "freckles", "none of"),
        ("look", "", "where to look"),
        ("outflow", "L2-L4", "T1 to L2"),
        ("outflow", "", "T1 to L2"),
        ("sources", "nobody1900", "sources.bib"),
    ],
)
def test_a_broken_area_stops_at_load(column: str, value: str, says: str) -> None:
    assert autonomic_parsed(GOOD).signs == {"sudomotor": "sweating"}
    with pytest.raises(tables.BadTable, match=says):
        autonomic_parsed({**GOOD, column: value})
