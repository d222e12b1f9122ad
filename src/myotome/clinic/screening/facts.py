"""Facts about a patient that raise cautions: dated, corrected by a newer fact, never overwritten."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from myotome.clinic.audit.actions import record
from myotome.clinic.screening.models import PatientFact
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.errors import InvalidValue

STATES = ("present", "absent", "not_asked")


def facts_of(actor: Actor, patient_id: int) -> QuerySet[PatientFact]:
    """What is known of the patient today, one row for each code."""
    rows = PatientFact.objects.for_actor(actor)
    return rows.filter(patient_id=patient_id, replaced_at__isnull=True).order_by("code")


def note_fact(*, by: Actor, at: datetime, patient_id: int, code: str, state: str, detail: str = "") -> PatientFact:
    """The fact as it now stands; the one before is kept with the moment it was replaced.

    Call it inside the transaction of the act that learned it. The same fact again changes nothing.

    Raises:
        InvalidValue: a state that is not present, absent or not_asked.
    """
    if state not in STATES:
        raise InvalidValue(f"A fact is present, absent or not_asked, not {state}.", field=code)
    current = PatientFact.objects.filter(patient_id=patient_id, code=code, replaced_at__isnull=True).first()
    if current is not None and (current.state, current.detail) == (state, detail):
        return current
    if current is not None:
        PatientFact.objects.filter(pk=current.pk).update(replaced_at=at)
    fact = PatientFact.objects.create(
        clinic_id=by.clinic_id,
        patient_id=patient_id,
        code=code,
        state=state,
        detail=detail[:200],
        noted_at=at,
        noted_by=by.name,
    )
    record(by=by, at=at, act="fact.noted", subject=fact, patient_id=patient_id, code=code, state=state)
    return fact
