"""The patient's own pages, by link: the birth date first, then one question a screen, then how she is doing.

Nothing of her health is shown before the birth date matches; it is remembered for this browser session only.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from myotome.clinic.booking.own_records import tie_own_record
from myotome.clinic.booking.wishes import mail_token
from myotome.clinic.followup import actions
from myotome.clinic.followup.diary import keeps_diary
from myotome.clinic.followup.mood import says_low
from myotome.clinic.followup.queries import MeasureRequest, Question, due_day, questions_of, request_by_link
from myotome.clinic.followup.two_days_after import is_much_stronger
from myotome.clinic.pathway.patient_page import (
    check_page_opens,
    open_page_with_birth_date,
    own_record,
    page_of,
    patient_by_page_link,
)
from myotome.clinic.pathway.questions import questions_before_visits
from myotome.clinic.people.links import page_link
from myotome.clinic.people.queries import patient_by_link, patient_for
from myotome.knowledge.measures import PAIN_AVERAGE, measure
from myotome.pages.access import by_link, for_roles
from myotome.pages.booking.day_acts import mail_page
from myotome.pages.followup.muscles import shared_plate
from myotome.pages.money.views import paper_of
from myotome.pages.portal.drawing import phone_chart, told
from myotome.pages.portal.forms import birth_date, not_hers, ticks_of, value_of
from myotome.pages.portal.known import behind_birth_date, is_known, remember
from myotome.pages.typed import whole
from myotome.science.followup.scoring import meaningful_line
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import AlreadyBooked, InvalidValue
from myotome.vocabulary.measures import Occasion


@by_link
def questions(request: HttpRequest, actor: Actor, token: str) -> HttpResponse:
    """The door to the questions: her birth date, then the first question that is still open."""
    asked = request_by_link(request.clinic, token, at=timezone.now())
    error = ""
    if request.method == "POST":
        try:
            born_on = birth_date(request.POST)
            who = patient_by_link(asked.course.patient, request.clinic)
            if actions.open_with_birth_date(by=who, at=timezone.now(), request=asked, born_on=born_on):
                remember(request, asked.course.patient_id, born_on)
                return redirect("portal:question", clinic=actor.clinic_slug, token=token, number=_first_open(asked))
            request_by_link(request.clinic, token, at=timezone.now())  # the fifth wrong one has closed the link
            error = not_hers(born_on)
        except InvalidValue as refusal:
            error = refusal.message
    if not error and is_known(request, asked.course.patient_id, asked.course.patient.born_on):
        return redirect("portal:question", clinic=actor.clinic_slug, token=token, number=_first_open(asked))
    return render(
        request,
        "portal/door.html",
        {"error": error, "typed": request.POST.get("born_on", "")},
        status=422 if error else 200,
    )


@by_link
def question(request: HttpRequest, actor: Actor, token: str, number: int) -> HttpResponse:
    """One question; the last answer sends the set. Back shows what was answered.

    A form of many sentences is offered when all else is answered: it takes as long as the rest together.
    """
    asked = request_by_link(request.clinic, token, at=timezone.now())
    patient = asked.course.patient
    if not is_known(request, patient.pk, patient.born_on):
        return redirect("portal:questions", clinic=actor.clinic_slug, token=token)
    who = patient_by_link(patient, request.clinic)
    steps = steps_of(questions_of(asked))
    if asked.completed_at or number > len(steps):
        if not asked.completed_at:
            actions.finish(by=who, at=timezone.now(), request=asked)
        return render(request, "portal/thanks.html", _thanks(asked))
    step = steps[max(0, number - 1)]
    row, is_form = step[0], measure(step[0].measure).is_form
    error = ""
    if request.method == "POST":
        try:
            _keep(request, who, asked, step)
            return redirect("portal:question", clinic=actor.clinic_slug, token=token, number=number + 1)
        except InvalidValue as refusal:
            error = refusal.message
    context = {"row": row, "number": number, "n_steps": len(steps), "n_step": number, "token": token, "error": error}
    if is_form:
        typed = request.POST.getlist("ticked") if error else [one.item for one in step if one.value]
        nothing = bool(request.POST.get("none")) if error else not typed and row.value is not None
        context |= {"statements": step, "ticked": typed, "nothing": nothing}
        if request.method != "POST" and not row.is_answered and "more" not in request.GET and number > 1:
            return render(request, "portal/more.html", context)
        return render(request, "portal/form.html", context, status=422 if error else 200)
    context |= {"scale": range(row.low, row.high + 1), "choices": list(enumerate(row.choices, start=row.low))}
    return render(request, "portal/question.html", context, status=422 if error else 200)


@by_link
def page(request: HttpRequest, actor: Actor, token: str) -> HttpResponse:
    """Her page by link, behind her birth date."""
    patient = patient_by_page_link(request.clinic, token, at=timezone.now())
    error = ""
    if request.method == "POST":
        try:
            born_on, now = birth_date(request.POST), timezone.now()
            if open_page_with_birth_date(clinic=request.clinic, at=now, patient=patient, born_on=born_on):
                remember(request, patient.pk, patient.born_on)
                return redirect("portal:page", clinic=actor.clinic_slug, token=token)
            check_page_opens(clinic=request.clinic, at=now, patient=patient)
            error = not_hers(born_on)
        except InvalidValue as refusal:
            error = refusal.message
    if error or not is_known(request, patient.pk, patient.born_on):
        return render(
            request,
            "portal/door.html",
            {"error": error, "typed": request.POST.get("born_on", "")},
            status=422 if error else 200,
        )
    return _page(request, patient_by_link(patient, request.clinic), token)


@for_roles(Role.PATIENT)
def home(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Her page with her account."""
    return _page(request, actor)


@behind_birth_date
def record_by_link(request: HttpRequest, actor: Actor, token: str) -> HttpResponse:
    """Her record to take with her, by link, behind her birth date."""
    return _record(actor)


@for_roles(Role.PATIENT)
def record(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Her record to take with her, with her account."""
    return _record(actor)


@behind_birth_date
def receipt_by_link(request: HttpRequest, actor: Actor, token: str, payment: int) -> HttpResponse:
    """One of her receipts as a PDF, by link, behind her birth date."""
    return paper_of(request, actor, payment)


@for_roles(Role.PATIENT)
def receipt(request: HttpRequest, actor: Actor, payment: int) -> HttpResponse:
    """One of her receipts as a PDF, with her account."""
    return paper_of(request, actor, payment)


@for_roles(Role.PATIENT)
def my_messages(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What she wants to be sent, with her account; under a link it is the page that every message leads to."""
    here = reverse("portal:messages", kwargs={"clinic": actor.clinic_slug})
    return mail_page(request, actor, patient_for(actor, actor.patient_id or 0), here=here)


@behind_birth_date
def treats_here_by_link(request: HttpRequest, actor: Actor, token: str) -> HttpResponse:
    """She says by link that she is one of the practitioners; the desk confirms it."""
    return _treats_here(request, actor, token)


@for_roles(Role.PATIENT)
def treats_here(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The same with her account; with that of the practitioner it counts at once."""
    return _treats_here(request, actor)


def _treats_here(request: HttpRequest, actor: Actor, token: str = "") -> HttpResponse:
    if request.method == "POST" and actor.patient_id is not None:
        try:
            who = whole(request.POST.get("practitioner", ""), "practitioner")
            tie_own_record(by=actor, at=timezone.now(), patient_id=actor.patient_id, practitioner_id=who)
        except (AlreadyBooked, InvalidValue) as error:
            messages.error(request, error.message)
    here = {"clinic": actor.clinic_slug} | ({"token": token} if token else {})
    return redirect("portal:page" if token else "portal:home", **here)


def _record(actor: Actor) -> HttpResponse:
    answer = HttpResponse(own_record(actor, at=timezone.now()), content_type="application/zip")
    answer["Content-Disposition"] = 'attachment; filename="my-record.zip"'
    answer["Cache-Control"] = "no-store"
    return answer


def _page(request: HttpRequest, actor: Actor, token: str = "") -> HttpResponse:
    now = timezone.now()
    questions_before_visits(by=actor, at=now)
    context = page_of(actor, at=now) | {"token": token}
    context["mail_token"] = mail_token(context["patient"]) if token else ""
    context["keeps_diary"] = context["course"] is not None and keeps_diary(context["course"])
    story, shares = context["story"], context["shares"]
    context["mood"] = story.mood if story is not None else None
    if story is not None and "chart" in shares:
        pain = story.since_start(PAIN_AVERAGE)
        line = meaningful_line(measure(PAIN_AVERAGE), pain[0][1]) if pain else None
        context |= {"chart": phone_chart(pain, line), "told": told(pain) if len(pain) > 1 else ""}
    if "muscles" in shares:
        context["plate"] = shared_plate(shares["muscles"].content)
    return render(request, "portal/page.html", context)


def steps_of(rows: Sequence[Question]) -> list[list[Question]]:
    """What stands on one screen: one question, or all statements of a form."""
    whole = groupby(rows, key=lambda row: (row.measure, None if measure(row.measure).is_form else row.item))
    return [list(step) for _key, step in whole]


def _keep(request: HttpRequest, who: Actor, asked: MeasureRequest, step: Sequence[Question]) -> None:
    """What was answered on one screen."""
    code, now = step[0].measure, timezone.now()
    if measure(code).is_form:
        ticked = ticks_of(request.POST, step)
        actions.answer_form(by=who, at=now, request=asked, measure_code=code, ticked=ticked)
        return
    value = value_of(request.POST, step[0])
    actions.answer(by=who, at=now, request=asked, measure_code=code, item=step[0].item, value=value)


def _first_open(asked: MeasureRequest) -> int:
    steps = steps_of(questions_of(asked))
    return next((n for n, step in enumerate(steps, start=1) if not step[0].is_answered), len(steps) + 1)


def _thanks(asked: MeasureRequest) -> dict[str, object]:
    is_two_days_after = asked.occasion == Occasion.TWO_DAYS_AFTER.value
    return {
        "asked": asked,
        "page_token": page_link(asked.course.patient, visit_on=due_day(asked)),
        "is_low": any(says_low(score) for score in asked.scores.all()),
        "is_two_days_after": is_two_days_after,
        "is_much_stronger": is_two_days_after and is_much_stronger(asked),
    }
