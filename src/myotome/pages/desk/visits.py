"""Visits booked and moved at the desk: whole days, the first times, or those that leave no gap; and who walks in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from myotome.clinic.booking import actions
from myotome.clinic.booking.apart import warnings_if_moved
from myotome.clinic.booking.clocks import zone_where_she_works
from myotome.clinic.booking.her_holds import held_by
from myotome.clinic.booking.holds import blocks_between
from myotome.clinic.booking.kept import SetUp, set_up_of
from myotome.clinic.booking.own_records import practitioners_but_her
from myotome.clinic.booking.queries import Offer, appointment_for, free_times_for, services_for
from myotome.clinic.money.queries import charge_of_visit
from myotome.clinic.pathway.actions import patient_booked
from myotome.clinic.pathway.series import planned_among
from myotome.clinic.pathway.walk_in import walked_in
from myotome.clinic.people.queries import patient_for
from myotome.clinic.screening.courses import care_so_far
from myotome.clinic.screening.phone import may_go_on, newest_intake
from myotome.pages.access import for_roles
from myotome.pages.booking.offers import (
    DAYS_AT_A_LOOK,
    chosen_service,
    chosen_time,
    days_with_offers,
    order_of,
    start_from,
    week_of,
)
from myotome.pages.booking.warned import warn_of_credentials
from myotome.pages.desk.telling import how_told
from myotome.pages.typed import whole_or_none
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, MyotomeError
from myotome.vocabulary.sentences import in_readers_language

desk = for_roles(Role.RECEPTIONIST, Role.PRACTITIONER)
WALK_IN_WITHIN = timedelta(hours=2)


@desk
def move(request: HttpRequest, actor: Actor, appointment: int) -> HttpResponse:
    """Another time; the old one stays until the new one holds."""
    row = appointment_for(actor, appointment)
    services = _instead_of(row, actor)
    error: MyotomeError | None = None
    start, _sep, who = request.POST.get("start", "").partition("|")
    tell, now = request.POST.get("tell") != "no", timezone.now()
    asked = request.GET.get("service", "")
    service = next((one for one in services if str(one.pk) == asked), row.service)
    if request.method == "POST":
        try:
            service = chosen_service(services, request.POST.get("service", ""))
            version = request.POST.get("version", "")
            moved = actions.move(
                by=actor,
                at=now,
                appointment_id=row.pk,
                version=whole_or_none(version) or 0,
                starts_at=start_from(start),
                practitioner_id=whole_or_none(who),
                service_id=service.pk,
                tell=tell,
            )
            messages.success(request, f"{_('Moved.')} {how_told(moved, at=now, tell=tell)}")
            if moved.service_id != row.service_id and charge_of_visit(actor, moved.pk):
                said = _("It is charged as %(was)s. Take that back under Money if %(now)s has another price.")
                messages.warning(request, said % {"was": row.service.name, "now": moved.service.name})
            for warning in warnings_if_moved(actor, moved, moved.starts_at):
                messages.warning(request, in_readers_language(warning))
            warn_of_credentials(request, actor, [moved])
            return redirect("desk:appointment", clinic=actor.clinic_slug, appointment=row.pk)
        except MyotomeError as refusal:
            error = refusal
            row = appointment_for(actor, appointment)
    page, order = week_of(request.GET.get("page", "0")), order_of(request.GET.get("order", ""))
    practitioner = row.practitioner_id if "with" not in request.GET else whole_or_none(request.GET["with"])
    days = days_with_offers(
        actor,
        service,
        page=page,
        at=timezone.now(),
        zone=request.clinic.time_zone,
        practitioner_id=practitioner,
        patient_id=row.patient_id,
        ignore=row.pk,
        holds=held_by(actor.clinic_id, patient_id=row.patient_id, intake_id=row.intake_id, at=now),
        order=order,
    )
    context = {
        "her_blocks": _her_blocks(actor, set_up_of(actor.clinic_id), row.patient_id, page=page, at=now),
        "appointment": row,
        "patient": row.patient,
        "days": days,
        "page": page,
        "order": order,
        "services": services,
        "service": service,
        "practitioners": [one for one in practitioners_but_her(actor, row.patient_id) if _treats(one, service)],
        "practitioner": practitioner,
        "asked": f"with={practitioner or ''}&service={service.pk}",
        "tell": tell,
        "chosen": chosen_time(start),
        "error": error,
    }
    return render(request, "desk/move.html", context, status=error.http_status if error else 200)


def _her_blocks(actor: Actor, known: SetUp, patient_id: int, *, page: int, at: datetime) -> list[tuple[Any, str]]:
    """What is blocked, in the week that is shown, of the practitioner that this patient is, each with its clock."""
    herself = known.own.get(patient_id)
    if herself is None:
        return []
    week = timedelta(days=DAYS_AT_A_LOOK)
    rows = blocks_between(actor, at + page * week, at + (page + 1) * week)
    return [
        (row, zone_where_she_works(known, herself, row.starts_at)) for row in rows if row.practitioner_id == herself
    ]


def _instead_of(row: Any, actor: Actor) -> list[Any]:
    """What her visit may be moved as: what it is, and what else the desk may book for her."""
    newcomer, _course_id = care_so_far(clinic_id=actor.clinic_id, patient_id=row.patient_id)
    others = [one for one in services_for(actor, for_new_patients=newcomer) if one.pk != row.service_id]
    others = [one for one in others if one.is_assessment == row.service.is_assessment]
    return [row.service, *others]


@desk
def book(request: HttpRequest, actor: Actor, patient: int) -> HttpResponse:
    """A visit for somebody on the telephone or at the desk; somebody new is asked the safety questions first."""
    person = patient_for(actor, patient)
    intake = newest_intake(actor, patient_id=person.pk)
    newcomer, course_id = care_so_far(clinic_id=actor.clinic_id, patient_id=person.pk)
    known = set_up_of(actor.clinic_id)
    services = [row for row in known.services.values() if row.is_active and (row.new_patients_may_book or not newcomer)]
    if not newcomer:
        services.sort(key=lambda row: row.is_assessment)
    treating = practitioners_but_her(actor, person.pk, known=known)
    error: MyotomeError | None = None
    if not services:
        return render(request, "desk/book.html", {"patient": person, "newcomer": newcomer})
    try:
        asked = request.POST.get("service") or request.GET.get("service", "")
        planned = None if asked else planned_among(services, course_id=course_id)
        service = chosen_service(services, str(planned.pk) if planned else asked)
    except InvalidValue as refusal:
        error, service = refusal, services[0]
    practitioner = whole_or_none(request.POST.get("practitioner") or request.GET.get("practitioner", ""))
    key = request.POST.get("key") or actions.fresh_key()
    if request.method == "POST" and error is None:
        try:
            _book(request, actor, known, person, intake, service.pk, key, newcomer, course_id)
            return redirect("desk:patient", clinic=actor.clinic_slug, patient=person.pk)
        except MyotomeError as refusal:
            error = refusal
    context: dict[str, Any] = {
        "patient": person,
        "intake": intake,
        "needs_questions": intake is None and newcomer,
        "may_go_on": may_go_on(intake) if intake else not newcomer,
        "services": services,
        "service": service,
        "practitioners": [row for row in treating if _treats(row, service)],
        "practitioner": practitioner,
        "key": key,
        "page": week_of(request.GET.get("page", "0")),
        "order": order_of(request.GET.get("order", "")),
        "asked": f"service={service.pk}" + (f"&practitioner={practitioner}" if practitioner else ""),
        "error": error,
    }
    context["her_blocks"] = _her_blocks(actor, known, person.pk, page=context["page"], at=timezone.now())
    context["here"] = _today_soon(actor, known, service, practitioner, person.pk, request.clinic.time_zone)
    context["days"] = days_with_offers(
        actor,
        service,
        page=context["page"],
        at=timezone.now(),
        zone=request.clinic.time_zone,
        practitioner_id=practitioner,
        patient_id=person.pk,
        holds=held_by(
            actor.clinic_id, patient_id=person.pk, intake_id=intake.pk if intake else None, at=timezone.now()
        ),
        order=context["order"],
    )
    return render(request, "desk/book.html", context, status=error.http_status if error else 200)


def _book(
    request: HttpRequest,
    actor: Actor,
    known: SetUp,
    person: Any,
    intake: Any,
    service_id: int,
    key: str,
    newcomer: bool,
    course_id: int | None,
) -> None:
    start, _sep, practitioner = request.POST.get("start", "").partition("|")
    is_here = request.POST.get("here") == "yes"
    booked = (walked_in if is_here else patient_booked)(
        by=actor,
        at=timezone.now(),
        patient=person,
        service_id=service_id,
        practitioner_id=whole_or_none(practitioner) or 0,
        starts_at=start_from(start),
        intake=intake,
        course_id=course_id,
        key=f"{key}|{start}",
        note_for_desk=request.POST.get("note_for_desk", ""),
        newcomer=newcomer,
        known=known,
    )
    messages.success(request, _("Booked, and here.") if is_here else _("Booked."))
    warn_of_credentials(request, actor, [booked], known=known)


def _today_soon(
    actor: Actor, known: SetUp, service: Any, practitioner: int | None, patient_id: int, zone: str
) -> list[Offer]:
    """For somebody who stands at the desk: of each practitioner the first time within the next hours of today."""
    now = timezone.now()
    offers = free_times_for(
        actor,
        service=service,
        first_day=now.astimezone(ZoneInfo(zone)).date(),
        n_days=1,
        at=now,
        practitioner_id=practitioner,
        patient_id=patient_id,
        step_minutes=5,
        known=known,
    )
    first: dict[int, Offer] = {}
    for offer in offers:
        if offer.starts_at <= now + WALK_IN_WITHIN:
            first.setdefault(offer.practitioner_id, offer)
    return list(first.values())


def _treats(practitioner: Any, service: Any) -> bool:
    return bool(
        practitioner.treats_ims if service.kind in {"ims", "assessment_ims"} else practitioner.treats_acupuncture
    )
