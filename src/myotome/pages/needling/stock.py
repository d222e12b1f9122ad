"""The needle stock: what is on the shelf, received and corrected, and from a lot to those it was used in."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from myotome.clinic.needling import shelf, stocking
from myotome.clinic.people.days import clinic_day
from myotome.pages.access import for_roles
from myotome.pages.needling.chart import SIZES
from myotome.pages.needling.forms import whole
from myotome.pages.needling.sizes import size_from
from myotome.pages.typed import a_day_or_none
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, MyotomeError, NotFound

keepers = for_roles(*shelf.WHO_KEEPS_STOCK)
MOST = 100_000


@keepers
@require_safe
def stock(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Every lot with what is left, and the form to receive more."""
    return render(request, "needling/stock.html", _page(request, actor))


@keepers
@require_POST
def receive(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Needles received."""
    data = request.POST
    try:
        gauge, length, _lot = size_from(data.get("size", ""))
        if gauge is None or length is None:
            raise InvalidValue(_("Write the size as on the packet, like 0.30x50."), field="size")
        stocking.receive_needles(
            by=actor,
            at=timezone.now(),
            gauge_mm=gauge,
            length_mm=length,
            lot=data.get("lot", ""),
            n=_number(data, "n", _("Say how many came.")),
            expires_on=a_day_or_none(data.get("expires_on", ""), "expires_on"),
            low_at=_number(data, "low_at", _("Say from how few on more are ordered; 0 for never.")),
            maker=data.get("maker", ""),
        )
    except MyotomeError as error:
        context = _page(request, actor) | {"error": error, "typed": data}
        return render(request, "needling/stock.html", context, status=error.http_status)
    messages.success(request, _("On the shelf."))
    return redirect("needling:stock", clinic=actor.clinic_slug)


@keepers
def lot(request: HttpRequest, actor: Actor) -> HttpResponse:
    """One lot, by its `id`: what came and went, counted anew, set aside; without an id the whole shelf."""
    asked = whole(request.GET, "id", 1, 10**9)
    if asked is None:
        return redirect("needling:stock", clinic=actor.clinic_slug)
    row = shelf.lot_row(actor, asked)
    error, data = None, request.POST
    if request.method == "POST":
        try:
            if "why" in data:
                stocking.set_aside(by=actor, at=timezone.now(), lot_id=row.pk, why=_why(data))
            else:
                stocking.correct_lot(
                    by=actor,
                    at=timezone.now(),
                    lot_id=row.pk,
                    n_counted=_number(data, "n_counted", _("Say how many you counted.")),
                    reason=data.get("reason", ""),
                    expires_on=a_day_or_none(data.get("expires_on", ""), "expires_on"),
                    low_at=_number(data, "low_at", _("Say from how few on more are ordered; 0 for never.")),
                )
            messages.success(request, _("Saved."))
            return redirect(f"{request.path}?id={row.pk}")
        except NotFound:
            raise
        except MyotomeError as refused:
            error = refused
    context = {
        "row": row,
        "on_shelf": next(one for one in shelf.lots_of(actor) if one.id == row.pk),
        "changes": shelf.changes_of(row),
        "error": error,
        "typed": data if error else {},
    }
    return render(request, "needling/lot.html", context, status=error.http_status if error else 200)


@keepers
@require_safe
def lot_used(request: HttpRequest, actor: Actor) -> HttpResponse:
    """From a lot number to the visits in which it was used: whom a recall concerns."""
    asked = request.GET.get("lot", "").strip()[:40]
    uses = shelf.uses_of_lot(actor, asked, at=timezone.now())
    context = {
        "asked": asked,
        "uses": uses,
        "n_patients": len({use.visit.course.patient_id for use in uses}),
        "n_needles": sum(use.n for use in uses),
        "is_practitioner": actor.holds(Role.PRACTITIONER),
    }
    return render(request, "needling/lot_used.html", context)


def _page(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    on = clinic_day(request.clinic, timezone.now())
    counted = shelf.n_received_and_used(actor)
    rows = sorted(shelf.lots_of(actor), key=lambda one: (one.gauge_mm, one.length_mm, one.expires_on or date.max))
    return {
        "lots": [(one, *counted.get(one.id, (0, 0)), one.is_expired(on)) for one in rows],
        "sizes": SIZES,
        "typed": {},
    }


def _number(data: QueryDict, name: str, asked: str) -> int:
    n = whole(data, name, 0, MOST)
    if n is None:
        raise InvalidValue(asked, field=name)
    return n


def _why(data: QueryDict) -> str:
    if data.get("back"):
        return ""
    if not data.get("why", "").strip():
        raise InvalidValue(_("Please say why this lot is set aside."), field="why")
    return str(data["why"])
