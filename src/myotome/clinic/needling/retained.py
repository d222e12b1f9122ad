"""Needles that went home with a patient on purpose: chased from the day they are due until somebody records them out.

She is reminded by mail at nine in the morning of the day and of the days after it; a mail says nothing of her
treatment. The desk and the practitioner see what is due and what is overdue, and phone who has no address. Only a needle
that is recorded out ends it, never a mail that was sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.core.mail import EmailMessage
from django.utils import timezone
from django_tasks import task

from myotome.clinic.needling.models import NeedleInsertion, RetainedNeedle, TreatmentVisit
from myotome.clinic.people.days import clinic_day
from myotome.clinic.people.letters import letter, tried_again_at
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.needling import NeedleState

REMINDED_AT = time(9, 0)
MOST_REMINDERS = 5
LONGEST_DAYS = 60
SHOWN_DAYS_AHEAD = 1


@dataclass(frozen=True, slots=True)
class Due:
    """A visit of which `n` needles are still in at home, the first of them due on `due_on`."""

    visit: TreatmentVisit
    n: int
    due_on: date
    is_overdue: bool


def check_due_on(visit: TreatmentVisit, due_on: date, at: datetime) -> None:
    """Nothing, when a needle may be said to stay until that day.

    Raises:
        InvalidValue: the day is past, or so far that it is a slip of the pen.
    """
    today = clinic_day(visit.clinic, at)
    if not today <= due_on <= today + timedelta(days=LONGEST_DAYS):
        raise InvalidValue(
            "A needle stays until a day from today to {until}.",
            field="remove_on",
            until=(today + timedelta(days=LONGEST_DAYS)).isoformat(),
        )


def chase(needle: NeedleInsertion, *, due_on: date | None, at: datetime) -> RetainedNeedle:
    """The needle on the list of those to come out, and its first mail queued; without a day it is due at once."""
    visit = needle.visit
    row, is_new = RetainedNeedle.objects.get_or_create(
        needle=needle, defaults={"clinic_id": visit.clinic_id, "due_on": due_on or clinic_day(visit.clinic, at)}
    )
    if is_new and visit.course.patient.email:
        _queue(row, visit, row.due_on, at)
    return row


def due_at_home(actor: Actor, *, at: datetime, zone: str) -> list[Due]:
    """Needles at home that are due by tomorrow, the longest overdue first, by visit: who, how many, since when.

    For the desk too: whom to phone, nothing of the chart. A visit that is open is looked after in its room.
    """
    actor.check_holds(Role.RECEPTIONIST, Role.PRACTITIONER)
    today = at.astimezone(ZoneInfo(zone)).date()
    rows = RetainedNeedle.objects.filter(
        clinic_id=actor.clinic_id,
        due_on__lte=today + timedelta(days=SHOWN_DAYS_AHEAD),
        needle__state=NeedleState.LEFT_IN.value,
        needle__struck_at__isnull=True,
        needle__visit__closed_at__isnull=False,
    )
    found: dict[int, Due] = {}
    for row in rows.select_related("needle__visit__course__patient", "needle__visit__practitioner").order_by(
        "due_on", "pk"
    ):
        visit = row.needle.visit
        known = found.get(visit.pk) or Due(visit, 0, row.due_on, row.due_on < today)
        found[visit.pk] = Due(visit, known.n + 1, known.due_on, known.is_overdue)
    return list(found.values())


def taken_home(visit: TreatmentVisit) -> list[NeedleInsertion]:
    """The needles of this visit that are still in on purpose, in charting order, each with its day."""
    rows = visit.insertions.filter(state=NeedleState.LEFT_IN.value, struck_at__isnull=True)
    return list(rows.select_related("retained").order_by("number"))


def _queue(row: RetainedNeedle, visit: TreatmentVisit, on: date, at: datetime) -> None:
    due = datetime.combine(on, REMINDED_AT, tzinfo=ZoneInfo(visit.clinic.time_zone)).astimezone(UTC)
    job = remind_of_removal.using(run_after=due) if due > at else remind_of_removal
    job.enqueue(row.pk, row.n_reminders)


@task()
def remind_of_removal(retained_id: int, n_before: int) -> None:
    """Reminds her while the needle is not recorded out, and queues the next morning's mail; each of five is sent once.

    A mail that nobody took for a day begins anew on the next morning.
    """
    now = timezone.now()
    rows = RetainedNeedle.objects.filter(
        pk=retained_id,
        n_reminders=n_before,
        needle__state=NeedleState.LEFT_IN.value,
        needle__struck_at__isnull=True,
    )
    row = rows.select_related("needle__visit__course__patient", "needle__visit__clinic").first()
    known = RetainedNeedle.objects.filter(pk=retained_id, n_reminders=n_before)
    if row is None or not known.update(n_reminders=n_before + 1, reminded_at=now, n_failures=0):
        return
    visit = row.needle.visit
    tomorrow = clinic_day(visit.clinic, now) + timedelta(days=1)
    try:
        message_for(row).send()
    except OSError:
        again = tried_again_at(now, row.n_failures + 1)
        RetainedNeedle.objects.filter(pk=row.pk).update(
            n_reminders=n_before, reminded_at=row.reminded_at, n_failures=row.n_failures + 1 if again else 0
        )
        if again:
            remind_of_removal.using(run_after=again).enqueue(row.pk, n_before)
        else:
            _queue(row, visit, tomorrow, now)
        return
    if n_before + 1 < MOST_REMINDERS:
        row.n_reminders = n_before + 1
        _queue(row, visit, tomorrow, now)


def message_for(row: RetainedNeedle) -> EmailMessage:
    """The mail in the patient's language: it names the list that she was given, and nothing of her treatment."""
    visit = row.needle.visit
    patient = visit.course.patient
    context = {"patient": patient, "clinic": visit.clinic, "given_on": visit.opened_at, "due_on": row.due_on}
    zone = visit.clinic.time_zone
    return letter("needling/reminder", context, to=patient.email, language=patient.language, zone=zone)
