"""The check a day after the needles, by link: the birth date first, then one question a screen; it can be left and resumed.

After an answer that cannot wait comes a screen that says what to do now, before anything else is asked.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from myotome.clinic.needling import aftercare
from myotome.clinic.needling.after_queries import AfterCheck, Asked, asked_in, check_by_link, gravest
from myotome.clinic.people.days import clinic_day
from myotome.clinic.people.links import page_link
from myotome.clinic.people.queries import patient_by_link
from myotome.pages.access import by_link
from myotome.pages.portal.forms import birth_date, not_hers
from myotome.pages.portal.known import is_known, remember
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Urgency
from myotome.vocabulary.errors import InvalidValue


@by_link
def door(request: HttpRequest, actor: Actor, token: str) -> HttpResponse:
    """Her birth date, then the first question that is still open."""
    check = check_by_link(request.clinic, token, at=timezone.now())
    patient, error = check.visit.course.patient, ""
    if request.method == "POST":
        try:
            born_on = birth_date(request.POST)
            who = patient_by_link(patient, request.clinic)
            if aftercare.open_check_with_birth_date(by=who, at=timezone.now(), check=check, born_on=born_on):
                remember(request, patient.pk, born_on)
                return _to_question(actor, token, _first_open(asked_in(check)))
            check_by_link(request.clinic, token, at=timezone.now())  # the fifth wrong one has closed the link
            error = not_hers(born_on)
        except InvalidValue as refusal:
            error = refusal.message
    if not error and is_known(request, patient.pk, patient.born_on):
        return _to_question(actor, token, _first_open(asked_in(check)))
    return render(
        request,
        "portal/door.html",
        {"error": error, "typed": request.POST.get("born_on", "")},
        status=422 if error else 200,
    )


@by_link
def question(request: HttpRequest, actor: Actor, token: str, number: int) -> HttpResponse:
    """One question; the last answer sends them. Back shows what was answered."""
    check = check_by_link(request.clinic, token, at=timezone.now())
    patient = check.visit.course.patient
    if not is_known(request, patient.pk, patient.born_on):
        return redirect("portal:check", clinic=actor.clinic_slug, token=token)
    who, asked = patient_by_link(patient, request.clinic), asked_in(check)
    if check.completed_at or number > len(asked):
        aftercare.finish_check(by=who, at=timezone.now(), check=check)
        return render(request, "portal/check_done.html", _what_to_do(check, asked))
    number = max(1, number)
    row, error = asked[number - 1], ""
    if request.method == "POST":
        try:
            choice = _choice_of(request, row)
            aftercare.answer_check(by=who, at=timezone.now(), check=check, question=row.question.code, choice=choice)
            chosen = row.question.choice(choice)
            if chosen is not None and chosen.urgency is not Urgency.NONE:
                return redirect("portal:check_now", clinic=actor.clinic_slug, token=token, number=number)
            return _to_question(actor, token, number + 1)
        except InvalidValue as refusal:
            error = refusal.message
    context = {"row": row, "number": number, "n_step": number, "n_steps": len(asked), "token": token, "error": error}
    return render(request, "portal/check_question.html", context, status=422 if error else 200)


@by_link
def now(request: HttpRequest, actor: Actor, token: str, number: int) -> HttpResponse:
    """What to do now, after an answer that cannot wait."""
    check = check_by_link(request.clinic, token, at=timezone.now())
    patient = check.visit.course.patient
    if not is_known(request, patient.pk, patient.born_on):
        return redirect("portal:check", clinic=actor.clinic_slug, token=token)
    asked = asked_in(check)
    if gravest(asked) is Urgency.NONE:
        return _to_question(actor, token, number)
    context = _what_to_do(check, asked) | {"token": token, "next": number + 1, "is_last": number >= len(asked)}
    return render(request, "portal/check_now.html", context)


def _choice_of(request: HttpRequest, row: Asked) -> str:
    """The code of what she chose, empty for "skip"."""
    if request.POST.get("skip"):
        return ""
    choice = request.POST.get("choice", "")
    if row.question.choice(choice) is None:
        raise InvalidValue("Choose one of the answers, or skip this question.", field="choice")
    return choice


def _first_open(asked: list[Asked]) -> int:
    return next((n for n, row in enumerate(asked, start=1) if not row.is_answered), len(asked) + 1)


def _to_question(actor: Actor, token: str, number: int) -> HttpResponse:
    return redirect("portal:check_question", clinic=actor.clinic_slug, token=token, number=number)


def _what_to_do(check: AfterCheck, asked: list[Asked]) -> dict[str, Any]:
    urgency = gravest(asked)
    return {
        "is_emergency": urgency is Urgency.EMERGENCY,
        "is_today": urgency is Urgency.TODAY,
        "treated_on": check.visit.opened_at,
        "by": check.visit.practitioner.name,
        "page_token": page_link(check.visit.course.patient, visit_on=clinic_day(check.clinic, check.visit.opened_at)),
    }
