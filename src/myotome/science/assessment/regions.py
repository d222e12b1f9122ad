"""From where it hurts to which examination it calls for: neck and arm, back and leg, or the whole body."""

from __future__ import annotations

from collections.abc import Iterable

from myotome.knowledge.signs import membership
from myotome.vocabulary.anatomy import ExamRegion


def region_of_pain(regions: Iterable[str]) -> ExamRegion | None:
    """The examination that regions of pain call for; None when they call for both, for the trunk, or for none.

    Source: knowledge/signs/membership.toml
    Check: tests/unit/science/test_examination_tables.py
    """
    places = set(regions)
    called = {region for region, members in membership().regions.items() if places & set(members.pain)}
    return called.pop() if len(called) == 1 else None
