"""A patient in care books her next treatment herself: what her agreed plan asks for, of the services opened to her.

A plan that names its service means that one while it is offered; any other plan means every opened service of its mode.

She sees free times and nobody's name but her practitioners'. Her act is told at once and has no undo; the claims decide
as for everybody. What her plan asks for is counted again while her course is held, so that two windows are one patient.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from myotome.clinic.booking.actions import book
from myotome.clinic.booking.her_holds import own_key
from myotome.clinic.booking.holds import hold_of, hold_time, let_go
from myotome.clinic.booking.models import Appointment, Hold, Service
from myotome.clinic.booking.placing import wanted_for
from myotome.clinic.booking.queries import booked_with, services_for, services_in_care
from myotome.clinic.followup.actions import ask_before_visit
from myotome.clinic.pathway.next_visit import distances
from myotome.clinic.pathway.spacing import LeastApart, check_fits, visits_ahead, visits_had
from myotome.clinic.people.models import Patient
from myotome.clinic.planning.models import Plan
from myotome.clinic.screening.courses import open_course_id
from myotome.clinic.screening.models import Course, Intake
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import RedFlagLevel
from myotome.vocabulary.errors import InvalidValue, NotAllowed
from myotome.vocabulary.sentences import Sentence

MOST_AHEAD = 4
"""Visits that one patient has before her while she books by herself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnChoice(LeastApart):
    """One treatment that she may book: how many the plan still asks for, how far apart, and the days of her other visits."""

    service: Service
    course_id: int
    practitioner_id: int
    practitioner_name: str
    n_left: int
    every_days: int


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnChoices:
    """What she may book now; when it is nothing, `why_not` says what to do instead."""

    choices: tuple[OwnChoice, ...] = ()
    why_not: Sentence | None = None


def own_choices(actor: Actor, *, at: datetime) -> OwnChoices:
    """The treatments that the patient who asks may book by herself now, by her agreed plans.

    Raises:
        NotFound: the actor is no patient.
    """
    patient = Patient.objects.for_actor(actor).get_or_not_found(pk=actor.patient_id)
    opened, offered = services_in_care(actor), {row.pk for row in services_for(actor)}
    if not opened:
        return OwnChoices(why_not=Sentence("Treatments are booked with us here. Please phone us."))
    course_id = open_course_id(clinic_id=actor.clinic_id, patient_id=patient.pk)
    plans = Plan.objects.filter(clinic_id=actor.clinic_id, course_id=course_id, replaced_at__isnull=True)
    agreed = plans.filter(
        agreed_at__isnull=False, mode__in={row.kind for row in opened}, course__closed_at__isnull=True
    )
    rows = list(agreed.select_related("made_by").order_by("-pk"))
    if not rows:
        return OwnChoices(why_not=Sentence("A plan is agreed on with you first. Please phone us."))
    meant = {plan: _meant(plan, opened, offered) for plan in rows}
    if not any(meant.values()):
        return OwnChoices(why_not=Sentence("Treatments are booked with us here. Please phone us."))
    ahead, had = visits_ahead(actor.clinic_id, patient.pk, at=at), visits_had(course_id)
    if len(ahead) >= MOST_AHEAD:
        return OwnChoices(why_not=Sentence("Four visits are booked already. Please phone us for more."))
    found = []
    for plan in rows:
        n_used = sum(row.mode == plan.mode for row in had) + sum(row.service.kind == plan.mode for row in ahead)
        if n_used < plan.n_treatments:
            found += [
                OwnChoice(
                    service=service,
                    course_id=plan.course_id,
                    practitioner_id=plan.made_by_id,
                    practitioner_name=plan.made_by.name,
                    n_left=plan.n_treatments - n_used,
                    every_days=plan.interval_days,
                    least_days=distances(plan.interval_days)[0],
                    others=(*(row.opened_at for row in had), *(row.starts_at for row in ahead)),
                )
                for service in meant[plan]
            ]
    if not found:
        return OwnChoices(
            why_not=Sentence("All visits of your plan are booked. Whether there are more is decided with you.")
        )
    return OwnChoices(choices=tuple(found))


def _meant(plan: Plan, opened: list[Service], offered: set[int]) -> list[Service]:
    of_its_mode = [row for row in opened if row.kind == plan.mode]
    return [row for row in of_its_mode if row.pk == plan.service_id] if plan.service_id in offered else of_its_mode


def own_choice(actor: Actor, *, at: datetime, service_id: int) -> OwnChoice:
    """The treatment of this service, if she may book it.

    Raises:
        NotAllowed: says why she may not, and what to do instead.
    """
    found = own_choices(actor, at=at)
    choice = next((row for row in found.choices if row.service.pk == service_id), None)
    if choice is None:
        raise NotAllowed(found.why_not or "This visit cannot be booked here. Please phone us.")
    return choice


def own_time_held(*, by: Actor, at: datetime, service_id: int, practitioner_id: int, starts_at: datetime) -> Hold:
    """The time kept while she reads what she books; one time for one patient, the next choice lets go of the first.

    Raises:
        NotAllowed, InvalidValue, AlreadyBooked: as `own_visit_booked`.
    """
    choice = own_choice(by, at=at, service_id=service_id)
    wanted = wanted_for(
        by, at=at, service_id=service_id, service=choice.service, practitioner_id=practitioner_id, starts_at=starts_at
    )
    check_fits(choice, starts_at, zone=wanted.place.time_zone)
    return hold_time(
        by=by,
        at=at,
        key=hold_key(by),
        service_id=service_id,
        practitioner_id=practitioner_id,
        starts_at=starts_at,
    )


def own_hold(by: Actor, *, at: datetime) -> Hold | None:
    """The time that is kept for her now."""
    return hold_of(by, hold_key(by), at=at)


def hold_key(by: Actor) -> str:
    """Whose held time it is."""
    return own_key(by.patient_id)


def own_visit_booked(
    *, by: Actor, at: datetime, service_id: int, practitioner_id: int, starts_at: datetime, key: str
) -> Appointment:
    """Her visit, booked at once and confirmed by mail; the same form sent twice is one visit.

    Raises:
        NotAllowed: no agreed plan asks for it, the service is not opened to her, or four visits are ahead.
        InvalidValue: too near to another visit of hers, or it cannot be booked at all.
        AlreadyBooked: somebody has it.
        BookingStopped: an emergency answer was given since the course began.
        KeyReused: the key came with another booking.
    """
    if not by.patient_id:
        raise NotAllowed("A patient books for herself here.")
    if not key or len(key) > 40:
        raise InvalidValue("This form is not complete. Please begin again.", field="key")
    mine = {"by": by, "at": at, "patient_id": by.patient_id, "service_id": service_id, "starts_at": starts_at}
    key = f"own-{by.patient_id}-{key}"
    if booked_with(by, key):
        return book(**mine, practitioner_id=practitioner_id, key=key)
    choice = own_choice(by, at=at, service_id=service_id)
    wanted = wanted_for(
        by, at=at, service_id=service_id, service=choice.service, practitioner_id=practitioner_id, starts_at=starts_at
    )
    with transaction.atomic():
        # Her other window waits here, so that what the plan asks for is counted once.
        course = Course.objects.select_for_update().get(pk=choice.course_id)
        if booked_with(by, key):
            return book(**mine, practitioner_id=practitioner_id, key=key)
        check_fits(own_choice(by, at=at, service_id=service_id), starts_at, zone=wanted.place.time_zone)
        let_go(by=by, key=hold_key(by))

        def ask(appointment: Appointment) -> None:
            ask_before_visit(by=by, at=at, course=course, appointment=appointment)

        return book(
            **mine,
            practitioner_id=practitioner_id,
            level=_level_since(course),
            course_id=course.pk,
            key=key,
            wanted=wanted,
            also=ask,
        )


def _level_since(course: Course) -> RedFlagLevel:
    """What her answers ask for, of those given after the course began; what came before it was looked at with her."""
    rows = Intake.objects.filter(clinic_id=course.clinic_id, patient_id=course.patient_id, called_at__isnull=True)
    newest = rows.filter(started_at__gt=course.opened_at).order_by("-pk").first()
    return RedFlagLevel(newest.level) if newest else RedFlagLevel.NONE
