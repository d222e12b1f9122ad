"""Reading the examination. Opening it leaves its trace in the audit, in the same transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet, Subquery

from myotome.clinic.assessment.models import ExamFinding, Examination, RootBelief
from myotome.clinic.audit.actions import record
from myotome.knowledge.conditions import conditions
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.anatomy import Side
from myotome.vocabulary.errors import MyotomeError, NotAllowed
from myotome.vocabulary.findings import Finding, FindingKind, MuscleFinding, ReflexFinding, SkinFinding


def examinations_for(actor: Actor, *, course_id: int | None = None) -> QuerySet[Examination]:
    """Examinations the actor may see, oldest first."""
    rows = Examination.objects.for_actor(actor).select_related("course__patient", "examiner")
    return (rows.filter(course_id=course_id) if course_id else rows).order_by("started_at")


def examination_for(actor: Actor, pk: int) -> Examination:
    """One examination with its course and patient.

    Raises:
        NotFound: there is none that the actor may see.
    """
    return examinations_for(actor).get_or_not_found(pk=pk)


@transaction.atomic
def open_examination(actor: Actor, pk: int, *, at: datetime) -> Examination:
    """The examination for its page; the reading is in the audit.

    Raises:
        NotFound: there is none that the actor may see.
    """
    row = examination_for(actor, pk)
    record(by=actor, at=at, act="examination.read", subject=row, patient_id=row.course.patient_id)
    return row


def findings_of(examination: Examination) -> list[ExamFinding]:
    """The findings as they stand, in order of entry."""
    return list(examination.findings.filter(replaced_at__isnull=True).order_by("id"))


def last_findings(actor: Actor, *, course_id: int) -> tuple[Examination | None, list[ExamFinding]]:
    """The last examination of a course that has findings, and they, in order of entry, in one query."""
    last = examinations_for(actor, course_id=course_id).filter(findings__replaced_at__isnull=True).reverse()
    rows = ExamFinding.objects.filter(examination_id=Subquery(last.values("pk")[:1]), replaced_at__isnull=True)
    found = list(rows.select_related("examination").order_by("id"))
    return (found[0].examination if found else None), found


def finding_as_value(row: ExamFinding) -> Finding:
    """The row as a value of the vocabulary."""
    side = Side(row.side)
    if row.kind == FindingKind.SKIN.value:
        return SkinFinding(dermatome=row.subject, side=side, sign=row.sign, present=bool(row.present))
    if row.kind == FindingKind.REFLEX.value:
        return ReflexFinding(reflex=row.subject, side=side, grade=row.grade)
    return MuscleFinding(muscle=row.subject, side=side, sign=row.sign, grade=row.grade, level=row.level or None)


def finding_as_json(row: ExamFinding) -> dict[str, Any]:
    """The row in the shape that `myotome segments` reads."""
    if row.kind == FindingKind.SKIN.value:
        return {"dermatome": row.subject, "side": row.side, "sign": row.sign, "present": bool(row.present)}
    if row.kind == FindingKind.REFLEX.value:
        return {"reflex": row.subject, "side": row.side, "grade": row.grade}
    shape = {"muscle": row.subject, "side": row.side, "sign": row.sign, "grade": row.grade}
    return shape | ({"level": row.level} if row.level else {})


def examination_as_json(examination: Examination) -> dict[str, Any]:
    """The whole examination in the shape that `myotome segments` reads, the last one's belief as its prior."""
    condition = examination.course.condition
    return {
        "findings": [finding_as_json(row) for row in findings_of(examination)],
        "region": examination.region or None,
        "condition": condition if condition in conditions() else None,
        "prior": earlier_belief(examination),
    }


def earlier_belief(examination: Examination) -> dict[str, Any] | None:
    """The roots as they stood at the end of the examination before this one, and the days since; None at the first."""
    before = RootBelief.objects.filter(
        clinic_id=examination.clinic_id,
        course_id=examination.course_id,
        examination__started_at__lt=examination.started_at,
        shown_at__lte=examination.started_at,
    )
    last = before.exclude(examination_id=examination.pk).order_by("-id").first()
    if last is None:
        return None
    days = max(0.0, (examination.started_at - last.shown_at).total_seconds() / 86400)
    return {"roots": last.answer["roots"], "days": days}


def check_can_see_roots(examination: Examination) -> None:
    """Nothing, once her own impression is written.

    Raises:
        NotAllowed: the impression comes first, so that the ranking cannot anchor it.
    """
    if not examination.impression.strip():
        raise NotAllowed("Write your own impression first; the roots to consider open after it.")


def can_see_roots(examination: Examination) -> bool:
    """True when `check_can_see_roots` has nothing to say."""
    try:
        check_can_see_roots(examination)
    except MyotomeError:
        return False
    return True


def last_belief(actor: Actor, *, course_id: int) -> RootBelief | None:
    """The roots as they were last shown in this course, or None."""
    return RootBelief.objects.for_actor(actor).filter(course_id=course_id).order_by("-id").first()


def n_shortened(examination: Examination) -> int:
    """How many muscles (and levels, by side) were found shortened, grade 1 or more."""
    rows = examination.findings.filter(replaced_at__isnull=True, kind=FindingKind.MUSCLE.value, sign="shortened")
    return rows.filter(grade__gte=1).count()
