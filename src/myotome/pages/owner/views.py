"""What the owner sees: totals, the audit, break-glass with its reasons, when the last backup succeeded. No chart."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from myotome.clinic.audit.queries import events_for, last_good_backup_at
from myotome.clinic.learning.queries import totals_for
from myotome.clinic.people.queries import opened_by_break_glass
from myotome.pages.access import for_roles
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role


@for_roles(Role.OWNER)
def overview(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The clinic in numbers, and what needs the owner's eye."""
    context = {
        "totals": totals_for(actor),
        "last_backup_at": last_good_backup_at(),
        "opened": opened_by_break_glass(actor)[:20],
    }
    return render(request, "owner/overview.html", context)


@for_roles(Role.OWNER)
def audit(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Who did or saw what, newest first."""
    page = Paginator(events_for(actor), 50).get_page(request.GET.get("page"))
    return render(request, "owner/audit.html", {"page": page})
