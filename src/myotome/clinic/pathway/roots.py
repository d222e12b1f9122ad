"""The roots to consider while needles respond: the last examination's findings, and what today's needles met.

Seen only once her own impression is written. During the visit the answer is computed for the page; closing the visit
keeps it, append-only, as the belief with which the next examination begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from myotome.clinic.assessment.models import ExamFinding, Examination, RootBelief
from myotome.clinic.assessment.queries import (
    beliefs_of,
    can_see_roots,
    examination_as_json,
    last_findings,
)
from myotome.clinic.audit.actions import record
from myotome.clinic.needling.models import TreatmentVisit
from myotome.clinic.needling.queries import needle_as_value, needles_of
from myotome.science.needling.evidence import needle_findings
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.needling import NeedleInsertion


def roots_with_needles(
    examination: Examination | None, findings: Sequence[ExamFinding], needles: Sequence[NeedleInsertion]
) -> tuple[dict[str, Any] | None, RootBelief | None]:
    """(the answer with today's needles, the belief as last shown in the examination).

    (None, None) without an examination or before her impression; the answer is None when no needle told anything.
    """
    if examination is None or not can_see_roots(examination):
        return None, None
    shown, earlier = beliefs_of(examination)
    met = needle_findings(needles)
    if not met:
        return None, shown
    # Numerical libraries are loaded by the first visit that needs them, not by every start.
    from myotome.science.assessment.answer import as_shown, consider_roots

    asked = examination_as_json(examination, findings=findings, earlier=earlier)
    asked["findings"] = [*asked["findings"], *met]
    return as_shown(consider_roots(asked)) | {"region": examination.region, "from_needles": len(met)}, shown


def keep_roots(*, by: Actor, at: datetime, visit: TreatmentVisit) -> RootBelief | None:
    """The belief with all needles of a visit that closes, kept; None when there is nothing to keep.

    Call it inside the transaction that closes the visit.
    """
    examination, findings = last_findings(by, course_id=visit.course_id)
    answer, _shown = roots_with_needles(examination, findings, [needle_as_value(row) for row in needles_of(visit)])
    if answer is None:
        return None
    row = RootBelief.objects.create(
        clinic_id=by.clinic_id,
        course_id=visit.course_id,
        examination=examination,
        shown_at=at,
        evidence_ids=[finding.pk for finding in findings],
        answer=answer | {"visit": visit.pk},
        knowledge_version=str(answer["knowledge_version"]),
        engine_version=str(answer["engine_version"]),
    )
    record(by=by, at=at, act="roots.kept", subject=row, patient_id=visit.course.patient_id, visit=visit.pk)
    return row
