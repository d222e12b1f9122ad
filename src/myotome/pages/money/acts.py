"""Writing money: a visit charged, paid, given back, taken back, and the day closed. A wrong word keeps the typing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from myotome.clinic.money import actions, days, payments, queries
from myotome.clinic.pathway.day_end import SignedFor, day_closed
from myotome.pages.access import for_roles
from myotome.pages.money.views import day_page, document_page
from myotome.pages.money.words import day_or_none, fresh_key, key_in, parts_in, place_or_none
from myotome.pages.signing import second_signature
from myotome.science.money.amounts import taxed
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, MyotomeError, NotFound
from myotome.vocabulary.money import Insurance, PaymentMethod, cents_in

writers = for_roles(Role.RECEPTIONIST, Role.OWNER)


@writers
def charge(request: HttpRequest, actor: Actor, appointment: int) -> HttpResponse:
    """A visit, or not keeping it, charged; from here straight on to its payment."""
    visit, at, given = actions.visit_to_charge(actor, appointment), timezone.now(), request.POST
    error: MyotomeError | None = None
    if request.method == "POST":
        try:
            actions.charge_visit(
                by=actor,
                at=at,
                appointment_id=visit.pk,
                net_cents=cents_in(given.get("price", ""), field="price"),
                on=day_or_none(given),
                reason=given.get("reason", ""),
                **_insurance(given),
            )
            messages.success(request, _("Charged."))
            return redirect("money:pay", clinic=actor.clinic_slug, patient=visit.patient_id)
        except NotFound:
            raise
        except MyotomeError as refusal:
            error = refusal
    price, tax = actions.price_of(actor, visit)
    context = _form(visit.place, error, given) | {
        "appointment": visit,
        "standing": queries.charge_of_visit(actor, visit.pk),
        "kind": actions.kind_of_charge(visit),
        "may_charge": actions.can_charge(visit),
        "price_cents": price,
        "tax": tax,
        "taxed": taxed(price, *tax.rates),
        "insured": _insured(given, queries.last_insured(actor, visit.patient_id)),
    }
    return render(request, "money/charge.html", context, status=error.http_status if error else 200)


@writers
def pay(request: HttpRequest, actor: Actor, patient: int) -> HttpResponse:
    """A payment for one or several visits with one practitioner, and its receipt."""
    account, given, error = queries.account_of(actor, patient), request.POST, None
    if request.method == "POST":
        try:
            made = payments.take_payment(
                by=actor,
                at=timezone.now(),
                patient_id=account.patient.pk,
                parts=parts_in(given),
                method=given.get("method", ""),
                key=key_in(given),
                on=day_or_none(given),
                reference=given.get("reference", ""),
                place_id=place_or_none(given),
                **_insurance(given),
            )
            return redirect("money:document", clinic=actor.clinic_slug, payment=made.pk)
        except NotFound:
            raise
        except MyotomeError as refusal:
            error = refusal
            account = queries.account_of(actor, patient)
    asked = request.GET.get("with", "") or given.get("with", "")
    charges = account.open_charges
    practitioners = {row.practitioner_id: row.practitioner for row in charges}
    chosen = next((pk for pk in practitioners if str(pk) == asked), next(iter(practitioners), None))
    rows = [row for row in charges if row.practitioner_id == chosen]
    places = days.places_of(actor)
    where = _where(places, given, rows[0].place if rows else places[0])
    context = _form(where, error, given, places) | {
        "account": account,
        "rows": [(row, given.get(f"part-{row.pk}", "")) for row in rows],
        "practitioners": practitioners,
        "chosen": chosen,
        "insured": _insured(given, next((row for row in rows if row.insurance != Insurance.NONE), None)),
        "sum_cents": sum(row.owed_cents for row in rows),
    }
    return render(request, "money/pay.html", context, status=error.http_status if error else 200)


@writers
def refund(request: HttpRequest, actor: Actor, payment: int) -> HttpResponse:
    """What goes back of a receipt, and whether it is owed again."""
    given, error = request.POST, None
    if request.method == "POST":
        try:
            made = payments.refund(
                by=actor,
                at=timezone.now(),
                payment_id=payment,
                parts=parts_in(given),
                method=given.get("method", ""),
                reason=given.get("reason", ""),
                key=key_in(given),
                on=day_or_none(given),
                is_owed_again=given.get("owed") == "again",
                reference=given.get("reference", ""),
                place_id=place_or_none(given),
            )
            return redirect("money:document", clinic=actor.clinic_slug, payment=made.pk)
        except NotFound:
            raise
        except MyotomeError as refusal:
            error = refusal
    page, places = document_page(actor, payment), days.places_of(actor)
    context = _form(_where(places, given, page["payment"].place), error, given, places) | page
    context["rows"] = [
        (line.charge, page["refundable"][line.charge_id], given.get(f"part-{line.charge_id}", ""))
        for line in queries.lines_of(page["payment"])
        if line.charge_id in page["refundable"]
    ]
    return render(request, "money/refund.html", context, status=error.http_status if error else 200)


@writers
def take_back(request: HttpRequest, actor: Actor, charge: int) -> HttpResponse:
    """A charge, or a part of it, that is not owed after all."""
    given, error = request.POST, None
    if request.method == "POST":
        try:
            row = actions.take_back(
                by=actor,
                at=timezone.now(),
                charge_id=charge,
                reason=given.get("reason", ""),
                cents=cents_in(given.get("amount", ""), field="amount"),
                on=day_or_none(given),
            )
            messages.success(request, _("Taken back."))
            return redirect("money:account", clinic=actor.clinic_slug, patient=row.patient_id)
        except NotFound:
            raise
        except MyotomeError as refusal:
            error = refusal
    row = queries.charge_for(actor, charge)
    context = _form(row.place, error, given) | {"charge": row}
    return render(request, "money/take_back.html", context, status=error.http_status if error else 200)


@writers
@require_POST
def close(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The day of a place closed with what was counted."""
    given = request.POST
    try:
        on = day_or_none(given)
        if on is None:
            raise InvalidValue("Which day?", field="on")
        counted = {
            method: cents_in(given[method.value], field=method.value)
            for method in PaymentMethod
            if given.get(method.value, "").strip()
        }
        signed = None
        if given.get("needles_reason", "").strip() or given.get("witness_password"):
            signed = SignedFor(given.get("needles_reason", ""), second_signature(request, actor))
        place = place_or_none(given)
        day_closed(
            by=actor, at=timezone.now(), on=on, counted=counted, note=given.get("note", ""), signed=signed,
            place_id=place,
        )  # fmt: skip
    except NotFound:
        raise
    except MyotomeError as error:
        context = day_page(actor, given) | {"error": error, "typed": given}
        return render(request, "money/day.html", context, status=error.http_status)
    messages.success(request, _("The day is closed."))
    return redirect(f"/{actor.clinic_slug}/money/?on={on}" + (f"&place={place}" if place else ""))


def _insurance(given: Any) -> dict[str, str]:
    return {
        "insurance": given.get("insurance", "") or Insurance.NONE.value,
        "insurer": given.get("insurer", ""),
        "claim_number": given.get("claim_number", ""),
    }


def _insured(given: Any, before: Any) -> dict[str, str]:
    """What was typed; on a fresh form what stands on an earlier charge."""
    if given or before is None:
        return _insurance(given)
    return {name: getattr(before, name) for name in ("insurance", "insurer", "claim_number")}


def _where(places: Sequence[Any], given: Any, otherwise: Any) -> Any:
    """The place that was chosen on the form, or the one it begins with."""
    return next((row for row in places if str(row.pk) == given.get("place")), otherwise)


def _form(place: Any, error: MyotomeError | None, given: Any, places: Sequence[Any] = ()) -> dict[str, Any]:
    its = days.days_of(place, timezone.now())
    return {
        "place": place,
        "places": places,
        "error": error,
        "typed": given,
        "key": given.get("key", "") or fresh_key(),
        "methods": list(PaymentMethod),
        "insurances": list(Insurance),
        "today": its.today,
        "next_open": its.next_open,
    }
