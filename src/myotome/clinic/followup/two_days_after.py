"""What the answer two days after a treatment says beside the one before it."""

from __future__ import annotations

from myotome.clinic.followup.models import MeasureRequest
from myotome.clinic.followup.queries import story_of
from myotome.clinic.followup.visit_scores import scores_before
from myotome.knowledge.measures import PAIN_NOW

MUCH_STRONGER_POINTS = 3
"""So many points of 10 above pain before the treatment are much: judgement, above the two that any patient would notice."""


def is_much_stronger(request: MeasureRequest) -> bool:
    """Whether her pain now is much stronger than before the treatment; False where either is not known."""
    now = request.scores.filter(measure=PAIN_NOW, value__isnull=False).order_by("pk").last()
    if now is None:
        return False
    story = story_of(request.course)
    treated = scores_before(story.before, sorted({day for day, *_rest in story.visits}))
    before = next((treated[day] for day, number, _n in story.visits if number == request.visit_number), None)
    return before is not None and now.value >= before + MUCH_STRONGER_POINTS
