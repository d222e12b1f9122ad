"""Writing what came of it: questions sent and answered, scores, forecasts shown, what is shared, discharge."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db import transaction

from myotome.clinic.audit.actions import record
from myotome.clinic.booking.models import Appointment
from myotome.clinic.followup.asking import ask
from myotome.clinic.followup.fits import last_shown_and_basis
from myotome.clinic.followup.models import Discharge, ForecastShown, MeasureAnswer, MeasureRequest, MeasureScore, Share
from myotome.clinic.followup.outcomes import held_for
from myotome.clinic.followup.queries import (
    CourseStory,
    by_diary,
    forecast_input,
    last_forecast,
    open_course,
    questions_of,
    says_no_headache,
    story_of,
)
from myotome.clinic.followup.scores import keep_scores
from myotome.clinic.followup.visit_scores import BEFORE, treated_at
from myotome.clinic.followup.yearly import ask_the_year_after, years_go_on
from myotome.clinic.needling.models import TreatmentVisit
from myotome.clinic.people.days import clinic_day
from myotome.clinic.people.links import opens_with
from myotome.clinic.screening.courses import close_course, course_for
from myotome.clinic.screening.models import Course
from myotome.knowledge.measures import HEADACHE_STRENGTH, REVIEW_VISITS, definitions, measure, measures_for
from myotome.science.followup.answer import forecast_answer, other_spacings, version_of
from myotome.science.followup.scoring import enough_without_the_rest, score
from myotome.science.followup.stopping import rule_from, stop_rule_sentence
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import CourseOutcome, Role
from myotome.vocabulary.errors import InvalidValue, VisitLocked
from myotome.vocabulary.measures import Occasion

log = logging.getLogger("myotome.followup")
SAMPLED_ONE_IN = 5
FOLLOW_UP_MONTHS = (3, 6, 12)


def ask_before_visit(*, by: Actor, at: datetime, course: Course, appointment: Appointment) -> MeasureRequest:
    """Two questions before every visit; the full set at visits 1, 4 and 8.

    Asked already they stay, with one exception: which visit it will be changes when another is cancelled or booked before
    it, and as long as nothing is answered the set is that of the visit it is now.
    """
    number = TreatmentVisit.objects.filter(course=course).count() + 1
    earlier = Appointment.objects.filter(
        course=course, starts_at__lt=appointment.starts_at, ends_at__gt=at, visit__isnull=True
    )
    number += earlier.exclude(pk=appointment.pk).exclude(status__in=["cancelled", "no_show"]).count()
    occasion = Occasion.REVIEW if number in REVIEW_VISITS else Occasion.BEFORE_VISIT
    asked = MeasureRequest.objects.filter(appointment=appointment, occasion__in=BEFORE).first()
    if asked is not None:
        return _as_visit(asked, number, occasion, course)
    return ask(
        by=by,
        at=at,
        course=course,
        occasion=occasion,
        due_on=clinic_day(course.clinic, appointment.starts_at),
        visit_number=number,
        appointment=appointment,
    )


def _as_visit(request: MeasureRequest, number: int, occasion: Occasion, course: Course) -> MeasureRequest:
    """The questions as those of visit `number`, unless she has begun to answer."""
    if request.visit_number == number or request.completed_at is not None or request.answers.exists():
        return request
    request.visit_number, request.occasion = number, occasion.value
    request.measures = list(measures_for(occasion, condition=course.condition, visit_number=number))
    request.save(update_fields=["visit_number", "occasion", "measures"])
    return request


def ask_two_days_after(*, by: Actor, at: datetime, visit: TreatmentVisit) -> MeasureRequest | None:
    """Pain two days after one visit in five, chosen by the visit's number alone: it tells how much rebounds.

    The days count from the visit and not from when it was closed; when they have gone nobody is asked.
    """
    if not is_sampled(visit.pk):
        return None
    asked = MeasureRequest.objects.filter(
        course_id=visit.course_id, occasion=Occasion.TWO_DAYS_AFTER.value, visit_number=visit.number
    ).first()
    if asked is not None:
        return asked
    due_on = clinic_day(visit.course.clinic, visit.opened_at) + timedelta(days=2)
    if due_on < clinic_day(visit.course.clinic, at):
        return None
    return ask(
        by=by, at=at, course=visit.course, occasion=Occasion.TWO_DAYS_AFTER, due_on=due_on, visit_number=visit.number
    )


def is_sampled(visit_id: int) -> bool:
    """One visit in five, the same ones every time, in no order that a person would choose."""
    return sha256(f"two days after {visit_id}".encode()).digest()[0] % SAMPLED_ONE_IN == 0


@transaction.atomic
def open_with_birth_date(*, by: Actor, at: datetime, request: MeasureRequest, born_on: date) -> bool:
    """True when the birth date is hers; a wrong one is counted, and after five the link opens no more."""
    is_hers = opens_with(request, born_on, of=request.course.patient, at=at)
    act = "measures.opened" if is_hers else "measures.wrong_birth_date"
    record(by=by, at=at, act=act, subject=request, patient_id=request.course.patient_id)
    return is_hers


@transaction.atomic
def answer(
    *,
    by: Actor,
    at: datetime,
    request: MeasureRequest,
    measure_code: str,
    item: str,
    value: float | None,
    mode: str = "phone",
) -> MeasureAnswer:
    """One answer; None is "skipped". The same again changes nothing, another replaces it and keeps the old one.

    Raises:
        InvalidValue: outside the item's range, or not one of the questions.
        VisitLocked: the set is finished.
    """
    if request.completed_at is not None:
        raise VisitLocked("These answers are sent. Tell your practitioner what you would like to change.")
    if not any((q.measure, q.item) == (measure_code, item) for q in questions_of(request)):
        raise InvalidValue("This is not one of the questions.", field=item)
    score(measure(measure_code), {item: value})
    current = MeasureAnswer.objects.filter(request=request, measure=measure_code, item=item, replaced_at__isnull=True)
    row = current.first()
    if row is not None and row.value == value:
        return row
    current.update(replaced_at=at)
    row = MeasureAnswer.objects.create(
        clinic_id=request.clinic_id,
        request=request,
        measure=measure_code,
        item=item,
        value=value,
        mode=mode,
        answered_at=at,
    )
    record(by=by, at=at, act="measure.answered", subject=request, patient_id=request.course.patient_id, item=item)
    return row


@transaction.atomic
def answer_form(
    *,
    by: Actor,
    at: datetime,
    request: MeasureRequest,
    measure_code: str,
    ticked: Collection[str] | None,
    mode: str = "phone",
) -> None:
    """A form of statements: those that were ticked are true, those left blank are not; None is "skipped". Sent again it
    replaces what was ticked before and keeps it.

    Raises:
        InvalidValue: not one of the questions, or a statement that the form does not have.
        VisitLocked: the set is finished.
    """
    if request.completed_at is not None:
        raise VisitLocked("These answers are sent. Tell your practitioner what you would like to change.")
    rule = measure(measure_code)
    items = [item.code for item in rule.items]
    if measure_code not in request.measures or not rule.is_form or not set(ticked or ()) <= set(items):
        raise InvalidValue("This is not one of the questions.", field=measure_code)
    values = {item: None if ticked is None else float(item in ticked) for item in items}
    current = MeasureAnswer.objects.filter(request=request, measure=measure_code, replaced_at__isnull=True)
    if dict(current.values_list("item", "value")) == values:
        return
    current.update(replaced_at=at)
    MeasureAnswer.objects.bulk_create(
        MeasureAnswer(
            clinic_id=request.clinic_id,
            request=request,
            measure=measure_code,
            item=item,
            value=value,
            mode=mode,
            answered_at=at,
        )
        for item, value in values.items()
    )
    record(
        by=by, at=at, act="measure.answered", subject=request, patient_id=request.course.patient_id, item=measure_code
    )


@transaction.atomic
def finish(*, by: Actor, at: datetime, request: MeasureRequest, on: date | None = None) -> list[MeasureScore]:
    """The scores of the set, each of the day on which it was answered, or of the day given; finished already gives the
    scores that are there.

    What was answered after the treatment that it was asked for is marked so.
    """
    if request.completed_at is not None:
        return list(request.scores.all())
    answers: dict[str, dict[str, float | None]] = {code: {} for code in request.measures}
    given_at: dict[str, datetime] = {}
    given = list(MeasureAnswer.objects.filter(request=request, replaced_at__isnull=True))
    for row in given:
        if row.measure == HEADACHE_STRENGTH and says_no_headache(given):
            continue
        answers[row.measure][row.item] = row.value
        given_at[row.measure] = max(row.answered_at, given_at.get(row.measure, row.answered_at))
    values = {code: score(measure(code), given) for code, given in answers.items()} | (by_diary(request) or {})
    enough = {code: enough_without_the_rest(measure(code), given) for code, given in answers.items()}
    at_least = {code: value for code, value in enough.items() if value is not None}
    treated = treated_at(request)
    groups: dict[tuple[date, bool], dict[str, float | None]] = {}
    for code, value in values.items():
        when = given_at.get(code, at)
        key = (on or clinic_day(request.course.clinic, when), treated is not None and when > treated)
        groups.setdefault(key, {})[code] = value
    scores = [
        row
        for (day, is_after), found in groups.items()
        for row in keep_scores(
            at=at,
            course=request.course,
            on=day,
            values=found,
            request=request,
            at_least=at_least,
            given_after=is_after,
        )
    ]
    MeasureRequest.objects.filter(pk=request.pk).update(completed_at=at)
    request.completed_at = at
    record(by=by, at=at, act="measures.finished", subject=request, patient_id=request.course.patient_id)
    if request.occasion == Occasion.FOLLOW_UP.value:
        ask_the_year_after(by=by, at=at, request=request)
        years_go_on(at=at)
    return scores


def look_at_course(*, by: Actor, at: datetime, course_id: int) -> tuple[CourseStory, ForecastShown | None, bool]:
    """The course for its page, the forecast as it is shown now, and whether that is of now; the reading is in the audit.

    No fault of a forecast keeps the page from opening: then the last one stands, and is not of now.

    Raises:
        NotFound: there is none that the actor may see.
    """
    course = open_course(by, course_id, at=at)
    story = story_of(course)
    if course.closed_at is None:
        row = _unless_it_fails(lambda: _shown_now(by, at, story), course)
        if row is not None:
            return story, row, True
    return story, last_forecast(by, course_id=course.pk), course.closed_at is not None


@transaction.atomic
def refresh_forecast(*, by: Actor, at: datetime, course_id: int) -> ForecastShown:
    """The forecast from what is known now, stored as shown; the same evidence gives the row that is there."""
    return _shown_now(by, at, story_of(course_for(by, course_id)))


@transaction.atomic
def renew_forecast(*, by: Actor, at: datetime, course_id: int) -> ForecastShown | None:
    """The same for acts that must not fail because of it: None where it could not be worked out, and the last one stands."""
    course = course_for(by, course_id)
    return _unless_it_fails(lambda: _shown_now(by, at, story_of(course)), course)


def _unless_it_fails(make: Callable[[], ForecastShown], course: Course) -> ForecastShown | None:
    """What is made, or None and a line in the log: whatever is wrong with a forecast, care goes on."""
    try:
        with transaction.atomic():
            return make()
    except Exception:
        log.exception("The forecast of course %s could not be worked out.", course.pk)
        return None


def _shown_now(by: Actor, at: datetime, story: CourseStory) -> ForecastShown:
    course = story.course
    evidence = forecast_input(story, on=clinic_day(course.clinic, at))
    days = sorted({day for day, _, _ in story.visits})
    last, basis = last_shown_and_basis(course)
    if (
        last is not None
        and (last.evidence, last.after_visit) == (evidence, len(days))
        and last.model_version == version_of(basis)
    ):
        return last
    result = forecast_answer(evidence, basis) | {"spacings": other_spacings(evidence, basis)}
    row = ForecastShown.objects.create(
        clinic_id=by.clinic_id,
        course=course,
        after_visit=len(days),
        shown_at=at,
        evidence=evidence,
        answer=_numbered(result, days, n_read=len(evidence["visits"])),
        model_version=result["basis"]["version"],
        definition_version=result["basis"]["definition"],
    )
    record(by=by, at=at, act="forecast.made", subject=row, patient_id=course.patient_id)
    return row


def _numbered(answer: dict[str, Any], days: Sequence[date], *, n_read: int) -> dict[str, Any]:
    """The answer with visits numbered as in the course, and, where it was read from a later visit on, from which."""
    n_before = len(days) - n_read
    if not n_before:
        return answer
    rule = answer["stop_rule"] | {"visit": answer["stop_rule"]["visit"] + n_before}
    rule["says"] = stop_rule_sentence(rule_from(rule))
    return answer | {"stop_rule": rule, "reads_from": {"visit": n_before + 1, "on": days[n_before].isoformat()}}


@transaction.atomic
def share(*, by: Actor, at: datetime, course_id: int, what: str, content: dict[str, object]) -> Share:
    """What the patient may see from now on; sharing it again replaces what was shared.

    Raises:
        InvalidValue: not one of the things that can be shared.
    """
    by.check_holds(Role.PRACTITIONER)
    if what not in {"chart", "forecast", "stop_rule", "muscles"}:
        raise InvalidValue("The chart, the forecast, the stop rule or the muscles can be shared.", field="what")
    course = course_for(by, course_id)
    Share.objects.filter(course=course, what=what, withdrawn_at__isnull=True).update(withdrawn_at=at)
    row = Share.objects.create(
        clinic_id=by.clinic_id, course=course, what=what, content=content, shared_at=at, shared_by=by.name
    )
    record(by=by, at=at, act="course.shared", subject=row, patient_id=course.patient_id, what=what)
    return row


@transaction.atomic
def take_back(*, by: Actor, at: datetime, course_id: int, what: str) -> None:
    """What was shared is not on her page any more; that it was shared stays on record."""
    by.check_holds(Role.PRACTITIONER)
    course = course_for(by, course_id)
    if Share.objects.filter(course=course, what=what, withdrawn_at__isnull=True).update(withdrawn_at=at):
        record(by=by, at=at, act="course.unshared", subject=course, patient_id=course.patient_id, what=what)


@transaction.atomic
def discharge(
    *, by: Actor, at: datetime, course_id: int, version: int, outcome: CourseOutcome, reason: str = ""
) -> Discharge:
    """The course ended with its outcome; the full set is asked now, after 3, 6 and 12 months, then yearly.

    What the definitions say of it is kept with the discharge, each with its version; it refuses no outcome.

    Raises:
        InvalidValue: referred or left without a word why.
        StaleVersion: somebody changed the course meanwhile.
    """
    by.check_holds(Role.PRACTITIONER)
    if outcome in {CourseOutcome.REFERRED, CourseOutcome.PLATEAUED} and not reason.strip():
        raise InvalidValue("Please say to whom or why.", field="reason")
    course = close_course(by=by, at=at, course_id=course_id, version=version, outcome=outcome)
    row = Discharge.objects.create(
        clinic_id=by.clinic_id,
        course=course,
        outcome=outcome.value,
        reason=reason.strip(),
        summary={"definitions": {code: held.as_json() for code, held in held_for(story_of(course)).items()}},
        definition_version=definitions()["recovered"].version,
        at=at,
        discharged_by=by.name,
    )
    ask(by=by, at=at, course=course, occasion=Occasion.DISCHARGE, due_on=clinic_day(course.clinic, at))
    for months in FOLLOW_UP_MONTHS:
        ask(
            by=by,
            at=at,
            course=course,
            occasion=Occasion.FOLLOW_UP,
            due_on=clinic_day(course.clinic, at + timedelta(days=round(months * 30.44))),
        )
    years_go_on(at=at)
    record(by=by, at=at, act="course.discharged", subject=row, patient_id=course.patient_id, outcome=outcome.value)
    return row
