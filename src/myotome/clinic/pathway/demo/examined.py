"""The examination written as rows: its findings and what was thought of them."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from myotome.clinic.assessment.models import ExamFinding, Examination
from myotome.clinic.booking.models import Appointment
from myotome.clinic.pathway.demo.house import House
from myotome.clinic.pathway.demo.person import Person
from myotome.clinic.pathway.demo.rows import Batch
from myotome.clinic.people.models import Practitioner
from myotome.clinic.screening.models import Course


def add_examination(
    batch: Batch,
    rng: np.random.Generator,
    house: House,
    person: Person,
    course: Course,
    who: Practitioner,
    appointment: Appointment | None,
    at: datetime,
    *,
    severity: float,
) -> Examination:
    """Findings of one day: each of her sites graded by how far the course has come (`severity` 1 at the start)."""
    exam = batch.add(
        Examination(
            clinic=house.clinic,
            course=course,
            appointment=appointment,
            examiner=who,
            region=person.condition.exam_region.value,
            impression=impression(person),
            impression_at=at + timedelta(minutes=25),
            started_at=at,
            finished_at=at + timedelta(minutes=40),
        )
    )
    for muscle, level in person.sites:
        let_go = rng.random() < 1.1 * (1 - severity)
        for sign, chance in (("shortened", 0.85), ("tender", 0.75)):
            grade = 0 if let_go else int(np.clip(round(3 * severity * chance + rng.normal(0, 0.6)), 1, 3))
            batch.add(_finding(house, exam, muscle, level, person.side, sign, grade, at, who))
        if rng.random() < 0.4:
            other = "right" if person.side == "left" else "left"
            batch.add(_finding(house, exam, muscle, level, other, "shortened", 0, at, who))
    return exam


def _finding(
    house: House,
    exam: Examination,
    muscle: str,
    level: str | None,
    side: str,
    sign: str,
    grade: int,
    at: datetime,
    who: Practitioner,
) -> ExamFinding:
    return ExamFinding(
        clinic=house.clinic,
        examination=exam,
        kind="muscle",
        subject=muscle,
        level=level or "",
        side=side,
        sign=sign,
        grade=grade,
        entered_at=at + timedelta(minutes=10),
        entered_by=who.name,
    )


def impression(person: Person) -> str:
    """Her words: the segments she thinks of."""
    roots = [level for _m, level in person.sites if level] or list(person.condition.segments[:2])
    return (
        f"{' and '.join(dict.fromkeys(roots[:2]))} {person.side}, paraspinal first." if roots else "Local muscles only."
    )
