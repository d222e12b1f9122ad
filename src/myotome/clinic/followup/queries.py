"""Reading what came of it: scores on one time axis, open questions, the forecast as it was last shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Count, Q

from myotome.clinic.assessment.models import ExamFinding
from myotome.clinic.audit.actions import record
from myotome.clinic.followup.activities import activities_of
from myotome.clinic.followup.diary import scores_by_diary
from myotome.clinic.followup.models import Discharge, ForecastShown, MeasureAnswer, MeasureRequest, MeasureScore, Share
from myotome.clinic.followup.mood import SCREENS, Mood, mood_from
from myotome.clinic.followup.reading import days_between, facts_of, newest_part
from myotome.clinic.followup.spacing import Spacing, spacing_of
from myotome.clinic.followup.visit_scores import Given, given_of, scores_before, with_day_asked_for
from myotome.clinic.needling.models import TreatmentVisit
from myotome.clinic.people.days import clinic_day
from myotome.clinic.people.links import LINK_DAYS, check_opens, link_token, row_of_link
from myotome.clinic.people.models import Clinic
from myotome.clinic.screening.courses import course_for
from myotome.clinic.screening.models import Course
from myotome.knowledge.measures import HEADACHE_DAYS, HEADACHE_DIARY, HEADACHE_STRENGTH, PAIN_AVERAGE, measure
from myotome.knowledge.signs import signs
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.scheduling import AppointmentStatus
from myotome.vocabulary.sentences import Sentence

DAYS_BEFORE = 3
YEAR_DAYS = 365
OVER = [AppointmentStatus.CANCELLED.value, AppointmentStatus.NO_SHOW.value, AppointmentStatus.DONE.value]


@dataclass(frozen=True, slots=True)
class Question:
    """One item still to be answered or answered already: `value` None is skipped, `is_answered` tells the two apart."""

    measure: str
    item: str
    text: str
    low: int
    high: int
    ends: tuple[str, ...]
    choices: tuple[str, ...]
    value: float | None
    is_answered: bool


@dataclass(frozen=True, slots=True)
class Corrected:
    """A score that a later one of the same day has corrected."""

    measure: str
    on: date
    was: float
    now: float


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured at one place, in order of days; `how` as it was noted last."""

    measure: str
    site: str
    how: str
    points: list[tuple[date, float]]


@dataclass(frozen=True, slots=True)
class CourseStory:
    """A course on one axis: scores by measure, visits with needles, shortened muscles by day.

    `muscles` holds the grade found for (muscle, side, level) on each day of an examination, 0 being normal, and
    `worst_signs` the worst grade of any sign of a muscle that day. A blind second look counts for neither.
    `practitioner` is `who_treats` of its visits.

    `scores` hold every answer of its own day. `given_after` are those among them that came after the treatment they were
    asked for: no score of a visit, and no beginning that later ones are compared with; `starts` is the place of the first
    other score. `before` is average pain as it was given before treatments.
    """

    course: Course
    scores: Mapping[str, list[tuple[date, float]]]
    visits: list[tuple[date, int, int]]
    shortened: list[tuple[date, int]]
    muscles: list[tuple[date, dict[tuple[str, str, str], int]]]
    corrected: list[Corrected]
    spacing: Spacing
    measured: list[Measured]
    worst_signs: list[tuple[date, float]]
    practitioner: str
    given_after: Mapping[str, list[tuple[date, float]]]
    before: list[Given]
    starts: Mapping[str, int]
    mood: Mood

    def since_start(self, code: str) -> list[tuple[date, float]]:
        """The scores of a measure from the first on that was not given after its treatment."""
        return self.scores[code][self.starts[code] :] if code in self.starts else []


@transaction.atomic
def open_course(actor: Actor, pk: int, *, at: datetime) -> Course:
    """The course for a page about it; the reading is in the audit.

    Raises:
        NotFound: there is none that the actor may see.
    """
    course = course_for(actor, pk)
    record(by=actor, at=at, act="course.read", subject=course, patient_id=course.patient_id)
    return course


def story_of(course: Course) -> CourseStory:
    """Everything that stands on the course's time axis, and how far apart its visits will be, in four queries, and one more where her
    answers say that somebody should talk with her."""
    zone = ZoneInfo(course.clinic.time_zone)
    scores: dict[str, list[tuple[date, float]]] = {}
    corrected: list[Corrected] = []
    places: dict[tuple[str, str], Measured] = {}
    of_the_day: dict[tuple[str, str, date, bool], MeasureScore] = {}
    late: dict[str, list[tuple[date, float]]] = {}
    before: list[Given] = []
    starts: dict[str, int] = {}
    tells = Q(value__isnull=False) | Q(measure__in=SCREENS)
    answered = with_day_asked_for(MeasureScore.objects.filter(tells, course=course)).order_by("on", "given_after", "pk")
    for row in answered:
        if row.value is None:
            continue
        key = (row.measure, row.site, row.on, row.given_after)
        if key in of_the_day:
            corrected.append(Corrected(row.measure, row.on, of_the_day[key].value, row.value))
        of_the_day[key] = row
        if row.replaced_at is not None:
            continue
        if row.given_after:
            late.setdefault(row.measure, []).append((row.on, row.value))
        elif row.measure == PAIN_AVERAGE:
            before.append(given_of(row, zone))
        if row.site:
            earlier = places.get((row.measure, row.site))
            points = [*(earlier.points if earlier else []), (row.on, row.value)]
            places[row.measure, row.site] = Measured(row.measure, row.site, row.details.get("how", ""), points)
        else:
            points = scores.setdefault(row.measure, [])
            if not row.given_after:
                starts.setdefault(row.measure, len(points))
            points.append((row.on, row.value))
    treated = TreatmentVisit.objects.filter(course=course).order_by("opened_at")
    n_needles = Count("insertions", filter=Q(insertions__struck_at__isnull=True))
    rows = treated.annotate(n_needles=n_needles).values_list("opened_at", "number", "n_needles", "practitioner_id")
    visits = [(opened_at.astimezone(zone).date(), number, needles) for opened_at, number, needles, _who in rows]
    muscles: dict[date, dict[tuple[str, str, str], int]] = {}
    findings = ExamFinding.objects.filter(
        examination__course=course,
        examination__blind_to__isnull=True,
        kind="muscle",
        sign__in=[row.code for row in signs().values() if row.normal == 0],
        replaced_at__isnull=True,
        grade__isnull=False,
    ).order_by("examination__started_at", "pk")
    worst: dict[date, float] = {}
    for started_at, sign, *muscle, grade in findings.values_list(
        "examination__started_at", "sign", "subject", "side", "level", "grade"
    ):
        day = started_at.astimezone(zone).date()
        worst[day] = max(float(grade), worst.get(day, 0.0))
        if sign == "shortened":
            muscles.setdefault(day, {})[tuple(muscle)] = grade
    shortened = [(day, sum(1 for grade in found.values() if grade)) for day, found in sorted(muscles.items())]
    spacing = spacing_of(course, visits=[day for day, _number, _n in visits])
    return CourseStory(
        course,
        scores,
        visits,
        shortened,
        sorted(muscles.items()),
        corrected,
        spacing,
        [places[key] for key in sorted(places)],
        sorted(worst.items()),
        who_treats([who for *_visit, who in rows]),
        late,
        before,
        starts,
        mood_from(course.pk, (row for row in answered if row.replaced_at is None)),
    )


def who_treats(practitioners: Sequence[int]) -> str:
    """The opaque word, for a fit, of who treats in a course: who did most often, of equals the one who did last."""
    return str(max(reversed(practitioners), key=practitioners.count)) if practitioners else ""


def forecast_input(story: CourseStory, *, on: date) -> dict[str, Any]:
    """The course in the shape that `myotome forecast` reads: scores on the days of treatments given so far, of a long
    course its newest part. What cannot be is taken as not known: the answer is wide, and no visit that renews it is kept
    from closing.
    """
    days = sorted({day for day, _, _ in story.visits})
    read, scores = newest_part(days), scores_before(story.before, days)
    return facts_of(story.course, on=on) | {
        "practitioner": story.practitioner,
        "interval_days": days_between(story.spacing.days),
        "visits": [{"day": (day - read[0]).days, "nrs": scores[day]} for day in read],
    }


def last_forecast(actor: Actor, *, course_id: int) -> ForecastShown | None:
    """The forecast as it was last shown, or None."""
    return ForecastShown.objects.for_actor(actor).filter(course_id=course_id).order_by("-pk").first()


def shares_of(actor: Actor, *, course_id: int) -> list[Share]:
    """What the patient may see, the newest first."""
    rows = Share.objects.for_actor(actor).filter(course_id=course_id, withdrawn_at__isnull=True)
    return list(rows.order_by("-shared_at"))


def discharge_of(actor: Actor, *, course_id: int) -> Discharge | None:
    """How the course ended, or None."""
    return Discharge.objects.for_actor(actor).filter(course_id=course_id).first()


def request_link(request: MeasureRequest) -> str:
    """The token of the link to the questions."""
    return link_token("measures", request.pk, request.link_version)


def request_by_link(clinic: Clinic, token: str, *, at: datetime) -> MeasureRequest:
    """The questions of a link.

    Raises:
        NotFound: not a link of this clinic.
        LinkExpired: thirty days have passed, or it was replaced.
        TooManyAttempts: the birth date was wrong five times.
    """
    rows = MeasureRequest.objects.filter(clinic=clinic)
    rows = rows.select_related("course__patient", "appointment__practitioner", "appointment__service")
    row, version = row_of_link(rows, "measures", token)
    run_out = Sentence("This link has run out. Ask the clinic for a new one; nothing you answered is lost.")
    check_opens(row, version, ends_at=link_ends_at(row), at=at, run_out=run_out)
    return row


def questions_of(request: MeasureRequest) -> list[Question]:
    """The items in order, with what was answered; activities in the patient's own words. What her diary tells is not
    asked, nor how strong headaches are that she has not had."""
    answered = {
        (row.measure, row.item): row for row in MeasureAnswer.objects.filter(request=request, replaced_at__isnull=True)
    }
    words = activities_of(request.course)
    found = []
    told = by_diary(request)
    for code in request.measures:
        if (told is not None and code in told) or (code == HEADACHE_STRENGTH and says_no_headache(answered.values())):
            continue
        for item in measure(code).items:
            if code == "psfs" and item.code not in words:
                continue
            row = answered.get((code, item.code))
            text = _capitalised(item.text.replace("{" + item.code + "}", words.get(item.code, "")))
            found.append(
                Question(
                    code,
                    item.code,
                    text,
                    item.low,
                    item.high,
                    item.ends,
                    item.choices,
                    row.value if row else None,
                    row is not None,
                )
            )
    return found


def says_no_headache(answers: Iterable[MeasureAnswer]) -> bool:
    """Whether she says that she had no headache: then there is no strength of it to ask about, or to keep."""
    return any(row.measure == HEADACHE_DAYS and row.value == 0 for row in answers)


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def by_diary(request: MeasureRequest, *, on: date | None = None) -> dict[str, float | None] | None:
    """What her diary tells of the headache measures up to the day they are due, or a given day; None when they are not
    asked or too few days are written."""
    if not set(HEADACHE_DIARY) & set(request.measures):
        return None
    return scores_by_diary(request.course, on=on or due_day(request))


def open_requests(actor: Actor, *, course_id: int) -> list[MeasureRequest]:
    """Questions that were sent and not finished."""
    rows = MeasureRequest.objects.for_actor(actor).filter(course_id=course_id, completed_at__isnull=True)
    return list(rows.order_by("due_on"))


def requests_due(actor: Actor, *, course_id: int, at: datetime) -> list[MeasureRequest]:
    """Questions that can be answered today: from three days before they are due until their link runs out.

    Questions before a visit that was cancelled, or that has been, are not asked any more.
    """
    rows = MeasureRequest.objects.for_actor(actor).filter(course_id=course_id, completed_at__isnull=True)
    rows = rows.exclude(appointment__status__in=OVER).select_related("appointment", "course__clinic")
    found = [
        row
        for row in rows.order_by("due_on", "pk")
        if link_ends_at(row) > at and (due_day(row) - clinic_day(row.course.clinic, at)).days <= DAYS_BEFORE
    ]
    return sorted(found, key=due_day)


def due_day(request: MeasureRequest) -> date:
    """The day of the visit, also after it was moved; without a visit the day that was set."""
    if request.appointment is None:
        return request.due_on
    return clinic_day(request.course.clinic, request.appointment.starts_at)


def link_ends_at(request: MeasureRequest) -> datetime:
    """When the link runs out: thirty days after the visit it belongs to, wherever that was moved; else when it was set."""
    if request.appointment is None:
        return request.expires_at
    return request.appointment.starts_at + timedelta(days=LINK_DAYS)
