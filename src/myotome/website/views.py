"""The few pages that belong to no stage: the door, the lock, error pages."""

from __future__ import annotations

import sys
from datetime import datetime

from allauth.account.adapter import get_adapter
from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from myotome.clinic.needling.actions import call_all_out
from myotome.clinic.needling.hearing import hear_device
from myotome.clinic.needling.queries import TreatmentVisit, visits_above_the_lock
from myotome.clinic.people.queries import actor_of, clinics, clinics_of, home_path
from myotome.pages.access import error_context, public, signed_in
from myotome.pages.templatetags.needling import initials
from myotome.pages.typed import whole_or_none
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.errors import Busy, NotFound

SECONDS_TO_COME_BACK = 10


@public
def door(request: HttpRequest) -> HttpResponse:
    """Staff go to their clinic's day, the public to the only clinic or to a list."""
    if request.user.is_authenticated and (path := home_path(request.user)):
        return redirect(path)
    rows = list(clinics()[:50])
    if len(rows) == 1:
        return redirect("public:front", clinic=rows[0].slug)
    return render(request, "website/door.html", {"clinics": rows})


@signed_in
def workplaces(request: HttpRequest) -> HttpResponse:
    """The clinics in which the user works, to choose from."""
    return render(request, "website/workplaces.html", {"clinics": clinics_of(request.user)})


@signed_in
@require_http_methods(["GET", "POST"])
def locked(request: HttpRequest) -> HttpResponse:
    """The lock: her password opens it; what was typed before is shown again, ready to be sent."""
    error, context = "", {"above": _above_the_lock(request), "at": timezone.now()}
    if request.method == "POST":
        try:
            # The adapter counts wrong passwords together with those of the login page.
            user = get_adapter(request).authenticate(
                request, email=request.user.email, password=request.POST.get("password", "")
            )
        except ValidationError as refusal:
            return render(request, "website/locked.html", context | {"error": " ".join(refusal.messages)}, status=429)
        if user is not None and user.pk == request.user.pk:
            request.session["locked"] = False
            request.session["touched_at"] = int(timezone.now().timestamp())
            held = request.session.pop("held_form", None)
            if held:
                return render(request, "website/held_form.html", {"held": held})
            return redirect(request.session.pop("locked_path", "/"))
        error = _("That is not the password of this account.")
    return render(request, "website/locked.html", context | {"error": error}, status=200 if not error else 422)


@signed_in
@require_POST
def locked_all_out(request: HttpRequest, visit: int) -> HttpResponse:
    """ "All out now" from the lock, for a visit of hers with needles in; everything else waits for the password."""
    for actor in _selves(request):
        if any(row.pk == visit for row, _n, _since in visits_above_the_lock(actor)):
            sent = request.POST.get("client_id", "")[:64]
            call_all_out(by=actor, at=timezone.now(), visit_id=visit, client_id=sent)
            return redirect("locked")
    raise NotFound("There is nothing here that you can see.")


@signed_in
@require_POST
def beat(request: HttpRequest) -> HttpResponse:
    """A device of hers is there, locked or not; the answer says for which visits it has to sound, by initials."""
    at, rows = timezone.now(), []
    shown = {pk for said in request.POST.getlist("visit")[:50] if (pk := whole_or_none(said)) is not None}
    for actor in _selves(request):
        for one in hear_device(by=actor, at=at, visit_ids=shown):
            rows.append(
                {
                    "visit": one.visit.pk,
                    "path": reverse("needling:chart", kwargs={"clinic": actor.clinic_slug, "visit": one.visit.pk}),
                    "who": initials(one.visit.course.patient),
                    "room": one.visit.room.name if one.visit.room else "",
                    "n": one.n_in,
                    "since": one.since.isoformat() if one.since else "",
                    "due_s": (one.due_at - one.since).total_seconds() if one.due_at and one.since else None,
                }
            )
    answer = JsonResponse({"visits": rows})
    answer["Cache-Control"] = "no-store"
    return answer


@signed_in
def device(request: HttpRequest) -> HttpResponse:
    """What this device keeps, and its PIN; the PIN never leaves the device."""
    return render(request, "website/this_device.html")


def _selves(request: HttpRequest) -> list[Actor]:
    """The user in each clinic where she works."""
    return [actor_of(request.user, clinic) for clinic in clinics_of(request.user)]


def _above_the_lock(request: HttpRequest) -> list[tuple[TreatmentVisit, int, datetime | None]]:
    return [row for actor in _selves(request) for row in visits_above_the_lock(actor)]


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token has run out: said in words, with the way out."""
    context = {
        "message": _("This page was open for too long. Go back, reload it, and send it again."),
        "slug": "csrf",
        "status": 403,
    }
    return render(request, "website/error.html", context, status=403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    context = {"message": _("There is nothing here that you can see."), "slug": "not-found", "status": 404}
    return render(request, "website/error.html", context, status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 when it is the database that does not answer; without asking it for anything."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return _database_away()
    context = {"message": _("Something went wrong on our side. Nothing was saved."), "slug": "fault", "status": 500}
    return render(request, "website/error.html", context, status=500)


def _database_away() -> HttpResponse:
    """Somebody else writes for too long, or the database is gone: said in words, with when to come back.

    The page is drawn without the request, whose user and messages lie in the database.
    """
    error = Busy(_("The clinic's records do not answer at the moment."))
    page = render_to_string("website/error.html", error_context(error))
    return HttpResponse(page, status=error.http_status, headers={"Retry-After": str(SECONDS_TO_COME_BACK)})
