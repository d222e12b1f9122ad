"""Which muscles a plexus moves, which sites a regional examination holds, and the level rules: data, checked at load."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any

import pytest

from myotome.knowledge import tables
from myotome.knowledge.muscles import level_rules
from myotome.knowledge.signs import membership, parameters
from myotome.knowledge.signs.membership import parsed
from myotome.science.assessment.tables import assumptions, limb_of, network
from myotome.vocabulary.anatomy import ExamRegion

DATA = files("myotome.knowledge.signs").joinpath("membership.toml").read_text("utf-8")


def test_limbs_and_regions_are_those_of_the_validated_engine() -> None:
    found = membership()
    assert {name: (row.peaks[0], row.peaks[-1]) for name, row in found.limbs.items()} == {
        "arm": ("C5", "T1"),
        "leg": ("L2", "S2"),
    }
    assert {region: (row.peaks[0], row.peaks[-1]) for region, row in found.regions.items()} == {
        ExamRegion.NECK_ARM: ("C1", "T2"),
        ExamRegion.BACK_LEG: ("T12", "S5"),
    }
    assert [site.limb for site in network().sites].count("arm") == 56
    assert [site.limb for site in network().sites].count("leg") == 59


def test_level_rules_are_rows_with_a_source() -> None:
    assert dict(level_rules()) == {
        "segment": (0.35, 1.0, 0.35),
        "overlap": (0.5, 1.0, 0.0),
        "own": (0.0, 1.0, 0.0),
    }


def test_numbers_of_the_engine_that_were_written_in_code_are_parameters_with_a_source() -> None:
    p = parameters()
    assert (p.correlation_limit, p.belief_limit, p.prefixed_share) == (0.95, 0.001, 0.5)
    assert (p.plan_likely, p.plan_segments, p.fewest_places, p.diffuse_shown) == (0.5, 4, 60, 0.5)
    assert all(p.source_of[name] and p.words[name] for name in ("correlation_limit", "belief_limit", "plan_likely"))


def test_the_share_of_prefixed_limbs_moves_the_variants() -> None:
    usual, up, down = assumptions().p_variant
    assert up == down == 0.125
    usual_too, up, down = assumptions().but(prefixed_share=0.2).p_variant
    assert usual_too == usual
    assert (up, down) == pytest.approx((0.05, 0.2))


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("limb", "arm", "peaks"), "C5-L2", "one limb only"),
        (("limb", "arm", "peaks"), "", "stretch of roots"),
        (("limb", "leg", "regions"), ["wing"], "none of"),
        (("limb", "leg", "source"), "hearsay", "sources.bib"),
        (("region", "neck_arm", "pain"), ["moon"], "none of"),
        (("region", "back_leg", "source"), "hearsay", "sources.bib"),
        (("region", "tail"), {}, "both regions"),
    ],
)
def test_a_broken_membership_stops_at_load(path: tuple[str, ...], value: object, says: str) -> None:
    data: dict[str, Any] = tomllib.loads(DATA)
    place = data
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    with pytest.raises(tables.BadTable, match=says):
        parsed(data)


def test_a_muscle_hangs_from_a_plexus_by_its_region_or_its_nerve() -> None:
    from myotome.knowledge.muscles import muscle

    assert {name: limb_of(muscle(name)) for name in ("iliacus", "psoas_major", "deltoid", "gluteus_medius")} == {
        "iliacus": "leg",
        "psoas_major": "",
        "deltoid": "arm",
        "gluteus_medius": "leg",
    }
