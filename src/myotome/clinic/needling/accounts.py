"""Accounting for needles: counted out together, missing with a witness, incidents reviewed by somebody else.

A needle that was searched for and not found is never silently forgotten: a second signed-in person signs for it; alone,
she signs again herself and somebody else reviews it within three days, shown until done.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from myotome.clinic.needling.locks import needle_to_chart, note_in_audit, open_incident, unlocked_visit
from myotome.clinic.needling.models import Incident, NeedleInsertion, TreatmentVisit
from myotome.clinic.needling.needles import REVIEW_WITHIN, take_out
from myotome.clinic.needling.queries import needles_of
from myotome.clinic.needling.replays import once
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, NeedleUnaccountedFor, NotAllowed
from myotome.vocabulary.needling import NeedleState


@once
def count_out(*, by: Actor, at: datetime, visit_id: int, n_counted: int) -> TreatmentVisit:
    """The resting set out together, when as many were counted in the hand as are in the patient.

    Raises:
        NeedleUnaccountedFor: the count differs; nothing is changed, so that she looks.
    """
    visit = unlocked_visit(by, visit_id)
    still_in = [row for row in needles_of(visit) if row.state == NeedleState.IN.value]
    if n_counted != len(still_in):
        raise NeedleUnaccountedFor(
            "You counted {n_counted}, and {n_still_in} are in. Look again, then take them out one by one.",
            n_counted=n_counted,
            n_still_in=len(still_in),
        )
    for row in still_in:
        take_out(by=by, at=at, visit_id=visit_id, number=row.number)
    visit.counted_at = at
    visit.save(update_fields=["counted_at"])
    note_in_audit(by, at, "visit.counted", visit, n_out=n_counted)
    return visit


@once
def sign_missing(
    *, by: Actor, at: datetime, visit_id: int, number: int, reason: str, witness: Actor | None = None
) -> NeedleInsertion:
    """A needle that was not found, signed for by a second person, or alone with a review due in three days.

    The face has checked the password of `witness`, or the actor's own once more.

    Raises:
        InvalidValue: it was not said where she looked, the witness is herself, or the needle is out already.
    """
    visit, row = needle_to_chart(by, visit_id, number)
    _check_signature(by, reason, witness, field="reason")
    if row.state not in (NeedleState.IN.value, NeedleState.FRAGMENT.value):
        raise InvalidValue("This needle is accounted for.", field="number")
    row.state, row.note = NeedleState.MISSING.value, reason.strip()[:300]
    row.save(update_fields=["state", "note"])
    _open_signed(by, at, visit, f"Needle {number}: {reason.strip()}", witness)
    note_in_audit(by, at, "needle.missing", visit, number=number, alone=witness is None)
    return row


def sign_lost(
    *, by: Actor, at: datetime, visit: TreatmentVisit, n: int, where_looked: str, witness: Actor | None
) -> Incident:
    """Needles that were opened and are found nowhere as the visit closes: which insertions were theirs nobody knows.

    Signed for as a missing needle is; the face has checked the password. Runs in the caller's transaction.

    Raises:
        InvalidValue: it was not said where she looked, or the witness is herself.
    """
    _check_signature(by, where_looked, witness, field="where_looked")
    incident = _open_signed(by, at, visit, f"{n} not found at closing: {where_looked.strip()}", witness)
    note_in_audit(by, at, "needle.missing", visit, n=n, alone=witness is None)
    return incident


def _check_signature(by: Actor, where: str, witness: Actor | None, *, field: str) -> None:
    if not where.strip():
        raise InvalidValue("Please write where you looked.", field=field)
    if witness is not None and witness.user_id == by.user_id:
        raise InvalidValue("Somebody else signs with you.", field="witness")


def _open_signed(by: Actor, at: datetime, visit: TreatmentVisit, detail: str, witness: Actor | None) -> Incident:
    incident = open_incident(by, at, visit, "needle_missing", detail)
    incident.witnessed_by = witness.name if witness else ""
    incident.review_due_at = None if witness else at + REVIEW_WITHIN
    incident.save(update_fields=["witnessed_by", "review_due_at"])
    return incident


@transaction.atomic
def resolve_incident(*, by: Actor, at: datetime, incident_id: int, resolution: str) -> Incident:
    """The incident reviewed by somebody else, or by the owner; resolved already stays so.

    Users are compared, never names, which two people may share and one may change. What somebody signed alone, and
    whatever else has a day by which it is reviewed, is not reviewed by herself even when she is the owner. What a patient
    has told is nobody's own: whoever cares for her may phone her and say what came of it.

    Raises:
        NotAllowed: she opened it herself, or she is not signed in.
        InvalidValue: nothing was written.
    """
    by.check_holds(Role.OWNER, Role.PRACTITIONER)
    rows = Incident.objects.filter(clinic_id=by.clinic_id) if by.holds(Role.OWNER) else Incident.objects.for_actor(by)
    row = rows.select_related("visit__course").get_or_not_found(pk=incident_id)
    if row.resolved_at is not None:
        return row
    if not row.is_told_by_patient and not _is_somebody_else(by, row):
        if row.review_due_at is not None:
            raise NotAllowed("Somebody else reviews what you signed alone.")
        if not by.holds(Role.OWNER):
            raise NotAllowed("Somebody else, or the owner, reviews what you have opened.")
    if not resolution.strip():
        raise InvalidValue("Please write what the review came to.", field="resolution")
    row.resolved_at, row.resolved_by, row.resolution = at, by.name, resolution.strip()[:300]
    row.resolved_by_user_id = by.user_id
    row.save(update_fields=["resolved_at", "resolved_by", "resolved_by_user", "resolution"])
    note_in_audit(by, at, "incident.resolved", row.visit, incident=row.pk)
    return row


def _is_somebody_else(by: Actor, incident: Incident) -> bool:
    if by.user_id is None:
        return False
    if incident.opened_by_user_id is None:  # a row from before users were kept
        return incident.opened_by != by.name
    return incident.opened_by_user_id != by.user_id
