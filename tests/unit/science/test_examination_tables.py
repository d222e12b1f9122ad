"""The knowledge tables as a network: the window, the limbs, the regions."""

from __future__ import annotations

import pytest

from myotome.knowledge.muscles import muscle, muscles, sites
from myotome.science.assessment import tables
from myotome.science.assessment.regions import region_of_pain
from myotome.vocabulary.anatomy import ExamRegion
from myotome.vocabulary.findings import FindingKind


def test_the_tables_fit_a_window_of_five_roots() -> None:
    network = tables.network()
    assert network.width == 5
    assert {(k[1], k[2]) for k in network.index if k[0] is FindingKind.MUSCLE} == set(sites())


@pytest.mark.parametrize(
    ("id", "limb"),
    [
        ("deltoid", "arm"),
        ("rhomboid_major", "arm"),
        ("pectoralis_minor", "arm"),
        ("opponens_pollicis", "arm"),
        ("levator_scapulae", ""),
        ("trapezius", ""),
        ("scalenus_medius", ""),
        ("diaphragm", ""),
        ("multifidus", ""),
        ("quadratus_lumborum", ""),
        ("psoas_major", ""),
        ("iliacus", "leg"),
        ("piriformis", "leg"),
        ("soleus", "leg"),
        ("levator_ani", ""),
        ("masseter", ""),
    ],
)
def test_a_variant_of_the_plexus_moves_muscles_of_the_limb_only(id: str, limb: str) -> None:
    assert tables.limb_of(muscle(id)) == limb


def test_every_muscle_of_arm_and_leg_hangs_from_a_plexus() -> None:
    for row in muscles().values():
        if row.region in ("arm", "forearm_hand", "thigh", "lower_leg", "foot"):
            assert tables.limb_of(row) == ("arm" if row.region in ("arm", "forearm_hand") else "leg"), row.id


def test_reflexes_of_the_limbs_move_with_them_and_the_jaw_jerk_has_no_root() -> None:
    limb = {site.subject: site.limb for site in tables.sites() if site.kind is FindingKind.REFLEX}
    assert (limb["biceps"], limb["achilles"], limb["abdominal_upper"], limb["jaw"]) == ("arm", "leg", "", "")


def test_a_site_belongs_to_the_region_of_its_heaviest_root() -> None:
    by_key = {(site.subject, site.level): site for site in tables.sites()}
    leg, arm = ExamRegion.BACK_LEG, ExamRegion.NECK_ARM
    assert tables.in_region(by_key["soleus", None], leg)
    assert not tables.in_region(by_key["soleus", None], arm)
    assert tables.in_region(by_key["multifidus", "L5"], leg)
    assert tables.in_region(by_key["multifidus", "C6"], arm)
    assert not tables.in_region(by_key["multifidus", "T6"], arm)
    assert tables.in_region(by_key["multifidus", "T6"], None)
    assert not tables.in_region(by_key["masseter", None], None)
    assert tables.peak({}) == ""
    assert tables.peak({"S1": 0.85, "S2": 0.85}) == "S1"


@pytest.mark.parametrize(
    ("regions", "region"),
    [
        (["low_back", "buttock"], ExamRegion.BACK_LEG),
        (["hand"], ExamRegion.NECK_ARM),
        (["neck", "foot"], None),
        (["abdomen"], None),
        ([], None),
    ],
)
def test_where_it_hurts_chooses_the_examination(regions, region) -> None:
    assert region_of_pain(regions) == region
