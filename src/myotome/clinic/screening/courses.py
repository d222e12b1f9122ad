"""Courses of care: opened from an intake or at the desk, closed with an outcome, opened again after a relapse."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet

from myotome.clinic.audit.actions import record
from myotome.clinic.audit.prepared import Prepared
from myotome.clinic.people.days import clinic_day
from myotome.clinic.people.models import Clinic
from myotome.clinic.screening.models import Course, Intake
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import CourseOutcome
from myotome.vocabulary.errors import InvalidValue, StaleVersion

WEEK_DAYS = 7


def courses_for(actor: Actor, *, patient_id: int | None = None) -> QuerySet[Course]:
    """Courses the actor may see, the newest first."""
    rows = Course.objects.for_actor(actor).select_related("patient", "clinic")
    return (rows.filter(patient_id=patient_id) if patient_id else rows).order_by("-opened_at")


def course_for(actor: Actor, pk: int) -> Course:
    """One course with its patient and its intake.

    Raises:
        NotFound: there is none that the actor may see.
    """
    return courses_for(actor).select_related("intake").get_or_not_found(pk=pk)


@transaction.atomic
def open_course(
    *,
    by: Actor,
    at: datetime,
    patient_id: int,
    complaint: str,
    condition: str = "",
    regions: list[str] | None = None,
    onset_on: date | None = None,
    n_segments: int | None = None,
    prior_surgery: bool | None = None,
    expected_duration: str = "",
    intake: Intake | None = None,
    relapse_of: Course | None = None,
) -> Course:
    """A new course; with `relapse_of` it is linked to the one it follows.

    Raises:
        InvalidValue: no complaint, or an onset in the future.
    """
    if not complaint.strip():
        raise InvalidValue("Say in a few words what this course is for.", field="complaint")
    today = clinic_day(Clinic.objects.get(pk=by.clinic_id), at)
    if onset_on is not None and onset_on > today:
        raise InvalidValue("The complaint cannot begin in the future.", field="onset_on")
    weeks = (today - onset_on).days / WEEK_DAYS if onset_on else None
    course = Course.objects.create(
        clinic_id=by.clinic_id,
        patient_id=patient_id,
        intake=intake,
        complaint=complaint.strip()[:200],
        condition=condition,
        regions=regions or [],
        onset_on=onset_on,
        duration_weeks=weeks,
        n_segments=n_segments,
        prior_surgery=prior_surgery,
        expected_duration=expected_duration,
        opened_at=at,
        relapse_of=relapse_of,
    )
    record(by=by, at=at, act="course.opened", subject=course, patient_id=patient_id)
    return course


@transaction.atomic
def reopen_after_relapse(*, by: Actor, at: datetime, course_id: int) -> Course:
    """A new course for the same complaint, linked to the one that had ended; an open one is returned as it is."""
    before = course_for(by, course_id)
    if before.closed_at is None:
        return before
    return open_course(
        by=by,
        at=at,
        patient_id=before.patient_id,
        complaint=before.complaint,
        condition=before.condition,
        regions=list(before.regions),
        n_segments=before.n_segments,
        prior_surgery=before.prior_surgery,
        onset_on=clinic_day(before.clinic, at),
        relapse_of=before,
    )


@transaction.atomic
def close_course(*, by: Actor, at: datetime, course_id: int, version: int, outcome: CourseOutcome) -> Course:
    """The course closed with its outcome.

    Raises:
        StaleVersion: somebody changed the course meanwhile.
    """
    course = course_for(by, course_id)
    changed = Course.objects.filter(pk=course.pk, version=version, closed_at__isnull=True).update(
        closed_at=at, outcome=outcome.value, version=F("version") + 1
    )
    if not changed:
        raise StaleVersion("This course was changed in the meantime. Look at it again, then discharge.")
    record(by=by, at=at, act="course.closed", subject=course, patient_id=course.patient_id, outcome=outcome.value)
    course.refresh_from_db()
    return course


def describe_course(*, by: Actor, at: datetime, course_id: int, version: int, **facts: Any) -> Course:
    """The course with what the examination taught: condition, n_segments, prior_surgery, duration_weeks, complaint.

    `duration_weeks` is how long it had lasted when the course began; the onset follows from it.

    Raises:
        InvalidValue: a fact that a course does not hold, or a complaint that is older than the patient.
        StaleVersion: somebody changed the course meanwhile.
    """
    allowed = {
        "condition",
        "n_segments",
        "prior_surgery",
        "complaint",
        "regions",
        "expected_duration",
        "duration_weeks",
    }
    if unknown := set(facts) - allowed:
        raise InvalidValue("A course has no {unknown}.", field=sorted(unknown)[0], unknown=sorted(unknown)[0])
    with transaction.atomic():
        course = course_for(by, course_id)
        if "duration_weeks" in facts:
            facts = facts | {"onset_on": onset_from(course, facts["duration_weeks"])}
        if not Course.objects.filter(pk=course.pk, version=version).update(**facts, version=F("version") + 1):
            raise StaleVersion("This course was changed in the meantime. Both versions are shown below.")
        record(by=by, at=at, act="course.described", subject=course, patient_id=course.patient_id, facts=sorted(facts))
        course.refresh_from_db()
    return course


def onset_from(course: Course, weeks: float | None) -> date | None:
    """The day the complaint began, when it had lasted so many weeks at the beginning of the course.

    Raises:
        InvalidValue: (field "duration_weeks") it would be older than the patient, or not yet have begun.
    """
    if weeks is None:
        return None
    opened = clinic_day(course.clinic, course.opened_at)
    if not 0 <= weeks <= (opened - course.patient.born_on).days / WEEK_DAYS:
        raise InvalidValue(
            "The complaint cannot be older than the patient, nor begin after the course.", field="duration_weeks"
        )
    return opened - timedelta(days=round(weeks * WEEK_DAYS))


def is_duration_possible(course: Course) -> bool:
    """False for a complaint that is said to be older than the patient, and for one that begins after the course."""
    try:
        onset_from(course, course.duration_weeks)
    except InvalidValue:
        return False
    return True


_all_courses = Prepared(
    lambda patient_id: (
        Course.objects.filter(patient_id=patient_id).order_by("-opened_at").values_list("pk", "clinic_id", "closed_at")
    ),
    7_000_001,
)
_open_courses = Prepared(
    lambda clinic_id, patient_id: (
        Course.objects.filter(clinic_id=clinic_id, patient_id=patient_id, closed_at__isnull=True)
        .order_by("-opened_at")
        .values_list("pk")[:1]
    ),
    7_000_001,
    7_000_002,
)


def care_so_far(*, clinic_id: int, patient_id: int) -> tuple[bool, int | None]:
    """Whether the patient is new (no course yet, open or closed), and the id of her open course, by one look."""
    rows = _all_courses(patient_id)
    return not rows, next((pk for pk, clinic, closed_at in rows if clinic == clinic_id and closed_at is None), None)


def open_course_id(*, clinic_id: int, patient_id: int) -> int | None:
    """The id of the patient's open course, for tying a visit to it; reception learns nothing else of it."""
    return next((pk for (pk,) in _open_courses(clinic_id, patient_id)), None)
