"""The muscle tables: complete, in range, sourced, and true to the level rules."""

from __future__ import annotations

import pytest

from myotome.knowledge import muscles as table
from myotome.knowledge import tables
from myotome.knowledge.hazards import hazards
from myotome.knowledge.muscles.rows import parsed
from myotome.vocabulary.anatomy import ROOT_INDEX, ROOTS, NeedleRegion
from myotome.vocabulary.errors import InvalidValue

PARASPINAL = ("multifidus", "rotatores", "semispinalis", "longissimus", "iliocostalis", "interspinales")


def test_there_are_at_least_150_muscles_before_levels() -> None:
    assert len(table.muscles()) >= 150
    assert {row.region for row in table.muscles().values()} == set(NeedleRegion)


@pytest.mark.parametrize("site", table.sites(), ids=lambda site: f"{site[0]}-{site[1]}")
def test_every_link_is_a_window_of_neighbours_with_one_leader(site: tuple[str, str | None]) -> None:
    weights = table.link(*site)
    places = [ROOT_INDEX[root] for root in weights]
    assert places == list(range(places[0], places[0] + len(places))) if places else True
    assert len(places) <= tables.MAX_ROOTS
    assert all(0 < weight <= 1 for weight in weights.values())
    if weights:
        assert max(weights.values()) in (0.85, 1.0)
    else:
        assert table.muscle(site[0]).ramus == "cranial"


@pytest.mark.parametrize(
    ("muscle", "level", "weights"),
    [
        ("multifidus", "L5", {"L4": 0.35, "L5": 1.0, "S1": 0.35}),
        ("multifidus", "C2", {"C1": 0.35, "C2": 1.0, "C3": 0.35}),
        ("rotatores", "T1", {"C8": 0.35, "T1": 1.0, "T2": 0.35}),
        ("longissimus", "L4", {"L3": 0.5, "L4": 1.0}),
        ("iliocostalis", "L1", {"T12": 0.5, "L1": 1.0}),
        ("semispinalis", "T1", {"C8": 0.5, "T1": 1.0}),
        ("rectus_abdominis", "T10", {"T10": 1.0}),
        ("intercostales_externi", "T6", {"T6": 1.0}),
        ("tibialis_anterior", None, {"L4": 0.6, "L5": 1.0}),
        ("trapezius", None, {"C2": 0.6, "C3": 1.0, "C4": 0.6}),
        ("masseter", None, {}),
    ],
)
def test_the_link_of_a_muscle(muscle: str, level: str | None, weights: dict[str, float]) -> None:
    assert dict(table.link(muscle, level)) == weights


def test_a_cranial_muscle_keeps_its_segmental_link_apart_from_motor_roots() -> None:
    for name in ("trapezius", "trapezius_middle", "trapezius_lower", "sternocleidomastoid"):
        row = table.muscle(name)
        assert not row.roots
        assert row.segmental_link
        assert "XI" in row.nerve


def test_paraspinals_are_examined_by_level_from_c2_to_s1() -> None:
    levels = {level for name in PARASPINAL for level in table.muscle(name).levels}
    assert levels == set(table.muscle("multifidus").levels)
    assert table.muscle("multifidus").levels[0] == "C2"
    assert table.muscle("multifidus").levels[-1] == "S1"
    assert all(table.muscle(name).ramus == "dorsal" for name in PARASPINAL)


@pytest.mark.parametrize(
    ("muscle", "first", "last"),
    [
        ("multifidus", "C2", "S1"),
        ("rotatores", "C2", "L5"),
        ("semispinalis", "C2", "T12"),
        ("longissimus", "C2", "L5"),
        ("iliocostalis", "C4", "L5"),
        ("interspinales", "C2", "L5"),
    ],
)
def test_a_paraspinal_muscle_ends_where_its_anatomy_does_and_its_note_says_why(
    muscle: str, first: str, last: str
) -> None:
    row = table.muscle(muscle)
    assert row.levels == ROOTS[ROOT_INDEX[first] : ROOT_INDEX[last] + 1]
    if muscle != "multifidus":
        assert "Parts: " in row.note
    if last == "L5":
        assert "no S1 level" in row.note
    if last != "S1":
        with pytest.raises(InvalidValue) as caught:
            table.link(muscle, "S1")
        assert caught.value.field == "level"


def test_muscles_with_two_nerves_are_two_rows() -> None:
    for whole, parts in {
        "pectoralis major": 2,
        "adductor magnus": 2,
        "biceps femoris": 2,
        "flexor digitorum profundus": 2,
        "flexor pollicis brevis": 2,
        "lumbricals of hand": 2,
        "lumbricals of foot": 2,
        "digastric": 2,
    }.items():
        found = [row for row in table.muscles().values() if whole in row.synonyms]
        assert len(found) == parts, whole
        assert len({row.nerve for row in found}) == parts, whole


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        ("tibialis anterioor", "tibialis_anterior"),
        ("biceps_femoris", "biceps_femoris_long_head, biceps_femoris_short_head"),
        ("Piriformis", "piriformis"),
    ],
)
def test_an_unknown_muscle_names_the_three_nearest(typed: str, nearest: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        table.muscle(typed)
    assert caught.value.field == "muscle"
    assert typed in caught.value.message
    listed = caught.value.message.split("nearest are ")[1]
    assert listed.startswith(nearest)
    assert listed.count(",") == 2


def test_a_level_is_refused_where_there_is_none_and_asked_for_where_there_is() -> None:
    for muscle, level in (("tibialis_anterior", "L5"), ("multifidus", None), ("rectus_abdominis", "L5")):
        with pytest.raises(InvalidValue) as caught:
            table.link(muscle, level)
        assert caught.value.field == "level"


def test_hazards_and_region_of_a_level_are_those_of_that_level() -> None:
    assert "pleura" in table.hazards_at("multifidus", "T6")
    assert "pleura" not in table.hazards_at("multifidus", "L4")
    assert "kidney" in table.hazards_at("longissimus", "L2")
    assert "canal" in table.hazards_at("multifidus", "L4")
    assert table.region_at("multifidus", "C5") is NeedleRegion.NECK
    assert table.region_at("multifidus", "T5") is NeedleRegion.UPPER_BACK
    assert table.region_at("multifidus", "S1") is NeedleRegion.LOW_BACK
    assert table.region_at("rectus_abdominis", "T8") is NeedleRegion.ABDOMEN


OVER_THE_LUNG = [
    "trapezius",
    "levator_scapulae",
    "rhomboid_major",
    "supraspinatus",
    "serratus_posterior_superior",
    "infraspinatus",
    "pectoralis_major_clavicular",
    "serratus_anterior",
    "subscapularis",
    "latissimus_dorsi",
    "scalenus_anterior",
]


@pytest.mark.parametrize("muscle", OVER_THE_LUNG)
def test_muscles_over_the_lung_say_so(muscle: str) -> None:
    assert "pleura" in table.muscle(muscle).hazards
    assert hazards()["pleura"].needs_ack


def test_no_hazard_names_a_depth() -> None:
    for row in hazards().values():
        text = f"{row.what} {row.why} {row.what_to_do}".lower()
        assert " mm" not in text
        assert "safe" not in text


def test_muscles_are_found_by_any_name() -> None:
    assert [row.id for row in table.find("peroneus longus")] == ["fibularis_longus"]
    assert {row.id for row in table.find("hamstrings")} >= {"semitendinosus", "biceps_femoris_short_head"}
    assert table.find("TRAPEZIUS")[0].id == "trapezius"
    assert table.find("  ") == ()


def test_a_root_knows_its_sites_heaviest_first_and_every_link_is_found_from_its_root() -> None:
    of_l5 = table.sites_of("L5")
    assert ("tibialis_anterior", None, 1.0) in of_l5
    assert ("multifidus", "S1", 0.35) in of_l5
    assert [weight for _, _, weight in of_l5] == sorted((weight for _, _, weight in of_l5), reverse=True)
    found = {(muscle, level, root) for root in ROOT_INDEX for muscle, level, _ in table.sites_of(root)}
    assert found == {(*site, root) for site in table.sites() for root in table.link(*site)}
    with pytest.raises(InvalidValue):
        table.sites_of("L9")


def test_json_rows_hold_what_the_interface_promises() -> None:
    rows = {row["id"]: row for row in table.as_json_rows()}
    row = rows["tibialis_anterior"]
    assert row["roots"] == {"L4": 0.6, "L5": 1.0}
    assert row["levels"] == []
    assert set(row) >= {"id", "name", "latin", "synonyms", "region", "nerve", "roots", "segmental_link", "levels"}
    assert set(row) >= {"ramus", "palpable", "hazards", "sources"}
    assert rows["trapezius"]["roots"] == {}
    assert rows["trapezius"]["segmental_link"] == {"C2": 0.6, "C3": 1.0, "C4": 0.6}


@pytest.mark.parametrize(
    ("muscle", "peak"),
    [
        ("tibialis_anterior", ["L5"]),
        ("biceps_brachii", ["C5", "C6"]),
        ("extensor_hallucis_longus", ["L5"]),
        ("trapezius", ["C3"]),
        ("multifidus", []),
        ("masseter", []),
    ],
)
def test_the_peak_root_is_named_or_the_roots_that_lead_together(muscle: str, peak: list[str]) -> None:
    assert {row["id"]: row["peak"] for row in table.as_json_rows()}[muscle] == peak


def test_every_muscle_with_roots_has_a_peak_among_them() -> None:
    for row in table.as_json_rows():
        weights = row["segmental_link"]
        assert row["peak"] == [root for root, weight in weights.items() if weight == max(weights.values())]  # type: ignore[attr-defined]
        assert bool(row["peak"]) == bool(weights)


GOOD = {
    "id": "x",
    "name": "X",
    "latin": "musculus x",
    "synonyms": "",
    "region": "thigh",
    "layer": "deep",
    "palpable": "yes",
    "nerve": "femoral nerve",
    "roots": "L2:0.6 L3:1",
    "segmental_link": "",
    "levels": "",
    "level_rule": "",
    "ramus": "ventral",
    "position": "supine",
    "hazards": "",
    "lay_name": "x",
    "palpation": "x",
    "note": "",
    "sources": "gray2020",
}


def test_a_good_row_is_read() -> None:
    assert parsed(GOOD, "here").roots == {"L2": 0.6, "L3": 1.0}


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("roots", "L2:0.6 L4:1", "neighbouring"),
        ("roots", "L2:1.5", "above 0"),
        ("roots", "L2:0", "above 0"),
        ("roots", "L2:x", "a number"),
        ("roots", "L9:1", "not a spinal root"),
        ("roots", "L2:0.6", "heaviest"),
        ("roots", "L2:1 L2:1", "twice"),
        ("roots", "L1:1 L2:1 L3:1 L4:1 L5:1 S1:1", "at most 5"),
        ("roots", "", "needs roots"),
        ("levels", "L1-L3", "not both"),
        ("levels", "L3-L1", "stretch"),
        ("sources", "nobody1900", "sources.bib"),
        ("sources", "", "no source"),
        ("hazards", "dragon", "none of"),
        ("region", "wing", "none of"),
        ("palpable", "maybe", "yes or no"),
        ("lay_name", "", "missing"),
    ],
)
def test_a_bad_row_stops_at_load_and_says_where(column: str, value: str, says: str) -> None:
    with pytest.raises(tables.BadTable, match=says) as caught:
        parsed({**GOOD, column: value}, "thigh.csv, x")
    assert "thigh.csv, x" in str(caught.value)
