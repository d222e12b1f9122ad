"""The page of a series: what is wished, what it would be with every clash named, and the yes to all of it or to what fits."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from myotome.clinic.booking.actions import fresh_key
from myotome.clinic.booking.apart import LEAST_GAP_DAYS, MOST_GAP_DAYS
from myotome.clinic.booking.clocks import zone_then
from myotome.clinic.booking.own_records import practitioners_but_her
from myotome.clinic.booking.preview import MOST_VISITS, SeriesPreview, Wish, preview_series
from myotome.clinic.booking.queries import services_after_the_first
from myotome.clinic.followup.queries import last_forecast
from myotome.clinic.pathway.series import series_booked, wished_series
from myotome.clinic.people.queries import patient_for
from myotome.clinic.screening.courses import open_course_id
from myotome.pages.access import for_roles
from myotome.pages.booking.offers import start_from
from myotome.pages.booking.warned import warn_of_credentials
from myotome.pages.templatetags.forecasts import length_words
from myotome.pages.typed import a_clock, a_day, whole
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, MyotomeError

LENGTHS = (2, 3, 4, 6, 8, 10, 12)
DISTANCES = (7, 14)
ANYBODY = "any"
"""What the form sends for "anybody who gives it"."""


@for_roles(Role.RECEPTIONIST, Role.PRACTITIONER)
def series(request: HttpRequest, actor: Actor, patient: int) -> HttpResponse:
    """A series for one patient: asked for, looked at, booked."""
    person = patient_for(actor, patient)
    given = request.POST or request.GET
    context = _form(actor, person, given)
    try:
        if request.method == "POST":
            return _book(request, actor, person)
        if "n_visits" in given:
            context["preview"] = _preview(actor, person, given)
    except MyotomeError as error:
        context["error"] = error
        if request.method == "POST":
            context["preview"] = _preview_or_none(actor, person, given)
        return render(request, "booking/series.html", context, status=error.http_status)
    return render(request, "booking/series.html", context)


def _form(actor: Actor, person: Any, given: Any) -> dict[str, Any]:
    proposed = wished_series(actor, patient_id=person.pk)
    return {
        "patient": person,
        "services": services_after_the_first(actor),
        "practitioners": practitioners_but_her(actor, person.pk),
        "lengths": LENGTHS,
        "distances": DISTANCES,
        "proposed": proposed,
        "forecast": _forecast(actor, person),
        "anybody": ANYBODY,
        "is_any": given.get("practitioner") == ANYBODY,
        "typed": {
            "service": given.get("service", str(proposed.service.pk) if proposed.service else ""),
            "practitioner": given.get("practitioner", ""),
            "first_day": given.get("first_day", f"{timezone.localdate() + timedelta(days=1)}"),
            "at_time": given.get("at_time", "15:00"),
            "n_visits": given.get("n_visits", str(proposed.n_visits)),
            "every_days": given.get("every_days", str(proposed.every_days)),
            "not_before": given.get("not_before", ""),
            "least_days": given.get("least_days", ""),
            "most_days": given.get("most_days", ""),
        },
        "key": given.get("key") or fresh_key(),
    }


def _forecast(actor: Actor, person: Any) -> list[str]:
    """What the forecast says of the visits still needed, for a practitioner; the field is never filled from it."""
    if not actor.holds(Role.PRACTITIONER):
        return []
    course_id = open_course_id(clinic_id=actor.clinic_id, patient_id=person.pk)
    shown = last_forecast(actor, course_id=course_id) if course_id is not None else None
    if shown is None:
        return []
    return [length_words(shown.answer), _("As of visit %(n)s.") % {"n": shown.after_visit}]


def wish_from(given: Any, suffix: str = "") -> Wish:
    """The wish that a form sends, in fields of these names with `suffix`.

    Raises:
        InvalidValue: one of them is none.
    """

    def of(name: str) -> str:
        return str(given.get(f"{name}{suffix}", ""))

    every = whole(of("every_days"), f"every_days{suffix}")
    return Wish(
        service_id=whole(of("service"), f"service{suffix}"),
        practitioner_id=None if of("practitioner") == ANYBODY else whole(of("practitioner"), f"practitioner{suffix}"),
        first_day=a_day(of("first_day"), f"first_day{suffix}"),
        at_time=a_clock(of("at_time"), f"at_time{suffix}"),
        n_visits=whole(of("n_visits"), f"n_visits{suffix}"),
        every_days=every,
        least_days=whole(of("least_days"), f"least_days{suffix}") if of("least_days") else min(LEAST_GAP_DAYS, every),
        most_days=whole(of("most_days"), f"most_days{suffix}") if of("most_days") else max(MOST_GAP_DAYS, every),
        not_before=bool(of("not_before")),
    )


def visits_in(given: Any, n_visits: int, suffix: str = "") -> dict[datetime, int]:
    """The chosen starts of a previewed series, each with who gives it; those left out with "none" are not among them.

    Raises:
        InvalidValue: one is no time that was offered.
    """
    chosen: dict[datetime, int] = {}
    for number in range(1, min(n_visits, MOST_VISITS) + 1):
        text = given.get(f"visit{suffix}-{number}", "")
        if text and text != "none":
            start, _sep, practitioner = text.partition("|")
            chosen[start_from(start)] = whole(practitioner, f"visit{suffix}-{number}")
    return chosen


def _preview(actor: Actor, person: Any, given: Any) -> SeriesPreview:
    return preview_series(actor, at=timezone.now(), patient_id=person.pk, wish=wish_from(given))


def _preview_or_none(actor: Actor, person: Any, given: Any) -> SeriesPreview | None:
    try:
        return _preview(actor, person, given)
    except MyotomeError:
        return None


def _book(request: HttpRequest, actor: Actor, person: Any) -> HttpResponse:
    given = request.POST
    chosen = visits_in(given, whole(given.get("n_visits", ""), "n_visits"))
    if not chosen:
        raise InvalidValue("Choose a time for at least one visit.", field="visit-1")
    done = series_booked(
        by=actor,
        at=timezone.now(),
        patient=person,
        service_id=whole(given.get("service", ""), "service"),
        practitioner_id=next(iter(chosen.values())),
        starts=list(chosen),
        with_whom=chosen,
        all_or_nothing=given.get("what") != "some",
        key=given.get("key", "")[:40] or None,
    )
    messages.success(request, _("%(n)s visits are booked.") % {"n": len(done.booked)})
    warn_of_credentials(request, actor, done.booked)
    for start, why in done.refused:
        local = start.astimezone(ZoneInfo(zone_then(actor.clinic_id, chosen[start], start)))
        messages.warning(request, f"{local:%a %d %b %H:%M}: {why}")
    return redirect("desk:patient", clinic=actor.clinic_slug, patient=person.pk)
