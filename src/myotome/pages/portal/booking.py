"""She books her next treatment: free times, what she would book with its policy, and booked at once. By link or account."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from myotome.clinic.booking.actions import fresh_key
from myotome.clinic.booking.clocks import zone_then
from myotome.clinic.booking.her_holds import own_key
from myotome.clinic.booking.queries import practitioner_name
from myotome.clinic.booking.rules import rules_for
from myotome.clinic.pathway.own_booking import OwnChoice, own_choices, own_hold, own_time_held, own_visit_booked
from myotome.clinic.people.links import link_token
from myotome.pages.access import for_roles
from myotome.pages.booking.limits import check_may_hold
from myotome.pages.booking.offers import DAYS_AT_A_LOOK, Day, days_with_offers, fitting, start_from, week_of
from myotome.pages.portal.known import behind_birth_date
from myotome.pages.typed import whole_or_none
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import MyotomeError


@behind_birth_date
def book_by_link(request: HttpRequest, actor: Actor, token: str) -> HttpResponse:
    """By link, behind her birth date."""
    return _book(request, actor, token)


@for_roles(Role.PATIENT)
def book(request: HttpRequest, actor: Actor) -> HttpResponse:
    """With her account."""
    return _book(request, actor)


def _book(request: HttpRequest, actor: Actor, token: str = "") -> HttpResponse:
    """Free times; with a time chosen what she books and the policy; posted, the visit. An error comes with free times."""
    given, error = request.POST or request.GET, None
    if given.get("start"):
        try:
            return _chosen(request, actor, token)
        except MyotomeError as refusal:
            error = refusal
    found = own_choices(actor, at=timezone.now())
    choice = next((row for row in found.choices if str(row.service.pk) == given.get("service")), None)
    choice = choice or next(iter(found.choices), None)
    page, anybody = _week(request, choice), given.get("with") == "anybody"
    days = _days(request, actor, choice, page=page, anybody=anybody) if choice else []
    if choice and not days and "page" not in request.GET:
        page += 1
        days = _days(request, actor, choice, page=page, anybody=anybody)
    context: dict[str, Any] = {
        "token": token,
        "choices": found.choices,
        "choice": choice,
        "why_not": found.why_not,
        "anybody": anybody,
        "page": page,
        "days": days,
        "error": error,
    }
    return render(request, "portal/book.html", context, status=error.http_status if error else 200)


def _week(request: HttpRequest, choice: OwnChoice | None) -> int:
    """The week that was asked for; at first the one in which her plan lets her come again."""
    if choice is None or "page" in request.GET:
        return week_of(request.GET.get("page", ""))
    at, zone = timezone.now(), request.clinic.time_zone
    ahead = choice.first_day(at, zone) - at.astimezone(ZoneInfo(zone)).date()
    return ahead.days // DAYS_AT_A_LOOK


def _days(request: HttpRequest, actor: Actor, choice: OwnChoice, *, page: int, anybody: bool) -> list[Day]:
    """The week's free times that keep the least distance to her other visits."""
    held = own_hold(actor, at=timezone.now())
    days = days_with_offers(
        actor,
        choice.service,
        page=page,
        at=timezone.now(),
        zone=request.clinic.time_zone,
        practitioner_id=None if anybody else choice.practitioner_id,
        patient_id=actor.patient_id,
        holds=[held] if held else [],
    )
    return fitting(days, choice.fits)


def _chosen(request: HttpRequest, actor: Actor, token: str) -> HttpResponse:
    """The time that was chosen: kept and shown with the policy, or booked.

    Raises:
        MyotomeError: why it cannot be.
    """
    given, now = request.POST or request.GET, timezone.now()
    start, _bar, who = given.get("start", "").partition("|")
    wanted = {
        "by": actor,
        "at": now,
        "service_id": whole_or_none(given.get("service", "")) or 0,
        "practitioner_id": whole_or_none(who) or 0,
        "starts_at": start_from(start),
    }
    if request.method == "POST":
        booked = own_visit_booked(**wanted, key=given.get("key", ""))
        manage = link_token("appointment", booked.pk, booked.link_version)
        return redirect("booking:manage", clinic=actor.clinic_slug, token=manage)
    check_may_hold(request, own_key(actor.patient_id))
    hold = own_time_held(**wanted)
    context = {
        "token": token,
        "hold": hold,
        "service": hold.service,
        "practitioner": practitioner_name(actor, wanted["practitioner_id"]),
        "start": f"{start}|{who}",
        "zone": zone_then(actor.clinic_id, wanted["practitioner_id"], wanted["starts_at"]),
        "rules": rules_for(actor.clinic_id),
        "key": fresh_key(),
    }
    return render(request, "portal/book_this.html", context)
