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
from myotome.clinic.booking.boards import Clock, clock_asked, clocks_of, rooms_at
from myotome.clinic.booking.closing import left_among
from myotome.clinic.booking.kept import SetUp, set_up_of
from myotome.clinic.booking.queries import (
    Offer,
    appointment_for,
)
from myotome.clinic.booking.undo import open_acts
from myotome.clinic.booking.weeks import away_days, closed_days, day_at_the_desk, next_day_worked, visits_and_blocks
from myotome.clinic.money.actions import can_charge
from myotome.clinic.money.queries import charge_of_visit
from myotome.clinic.needling.cosigning import waiting_for_cosignature
from myotome.clinic.needling.hearing import last_heard
from myotome.clinic.needling.queries import calls_and_reviews, needles_in_now
from myotome.clinic.needling.retained import due_at_home
from myotome.clinic.needling.telephone import checks_to_phone
from myotome.clinic.needling.where import zone_of_room
from myotome.clinic.pathway.actions import request_phoned
from myotome.clinic.pathway.unsent import n_unsent
from myotome.pages.access import for_roles
from myotome.pages.booking.offers import chosen_time
from myotome.pages.desk.board import board_of
from myotome.pages.desk.entries import Entry, entry_of, in_order, kept_without_a_visit, within
from myotome.pages.desk.news import shown_anew, state_of
from myotome.pages.desk.telling import how_told
from myotome.pages.desk.week import DAYS, monday_of, rows_of
from myotome.pages.typed import day_asked, whole_or_none
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import (
    AlreadyBooked,
    InvalidValue,
    MyotomeError,
    NotAsThingsStand,
    NotFound,
    StaleVersion,
)
from myotome.vocabulary.scheduling import AppointmentStatus

desk = for_roles(Role.RECEPTIONIST, Role.PRACTITIONER)


@desk
def day(request: HttpRequest, actor: Actor) -> HttpResponse:
    """One day by one clock: who comes, who is here, who is in which room, whose needles are in."""
    now, known = timezone.now(), set_up_of(actor.clinic_id)
    clocks = clocks_of(actor, known)
    clock = clock_asked(clocks, request.GET.get("place", ""))
    today = now.astimezone(ZoneInfo(clock.zone)).date()
    on = day_asked(request.GET.get("on", ""), today)
    everywhere, requests, blocks = day_at_the_desk(actor, on=on, zone=clock.zone)
    appointments = [row for row in everywhere if clock.has(row.place_id)]
    practitioners = clock.here(row.practitioner_id for row in appointments)
    by_room = request.GET.get("by") == "room"
    whose = rooms_at(known, clock) if by_room else practitioners
    kept = _kept_on(on, known, clock, practitioners, everywhere, blocks)
    away = {pk: why for (pk, _day), why in away_days(known, first_day=on, n_days=1, clock=clock).items()}
    board = board_of(appointments, whose, kept, away=away, by_room=by_room, day=on, zone=clock.zone, at=now)
    context = {
        "board": board,
        "by": "room" if by_room else "practitioner",
        "clocks": clocks,
        "clock": clock,
        "entries": in_order([*map(entry_of, appointments), *kept]),
        "today": today,
        "before": on - timedelta(days=1),
        "after": on + timedelta(days=1),
        "in_now": _in_now(actor),
        "at_home": due_at_home(actor, at=now, zone=request.clinic.time_zone),
        "to_ask": checks_to_phone(actor, at=now),
        "requests": requests,
        "left": left_among(known, appointments),
        "may_move": True,
        "n_unsent": n_unsent(actor, at=now),
        "practitioners": practitioners,
        "at": now,
        "is_practitioner": actor.holds(Role.PRACTITIONER),
    }
    if not context["entries"] and (worked := next_day_worked(known, first_day=on, clock=clock)) != on:
        context["is_free_day"], context["next_worked"] = True, worked
    if context["is_practitioner"]:
        context["calls"], context["reviews"] = calls_and_reviews(actor)
        context["n_to_sign"] = sum(row.cosigner_id == actor.practitioner_id for row in waiting_for_cosignature(actor))
    shown = [*appointments, *context["requests"]]
    in_now = ((row["visit"].pk, row["n"]) for row in context["in_now"])
    waiting = [*(row.pk for row in context.get("calls", ())), context.get("n_to_sign", 0)]
    waiting += [-row.pk for row in context["to_ask"]]
    waiting += [f"left {row.pk}" for row in context["left"]]
    waiting += [f"away {pk}" for pk in sorted(away)]
    waiting += [f"kept {row.practitioner_id} {row.room_id} {row.starts_at}" for row in kept]
    with timezone.override(clock.zone):
        return shown_anew(request, "desk/day.html", context, seen=state_of(shown, now, *in_now, *waiting))


def _kept_on(
    on: date, known: SetUp, clock: Clock, practitioners: list[Any], visits: list[Any], blocks: list[Any]
) -> list[Entry]:
    """What is kept without a visit on this day, of who works at the places of the clock and of their rooms."""
    people, rooms = {row.pk for row in practitioners}, {row.pk for row in known.rooms if clock.has(row.place_id)}
    found = kept_without_a_visit(visits, blocks, own=known.herself)
    parts = [within(row, on, ZoneInfo(clock.zone)) for row in found]
    return [row for row in parts if row and (row.practitioner_id in people or row.room_id in rooms)]


@desk
def week(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Seven days by one clock as a table, a row for each practitioner or each room."""
    known = set_up_of(actor.clinic_id)
    clocks = clocks_of(actor, known)
    clock = clock_asked(clocks, request.GET.get("place", ""))
    today = timezone.now().astimezone(ZoneInfo(clock.zone)).date()
    on = day_asked(request.GET.get("on", ""), today)
    monday = monday_of(on)
    by_room = request.GET.get("by") == "room"
    visits, blocks = visits_and_blocks(actor, first_day=monday, n_days=DAYS, zone=clock.zone)
    visits = [row for row in visits if clock.has(row.place_id)]
    if by_room:
        whose = rooms_at(known, clock)
    else:
        whose = clock.here(row.practitioner_id for row in visits)
    away = away_days(known, first_day=monday, n_days=DAYS, clock=clock)
    closed = closed_days(actor, first_day=monday, n_days=DAYS, clock=clock)
    days = [monday + timedelta(days=n) for n in range(DAYS)]
    context = {
        "clocks": clocks,
        "clock": clock,
        "monday": monday,
        "before": monday - timedelta(days=DAYS),
        "after": monday + timedelta(days=DAYS),
        "is_this_week": monday == monday_of(today),
        "today": today,
        "by": "room" if by_room else "practitioner",
        "days": [(day, closed.get(day)) for day in days],
        "rows": rows_of(
            visits, blocks, whose, by_room=by_room, monday=monday, zone=clock.zone, own=known.herself, away=away
        ),
    }
    with timezone.override(clock.zone):
        seen = state_of(visits, None, *(block.pk for block in blocks), *sorted(away))
        return shown_anew(request, "desk/week.html", context, seen=seen)


@desk
@require_POST
def step(request: HttpRequest, actor: Actor, appointment: int, to: str) -> HttpResponse:
    """One step on or back: arrived, in room, done, no-show. Refused, it is the visit's page that says why."""
    status = to.replace("-", "_")
    if status not in {s.value for s in AppointmentStatus}:
        raise NotFound("There is no such step.")
    now = timezone.now()
    version = whole_or_none(request.POST.get("version", "")) or 0
    try:
        row = actions.step(by=actor, at=now, appointment_id=appointment, to=AppointmentStatus(status), version=version)
    except (AlreadyBooked, InvalidValue, NotAsThingsStand, StaleVersion) as error:
        return _visit_page(request, actor, appointment, error, to=status)
    if row.status == AppointmentStatus.CANCELLED:
        messages.success(request, f"{_('Cancelled.')} {how_told(row, at=now)}")
    clock = clock_asked(clocks_of(actor), str(row.place_id))
    return redirect(_day_url(actor, row.starts_at.astimezone(ZoneInfo(clock.zone)).date()) + clock.asked)


@desk
def appointment(request: HttpRequest, actor: Actor, appointment: int) -> HttpResponse:
    """One appointment, with what can be done about it."""
    return _visit_page(request, actor, appointment)


def _visit_page(
    request: HttpRequest, actor: Actor, pk: int, error: MyotomeError | None = None, to: str = ""
) -> HttpResponse:
    """The page of a visit; after a refused step with what was refused, and what the other tab had shown."""
    row = appointment_for(actor, pk)
    now = timezone.now()
    mine = [act for act in open_acts(actor, at=now) if act.appointment_id == row.pk]
    context = {
        "act": mine[0] if mine else None,
        "appointment": row,
        "patient": row.patient,
        "is_practitioner": actor.holds(Role.PRACTITIONER),
        "may_charge": actor.holds(Role.RECEPTIONIST, Role.OWNER) and can_charge(row),
        "charge": charge_of_visit(actor, row.pk),
        "error": error,
        "to": to,
        "nearest": _nearest(actor, row) if isinstance(error, AlreadyBooked | InvalidValue) else (),
        "key": actions.fresh_key(),
        "seen": chosen_time(request.POST.get("seen", "")),
    }
    return render(request, "desk/appointment.html", context, status=error.http_status if error else 200)


def _nearest(actor: Actor, row: Any) -> list[Offer]:
    """Free times for who came although she had been said not to, and whose own time somebody else has now."""
    return actions.nearest_free(actor, appointment=row, at=timezone.now())


@desk
@require_POST
def phoned(request: HttpRequest, actor: Actor, appointment: int) -> HttpResponse:
    """What the call came to: booked, or given back."""
    try:
        now = timezone.now()
        row = request_phoned(
            by=actor,
            at=now,
            appointment_id=appointment,
            go_on=request.POST.get("go_on") == "yes",
            outcome=request.POST.get("outcome", ""),
            version=whole_or_none(request.POST.get("version", "")),
        )
        done = _("Booked.") if row.status == AppointmentStatus.BOOKED else _("Given back.")
        messages.success(request, f"{done} {how_told(row, at=now)}")
    except (InvalidValue, StaleVersion) as error:
        messages.error(request, error.message)
    return redirect("desk:day", clinic=actor.clinic_slug)


def _in_now(actor: Actor) -> list[dict[str, Any]]:
    rows: dict[int, dict[str, Any]] = {}
    needles = needles_in_now(actor)
    heard = last_heard(needles)
    for needle in needles:
        row = rows.setdefault(
            needle.visit_id,
            {
                "visit": needle.visit,
                "n": 0,
                "since": needle.in_at,
                "heard_at": heard[needle.visit_id],
                "zone": zone_of_room(needle.visit),
            },
        )
        row["n"] += 1
    return list(rows.values())


def _day_url(actor: Actor, on: date) -> str:
    return f"/{actor.clinic_slug}/desk/?on={on}"
