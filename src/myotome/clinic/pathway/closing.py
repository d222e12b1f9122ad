"""What one act of closing did and what remains, across the stages: needles, appointment, money, check, next visit.

Read from the rows and never from the act: a page that is opened a week later tells the same truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Q, Subquery

from myotome.clinic.booking.models import Appointment, DeskAct
from myotome.clinic.money.actions import can_charge, kind_of_charge, price_of
from myotome.clinic.money.queries import charge_of_visit
from myotome.clinic.needling.after_queries import CheckStory, events_of, story_of
from myotome.clinic.needling.models import AdverseEvent, Cosignature, TreatmentVisit
from myotome.clinic.pathway.series import WishedSeries, wished_series
from myotome.clinic.people.days import clinic_day
from myotome.knowledge.aftercare import PublishedRate, published_of
from myotome.science.money.amounts import taxed
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.money import ChargeKind
from myotome.vocabulary.scheduling import AppointmentStatus
from myotome.vocabulary.sentences import Sentence, from_kept

AHEAD = [AppointmentStatus.BOOKED.value, AppointmentStatus.REQUESTED.value]


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """What the desk is to charge: the clinic's price with its tax, or the charge that was written already."""

    cents: int
    currency: str
    is_charged: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Closing:
    """A closed visit as its page tells it. `drowsy` is what is published of the drive home, asked of on the day itself.

    `undo_until` is until when she who asks may take the next visit back, before anybody is told of it; `weeks_ahead` how
    far away the time lies that was chosen at closing and was not booked; `refusal` says why it was not.
    """

    appointment: Appointment | None
    is_done: bool
    draft: Draft | None
    check: CheckStory | None
    events: tuple[AdverseEvent, ...]
    next: Appointment | None
    undo_until: datetime | None
    weeks_ahead: int
    refusal: Sentence | None
    wished: WishedSeries | None
    cosignature: Cosignature | None
    may_cosign: bool
    asks_of_drive: bool
    drowsy: PublishedRate


def closing_of(actor: Actor, visit: TreatmentVisit, *, at: datetime) -> Closing:
    """The closed visit across the stages, for a practitioner who has her chart open."""
    patient_id = visit.course.patient_id
    appointment, following = _its_own_and_next(actor, visit, after=max(at, visit.closed_at or at))
    cosignature, check = getattr(visit, "cosignature", None), getattr(visit, "after_check", None)
    undo_until = following.undo_until if following else None  # type: ignore[attr-defined]
    is_done = appointment is not None and appointment.status == AppointmentStatus.DONE.value
    return Closing(
        appointment=appointment,
        is_done=is_done,
        draft=_draft(actor, visit, appointment) if appointment and is_done else None,
        check=story_of(check, at=at) if check is not None else None,
        events=tuple(events_of(visit)),
        next=following,
        undo_until=undo_until if undo_until and undo_until > at else None,
        weeks_ahead=max(0, (visit.next_refused_at - at).days // 7) if visit.next_refused_at else 0,
        refusal=from_kept(visit.next_refusal),
        wished=None if following else wished_series(actor, patient_id=patient_id),
        cosignature=cosignature,
        may_cosign=bool(
            cosignature and not cosignature.cosigned_at and cosignature.cosigner_id == actor.practitioner_id
        ),
        asks_of_drive=not visit.fit_to_drive_asked and _is_today(visit, at),
        drowsy=next(row for row in published_of("drowsy") if row.per == "patients"),
    )


def _its_own_and_next(
    actor: Actor, visit: TreatmentVisit, *, after: datetime
) -> tuple[Appointment | None, Appointment | None]:
    """The appointment of the visit and the patient's next one, in one query."""
    rows = Appointment.objects.filter(clinic_id=actor.clinic_id)
    ahead = rows.filter(patient_id=visit.course.patient_id, starts_at__gt=after, status__in=AHEAD)
    following = Subquery(ahead.order_by("starts_at").values("pk")[:1])
    both = rows.filter(Q(pk=visit.appointment_id) | Q(pk=following))
    undone_until = DeskAct.objects.filter(
        appointment=OuterRef("pk"), act="booked", by_user_id=actor.user_id, undone_at__isnull=True
    )
    both = both.annotate(undo_until=Subquery(undone_until.values("until")[:1]))
    found = list(both.select_related("service__tax", "practitioner", "place"))
    own = next((row for row in found if row.pk == visit.appointment_id), None)
    return own, next((row for row in found if row.pk != visit.appointment_id), None)


def _is_today(visit: TreatmentVisit, at: datetime) -> bool:
    return visit.closed_at is not None and clinic_day(visit.clinic, visit.closed_at) == clinic_day(visit.clinic, at)


def _draft(actor: Actor, visit: TreatmentVisit, appointment: Appointment) -> Draft | None:
    """None where the clinic asks nothing for this service."""
    charge = charge_of_visit(actor, appointment.pk)
    if charge is not None:
        return Draft(cents=charge.total_cents, currency=charge.currency, is_charged=True)
    if not can_charge(appointment) or kind_of_charge(appointment) is not ChargeKind.VISIT:
        return None
    price, tax = price_of(actor, appointment)
    return (
        Draft(cents=taxed(price, *tax.rates).total_cents, currency=visit.clinic.currency, is_charged=False)
        if price
        else None
    )
