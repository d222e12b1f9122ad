"""A series of a course: the plan in force and the forecast propose its length, the practitioner and the patient decide.

Booking knows neither plan nor forecast; what they say is read here and passed on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from myotome.clinic.booking.models import Appointment, Service
from myotome.clinic.booking.queries import LIVE, is_new, meant_among, service_meant
from myotome.clinic.booking.series import SeriesBooked, book_series
from myotome.clinic.followup.actions import ask_before_visit
from myotome.clinic.needling.models import TreatmentVisit
from myotome.clinic.people.models import Patient
from myotome.clinic.planning.models import Plan
from myotome.clinic.screening.courses import open_course_id
from myotome.clinic.screening.models import Course
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.errors import AlreadyBooked, BookingStopped

FIRST_SERIES = 4
MOST_WANTING = 100
EVERY_DAYS = 7


@dataclass(frozen=True, kw_only=True, slots=True)
class WishedSeries:
    """How many visits, how far apart, and who says so: `plan`, or `usual` while there is none.

    `n_left` is what the plan still asks for, 0 when it is used up; None without one. `service` is what they are booked as,
    of what the clinic offers; None without a plan, or where it offers none of its mode.
    """

    n_visits: int
    every_days: int
    says: str
    n_left: int | None = None
    service: Service | None = None


def wished_series(actor: Actor, *, patient_id: int) -> WishedSeries:
    """What the plan in force still asks for; the usual first series of four weekly visits when there is no plan.

    Only numbers and the service are read, so that the desk learns nothing else of the plan.
    """
    courses = Course.objects.filter(clinic_id=actor.clinic_id, patient_id=patient_id, closed_at__isnull=True)
    newest = courses.order_by("-opened_at").values("pk")[:1]
    had = TreatmentVisit.objects.filter(course_id=OuterRef("course_id")).order_by().values("course_id")
    had = had.annotate(n=Count("pk")).values("n")
    plans = Plan.objects.filter(clinic_id=actor.clinic_id, course_id=Subquery(newest), replaced_at__isnull=True)
    wanted = ("n_treatments", "interval_days", "mode", "service_id")
    plan = plans.order_by("-pk").values_list(*wanted, Coalesce(Subquery(had), 0)).first()
    if plan is None:
        return WishedSeries(n_visits=FIRST_SERIES, every_days=EVERY_DAYS, says="usual")
    n_treatments, every_days, mode, service_id, n_had = plan
    n_left = max(0, n_treatments - n_had)
    service = service_meant(actor, mode, service_id)
    return WishedSeries(n_visits=max(1, n_left), every_days=every_days, says="plan", n_left=n_left, service=service)


def planned_among(services: Sequence[Service], *, course_id: int | None) -> Service | None:
    """Which of these services the plan in force of her course asks for, by one look; None without a course or a plan."""
    if course_id is None:
        return None
    plans = Plan.objects.filter(course_id=course_id, replaced_at__isnull=True).order_by("-pk")
    planned = plans.values_list("mode", "service_id").first()
    return meant_among(services, *planned) if planned else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanting:
    """A patient whose plan asks for more visits than are booked: how many more, how far apart, what, and with whom."""

    patient: Patient
    n_visits: int
    every_days: int
    service: Service | None
    practitioner_id: int


def wanting_series(actor: Actor, *, at: datetime) -> list[Wanting]:
    """Patients of open courses whose plan in force asks for more visits than they have had and have ahead, by name.

    Only what `wished_series` reads is read of the plan; more than 100 are not listed.
    """
    mine = {"clinic_id": actor.clinic_id}
    plans = Plan.objects.filter(replaced_at__isnull=True, course__closed_at__isnull=True, **mine)
    rows = list(
        plans.order_by("pk").values_list(
            "course_id", "course__patient_id", "n_treatments", "interval_days", "mode", "service_id", "made_by_id"
        )
    )
    courses = [row[0] for row in rows]
    had = Counter(TreatmentVisit.objects.filter(course_id__in=courses, **mine).values_list("course_id", flat=True))
    ahead = Counter(
        Appointment.objects.filter(course_id__in=courses, starts_at__gt=at, status__in=LIVE, **mine).values_list(
            "course_id", flat=True
        )
    )
    people = Patient.objects.for_actor(actor).in_bulk([row[1] for row in rows])
    services = {said: service_meant(actor, *said) for said in {(row[4], row[5]) for row in rows}}
    found = {
        patient: Wanting(
            patient=people[patient],
            n_visits=left,
            every_days=days,
            service=services[mode, service],
            practitioner_id=who,
        )
        for course, patient, n, days, mode, service, who in rows
        if patient in people and (left := n - had[course] - ahead[course]) > 0
    }
    return sorted(found.values(), key=lambda row: (row.patient.search_name, row.patient.pk))[:MOST_WANTING]


@dataclass(frozen=True, kw_only=True, slots=True)
class SeriesWanted:
    """One of several series to be booked: whose, which service, and each start with who gives it."""

    patient: Patient
    service_id: int
    visits: Mapping[datetime, int]


@transaction.atomic
def series_booked_together(
    *, by: Actor, at: datetime, wanted: Sequence[SeriesWanted], all_or_nothing: bool, key: str
) -> list[tuple[Patient, SeriesBooked]]:
    """The series of several patients, every visit of all of them or what still can be, each with its own message.

    Raises:
        AlreadyBooked: with `all_or_nothing`, names the patient and every date of hers that has been taken; nothing is booked.
        and everything that `series_booked` raises.
    """
    done = []
    for one in wanted:
        try:
            booked = series_booked(
                by=by,
                at=at,
                patient=one.patient,
                service_id=one.service_id,
                practitioner_id=next(iter(one.visits.values())),
                starts=list(one.visits),
                with_whom=one.visits,
                all_or_nothing=all_or_nothing,
                key=f"{key[:24]}-{one.patient.pk}",
            )
        except AlreadyBooked as taken:
            if all_or_nothing:
                raise AlreadyBooked(
                    "{name}: {why}", field="patient", name=one.patient.name, why=taken.sentence
                ) from taken
            booked = SeriesBooked(
                series_key="", booked=(), refused=tuple((start, taken.message) for start in sorted(one.visits))
            )
        done.append((one.patient, booked))
    return done


def series_booked(
    *,
    by: Actor,
    at: datetime,
    patient: Patient,
    service_id: int,
    practitioner_id: int,
    starts: Sequence[datetime],
    all_or_nothing: bool,
    with_whom: Mapping[datetime, int] | None = None,
    key: str | None = None,
) -> SeriesBooked:
    """The visits of a course, each with the two questions that come before it.

    Raises:
        BookingStopped: somebody new; her safety questions and her assessment come first.
        and everything that `booking.series.book_series` raises.
    """
    if is_new(patient.pk):
        raise BookingStopped("A new patient begins with an assessment; a series comes after it.")
    course_id = open_course_id(clinic_id=by.clinic_id, patient_id=patient.pk)
    with transaction.atomic():
        done = book_series(
            by=by,
            at=at,
            patient_id=patient.pk,
            service_id=service_id,
            practitioner_id=practitioner_id,
            starts=starts,
            with_whom=with_whom,
            all_or_nothing=all_or_nothing,
            course_id=course_id,
            key=key,
        )
        if course_id is not None:
            course = Course.objects.select_related("patient", "clinic").get(pk=course_id)
            for appointment in done.booked:
                ask_before_visit(by=by, at=at, course=course, appointment=appointment)
    return done
