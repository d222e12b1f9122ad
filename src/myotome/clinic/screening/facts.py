"""Facts about a patient that raise cautions: dated, corrected by a newer fact, never overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet

from myotome.clinic.audit.actions import record
from myotome.clinic.audit.prepared import Prepared
from myotome.clinic.people.access import by_care, sees_by_care
from myotome.clinic.screening.models import Intake, PatientFact
from myotome.knowledge.screening import content
from myotome.science.screening.stated import stated_facts
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.findings import Presence

STATES = ("present", "absent", "not_asked")


def facts_of(actor: Actor, patient_id: int) -> QuerySet[PatientFact]:
    """What is known of the patient today, one row for each code, each with its clinic (whose cautions it raises)."""
    rows = PatientFact.objects.for_actor(actor).select_related("clinic")
    return rows.filter(patient_id=patient_id, replaced_at__isnull=True).order_by("code")


_in_care = Prepared(
    lambda clinic_id, user_id, patient_id: facts_of(by_care(clinic_id, user_id), patient_id),
    7_000_001,
    7_000_002,
    7_000_003,
)


def facts_known(actor: Actor, patient_id: int) -> list[PatientFact]:
    """The rows of `facts_of`, for what asks at every needle."""
    if sees_by_care(actor):
        return _in_care(actor.clinic_id, actor.user_id, patient_id)
    return list(facts_of(actor, patient_id))


def note_fact(
    *,
    by: Actor,
    at: datetime,
    patient_id: int,
    code: str,
    state: str,
    detail: str = "",
    areas: Sequence[str] | None = None,
) -> PatientFact:
    """The fact as it now stands; the one before is kept with the moment it was replaced.

    Call it inside the transaction of the act that learned it. The same fact again changes nothing. Without `areas` those
    named before stay while the fact does; a fact that is not present has none.

    Raises:
        InvalidValue: a state that is not present, absent or not_asked.
    """
    if state not in STATES:
        raise InvalidValue("A fact is present, absent or not_asked, not {state}.", field=code, state=state)
    current = PatientFact.objects.filter(patient_id=patient_id, code=code, replaced_at__isnull=True).first()
    before = current.areas if current is not None else []
    named = list(before if areas is None else areas) if state == "present" else []
    if current is not None and (current.state, current.detail, before) == (state, detail, named):
        return current
    if current is not None:
        PatientFact.objects.filter(pk=current.pk).update(replaced_at=at)
    fact = PatientFact.objects.create(
        clinic_id=by.clinic_id,
        patient_id=patient_id,
        code=code,
        state=state,
        detail=detail[:200],
        areas=named,
        noted_at=at,
        noted_by=by.name,
    )
    record(by=by, at=at, act="fact.noted", subject=fact, patient_id=patient_id, code=code, state=state)
    return fact


def note_stated(*, by: Actor, at: datetime, intake: Intake) -> None:
    """Notes what the answers of a patient's intake state. They raise facts and never clear one noted before."""
    current = PatientFact.objects.filter(patient_id=intake.patient_id, replaced_at__isnull=True)
    known = dict(current.values_list("code", "state"))
    for fact in stated_facts(intake.answers, content=content()):
        if fact.state is not Presence.PRESENT and known.get(fact.code) == Presence.PRESENT.value:
            continue
        note_fact(
            by=by, at=at, patient_id=intake.patient_id, code=fact.code, state=fact.state.value, detail=fact.detail
        )
