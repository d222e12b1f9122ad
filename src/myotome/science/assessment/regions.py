"""From where it hurts to which examination it calls for: neck and arm, back and leg, or the whole body."""

from __future__ import annotations

from collections.abc import Iterable

from myotome.vocabulary.anatomy import ExamRegion, PainRegion

PAIN_OF_REGION = {
    ExamRegion.NECK_ARM: (
        PainRegion.HEAD,
        PainRegion.JAW_FACE,
        PainRegion.NECK,
        PainRegion.SHOULDER,
        PainRegion.UPPER_ARM,
        PainRegion.ELBOW,
        PainRegion.FOREARM,
        PainRegion.HAND,
    ),
    ExamRegion.BACK_LEG: (
        PainRegion.LOW_BACK,
        PainRegion.BUTTOCK,
        PainRegion.HIP_GROIN,
        PainRegion.THIGH,
        PainRegion.KNEE,
        PainRegion.LOWER_LEG,
        PainRegion.FOOT,
    ),
}
"""Where it hurts, and so which examination is called for. Source: judgement."""


def region_of_pain(regions: Iterable[str]) -> ExamRegion | None:
    """The examination that regions of pain call for; None when they call for both, for the trunk, or for none.

    Source: judgement
    Check: tests/unit/science/test_examination_tables.py
    """
    called = {region for region, places in PAIN_OF_REGION.items() if set(regions) & set(places)}
    return called.pop() if len(called) == 1 else None
