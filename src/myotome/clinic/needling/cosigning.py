"""Supervised practitioners: who signs with whom and since when, visits that wait for the second name, the second name.

A supervised practitioner signs as everybody does, which locks her visit; it then waits for her supervisor, who may open
the chart from that moment. Who supervises is fixed when the visit is signed; when the owner names another supervisor,
what still waits goes to the new one.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from myotome.clinic.audit.actions import record
from myotome.clinic.needling.locks import add_to_closed, held_visit, note_in_audit
from myotome.clinic.needling.models import Cosignature, Supervision, TreatmentVisit
from myotome.clinic.people.actions import begin_care
from myotome.clinic.people.days import clinic_day
from myotome.clinic.people.models import Practitioner
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, NotAllowed, NotFound

MOST_SHOWN = 50


@transaction.atomic
def add_supervision(
    *,
    by: Actor,
    at: datetime,
    practitioner_id: int,
    supervisor_id: int,
    from_on: date,
    until_on: date | None = None,
) -> Supervision:
    """From a day on she signs with this supervisor; visits of hers that still wait go to the supervisor too.

    Raises:
        InvalidValue: herself, a supervisor who is supervised, days in the wrong order, or days that are taken.
        NotFound: no such practitioner here.
    """
    by.check_holds(Role.OWNER)
    people = Practitioner.objects.for_actor(by).filter(is_active=True)
    practitioner = people.get_or_not_found(pk=practitioner_id)
    supervisor = people.get_or_not_found(pk=supervisor_id)
    if practitioner.pk == supervisor.pk:
        raise InvalidValue("Somebody else supervises her.", field="supervisor")
    if supervisor.user_id is None:
        raise InvalidValue("{name} has no login here and cannot sign.", field="supervisor", name=supervisor.name)
    if until_on is not None and until_on < from_on:
        raise InvalidValue("The last day comes after the first.", field="until_on")
    taken = _within(by.clinic_id, from_on, until_on)
    if taken.filter(practitioner=practitioner).exists():
        raise InvalidValue("{name} is supervised in these days already.", field="from_on", name=practitioner.name)
    if taken.filter(practitioner=supervisor).exists() or taken.filter(supervisor=practitioner).exists():
        raise InvalidValue("Who is supervised does not supervise in the same days.", field="supervisor")
    row = Supervision.objects.create(
        clinic_id=by.clinic_id,
        practitioner=practitioner,
        supervisor=supervisor,
        from_on=from_on,
        until_on=until_on,
        added_at=at,
        added_by=by.name,
    )
    record(by=by, at=at, act="supervision.added", subject=row, practitioner=practitioner.pk, supervisor=supervisor.pk)
    for waiting in Cosignature.objects.filter(
        clinic_id=by.clinic_id, signer=practitioner, cosigned_at__isnull=True
    ).select_related("visit__course"):
        waiting.cosigner = supervisor
        waiting.save(update_fields=["cosigner"])
        _open_chart_to(by, at, supervisor, waiting.visit)
    return row


@transaction.atomic
def end_supervision(*, by: Actor, at: datetime, supervision_id: int, until_on: date) -> Supervision:
    """The last day of a supervision; what was signed until then still waits for the supervisor.

    Raises:
        InvalidValue: before it began.
        NotFound: no such supervision here.
    """
    by.check_holds(Role.OWNER)
    row: Supervision = Supervision.objects.for_actor(by).get_or_not_found(pk=supervision_id)
    if until_on < row.from_on:
        raise InvalidValue("The last day comes after the first.", field="until_on")
    row.until_on = until_on
    row.save(update_fields=["until_on"])
    record(by=by, at=at, act="supervision.ended", subject=row, practitioner=row.practitioner_id)
    return row


def supervisions_of(actor: Actor) -> list[Supervision]:
    """All supervisions of the clinic, the newest first."""
    rows = Supervision.objects.for_actor(actor).select_related("practitioner", "supervisor")
    return list(rows.order_by("-from_on", "-pk"))


def supervisor_on(clinic_id: int, practitioner_id: int | None, on: date) -> Practitioner | None:
    """Who supervises her on this day, or None."""
    row = _within(clinic_id, on, on).filter(practitioner_id=practitioner_id).select_related("supervisor").first()
    return row.supervisor if row else None


def ask_for_cosignature(by: Actor, at: datetime, visit: TreatmentVisit) -> Cosignature | None:
    """The second name that a visit waits for from now on; None when whoever signed it is not supervised."""
    supervisor = supervisor_on(by.clinic_id, by.practitioner_id, clinic_day(visit.course.clinic, at))
    if supervisor is None:
        return None
    row = Cosignature.objects.create(
        clinic_id=by.clinic_id, visit=visit, signer_id=by.practitioner_id, cosigner=supervisor, asked_at=at
    )
    _open_chart_to(by, at, supervisor, visit)
    note_in_audit(by, at, "visit.cosignature_asked", visit, of=supervisor.pk)
    return row


@transaction.atomic
def cosign_visit(*, by: Actor, at: datetime, visit_id: int, words: str = "") -> Cosignature:
    """The visit signed by the supervisor too; words of hers are a dated addendum. Signed already stays as it was.

    Raises:
        NotFound: it waits for no second name, or is not in her care.
        NotAllowed: another signs it.
    """
    by.check_holds(Role.PRACTITIONER)
    visit = held_visit(by, visit_id)
    row = cosignature_of(visit)
    if row is None:
        raise NotFound("This visit waits for no second signature.")
    if row.cosigned_at is not None:
        return row
    if by.practitioner_id is None or by.practitioner_id != row.cosigner_id:
        raise NotAllowed("{name} signs this visit with her.", name=row.cosigner.name)
    row.cosigned_at, row.cosigned_by = at, by.name
    row.save(update_fields=["cosigned_at", "cosigned_by"])
    if words.strip():
        add_to_closed(by, at, visit, words.strip())
    note_in_audit(by, at, "visit.cosigned", visit)
    return row


def cosignature_of(visit: TreatmentVisit) -> Cosignature | None:
    """The second name a visit waits for or has; None where there is none to wait for."""
    return Cosignature.objects.filter(visit=visit).select_related("cosigner", "signer").first()


def waiting_for_cosignature(actor: Actor) -> list[Cosignature]:
    """Signed visits that wait for her name, and those of hers that wait for another's, the oldest first.

    An owner sees all of the clinic, for the list alone: no chart opens by it.
    """
    rows = Cosignature.objects.filter(clinic_id=actor.clinic_id, cosigned_at__isnull=True)
    if not actor.holds(Role.OWNER):
        mine = Q(cosigner_id=actor.practitioner_id) | Q(signer_id=actor.practitioner_id)
        rows = rows.filter(mine) if actor.practitioner_id is not None else rows.none()
    return list(rows.select_related("visit__course__patient", "signer", "cosigner").order_by("asked_at")[:MOST_SHOWN])


def _within(clinic_id: int, first: date, last: date | None):
    rows = Supervision.objects.filter(clinic_id=clinic_id).filter(Q(until_on__isnull=True) | Q(until_on__gte=first))
    return rows.filter(from_on__lte=last) if last is not None else rows


def _open_chart_to(by: Actor, at: datetime, supervisor: Practitioner, visit: TreatmentVisit) -> None:
    begin_care(by=by, at=at, patient_id=visit.course.patient_id, user_id=supervisor.user_id, kind="covering")
