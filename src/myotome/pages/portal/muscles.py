"""Her muscles, then and now, on her own page and on paper: only what her practitioner shared, as it stood then."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from myotome.clinic.pathway.patient_page import patient_by_page_link, shared_muscles
from myotome.clinic.people.queries import patient_by_link
from myotome.pages.access import by_link, for_roles
from myotome.pages.followup.muscle_pages import paper_of_muscles
from myotome.pages.followup.muscles import muscles_in_lay_words
from myotome.pages.portal.known import is_known
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


@by_link
def muscles_by_link(request: HttpRequest, actor: Actor, token: str) -> HttpResponse:
    """By link, behind her birth date."""
    return _behind_the_door(request, actor, token) or _page(request, _her(request, token), token)


@by_link
def muscles_paper_by_link(request: HttpRequest, actor: Actor, token: str) -> HttpResponse:
    """On paper by link, behind her birth date."""
    return _behind_the_door(request, actor, token) or _paper(request, _her(request, token))


def _behind_the_door(request: HttpRequest, actor: Actor, token: str) -> HttpResponse | None:
    patient = patient_by_page_link(request.clinic, token, at=timezone.now())
    if is_known(request, patient.pk, patient.born_on):
        return None
    return redirect("portal:page", clinic=actor.clinic_slug, token=token)


def _her(request: HttpRequest, token: str) -> Actor:
    return patient_by_link(patient_by_page_link(request.clinic, token, at=timezone.now()), request.clinic)


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
