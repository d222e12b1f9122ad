"""The next visit, in the act that closes this one: named when it is booked, offered when the plan asks for one, never forced.

The times offered are free times of what her plan says with the same practitioner, the same weekday and hour first, within
the rule of distances. A time that cannot be booked refuses the booking and nothing else: the visit closes and says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from myotome.clinic.booking.actions import book
from myotome.clinic.booking.apart import LEAST_GAP_DAYS, MOST_GAP_DAYS
from myotome.clinic.booking.claims import TAKEN
from myotome.clinic.booking.clocks import zone_then
from myotome.clinic.booking.models import Appointment, Service
from myotome.clinic.booking.placing import Wanted, wanted_for
from myotome.clinic.booking.queries import LONGEST_WINDOW_DAYS, Offer, free_times_for, service_meant
from myotome.clinic.followup.actions import ask_before_visit
from myotome.clinic.needling.models import TreatmentVisit
from myotome.clinic.pathway.series import wished_series
from myotome.clinic.planning.models import Plan
from myotome.science.booking.next_visit import next_starts
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.errors import AlreadyBooked, MyotomeError, NotAllowed
from myotome.vocabulary.needling import NoNextVisit
from myotome.vocabulary.scheduling import AppointmentStatus

AHEAD = (AppointmentStatus.BOOKED.value, AppointmentStatus.REQUESTED.value)
N_OFFERED = 3
DAYS_AROUND = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class NextVisit:
    """What the close form says of the next visit: the one that is booked, or times to choose from.

    `n_left` is how many visits the plan still asks for after this one, None without a plan; `is_chosen` whether its first
    time stands chosen when the form opens. The service is None where the clinic no longer offers it. `instead` are, of a
    visit that is closed, free times nearest to the one that was chosen and was not booked.
    """

    booked: Appointment | None = None
    service: Service | None = None
    practitioner_name: str = ""
    times: tuple[Offer, ...] = ()
    n_left: int | None = None
    least_days: int = LEAST_GAP_DAYS
    most_days: int = MOST_GAP_DAYS
    instead: tuple[Offer, ...] = ()

    @property
    def is_chosen(self) -> bool:
        """The plan asks for one more, and a time is there for it."""
        return bool(self.times) and bool(self.n_left)


def next_visit_of(actor: Actor, visit: TreatmentVisit, *, at: datetime) -> NextVisit:
    """The patient's next appointment if there is one, else what may be offered; nothing once the course has ended."""
    booked = _booked_ahead(actor, visit, at=at)
    if booked is not None or visit.course.closed_at is not None:
        return NextVisit(booked=booked)
    service = service_of_visit(actor, visit)
    if visit.closed_at is not None:
        return NextVisit(service=service, instead=_instead(actor, visit, service, at=at) if service else ())
    wished = wished_series(actor, patient_id=visit.course.patient_id)
    least, most = distances(wished.every_days)
    return NextVisit(
        service=service,
        practitioner_name=visit.practitioner.name,
        times=_times(actor, visit, service, at=at, every_days=wished.every_days) if service else (),
        n_left=wished.n_left,
        least_days=least,
        most_days=most,
    )


def distances(every_days: int) -> tuple[int, int]:
    """The least and the most days between two visits, by the rule of distances, widened to what the plan says."""
    return min(LEAST_GAP_DAYS, every_days), max(MOST_GAP_DAYS, every_days)


def service_of_visit(actor: Actor, visit: TreatmentVisit) -> Service | None:
    """What she comes for again, of what the clinic offers: what her plan says, else what she came for, else its first."""
    plan = Plan.objects.filter(course_id=visit.course_id, mode=visit.mode, replaced_at__isnull=True)
    planned = plan.values_list("service_id", flat=True).first()
    return service_meant(actor, visit.mode, planned, visit.appointment.service_id if visit.appointment else None)


def _booked_ahead(actor: Actor, visit: TreatmentVisit, *, at: datetime) -> Appointment | None:
    rows = Appointment.objects.filter(clinic_id=actor.clinic_id, patient_id=visit.course.patient_id)
    rows = rows.filter(starts_at__gt=at, status__in=AHEAD).exclude(pk=visit.appointment_id)
    return rows.select_related("service", "practitioner", "place").order_by("starts_at").first()


def _times(
    actor: Actor, visit: TreatmentVisit, service: Service, *, at: datetime, every_days: int
) -> tuple[Offer, ...]:
    last = visit.appointment.starts_at if visit.appointment else visit.opened_at
    here = ZoneInfo(zone_then(actor.clinic_id, visit.practitioner_id, last))
    least, most = distances(every_days)
    last_day, today = last.astimezone(here).date(), at.astimezone(here).date()
    first_day = max(last_day + timedelta(days=least), today)
    n_days = min((last_day + timedelta(days=most) - first_day).days + 1, LONGEST_WINDOW_DAYS)
    if n_days < 1:
        return ()
    offers = free_times_for(
        actor,
        service=service,
        first_day=first_day,
        n_days=n_days,
        at=at,
        practitioner_id=visit.practitioner_id,
        patient_id=visit.course.patient_id,
    )
    by_start = {offer.starts_at.astimezone(ZoneInfo(offer.zone)): offer for offer in offers}
    chosen = next_starts(
        list(by_start), last=last, every_days=every_days, least_days=least, most_days=most, n=N_OFFERED
    )
    return tuple(by_start[start] for start in chosen)


def _instead(actor: Actor, visit: TreatmentVisit, service: Service, *, at: datetime) -> tuple[Offer, ...]:
    wanted = visit.next_refused_at
    if wanted is None or wanted <= at:
        return ()
    here = ZoneInfo(zone_then(actor.clinic_id, visit.practitioner_id, wanted))
    first_day = max(wanted.astimezone(here).date() - timedelta(days=DAYS_AROUND), at.astimezone(here).date())
    offers = free_times_for(
        actor,
        service=service,
        first_day=first_day,
        n_days=2 * DAYS_AROUND + 1,
        at=at,
        practitioner_id=visit.practitioner_id,
        patient_id=visit.course.patient_id,
    )
    return tuple(sorted(offers, key=lambda offer: abs(offer.starts_at - wanted))[:N_OFFERED])


def next_wanted(by: Actor, visit: TreatmentVisit, *, at: datetime, starts_at: datetime) -> Wanted:
    """The next visit at this start, looked up before the transaction of closing.

    Raises:
        MyotomeError: why it cannot be booked: the course has ended, the clinic does not offer the service any more, or as
            `booking.placing.wanted_for`.
    """
    service = service_of_visit(by, visit)
    if visit.course.closed_at is not None:
        raise NotAllowed("The course has ended.")
    if service is None:
        raise NotAllowed("The clinic does not offer this treatment any more.")
    return wanted_for(
        by,
        at=at,
        service_id=service.pk,
        service=service,
        practitioner_id=visit.practitioner_id,
        starts_at=starts_at,
        patient_id=visit.course.patient_id,
        newcomer=False,
    )


def next_booked(by: Actor, visit: TreatmentVisit, wanted: Wanted, *, at: datetime) -> Appointment:
    """The next visit in the diary, with the questions before it. Closing again books no more.

    Raises:
        MyotomeError: why it is not booked; nothing of it is written.
    """
    course = visit.course

    def ask(appointment: Appointment) -> None:
        ask_before_visit(by=by, at=at, course=course, appointment=appointment)

    with transaction.atomic():
        return book(
            by=by,
            at=at,
            patient_id=course.patient_id,
            patient=course.patient,
            service_id=wanted.service.pk,
            practitioner_id=wanted.practitioner.pk,
            starts_at=wanted.starts_at,
            course_id=course.pk,
            key=f"after-visit-{visit.pk}",
            wanted=wanted,
            also=ask,
        )


def why_not(refusal: MyotomeError) -> dict[str, Any]:
    """What closing writes down of a next visit that was refused: taken by somebody else, or whatever stands against it."""
    is_taken = isinstance(refusal, AlreadyBooked) and refusal.sentence == TAKEN
    because = NoNextVisit.TAKEN if is_taken else NoNextVisit.REFUSED
    return {"no_next_because": because, "next_refusal": refusal.sentence}
