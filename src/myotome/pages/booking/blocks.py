"""Time blocked at the desk: who or which room, when by the wall clock, and given back again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from myotome.clinic.booking.clocks import zone_of_clinic, zone_of_practitioner
from myotome.clinic.booking.given_back import unblock_time
from myotome.clinic.booking.holds import block_time, blocks_between
from myotome.clinic.booking.kept import set_up_of
from myotome.clinic.booking.rules import rules_for, told_from
from myotome.clinic.people.queries import practitioners_for, rooms_for
from myotome.pages.access import for_roles
from myotome.pages.typed import a_clock, a_day, whole
from myotome.science.booking.hours import local_instant
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, MyotomeError, NotFound, TimeComesTwice

desk = for_roles(Role.RECEPTIONIST, Role.PRACTITIONER)
SHOWN = timedelta(days=92)
TYPED = ("practitioner", "room", "on", "starts", "ends", "reason")


@desk
def block(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What is blocked from today on, and the form to block more."""
    given, error = request.POST, None
    if request.method == "POST":
        try:
            _block(actor, given)
            messages.success(request, _("Blocked."))
            return redirect("booking:block", clinic=actor.clinic_slug)
        except NotFound:
            raise
        except MyotomeError as refusal:
            error = refusal
            error.field = {"start": "starts", "end": "ends"}.get(refusal.field or "", refusal.field)
    now = timezone.now()
    rows = blocks_between(actor, now, now + SHOWN)
    context: dict[str, Any] = {
        "blocks": [(row, _zone_of(actor, row)) for row in rows],
        "practitioners": list(practitioners_for(actor)),
        "rooms": list(rooms_for(actor)),
        "typed": given or filled_in(request, TYPED),
        "twice": _both(error) if isinstance(error, TimeComesTwice) else (),
        "error": error,
    }
    return render(request, "booking/block.html", context, status=error.http_status if error else 200)


@desk
@require_POST
def unblock(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Blocked time given back; the form stands as it was filled in, to block it again."""
    at = timezone.now()
    was = unblock_time(by=actor, at=at, hold_id=whole(request.POST.get("hold", ""), "hold"))
    page = redirect("booking:block", clinic=actor.clinic_slug)
    if was is None:
        messages.success(request, _("Free again."))
        return page
    zone = ZoneInfo(_zone_of(actor, was))
    starts, ends = was.starts_at.astimezone(zone), was.ends_at.astimezone(zone)
    typed = {
        "practitioner": was.practitioner_id or "",
        "room": was.room_id or "",
        "on": starts.date(),
        "starts": f"{starts:%H:%M}",
        "ends": f"{ends:%H:%M}",
        "reason": was.reason,
    }
    messages.success(request, said_given_back(actor, at, zone, _("Free again.")))
    page["Location"] += f"?{urlencode(typed)}"
    return page


def filled_in(request: HttpRequest, names: Iterable[str]) -> dict[str, str]:
    """What a form for a day begins with: today, and whatever the way to it says, as after something was given back."""
    return {"on": f"{timezone.localdate()}"} | {name: said for name in names if (said := request.GET.get(name))}


def said_given_back(actor: Actor, at: datetime, zone: tzinfo, done: str) -> str:
    """What the desk reads when hours are somebody's again: from when on those who wait are asked, and how to take it back."""
    told_at = told_from(actor, at=at, rules=rules_for(actor.clinic_id))
    if told_at is None:
        return done
    when = f"{told_at.astimezone(zone):%H:%M:%S}"
    return f"{done} {_('Who waits for such a time is asked from %(when)s on. To take this back, send the form below.') % {'when': when}}"


def _block(actor: Actor, given: Any) -> None:
    on = a_day(given.get("on", ""), "on")
    who = whole(given["practitioner"], "practitioner") if given.get("practitioner") else None
    room = whole(given["room"], "room") if given.get("room") else None
    zone = _zone(actor, who, room, on)
    if on < timezone.now().astimezone(ZoneInfo(zone)).date():
        raise InvalidValue("This day has passed; nothing needs to be blocked in it.", field="on")
    starts, ends = (
        local_instant(on, a_clock(given.get(name, ""), name), zone, which=given.get(f"which_{name}", ""), field=name)
        for name in ("starts", "ends")
    )
    block_time(
        by=actor,
        at=timezone.now(),
        starts_at=starts,
        ends_at=ends,
        reason=given.get("reason", ""),
        practitioner_id=who,
        room_id=room,
    )


def _zone(actor: Actor, practitioner_id: int | None, room_id: int | None, on: date) -> str:
    """The clock of the place that is meant: the room's, else where the practitioner works that weekday."""
    known = set_up_of(actor.clinic_id)
    place = next((room.place_id for room in known.rooms if room.pk == room_id), None)
    if place is not None:
        return str(known.places[place].time_zone)
    return zone_of_practitioner(known, practitioner_id, on) if practitioner_id else zone_of_clinic(known)


def _zone_of(actor: Actor, row: Any) -> str:
    """The clock by which a blocked time was typed."""
    about = ZoneInfo(_zone(actor, row.practitioner_id, row.room_id, row.starts_at.date()))
    return _zone(actor, row.practitioner_id, row.room_id, row.starts_at.astimezone(about).date())


def _both(error: TimeComesTwice) -> list[tuple[str, str, str]]:
    """The two moments to choose between: what is sent, the time with its distance from UTC, and the same in UTC."""
    found = []
    for name in error.which:
        moment = datetime.fromisoformat(name)
        found.append((name, f"{moment:%H:%M %z}", f"{moment.astimezone(UTC):%H:%M}"))
    return found
