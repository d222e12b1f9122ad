"""Which shape shows which muscle: outline parts for those near the skin, schematic shapes for the deep ones.

A part of the plate is named by a key, `"left:gluteus_medius"` or `"left:multifidus:L5"`: side of the patient, muscle id
of `knowledge.muscles`, level where the muscle is examined level by level. The same key is a form's value, a link's
end and a label's owner.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from myotome.pages.plates.outlines import pair
from myotome.pages.plates.schematic import CONTOURS, SPINDLES, STRIPS, Drawn, contour, spindle, strip

OUTLINED: tuple[tuple[str, str, tuple[tuple[str, int], ...], float], ...] = (
    # muscle, view, (slug, number on the patient's left), fibres on the viewer's left: degrees from vertical, "/" is +
    ("splenius_capitis", "back", (("neck", 0),), -14),
    ("trapezius", "back", (("trapezius", 0),), -24),
    ("deltoid", "back", (("deltoids", 0),), 28),
    ("infraspinatus", "back", (("upper-back", 0),), -62),
    ("teres_major", "back", (("upper-back", 2),), -60),
    ("latissimus_dorsi", "back", (("upper-back", 1),), -38),
    ("triceps_brachii", "back", (("triceps", 0), ("triceps", 1), ("triceps", 2)), 12),
    ("erector_spinae", "back", (("lower-back", 1),), 4),
    ("external_oblique", "back", (("lower-back", 0),), 24),
    ("anconeus", "back", (("forearm", 1),), 10),
    ("extensor_digitorum", "back", (("forearm", 0),), 12),
    ("extensor_carpi_radialis_longus", "back", (("forearm", 2),), 12),
    ("extensor_carpi_ulnaris", "back", (("forearm", 3),), 22),
    ("gluteus_medius", "back", (("gluteal", 0),), 24),
    ("gluteus_maximus", "back", (("gluteal", 1),), 50),
    ("vastus_lateralis", "back", (("hamstring", 0),), -2),
    ("biceps_femoris", "back", (("hamstring", 2),), 6),
    ("semitendinosus", "back", (("hamstring", 1),), -4),
    ("semimembranosus", "back", (("hamstring", 3),), 6),
    ("adductor_magnus", "back", (("adductors", 0),), 22),
    ("gastrocnemius", "back", (("calves", 0), ("calves", 2)), 2),
    ("soleus", "back", (("calves", 1), ("calves", 3)), 0),
    ("sternocleidomastoid", "front", (("neck", 0),), -16),
    ("scalenes", "front", (("neck", 1),), -24),
    ("trapezius", "front", (("trapezius", 0),), 58),
    ("pectoralis_major", "front", (("chest", 0),), -78),
    ("deltoid", "front", (("deltoids", 0),), 24),
    ("biceps_brachii", "front", (("biceps", 0),), 10),
    ("brachialis", "front", (("triceps", 0),), 18),
    ("brachioradialis", "front", (("forearm", 0),), 14),
    ("flexor_carpi_radialis", "front", (("forearm", 1),), 20),
    ("flexor_carpi_ulnaris", "front", (("forearm", 2),), 22),
    ("rectus_abdominis", "front", (("abs", 0), ("abs", 1), ("abs", 2), ("abs", 3)), 0),
    ("serratus_anterior", "front", (("obliques", 0), ("obliques", 1), ("obliques", 3)), -60),
    (
        "external_oblique",
        "front",
        (("obliques", 2), ("obliques", 4), ("obliques", 5), ("obliques", 6), ("obliques", 7)),
        -36,
    ),
    ("adductor_longus", "front", (("adductors", 0),), 28),
    ("sartorius", "front", (("adductors", 1),), -14),
    ("gracilis", "front", (("adductors", 2),), 5),
    ("rectus_femoris", "front", (("quadriceps", 0),), -2),
    ("vastus_lateralis", "front", (("quadriceps", 1),), -10),
    ("vastus_medialis", "front", (("quadriceps", 2),), -12),
    ("tibialis_anterior", "front", (("tibialis", 0),), -8),
    ("fibularis_longus", "front", (("calves", 0),), -5),
    ("gastrocnemius", "front", (("calves", 1),), 0),
    ("extensor_digitorum_brevis", "front", (("feet", 0),), 20),
    ("abductor_hallucis", "front", (("feet", 1),), -10),
    ("thenar", "front", (("hands", 0),), 40),
    ("interossei_of_hand", "back", (("hands", 2),), 20),
)

ALIASES: dict[str, str] = {
    "peroneus_longus": "fibularis_longus",
    "peroneus_brevis": "fibularis_brevis",
    "peroneus_tertius": "fibularis_tertius",
    "abductor_pollicis_brevis": "thenar",
    "flexor_pollicis_brevis": "thenar",
    "opponens_pollicis": "thenar",
    "adductor_pollicis": "thenar",
    "abductor_digiti_minimi_manus": "thenar",
    "flexor_digiti_minimi_brevis_manus": "thenar",
    "opponens_digiti_minimi": "thenar",
    "palmaris_brevis": "thenar",
    "lumbricals_manus": "thenar",
    "dorsal_interossei_manus": "interossei_of_hand",
    "palmar_interossei_manus": "interossei_of_hand",
    "first_dorsal_interosseous": "interossei_of_hand",
    "gemellus_superior": "obturator_internus",
    "gemellus_inferior": "obturator_internus",
    "obturator_externus": "quadratus_femoris",
    "iliopsoas": "psoas_major",
    "psoas_minor": "psoas_major",
    "rectus_capitis_posterior_minor": "rectus_capitis_posterior_major",
    "rhomboids": "rhomboid_major",
    "medial_pterygoid": "masseter",
    "longus_capitis": "longus_colli",
    "extensor_hallucis_brevis": "extensor_digitorum_brevis",
    "extensor_digiti_minimi": "extensor_digitorum",
    "extensor_pollicis_brevis": "extensor_pollicis_longus",
    "scalenus_anterior": "scalenes",
    "scalenus_medius": "scalenes",
    "scalenus_posterior": "scalenes",
    "scalenus_minimus": "scalenes",
    "obliquus_externus_abdominis": "external_oblique",
    "obliquus_internus_abdominis": "internal_oblique",
    "pyramidalis": "rectus_abdominis",
    "pectoralis_major_clavicular": "pectoralis_major",
    "pectoralis_major_sternocostal": "pectoralis_major",
    "adductor_magnus_hamstring": "adductor_magnus",
    "interossei_dorsales_manus": "interossei_of_hand",
    "interossei_palmares": "interossei_of_hand",
    "lumbricals_manus_radial": "thenar",
    "lumbricals_manus_ulnar": "thenar",
    "articularis_genus": "vastus_intermedius",
    "spinalis": "multifidus",
    "intertransversarii": "longissimus",
    "levatores_costarum": "iliocostalis",
    "intercostales_externi": "intercostals",
    "intercostales_interni": "intercostals",
    "intercostales_intimi": "intercostals",
    "subcostales": "intercostals",
    "rectus_capitis_anterior": "longus_colli",
    "rectus_capitis_lateralis": "obliquus_capitis_superior",
    "sternohyoid": "infrahyoids",
    "sternothyroid": "infrahyoids",
    "omohyoid": "infrahyoids",
    "thyrohyoid": "infrahyoids",
    "geniohyoid": "digastric",
    "mylohyoid": "digastric",
    "stylohyoid": "digastric",
    "abductor_digiti_minimi_pedis": "extensor_digitorum_brevis",
    "lumbricals_pedis_first": "abductor_hallucis",
    "lumbricals_pedis_lateral": "extensor_digitorum_brevis",
    "interossei_dorsales_pedis": "extensor_digitorum_brevis",
    "interossei_plantares": "extensor_digitorum_brevis",
    "flexor_hallucis_brevis": "abductor_hallucis",
    "adductor_hallucis": "abductor_hallucis",
    "flexor_digitorum_brevis": "sole",
    "quadratus_plantae": "sole",
    "flexor_digiti_minimi_brevis_pedis": "sole",
    "auricularis": "temporalis",
    "temporoparietalis": "temporalis",
    "procerus": "corrugator_supercilii",
    "zygomaticus_minor": "zygomaticus_major",
    "levator_labii_superioris": "zygomaticus_major",
    "levator_anguli_oris": "zygomaticus_major",
    "nasalis": "zygomaticus_major",
    "buccinator": "masseter",
    "risorius": "masseter",
    "depressor_anguli_oris": "orbicularis_oris",
    "depressor_labii_inferioris": "orbicularis_oris",
    "mentalis": "orbicularis_oris",
    "coccygeus": "levator_ani",
}
"""Muscles shown at the place of a neighbour or of the group they belong to."""

SUFFIXES = (
    "radial",
    "ulnar",
    "superficial",
    "deep",
    "adductor",
    "sternocostal",
    "upper",
    "middle",
    "lower",
    "anterior",
    "posterior",
    "medial",
    "lateral",
    "long_head",
    "short_head",
    "clavicular",
    "sternal",
)


@dataclass(frozen=True, slots=True)
class Shape:
    """One muscle of one side in one view: its paths, fibres, anchor, box, and whether it is schematic and deep."""

    key: str
    muscle: str
    side: str
    level: str
    view: str
    paths: tuple[str, ...]
    fibre_deg: float
    anchor: tuple[float, float]
    box: tuple[float, float, float, float]
    deep: bool


def part_key(muscle: str, side: str, level: str | None = None) -> str:
    """The key of a part: `side:muscle` or `side:muscle:level`."""
    return f"{side}:{muscle}:{level}" if level else f"{side}:{muscle}"


def split_key(key: str) -> tuple[str, str, str]:
    """Side, muscle and level (empty without one) of a key."""
    side, _, rest = key.partition(":")
    muscle, _, level = rest.partition(":")
    return side, muscle, level


def drawn_as(muscle: str) -> str:
    """The id under which a muscle is drawn: itself, its alias, or its whole for a named part of a muscle."""
    known = _drawn_ids()
    if muscle in known:
        return muscle
    if muscle in ALIASES:
        return ALIASES[muscle]
    for suffix in SUFFIXES:
        for whole in (muscle.removesuffix(f"_{suffix}"), muscle.removeprefix(f"{suffix}_")):
            if whole in known:
                return whole
            if whole in ALIASES:
                return ALIASES[whole]
    for strip_name in STRIPS:
        if muscle.startswith(f"{strip_name}_"):
            return strip_name
    return muscle


@cache
def _drawn_ids() -> frozenset[str]:
    return frozenset(
        {row[0] for row in OUTLINED} | {row[0] for row in SPINDLES} | {row[0] for row in CONTOURS} | set(STRIPS)
    )


@cache
def shapes_of(key: str) -> tuple[Shape, ...]:
    """All shapes of a key, superficial first; empty when the muscle is not drawn."""
    side, muscle, level = split_key(key)
    drawn = drawn_as(muscle)
    found: list[Shape] = []
    if side not in ("left", "right"):
        return ()
    for name, view, refs, deg in OUTLINED:
        if name != drawn:
            continue
        twins = [pair(view, slug, number)[side] for slug, number in refs]
        biggest = max(twins, key=lambda p: (p.box[2] - p.box[0]) * (p.box[3] - p.box[1]))
        found.append(
            Shape(
                key, muscle, side, level, view,
                tuple(p.path for p in twins), deg if (view == "back") == (side == "left") else -deg,
                biggest.anchor, _around(p.box for p in twins), False,
            )
        )  # fmt: skip
    schematic: list[tuple[str, Drawn]] = []
    schematic += [(view, contour(view, side, d, deg)) for name, view, d, deg in CONTOURS if name == drawn]
    schematic += [(view, spindle(view, side, a, b, width)) for name, view, a, b, width in SPINDLES if name == drawn]
    if drawn in STRIPS and level and (one := strip(drawn, side, level)) is not None:
        schematic.append(("back", one))
    found += [
        Shape(key, muscle, side, level, view, (d.path,), d.fibre_deg, d.anchor, d.box, True) for view, d in schematic
    ]
    return tuple(found)


@cache
def ground(view: str) -> tuple[Shape, ...]:
    """Every outlined muscle of a view on both sides: the pale ground on which states are drawn."""
    return tuple(
        shape
        for side in ("left", "right")
        for name in dict.fromkeys(row[0] for row in OUTLINED if row[1] == view)
        for shape in shapes_of(part_key(name, side))
        if shape.view == view and not shape.deep
    )


def _around(boxes: Iterable[tuple[float, float, float, float]]) -> tuple[float, float, float, float]:
    rows = list(boxes)
    return (min(b[0] for b in rows), min(b[1] for b in rows), max(b[2] for b in rows), max(b[3] for b in rows))


def one_layer(shapes: tuple[Shape, ...], *, deep: bool) -> tuple[Shape, ...]:
    """A muscle drawn in both layers shows in the layer asked for."""
    wanted = tuple(s for s in shapes if s.deep == deep)
    return wanted or shapes
