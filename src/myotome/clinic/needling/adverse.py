"""Adverse events put on record, and followed up until they are gone. A signed visit takes both."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from myotome.clinic.needling.locks import needle_by_number, note_in_audit, open_incident
from myotome.clinic.needling.models import AdverseEvent, AdverseFollowUp
from myotome.clinic.needling.needles import REVIEW_WITHIN
from myotome.clinic.needling.queries import visit_for
from myotome.clinic.needling.replays import once
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import AdverseGrade, AdverseKind, HowNow, Lasted, Role, Seriousness
from myotome.vocabulary.errors import InvalidValue, NotFound


@once
def report_adverse_event(
    *,
    by: Actor,
    at: datetime,
    visit_id: int,
    kind: AdverseKind,
    grade: AdverseGrade,
    number: int | None = None,
    serious: Seriousness | None = None,
    **details: Any,
) -> AdverseEvent:
    """The event on record; a major or a serious one opens an incident that somebody else reviews within three days.

    `details` may hold relatedness, region, onset_minutes, lasted, expected, preventable, action_taken, outcome,
    patient_told, reported_to, learned.
    """
    visit = visit_for(by, visit_id)
    event = AdverseEvent.objects.create(
        clinic_id=by.clinic_id,
        visit=visit,
        insertion=needle_by_number(visit, number) if number is not None else None,
        kind=kind.value,
        grade=grade.value,
        serious=serious.value if serious else "",
        reported_at=at,
        reported_by=by.name,
        **details,
    )
    note_in_audit(by, at, "adverse_event.reported", visit, kind=kind.value, grade=grade.value)
    if serious is not None or grade is AdverseGrade.MAJOR:
        incident = open_incident(by, at, visit, "serious_adverse_event", kind.value.replace("_", " "))
        incident.review_due_at = at + REVIEW_WITHIN
        incident.save(update_fields=["review_due_at"])
    return event


@once
def follow_up_event(
    *,
    by: Actor,
    at: datetime,
    visit_id: int,
    event_id: int,
    how: HowNow,
    lasted: Lasted | None = None,
    words: str = "",
) -> AdverseFollowUp:
    """How an event of the visit stands now, dated and named; what was noted before stays.

    Raises:
        NotFound: the visit has no such event.
        InvalidValue: how long it lasted is said of what is not gone.
    """
    by.check_holds(Role.PRACTITIONER)
    visit = visit_for(by, visit_id)
    event = visit.adverse_events.filter(pk=event_id).first()
    if event is None:
        raise NotFound("This visit has no such event on record.")
    if lasted is not None and how is not HowNow.GONE:
        raise InvalidValue("How long it lasted is said when it is gone.", field="lasted")
    row = AdverseFollowUp.objects.create(
        clinic_id=by.clinic_id,
        event=event,
        how=how.value,
        lasted=lasted.value if lasted else "",
        words=words.strip()[:300],
        noted_at=at,
        noted_by=by.name,
    )
    note_in_audit(by, at, "adverse_event.followed_up", visit, event=event.pk, how=how.value)
    return row
