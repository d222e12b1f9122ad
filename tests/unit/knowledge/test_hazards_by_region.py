"""Hazards of muscles against the list of hazards by region: each region names its muscles and what lies there.

The regions, the hazards of each and the reasons are written here from textbook anatomy (gray2020, moore2018), apart
from the table. Both directions are held: nothing that a region names is missing at a muscle, and a muscle carries a
hazard only where a region or a stated reason gives it.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from myotome.knowledge import tables
from myotome.knowledge.acupoints import acupoints
from myotome.knowledge.hazards import hazards
from myotome.knowledge.muscles import as_json_rows, hazards_at, muscles
from myotome.knowledge.muscles.rows import parsed

SUBOCCIPITAL = (
    "rectus_capitis_posterior_major rectus_capitis_posterior_minor obliquus_capitis_superior obliquus_capitis_inferior"
)
SCALENES = "scalenus_anterior scalenus_medius scalenus_posterior scalenus_minimus"
PARASPINALS = "multifidus rotatores semispinalis spinalis longissimus iliocostalis interspinales intertransversarii"
LUMBAR = "multifidus rotatores longissimus iliocostalis interspinales intertransversarii"
PECTORALS = "pectoralis_major_clavicular pectoralis_major_sternocostal pectoralis_minor subclavius"
INTERCOSTALS = "intercostales_externi intercostales_interni intercostales_intimi"
WALL = "rectus_abdominis obliquus_externus_abdominis obliquus_internus_abdominis transversus_abdominis"
ROTATORS = "piriformis obturator_internus gemellus_superior gemellus_inferior"
ADDUCTORS = "adductor_longus adductor_brevis adductor_magnus_adductor"
HAMSTRINGS = "semitendinosus semimembranosus biceps_femoris_long_head biceps_femoris_short_head"
SHIN = "tibialis_anterior extensor_hallucis_longus extensor_digitorum_longus fibularis_tertius"
DEEP_CALF = "tibialis_posterior flexor_digitorum_longus flexor_hallucis_longus"
EXTENSORS = (
    "brachioradialis extensor_carpi_radialis_longus extensor_carpi_radialis_brevis supinator extensor_digitorum "
    "extensor_digiti_minimi extensor_carpi_ulnaris abductor_pollicis_longus extensor_pollicis_brevis "
    "extensor_pollicis_longus extensor_indicis anconeus"
)
MEDIAN = (
    "pronator_teres flexor_carpi_radialis palmaris_longus flexor_digitorum_superficialis flexor_pollicis_longus "
    "flexor_digitorum_profundus_radial pronator_quadratus"
)
ULNAR = "flexor_carpi_ulnaris flexor_digitorum_superficialis flexor_digitorum_profundus_ulnar pronator_quadratus"
THENAR = "abductor_pollicis_brevis opponens_pollicis flexor_pollicis_brevis_superficial"
HAND = (
    f"{THENAR} flexor_pollicis_brevis_deep adductor_pollicis abductor_digiti_minimi_manus "
    "flexor_digiti_minimi_brevis_manus opponens_digiti_minimi palmaris_brevis lumbricals_manus_radial "
    "lumbricals_manus_ulnar interossei_dorsales_manus interossei_palmares"
)
SOLE = (
    "abductor_hallucis flexor_digitorum_brevis quadratus_plantae flexor_hallucis_brevis adductor_hallucis "
    "abductor_digiti_minimi_pedis flexor_digiti_minimi_brevis_pedis lumbricals_pedis_first lumbricals_pedis_lateral "
    "interossei_dorsales_pedis interossei_plantares"
)
FACE = " ".join(row.id for row in muscles().values() if row.region == "head")
ROUND_THE_EYE = "orbicularis_oculi corrugator_supercilii procerus levator_labii_superioris occipitofrontalis"

BY_REGION: list[tuple[str, str, str]] = [
    # Shoulder and upper back: the lung lies under the muscle, or behind a thin blade.
    (
        "trapezius trapezius_middle trapezius_lower levator_scapulae rhomboid_major rhomboid_minor supraspinatus "
        "serratus_posterior_superior infraspinatus",
        "pleura",
        "over the lung",
    ),
    # Chest wall and armpit: lung beneath, the bundle of the arm between chest wall and arm.
    (f"{PECTORALS} serratus_anterior subscapularis latissimus_dorsi", "pleura", "over the ribs"),
    (f"{PECTORALS} serratus_anterior subscapularis latissimus_dorsi", "axillary_vessels brachial_plexus", "armpit"),
    (INTERCOSTALS, "pleura", "the space itself"),
    (INTERCOSTALS, "axillary_vessels@T1-T4 brachial_plexus@T1-T4", "the upper four ribs make the armpit's inner wall"),
    # Paraspinals: by the level at which they are needled.
    (PARASPINALS, "canal", "between the laminae at every level"),
    (PARASPINALS, "vertebral_artery@C2-C7", "from the foramen of C6 upwards, and in front of C7"),
    (PARASPINALS, "pleura@T1-T12", "beside the thoracic spine"),
    (LUMBAR, "kidney@T12-L3 retroperitoneum@L1-L5", "in front of the transverse processes"),
    ("quadratus_lumborum", "canal kidney retroperitoneum", "in front of it and beside it"),
    ("splenius_capitis splenius_cervicis", "canal vertebral_artery", "at the articular pillars"),
    # Neck.
    (f"{SCALENES} sternocleidomastoid", "carotid jugular brachial_plexus phrenic_nerve pleura", "side of the neck"),
    (
        "longus_colli longus_capitis rectus_capitis_anterior rectus_capitis_lateralis sternohyoid sternothyroid omohyoid "
        "thyrohyoid digastric_posterior stylohyoid platysma",
        "carotid jugular",
        "front of the neck",
    ),
    ("sternohyoid sternothyroid omohyoid longus_colli", "pleura", "its lower end lies on the dome of the lung"),
    ("omohyoid longus_colli", "brachial_plexus phrenic_nerve", "crosses the plexus and the phrenic nerve"),
    (SUBOCCIPITAL, "vertebral_artery medulla", "under the skull"),
    ("splenius_capitis semispinalis@C2", "medulla", "its upper end lies over the opening of the skull"),
    # Belly.
    (f"{WALL} psoas_major psoas_minor pyramidalis iliacus diaphragm", "peritoneum", "the wall is thin"),
    ("rectus_abdominis@T7-T9 obliquus_externus_abdominis@T7-T10", "liver_spleen", "below the ribs"),
    ("obliquus_internus_abdominis@T7-T10 transversus_abdominis@T7-T10 diaphragm", "liver_spleen", "below the ribs"),
    ("rectus_abdominis@T12 obliquus_externus_abdominis@T12 pyramidalis", "bladder", "a full bladder"),
    ("obliquus_internus_abdominis@T12-L1 transversus_abdominis@T12-L1", "bladder", "a full bladder"),
    # Breastbone.
    ("transversus_thoracis pectoralis_major_sternocostal", "heart", "behind the breastbone and beside it"),
    # Buttock.
    (f"gluteus_maximus gluteus_medius gluteus_minimus {ROTATORS}", "sciatic_nerve gluteal_vessels", "buttock"),
    (f"gluteus_maximus {ROTATORS}", "pudendal_nerve", "by the spine and the tuber of the sitting bone"),
    # Groin and adductors.
    ("iliacus", "femoral_vessels femoral_nerve retroperitoneum", "behind the peritoneum, beside the femoral nerve"),
    ("psoas_major", "femoral_vessels femoral_nerve retroperitoneum kidney", "behind the peritoneum"),
    ("pectineus sartorius", "femoral_vessels femoral_nerve", "the femoral triangle"),
    (f"{ADDUCTORS} pectineus obturator_externus", "femoral_vessels obturator_nerve", "inner thigh"),
    ("gracilis", "obturator_nerve", "inner thigh"),
    # Inner thigh and hollow of the knee.
    ("sartorius gracilis vastus_medialis adductor_longus adductor_magnus_adductor", "saphenous", "adductor canal"),
    ("sartorius vastus_medialis", "femoral_vessels", "adductor canal"),
    (HAMSTRINGS, "popliteal_vessels tibial_nerve sciatic_nerve", "the edges of the hollow of the knee"),
    ("gastrocnemius plantaris popliteus", "popliteal_vessels tibial_nerve fibular_nerve", "the hollow of the knee"),
    ("biceps_femoris_long_head biceps_femoris_short_head", "fibular_nerve", "follows its tendon"),
    # Leg.
    (SHIN, "anterior_tibial_vessels fibular_nerve compartment", "front compartment"),
    ("fibularis_longus fibularis_brevis", "fibular_nerve compartment", "outer compartment"),
    (f"gastrocnemius soleus plantaris popliteus {DEEP_CALF}", "calf_clot tibial_nerve", "calf"),
    (f"{DEEP_CALF} soleus", "posterior_tibial_vessels", "deep in the calf"),
    (DEEP_CALF, "compartment", "deep compartment"),
    # Elbow and forearm.
    (f"{EXTENSORS} brachialis triceps_brachii", "radial_nerve", "radial nerve and its deep branch"),
    (f"{MEDIAN} biceps_brachii brachialis coracobrachialis", "median_nerve", "with the brachial artery, then deep"),
    (f"{ULNAR} triceps_brachii anconeus", "ulnar_nerve", "behind the elbow and down the ulnar side"),
    # Hand, wrist and foot.
    (HAND, "digital_nerves joint", "small nerves and joints"),
    (SOLE, "plantar_nerves joint", "plantar nerves and joints"),
    ("extensor_digitorum_brevis extensor_hallucis_brevis", "dorsal_pedal_vessels fibular_nerve joint", "top of the foot"),
    # Face.
    (FACE, "facial_nerve facial_vessels", "branches cross every muscle of the face"),
    (ROUND_THE_EYE, "eye", "rim of the orbit"),
    # Joints, breasts, scalp of infants.
    ("articularis_genus lateral_pterygoid", "joint", "the joint lies deep to it"),
    ("pectoralis_major_sternocostal pectoralis_minor serratus_anterior transversus_thoracis", "breast", "the breast"),
    ("occipitofrontalis temporoparietalis", "fontanelle", "the infant's skull is open under it"),
]  # fmt: skip

BEYOND: list[tuple[str, str, str]] = [
    ("multifidus rotatores semispinalis longissimus interspinales intertransversarii", "pleura@C8", "the dome of the lung"),
    ("iliocostalis", "pleura@C4-C8", "its cervical part lies on the upper ribs"),
    ("multifidus rotatores longissimus iliocostalis interspinales intertransversarii", "kidney@T11", "eleventh rib"),
    ("semispinalis spinalis", "kidney@T11-T12", "eleventh rib"),
    ("multifidus", "pelvic_organs@S1", "the first opening of the sacrum"),
    ("levatores_costarum", "pleura canal kidney@T11", "beside the thoracic spine, as its neighbours there"),
    ("quadratus_lumborum", "pleura", "the lung reaches below the twelfth rib"),
    ("serratus_posterior_inferior", "pleura kidney retroperitoneum", "lower ribs and loin"),
    ("splenius_cervicis teres_major subcostales transversus_thoracis diaphragm", "pleura", "over the lung"),
    ("obliquus_externus_abdominis@T7-T10 obliquus_internus_abdominis@T7-T10", "pleura", "its upper slips lie on the ribs"),
    ("transversus_abdominis@T7-T10 rectus_abdominis@T7-T8", "pleura", "its upper slips lie on the ribs"),
    ("teres_major", "axillary_vessels brachial_plexus", "back fold of the armpit"),
    ("coracobrachialis", "brachial_plexus", "the bundle passes on its inner side"),
    (INTERCOSTALS, "breast@T2-T6", "under the breast"),
    ("intercostales_externi@T3-T6 intercostales_interni@T2-T6 intercostales_intimi@T3-T6", "heart", "beside the breastbone"),
    (f"{INTERCOSTALS} subcostales", "liver_spleen@T6-T11", "lower spaces"),
    ("intercostales_externi intercostales_interni subcostales", "kidney@T11", "the eleventh space behind"),
    ("longus_colli longus_capitis rectus_capitis_anterior rectus_capitis_lateralis", "vertebral_artery", "beside the bone"),
    ("obliquus_capitis_inferior", "canal", "between atlas and axis"),
    ("rectus_abdominis", "bladder@T11", "a full bladder"),
    ("psoas_minor", "kidney retroperitoneum femoral_vessels", "on psoas major"),
    ("quadratus_femoris coccygeus", "gluteal_vessels", "their lower branches"),
    ("quadratus_femoris adductor_magnus_hamstring", "sciatic_nerve", "on its back"),
    ("levator_ani coccygeus", "pudendal_nerve pelvic_organs", "floor of the pelvis"),
    ("rectus_femoris adductor_magnus_hamstring", "femoral_vessels", "front and inner thigh"),
    ("rectus_femoris tensor_fasciae_latae", "femoral_nerve", "its branches"),
    ("adductor_magnus_adductor", "popliteal_vessels", "the opening of the adductors"),
    ("flexor_pollicis_brevis_deep adductor_pollicis abductor_digiti_minimi_manus flexor_digiti_minimi_brevis_manus",
     "ulnar_nerve", "deep branch"),
    ("opponens_digiti_minimi palmaris_brevis", "ulnar_nerve", "both branches"),
    (THENAR, "median_nerve", "recurrent branch"),
    ("interossei_dorsales_pedis", "dorsal_pedal_vessels", "the dorsal artery dips between the first two bones"),
    ("anconeus", "joint", "the elbow"),
    ("digastric_posterior stylohyoid platysma", "facial_nerve", "behind and under the jaw"),
    ("digastric_anterior digastric_posterior mylohyoid platysma", "facial_vessels", "cross the edge of the jaw"),
]  # fmt: skip
"""What a muscle carries without being named by a region above, with the reason."""

OUTSIDE = {
    *("suprascapular_nerve", "axillary_nerve", "brachial_vessels", "radial_vessels", "airway", "thyroid"),
    "maxillary_vessels",
}
"""Hazards of single muscles that the list of regions does not speak of."""


def carried(rows: list[tuple[str, str, str]]) -> Iterator[tuple[str, str, str | None]]:
    """(muscle, hazard, level) of each line, at the levels that the muscle has."""
    for sites, codes, _ in rows:
        for site in sites.split():
            name, _, at_muscle = site.partition("@")
            for item in codes.split():
                code, _, at_hazard = item.partition("@")
                levels = muscles()[name].levels
                for stretch in filter(None, (at_muscle, at_hazard)):
                    levels = tuple(level for level in levels if level in tables.span(stretch, "here"))
                yield from ((name, code, level) for level in levels or ((None,) if not muscles()[name].levels else ()))


def in_the_table() -> set[tuple[str, str, str | None]]:
    return {
        (row.id, code, level)
        for row in muscles().values()
        for level in row.levels or (None,)
        for code in hazards_at(row.id, level)
        if code not in OUTSIDE
    }


@pytest.mark.parametrize("line", BY_REGION, ids=lambda line: f"{line[1]}: {line[2]}")
def test_each_region_is_said_at_each_of_its_muscles(line: tuple[str, str, str]) -> None:
    assert sorted(set(carried([line])) - in_the_table(), key=str) == []


def test_a_muscle_carries_a_hazard_only_where_a_region_or_a_reason_gives_it() -> None:
    assert sorted(in_the_table() ^ {*carried(BY_REGION), *carried(BEYOND)}, key=str) == []


def test_every_hazard_that_belongs_to_a_region_is_spoken_of() -> None:
    spoken = {code for _, code, _ in {*carried(BY_REGION), *carried(BEYOND)}}
    of_points_only = {"vessel", "nerve", "tendon", "genitals", "pregnancy", "traditional_caution", "moxa_caution"}
    assert spoken | OUTSIDE | of_points_only == set(hazards())


@pytest.mark.parametrize(
    ("points", "hazard"),
    [
        ("GB20 BL10 GV15 GV16", "medulla"),
        ("CV17", "heart"),
        ("BL1 ST1 TE23", "eye"),
        ("ST17", "breast"),
        ("CV1", "genitals"),
        ("CV8", "traditional_caution"),
        ("GV22", "fontanelle"),
    ],
)
def test_points_of_a_region_say_it_too(points: str, hazard: str) -> None:
    assert [code for code in points.split() if hazard not in acupoints()[code].hazards] == []


def test_the_interface_says_at_which_levels_a_hazard_holds() -> None:
    rows = {row["id"]: row for row in as_json_rows()}
    levels = rows["multifidus"]["hazard_levels"]
    assert levels["kidney"] == ["T11", "T12", "L1", "L2", "L3"]
    assert "canal" not in levels
    assert rows["tibialis_anterior"]["hazard_levels"] == {}


@pytest.mark.parametrize(("levels", "hazard"), [("", "pleura@T1-T3"), ("L1-L3", "pleura@T1-T3")])
def test_a_hazard_cannot_hold_at_a_level_that_its_muscle_has_not(levels: str, hazard: str) -> None:
    row = {
        **dict.fromkeys(("synonyms", "segmental_link", "note"), ""),
        **dict.fromkeys(("id", "name", "latin", "nerve", "lay_name", "palpation"), "x"),
        "roots": "" if levels else "L1:1",
        "levels": levels,
        "level_rule": "own" if levels else "",
        "region": "low_back",
        "layer": "deep",
        "palpable": "no",
        "ramus": "dorsal",
        "position": "prone",
        "hazards": hazard,
        "sources": "gray2020",
    }
    with pytest.raises(tables.BadTable, match="no level"):
        parsed(row, "here")
