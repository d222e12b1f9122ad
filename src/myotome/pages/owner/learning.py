"""What forecasts rest on, for the owner: prior and learned side by side, the checks, the scores; accept or take back."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from myotome.clinic.learning.actions import (
    accept_fit,
    ask_for_refit,
    bring_fit,
    let_baseline_speak,
    roll_back,
    set_baseline_aside,
)
from myotome.clinic.learning.fits import fits_for
from myotome.pages.access import for_roles
from myotome.pages.followup.forecasters import FORECASTS
from myotome.pages.owner.learned import gate_rows, learned_rows, month_rows, score_rows
from myotome.refit.result import MOST_BYTES
from myotome.refit.scores import FEWEST
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import MyotomeError, NotFound

owner = for_roles(Role.OWNER)
View = Callable[..., HttpResponse]


def act_of_the_page(view: View) -> View:
    """An act of this page: a POST does it. Whoever comes by its address, where a refusal leaves her, is led to the page."""

    @wraps(view)
    def act(request: HttpRequest, actor: Actor, **ids: int) -> HttpResponse:
        if request.method == "POST":
            return view(request, actor, **ids)
        if ids and ids["fit"] not in {row.pk for row in fits_for(actor, at=timezone.now()).rows}:
            return HttpResponseNotAllowed(["POST"])
        return redirect("owner:learning", clinic=actor.clinic_slug)

    return act


@owner
def learning(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What this clinic's forecasts rest on, and what a refit has learned."""
    return render(request, "owner/learning.html", _page(actor))


@owner
@act_of_the_page
def start(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Asks for a refit."""
    return _after(request, actor, _("The refit was asked for. It takes some minutes."), ask_for_refit)


@owner
@act_of_the_page
def bring(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Takes the result of a refit in a file."""
    upload = request.FILES.get("file")
    raw = upload.read(MOST_BYTES + 1) if upload is not None else b""
    return _after(request, actor, _("The result is here. Read its checks below."), bring_fit, raw=raw)


@owner
@act_of_the_page
def accept(request: HttpRequest, actor: Actor, fit: int) -> HttpResponse:
    """Accepts a fit."""
    return _after(request, actor, _("Forecasts rest on this fit from now on."), accept_fit, fit_id=fit)


@owner
@act_of_the_page
def take_back(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Back to what was in force before."""
    return _after(request, actor, _("Forecasts rest on what they rested on before."), roll_back)


@owner
@act_of_the_page
def aside(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The recovery model speaks although a baseline has won."""
    return _after(request, actor, _("The recovery model speaks again."), set_baseline_aside)


@owner
@act_of_the_page
def speak(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The baseline that was set aside speaks again."""
    return _after(request, actor, _("The baseline speaks again."), let_baseline_speak)


def _after(request: HttpRequest, actor: Actor, said: str, act: Any, **more: Any) -> HttpResponse:
    try:
        act(by=actor, at=timezone.now(), **more)
    except NotFound:
        raise
    except MyotomeError as error:
        return render(request, "owner/learning.html", _page(actor) | {"error": error}, status=error.http_status)
    messages.success(request, said)
    return redirect("owner:learning", clinic=actor.clinic_slug)


def _page(actor: Actor) -> dict[str, Any]:
    fits = fits_for(actor, at=timezone.now())
    shown = fits.newest or fits.in_force
    about = shown.about if shown else {}
    return {
        "fits": fits,
        "shown": shown,
        "speaks": FORECASTS.get(fits.speaks),
        "set_aside": FORECASTS.get(fits.set_aside),
        "passed": bool(about) and all(gate["passed"] for gate in about["gates"]),
        "data": about.get("data"),
        "learned": learned_rows(about["learned"]) if about else [],
        "gates": gate_rows(about["gates"]) if about else [],
        "scores": score_rows(about["scores"]) if about else [],
        "months": month_rows(fits.months),
        "forecasters": FORECASTS.values(),
        "fewest": FEWEST,
    }
