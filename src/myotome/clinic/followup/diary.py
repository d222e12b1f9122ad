"""Her headache diary: a day written or corrected, the last four weeks read, and the scores that they make."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction

from myotome.clinic.audit.actions import record
from myotome.clinic.followup.models import HeadacheDay
from myotome.clinic.people.days import clinic_day
from myotome.clinic.screening.models import Course
from myotome.science.followup.diary import DAYS, DiaryDay, diary_scores
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.errors import InvalidValue


def keeps_diary(course: Course) -> bool:
    """Whether the course is one that a headache diary is kept for: open, and about headaches."""
    return course.closed_at is None and course.condition.startswith("headache")


@transaction.atomic
def write_day(*, by: Actor, at: datetime, course: Course, on: date, strength: int, took_something: bool) -> HeadacheDay:
    """One day of the diary; written again it corrects what was there and keeps it.

    Raises:
        InvalidValue: the day has not come or lies more than four weeks back, the strength is not 0 to 10, or no diary is
            kept for this course.
    """
    if not keeps_diary(course):
        raise InvalidValue("No headache diary is kept for this course.", field="on")
    today = clinic_day(course.clinic, at)
    if not today - timedelta(days=DAYS - 1) <= on <= today:
        raise InvalidValue("A day of the last four weeks, please: not one that has not come.", field="on")
    if not 0 <= strength <= 10:
        raise InvalidValue("How strong is 0 to 10; 0 is no headache.", field="strength")
    Course.objects.select_for_update().filter(pk=course.pk).exists()
    current = HeadacheDay.objects.filter(course=course, on=on, replaced_at__isnull=True)
    row = current.first()
    if row is not None and (row.strength, row.took_something) == (strength, took_something):
        return row
    current.update(replaced_at=at)
    row = HeadacheDay.objects.create(
        clinic_id=course.clinic_id,
        course=course,
        on=on,
        strength=strength,
        took_something=took_something,
        written_at=at,
    )
    record(by=by, at=at, act="diary.written", subject=row, patient_id=course.patient_id)
    return row


def diary_of(course: Course, *, on: date) -> list[tuple[date, HeadacheDay | None]]:
    """The four weeks that end on a day, the newest first; None where nothing is written."""
    days = [on - timedelta(days=k) for k in range(DAYS)]
    rows = HeadacheDay.objects.filter(course=course, on__gte=days[-1], on__lte=on, replaced_at__isnull=True)
    written = {row.on: row for row in rows}
    return [(day, written.get(day)) for day in days]


def scores_by_diary(course: Course, *, on: date) -> dict[str, float | None] | None:
    """The scores of the headache measures from the four weeks that end on a day; None when too few days are written."""
    if not course.condition.startswith("headache"):
        return None
    written = [row for _day, row in diary_of(course, on=on) if row is not None]
    return diary_scores([DiaryDay(row.strength, row.took_something) for row in written])
