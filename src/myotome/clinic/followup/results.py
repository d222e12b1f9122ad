"""How the clinic's ended courses went: pain afterwards with those who were lost, and who was free of pain for years.

Counts only; names no patient.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Exists, Max, OuterRef

from myotome.clinic.booking.models import Appointment
from myotome.clinic.followup.models import Discharge, MeasureRequest, MeasureScore
from myotome.clinic.followup.queries import OVER, YEAR_DAYS
from myotome.clinic.people.days import clinic_day
from myotome.clinic.people.links import LINK_DAYS
from myotome.clinic.people.models import Clinic
from myotome.clinic.screening.models import Course
from myotome.knowledge.measures import PAIN_AVERAGE, definitions
from myotome.science.followup.afterwards import Share, pain_free_for, share_of, without_relapse
from myotome.science.followup.definitions import has_eased, is_back
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.measures import Occasion

AFTERWARDS = [Occasion.DISCHARGE.value, Occasion.FOLLOW_UP.value]
MONTH_DAYS = 30.44
ADRIFT_DAYS = 91
MONTHS = (0, 3, 6, 12)


@dataclass(frozen=True, slots=True)
class Results:
    """`eased` by months since the end: less average pain than at the beginning, by the share and the points of a responder;
    `no_relapse` by months, of those who were eased at the end; `pain_free` by years. `n_adrift` courses have not ended, but nobody has come for three months and no visit is booked: they are in none of the figures."""

    n_ended: int
    n_adrift: int
    eased: dict[int, Share]
    no_relapse: dict[int, Share]
    pain_free: dict[int, Share]
    version: str
    percent: float
    points: float


def results_of(actor: Actor, *, at: datetime) -> Results:
    """The clinic's results as far as the time to answer has passed.

    Raises:
        NotAllowed: neither practitioner nor owner.
    """
    actor.check_holds(Role.PRACTITIONER, Role.OWNER)
    clinic = Clinic.objects.get(pk=actor.clinic_id)
    ended = dict(Discharge.objects.filter(clinic_id=actor.clinic_id).values_list("course_id", "at"))
    first = _first_pain(actor.clinic_id)
    today = clinic_day(clinic, at)
    pain = _pain_afterwards(clinic, ended, today)
    definition = definitions()["responder"]
    eased = {
        months: share_of(
            [
                None if value is None or course not in first else has_eased(first[course], value, definition)
                for course, found in pain.items()
                for month, value in found.items()
                if month == months
            ]
        )
        for months in MONTHS
    }
    return Results(
        n_ended=len(ended),
        n_adrift=_n_adrift(clinic, at),
        eased=eased,
        no_relapse=_no_relapse(ended, first, pain),
        pain_free=_pain_free(clinic, ended, pain, today),
        version=definition.version,
        percent=definition.thresholds["pain_percent"],
        points=definition.thresholds["pain_points"],
    )


def _n_adrift(clinic: Clinic, at: datetime) -> int:
    ahead = Appointment.objects.filter(course=OuterRef("pk"), starts_at__gt=at).exclude(status__in=OVER)
    rows = Course.objects.filter(clinic=clinic, closed_at__isnull=True).annotate(last=Max("visits__opened_at"))
    return rows.filter(~Exists(ahead), last__lt=at - timedelta(days=ADRIFT_DAYS)).count()


def _no_relapse(
    ended: dict[int, datetime], first: dict[int, float], pain: dict[int, dict[int, float | None]]
) -> dict[int, Share]:
    """By months since the end, of the courses that had eased by then: whose pain was not back, and nobody treated it again."""
    responder, relapse = definitions()["responder"], definitions()["relapse"]
    begun: dict[int, int] = {}
    for course, at in Course.objects.filter(relapse_of__in=ended).order_by("-opened_at").values_list("relapse_of_id", "opened_at"):  # fmt: skip
        begun[course] = math.ceil((at - ended[course]).days / MONTH_DAYS)
    told: dict[int, list[bool | None]] = {months: [] for months in MONTHS[1:]}
    for course, found in pain.items():
        at_end = found.get(0)
        if course not in first or at_end is None or not has_eased(first[course], at_end, responder):
            continue
        relapsed = {m: None if v is None else is_back(first[course], v, relapse) for m, v in found.items() if m}
        for months in told.keys() & found.keys():
            again = {begun[course]: True} if course in begun else {}
            told[months].append(without_relapse(months, relapsed | again))
    return {months: share_of(told[months]) for months in MONTHS[1:]}


def _pain_free(
    clinic: Clinic, ended: dict[int, datetime], pain: dict[int, dict[int, float | None]], today: date
) -> dict[int, Share]:
    """By years since the end, of every course that ended so long ago: who was not asked any more, because she had stopped
    answering, is lost like who was asked and did not answer."""
    by_year = {course: {m // 12: v for m, v in pain.get(course, {}).items() if m and m % 12 == 0} for course in ended}
    told: dict[int, list[bool | None]] = {}
    for course, at in ended.items():
        n_past = (today - clinic_day(clinic, at)).days - LINK_DAYS - 1
        for year in {*range(1, n_past // YEAR_DAYS + 1), *by_year[course]}:
            told.setdefault(year, []).append(pain_free_for(year, by_year[course]))
    return {year: share_of(told[year]) for year in sorted(told)}


def _pain_afterwards(clinic: Clinic, ended: dict[int, datetime], today: date) -> dict[int, dict[int, float | None]]:
    """Average pain by months since the end, for each course; None where the link ran out without an answer.

    An answer that was corrected counts as what it was corrected to, which is the score of its day.
    """
    requests = MeasureRequest.objects.filter(clinic=clinic, occasion__in=AFTERWARDS, course_id__in=ended)
    scores = MeasureScore.objects.filter(clinic=clinic, course_id__in=ended, measure=PAIN_AVERAGE, value__isnull=False)
    current = {
        (course, on): value
        for course, on, value in scores.filter(replaced_at__isnull=True).values_list("course_id", "on", "value")
    }
    given = scores.filter(request__occasion__in=AFTERWARDS).order_by("pk").values_list("request_id", "course_id", "on")
    answered = {request: current[course, on] for request, course, on in given if (course, on) in current}
    found: dict[int, dict[int, float | None]] = {}
    for pk, course, due_on in requests.order_by("pk").values_list("pk", "course_id", "due_on"):
        if pk in answered or due_on + timedelta(days=LINK_DAYS) < today:
            months = round((due_on - clinic_day(clinic, ended[course])).days / MONTH_DAYS)
            found.setdefault(course, {})[months] = answered.get(pk)
    return found


def _first_pain(clinic_id: int) -> dict[int, float]:
    """The first average pain of each course."""
    rows = MeasureScore.objects.filter(
        clinic_id=clinic_id, measure=PAIN_AVERAGE, value__isnull=False, replaced_at__isnull=True, given_after=False
    )
    found: dict[int, float] = {}
    for course, value in rows.order_by("on", "pk").values_list("course_id", "value"):
        found.setdefault(course, value)
    return found
