"""That her birth date matched: remembered for this browser session only, and asked of every page of hers by link."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from myotome.clinic.pathway.patient_page import patient_by_page_link
from myotome.clinic.people.queries import patient_by_link
from myotome.pages.access import by_link
from myotome.vocabulary.actors import Actor


def remember(request: HttpRequest, patient_id: int, born_on: date) -> None:
    """From now on this browser knows her."""
    known = request.session.get("known_patients", {})
    request.session["known_patients"] = known | {str(patient_id): born_on.isoformat()}


def is_known(request: HttpRequest, patient_id: int, born_on: date) -> bool:
    """True after the birth date that the clinic has was given here."""
    known: dict[str, str] = request.session.get("known_patients", {})
    return known.get(str(patient_id)) == born_on.isoformat()


def behind_birth_date(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Declares a page of hers by link: `view` as she herself where this browser knows her, else the door."""

    @wraps(view)
    def opened(request: HttpRequest, actor: Actor, token: str, **ids: Any) -> HttpResponse:
        patient = patient_by_page_link(request.clinic, token, at=timezone.now())
        if not is_known(request, patient.pk, patient.born_on):
            return redirect("portal:page", clinic=actor.clinic_slug, token=token)
        return view(request, patient_by_link(patient, request.clinic), token, **ids)

    return by_link(opened)
