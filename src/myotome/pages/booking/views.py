"""Booking by the patient: free times, who she is, confirmed; and change or cancel by link."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from myotome.clinic.booking import actions
from myotome.clinic.booking.clocks import zone_then
from myotome.clinic.booking.her_holds import held_by, intake_key
from myotome.clinic.booking.holds import hold_of, hold_time
from myotome.clinic.booking.notices import invitation_of
from myotome.clinic.booking.proving import asked_by_link, zone_of
from myotome.clinic.booking.queries import appointment_by_link, practitioner_name, service_for, services_for
from myotome.clinic.booking.rules import rules_for
from myotome.clinic.pathway.actions import Person, new_patient_booked
from myotome.clinic.pathway.asking import address_proved, time_asked
from myotome.clinic.pathway.spacing import LeastApart, own_visit_moved, spacing_of_visit
from myotome.clinic.people.links import link_token
from myotome.clinic.people.queries import patient_by_link
from myotome.clinic.screening.by_link import intake_by_link, needs_a_call
from myotome.exchange.icalendar.invitation import invitation_file
from myotome.pages.access import by_link
from myotome.pages.booking.limits import check_may_hold
from myotome.pages.booking.offers import (
    Day,
    chosen_service,
    chosen_time,
    days_with_offers,
    fitting,
    start_from,
    week_of,
)
from myotome.pages.typed import whole_or_none
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import RedFlagLevel
from myotome.vocabulary.errors import (
    AlreadyBooked,
    InvalidValue,
    KeyReused,
    MyotomeError,
    NotAsThingsStand,
    NotFound,
    StaleVersion,
)

FEW_WEEKS = 3
"""How many weeks on the page looks by itself for one with a time."""
JUST_BOOKED = timedelta(minutes=10)
"""So long after booking the page says that a confirmation is on its way."""
FIELDS = ("given_name", "family_name", "born_on", "phone", "email")


@by_link
def choose(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Free times for an assessment. Safety questions come first: without an intake it begins there."""
    token = request.GET.get("intake", "")
    if not token:
        return redirect("screening:start", clinic=actor.clinic_slug)
    intake = intake_by_link(request.clinic, token)
    if intake.level == RedFlagLevel.EMERGENCY.value:
        return redirect("screening:stop", clinic=actor.clinic_slug, token=token)
    services = list(services_for(actor, for_new_patients=True))
    if not services:
        return render(request, "booking/choose.html", {"token": token, "intake": intake})
    service = chosen_service(services, request.GET.get("service", ""))
    page = week_of(request.GET.get("page", "0"))
    at = timezone.now()
    hold = hold_of(actor, intake_key(intake.pk), at=at)
    days = days_with_offers(
        actor, service, page=page, at=at, zone=request.clinic.time_zone, holds=[hold] if hold else []
    )
    context = {"token": token, "intake": intake, "services": services, "service": service, "days": days, "page": page}
    return render(request, "booking/choose.html", context)


@by_link
def details(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Who books. An error keeps what was typed; a time just taken comes with the nearest free ones."""
    given = request.POST or request.GET
    token = given.get("intake", "")
    intake = intake_by_link(request.clinic, token)
    if intake.level == RedFlagLevel.EMERGENCY.value:
        return redirect("screening:stop", clinic=actor.clinic_slug, token=token)
    context: dict[str, Any] = {
        "token": token,
        "intake": intake,
        "typed": given,
        "key": given.get("key") or actions.fresh_key(),
    }
    try:
        service = service_for(actor, _number(given.get("service", ""), "service"))
        practitioner_id = _number(given.get("practitioner", ""), "practitioner")
        start = start_from(given.get("start", ""))
        context |= {
            "service": service,
            "start": start,
            "practitioner": practitioner_name(actor, practitioner_id),
            "practitioner_id": practitioner_id,
            "zone": zone_then(actor.clinic_id, practitioner_id, start),
        }
        check_may_hold(request, intake_key(intake.pk))
        if request.method != "POST":
            context["held_until"] = hold_time(
                by=actor,
                at=timezone.now(),
                key=intake_key(intake.pk),
                service_id=service.pk,
                practitioner_id=practitioner_id,
                starts_at=start,
            ).expires_at
            return render(request, "booking/details.html", context)
        wanted: dict[str, Any] = {
            "by": actor,
            "at": timezone.now(),
            "person": _person(given),
            "intake": intake,
            "service_id": service.pk,
            "practitioner_id": practitioner_id,
            "starts_at": start,
            "key": context["key"],
        }
        is_unproved = settings.PROVE_EMAIL and intake.patient is None
        if is_unproved and wanted["person"].email:
            return render(
                request, "booking/asked.html", context | {"asked": time_asked(**wanted), "back": _back(given)}
            )
        appointment = new_patient_booked(**wanted, to_phone=is_unproved)
    except MyotomeError as error:
        context["error"] = error
        if isinstance(error, KeyReused):
            context["key"] = actions.fresh_key()
        if isinstance(error, AlreadyBooked):
            at = timezone.now()
            hold = hold_of(actor, intake_key(intake.pk), at=at)
            context["days"] = days_with_offers(
                actor, service, page=0, at=at, zone=request.clinic.time_zone, holds=[hold] if hold else []
            )[:3]
        return render(request, "booking/details.html", context, status=error.http_status)
    token = link_token("appointment", appointment.pk, appointment.link_version)
    return redirect("booking:manage", clinic=actor.clinic_slug, token=token)


@by_link
def proof(request: HttpRequest, actor: Actor, token: str) -> HttpResponse:
    """Her address proved: one button, since programs that read mail follow links too; then the visit is hers."""
    context: dict[str, Any] = {}
    try:
        asked = asked_by_link(request.clinic, token, at=timezone.now())
        if asked.booked is None and request.method != "POST":
            return render(request, "booking/proof.html", {"asked": asked, "zone": zone_of(asked)})
        context |= {"asked": asked, "zone": zone_of(asked)}
        appointment = address_proved(by=actor, at=timezone.now(), asked_id=asked.pk)
    except NotFound:
        raise
    except MyotomeError as error:
        context |= {"error": error, "again": reverse("booking:choose", kwargs={"clinic": actor.clinic_slug})}
        return render(request, "booking/proof.html", context, status=error.http_status)
    token = link_token("appointment", appointment.pk, appointment.link_version)
    return redirect("booking:manage", clinic=actor.clinic_slug, token=token)


@by_link
def manage(request: HttpRequest, actor: Actor, token: str) -> HttpResponse:
    """Her appointment, with change and cancel while its time has not come."""
    return _managed(request, appointment_by_link(request.clinic, token), token)


def _managed(request: HttpRequest, appointment: Any, token: str, error: MyotomeError | None = None) -> HttpResponse:
    """The page of her appointment, with what was refused."""
    at = timezone.now()
    may_change = actions.patient_may_change(appointment, at=at)
    context = {
        "appointment": appointment,
        "token": token,
        "patient": appointment.patient,
        "rules": rules_for(appointment.clinic_id),
        "because_of_answers": needs_a_call(appointment.intake_id),
        "may_change": may_change,
        "has_begun": appointment.starts_at <= at,
        "is_fresh": may_change and at - appointment.created_at < JUST_BOOKED,
        "error": error,
    }
    return render(request, "booking/manage.html", context, status=error.http_status if error else 200)


@by_link
def move(request: HttpRequest, actor: Actor, token: str) -> HttpResponse:
    """Another time, with the same practitioner; of a visit that is cancelled or over its page, which says so."""
    appointment = appointment_by_link(request.clinic, token)
    if request.method != "POST" and not actions.patient_may_change(appointment, at=timezone.now()):
        return _managed(request, appointment, token)
    patient = patient_by_link(appointment.patient, request.clinic)
    error: MyotomeError | None = None
    if request.method == "POST":
        try:
            own_visit_moved(
                by=patient,
                at=timezone.now(),
                appointment_id=appointment.pk,
                version=_number(request.POST.get("version", ""), "version"),
                starts_at=start_from(request.POST.get("start", "")),
            )
            return redirect("booking:manage", clinic=actor.clinic_slug, token=token)
        except MyotomeError as refusal:
            error = refusal
            appointment.refresh_from_db()
            if not actions.patient_may_change(appointment, at=timezone.now()):
                return _managed(request, appointment, token, refusal)
    spacing = spacing_of_visit(appointment, at=timezone.now())
    page = week_of(request.GET.get("page", "0"))
    days = _days_to_move_to(patient, appointment, spacing, page=page, zone=request.clinic.time_zone)
    while not days and "page" not in request.GET and page < FEW_WEEKS:
        page += 1
        days = _days_to_move_to(patient, appointment, spacing, page=page, zone=request.clinic.time_zone)
    context = {"appointment": appointment, "token": token, "days": days, "page": page, "error": error}
    context |= {"chosen": chosen_time(request.POST.get("start", "")), "spacing": spacing}
    return render(request, "booking/move.html", context, status=error.http_status if error else 200)


def _days_to_move_to(
    patient: Actor, appointment: Any, spacing: LeastApart | None, *, page: int, zone: str
) -> list[Day]:
    """A week's free times with the same practitioner that keep the least days of her plan."""
    days = days_with_offers(
        patient,
        appointment.service,
        page=page,
        at=timezone.now(),
        zone=zone,
        practitioner_id=appointment.practitioner_id,
        patient_id=appointment.patient_id,
        ignore=appointment.pk,
        holds=held_by(
            appointment.clinic_id, patient_id=appointment.patient_id, intake_id=appointment.intake_id, at=timezone.now()
        ),
    )
    return fitting(days, spacing.fits) if spacing else days


@by_link
def cancel(request: HttpRequest, actor: Actor, token: str) -> HttpResponse:
    """The policy, and after her yes cancelled, at once, on the page and by mail; of a visit that is over its page."""
    appointment = appointment_by_link(request.clinic, token)
    error: StaleVersion | None = None
    if request.method == "POST":
        try:
            actions.cancel(
                by=patient_by_link(appointment.patient, request.clinic),
                at=timezone.now(),
                appointment_id=appointment.pk,
                version=whole_or_none(request.POST.get("version", "")) or 0,
            )
            return redirect("booking:manage", clinic=actor.clinic_slug, token=token)
        except NotAsThingsStand as refusal:
            return _managed(request, appointment, token, refusal)
        except StaleVersion as refusal:
            error = refusal
            appointment.refresh_from_db()
    elif not actions.patient_may_change(appointment, at=timezone.now()):
        return _managed(request, appointment, token)
    rules = rules_for(appointment.clinic_id)
    context = {
        "appointment": appointment,
        "token": token,
        "rules": rules,
        "is_late": appointment.starts_at - timezone.now() < timedelta(hours=rules.cancel_hours),
        "error": error,
        "seen": chosen_time(request.POST.get("seen", "")),
    }
    return render(request, "booking/cancel.html", context, status=error.http_status if error else 200)


@by_link
def ics(request: HttpRequest, actor: Actor, token: str) -> HttpResponse:
    """The appointment for her calendar."""
    appointment = appointment_by_link(request.clinic, token)
    file = invitation_file(invitation_of(appointment), method="PUBLISH", written_at=timezone.now())
    answer = HttpResponse(file, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    return answer


def _back(given: Any) -> str:
    """The form of these details again."""
    names = ("intake", "service", "practitioner", "start")
    return "?" + urlencode({name: given.get(name, "") for name in names})


def _number(text: str, field: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise InvalidValue("Please choose one of the times below.", field=field)
    return int(text)


def _person(given: Any) -> Person:
    try:
        born_on = date.fromisoformat(given.get("born_on", "").strip())
    except ValueError as fault:
        raise InvalidValue(
            "Please give the whole birth date: day, month and the year with four digits.", field="born_on"
        ) from fault
    return Person(born_on=born_on, **{name: given.get(name, "").strip() for name in FIELDS if name != "born_on"})
