"""The front desk: the day at a glance, one tap for each step, booking by telephone."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from myotome.clinic.booking import actions
from myotome.clinic.booking.queries import (
    appointment_for,
    appointments_on,
    is_new,
    requests_to_phone,
    services_for,
)
from myotome.clinic.booking.weeks import closed_days, visits_and_blocks
from myotome.clinic.money.actions import can_charge
from myotome.clinic.money.queries import charge_of_visit
from myotome.clinic.needling.hearing import last_heard
from myotome.clinic.needling.queries import needles_in_now, reviews_waiting
from myotome.clinic.pathway.actions import patient_booked, request_phoned
from myotome.clinic.people.queries import patient_for, practitioners_for, rooms_for
from myotome.clinic.screening.courses import open_course_id
from myotome.clinic.screening.phone import may_go_on, newest_intake
from myotome.pages.access import for_roles
from myotome.pages.booking.offers import chosen_service, chosen_time, days_with_offers, start_from, week_of
from myotome.pages.desk.board import board_of
from myotome.pages.desk.week import DAYS, monday_of, rows_of
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, MyotomeError, NotFound
from myotome.vocabulary.scheduling import AppointmentStatus

desk = for_roles(Role.RECEPTIONIST, Role.PRACTITIONER)
YEARS = range(2000, 2200)


@desk
def day(request: HttpRequest, actor: Actor) -> HttpResponse:
    """One day: who comes, who is here, who is in which room, whose needles are in."""
    zone = request.clinic.time_zone
    now = timezone.now()
    today = now.astimezone(ZoneInfo(zone)).date()
    on = _day(request.GET.get("on", ""), today)
    appointments = appointments_on(actor, on, zone)
    practitioners = list(practitioners_for(actor))
    board = board_of(appointments, practitioners, day=on, zone=zone, at=now)
    context = {
        "board": board,
        "appointments": appointments,
        "today": today,
        "before": on - timedelta(days=1),
        "after": on + timedelta(days=1),
        "in_now": _in_now(actor),
        "requests": requests_to_phone(actor),
        "practitioners": practitioners,
        "at": now,
        "is_practitioner": actor.holds(Role.PRACTITIONER),
        "reviews": reviews_waiting(actor) if actor.holds(Role.PRACTITIONER) else [],
    }
    return render(request, "desk/day.html", context)


@desk
def week(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Seven days as a table, a row for each practitioner or each room."""
    zone = request.clinic.time_zone
    today = timezone.now().astimezone(ZoneInfo(zone)).date()
    on = _day(request.GET.get("on", ""), today)
    monday = monday_of(on)
    by_room = request.GET.get("by") == "room"
    visits, blocks = visits_and_blocks(actor, first_day=monday, n_days=DAYS, zone=zone)
    whose = list(rooms_for(actor) if by_room else practitioners_for(actor))
    closed = closed_days(actor, first_day=monday, n_days=DAYS)
    days = [monday + timedelta(days=n) for n in range(DAYS)]
    context = {
        "monday": monday,
        "before": monday - timedelta(days=DAYS),
        "after": monday + timedelta(days=DAYS),
        "is_this_week": monday == monday_of(today),
        "today": today,
        "by": "room" if by_room else "practitioner",
        "days": [(day, closed.get(day)) for day in days],
        "rows": rows_of(visits, blocks, whose, by_room=by_room, monday=monday, zone=zone),
    }
    return render(request, "desk/week.html", context)


@desk
@require_POST
def step(request: HttpRequest, actor: Actor, appointment: int, to: str) -> HttpResponse:
    """One step on or back: arrived, in room, done, no-show."""
    status = to.replace("-", "_")
    if status not in {s.value for s in AppointmentStatus}:
        raise NotFound("There is no such step.")
    row = actions.step(by=actor, at=timezone.now(), appointment_id=appointment, to=AppointmentStatus(status))
    day_of = row.starts_at.astimezone(ZoneInfo(request.clinic.time_zone)).date()
    return redirect(_day_url(actor, day_of))


@desk
def appointment(request: HttpRequest, actor: Actor, appointment: int) -> HttpResponse:
    """One appointment, with what can be done about it."""
    row = appointment_for(actor, appointment)
    context = {
        "appointment": row,
        "patient": row.patient,
        "is_practitioner": actor.holds(Role.PRACTITIONER),
        "may_charge": actor.holds(Role.RECEPTIONIST, Role.OWNER) and can_charge(row),
        "charge": charge_of_visit(actor, row.pk),
    }
    return render(request, "desk/appointment.html", context)


@desk
def move(request: HttpRequest, actor: Actor, appointment: int) -> HttpResponse:
    """Another time; the old one stays until the new one holds."""
    row = appointment_for(actor, appointment)
    error: MyotomeError | None = None
    if request.method == "POST":
        try:
            version = request.POST.get("version", "")
            actions.move(
                by=actor,
                at=timezone.now(),
                appointment_id=row.pk,
                version=int(version) if version.isdigit() else 0,
                starts_at=start_from(request.POST.get("start", "")),
            )
            messages.success(request, _("Moved. The patient is told by mail."))
            return redirect("desk:appointment", clinic=actor.clinic_slug, appointment=row.pk)
        except MyotomeError as refusal:
            error = refusal
            row = appointment_for(actor, appointment)
    page = week_of(request.GET.get("page", "0"))
    days = days_with_offers(
        actor,
        row.service,
        page=page,
        at=timezone.now(),
        zone=request.clinic.time_zone,
        practitioner_id=row.practitioner_id,
        patient_id=row.patient_id,
        ignore=row.pk,
    )
    context = {"appointment": row, "patient": row.patient, "days": days, "page": page, "error": error}
    context["chosen"] = chosen_time(request.POST.get("start", ""))
    return render(request, "desk/move.html", context, status=error.http_status if error else 200)


@desk
@require_POST
def phoned(request: HttpRequest, actor: Actor, appointment: int) -> HttpResponse:
    """What the call came to: booked, or given back."""
    try:
        request_phoned(
            by=actor,
            at=timezone.now(),
            appointment_id=appointment,
            go_on=request.POST.get("go_on") == "yes",
            outcome=request.POST.get("outcome", ""),
        )
    except InvalidValue as error:
        messages.error(request, error.message)
    return redirect("desk:day", clinic=actor.clinic_slug)


@desk
def book(request: HttpRequest, actor: Actor, patient: int) -> HttpResponse:
    """A visit for somebody on the telephone or at the desk; somebody new is asked the safety questions first."""
    person = patient_for(actor, patient)
    intake = newest_intake(actor, patient_id=person.pk)
    newcomer = is_new(person.pk)
    services = list(services_for(actor, for_new_patients=newcomer))
    services.sort(key=lambda row: row.new_patients_may_book)
    error: MyotomeError | None = None
    try:
        service = chosen_service(services, request.POST.get("service") or request.GET.get("service", ""))
    except InvalidValue as refusal:
        error, service = refusal, services[0]
    practitioner = _whole(request.POST.get("practitioner") or request.GET.get("practitioner", ""))
    key = request.POST.get("key") or actions.fresh_key()
    if request.method == "POST" and error is None:
        try:
            _book(request, actor, person, intake, service.pk, key, newcomer)
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
        "practitioners": [row for row in practitioners_for(actor) if _treats(row, service)],
        "practitioner": practitioner,
        "key": key,
        "page": week_of(request.GET.get("page", "0")),
        "error": error,
    }
    context["days"] = days_with_offers(
        actor,
        service,
        page=context["page"],
        at=timezone.now(),
        zone=request.clinic.time_zone,
        practitioner_id=practitioner,
        patient_id=person.pk,
    )
    return render(request, "desk/book.html", context, status=error.http_status if error else 200)


def _book(
    request: HttpRequest, actor: Actor, person: Any, intake: Any, service_id: int, key: str, newcomer: bool
) -> None:
    start, _sep, practitioner = request.POST.get("start", "").partition("|")
    patient_booked(
        by=actor,
        at=timezone.now(),
        patient=person,
        service_id=service_id,
        practitioner_id=_whole(practitioner) or 0,
        starts_at=start_from(start),
        intake=intake,
        course_id=None if newcomer else open_course_id(clinic_id=actor.clinic_id, patient_id=person.pk),
        key=f"{key}|{start}",
        note_for_desk=request.POST.get("note_for_desk", ""),
        newcomer=newcomer,
    )
    messages.success(request, _("Booked."))


def _in_now(actor: Actor) -> list[dict[str, Any]]:
    rows: dict[int, dict[str, Any]] = {}
    needles = needles_in_now(actor)
    heard = last_heard(needles)
    for needle in needles:
        row = rows.setdefault(
            needle.visit_id,
            {"visit": needle.visit, "n": 0, "since": needle.in_at, "heard_at": heard[needle.visit_id]},
        )
        row["n"] += 1
    return list(rows.values())


def _treats(practitioner: Any, service: Any) -> bool:
    return bool(
        practitioner.treats_ims if service.kind in {"ims", "assessment_ims"} else practitioner.treats_acupuncture
    )


def _day(text: str, today: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today
    return day if day.year in YEARS else today


def _day_url(actor: Actor, on: date) -> str:
    return f"/{actor.clinic_slug}/desk/?on={on}"


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None
