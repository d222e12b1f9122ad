"""The check a day after the needles: made when a visit closes, sent once, answered by link.

An answer that cannot wait is an adverse event and an incident at once, before the next question is shown, and the clinic
is written to; the others become adverse events when she sends her answers. What she skips is skipped and never "no".
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction

from myotome.clinic.booking.rules import after_quiet_hours, rules_for
from myotome.clinic.needling.check_notices import queue_alarm, queue_check
from myotome.clinic.needling.locks import note_in_audit, open_incident
from myotome.clinic.needling.models import AdverseEvent, AfterAnswer, AfterCheck, TreatmentVisit
from myotome.clinic.people.links import opens_with
from myotome.knowledge.aftercare import CheckQuestion, Choice, after_check
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Urgency
from myotome.vocabulary.errors import InvalidValue, VisitLocked

AFTER = timedelta(hours=24)
LINK_DAYS = 14
PHONE_WITHIN = timedelta(hours=24)
"""Within this time somebody phones her about an answer that cannot wait, and says what came of it."""


@transaction.atomic
def ask_after_visit(*, by: Actor, at: datetime, visit: TreatmentVisit) -> AfterCheck | None:
    """The check of a closed visit, once; None when no needle went in or the visit is open."""
    if visit.closed_at is None or not visit.insertions.filter(struck_at__isnull=True).exists():
        return None
    due_at = after_quiet_hours(visit.closed_at + AFTER, rules_for(by.clinic_id), visit.course.clinic.time_zone)
    check, is_new = AfterCheck.objects.get_or_create(
        visit=visit,
        defaults={
            "clinic_id": by.clinic_id,
            "questions_version": after_check().version,
            "created_at": at,
            "due_at": due_at,
            "expires_at": due_at + timedelta(days=LINK_DAYS),
        },
    )
    if is_new:
        note_in_audit(by, at, "check.queued", visit)
        queue_check(check)
    return check


@transaction.atomic
def open_check_with_birth_date(*, by: Actor, at: datetime, check: AfterCheck, born_on: date) -> bool:
    """True when the birth date is hers; a wrong one is counted, and after five the link opens no more."""
    is_hers = opens_with(check, born_on, of=check.visit.course.patient, at=at)
    note_in_audit(by, at, "check.opened" if is_hers else "check.wrong_birth_date", check.visit)
    return is_hers


@transaction.atomic
def answer_check(*, by: Actor, at: datetime, check: AfterCheck, question: str, choice: str) -> AfterAnswer:
    """One answer, empty for "skipped". The same again changes nothing, another replaces it and keeps the old one.

    An answer that cannot wait opens its incident in the same transaction.

    Raises:
        InvalidValue: not one of the questions, or not one of its choices.
        VisitLocked: the answers were sent.
    """
    # Two telephones wait for each other.
    AfterCheck.objects.select_for_update().filter(pk=check.pk).values("pk").first()
    check.refresh_from_db(fields=["completed_at"])
    if check.completed_at is not None:
        raise VisitLocked("These answers are sent. Phone the clinic if something has changed.")
    asked = after_check().question(question)
    if asked is None:
        raise InvalidValue("This is not one of the questions.", field="choice")
    chosen = asked.choice(choice) if choice else None
    if choice and chosen is None:
        raise InvalidValue("Choose one of the answers, or skip this question.", field="choice")
    current = AfterAnswer.objects.filter(check_of=check, question=question, replaced_at__isnull=True)
    row = current.first()
    if row is not None and row.choice == choice:
        return row
    current.update(replaced_at=at)
    row = AfterAnswer.objects.create(
        clinic_id=check.clinic_id, check_of=check, question=question, choice=choice, answered_at=at
    )
    note_in_audit(by, at, "check.answered", check.visit, question=question)
    if chosen is not None and chosen.urgency is not Urgency.NONE:
        _escalate(by, at, check, row, asked, chosen)
    return row


@transaction.atomic
def finish_check(*, by: Actor, at: datetime, check: AfterCheck) -> AfterCheck:
    """Her answers sent: whatever she felt is on record as an adverse event; sent already stays so."""
    AfterCheck.objects.select_for_update().filter(pk=check.pk).values("pk").first()
    check.refresh_from_db(fields=["completed_at"])
    if check.completed_at is not None:
        return check
    for row in AfterAnswer.objects.filter(check_of=check, replaced_at__isnull=True, adverse_event__isnull=True):
        asked = after_check().question(row.question)
        chosen = asked.choice(row.choice) if asked else None
        if asked is not None and chosen is not None and chosen.grade is not None:
            _keep_event(by, at, check, row, asked, chosen)
    check.completed_at = at
    check.save(update_fields=["completed_at"])
    note_in_audit(by, at, "check.finished", check.visit)
    return check


def _escalate(
    by: Actor, at: datetime, check: AfterCheck, row: AfterAnswer, asked: CheckQuestion, chosen: Choice
) -> None:
    """Event, incident and letter; an answer that she gave, took back and gave again opens its incident once."""
    _keep_event(by, at, check, row, asked, chosen)
    if check.visit.incidents.filter(kind=asked.incident, detail=chosen.label, resolved_at__isnull=True).exists():
        return
    incident = open_incident(by, at, check.visit, asked.incident, chosen.label)
    incident.review_due_at = at + PHONE_WITHIN
    incident.save(update_fields=["review_due_at"])
    queue_alarm(row)


def _keep_event(
    by: Actor, at: datetime, check: AfterCheck, row: AfterAnswer, asked: CheckQuestion, chosen: Choice
) -> AdverseEvent:
    event = AdverseEvent.objects.create(
        clinic_id=check.clinic_id,
        visit=check.visit,
        answer=row,
        kind=asked.kind.value,
        grade=chosen.grade.value if chosen.grade else "",
        outcome=str(chosen.label),
        reported_at=at,
        reported_by=by.name,
    )
    note_in_audit(by, at, "adverse_event.reported", check.visit, kind=event.kind, grade=event.grade)
    return event
