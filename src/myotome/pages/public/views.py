"""The public site: two treatments side by side in plain words, what is known of them, what this software is."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from myotome.clinic.booking.queries import free_times_for, services_for
from myotome.knowledge.evidence import evidence
from myotome.knowledge.screening import content
from myotome.pages.access import public
from myotome.pages.public.pictures import acupuncture_line, hero_plate, ims_line
from myotome.vocabulary.actors import Actor

DAYS_AHEAD = 14


@public
def front(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The front page of one clinic."""
    context = {
        "words": _fixed(request),
        "ims": ims_line(),
        "acupuncture": acupuncture_line(),
        "ims_known": evidence().named("ims_trials"),
        "acupuncture_known": evidence().named("acupuncture_pooled"),
        "ims_number": evidence().named("ims_number"),
        "plate": hero_plate(),
        "next_free": _next_free(request, actor, timezone.now()),
    }
    return render(request, "public/front.html", context)


@public
def known(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What is known and what is not, with figures and citations."""
    found = evidence()
    context = {"words": _fixed(request), "evidence": found, "groups": [(g, found.of(g)) for g in _ORDER]}
    return render(request, "public/known.html", context)


@public
def about(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Who we are, what the software is for, and what it is not."""
    return render(request, "public/about.html", {"words": _fixed(request), "content": content()})


def _next_free(request: HttpRequest, actor: Actor, at: datetime) -> dict[str, Any] | None:
    """The first free assessment of the next two weeks, by the clock of its place; None when there is none."""
    zone = ZoneInfo(request.clinic.time_zone)
    first = None
    for service in services_for(actor, for_new_patients=True)[:1]:
        offers = free_times_for(
            actor, service=service, first_day=at.astimezone(zone).date(), n_days=DAYS_AHEAD, at=at, step_minutes=15
        )
        if offers:
            first = {
                "starts": offers[0].starts_at,
                "zone": offers[0].zone,
                "minutes": sum(phase.minutes for phase in service.phases.all()),
                "practitioner": offers[0].practitioner_name,
            }
    return first


_ORDER = ("ims", "acupuncture", "both", "harm", "course", "tradition")


def _fixed(request: HttpRequest) -> dict[str, str]:
    values = {
        "clinic": request.clinic.name,
        "phone": request.clinic.phone,
        "emergency_number": request.clinic.emergency_number,
        "crisis_line": request.clinic.crisis_line,
    }
    return {code: text.filled(**values) for code, text in content().fixed.items()}
