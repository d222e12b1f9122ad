"""What a tablet may keep while its network fails, and when an act happened that it sent later.

A chart is kept only of a visit that is open, of today, and the practitioner's own or handed to her; the answer says so
by a header, and the worker keeps nothing that does not carry it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET

from myotome.clinic.needling.queries import TreatmentVisit, open_visits_of
from myotome.pages.access import for_roles
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role

KEEP = "X-Myotome-Keep"
LONGEST_LATE = timedelta(hours=24)


@for_roles(Role.PRACTITIONER)
@require_GET
def kept(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The charts that this practitioner's tablet may keep now: her open visits of today."""
    at = timezone.now()
    visits = [row for row in open_visits_of(actor) if may_keep(row, actor, at)]
    paths = [reverse("needling:chart", kwargs={"clinic": actor.clinic_slug, "visit": row.pk}) for row in visits]
    answer = JsonResponse({"user": str(actor.user_id), "day": str(timezone.localdate(at)), "paths": paths})
    answer["Cache-Control"] = "no-store"
    return answer


def may_keep(visit: TreatmentVisit, actor: Actor, at: datetime) -> bool:
    """True for an open visit of today that is hers or was handed to her."""
    is_today = timezone.localdate(visit.opened_at) == timezone.localdate(at)
    hers = actor.practitioner_id is not None and actor.practitioner_id in (visit.practitioner_id, visit.handed_to_id)
    return visit.closed_at is None and is_today and hers


def say_whether_kept(answer: HttpResponse, visit: TreatmentVisit, actor: Actor, at: datetime) -> HttpResponse:
    """The chart's answer with the word for the worker, or without it."""
    if may_keep(visit, actor, at):
        answer[KEEP] = f"{actor.user_id} {timezone.localdate(at)}"
    return answer


def told_at(data: Mapping[str, Any], at: datetime) -> datetime:
    """When the act happened, by the device's own clock: `at` less the time between `device_at` and `device_now`.

    Both are read from one clock, so that a clock that is wrong by a day shifts nothing. A time before now by more
    than a day, or after now, is not believed: it is now.
    """
    try:
        then, now = (parse_datetime(str(data.get(name) or "")) for name in ("device_at", "device_now"))
    except ValueError:
        return at
    if then is None or now is None or then.tzinfo is None or now.tzinfo is None:
        return at
    late = now - then
    return at - late if timedelta(0) <= late <= LONGEST_LATE else at
