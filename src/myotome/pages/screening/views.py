"""The intake as its patient walks it: start, one question a screen, the answers looked over at the end.

Every screen is a plain form; each answer is on the server before the next question. The link in the address is the
whole state, a cookie on her own device only finds it again.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone

from myotome.clinic.screening.actions import answer_step, begin_intake, digest_of
from myotome.clinic.screening.by_link import intake_by_link, intake_link
from myotome.clinic.screening.queries import answers_in_words, can_book, contradictions_of, safety_of
from myotome.knowledge.screening import Step, content
from myotome.pages.access import by_link, public
from myotome.pages.screening import frames
from myotome.pages.screening.limits import check_may_begin
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import RedFlagLevel
from myotome.vocabulary.errors import InvalidValue, MyotomeError, NotFound

COOKIE = "intake"
COOKIE_DAYS = 7


@public
def start(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What the questions are for; begins them, or goes on where she stopped."""
    before = _remembered(request)
    booked = before is not None and before.submitted_at is not None
    if request.method != "POST":
        context = {"words": frames.wording(request.clinic), "before": before, "booked": booked}
        context["token"] = intake_link(before) if before else ""
        return render(request, "screening/start.html", context)
    if before is not None and not booked and request.POST.get("fresh") != "1":
        return redirect(_resume_url(request, before))
    check_may_begin(request)
    intake = begin_intake(by=actor, at=timezone.now(), instead_of=before.pk if before else None)
    token = intake_link(intake)
    return _remember(request, redirect("screening:step", actor.clinic_slug, token, content().steps[0].code), token)


@by_link
def step(request: HttpRequest, actor: Actor, token: str, step: str) -> HttpResponse:
    """One screen: shown with what is stored, saved, or shown again with what is wrong and every letter typed."""
    intake, asked = intake_by_link(request.clinic, token), content().step(step)
    if asked is None:
        raise NotFound("There is no such question.")
    if step == "safety" and request.method != "POST":
        return redirect(_safety_url(request, token, intake))
    if request.method != "POST":
        if intake.level == RedFlagLevel.EMERGENCY.value:
            return redirect("screening:stop", actor.clinic_slug, token)
        return _show(request, token, asked, intake, frames.stored(intake, asked))
    typed = {f.name: request.POST.getlist(f.name) for f in asked.fields}
    seen = request.POST.get("seen")
    try:
        done = answer_step(by=actor, at=timezone.now(), intake_id=intake.pk, step_code=step, typed=typed, seen=seen)
    except InvalidValue as error:
        return _show(request, token, asked, intake, typed, problems={error.field or "": error.message}, status=422)
    if done.problems:
        return _show(request, token, asked, done.intake, typed, problems=done.problems, status=422)
    if done.other is not None:
        return _show(request, token, asked, done.intake, typed, other=frames.stored(done.intake, asked), status=409)
    return redirect(frames.step_url(request, token, _after(step)))


@by_link
def check(request: HttpRequest, actor: Actor, token: str) -> HttpResponse:
    """All answers in words, what is still open or contradicts, and the way on to a time."""
    intake, at = intake_by_link(request.clinic, token), timezone.now()
    safety = safety_of(intake)
    if safety.level is RedFlagLevel.EMERGENCY:
        return redirect("screening:stop", actor.clinic_slug, token)
    again = contradictions_of(intake, at=at)
    context = {
        "token": token,
        "words": frames.wording(request.clinic),
        "intake": intake,
        "safety": safety,
        "again": [(one, content().step_of(one.fields[0])) for one in again],
        "answers": answers_in_words(intake, content=content()),
        "can_book": can_book(intake, at=at),
        "safety_url": _safety_url(request, token, intake),
        "back_url": frames.step_url(request, token, content().steps[-1].code),
        "n_step": len(content().steps) + 1,
        "n_steps": len(content().steps) + 1,
    }
    return render(request, "screening/check.html", context)


def _show(
    request: HttpRequest,
    token: str,
    step: Step,
    intake: Any,
    typed: dict[str, list[str]],
    *,
    problems: Any = None,
    other: dict[str, list[str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = frames.frame(request, token, step) | {
        "asked": frames.asked(step, typed, problems or {}),
        "problems": problems or {},
        "seen": digest_of(intake, step),
        "is_closed": intake.submitted_at is not None and bool(frames.stored(intake, step)),
        "is_kept": bool(intake.answers),
        "later_url": frames.later_url(request, token, step) if intake.submitted_at is None else "",
        "other": frames.asked(step, other, {}) if other is not None else None,
    }
    if step.code == "where":
        chosen = typed.get("regions", [])
        context |= {"places": frames.places(chosen), "chosen": chosen, "region_words": frames.region_words()}
    return render(request, "screening/step.html", context, status=status)


def _after(code: str) -> str:
    after = frames.neighbours(code)[1]
    return after.code if after else "check"


def _safety_url(request: HttpRequest, token: str, intake: Any) -> str:
    """The first open safety question, or the first of all; without a place that hurts, the question where."""
    safety = safety_of(intake)
    if not safety.asked:
        return frames.step_url(request, token, "where")
    return frames.safety_url(request, token, (safety.open or safety.asked)[0].code)


def _resume_url(request: HttpRequest, intake: Any) -> str:
    token = intake_link(intake)
    if intake.level == RedFlagLevel.EMERGENCY.value:
        return frames.step_url(request, token, "stop")
    return frames.step_url(request, token, _after(intake.step) if intake.step else content().steps[0].code)


def _remembered(request: HttpRequest) -> Any:
    """The intake that was begun on this device, or None."""
    try:
        return intake_by_link(request.clinic, request.COOKIES.get(COOKIE, ""))
    except MyotomeError:
        return None


def _remember(request: HttpRequest, answer: HttpResponseRedirect, token: str) -> HttpResponseRedirect:
    answer.set_cookie(
        COOKIE,
        token,
        max_age=COOKIE_DAYS * 86_400,
        path=f"/{request.clinic.slug}/intake/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return answer
