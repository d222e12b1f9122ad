"""Yes and no to an offer from the waiting list. Which yes is first is decided by one row lock and the claims."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from myotome.clinic.audit.actions import record
from myotome.clinic.booking.actions import book
from myotome.clinic.booking.holds import drop
from myotome.clinic.booking.models import Appointment, Offered, Opening, WaitingWish
from myotome.clinic.booking.openings import give_on, offer_next, wanted_at
from myotome.clinic.booking.placing import Wanted
from myotome.clinic.booking.rules import told_from
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import AlreadyBooked


def say_yes(*, by: Actor, at: datetime, offer_id: int) -> Appointment:
    """The visit, booked: the first yes has it. Her own yes said twice is one visit.

    Raises:
        AlreadyBooked: somebody else was first, the offer has run out, or she has another visit then.
    """
    offer = Offered.objects.filter(clinic_id=by.clinic_id).select_related("wish__patient", "opening").get(pk=offer_id)
    wanted = wanted_at(by, offer.opening, at=at) if offer.opening.starts_at > at else None
    with transaction.atomic():
        opening = Opening.objects.select_for_update().get(pk=offer.opening_id)
        wish = WaitingWish.objects.select_for_update().get(pk=offer.wish_id)
        if opening.taken_by_id == wish.pk and wish.booked_id is not None:
            return Appointment.objects.get(pk=wish.booked_id)
        if opening.closed_at is not None or wish.ended_at is not None or at >= offer.expires_at or wanted is None:
            raise AlreadyBooked("This time has been given to somebody else, or the offer has run out.", field="start")
        if opening.hold_id is not None:
            drop([opening.hold_id])
        appointment = _have_it(by, at, offer, wish, wanted)
        opening.taken_by, opening.closed_at, opening.hold = wish, at, None
        opening.save(update_fields=["taken_by", "closed_at", "hold"])
    return appointment


def yes_by_phone(*, by: Actor, at: datetime, offer_id: int) -> Appointment:
    """The visit of somebody whom no message reaches, booked when she said yes on the telephone.

    Nothing was held for her; the claims decide whether the time is still free.

    Raises:
        NotFound: nobody to be phoned.
        AlreadyBooked: somebody has it, it is offered to somebody else, or she waits no longer.
        InvalidValue: it has passed, or her practitioner does not work then any more.
    """
    by.check_holds(Role.RECEPTIONIST, Role.PRACTITIONER)
    rows = Offered.objects.for_actor(by).filter(by_phone=True).select_related("wish", "opening")
    offer = rows.get_or_not_found(pk=offer_id)
    wanted = wanted_at(by, offer.opening, at=at)
    with transaction.atomic():
        wish = WaitingWish.objects.select_for_update().get(pk=offer.wish_id)
        if wish.ended_at is not None:
            raise AlreadyBooked("She waits no longer.", field="start")
        appointment = _have_it(by, at, offer, wish, wanted)
        Opening.objects.filter(pk=offer.opening_id).update(taken_by=wish)
    return appointment


@transaction.atomic
def say_no(*, by: Actor, at: datetime, offer_id: int) -> None:
    """Her no; she goes on waiting, and the next is asked at once."""
    offer = Offered.objects.filter(clinic_id=by.clinic_id).select_related("opening__clinic").get(pk=offer_id)
    if Offered.objects.filter(pk=offer_id, answered_at__isnull=True).update(answered_at=at, said_yes=False):
        record(by=by, at=at, act="offer.declined", subject=offer.opening)
        offer_next(by=by, at=at, opening_id=offer.opening_id)


@transaction.atomic
def no_by_phone(*, by: Actor, at: datetime, offer_id: int) -> None:
    """Her no on the telephone; she goes on waiting for another time."""
    by.check_holds(Role.RECEPTIONIST, Role.PRACTITIONER)
    offer = Offered.objects.for_actor(by).filter(by_phone=True).get_or_not_found(pk=offer_id)
    say_no(by=by, at=at, offer_id=offer.pk)


def _have_it(by: Actor, at: datetime, offer: Offered, wish: WaitingWish, wanted: Wanted) -> Appointment:
    """The visit booked for her; she waits no longer, and what else was held for her goes on to the next."""
    opening = offer.opening
    appointment = book(
        by=by,
        at=at,
        patient_id=wish.patient_id,
        service_id=opening.service_id,
        practitioner_id=opening.practitioner_id,
        starts_at=opening.starts_at,
        course_id=wish.course_id,
        wanted=wanted,
    )
    wish.ended_at, wish.booked = at, appointment
    wish.save(update_fields=["ended_at", "booked"])
    Offered.objects.filter(pk=offer.pk).update(answered_at=at, said_yes=True)
    record(by=by, at=at, act="offer.taken", subject=opening, patient_id=wish.patient_id)
    give_on(wish, at=at, after=told_from(by, at=at, rules=wanted.rules))
    return appointment
