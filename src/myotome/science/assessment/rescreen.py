"""Loss of function is another matter than shortening: it sends the examiner back to screening, not to the needle.

A reflex that is absent or reduced, or strength that barely meets gravity, may mean that a nerve no longer conducts.
"""

from __future__ import annotations

from collections.abc import Sequence

from myotome.knowledge.signs import parameters
from myotome.science.assessment.readings import Observation, standing
from myotome.vocabulary.findings import FindingKind


def loss_findings(observations: Sequence[Observation]) -> list[int]:
    """Places of the findings that mean "re-screen, do not just needle": reflex 0-1, strength 3 or less.

    Source: clinic belief
    Check: tests/spec/assessment/test_roots_to_consider.py
    """
    found = []
    for i in standing(observations):
        kind, sign = observations[i].sign
        grade = observations[i].grade
        if (kind is FindingKind.REFLEX and grade <= parameters().rescreen_reflex) or (
            (kind, sign) == (FindingKind.MUSCLE, "weak") and grade <= parameters().rescreen_mrc
        ):
            found.append(i)
    return found
