"""Her muscles, then and now, on her own page and on paper: only what her practitioner shared, as it stood then."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from myotome.clinic.pathway.patient_page import shared_muscles
from myotome.pages.access import for_roles
from myotome.pages.followup.muscle_pages import paper_of_muscles
from myotome.pages.followup.muscles import muscles_in_lay_words
from myotome.pages.portal.known import behind_birth_date
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role


@for_roles(Role.PATIENT)
def muscles(request: HttpRequest, actor: Actor) -> HttpResponse:
    """With her account."""
    return _page(request, actor)


@for_roles(Role.PATIENT)
def muscles_paper(request: HttpRequest, actor: Actor) -> HttpResponse:
    """On paper, with her account."""
    return _paper(request, actor)


@behind_birth_date
def muscles_by_link(request: HttpRequest, actor: Actor, token: str) -> HttpResponse:
    """By link, behind her birth date."""
    return _page(request, actor, token)


@behind_birth_date
def muscles_paper_by_link(request: HttpRequest, actor: Actor, token: str) -> HttpResponse:
    """On paper by link, behind her birth date."""
    return _paper(request, actor)


def _page(request: HttpRequest, actor: Actor, token: str = "") -> HttpResponse:
    context = _context(actor) | {"token": token}
    if not context["m"]:
        return (
            redirect("portal:page", actor.clinic_slug, token) if token else redirect("portal:home", actor.clinic_slug)
        )
    return render(request, "portal/muscles.html", context)


def _paper(request: HttpRequest, actor: Actor) -> HttpResponse:
    context = _context(actor, on_paper=True)
    return paper_of_muscles(request, context) if context["m"] else redirect("portal:home", actor.clinic_slug)


def _context(actor: Actor, *, on_paper: bool = False) -> dict[str, Any]:
    patient, shared = shared_muscles(actor)
    content = shared.content if shared else {}
    return {"patient": patient, "shared": shared, "m": muscles_in_lay_words(content, on_paper=on_paper)}
