"""Safety questions one at a time, and the three things they can lead to: stop, call first, go on.

Three plain buttons answer a question. Going back and answering less badly leads to a correction with a reason, never
to a silent change.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from myotome.clinic.pathway.safety import safety_answered
from myotome.clinic.screening.by_link import intake_by_link
from myotome.clinic.screening.queries import Safety, safety_of
from myotome.knowledge.screening import RedFlag, content
from myotome.pages.access import by_link
from myotome.pages.screening import frames
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import RedFlagLevel, SafetyAnswer
from myotome.vocabulary.errors import InvalidValue, NotFound


@by_link
def question(request: HttpRequest, actor: Actor, token: str, code: str) -> HttpResponse:
    """One safety question with yes, not sure and no; each button is the whole answer."""
    intake, flag = intake_by_link(request.clinic, token), _flag(code)
    if request.method != "POST":
        return render(request, "screening/safety.html", _frame(request, token, flag, safety_of(intake)))
    answer = _answer(request)
    if answer is None:
        context = _frame(request, token, flag, safety_of(intake)) | {"problem": content().problems["required"]}
        return render(request, "screening/safety.html", context, status=422)
    try:
        intake = safety_answered(by=actor, at=timezone.now(), intake_id=intake.pk, code=code, answer=answer)
    except InvalidValue:
        target = redirect("screening:correct", actor.clinic_slug, token, code)
        target["Location"] += f"?answer={answer.value}"
        return target
    return _go_on(request, token, safety_of(intake), code)


@by_link
def correct(request: HttpRequest, actor: Actor, token: str, code: str) -> HttpResponse:
    """A correction: the new answer and why; the first answer stays in the record and is shown beside it."""
    intake, flag = intake_by_link(request.clinic, token), _flag(code)
    safety = safety_of(intake)
    raised = next((row for row in safety.raised if row.code == code), None)
    if raised is None:
        return redirect("screening:safety", actor.clinic_slug, token, code)
    given = request.POST or request.GET
    context = _frame(request, token, flag, safety) | {
        "raised": raised,
        "answer": given.get("answer", SafetyAnswer.NO.value),
        "reason": given.get("reason", ""),
    }
    if request.method != "POST":
        return render(request, "screening/correct.html", context)
    try:
        answer = _answer(request) or SafetyAnswer.NOT_ASKED
        intake = safety_answered(
            by=actor, at=timezone.now(), intake_id=intake.pk, code=code, answer=answer, reason=context["reason"]
        )
    except InvalidValue as error:
        return render(request, "screening/correct.html", context | {"problem": error.message}, status=422)
    return _go_on(request, token, safety_of(intake), code)


@by_link
def stop(request: HttpRequest, actor: Actor, token: str) -> HttpResponse:
    """The emergency page: fixed words, the number to call, no booking."""
    safety = safety_of(intake_by_link(request.clinic, token))
    if safety.level is not RedFlagLevel.EMERGENCY:
        return redirect("screening:check", actor.clinic_slug, token)
    emergencies = [flag for flag in safety.raised if flag.level is RedFlagLevel.EMERGENCY]
    context = {"token": token, "words": frames.wording(request.clinic), "flags": emergencies}
    return render(request, "screening/stop.html", context)


@by_link
def call_first(request: HttpRequest, actor: Actor, token: str) -> HttpResponse:
    """Says that a practitioner phones before the time is confirmed, and, where it must be, to see a doctor today."""
    safety = safety_of(intake_by_link(request.clinic, token))
    if safety.level is RedFlagLevel.EMERGENCY:
        return redirect("screening:stop", actor.clinic_slug, token)
    step = content().step("safety")
    context = frames.frame(request, token, step) | {"safety": safety}  # type: ignore[arg-type]
    return render(request, "screening/call_first.html", context)


def _flag(code: str) -> RedFlag:
    flag = content().flag(code)
    if flag is None:
        raise NotFound("There is no such question.")
    return flag


def _answer(request: HttpRequest) -> SafetyAnswer | None:
    try:
        answer = SafetyAnswer(request.POST.get("answer", ""))
    except ValueError:
        return None
    return None if answer is SafetyAnswer.NOT_ASKED else answer


def _frame(request: HttpRequest, token: str, flag: RedFlag, safety: Safety) -> dict[str, Any]:
    step = content().step("safety")
    context = frames.frame(request, token, step)  # type: ignore[arg-type]
    codes = [one.code for one in safety.asked]
    place = codes.index(flag.code) if flag.code in codes else -1
    if place > 0:
        context["back_url"] = frames.safety_url(request, token, codes[place - 1])
    current = safety.current.get(flag.code)
    on = frames.safety_url(request, token, codes[place + 1]) if 0 <= place < len(codes) - 1 else None
    return context | {
        "flag": flag,
        "n_flag": place + 1,
        "n_flags": len(codes),
        "current": current.value if current else "",
        "on_url": on or frames.way_on(request, token, safety),
        "answers": [a.value for a in (SafetyAnswer.YES, SafetyAnswer.NOT_SURE, SafetyAnswer.NO)],
    }


def _go_on(request: HttpRequest, token: str, safety: Safety, code: str) -> HttpResponse:
    """To the stop page, to the next question that is open after this one, or on."""
    if safety.level is RedFlagLevel.EMERGENCY:
        return redirect("screening:stop", request.clinic.slug, token)
    codes = [one.code for one in safety.asked]
    later = [one for one in safety.open if code in codes and codes.index(one.code) > codes.index(code)]
    return redirect(
        frames.safety_url(request, token, later[0].code) if later else frames.way_on(request, token, safety)
    )
