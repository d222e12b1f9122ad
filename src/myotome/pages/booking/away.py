"""Somebody is away: her day closed at the desk, the visits to be moved, and the day opened again."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from myotome.clinic.booking.clocks import zone_of_practitioner
from myotome.clinic.booking.closing import away_from, close_day, left_behind, open_again
from myotome.clinic.booking.kept import set_up_of
from myotome.clinic.people.queries import practitioners_for
from myotome.pages.access import for_roles
from myotome.pages.booking.blocks import filled_in, said_given_back
from myotome.pages.typed import a_day, whole
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, MyotomeError, NotFound

desk = for_roles(Role.RECEPTIONIST, Role.PRACTITIONER)
TYPED = ("practitioner", "on", "reason")


@desk
def away(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Who is away from today on, whose visits are left behind, and the form to close one more day."""
    given, error = request.POST, None
    if request.method == "POST":
        try:
            close_day(
                by=actor,
                at=timezone.now(),
                on=a_day(given.get("on", ""), "on"),
                practitioner_id=whole(given.get("practitioner", ""), "practitioner"),
                reason=given.get("reason", ""),
            )
            messages.success(request, _("Closed."))
            return redirect("booking:away", clinic=actor.clinic_slug)
        except NotFound:
            raise
        except MyotomeError as refusal:
            error = refusal
    context: dict[str, Any] = {
        "practitioners": list(practitioners_for(actor)),
        "days": away_from(actor, today=timezone.localdate()),
        "left": left_behind(actor, at=timezone.now()),
        "may_move": True,
        "typed": given or filled_in(request, TYPED),
        "error": error,
    }
    return render(request, "booking/away.html", context, status=error.http_status if error else 200)


@desk
@require_POST
def again(request: HttpRequest, actor: Actor) -> HttpResponse:
    """She is there after all, unless she would be at two places; the form stands as it was filled in, to close it again."""
    at, page = timezone.now(), redirect("booking:away", clinic=actor.clinic_slug)
    try:
        was = open_again(by=actor, at=at, day_id=whole(request.POST.get("day", ""), "day"))
    except InvalidValue as refusal:
        messages.error(request, refusal.message)
        return page
    if was is None:
        messages.success(request, _("Open again."))
        return page
    zone = ZoneInfo(zone_of_practitioner(set_up_of(actor.clinic_id), was.practitioner_id, was.on))
    messages.success(request, said_given_back(actor, at, zone, _("Open again.")))
    page["Location"] += f"?{urlencode({'practitioner': was.practitioner_id, 'on': was.on, 'reason': was.reason})}"
    return page
