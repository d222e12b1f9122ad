"""The course page: verdict, chart, forecast, sharing; and its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from myotome.clinic.followup import actions
from myotome.clinic.followup.activities import MOST, activities_of, name_activities
from myotome.clinic.followup.licences import licensed
from myotome.clinic.followup.mood import note_talk
from myotome.clinic.followup.outcomes import held_for
from myotome.clinic.followup.queries import open_course, story_of
from myotome.clinic.followup.results import results_of
from myotome.clinic.followup.scores import first_day, note_score, score_noted
from myotome.clinic.pathway.actions import course_discharged
from myotome.clinic.people.days import clinic_day
from myotome.clinic.planning.queries import cautions_of
from myotome.clinic.screening.clinical_content import content_of
from myotome.clinic.screening.courses import course_for, describe_course
from myotome.knowledge.conditions import Condition
from myotome.knowledge.measures import HEADACHE_DIARY, definitions, measure
from myotome.knowledge.screening import content
from myotome.knowledge.screening.content import Option
from myotome.pages.access import for_roles
from myotome.pages.followup.muscles import muscles_to_share
from myotome.pages.followup.noted import noted_words, unit_of
from myotome.pages.followup.story import course_context
from myotome.pages.typed import a_day_or_none, whole_or_none
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import CourseOutcome, Role
from myotome.vocabulary.errors import InvalidValue, MyotomeError, NotFound, StaleVersion

courses = for_roles(Role.PRACTITIONER)
View = Callable[..., HttpResponse]
MOST_SEGMENTS = 30
ASKED_ALOUD = (
    "pain_nrs_average_7d",
    "pain_nrs_worst_7d",
    "pain_nrs_now",
    "pain_vas",
    "peg",
    "psfs",
    "pgic",
    "groc",
    "rmdq",
    "phq2",
    "gad2",
    *HEADACHE_DIARY,
    "ppt_kpa",
    "rom_degrees",
)


def act_of_the_page(view: View) -> View:
    """An act of the course page: a POST does it. Whoever comes by its address, where a refused form leaves her, is led to
    the course."""

    @wraps(view)
    def act(request: HttpRequest, actor: Actor, course: int) -> HttpResponse:
        if request.method == "POST":
            return view(request, actor, course)
        return _back_to(actor, course_for(actor, course).pk)

    return act


@courses
def course(request: HttpRequest, actor: Actor, course: int) -> HttpResponse:
    """How it is going."""
    return _page(request, actor, course)


@for_roles(Role.PRACTITIONER, Role.OWNER)
def results(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Why before minus after is not the effect, and how the ended courses went with those who were lost."""
    return render(request, "followup/results.html", {"results": results_of(actor, at=timezone.now())})


@courses
@act_of_the_page
def share(request: HttpRequest, actor: Actor, course: int) -> HttpResponse:
    """What she ticked is on the patient's page from now on, as it stands now; what she did not tick is not.

    Where no forecast of now could be worked out, one that is shared already stays and no other is.
    """
    now = timezone.now()
    row = course_for(actor, course)
    shown = actions.renew_forecast(by=actor, at=now, course_id=course)
    contents: dict[str, dict[str, Any] | None] = {
        "chart": {},
        "muscles": muscles_to_share(story_of(row)),
        "stop_rule": {"rule": shown.answer["stop_rule"]} if shown else None,
        "forecast": {"answer": shown.answer} if shown else None,
    }
    for what, shared in contents.items():
        if what in request.POST.getlist("what"):
            if shared is not None:
                actions.share(by=actor, at=now, course_id=course, what=what, content=shared)
        else:
            actions.take_back(by=actor, at=now, course_id=course, what=what)
    return _back_to(actor, course, "#shared")


@courses
@act_of_the_page
def score(request: HttpRequest, actor: Actor, course: int) -> HttpResponse:
    """A score asked aloud or measured in the room, or put right; of a course that has ended too, which forecasts nothing."""
    now = timezone.now()
    try:
        noted = note_score(
            by=actor,
            at=now,
            course_id=course,
            measure_code=request.POST.get("measure", ""),
            value=_numbers(request.POST.get("value", "")),
            site=request.POST.get("site", ""),
            how=request.POST.get("how", ""),
            on=a_day_or_none(request.POST.get("on", ""), "on") or clinic_day(request.clinic, now),
        )
    except InvalidValue as error:
        return _page(request, actor, course, error=error)
    if noted.course.closed_at is None:
        actions.renew_forecast(by=actor, at=now, course_id=course)
    return _back_to(actor, course, f"?noted={noted.pk}#measured")


@courses
@act_of_the_page
def talked(request: HttpRequest, actor: Actor, course: int) -> HttpResponse:
    """She has talked with her about her answers on mood or worry: the prompt is quiet until others ask again."""
    score_id = whole_or_none(request.POST.get("score", "")) or 0
    note_talk(by=actor, at=timezone.now(), course_id=course, score_id=score_id)
    visit = whole_or_none(request.POST.get("visit", ""))
    if visit is not None:
        return redirect("needling:chart", clinic=actor.clinic_slug, visit=visit)
    return redirect("followup:course", clinic=actor.clinic_slug, course=course)


@courses
def activities(request: HttpRequest, actor: Actor, course: int) -> HttpResponse:
    """Her three to five activities, in her words."""
    row = open_course(actor, course, at=timezone.now())
    error, words = None, list(activities_of(row).values())
    if request.method == "POST":
        words = request.POST.getlist("activity")
        try:
            name_activities(by=actor, at=timezone.now(), course_id=course, words=words)
            return redirect("followup:course", clinic=actor.clinic_slug, course=course)
        except InvalidValue as refusal:
            error = refusal
    context = {
        "course": row,
        "patient": row.patient,
        "cautions": cautions_of(actor, patient_id=row.patient_id),
        "activities": [*words, *[""] * MOST][:MOST],
        "error": error,
    }
    return render(request, "followup/activities.html", context, status=error.http_status if error else 200)


@courses
@act_of_the_page
def describe(request: HttpRequest, actor: Actor, course: int) -> HttpResponse:
    """What the forecast rests on, corrected: condition, duration, segments, scar, what she expects."""
    version = request.POST.get("version", "")
    try:
        facts = _facts(request.POST, content_of(request.clinic).conditions)
        describe_course(by=actor, at=timezone.now(), course_id=course, version=whole_or_none(version) or 0, **facts)
    except (InvalidValue, StaleVersion) as error:
        return _page(request, actor, course, error=error)
    actions.renew_forecast(by=actor, at=timezone.now(), course_id=course)
    return _back_to(actor, course, "#rests-on")


@courses
def discharge(request: HttpRequest, actor: Actor, course: int) -> HttpResponse:
    """The end of a course: recovered, plateaued, referred or left.

    "Recovered" that the definition does not bear out is asked about once, with what stands against it, and never refused.
    """
    now = timezone.now()
    story, shown, _is_of_now = actions.look_at_course(by=actor, at=now, course_id=course)
    context = course_context(actor, story, shown, at=now, zone=request.clinic.time_zone)
    recovered = held_for(story)["recovered"]
    context |= {"outcomes": list(CourseOutcome), "definition": definitions()["recovered"], "typed": request.POST}
    context["recovered"] = recovered
    if request.method == "POST":
        asked_for = request.POST.get("outcome", "")
        if asked_for == CourseOutcome.RECOVERED.value and not recovered.holds and not request.POST.get("all_the_same"):
            return render(request, "followup/discharge.html", context | {"asks": True}, status=422)
        try:
            version = request.POST.get("version", "")
            course_discharged(
                by=actor,
                at=timezone.now(),
                course_id=course,
                version=whole_or_none(version) or 0,
                outcome=_outcome(request.POST.get("outcome", "")),
                reason=request.POST.get("reason", ""),
            )
            return redirect("followup:course", clinic=actor.clinic_slug, course=course)
        except NotFound:
            raise
        except MyotomeError as error:
            context["error"] = error
            return render(request, "followup/discharge.html", context, status=error.http_status)
    return render(request, "followup/discharge.html", context)


def _back_to(actor: Actor, course: int, where: str = "") -> HttpResponse:
    """To the course page, at the place that a form of it stands at."""
    return redirect(reverse("followup:course", kwargs={"clinic": actor.clinic_slug, "course": course}) + where)


def _numbers(text: str) -> list[float]:
    """One number, or several readings with spaces between."""
    try:
        return [float(word.replace(",", ".")) for word in text.replace(";", " ").split()]
    except ValueError as fault:
        raise InvalidValue("Please give a number.", field="value") from fault


def _facts(data: QueryDict, conditions: Mapping[str, Condition]) -> dict[str, Any]:
    """Condition, how long it has lasted and is expected to last, segments and operation as typed; empty: not known."""
    condition, segments, surgery = (data.get(name, "").strip() for name in ("condition", "n_segments", "prior_surgery"))
    if condition and condition not in conditions:
        raise InvalidValue("Please choose a condition of the list.", field="condition")
    if segments and not 1 <= (whole_or_none(segments) or 0) <= MOST_SEGMENTS:
        raise InvalidValue("Segments are 1 to {most}.", field="n_segments", most=MOST_SEGMENTS)
    if surgery not in {"", "yes", "no"}:
        raise InvalidValue("Please choose yes, no or not known.", field="prior_surgery")
    expected = data.get("expected_duration", "")
    if expected and expected not in {option.value for option in _expectations()}:
        raise InvalidValue("Please choose one of the list.", field="expected_duration")
    weeks = {"duration_weeks": _weeks(data["duration_weeks"])} if "duration_weeks" in data else {}
    said = {"expected_duration": expected} if "expected_duration" in data else {}
    return (
        weeks
        | said
        | {
            "condition": condition,
            "n_segments": int(segments) if segments else None,
            "prior_surgery": {"yes": True, "no": False}.get(surgery),
        }
    )


def _expectations() -> tuple[Option, ...]:
    """How long she may think it will last, as the intake asks it."""
    field = content().field_named("expectation")
    return field.options if field else ()


def _weeks(text: str) -> float | None:
    try:
        return float(text.strip().replace(",", ".")) if text.strip() else None
    except ValueError as fault:
        raise InvalidValue("Please give the weeks as a number.", field="duration_weeks") from fault


def _outcome(text: str) -> CourseOutcome:
    try:
        return CourseOutcome(text)
    except ValueError as fault:
        raise InvalidValue("Please choose how the course ended.", field="outcome") from fault


def _page(request: HttpRequest, actor: Actor, course: int, error: MyotomeError | None = None) -> HttpResponse:
    now = timezone.now()
    story, shown, is_of_now = actions.look_at_course(by=actor, at=now, course_id=course)
    context = course_context(actor, story, shown, at=now, zone=request.clinic.time_zone)
    context |= {
        "error": error,
        "is_of_now": is_of_now,
        "typed": request.POST if error else {},
        "measures": [(row, unit_of(row)) for row in map(measure, (*ASKED_ALOUD, *licensed(actor.clinic_id)))],
        "noted": noted_words(score_noted(story.course, whole_or_none(request.GET.get("noted", "")))),
        "today": clinic_day(request.clinic, now),
        "first_day": first_day(story.course),
        "conditions": content_of(request.clinic).conditions,
        "expectations": _expectations(),
    }
    return render(request, "followup/course.html", context, status=error.http_status if error else 200)
