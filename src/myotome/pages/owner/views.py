"""What the owner sees: totals, the audit, break-glass with its reasons, when the last backup succeeded. No chart."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from myotome.clinic.audit.queries import events_for, last_good_backup_at
from myotome.clinic.booking.registrations import unregistered
from myotome.clinic.followup.licences import add_licence, end_licence, licensed
from myotome.clinic.learning.queries import totals_for
from myotome.clinic.needling.actions import resolve_incident
from myotome.clinic.needling.asks import answered_quickly
from myotome.clinic.needling.queries import incidents_open
from myotome.clinic.people.queries import opened_by_break_glass
from myotome.knowledge.measures import slots
from myotome.pages.access import for_roles
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, MyotomeError, NotFound


@for_roles(Role.OWNER)
def overview(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The clinic in numbers, and what needs the owner's eye."""
    return _overview(request, actor)


@for_roles(Role.OWNER)
def reviewed(request: HttpRequest, actor: Actor, incident: int) -> HttpResponse:
    """An incident reviewed by the owner. Who comes by the address, where a refusal leaves her, is led to the overview."""
    if request.method != "POST":
        if all(row.pk != incident for row in incidents_open(actor)):
            return HttpResponseNotAllowed(["POST"])
        return redirect("owner:overview", clinic=actor.clinic_slug)
    resolution = request.POST.get("resolution", "")
    try:
        resolve_incident(by=actor, at=timezone.now(), incident_id=incident, resolution=resolution)
    except NotFound:
        raise
    except MyotomeError as error:
        return _overview(request, actor, incident=incident, error=error)
    messages.success(request, _("The review is on record."))
    return redirect("owner:overview", clinic=actor.clinic_slug)


def _overview(
    request: HttpRequest, actor: Actor, *, incident: int | None = None, error: MyotomeError | None = None
) -> HttpResponse:
    context = {
        "totals": totals_for(actor),
        "last_backup_at": last_good_backup_at(),
        "opened": opened_by_break_glass(actor)[:20],
        "incidents": incidents_open(actor),
        "asks": answered_quickly(actor),
        "unregistered": ", ".join(row.name for row in unregistered(actor)),
        "at": timezone.now(),
        "refused": incident,
        "error": error,
        "typed": request.POST if error else {},
    }
    return render(request, "owner/overview.html", context, status=error.http_status if error else 200)


@for_roles(Role.OWNER)
def measures(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Measures whose text does not ship: which licences the clinic holds."""
    given, error = request.POST, None
    if request.method == "POST":
        try:
            if given.get("end"):
                end_licence(by=actor, at=timezone.now(), code=given["end"])
            else:
                words = {name: given.get(name, "") for name in ("code", "loinc", "licence")}
                add_licence(by=actor, at=timezone.now(), **words)
            messages.success(request, _("Saved."))
            return redirect("owner:measures", clinic=actor.clinic_slug)
        except InvalidValue as refusal:
            error = refusal
    context = {
        "held": [(slots()[code], row) for code, row in licensed(actor.clinic_id).items()],
        "slots": slots().values(),
        "error": error,
        "typed": given if error else {},
    }
    return render(request, "owner/measures.html", context, status=error.http_status if error else 200)


@for_roles(Role.OWNER)
def audit(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Who did or saw what, newest first."""
    page = Paginator(events_for(actor), 50).get_page(request.GET.get("page"))
    return render(request, "owner/audit.html", {"page": page})
