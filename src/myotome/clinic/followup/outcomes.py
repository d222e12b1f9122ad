"""What came of a course by the versioned definitions: responder, recovered, plateau, relapse."""

from __future__ import annotations

from datetime import date

from myotome.clinic.assessment.models import ExamFinding
from myotome.clinic.followup.queries import CourseStory
from myotome.clinic.people.days import clinic_day
from myotome.clinic.screening.models import Course
from myotome.knowledge.measures import PAIN_AVERAGE
from myotome.knowledge.signs import signs
from myotome.science.followup.definitions import Held, Outcome, held_by


def held_for(story: CourseStory) -> dict[str, Held]:
    """The four definitions on this course, from what is known of it now."""
    scores = story.scores
    return held_by(
        Outcome(
            pain=scores.get(PAIN_AVERAGE, []),
            function=scores.get("psfs", []),
            change=scores.get("pgic", []),
            worst_sign=worst_signs(story.course),
            began_again=story.course.relapses.exists(),
        )
    )


def worst_signs(course: Course) -> list[tuple[date, float]]:
    """The worst grade of any sign that is 0 when normal, for each day of an examination."""
    graded = [row.code for row in signs().values() if row.normal == 0]
    rows = ExamFinding.objects.filter(
        examination__course=course,
        examination__blind_to__isnull=True,
        sign__in=graded,
        replaced_at__isnull=True,
        grade__isnull=False,
    ).exclude(kind="reflex")
    worst: dict[date, float] = {}
    for started_at, grade in rows.values_list("examination__started_at", "grade"):
        day = clinic_day(course.clinic, started_at)
        worst[day] = max(float(grade), worst.get(day, 0.0))
    return sorted(worst.items())
