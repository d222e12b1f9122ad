"""What came of a course by the versioned definitions: responder, recovered, plateau, relapse."""

from __future__ import annotations

from myotome.clinic.followup.queries import CourseStory
from myotome.knowledge.measures import PAIN_AVERAGE
from myotome.science.followup.definitions import Held, Outcome, held_by


def held_for(story: CourseStory) -> dict[str, Held]:
    """The four definitions on this course, from what is known of it now."""
    course, scores = story.course, story.scores
    return held_by(
        Outcome(
            pain=story.since_start(PAIN_AVERAGE),
            function=scores.get("psfs", []),
            change=scores.get("pgic", []),
            worst_sign=story.worst_signs,
            began_again=course.closed_at is not None and course.relapses.exists(),
        )
    )
