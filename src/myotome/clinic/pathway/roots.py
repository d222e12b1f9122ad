"""The roots to consider while needles respond: the last examination's findings, and what today's needles met.

Seen only once her own impression is written. During the visit the answer is computed for the page; closing the visit
keeps it, append-only, as the belief with which the next examination begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
from myotome.clinic.needling.models import NeedleInsertion as NeedleRow
from myotome.clinic.needling.models import TreatmentVisit
from myotome.clinic.needling.queries import needle_as_value, needles_of
from myotome.science.needling.evidence import needle_findings
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.needling import NeedleInsertion


def roots_with_needles(
    examination: Examination | None,
    findings: Sequence[ExamFinding],
    needles: Sequence[NeedleInsertion],
    *,
    with_reasons: bool = True,
) -> tuple[dict[str, Any] | None, RootBelief | None]:
    """(the answer with today's needles, the belief as last shown in the examination).

    (None, None) without an examination or before her impression; the answer is None when no needle told anything. Without
    reasons it holds the roots alone, in a third of the time.
    """
    if examination is None or not can_see_roots(examination):
        return None, None
    shown, earlier = beliefs_of(examination)
    met = needle_findings(needles)
    if not met:
        return None, shown
    # Numerical libraries are loaded by the first visit that needs them, not by every start.
    from myotome.science.assessment.answer import as_shown, consider_roots, ranked_roots

    asked = examination_as_json(examination, findings=findings, earlier=earlier)
    asked["findings"] = [*asked["findings"], *met]
    answer = as_shown(consider_roots(asked, by_finding=False)) if with_reasons else ranked_roots(asked)
    return answer | {"region": examination.region, "from_needles": len(met)}, shown


@dataclass(frozen=True, slots=True)
class VisitBelief:
    """What a visit leaves behind: the answer, the examination and the findings under it, and the needles it heard."""

    answer: dict[str, Any]
    examination: Examination
    findings: tuple[ExamFinding, ...]
    heard: tuple[tuple[int, str], ...]


def belief_of_visit(actor: Actor, visit: TreatmentVisit) -> VisitBelief | None:
    """The belief with all needles of a visit as they stand; None when there is nothing to keep."""
    examination, findings = last_findings(actor, course_id=visit.course_id)
    rows = needles_of(visit)
    answer, _shown = roots_with_needles(examination, findings, [needle_as_value(row) for row in rows])
    if answer is None or examination is None:
        return None
    return VisitBelief(answer, examination, tuple(findings), _heard(rows))


def keep_roots(*, by: Actor, at: datetime, visit: TreatmentVisit, belief: VisitBelief) -> RootBelief:
    """The belief of a visit that closes, kept. Call it inside the transaction that closes the visit.

    When a needle was charted since the belief was worked out, it is worked out again.
    """
    if belief.heard != _heard(needles_of(visit)):
        belief = belief_of_visit(by, visit) or belief
    row = RootBelief.objects.create(
        clinic_id=by.clinic_id,
        course_id=visit.course_id,
        examination=belief.examination,
        shown_at=at,
        evidence_ids=[finding.pk for finding in belief.findings],
        answer=belief.answer | {"visit": visit.pk},
        knowledge_version=str(belief.answer["knowledge_version"]),
        engine_version=str(belief.answer["engine_version"]),
    )
    record(by=by, at=at, act="roots.kept", subject=row, patient_id=visit.course.patient_id, visit=visit.pk)
    return row


def _heard(rows: Sequence[NeedleRow]) -> tuple[tuple[int, str], ...]:
    return tuple((row.pk, f"{row.grasp} {row.cramp} {row.twitches} {row.painless}") for row in rows)
