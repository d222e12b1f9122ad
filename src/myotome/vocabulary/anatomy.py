"""Words of the body: spinal roots, sides, regions of pain and of needling.

Roots are plain strings ("L5") in cord order, so that a table, a JSON answer and a template read the same.
Names follow Terminologia Anatomica (TA2) where a structure is meant and plain speech where a patient points.
"""

from __future__ import annotations

from enum import StrEnum

ROOTS: tuple[str, ...] = (
    *(f"C{i}" for i in range(1, 9)),
    *(f"T{i}" for i in range(1, 13)),
    *(f"L{i}" for i in range(1, 6)),
    *(f"S{i}" for i in range(1, 6)),
)
"""The thirty spinal roots in cord order, C1 first."""

ROOT_INDEX: dict[str, int] = {root: i for i, root in enumerate(ROOTS)}


class Side(StrEnum):
    """Side of the patient's own body; `MIDLINE` only for points and signs on the midline."""

    LEFT = "left"
    RIGHT = "right"
    MIDLINE = "midline"


class PainRegion(StrEnum):
    """Where a patient says it hurts; side is kept apart."""

    HEAD = "head"
    JAW_FACE = "jaw_face"
    NECK = "neck"
    SHOULDER = "shoulder"
    UPPER_ARM = "upper_arm"
    ELBOW = "elbow"
    FOREARM = "forearm"
    HAND = "hand"
    UPPER_BACK = "upper_back"
    CHEST = "chest"
    ABDOMEN = "abdomen"
    LOW_BACK = "low_back"
    BUTTOCK = "buttock"
    HIP_GROIN = "hip_groin"
    THIGH = "thigh"
    KNEE = "knee"
    LOWER_LEG = "lower_leg"
    FOOT = "foot"


class ExamRegion(StrEnum):
    """The two regional priors of the segmental examination."""

    NECK_ARM = "neck_arm"
    BACK_LEG = "back_leg"


class NeedleRegion(StrEnum):
    """Regions over which needles are counted in and out."""

    HEAD = "head"
    NECK = "neck"
    SHOULDER = "shoulder"
    ARM = "arm"
    FOREARM_HAND = "forearm_hand"
    UPPER_BACK = "upper_back"
    CHEST = "chest"
    ABDOMEN = "abdomen"
    LOW_BACK = "low_back"
    BUTTOCK = "buttock"
    THIGH = "thigh"
    LOWER_LEG = "lower_leg"
    FOOT = "foot"


class Position(StrEnum):
    """How the patient lies or sits while she is examined or needled."""

    PRONE = "prone"
    SUPINE = "supine"
    SIDE_LYING = "side_lying"
    SITTING = "sitting"
