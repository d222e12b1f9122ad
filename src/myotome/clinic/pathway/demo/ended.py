"""How the demo's ended courses went on: the discharge, and the questions at once and 3, 6 and 12 months after it.

Fewer answer the later they are asked, as in trials. Of those who had eased one in eight is back where she began by the
next time; the others stay where they were, give or take a point.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from myotome.clinic.followup.actions import FOLLOW_UP_MONTHS
from myotome.clinic.followup.models import Discharge, MeasureRequest, MeasureScore
from myotome.clinic.pathway.demo.house import House
from myotome.clinic.pathway.demo.person import Person
from myotome.clinic.pathway.demo.rows import Batch
from myotome.clinic.people.days import clinic_day
from myotome.clinic.people.links import LINK_DAYS
from myotome.clinic.people.models import Practitioner
from myotome.clinic.screening.models import Course
from myotome.knowledge.measures import MEASURES_VERSION, PAIN_AVERAGE, PAIN_WORST, measures_for
from myotome.vocabulary.measures import Occasion

ANSWERED = {0: 0.8, 3: 0.7, 6: 0.6, 12: 0.5}
BACK = 0.125
WITHOUT_REASON = frozenset({"recovered", "left"})


def add_end(
    batch: Batch,
    rng: np.random.Generator,
    house: House,
    person: Person,
    course: Course,
    who: Practitioner,
    end: datetime,
    at: datetime,
) -> None:
    """The course ended at `end`; what was asked since is answered or lost as it stands at `at`."""
    outcome = person.course.outcome
    course.closed_at, course.outcome = end, outcome
    batch.add(
        Discharge(
            clinic=house.clinic,
            course=course,
            outcome=outcome,
            reason="" if outcome in WITHOUT_REASON else "Agreed at the review.",
            definition_version="recovered-1",
            at=end,
            discharged_by=who.name,
        )
    )
    own, pain, first = rng.spawn(1)[0], float(person.course.scores[-1]), float(person.course.scores[0])
    for months in (0, *FOLLOW_UP_MONTHS):
        asked_at = end + timedelta(days=round(months * 30.44))
        is_back = months and pain < first and own.random() < BACK
        pain = first if is_back else float(np.clip(pain + own.integers(-1, 2), 0, 10))
        said_at = asked_at + timedelta(hours=float(own.gamma(1.5, 12.0)))
        is_answered = own.random() < ANSWERED[months] and said_at <= at
        request = _asked(batch, house, course, months, asked_at, said_at if is_answered else None)
        if is_answered:
            change = 7 if pain <= 0.3 * first else 6 if pain <= 0.7 * first else 4
            _scores(batch, request, {PAIN_AVERAGE: pain, PAIN_WORST: min(10.0, pain + 2.0), "pgic": change}, said_at)


def _asked(
    batch: Batch, house: House, course: Course, months: int, asked_at: datetime, said_at: datetime | None
) -> MeasureRequest:
    occasion, due_on = Occasion.FOLLOW_UP if months else Occasion.DISCHARGE, clinic_day(house.clinic, asked_at)
    request = MeasureRequest(
        clinic=house.clinic,
        course=course,
        occasion=occasion.value,
        measures=list(measures_for(occasion, condition=course.condition)),
        created_at=course.closed_at,
        due_on=due_on,
        expires_at=asked_at + timedelta(days=LINK_DAYS),
        opened_at=said_at,
        completed_at=said_at,
    )
    batch.add(request)
    return request


def _scores(batch: Batch, request: MeasureRequest, values: dict[str, float], said_at: datetime) -> None:
    for code, value in values.items():
        batch.add(
            MeasureScore(
                clinic=request.clinic,
                course=request.course,
                request=request,
                measure=code,
                on=request.due_on,
                value=value,
                rule_version=MEASURES_VERSION,
                scored_at=said_at,
            )
        )
