"""The clinic's courses as a refit reads them: days since the first visit, scores, covariates, no name and no date."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from myotome.clinic.followup.models import MeasureScore
from myotome.clinic.followup.queries import who_treats
from myotome.clinic.followup.visit_scores import Given, given_of, scores_before, with_day_asked_for
from myotome.clinic.needling.models import TreatmentVisit
from myotome.clinic.people.queries import clinic_by_slug
from myotome.clinic.screening.models import Course
from myotome.knowledge.measures import PAIN_AVERAGE, PAIN_NOW
from myotome.science.followup.answer import expected_or_none, is_older_than
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import CourseOutcome, Role
from myotome.vocabulary.measures import Occasion


def courses_to_learn_from(actor: Actor, *, before: date | None = None) -> list[dict[str, Any]]:
    """Every course of the clinic with a visit, in the shape that `myotome.refit.courses` reads; with `before` as they stood
    at the beginning of that day.

    A score given in the six days before a visit is that visit's, and before the first one in the thirty; an answer to the
    questions of a visit is no other visit's, and given after its treatment no visit's. What she says of
    her pain two days after a treatment stands by itself, and treats nobody: it tells how much of that treatment rebounds.
    """
    actor.check_holds(Role.OWNER)
    zone = ZoneInfo(clinic_by_slug(actor.clinic_slug).time_zone)
    visits: dict[int, dict[date, int]] = defaultdict(dict)
    treated = TreatmentVisit.objects.filter(clinic_id=actor.clinic_id).order_by("opened_at", "pk")
    for course_id, opened_at, practitioner_id in treated.values_list("course_id", "opened_at", "practitioner_id"):
        day = opened_at.astimezone(zone).date()
        if before is None or day < before:
            visits[course_id].setdefault(day, practitioner_id)
    given: dict[int, list[Given]] = defaultdict(list)
    after: dict[int, dict[date, float]] = defaultdict(dict)
    scores = MeasureScore.objects.filter(clinic_id=actor.clinic_id, value__isnull=False, replaced_at__isnull=True)
    scores = (scores if before is None else scores.filter(on__lt=before)).order_by("on", "pk")
    for row in with_day_asked_for(scores.filter(measure=PAIN_AVERAGE, given_after=False)):
        given[row.course_id].append(given_of(row, zone))
    two_days_after = Q(measure=PAIN_NOW, request__occasion=Occasion.TWO_DAYS_AFTER.value)
    for course_id, on, value in scores.filter(two_days_after).values_list("course_id", "on", "value"):
        after[course_id][on] = value
    courses = Course.objects.filter(pk__in=visits).select_related("patient").order_by("pk")
    return [_row(course, visits[course.pk], given[course.pk], after[course.pk]) for course in courses]


def _row(course: Course, visits: dict[date, int], before: list[Given], after: dict[date, float]) -> dict[str, Any]:
    first = min(visits)
    age = max(0, int((first - course.patient.born_on).days / 365.25))
    of_visits = scores_before(before, sorted(visits))
    entries: list[dict[str, Any]] = [{"day": (day - first).days, "nrs": of_visits[day]} for day in sorted(visits)]
    entries += [
        {"day": (on - first).days, "nrs": round(value), "treated": False}
        for on, value in after.items()
        if on > first and on not in visits
    ]
    who = list(visits.values())
    return {
        "condition": course.condition or "unknown",
        "age": age,
        "duration_weeks": None if is_older_than(course.duration_weeks, age) else course.duration_weeks,
        "segments": course.n_segments,
        "scar": course.prior_surgery,
        "expected": expected_or_none(course.expected_duration),
        "practitioner": who_treats(who),
        "left": course.outcome == CourseOutcome.LEFT.value,
        "visits": sorted(entries, key=lambda entry: entry["day"]),
    }
