"""Acupuncture points: all 361, every link stands on something, hazards independent of links, depths by source."""

from __future__ import annotations

import re

import pytest

from myotome.knowledge import acupoints as table
from myotome.knowledge import tables
from myotome.knowledge.acupoints.rows import depth, parsed
from myotome.knowledge.cautions import cautions
from myotome.knowledge.hazards import hazards
from myotome.knowledge.muscles import link
from myotome.vocabulary.errors import InvalidValue

COUNTS = ["LU11", "LI20", "ST45", "SP21", "HT9", "SI19", "BL67", "KI27", "PC9", "TE23", "GB44", "LR14", "GV28", "CV24"]


def test_there_are_361_points_in_the_classical_counts() -> None:
    assert len(table.acupoints()) == 361
    for last in COUNTS:
        code, number = last[:2], int(last[2:])
        assert sum(point.startswith(code) for point in table.acupoints()) == number
        assert last in table.acupoints()


@pytest.mark.parametrize("point", table.acupoints().values(), ids=lambda point: point.id)
def test_every_point_has_names_a_segment_and_links_with_a_basis(point: table.Acupoint) -> None:
    assert re.fullmatch(r"[A-ZÈĚ][a-zāáǎàēéěèīíǐìōóǒòūúǔùǘǚ]+", point.pinyin)
    assert re.fullmatch(r"[\u4e00-\u9fff]{2,3}", point.hanzi)
    assert point.muscles or point.skin
    assert {one.basis for one in point.muscles} <= {table.PUBLISHED, table.DERIVED}
    assert all((one.basis == table.DERIVED) == (one.source == "judgement") for one in point.muscles)
    for one in point.muscles:
        assert set(link(one.muscle, one.level)) <= set(point.segments)
    assert point.midline == point.id.startswith(("GV", "CV"))
    assert set(point.hazards) <= set(hazards())
    assert set(point.hazard_sources) == set(point.hazards)
    for one in point.depths:
        assert 0 < one.low_mm <= one.high_mm <= 100
        assert one.low_mm == pytest.approx(one.low_cun * 25, abs=0.51)


def test_only_points_that_are_not_needled_have_no_depth() -> None:
    without = [point for point in table.acupoints().values() if not point.depths]
    assert [point.id for point in without] == ["ST17", "CV8"]
    assert all("Not needled" in point.note for point in without)


def test_most_points_show_two_sources_and_never_one_number_without_its_source() -> None:
    by_two = [point for point in table.acupoints().values() if len({one.source for one in point.depths}) >= 2]
    assert len(by_two) > 250
    assert all(one.source for point in table.acupoints().values() for one in point.depths)


@pytest.mark.parametrize(
    ("point", "hazard"),
    [
        *[
            (point, "pleura")
            for point in [
                "LU1",
                "LU2",
                "ST12",
                "SP21",
                "HT1",
                "BL13",
                "BL17",
                "BL43",
                "KI27",
                "PC1",
                "TE15",
                "GB21",
                "LR14",
                "SI14",
            ]
        ],
        *[(point, "pregnancy") for point in ["LI4", "SP6", "BL60", "BL67", "GB21", "CV3", "CV4", "BL31", "BL34"]],
        *[(point, "medulla") for point in ["GB20", "GV15", "GV16", "BL10"]],
        *[(point, "eye") for point in ["BL1", "ST1", "TE23", "GB1"]],
        *[(point, "kidney") for point in ["BL22", "BL23", "BL52", "GB25"]],
        *[(point, "peritoneum") for point in ["CV12", "ST25", "SP15"]],
        ("CV17", "heart"),
        ("CV3", "bladder"),
        ("ST9", "carotid"),
        ("GB30", "sciatic_nerve"),
        ("GV22", "fontanelle"),
    ],
)
def test_the_known_dangers_are_flagged(point: str, hazard: str) -> None:
    assert hazard in table.acupoint(point).hazards


def test_a_link_never_changes_a_hazard() -> None:
    row = dict(id="ST36", pinyin="x", hanzi="x", english="x", variants="", region="chest", angle="", skin="", note="")
    with_lung_muscle = parsed({**row, "muscles": "serratus_anterior"}, (), {})
    assert with_lung_muscle.hazards == ()
    flagged = parsed({**row, "muscles": "soleus"}, (), {"pleura": ("tara",)})
    assert flagged.hazards == ("pleura",)


def test_points_and_muscles_find_each_other() -> None:
    assert "ST36" in {point.id for point in table.points_through("tibialis_anterior")}
    assert {point.id for point in table.points_through("longissimus", "L2")} == {"BL23"}
    for point in table.acupoints().values():
        for one in point.muscles:
            assert point in table.points_through(one.muscle, one.level)


def test_a_root_knows_its_points() -> None:
    assert "ST36" in {point.id for point in table.points_of("L5")}
    assert "CV17" in {point.id for point in table.points_of("T4")}
    assert all(point in table.points_of(root) for point in table.acupoints().values() for root in point.segments)


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("ST36", "ST36"),
        ("st 36", "ST36"),
        ("zusanli", "ST36"),
        ("Zúsānlǐ", "ST36"),
        ("足三里", "ST36"),
        ("leg three miles", "ST36"),
        ("Du 4", "GV4"),
        ("SJ5", "TE5"),
        ("renzhong", "GV26"),
    ],
)
def test_a_point_is_found_by_any_name(words: str, first: str) -> None:
    assert table.find(words)[0].id == first


def test_an_unknown_point_names_the_three_nearest() -> None:
    with pytest.raises(InvalidValue, match="the nearest are") as caught:
        table.acupoint("ST99")
    assert caught.value.field == "acupoint"
    assert caught.value.message.count(",") == 2
    assert table.find(" ") == ()


def test_cautions_name_points_that_exist() -> None:
    assert {point for rule in cautions() if rule.scope == "points" for point in rule.where} <= set(table.acupoints())


def test_json_rows_hold_what_the_interface_promises() -> None:
    rows = {row["id"]: row for row in table.as_json_rows()}
    assert len(rows) == 361
    assert "tibialis_anterior" in rows["ST36"]["muscles"]
    assert rows["ST36"]["hanzi"] == "足三里"
    assert {"L4", "L5"} <= set(rows["ST36"]["segments"])
    assert {one["source"] for one in rows["ST36"]["depths"]} == {"cam1999", "tcmkb"}
    assert "pleura" in rows["GB21"]["hazards"]


GOOD = {
    "id": "ST36",
    "pinyin": "Zúsānlǐ",
    "hanzi": "足三里",
    "english": "x",
    "variants": "",
    "region": "lower_leg",
    "muscles": "tibialis_anterior",
    "angle": "perpendicular",
    "skin": "",
    "note": "",
}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"id": "XX1"}, "not a point code"),
        ({"hanzi": ""}, "missing"),
        ({"muscles": "tibialis"}, "no muscle"),
        ({"muscles": "longissimus"}, "by level"),
        ({"muscles": "deltoid=hearsay"}, "sources.bib"),
        ({"muscles": ""}, "neither"),
        ({"skin": "V9"}, "root of the skin"),
        ({"angle": "sideways"}, "none of"),
        ({"region": "wing"}, "none of"),
    ],
)
def test_a_bad_row_stops_at_load(changes: dict[str, str], says: str) -> None:
    assert parsed(GOOD).segments == ("L4", "L5")
    with pytest.raises(tables.BadTable, match=says):
        parsed({**GOOD, **changes})


@pytest.mark.parametrize(("low", "high"), [("0", "1"), ("1", "0.5"), ("1", "9")])
def test_a_depth_out_of_order_stops_at_load(low: str, high: str) -> None:
    with pytest.raises(tables.BadTable, match="not a range"):
        depth({"point": "ST36", "low_cun": low, "high_cun": high, "source": "cam1999"})
