"""The intake for the staff: the practitioner's summary, and the safety questions asked by telephone.

Reception asks and types; it is told only what booking must know (go on, call first, emergency), never the answers.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from myotome.clinic.people.queries import patient_for
from myotome.clinic.screening.aloud import answer_aloud
from myotome.clinic.screening.queries import summary_of
from myotome.knowledge.screening import content
from myotome.pages.access import for_roles
from myotome.pages.screening import frames
from myotome.science.screening.levels import questions_for
from myotome.science.screening.reading import regions_of
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import RedFlagLevel, Role, SafetyAnswer
from myotome.vocabulary.errors import InvalidValue

LEVEL_WORDS = {
    "emergency": _("Asked first"),
    "call_first": _("Asked next"),
    "tell": _("Asked last"),
}
SIGNS = {
    "emergency": ("stop", _("STOP")),
    "call_first": ("ask", _("ASK")),
    "tell": ("note", _("NOTE")),
    "none": ("note", _("NOTE")),
}


@for_roles(Role.PRACTITIONER)
def summary(request: HttpRequest, actor: Actor, intake: int) -> HttpResponse:
    """What the answers say, for the practitioner: flags, reasons with their answers, everything else in words."""
    found = summary_of(actor, intake, at=timezone.now())
    flags = [(flag, *SIGNS[flag.level.value]) for flag in found.safety.raised]
    context = {"summary": found, "patient": found.patient, "flags": flags}
    return render(request, "screening/summary.html", context)


@for_roles(Role.RECEPTIONIST, Role.PRACTITIONER)
def phone(request: HttpRequest, actor: Actor, patient: int) -> HttpResponse:
    """First the places, then the questions of those places, read aloud; saved all at once, then on to booking.

    Somebody who says no to every question of a group is answered with one touch; each question is still answered.
    """
    given = (request.POST or request.GET).copy()
    chosen = given.getlist("regions")
    flags = questions_for(regions_of(chosen), content().flags)
    no_to = given.get("no_to", "")
    for flag in flags:
        if flag.level.value == no_to and flag.code not in given:
            given[flag.code] = SafetyAnswer.NO.value
    groups = [
        (level, LEVEL_WORDS[level], [(flag, given.get(flag.code, "")) for flag in rows])
        for level, rows in ((key, list(found)) for key, found in groupby(flags, key=lambda flag: flag.level.value))
    ]
    context = {
        "patient": patient_for(actor, patient),
        "places": frames.places(chosen),
        "chosen": chosen,
        "groups": groups,
        "given_no_to": no_to,
        "open_group": _first_open(groups),
        "words": frames.wording(request.clinic),
    }
    if request.method != "POST" or no_to:
        return render(request, "screening/phone_call.html", context)
    try:
        intake = answer_aloud(
            by=actor, at=timezone.now(), patient_id=patient, regions=chosen, answers=dict(request.POST.items())
        )
    except InvalidValue as error:
        return render(request, "screening/phone_call.html", context | {"problem": error}, status=error.http_status)
    if intake.level == RedFlagLevel.EMERGENCY.value:
        return render(request, "screening/phone_emergency.html", context)
    return redirect(_booking(actor, patient))


def _first_open(groups: list[tuple[str, Any, list[tuple[Any, str]]]]) -> str:
    return next((level for level, _words, rows in groups if not all(answer for _flag, answer in rows)), "")


def _booking(actor: Actor, patient: int) -> str:
    try:
        return reverse("desk:book", kwargs={"clinic": actor.clinic_slug, "patient": patient})
    except NoReverseMatch:
        return reverse("desk:day", kwargs={"clinic": actor.clinic_slug})
