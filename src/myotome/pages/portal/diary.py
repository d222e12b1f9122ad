"""Her headache diary, by link or with her account: today or an earlier day, and the last four weeks."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from myotome.clinic.followup.diary import HeadacheDay, diary_of, keeps_diary, write_day
from myotome.clinic.people.days import clinic_day
from myotome.clinic.screening.courses import courses_for
from myotome.pages.access import for_roles
from myotome.pages.portal.known import behind_birth_date
from myotome.pages.typed import a_day, whole_or_none
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue


@behind_birth_date
def diary_by_link(request: HttpRequest, actor: Actor, token: str) -> HttpResponse:
    """Her diary by link, behind her birth date."""
    return _diary(request, actor, token)


@for_roles(Role.PATIENT)
def diary(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Her diary with her account."""
    return _diary(request, actor)


def _diary(request: HttpRequest, actor: Actor, token: str = "") -> HttpResponse:
    here = {"clinic": actor.clinic_slug} | ({"token": token} if token else {})
    course = next((row for row in courses_for(actor, patient_id=actor.patient_id or 0) if keeps_diary(row)), None)
    if course is None:
        return redirect("portal:page" if token else "portal:home", **here)
    now, error = timezone.now(), None
    today = clinic_day(request.clinic, now)
    if request.method == "POST":
        try:
            on, strength, took = _day(request.POST)
            write_day(by=actor, at=now, course=course, on=on, strength=strength, took_something=took)
            messages.success(request, _("%(day)s is written.") % {"day": date_format(on, "l j F")})
            return redirect("portal:diary_by_link" if token else "portal:diary", **here)
        except InvalidValue as refusal:
            error = refusal
    weeks = diary_of(course, on=today)
    context: dict[str, Any] = {
        "token": token,
        "weeks": weeks,
        "n_written": sum(row is not None for _on, row in weeks),
        "today": today,
        "first": weeks[-1][0],
        "scale": range(11),
        "typed": request.POST if error else _day_to_write(request.GET, weeks),
        "error": error,
    }
    return render(request, "portal/diary.html", context, status=error.http_status if error else 200)


def _day_to_write(asked: QueryDict, weeks: list[tuple[date, HeadacheDay | None]]) -> dict[str, str]:
    """The day that was chosen from the four weeks, as it is written, to be corrected; else today, with nothing chosen."""
    on, row = next((row for row in weeks if row[0].isoformat() == asked.get("on")), (weeks[0][0], None))
    if row is None:
        return {"on": on.isoformat()}
    return {"on": on.isoformat(), "strength": str(row.strength), "took": "yes" if row.took_something else "no"}


def _day(data: QueryDict) -> tuple[date, int, bool]:
    """The day, how strong, and whether something was taken; nothing is taken for granted.

    Raises:
        InvalidValue: names what is not chosen.
    """
    on = a_day(data.get("on", ""), "on")
    strength, took = whole_or_none(data.get("strength", "")), data.get("took", "")
    if strength is None or strength > 10:
        raise InvalidValue("Choose how strong it was; 0 is no headache.", field="strength")
    if took not in {"yes", "no"}:
        raise InvalidValue("Say whether you took something for it.", field="took")
    return on, strength, took == "yes"
