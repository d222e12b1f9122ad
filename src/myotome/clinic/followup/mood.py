"""Whether her answers about mood or worry are enough for somebody to talk with her, and whether somebody has.

Each of the two measures speaks by the last answers that tell: a sum, or a part of one that is at the line by itself. A part
below it tells nothing. The practitioner is asked to talk until she has; an answer that comes later asks again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from myotome.clinic.audit.actions import record
from myotome.clinic.followup.models import MeasureScore, MoodTalk
from myotome.clinic.screening.courses import course_for
from myotome.knowledge.measures import measure
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import NotFound

SCREENS = ("phq2", "gad2")


@dataclass(frozen=True, slots=True)
class Positive:
    """Answers at or above the line; `is_whole` is False where a question was left out, and `value` then the least it can be."""

    score_id: int
    measure: str
    on: date
    value: float
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Mood:
    """What her last answers say, and the last talk about such answers: up to which score, when, by whom."""

    course_id: int
    positives: tuple[Positive, ...] = ()
    talked_about: int = 0
    talked_at: datetime | None = None
    talked_by: str = ""

    @property
    def is_low(self) -> bool:
        """Whether her last answers about mood or worry are at or above their line."""
        return bool(self.positives)

    @property
    def newest(self) -> int:
        """The score that a talk now would be about; 0 without one."""
        return max((row.score_id for row in self.positives), default=0)

    @property
    def asks(self) -> bool:
        """Whether nobody has talked with her since."""
        return self.newest > self.talked_about


def says_low(row: MeasureScore) -> Positive | None:
    """The score as answers at or above the line, or None."""
    line = measure(row.measure).positive_at if row.measure in SCREENS else None
    value = row.value if row.value is not None else row.details.get("at_least")
    if line is None or value is None or value < line:
        return None
    return Positive(row.pk, row.measure, row.on, value, row.value is not None)


def mood_from(course_id: int, rows: Iterable[MeasureScore]) -> Mood:
    """What the scores of a course say, in the order in which they were given; one look at talks where there is something
    to talk about."""
    last: dict[str, Positive | None] = {}
    for row in rows:
        if row.measure in SCREENS and (row.value is not None or "at_least" in row.details):
            last[row.measure] = says_low(row)
    positives = tuple(found for found in last.values() if found)
    talk = MoodTalk.objects.filter(course_id=course_id).order_by("score_id").last() if positives else None
    if talk is None:
        return Mood(course_id, positives)
    return Mood(course_id, positives, talk.score_id, talk.at, talk.talked_by)


@transaction.atomic
def note_talk(*, by: Actor, at: datetime, course_id: int, score_id: int) -> MoodTalk:
    """Her practitioner has talked with her about what she answered up to this score; noted already it is as it was.

    Raises:
        NotAllowed: not a practitioner.
        NotFound: no such answers in a course that the actor may see.
    """
    by.check_holds(Role.PRACTITIONER)
    course = course_for(by, course_id)
    score = MeasureScore.objects.filter(course=course, pk=score_id).first()
    if score is None or says_low(score) is None:
        raise NotFound("There is nothing here that you can see.")
    row = MoodTalk.objects.filter(course=course, score_id__gte=score.pk).order_by("score_id").first()
    if row is not None:
        return row
    row = MoodTalk.objects.create(clinic_id=by.clinic_id, course=course, score=score, at=at, talked_by=by.name[:120])
    record(by=by, at=at, act="mood.talked", subject=row, patient_id=course.patient_id)
    return row
