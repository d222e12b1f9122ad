"""Muscles that the outlines lack, drawn as our own schematic shapes: a place to touch and to see, not to measure on.

A muscle is a spindle between two ends, or for muscles examined level by level one short strip a level. Ends are
given as (distance from the midline, y) in the coordinates of the outlines, so one row serves both sides. Fibres run
from end to end. All shapes are marked schematic on the plate.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from myotome.pages.plates.outlines import x_of

SPINDLES: tuple[tuple[str, str, tuple[float, float], tuple[float, float], float], ...] = (
    # muscle, view, one end (from midline, y), other end, width of the belly
    ("rectus_capitis_posterior_major", "back", (6, 226), (22, 206), 9),
    ("obliquus_capitis_inferior", "back", (5, 231), (34, 219), 9),
    ("obliquus_capitis_superior", "back", (34, 219), (24, 203), 8),
    ("semispinalis_capitis", "back", (10, 205), (22, 300), 13),
    ("splenius_cervicis", "back", (26, 232), (8, 318), 12),
    ("levator_scapulae", "back", (34, 236), (62, 316), 15),
    ("supraspinatus", "back", (70, 322), (134, 312), 20),
    ("rhomboid_minor", "back", (8, 310), (62, 330), 12),
    ("rhomboid_major", "back", (8, 330), (62, 384), 26),
    ("serratus_posterior_superior", "back", (8, 300), (74, 352), 14),
    ("serratus_posterior_inferior", "back", (10, 500), (84, 468), 18),
    ("teres_minor", "back", (74, 392), (134, 350), 12),
    ("quadratus_lumborum", "back", (64, 552), (76, 634), 24),
    ("gluteus_minimus", "back", (62, 668), (96, 716), 36),
    ("obturator_internus", "back", (34, 724), (90, 730), 13),
    ("quadratus_femoris", "back", (46, 752), (92, 750), 18),
    ("popliteus", "back", (80, 985), (54, 1024), 18),
    ("tibialis_posterior", "back", (70, 1050), (64, 1250), 18),
    ("flexor_digitorum_longus", "back", (56, 1080), (58, 1262), 13),
    ("flexor_hallucis_longus", "back", (84, 1100), (72, 1266), 14),
    ("plantaris", "back", (86, 980), (72, 1020), 9),
    ("supinator", "back", (172, 524), (190, 580), 16),
    ("extensor_carpi_radialis_brevis", "back", (196, 540), (232, 650), 12),
    ("abductor_pollicis_longus", "back", (214, 600), (248, 680), 11),
    ("extensor_pollicis_longus", "back", (206, 610), (240, 684), 9),
    ("extensor_indicis", "back", (200, 620), (226, 688), 9),
    ("temporalis", "front", (44, 140), (52, 176), 26),
    ("occipitofrontalis", "front", (16, 118), (20, 150), 24),
    ("orbicularis_oculi", "front", (14, 172), (34, 172), 12),
    ("corrugator_supercilii", "front", (4, 162), (24, 158), 8),
    ("zygomaticus_major", "front", (36, 184), (16, 208), 8),
    ("orbicularis_oris", "front", (0.5, 212), (16, 212), 10),
    ("platysma", "front", (24, 232), (56, 306), 22),
    ("infrahyoids", "front", (6, 250), (12, 300), 10),
    ("diaphragm", "front", (6, 440), (92, 476), 16),
    ("transversus_thoracis", "front", (6, 340), (44, 420), 16),
    ("levator_ani", "back", (6, 740), (30, 764), 13),
    ("sole", "back", (76, 1318), (96, 1344), 16),
    ("masseter", "front", (44, 182), (36, 214), 17),
    ("lateral_pterygoid", "front", (28, 184), (44, 190), 10),
    ("digastric", "front", (8, 236), (34, 224), 8),
    ("longus_colli", "front", (6, 244), (10, 296), 11),
    ("subclavius", "front", (26, 306), (78, 300), 9),
    ("pectoralis_minor", "front", (96, 318), (48, 382), 30),
    ("subscapularis", "front", (120, 336), (74, 380), 24),
    ("coracobrachialis", "front", (112, 330), (138, 420), 14),
    ("pronator_teres", "front", (150, 520), (184, 566), 16),
    ("flexor_digitorum_superficialis", "front", (162, 540), (224, 672), 20),
    ("flexor_digitorum_profundus", "front", (170, 560), (220, 670), 14),
    ("flexor_pollicis_longus", "front", (190, 570), (240, 676), 12),
    ("palmaris_longus", "front", (160, 536), (222, 660), 9),
    ("pronator_quadratus", "front", (212, 664), (236, 672), 16),
    ("internal_oblique", "front", (40, 640), (92, 560), 30),
    ("transversus_abdominis", "front", (36, 580), (94, 580), 36),
    ("psoas_major", "front", (18, 520), (62, 700), 26),
    ("iliacus", "front", (84, 620), (62, 704), 40),
    ("pectineus", "front", (24, 700), (56, 742), 22),
    ("adductor_brevis", "front", (22, 712), (56, 790), 22),
    ("adductor_magnus", "front", (20, 730), (60, 900), 26),
    ("tensor_fasciae_latae", "front", (100, 646), (114, 738), 26),
    ("vastus_intermedius", "front", (82, 760), (72, 920), 26),
    ("extensor_digitorum_longus", "front", (92, 1000), (74, 1240), 13),
    ("extensor_hallucis_longus", "front", (82, 1110), (60, 1264), 11),
    ("fibularis_tertius", "front", (86, 1190), (78, 1270), 9),
    ("fibularis_brevis", "front", (98, 1120), (90, 1270), 11),
    ("extensor_digitorum_brevis", "front", (82, 1296), (88, 1334), 18),
)

CONTOURS: tuple[tuple[str, str, str, float], ...] = (
    # muscle, view, M and C commands in (distance from the midline, y), fibres on the viewer's left
    (
        "gluteus_medius",
        "back",
        "M101.5 640C83.5 618 49.5 624 31.5 648C43.5 672 69.5 696 87.5 712C99.5 716 105.5 706 105.5 690"
        "C105.5 670 105.5 654 101.5 640Z",
        24,
    ),
    (
        "piriformis",
        "back",
        "M19.5 672C15.5 680 15.5 690 17.5 698C43.5 704 67.5 714 87.5 728C93.5 726 95.5 720 93.5 716"
        "C71.5 700 43.5 686 19.5 672Z",
        -64,
    ),
)

CERVICAL_TOP, THORACIC_TOP, LUMBAR_TOP = 238.0, 306.0, 500.0
"""y of the upper edge of the strips of C2, T1 and L1 in the back view."""

STRIPS: dict[str, tuple[float, float, tuple[str, ...]]] = {
    # muscle: inner and outer distance from the midline, regions of the spine it has
    "multifidus": (3.0, 20.0, ("C", "T", "L", "S")),
    "rotatores": (3.0, 14.0, ("C", "T", "L")),
    "interspinales": (0.5, 6.0, ("C", "T", "L")),
    "semispinalis": (4.0, 24.0, ("C", "T")),
    "semispinalis_cervicis": (4.0, 22.0, ("C", "T")),
    "semispinalis_thoracis": (4.0, 22.0, ("C", "T")),
    "longissimus": (22.0, 39.0, ("C", "T", "L", "S")),
    "iliocostalis": (41.0, 57.0, ("C", "T", "L", "S")),
    "intercostals": (60.0, 96.0, ("T",)),
    "external_intercostals": (60.0, 96.0, ("T",)),
    "internal_intercostals": (60.0, 96.0, ("T",)),
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A shape ready to draw: path, direction of its fibres in degrees from vertical, anchor, box."""

    path: str
    fibre_deg: float
    anchor: tuple[float, float]
    box: tuple[float, float, float, float]


def level_band(level: str) -> tuple[float, float]:
    """Upper y and height of one spinal level in the back view; C1 sits on C2's upper edge, S2-S5 below S1."""
    letter, n = level[0], int(level[1:])
    if letter == "C":
        return CERVICAL_TOP + (n - 2) * 10.0, 10.0
    if letter == "T":
        return THORACIC_TOP + (n - 1) * 16.1, 16.1
    if letter == "L":
        return LUMBAR_TOP + (n - 1) * 26.0, 26.0
    return LUMBAR_TOP + 5 * 26.0 + (n - 1) * 18.0, 26.0 if n == 1 else 18.0


def _drawn(points: list[tuple[float, float]], path: str, direction: tuple[float, float]) -> Drawn:
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    box = (min(xs), min(ys), max(xs), max(ys))
    deg = math.degrees(math.atan2(-direction[0], direction[1]))
    deg = (deg + 90) % 180 - 90
    return Drawn(path, round(deg), (sum(xs) / len(xs), sum(ys) / len(ys)), box)


def spindle(view: str, side: str, a: tuple[float, float], b: tuple[float, float], width: float) -> Drawn:
    """A belly between two ends: pointed at both, as wide as told in the middle."""
    (x0, y0), (x1, y1) = (x_of(view, side, a[0]), a[1]), (x_of(view, side, b[0]), b[1])
    length = math.hypot(x1 - x0, y1 - y0) or 1.0
    ux, uy = (x1 - x0) / length, (y1 - y0) / length
    nx, ny = -uy * width * 0.66, ux * width * 0.66

    def along(t: float, off: float) -> tuple[float, float]:
        return (x0 + (x1 - x0) * t + nx * off, y0 + (y1 - y0) * t + ny * off)

    c = [along(0.12, 1), along(0.85, 1), along(0.88, -1), along(0.15, -1)]
    p = [f"{x:.1f} {y:.1f}" for x, y in c]
    path = f"M{x0:.1f} {y0:.1f}C{p[0]} {p[1]} {x1:.1f} {y1:.1f}C{p[2]} {p[3]} {x0:.1f} {y0:.1f}Z"
    return _drawn([(x0, y0), (x1, y1), along(0.5, 0.7), along(0.5, -0.7)], path, (x1 - x0, y1 - y0))


def contour(view: str, side: str, path: str, viewers_left_deg: float) -> Drawn:
    """A shape given as one closed path in distances from the midline."""
    numbers = [float(n) for n in re.findall(r"-?[0-9.]+", path)]
    points = [(x_of(view, side, dx), y) for dx, y in zip(numbers[::2], numbers[1::2], strict=True)]
    texts = iter([f"{v:.1f}" for point in points for v in point])
    viewers_left = (view == "back") == (side == "left")
    drawn = re.sub(r"-?[0-9.]+", lambda _match: next(texts), path)
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    box = (min(xs), min(ys), max(xs), max(ys))
    anchor = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    return Drawn(drawn, viewers_left_deg if viewers_left else -viewers_left_deg, anchor, box)


def strip(muscle: str, side: str, level: str) -> Drawn | None:
    """One level of a muscle beside the spine in the back view; None where the muscle has no such level."""
    inner, outer, letters = STRIPS[muscle]
    if level[0] not in letters:
        return None
    y, height = level_band(level)
    slope = (
        height * 0.9 if muscle in ("multifidus", "rotatores") or muscle.startswith("semispinalis") else height * 0.25
    )
    points = [(inner, y), (inner, y + height * 0.9), (outer, y + height * 0.9 + slope), (outer, y + slope * 0.9)]
    xy = [(x_of("back", side, dx), yy) for dx, yy in points]
    path = "M" + "L".join(f"{x:.1f} {yy:.1f}" for x, yy in xy) + "Z"
    return _drawn(xy, path, (xy[2][0] - xy[0][0], xy[2][1] - xy[0][1]) if slope > height / 2 else (0.0, 1.0))
