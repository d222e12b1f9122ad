"""Scores of a course: those that her answers make, and those measured or asked aloud in the room.

A score is of a day of the clinic, never of a day at Greenwich: that evening's answers belong to that evening.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from django.db import transaction

from myotome.clinic.audit.actions import record
from myotome.clinic.followup.licences import licensed
from myotome.clinic.followup.models import MeasureRequest, MeasureScore
from myotome.clinic.people.days import clinic_day
from myotome.clinic.screening.courses import course_for
from myotome.clinic.screening.models import Course
from myotome.knowledge.measures import MEASURES_VERSION, measure, slots
from myotome.science.followup.scoring import score_of_readings
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.errors import InvalidValue

MOST_WORDS = 80
NO_DETAILS: Mapping[str, Any] = MappingProxyType({})


def keep_scores(
    *,
    at: datetime,
    course: Course,
    on: date,
    values: Mapping[str, float | None],
    request: MeasureRequest | None = None,
    site: str = "",
    details: Mapping[str, Any] = NO_DETAILS,
    at_least: Mapping[str, float] = NO_DETAILS,
    given_after: bool = False,
) -> list[MeasureScore]:
    """The scores of one day, as rows; an earlier score of that day is corrected by it, and a skipped one corrects none.

    What was `given_after` the treatment that it was asked for corrects nothing that was given before it. `at_least` is what
    a sum without a score comes to, by measure, where that is enough.

    The caller's transaction holds them, and the course, so that of two who score at once the later corrects.
    """
    Course.objects.select_for_update().filter(pk=course.pk).exists()
    given = [code for code, value in values.items() if value is not None]
    MeasureScore.objects.filter(
        course=course,
        measure__in=given,
        on=on,
        site=site,
        given_after=given_after,
        value__isnull=False,
        replaced_at__isnull=True,
    ).update(replaced_at=at)
    rows = [
        MeasureScore(
            clinic_id=course.clinic_id,
            course=course,
            request=request,
            measure=code,
            site=site,
            details=dict(details) | ({"at_least": at_least[code]} if code in at_least else {}),
            on=on,
            visit_number=request.visit_number if request else None,
            value=value,
            given_after=given_after,
            rule_version=MEASURES_VERSION,
            scored_at=at,
        )
        for code, value in values.items()
    ]
    return MeasureScore.objects.bulk_create(rows)


@transaction.atomic
def note_score(
    *,
    by: Actor,
    at: datetime,
    course_id: int,
    measure_code: str,
    value: float | Sequence[float],
    on: date,
    site: str = "",
    how: str = "",
) -> MeasureScore:
    """A score that was measured or asked aloud in the room, today or on a day of this course.

    Range of motion and pressure thresholds say at what place (`site`) and may say `how`; of several readings the mean
    counts, and the readings are kept.

    Raises:
        InvalidValue: outside the measure's range, between its whole numbers, in the future, before the complaint or the
            course began, without its place, or with one that it does not have.
    """
    course = course_for(by, course_id)
    rule = measure(measure_code)
    readings = [value] if isinstance(value, int | float) else list(value)
    score = score_of_readings(rule, readings)
    check_day(course, on, at=at)
    site, how = (" ".join(text.split())[:MOST_WORDS] for text in (site, how))
    if rule.at_site and not site:
        raise InvalidValue("Say where it was measured: the muscle or the movement, and the side.", field="site")
    if site and not rule.at_site:
        raise InvalidValue("{rule} is not of one place.", field="site", rule=rule.short)
    details: dict[str, Any] = {"readings": readings, "how": how} if rule.at_site else {}
    if measure_code in slots():
        held = licensed(by.clinic_id).get(measure_code)
        if held is None:
            raise InvalidValue(
                "The clinic has no licence for {rule} on record; the owner adds it.", field="measure", rule=rule.short
            )
        details = {"loinc": held.loinc}
    row = keep_scores(at=at, course=course, on=on, values={measure_code: score}, site=site, details=details)[0]
    record(by=by, at=at, act="score.noted", subject=row, patient_id=course.patient_id, measure=measure_code)
    return row


def score_noted(course: Course, pk: int | None) -> MeasureScore | None:
    """The score of that course with that number, to say that it was noted; None where there is none."""
    return MeasureScore.objects.filter(course=course, pk=pk, value__isnull=False).first() if pk else None


def check_day(course: Course, on: date, *, at: datetime) -> None:
    """Refuses a day that no score of this course can be of.

    Raises:
        InvalidValue: the day has not come, or lies before the complaint or the course began.
    """
    if on > clinic_day(course.clinic, at):
        raise InvalidValue("A score cannot be of a day that has not come.", field="on")
    if course.onset_on is not None and on < course.onset_on:
        raise InvalidValue(
            "The complaint began on {began}: there is no score before.", field="on", began=course.onset_on
        )
    if on < (began := first_day(course)):
        raise InvalidValue("This course began on {began}: an earlier score is not one of it.", field="on", began=began)


def first_day(course: Course) -> date:
    """The first day that a score of the course can be of: the day of its first questions, else the day it was opened."""
    opened = clinic_day(course.clinic, course.opened_at)
    if course.intake is None:
        return opened
    return min(opened, clinic_day(course.clinic, course.intake.started_at))
