"""A file of patients or visits: handed in, looked through row by row, and imported with one more tap."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from myotome.clinic.booking.importing import HandedIn, hand_in, handed_in, import_file, look_through
from myotome.clinic.booking.importing_rows import MOST_BYTES, Imported, Outcome
from myotome.clinic.booking.kept import set_up_of
from myotome.pages.access import for_roles
from myotome.pages.typed import whole_or_none
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import MyotomeError, NotFound, TooBig

desk = for_roles(Role.RECEPTIONIST, Role.PRACTITIONER)
MOST_SHOWN = 300


@desk
def hand_in_file(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The form, and after it what importing the file would do."""
    if request.method != "POST":
        return render(request, "booking/import.html", _page(actor))
    try:
        with transaction.atomic():
            file = _handed(request, actor)
            found = look_through(actor, file, at=timezone.now())
    except NotFound:
        raise
    except MyotomeError as error:
        context = _page(actor) | {"error": error, "typed": request.POST}
        return render(request, "booking/import.html", context, status=error.http_status)
    return _looked_through(request, actor, file, found)


@desk
@require_POST
def import_it(request: HttpRequest, actor: Actor, handed: int) -> HttpResponse:
    """Everything in the file, or nothing with the reasons."""
    at = timezone.now()
    file = handed_in(actor, handed, at=at)
    done = import_file(by=actor, at=at, file=file)
    if done.n_faults:
        return _looked_through(request, actor, file, done)
    if not done.rows:
        messages.info(request, _("This file has been imported already."))
    else:
        messages.success(
            request,
            _("Imported: %(new)s new, %(known)s known already.") % {"new": done.n_new, "known": done.n_known},
        )
    return redirect("booking:import", clinic=actor.clinic_slug)


def _handed(request: HttpRequest, actor: Actor) -> HandedIn:
    upload = request.FILES.get("file")
    if upload is not None and (upload.size or 0) > MOST_BYTES:
        raise TooBig("The file is larger than {most} MB. Divide it.", field="file", most=MOST_BYTES // 1_000_000)
    return hand_in(
        by=actor,
        at=timezone.now(),
        kind=request.POST.get("kind", ""),
        name=(upload.name or "") if upload is not None else "",
        content=upload.read() if upload is not None else b"",
        day_order=request.POST.get("day_order", ""),
        practitioner_id=whole_or_none(request.POST.get("practitioner", "")),
        service_id=whole_or_none(request.POST.get("service", "")),
    )


def _looked_through(request: HttpRequest, actor: Actor, file: HandedIn, found: Imported) -> HttpResponse:
    in_order = sorted(found.rows, key=lambda row: (row.outcome is not Outcome.FAULT, row.number))
    context = _page(actor) | {"file": file, "found": found, "rows": in_order[:MOST_SHOWN]}
    context |= {"n_more": len(in_order) - MOST_SHOWN, "typed": request.POST}
    return render(request, "booking/import.html", context, status=422 if found.n_faults else 200)


def _page(actor: Actor) -> dict[str, Any]:
    known = set_up_of(actor.clinic_id)
    return {
        "practitioners": [row for row in known.practitioners.values() if row.is_active],
        "services": [row for row in known.services.values() if row.is_active],
    }
