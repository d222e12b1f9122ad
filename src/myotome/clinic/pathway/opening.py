"""A clinic's first day: the clinic, its owner, a place with rooms, and the four services with their phases."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import validate_email, validate_slug
from django.db import transaction

from myotome.clinic.audit.actions import record
from myotome.clinic.booking.models import Service, ServicePhase, WorkingHours
from myotome.clinic.people.models import Clinic, Membership, Place, Practitioner, Room, User
from myotome.clinic.people.queries import system_actor
from myotome.vocabulary.actors import Via
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.scheduling import ServiceKind

SERVICES = {
    ServiceKind.ASSESSMENT_IMS: ("IMS assessment", 0, [(60, True, True)], True),
    ServiceKind.ASSESSMENT_ACUPUNCTURE: ("Acupuncture assessment", 0, [(60, True, True)], True),
    ServiceKind.IMS: ("IMS", 0, [(30, True, True)], False),
    ServiceKind.ACUPUNCTURE: ("Acupuncture", 0, [(15, True, True), (20, False, True), (5, True, True)], False),
}
"""Name, price, phases as (minutes, practitioner, room), whether new patients book it. Prices are the owner's to set."""


@transaction.atomic
def open_clinic(
    *,
    at: datetime,
    slug: str,
    name: str,
    time_zone: str,
    n_rooms: int,
    owner_name: str,
    owner_email: str,
    password: str,
    owner_treats: bool,
) -> Clinic:
    """A new clinic with its owner's login; a second factor is asked of her at the first login.

    Raises:
        InvalidValue: the slug or the e-mail is taken or impossible, the zone unknown, or a name is missing.
    """
    _check_words(slug=slug, name=name, time_zone=time_zone, owner_name=owner_name, owner_email=owner_email)
    clinic = Clinic.objects.create(slug=slug, name=name.strip(), time_zone=time_zone)
    owner = User.objects.create_user(owner_email, password, name=owner_name.strip())
    place = Place.objects.create(clinic=clinic, name=name.strip()[:80], time_zone=time_zone)
    Room.objects.bulk_create(
        Room(clinic=clinic, place=place, name=f"Room {n}", kind="any") for n in range(1, n_rooms + 1)
    )
    for kind, (service_name, price_cents, phases, new) in SERVICES.items():
        service = Service.objects.create(
            clinic=clinic, kind=kind.value, name=service_name, price_cents=price_cents, new_patients_may_book=new
        )
        ServicePhase.objects.bulk_create(
            ServicePhase(
                clinic=clinic,
                service=service,
                order=order,
                minutes=minutes,
                occupies_practitioner=practitioner,
                occupies_room=room,
            )
            for order, (minutes, practitioner, room) in enumerate(phases)
        )
    for role in [Role.OWNER, *([Role.PRACTITIONER] if owner_treats else [])]:
        Membership.objects.create(clinic=clinic, user=owner, role=role.value)
    if owner_treats:
        _begin_practice(clinic, place, owner)
    record(
        by=system_actor(clinic, name="myotome open-clinic", via=Via.COMMAND),
        at=at,
        act="clinic.opened",
        subject=clinic,
        owner_user_id=owner.pk,
    )
    return clinic


def _begin_practice(clinic: Clinic, place: Place, owner: User) -> None:
    """The owner's profile for both treatments, with weekday hours that she changes."""
    profile = Practitioner.objects.create(
        clinic=clinic, user=owner, name=owner.name, treats_ims=True, treats_acupuncture=True
    )
    WorkingHours.objects.bulk_create(
        WorkingHours(clinic=clinic, practitioner=profile, place=place, weekday=weekday, starts=time(9), ends=time(17))
        for weekday in range(5)
    )


def _check_words(*, slug: str, name: str, time_zone: str, owner_name: str, owner_email: str) -> None:
    try:
        validate_slug(slug)
    except ValidationError:
        raise InvalidValue("A short name has letters, digits and hyphens only.", field="slug") from None
    if len(slug) > 40 or slug != slug.lower():
        raise InvalidValue("A short name has at most 40 lower-case letters, digits and hyphens.", field="slug")
    if slug in {"accounts", "device", "locked", "offline", "static", "workplaces"}:
        raise InvalidValue("The address /{slug}/ is taken by the program itself.", field="slug", slug=slug)
    if Clinic.objects.filter(slug=slug).exists():
        raise InvalidValue("There is a clinic at /{slug}/ already.", field="slug", slug=slug)
    try:
        validate_email(owner_email)
    except ValidationError:
        raise InvalidValue("This is not an e-mail address.", field="owner_email") from None
    if User.objects.filter(email__iexact=owner_email).exists():
        raise InvalidValue("There is a login with this e-mail already.", field="owner_email")
    if time_zone not in available_timezones():
        raise InvalidValue("There is no such time zone.", field="time_zone")
    for field, text in (("name", name), ("owner_name", owner_name)):
        if not text.strip() or len(text) > 120:
            raise InvalidValue("A name has 1 to 120 characters.", field=field)
