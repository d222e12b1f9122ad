"""The patient-specific scale: three to five activities that she named, in her words, which she rates again and again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from myotome.clinic.audit.actions import record
from myotome.clinic.followup.models import Activity
from myotome.clinic.screening.courses import course_for
from myotome.clinic.screening.models import Course
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue

FEWEST, MOST = 3, 5
AT_INTAKE = 3
MOST_WORDS = 120


def activities_of(course: Course) -> dict[str, str]:
    """Her activities by item code, as named last: those of the intake until others are named; missing ones left out."""
    named = Activity.objects.filter(course=course, replaced_at__isnull=True).order_by("code")
    words = dict(named.values_list("code", "words"))
    if words:
        return words
    answers = course.intake.answers if course.intake else {}
    found = {f"activity_{n}": str(answers.get(f"activity_{n}") or "").strip() for n in range(1, AT_INTAKE + 1)}
    return {code: words for code, words in found.items() if words}


@transaction.atomic
def name_activities(*, by: Actor, at: datetime, course_id: int, words: Sequence[str]) -> dict[str, str]:
    """Her three to five activities, in their places; one that stays as it was is not written again.

    Raises:
        InvalidValue: fewer than three or more than five, or one twice.
    """
    by.check_holds(Role.PRACTITIONER)
    course = course_for(by, course_id)
    Course.objects.select_for_update().filter(pk=course.pk).exists()
    named = [text for text in (" ".join(word.split())[:MOST_WORDS] for word in words) if text]
    if not FEWEST <= len(named) <= MOST:
        raise InvalidValue("She names {fewest} to {most} activities.", field="activities", fewest=FEWEST, most=MOST)
    if len({text.casefold() for text in named}) < len(named):
        raise InvalidValue("One activity is there twice.", field="activities")
    current = Activity.objects.filter(course=course, replaced_at__isnull=True)
    before = dict(current.values_list("code", "words"))
    after = {f"activity_{n}": text for n, text in enumerate(named, start=1)}
    if after == before:
        return after
    changed = [code for code in {*before, *after} if before.get(code) != after.get(code)]
    current.filter(code__in=changed).update(replaced_at=at)
    Activity.objects.bulk_create(
        Activity(clinic_id=by.clinic_id, course=course, code=code, words=after[code], named_at=at, named_by=by.name)
        for code in sorted(changed)
        if code in after
    )
    record(by=by, at=at, act="activities.named", subject=course, patient_id=course.patient_id, n=len(named))
    return after
