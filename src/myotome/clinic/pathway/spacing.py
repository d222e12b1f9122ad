"""How far apart a patient's own visits stay: the least days of her agreed plan, when she books one and when she moves one.

The desk and the practitioner are warned by the rule of distances and decide; what she does by herself keeps it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q

from myotome.clinic.booking import actions
from myotome.clinic.booking.models import Appointment
from myotome.clinic.booking.queries import LIVE, appointment_for
from myotome.clinic.needling.models import TreatmentVisit
from myotome.clinic.pathway.next_visit import distances
from myotome.clinic.planning.models import Plan
from myotome.clinic.screening.courses import open_course_id
from myotome.clinic.screening.models import Course
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.errors import InvalidValue

SOON_AFTER = timedelta(hours=12)
"""A visit that began this long ago and was not opened yet counts as one that is ahead."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LeastApart:
    """The least days between two of her visits, and the moments of the others."""

    least_days: int
    others: tuple[datetime, ...]

    def fits(self, starts_at: datetime, zone: str) -> bool:
        """Far enough from each of her other visits, by days of the wall calendar of its place."""
        return all(abs(days_between(starts_at, other, zone)) >= self.least_days for other in self.others)

    def first_day(self, at: datetime, zone: str) -> date:
        """The first day from `at` on that is far enough from each of her other visits."""
        day = at.astimezone(ZoneInfo(zone)).date()
        for other in sorted(visit.astimezone(ZoneInfo(zone)).date() for visit in self.others):
            if abs((day - other).days) < self.least_days:
                day = other + timedelta(days=self.least_days)
        return day


def days_between(one: datetime, other: datetime, zone: str) -> int:
    """Days of the wall calendar from the other to this one."""

    def on(moment: datetime) -> date:
        return moment.astimezone(ZoneInfo(zone)).date()

    return (on(one) - on(other)).days


def check_fits(spacing: LeastApart, starts_at: datetime, *, zone: str) -> None:
    """Nothing, when this start keeps the least distance of the plan.

    Raises:
        InvalidValue: it lies too near to another visit of hers; it names the first day after it that does not.
    """
    if not spacing.fits(starts_at, zone):
        raise InvalidValue(
            "Your visits lie at least {least} days apart. It may be on {first:%d %b %Y}, or on another day that is shown.",
            field="start",
            least=spacing.least_days,
            first=spacing.first_day(starts_at, zone),
        )


def visits_ahead(clinic_id: int, patient_id: int, *, at: datetime) -> list[Appointment]:
    """Her visits that are still to come, with their services, the first one first."""
    rows = Appointment.objects.filter(clinic_id=clinic_id, patient_id=patient_id, status__in=LIVE)
    rows = rows.filter(visit__isnull=True).filter(Q(starts_at__gt=at - SOON_AFTER) & ~Q(status="done"))
    return list(rows.select_related("service").order_by("starts_at"))


def visits_had(course_id: int | None) -> list[TreatmentVisit]:
    """The treatments of a course."""
    return list(TreatmentVisit.objects.filter(course_id=course_id).only("mode", "opened_at"))


def spacing_of_visit(appointment: Appointment, *, at: datetime) -> LeastApart | None:
    """What keeps this visit of hers apart from the others; None where no agreed plan asks for such visits."""
    course_id = open_course_id(clinic_id=appointment.clinic_id, patient_id=appointment.patient_id)
    if course_id is None:
        return None
    plans = Plan.objects.filter(clinic_id=appointment.clinic_id, course_id=course_id, replaced_at__isnull=True)
    plan = plans.filter(agreed_at__isnull=False, mode=appointment.service.kind).order_by("-pk").first()
    if plan is None:
        return None
    ahead = [row for row in visits_ahead(appointment.clinic_id, appointment.patient_id, at=at) if row != appointment]
    return LeastApart(
        least_days=distances(plan.interval_days)[0],
        others=(*(row.opened_at for row in visits_had(course_id)), *(row.starts_at for row in ahead)),
    )


def own_visit_moved(*, by: Actor, at: datetime, appointment_id: int, version: int, starts_at: datetime) -> Appointment:
    """Her visit at another time, with the same practitioner, as far from her others as her plan says at least.

    Raises:
        InvalidValue: too near to another visit of hers; or as `booking.actions.move`, and so its other refusals.
    """
    seen = appointment_for(by, appointment_id)
    with transaction.atomic():
        # Her other window waits here, so that two visits are not moved towards each other.
        course_id = open_course_id(clinic_id=seen.clinic_id, patient_id=seen.patient_id)
        list(Course.objects.select_for_update().filter(pk=course_id))
        moved = actions.move(by=by, at=at, appointment_id=appointment_id, version=version, starts_at=starts_at)
        # Last, so that a visit that has changed or a time that is gone is said as such; a refusal here undoes the move.
        if spacing := spacing_of_visit(moved, at=at):
            check_fits(spacing, starts_at, zone=moved.place.time_zone)
    return moved
