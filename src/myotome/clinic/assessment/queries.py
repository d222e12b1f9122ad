"""Reading the examination. Opening it leaves its trace in the audit, in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet, Subquery

from myotome.clinic.assessment.models import ExamFinding, Examination, RootBelief
from myotome.clinic.audit.actions import record
from myotome.clinic.audit.prepared import Prepared
from myotome.clinic.people.access import by_care, sees_by_care
from myotome.clinic.screening.clinical_content import content_of
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.errors import MyotomeError, NotAllowed
from myotome.vocabulary.findings import FindingKind


def examinations_for(actor: Actor, *, course_id: int | None = None) -> QuerySet[Examination]:
    """Examinations the actor may see, oldest first."""
    rows = Examination.objects.for_actor(actor).select_related("clinic", "course__patient", "examiner__reliability")
    if actor.practitioner_id is not None:
        rows = rows.exclude(hidden_from(actor.practitioner_id))
    return (rows.filter(course_id=course_id) if course_id else rows).order_by("started_at")


def hidden_from(practitioner_id: int, path: str = "") -> Q:
    """Examinations that she must not see yet: a colleague's, while she herself examines the same patient blind.

    `path` leads from other rows to the examination ("examination__").
    """
    hers_is_open = {"examiner_id": practitioner_id, "finished_at__isnull": True}
    seconds = Q(**{f"{path}second_look__{name}": value for name, value in hers_is_open.items()})
    firsts = Q(**{f"{path}blind_to__{name}": value for name, value in hers_is_open.items()})
    return seconds | (firsts & Q(**{f"{path}blind_to__isnull": False}))


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
    if sees_by_care(actor) and actor.practitioner_id is not None:
        found = _last_in_care(actor.clinic_id, actor.user_id, actor.practitioner_id, course_id)
    else:
        found = list(_last_findings(actor, course_id))
    return (found[0].examination if found else None), found


def _last_findings(actor: Actor, course_id: int) -> QuerySet[ExamFinding]:
    rows_of_course = examinations_for(actor, course_id=course_id).filter(blind_to__isnull=True)
    last = rows_of_course.filter(findings__replaced_at__isnull=True).reverse()
    rows = ExamFinding.objects.filter(examination_id=Subquery(last.values("pk")[:1]), replaced_at__isnull=True)
    return rows.select_related("examination__course", "examination__clinic").order_by("id")


_last_in_care = Prepared(
    lambda clinic_id, user_id, practitioner_id, course_id: _last_findings(
        by_care(clinic_id, user_id, practitioner_id), course_id
    ),
    7_000_001,
    7_000_002,
    7_000_003,
    7_000_004,
)


def finding_as_json(row: ExamFinding) -> dict[str, Any]:
    """The row in the shape that `myotome segments` reads."""
    if row.kind == FindingKind.SKIN.value:
        return {"dermatome": row.subject, "side": row.side, "sign": row.sign, "present": bool(row.present)}
    if row.kind == FindingKind.REFLEX.value:
        return {"reflex": row.subject, "side": row.side, "grade": row.grade}
    shape = {"muscle": row.subject, "side": row.side, "sign": row.sign, "grade": row.grade}
    return shape | ({"level": row.level} if row.level else {})


def examination_as_json(
    examination: Examination, *, findings: Sequence[ExamFinding] | None = None, earlier: RootBelief | None = None
) -> dict[str, Any]:
    """The whole examination in the shape that `myotome segments` reads, the last one's belief as its prior.

    `findings` and `earlier` are read when they are not given; give both, or neither.
    """
    if findings is None:
        findings, earlier = findings_of(examination), beliefs_of(examination)[1]
    condition = content_of(examination.clinic).conditions.get(examination.course.condition)
    days = (examination.started_at - earlier.shown_at).total_seconds() / 86400 if earlier else 0.0
    return {
        "findings": [finding_as_json(row) for row in findings],
        "region": examination.region or None,
        "condition": condition.id if condition else None,
        "condition_roots": list(condition.segments) if condition else None,
        "prior": {"roots": earlier.answer["roots"], "days": max(0.0, days)} if earlier else None,
    }


def beliefs_of(examination: Examination) -> tuple[RootBelief | None, RootBelief | None]:
    """The roots as last shown in this examination, and at the end of the last one of an earlier day, in one query.

    An examination begun again on the same day is not a second witness.
    """
    rows = RootBelief.objects.filter(clinic_id=examination.clinic_id, course_id=examination.course_id).order_by("-id")
    day_before = examination.started_at - timedelta(hours=12)
    before = rows.filter(examination__started_at__lt=day_before, shown_at__lte=day_before)
    before = before.filter(examination__blind_to__isnull=True)
    last = [Subquery(one.values("pk")[:1]) for one in (rows.filter(examination_id=examination.pk), before)]
    found = {row.examination_id == examination.pk: row for row in rows.filter(Q(pk=last[0]) | Q(pk=last[1]))}
    return found.get(True), found.get(False)


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
    rows = RootBelief.objects.for_actor(actor).filter(course_id=course_id, examination__blind_to__isnull=True)
    if actor.practitioner_id is not None:
        rows = rows.exclude(hidden_from(actor.practitioner_id, "examination__"))
    return rows.order_by("-id").first()
