"""The page of many series: who wants one and what, all of them placed together with every clash named, and the yes to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import ngettext

from myotome.clinic.booking.actions import fresh_key
from myotome.clinic.booking.clocks import zone_then
from myotome.clinic.booking.preview import Wish
from myotome.clinic.booking.queries import services_after_the_first
from myotome.clinic.booking.together import MOST_SERIES, Together, preview_together
from myotome.clinic.pathway.series import SeriesWanted, series_booked_together, wanting_series, wished_series
from myotome.clinic.people.queries import patient_for, practitioners_for
from myotome.pages.access import for_roles
from myotome.pages.booking.series import ANYBODY, visits_in, wish_from
from myotome.pages.typed import whole_or_none
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, MyotomeError

FIELDS = ("service", "practitioner", "first_day", "at_time", "n_visits", "every_days")


@dataclass(frozen=True, slots=True)
class Line:
    """One patient on the form: what was typed for her, or what her plan proposes."""

    patient: Any
    is_chosen: bool
    typed: dict[str, str]


@for_roles(Role.RECEPTIONIST, Role.PRACTITIONER)
def together(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Series of several patients: chosen, looked at together, booked."""
    given = request.POST or request.GET
    context: dict[str, Any] = {
        "services": services_after_the_first(actor),
        "practitioners": list(practitioners_for(actor)),
        "anybody": ANYBODY,
        "lines": _lines(actor, given),
        "most": MOST_SERIES,
        "key": given.get("key") or fresh_key(),
    }
    try:
        if request.method == "POST":
            return _book(request, actor)
        if "look" in given:
            context["found"] = _look(actor, given)
    except MyotomeError as error:
        context["error"] = error
        if request.method == "POST":
            context["found"] = _look_or_none(actor, given)
        return render(request, "booking/together.html", context, status=error.http_status)
    return render(request, "booking/together.html", context)


def _lines(actor: Actor, given: QueryDict) -> list[Line]:
    """Everybody whose plan asks for more visits, and whoever was added by hand."""
    chosen = _chosen(given)
    tomorrow = f"{timezone.localdate() + timedelta(days=1)}"
    usual = {"service": "", "practitioner": ANYBODY, "first_day": tomorrow, "at_time": "15:00"}
    lines = {
        row.patient.pk: (
            row.patient,
            usual
            | {
                "service": str(row.service.pk) if row.service else "",
                "practitioner": str(row.practitioner_id),
                "n_visits": str(row.n_visits),
                "every_days": str(row.every_days),
            },
        )
        for row in wanting_series(actor, at=timezone.now())
    }
    for pk in chosen:
        if pk not in lines:
            person, proposed = patient_for(actor, pk), wished_series(actor, patient_id=pk)
            lines[pk] = (
                person,
                usual
                | {
                    "service": str(proposed.service.pk) if proposed.service else "",
                    "n_visits": str(proposed.n_visits),
                    "every_days": str(proposed.every_days),
                },
            )
    return [
        Line(person, pk in chosen, {name: given.get(f"{name}-{pk}", proposed[name]) for name in FIELDS})
        for pk, (person, proposed) in lines.items()
    ]


def _chosen(given: QueryDict) -> list[int]:
    """The ticked patients, each once."""
    found = [whole_or_none(text) for text in given.getlist("patient")]
    return list(dict.fromkeys(pk for pk in found if pk is not None))[: MOST_SERIES + 1]


def _wishes(given: QueryDict) -> list[tuple[int, Wish]]:
    chosen = _chosen(given)
    if not chosen:
        raise InvalidValue("Tick the patients whose series are placed together.", field="patient")
    return [(pk, wish_from(given, f"-{pk}")) for pk in chosen]


def _look(actor: Actor, given: QueryDict) -> Together:
    return preview_together(actor, at=timezone.now(), wishes=_wishes(given))


def _look_or_none(actor: Actor, given: QueryDict) -> Together | None:
    try:
        return _look(actor, given)
    except MyotomeError:
        return None


def _book(request: HttpRequest, actor: Actor) -> HttpResponse:
    given = request.POST
    wanted = []
    for pk, wish in _wishes(given):
        visits: dict[datetime, int] = visits_in(given, wish.n_visits, f"-{pk}")
        if visits:
            wanted.append(SeriesWanted(patient=patient_for(actor, pk), service_id=wish.service_id, visits=visits))
    if not wanted:
        raise InvalidValue("Choose a time for at least one visit.", field="patient")
    done = series_booked_together(
        by=actor,
        at=timezone.now(),
        wanted=wanted,
        all_or_nothing=given.get("what") != "some",
        key=given.get("key", "") or fresh_key(),
    )
    visits = {row.patient.pk: row.visits for row in wanted}
    for person, one in done:
        n = len(one.booked)
        said = ngettext("%(name)s: %(n)s visit is booked.", "%(name)s: %(n)s visits are booked.", n)
        if n:
            messages.success(request, said % {"name": person.name, "n": n})
        for start, why in one.refused:
            zone = zone_then(actor.clinic_id, visits[person.pk][start], start)
            messages.warning(request, f"{person.name}, {start.astimezone(ZoneInfo(zone)):%a %d %b %H:%M}: {why}")
    return redirect("desk:week", clinic=actor.clinic_slug)
