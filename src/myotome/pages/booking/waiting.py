"""The waiting list: who waits, somebody put on it or taken off, and the yes or no to an offer under its link."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from myotome.clinic.booking.answers import no_by_phone, say_no, say_yes, yes_by_phone
from myotome.clinic.booking.asking import to_phone
from myotome.clinic.booking.openings import offer_by_link, zone_of
from myotome.clinic.booking.own_records import practitioners_but_her
from myotome.clinic.booking.queries import services_after_the_first
from myotome.clinic.booking.waitlist import just_taken_off, put_back, stop_waiting, wait_for, waiting
from myotome.clinic.pathway.series import wished_series
from myotome.clinic.people.links import link_token
from myotome.clinic.people.queries import patient_by_link, patient_for
from myotome.clinic.screening.courses import open_course_id
from myotome.pages.access import by_link, for_roles
from myotome.pages.typed import a_clock, a_day, whole, whole_or_none
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import AlreadyBooked, InvalidValue, MyotomeError, NotAsThingsStand

desk = for_roles(Role.RECEPTIONIST, Role.PRACTITIONER)


@desk
def waiting_list(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Who waits, the longest first."""
    now = timezone.now()
    context = {
        "rows": waiting(actor),
        "taken_off": just_taken_off(actor, at=now),
        "to_phone": to_phone(actor, at=now),
    }
    return render(request, "booking/waiting.html", context)


@desk
@require_POST
def phoned(request: HttpRequest, actor: Actor, offer: int) -> HttpResponse:
    """What somebody whom no message reaches said on the telephone."""
    try:
        if request.POST.get("answer") == "yes":
            yes_by_phone(by=actor, at=timezone.now(), offer_id=offer)
            messages.success(request, _("Booked."))
        else:
            no_by_phone(by=actor, at=timezone.now(), offer_id=offer)
            messages.success(request, _("Noted. She goes on waiting."))
    except (AlreadyBooked, InvalidValue) as error:
        messages.error(request, error.message)
    return redirect("booking:waiting", clinic=actor.clinic_slug)


@desk
def wait(request: HttpRequest, actor: Actor, patient: int) -> HttpResponse:
    """What one patient waits for."""
    person = patient_for(actor, patient)
    given = request.POST
    today = timezone.localdate()
    proposed = wished_series(actor, patient_id=person.pk).service
    context: dict[str, Any] = {
        "patient": person,
        "services": services_after_the_first(actor),
        "practitioners": practitioners_but_her(actor, person.pk),
        "typed": {
            "service": given.get("service", str(proposed.pk) if proposed else ""),
            "practitioner": given.get("practitioner", ""),
            "first_day": given.get("first_day", f"{today}"),
            "last_day": given.get("last_day", f"{today + timedelta(days=28)}"),
            "from_time": given.get("from_time", "08:00"),
            "until_time": given.get("until_time", "18:00"),
        },
        "weekdays": list(enumerate((_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")))),
        "ticked": [int(day) for day in given.getlist("weekday") if day in "0123456" and len(day) == 1],
    }
    if request.method == "POST":
        try:
            wait_for(
                by=actor,
                at=timezone.now(),
                patient_id=person.pk,
                service_id=whole(given.get("service", ""), "service"),
                practitioner_id=whole_or_none(given.get("practitioner", "")),
                first_day=a_day(given.get("first_day", ""), "first_day"),
                last_day=a_day(given.get("last_day", ""), "last_day"),
                from_time=a_clock(given.get("from_time", ""), "from_time"),
                until_time=a_clock(given.get("until_time", ""), "until_time"),
                weekdays=context["ticked"],
                course_id=open_course_id(clinic_id=actor.clinic_id, patient_id=person.pk),
            )
        except MyotomeError as error:
            return render(request, "booking/wait.html", context | {"error": error}, status=error.http_status)
        messages.success(request, _("On the waiting list."))
        return redirect("booking:waiting", clinic=actor.clinic_slug)
    return render(request, "booking/wait.html", context)


@desk
@require_POST
def stop(request: HttpRequest, actor: Actor, wish: int) -> HttpResponse:
    """Off the list."""
    stop_waiting(by=actor, at=timezone.now(), wish_id=wish)
    return redirect("booking:waiting", clinic=actor.clinic_slug)


@desk
@require_POST
def back(request: HttpRequest, actor: Actor, wish: int) -> HttpResponse:
    """On the list again, as if she had never been off it."""
    try:
        put_back(by=actor, at=timezone.now(), wish_id=wish)
        messages.success(request, _("She waits again, in her old place."))
    except NotAsThingsStand as error:
        messages.error(request, error.message)
    return redirect("booking:waiting", clinic=actor.clinic_slug)


@by_link
def offer(request: HttpRequest, actor: Actor, token: str) -> HttpResponse:
    """A time that has come free: hers with a yes, the next one's with a no."""
    row = offer_by_link(request.clinic, token)
    context: dict[str, Any] = {"offer": row, "token": token, "now": timezone.now(), "zone": zone_of(row.opening)}
    if request.method == "POST":
        patient = patient_by_link(row.wish.patient, request.clinic)
        try:
            if request.POST.get("answer") == "yes":
                made = say_yes(by=patient, at=timezone.now(), offer_id=row.pk)
                link = link_token("appointment", made.pk, made.link_version)
                return redirect("booking:manage", clinic=actor.clinic_slug, token=link)
            say_no(by=patient, at=timezone.now(), offer_id=row.pk)
        except MyotomeError as error:
            return render(request, "booking/offer.html", context | {"error": error}, status=error.http_status)
        return redirect("booking:offer", clinic=actor.clinic_slug, token=token)
    return render(request, "booking/offer.html", context)
