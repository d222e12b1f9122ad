"""Reading money: the day, what is owed, one account, one document on the screen and on paper."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone

from myotome.clinic.money import days, queries
from myotome.clinic.needling.day_end import unaccounted_on
from myotome.exchange.paper import pdf_of
from myotome.pages.access import for_roles
from myotome.pages.typed import day_asked
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role

SHOWN = 40
readers = for_roles(Role.RECEPTIONIST, Role.OWNER, Role.PRACTITIONER)


@readers
def day(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What one day took at a place, by way to pay and document by document; the form to close it."""
    return render(request, "money/day.html", day_page(actor, request.GET))


@readers
def owed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What is owed, the oldest first, and visits that nobody has charged yet."""
    at = timezone.now()
    uncharged, charges = queries.uncharged(actor, at=at), queries.owed_list(actor)
    context = {
        "charges": charges,
        "uncharged": uncharged[:SHOWN],
        "n_more": max(0, len(uncharged) - SHOWN),
        "n_owed": len(charges) if len(charges) < queries.MOST_ROWS else queries.n_owed(actor),
        "owed_cents": queries.owed_cents(actor),
        "may_write": may_write(actor),
    }
    return render(request, "money/owed.html", context)


@readers
def account(request: HttpRequest, actor: Actor, patient: int) -> HttpResponse:
    """All money between one patient and the clinic."""
    found = queries.account_of(actor, patient)
    return render(request, "money/account.html", {"account": found, "may_write": may_write(actor)})


@readers
def document(request: HttpRequest, actor: Actor, payment: int) -> HttpResponse:
    """One receipt or refund as it was given out."""
    return render(request, "money/document.html", document_page(actor, payment))


@readers
def paper(request: HttpRequest, actor: Actor, payment: int) -> HttpResponse:
    """The same as a tagged PDF."""
    return paper_of(request, actor, payment)


def paper_of(request: HttpRequest, actor: Actor, payment: int) -> HttpResponse:
    """The document as a tagged PDF, for everybody who may see it."""
    page = document_page(actor, payment)
    html = render_to_string("money/paper.html", page, request)
    answer = HttpResponse(pdf_of(html, faces=settings.TYPEFACES), content_type="application/pdf")
    said = page["document"]
    answer["Content-Disposition"] = f'inline; filename="{said.kind}-{said.number}.pdf"'
    answer["Cache-Control"] = "no-store"
    return answer


def document_page(actor: Actor, payment: int) -> dict[str, Any]:
    """What the pages of a document show."""
    row = queries.payment_for(actor, payment)
    return {
        "payment": row,
        "document": queries.document_of(row),
        "refundable": queries.refundable_of(row),
        "may_write": may_write(actor),
    }


def day_page(actor: Actor, asked: QueryDict) -> dict[str, Any]:
    """What the page of a day shows, of the place that was asked for; of the clinic's first place otherwise."""
    places = days.places_of(actor)
    place = next((row for row in places if str(row.pk) == asked.get("place")), places[0])
    its = days.days_of(place, timezone.now())
    shown = day_asked(asked.get("on", ""), its.today)
    documents = days.documents_on(actor, shown, place=place)
    totals = queries.totals_of(documents)
    return {
        "places": places,
        "place": place,
        "day": shown,
        "today": its.today,
        "before": shown - timedelta(days=1),
        "after": shown + timedelta(days=1),
        "documents": documents,
        "totals": totals,
        "received_cents": sum(total.received_cents for total in totals),
        "refunded_cents": sum(total.refunded_cents for total in totals),
        "charged_cents": days.charged_on(actor, shown, place=place),
        "owed_cents": queries.owed_cents(actor),
        "close": days.close_of(actor, shown, place=place),
        "is_open": its.is_open(shown),
        "next_open": its.next_open,
        "first_to_close": its.first_to_close(),
        "may_write": may_write(actor),
        "unaccounted": unaccounted_on(actor, shown, place=place) if may_write(actor) and shown <= its.today else [],
        "is_practitioner": actor.holds(Role.PRACTITIONER),
    }


def may_write(actor: Actor) -> bool:
    """True for who takes money: the desk and the owner."""
    return actor.holds(Role.RECEPTIONIST, Role.OWNER)
