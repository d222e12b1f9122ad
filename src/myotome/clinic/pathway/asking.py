"""Somebody new asks for a time: by an address that she proves, or by a telephone number that the clinic calls."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

from django.db import transaction

from myotome.clinic.audit.actions import record
from myotome.clinic.booking.her_holds import intake_key
from myotome.clinic.booking.holds import hold_time
from myotome.clinic.booking.models import Appointment, AskedBooking
from myotome.clinic.booking.proving import PROOF_MINUTES, check_may_ask, queue_proof
from myotome.clinic.booking.queries import check_may_book, service_for
from myotome.clinic.pathway.actions import Person, check_person, new_patient_booked
from myotome.clinic.screening.intakes import lock_intake
from myotome.clinic.screening.models import Intake
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.errors import KeyReused, LinkExpired

WHO = tuple(field.name for field in fields(Person))
WANTED = ("service_id", "practitioner_id", "starts_at")
"""What `AskedBooking` keeps under the names that it is asked by."""


@transaction.atomic
def time_asked(
    *,
    by: Actor,
    at: datetime,
    person: Person,
    intake: Intake,
    service_id: int,
    practitioner_id: int,
    starts_at: datetime,
    key: str,
) -> AskedBooking:
    """The time kept for an hour and the mail with the link on its way; nothing is booked, and no patient is made.

    Raises:
        InvalidValue: an address that reaches nobody, or a time that cannot be booked at all.
        NotAllowed: a new patient begins with an assessment.
        AlreadyBooked: somebody has the time.
        TooManyAttempts: this contact has four visits ahead, or two times that wait for its proof.
        KeyReused: the form came with another time.
    """
    lock_intake(by=by, intake=intake)  # of two clicks the second waits here, and finds what the first has asked
    check_person(by, person, at=at)
    check_may_book(service_for(by, service_id), patient_id=None)
    wanted = dict(zip(WANTED, (service_id, practitioner_id, starts_at), strict=True))
    before = AskedBooking.objects.filter(clinic_id=by.clinic_id, key=key).first()
    if before is not None:
        if {name: getattr(before, name) for name in WANTED} != wanted:
            raise KeyReused("This form was already used for another booking. Please begin again.")
        if before.booked_id is not None or (before.email == person.email.strip() and before.expires_at > at):
            return before
        before.delete()
    check_may_ask(by.clinic_id, person.email.strip(), key=key, at=at)
    hold = hold_time(by=by, at=at, key=intake_key(intake.pk), minutes=PROOF_MINUTES, **wanted)
    typed = {name: getattr(person, name) for name in WHO} | {"email": person.email.strip()}
    asked = AskedBooking(
        clinic_id=by.clinic_id,
        intake_id=intake.pk,
        key=key,
        asked_at=at,
        expires_at=hold.expires_at,
        **typed,
        **wanted,
    )
    asked.save()
    queue_proof(asked)
    record(by=by, at=at, act="booking.asked", subject=asked, intake=intake.pk)
    return asked


@transaction.atomic
def address_proved(*, by: Actor, at: datetime, asked_id: int) -> Appointment:
    """The visit booked for whoever followed the link; followed twice it is one.

    Raises:
        LinkExpired: the time was not kept any longer.
        and everything that `new_patient_booked` raises.
    """
    asked: Any = (
        AskedBooking.objects.select_for_update(of=("self",)).filter(clinic_id=by.clinic_id, pk=asked_id).first()
    )
    if asked is not None and asked.booked is not None:
        return asked.booked
    if asked is None or asked.expires_at <= at:
        raise LinkExpired("Your time was kept for an hour and has been given back. Please choose one again.")
    asked.booked = new_patient_booked(
        by=by,
        at=at,
        person=Person(**{name: getattr(asked, name) for name in WHO}),
        intake=Intake.objects.get(pk=asked.intake_id, clinic_id=by.clinic_id),
        key=asked.key,
        **{name: getattr(asked, name) for name in WANTED},
    )
    asked.save(update_fields=["booked"])
    return asked.booked
