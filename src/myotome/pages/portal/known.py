"""That her birth date matched: remembered for this browser session only."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest


def remember(request: HttpRequest, patient_id: int, born_on: date) -> None:
    """From now on this browser knows her."""
    known = request.session.get("known_patients", {})
    request.session["known_patients"] = known | {str(patient_id): born_on.isoformat()}


def is_known(request: HttpRequest, patient_id: int, born_on: date) -> bool:
    """True after the birth date that the clinic has was given here."""
    known: dict[str, str] = request.session.get("known_patients", {})
    return known.get(str(patient_id)) == born_on.isoformat()
