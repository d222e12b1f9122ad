"""Booking by the patient: free times, who she is, confirmed; and change or cancel by link."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from myotome.clinic.booking import actions
from myotome.clinic.booking.holds import hold_time
from myotome.clinic.booking.notices import invitation_of
from myotome.clinic.booking.queries import appointment_by_link, practitioner_name, service_for, services_for
from myotome.clinic.booking.rules import rules_for
from myotome.clinic.pathway.actions import Person, new_patient_booked
from myotome.clinic.people.links import link_token
from myotome.clinic.people.queries import patient_by_link
from myotome.clinic.screening.by_link import intake_by_link
from myotome.exchange.icalendar.invitation import invitation_file
from myotome.pages.access import by_link
from myotome.pages.booking.offers import chosen_service, chosen_time, days_with_offers, start_from, week_of
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import RedFlagLevel
from myotome.vocabulary.errors import AlreadyBooked, InvalidValue, MyotomeError

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
    service = chosen_service(services, request.GET.get("service", ""))
    page = week_of(request.GET.get("page", "0"))
    days = days_with_offers(actor, service, page=page, at=timezone.now(), zone=request.clinic.time_zone)
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
        }
        if request.method != "POST":
            context["held_until"] = hold_time(
                by=actor,
                at=timezone.now(),
                key=f"intake-{intake.pk}",
                service_id=service.pk,
                practitioner_id=practitioner_id,
                starts_at=start,
            ).expires_at
            return render(request, "booking/details.html", context)
        appointment = new_patient_booked(
            by=actor,
            at=timezone.now(),
            person=_person(given),
            intake=intake,
            service_id=service.pk,
            practitioner_id=practitioner_id,
            starts_at=start,
            key=context["key"],
        )
    except MyotomeError as error:
        context["error"] = error
        if isinstance(error, AlreadyBooked):
            context["days"] = days_with_offers(
                actor, service, page=0, at=timezone.now(), zone=request.clinic.time_zone
            )[:3]
        return render(request, "booking/details.html", context, status=error.http_status)
    token = link_token("appointment", appointment.pk, appointment.link_version)
    return redirect("booking:manage", clinic=actor.clinic_slug, token=token)


@by_link
def manage(request: HttpRequest, actor: Actor, token: str) -> HttpResponse:
    """Her appointment, with change and cancel."""
    appointment = appointment_by_link(request.clinic, token)
    return render(
        request,
        "booking/manage.html",
        {
            "appointment": appointment,
            "token": token,
            "patient": appointment.patient,
            "rules": rules_for(appointment.clinic_id),
        },
    )


@by_link
def move(request: HttpRequest, actor: Actor, token: str) -> HttpResponse:
    """Another time, with the same practitioner."""
    appointment = appointment_by_link(request.clinic, token)
    patient = patient_by_link(appointment.patient, request.clinic)
    error: MyotomeError | None = None
    if request.method == "POST":
        try:
            actions.move(
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
    page = week_of(request.GET.get("page", "0"))
    days = days_with_offers(
        patient,
        appointment.service,
        page=page,
        at=timezone.now(),
        zone=request.clinic.time_zone,
        practitioner_id=appointment.practitioner_id,
        patient_id=appointment.patient_id,
        ignore=appointment.pk,
    )
    context = {"appointment": appointment, "token": token, "days": days, "page": page, "error": error}
    context["chosen"] = chosen_time(request.POST.get("start", ""))
    return render(request, "booking/move.html", context, status=error.http_status if error else 200)


@by_link
@require_POST
def cancel(request: HttpRequest, actor: Actor, token: str) -> HttpResponse:
    """Cancelled, at once, on the page and by mail."""
    appointment = appointment_by_link(request.clinic, token)
    actions.cancel(
        by=patient_by_link(appointment.patient, request.clinic), at=timezone.now(), appointment_id=appointment.pk
    )
    return redirect("booking:manage", clinic=actor.clinic_slug, token=token)


@by_link
def ics(request: HttpRequest, actor: Actor, token: str) -> HttpResponse:
    """The appointment for her calendar."""
    appointment = appointment_by_link(request.clinic, token)
    file = invitation_file(invitation_of(appointment), method="PUBLISH", written_at=timezone.now())
    answer = HttpResponse(file, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    return answer


def _number(text: str, field: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise InvalidValue("Please choose one of the times below.", field=field)
    return int(text)


def _person(given: Any) -> Person:
    try:
        born_on = date.fromisoformat(given.get("born_on", "").strip())
    except ValueError as fault:
        raise InvalidValue(
            "Please give the birth date as year, month, day, for example 1968-03-12.", field="born_on"
        ) from fault
    return Person(born_on=born_on, **{name: given.get(name, "").strip() for name in FIELDS if name != "born_on"})
