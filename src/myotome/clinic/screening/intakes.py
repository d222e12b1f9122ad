"""An intake becomes a patient's: linked at booking, its facts noted, ready to open a course.

The safety rules are checked here once more, inside the transaction that books, so that no page order, no open tab and
no hand-made request can take a time past an emergency answer or past open safety questions.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F

from myotome.clinic.audit.actions import record
from myotome.clinic.screening.facts import note_stated
from myotome.clinic.screening.models import Intake
from myotome.clinic.screening.queries import check_can_book
from myotome.knowledge.screening import content
from myotome.science.screening import stated
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.errors import NotFound


@transaction.atomic
def lock_intake(*, by: Actor, intake: Intake) -> None:
    """Holds the intake until the transaction ends, and brings `intake` up to date."""
    Intake.objects.select_for_update().filter(pk=intake.pk, clinic_id=by.clinic_id).first()
    intake.refresh_from_db()


def give_intake_to(*, by: Actor, at: datetime, intake: Intake, patient_id: int) -> Intake:
    """The intake linked to its patient and closed to changes, with the facts it states noted.

    `intake` itself is brought up to date, its level included. Given again to the same patient it changes nothing.

    Raises:
        BookingStopped: an emergency answer stands.
        InvalidValue: safety questions are open, or answers contradict each other.
        NotFound: the intake is somebody else's.
    """
    lock_intake(by=by, intake=intake)
    if intake.clinic_id != by.clinic_id or intake.patient_id not in (None, patient_id):
        raise NotFound("These answers belong to somebody else. Please begin the questions again.")
    check_can_book(intake, at=at)
    if intake.submitted_at is not None:
        return intake
    Intake.objects.filter(pk=intake.pk).update(
        patient_id=patient_id, submitted_at=at, content_version=content().version, version=F("version") + 1
    )
    intake.refresh_from_db()
    note_stated(by=by, at=at, intake=intake)
    record(by=by, at=at, act="intake.given", subject=intake, patient_id=patient_id, level=intake.level)
    return intake


def course_facts(intake: Intake, *, at: datetime) -> dict[str, Any]:
    """What the course opens with, as keywords of `courses.open_course`."""
    today = at.astimezone(ZoneInfo(intake.clinic.time_zone)).date()
    return stated.course_facts(intake.answers, content=content(), today=today)


def baseline_of(intake: Intake) -> dict[tuple[str, str], tuple[float, str]]:
    """Measure items asked at intake, for the course's first scores: (measure, item) to (value, activity in words)."""
    return stated.baseline(intake.answers)
