"""The graph that opens a visit: pain, function, shortened muscles and needles so far, before anything else is done; and the
word to talk with her where her answers about mood or worry are at their line or above."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from myotome.clinic.followup.queries import last_forecast, story_of
from myotome.clinic.needling.queries import TreatmentVisit
from myotome.clinic.people.days import clinic_day
from myotome.pages.followup.story import chart_of, low_answers, summary, verdict
from myotome.vocabulary.actors import Actor


def graph_context(actor: Actor, visit: TreatmentVisit, *, at: datetime) -> dict[str, Any]:
    """The course's graph with its first sentence, as the forecast was last shown. Opening the chart is what is audited."""
    story = story_of(visit.course)
    shown = last_forecast(actor, course_id=visit.course_id)
    today = clinic_day(visit.course.clinic, at)
    return {
        "graph": chart_of(story, shown, today=today),
        "graph_verdict": verdict(story),
        "graph_summary": summary(story),
        "mood": story.mood,
        "low_answers": low_answers(story),
    }
