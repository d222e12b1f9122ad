"""The owner's page of what was felt after needles, and her page of who signs with whom."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from myotome.clinic.learning.harm import harm_of
from myotome.clinic.needling.cosigning import (
    add_supervision,
    end_supervision,
    supervisions_of,
    waiting_for_cosignature,
)
from myotome.clinic.people.days import clinic_day
from myotome.clinic.people.queries import practitioners_for
from myotome.knowledge.aftercare import after_check
from myotome.knowledge.citations import citation
from myotome.pages.access import for_roles
from myotome.pages.typed import a_day_or_none, whole_or_none
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, MyotomeError, NotFound

owners = for_roles(Role.OWNER)


@owners
def harm(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What was felt or went wrong after needles: this clinic's rates beside the published ones."""
    found = harm_of(actor)
    shown = {row.source for kind in (*found.kinds, *found.together) for row in kind.published}
    sources = [citation(key) for key in sorted(shown)]
    return render(request, "owner/harm.html", {"harm": found, "sources": sources, "check": after_check()})


@owners
def supervision(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Who is supervised by whom, from when until when."""
    error: MyotomeError | None = None
    if request.method == "POST":
        try:
            add_supervision(by=actor, at=timezone.now(), **_supervision_from(request.POST))
            messages.success(request, _("Saved."))
            return redirect("owner:supervision", clinic=actor.clinic_slug)
        except NotFound:
            raise
        except MyotomeError as refusal:
            error = refusal
    return _supervision_page(request, actor, error)


@owners
def supervision_end(request: HttpRequest, actor: Actor, supervision: int) -> HttpResponse:
    """The last day of a supervision. Who comes by the address, where a refusal leaves her, is led to the page."""
    if request.method != "POST":
        if all(row.pk != supervision for row in supervisions_of(actor)):
            return HttpResponseNotAllowed(["POST"])
        return redirect("owner:supervision", clinic=actor.clinic_slug)
    try:
        until_on = a_day_or_none(request.POST.get("until_on", ""), "until_on") or clinic_day(
            request.clinic, timezone.now()
        )
        end_supervision(by=actor, at=timezone.now(), supervision_id=supervision, until_on=until_on)
    except InvalidValue as refusal:
        return _supervision_page(request, actor, refusal)
    messages.success(request, _("Saved."))
    return redirect("owner:supervision", clinic=actor.clinic_slug)


def _supervision_page(request: HttpRequest, actor: Actor, error: MyotomeError | None) -> HttpResponse:
    context = {
        "rows": supervisions_of(actor),
        "waiting": waiting_for_cosignature(actor),
        "practitioners": list(practitioners_for(actor)),
        "today": clinic_day(request.clinic, timezone.now()),
        "error": error,
        "typed": request.POST if error else {},
    }
    return render(request, "owner/supervision.html", context, status=error.http_status if error else 200)


def _supervision_from(data: Mapping[str, str]) -> dict[str, object]:
    people = {}
    for name in ("practitioner", "supervisor"):
        chosen = whole_or_none(data.get(name, ""))
        if chosen is None:
            raise InvalidValue("Choose a practitioner.", field=name)
        people[f"{name}_id"] = chosen
    from_on = a_day_or_none(data.get("from_on", ""), "from_on")
    if from_on is None:
        raise InvalidValue("Say from which day on.", field="from_on")
    return people | {"from_on": from_on, "until_on": a_day_or_none(data.get("until_on", ""), "until_on")}
