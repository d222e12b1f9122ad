"""All free times of a window in one answer, for programs and for the desk: one request, one reading of the diary."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from myotome.clinic.booking.queries import free_times_in, service_for
from myotome.pages.access import for_roles
from myotome.pages.typed import a_day_or_none, whole
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.scheduling import TICK_SECONDS


@for_roles(Role.RECEPTIONIST, Role.PRACTITIONER)
def times(request: HttpRequest, actor: Actor) -> HttpResponse:
    """`{"tick_seconds", "practitioners": {id: name}, "free": [{"practitioner", "room", "ticks": [...]}, ...]}`.

    A start stands once for each practitioner, with the room it would take; a tick times `tick_seconds` is Unix time.

    Asked by `service`, `from` (a day, default today), `days` (1 to 62, default 28), `practitioner` (default anybody),
    `step` in minutes (default 15).
    """
    at = timezone.now()
    asked = request.GET
    found = free_times_in(
        actor,
        service=service_for(actor, whole(asked.get("service", ""), "service")),
        first_day=a_day_or_none(asked.get("from", ""), "from") or at.date(),
        n_days=whole(asked.get("days", "28"), "days"),
        at=at,
        practitioner_id=whole(asked["practitioner"], "practitioner") if "practitioner" in asked else None,
        step_minutes=whole(asked.get("step", "15"), "step"),
    )
    runs = [
        {"practitioner": run.practitioner, "room": run.room, "ticks": [found.first_tick + n for n in run.offsets]}
        for run in found.runs
    ]
    answer = {"tick_seconds": TICK_SECONDS, "practitioners": found.names, "free": runs}
    return HttpResponse(json.dumps(answer, separators=(",", ":")), content_type="application/json")
