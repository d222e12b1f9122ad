"""Writing the examination: findings one by one, her impression, and the roots that were shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from myotome.clinic.assessment.models import ExamFinding, Examination, RootBelief
from myotome.clinic.assessment.queries import (
    beliefs_of,
    check_can_see_roots,
    examination_as_json,
    examination_for,
    findings_of,
)
from myotome.clinic.assessment.second_look import note_reliability
from myotome.clinic.audit.actions import record
from myotome.clinic.screening.models import Course
from myotome.knowledge.muscles import muscle
from myotome.science.assessment.regions import region_of_pain
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.anatomy import ExamRegion
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import CourseClosed, InvalidValue, StaleVersion, VisitLocked
from myotome.vocabulary.findings import Finding, FindingKind, MuscleFinding, SkinFinding


@transaction.atomic
def begin_examination(
    *, by: Actor, at: datetime, course_id: int, appointment_id: int | None = None, region: ExamRegion | None = None
) -> Examination:
    """A new examination of the course; for an appointment that has one already, that one.

    Without a region the one that the complaint's regions of pain call for, if they call for one.

    Raises:
        NotFound: the course is not in her care.
        CourseClosed: the course has ended.
    """
    by.check_holds(Role.PRACTITIONER)
    course = Course.objects.for_actor(by).get_or_not_found(pk=course_id)
    if appointment_id is not None:
        existing = Examination.objects.filter(clinic_id=by.clinic_id, appointment_id=appointment_id).first()
        if existing is not None:
            return existing
    if course.closed_at is not None:
        raise CourseClosed("This course has ended. A new one is opened, linked to it.")
    row = Examination.objects.create(
        clinic_id=by.clinic_id,
        course=course,
        appointment_id=appointment_id,
        examiner_id=by.practitioner_id,
        region=(region or region_of_pain(course.regions) or ""),
        started_at=at,
    )
    record(by=by, at=at, act="examination.begun", subject=row, patient_id=course.patient_id)
    return row


@transaction.atomic
def choose_region(*, by: Actor, at: datetime, examination_id: int, region: ExamRegion | None) -> Examination:
    """The examination with the region that chooses its base rates and its proposals; None is the whole body."""
    examination = _open(by, examination_id)
    if examination.region != (region or ""):
        examination.region = region or ""
        examination.save(update_fields=["region"])
        _audit(by, at, "examination.region_chosen", examination, region=examination.region)
    return examination


@transaction.atomic
def chart_finding(*, by: Actor, at: datetime, examination_id: int, finding: Finding) -> ExamFinding:
    """The finding as it now stands; an earlier grade of the same sign is kept beside it, replaced.

    Raises:
        InvalidValue: there is no such muscle; names the nearest.
        VisitLocked: the examination is finished.
    """
    examination = _open(by, examination_id)
    key, value = _key_and_value(finding)
    current = ExamFinding.objects.filter(examination=examination, replaced_at__isnull=True, **key).first()
    if current is not None:
        if (current.grade, current.present) == (value["grade"], value["present"]):
            return current
        ExamFinding.objects.filter(pk=current.pk).update(replaced_at=at)
    row = ExamFinding.objects.create(
        clinic_id=by.clinic_id, examination=examination, entered_at=at, entered_by=by.name, **key, **value
    )
    _audit(by, at, "finding.charted", examination, finding=row.pk)
    return row


@transaction.atomic
def clear_finding(*, by: Actor, at: datetime, examination_id: int, finding: Finding) -> None:
    """The sign is "not tested" again; what had been charted is kept, replaced."""
    examination = _open(by, examination_id)
    key, _ = _key_and_value(finding)
    cleared = ExamFinding.objects.filter(examination=examination, replaced_at__isnull=True, **key).update(
        replaced_at=at
    )
    if cleared:
        _audit(by, at, "finding.cleared", examination)


@transaction.atomic
def write_impression(*, by: Actor, at: datetime, examination_id: int, version: int, impression: str) -> Examination:
    """Her own impression, the one that is charted; `impression_at` stays at the first writing.

    Raises:
        InvalidValue: it is empty.
        StaleVersion: somebody wrote one in the meantime.
    """
    examination = _open(by, examination_id)
    if not impression.strip():
        raise InvalidValue("Please write your impression in your own words.", field="impression")
    changed = Examination.objects.filter(pk=examination.pk, version=version).update(
        impression=impression.strip(),
        impression_at=examination.impression_at or at,
        version=F("version") + 1,
    )
    if not changed:
        raise StaleVersion("An impression was written in the meantime. Both versions are shown below.")
    _audit(by, at, "impression.written", examination)
    examination.refresh_from_db()
    return examination


@transaction.atomic
def show_roots(
    *,
    by: Actor,
    at: datetime,
    examination_id: int,
    examination: Examination | None = None,
    findings: Sequence[ExamFinding] | None = None,
) -> RootBelief:
    """The roots to consider from the findings as they stand, with all that explains them.

    Stored as shown, once for each set of findings. A page that has just read the examination (for this actor) and its
    findings may hand them in.

    Raises:
        NotAllowed: her impression is not written yet.
    """
    # Numerical libraries are loaded by the first examination, not by every start.
    from myotome.science.assessment.answer import as_shown, consider_roots

    def explained(asked: dict[str, Any], *, kappa: float | None) -> dict[str, Any]:
        return as_shown(consider_roots(asked, kappa=kappa, by_finding=False))

    read = examination or examination_for(by, examination_id)
    return _shown(by, at, read, findings, wanted="options", answer_of=explained)


@transaction.atomic
def show_ladder(*, by: Actor, at: datetime, examination: Examination, findings: Sequence[ExamFinding]) -> RootBelief:
    """The roots alone, in a third of the time: the answer to a tap, before its page asks for all that explains them.

    Stored as shown, like that of `show_roots`.

    Raises:
        NotAllowed: her impression is not written yet.
    """
    from myotome.science.assessment.answer import ranked_roots

    return _shown(by, at, examination, findings, wanted="roots", answer_of=ranked_roots)


def _shown(
    by: Actor,
    at: datetime,
    examination: Examination,
    findings: Sequence[ExamFinding] | None,
    *,
    wanted: str,
    answer_of: Callable[..., dict[str, Any]],
) -> RootBelief:
    """The belief last shown, when it is of these findings and holds what is wanted; else a new one."""
    check_can_see_roots(examination)
    rows = findings_of(examination) if findings is None else findings
    ids = [row.pk for row in rows]
    last, earlier = beliefs_of(examination)
    is_same = last is not None and last.evidence_ids == ids and last.answer.get("region", "") == examination.region
    if last is not None and is_same and wanted in last.answer:
        return last
    known = getattr(examination.examiner, "reliability", None)
    asked = examination_as_json(examination, findings=rows, earlier=earlier)
    answer = answer_of(asked, kappa=known.kappa if known else None) | {"region": examination.region}
    row = RootBelief.objects.create(
        clinic_id=by.clinic_id,
        course_id=examination.course_id,
        examination=examination,
        shown_at=at,
        evidence_ids=ids,
        answer=answer,
        knowledge_version=str(answer["knowledge_version"]),
        engine_version=str(answer["engine_version"]),
    )
    if not is_same:
        _audit(by, at, "roots.shown", examination, n_findings=len(ids))
    return row


@transaction.atomic
def finish_examination(*, by: Actor, at: datetime, examination_id: int) -> Examination:
    """The examination finished; findings and impression no longer change.

    Raises:
        NotAllowed: her impression is not written yet.
    """
    examination = examination_for(by, examination_id)
    if examination.finished_at is None:
        check_can_see_roots(examination)
        examination.finished_at = at
        examination.save(update_fields=["finished_at"])
        _audit(by, at, "examination.finished", examination)
        note_reliability(by=by, at=at, examination=examination)
    return examination


def _open(by: Actor, examination_id: int) -> Examination:
    by.check_holds(Role.PRACTITIONER)
    examination = examination_for(by, examination_id)
    if examination.finished_at is not None:
        raise VisitLocked("This examination is finished. Begin a new one.")
    return examination


def _key_and_value(finding: Finding) -> tuple[dict[str, str], dict[str, object]]:
    if isinstance(finding, MuscleFinding):
        found = muscle(finding.muscle)
        if bool(found.levels) != (finding.level is not None):
            wanted = "a level" if found.levels else "no level"
            raise InvalidValue("{found} is examined with {wanted}.", field="level", found=found.name, wanted=wanted)
        key = {"kind": FindingKind.MUSCLE.value, "subject": finding.muscle, "level": finding.level or ""}
        key |= {"side": finding.side.value, "sign": finding.sign}
        return key, {"grade": finding.grade, "present": None}
    if isinstance(finding, SkinFinding):
        key = {"kind": FindingKind.SKIN.value, "subject": finding.dermatome, "level": ""}
        return key | {"side": finding.side.value, "sign": finding.sign}, {"grade": None, "present": finding.present}
    key = {"kind": FindingKind.REFLEX.value, "subject": finding.reflex, "level": "", "sign": ""}
    return key | {"side": finding.side.value}, {"grade": finding.grade, "present": None}


def _audit(by: Actor, at: datetime, act: str, examination: Examination, **detail: object) -> None:
    record(by=by, at=at, act=act, subject=examination, patient_id=examination.course.patient_id, **detail)
