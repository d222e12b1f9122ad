"""What the owner sets about money: prices and taxes of the services, what stands on all receipts."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from myotome.clinic.booking.queries import services_for
from myotome.clinic.money import set_up as acts
from myotome.clinic.money.queries import book_of, taxes_of
from myotome.pages.access import for_roles
from myotome.pages.typed import whole
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import MyotomeError, NotFound
from myotome.vocabulary.money import Tax, TaxKind, cents_in, plain_amount, plain_rate, rate_in

owner = for_roles(Role.OWNER)


@owner
def set_up(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Prices, taxes, and the words on all receipts."""
    return render(request, "money/set_up.html", _page(actor))


@owner
@require_POST
def change(request: HttpRequest, actor: Actor, what: str) -> HttpResponse:
    """One of them changed."""
    if what not in CHANGES:
        raise NotFound("There is nothing here that you can see.")
    try:
        CHANGES[what](actor, request.POST)
    except NotFound:
        raise
    except MyotomeError as error:
        context = _page(actor, what, request.POST) | {"error": error}
        return render(request, "money/set_up.html", context, status=error.http_status)
    messages.success(request, _("Saved."))
    return redirect("money:set_up", clinic=actor.clinic_slug)


def _page(actor: Actor, what: str = "", typed: QueryDict | None = None) -> dict[str, Any]:
    taxes, book = taxes_of(actor), book_of(actor)
    services = []
    for row in services_for(actor):
        tax = taxes.get(row.pk)
        shown = _shown(tax.as_value() if tax else Tax())
        shown["price"] = plain_amount(row.price_cents)
        is_typed = what == "price" and typed is not None and typed.get("service") == str(row.pk)
        services.append((row, typed if is_typed else shown))
    fee = _shown(book.fee_tax)
    fee |= {"tax_number": book.tax_number, "foot": book.foot, "version": book.version}
    return {"services": services, "book": typed if what == "book" else fee, "kinds": list(TaxKind)}


def _shown(tax: Tax) -> dict[str, Any]:
    return {
        "tax_kind": tax.kind,
        "tax_name": tax.name,
        "tax_rate": plain_rate(tax.rate) if tax.rate else "",
        "second_tax_name": tax.second_name,
        "second_tax_rate": plain_rate(tax.second_rate) if tax.second_rate else "",
    }


def _price(actor: Actor, given: QueryDict) -> None:
    acts.set_price(
        by=actor,
        at=timezone.now(),
        service_id=whole(given.get("service", ""), "service"),
        price_cents=cents_in(given.get("price", ""), field="price"),
        **_tax(given),
    )


def _book(actor: Actor, given: QueryDict) -> None:
    tax = {f"fee_{FIELDS_OF_A_TAX[name]}": value for name, value in _tax(given).items()}
    acts.set_book(
        by=actor,
        at=timezone.now(),
        version=whole(given.get("version", ""), "version"),
        tax_number=given.get("tax_number", "").strip(),
        foot=given.get("foot", "").strip(),
        **tax,
    )


FIELDS_OF_A_TAX = {
    "kind": "tax_kind",
    "name": "tax_name",
    "rate": "tax_rate",
    "second_name": "second_tax_name",
    "second_rate": "second_tax_rate",
}


def _tax(given: QueryDict) -> dict[str, Any]:
    kind = given.get("tax_kind", "")
    if kind != TaxKind.RATED:
        return {"kind": kind}
    second = given.get("second_tax_rate", "").strip()
    return {
        "kind": kind,
        "name": given.get("tax_name", "").strip(),
        "rate": rate_in(given.get("tax_rate", ""), field="tax_rate"),
        "second_name": given.get("second_tax_name", "").strip(),
        "second_rate": rate_in(second, field="second_tax_rate") if second else 0,
    }


CHANGES = {"price": _price, "book": _book}
