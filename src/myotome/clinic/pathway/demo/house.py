"""The demo clinic's house: places, rooms, services, people who work there, hours; it grows with its patients."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password

from myotome.clinic.booking.credentials import HAZARD_REGIONS
from myotome.clinic.booking.models import Service, ServicePhase, WorkingHours
from myotome.clinic.people.models import Clinic, Credential, Membership, Place, Practitioner, Room, User
from myotome.vocabulary.courses import Role
from myotome.vocabulary.scheduling import ServiceKind

PASSWORD = "needle and thread"  # noqa: S105 - the demo prints it
PATIENTS_PER_PRACTITIONER = 90
MOST_PRACTITIONERS = 12
STAFF = (
    ("Elena Marchetti", "elena", True, False),
    ("David Okafor", "david", True, False),
    ("Mei-Lin Chow", "mei", False, True),
    ("Sofia Lindgren", "sofia", True, False),
    ("Jun Tanaka", "jun", False, True),
    ("Amir Haddad", "amir", True, False),
    ("Grace Kim", "grace", True, True),
    ("Ivan Petrov", "ivan", True, False),
    ("Leila Farahani", "leila", True, False),
    ("Bao Nguyen", "bao", False, True),
    ("Marta Silva", "marta", True, False),
    ("Peter Novak", "peter", True, False),
)
SERVICES = {
    ServiceKind.ASSESSMENT_IMS: ("IMS assessment", 14000, True, [(60, True, True)]),
    ServiceKind.ASSESSMENT_ACUPUNCTURE: ("Acupuncture assessment", 13000, True, [(60, True, True)]),
    ServiceKind.IMS: ("IMS", 9500, False, [(30, True, True)]),
    ServiceKind.ACUPUNCTURE: ("Acupuncture", 9000, False, [(15, True, True), (20, False, True), (5, True, True)]),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class House:
    """What everything else stands in."""

    clinic: Clinic
    place: Place
    rooms: list[Room]
    practitioners: list[Practitioner]
    services: dict[ServiceKind, Service]
    today: date


def build_house(*, n_patients: int, at: datetime, slug: str = "alder") -> House:
    """The house for so many patients; Sunday is a working day only when today is one by the clinic's clock."""
    clinic = Clinic.objects.create(
        slug=slug,
        name="Alder Street Clinic",
        phone="604 555 0142",
        email="desk@alder.example",
        address="14 Alder Street",
        province="British Columbia",
        requires_second_factor=False,
        idle_lock_minutes=60,
        is_demo=True,
    )
    place = Place.objects.create(
        clinic=clinic, name="Alder Street", address="14 Alder Street", time_zone=clinic.time_zone
    )
    n_staff = min(MOST_PRACTITIONERS, max(3, -(-n_patients // PATIENTS_PER_PRACTITIONER)))
    practitioners = [_practitioner(clinic, *row) for row in STAFF[:n_staff]]
    today = at.astimezone(ZoneInfo(clinic.time_zone)).date()
    days = [*range(6), *([6] if today.weekday() == 6 else [])]
    WorkingHours.objects.bulk_create(
        WorkingHours(clinic=clinic, practitioner=who, place=place, weekday=day, starts=time(8), ends=time(17))
        for who in practitioners
        for day in days
    )
    rooms = [
        Room.objects.create(clinic=clinic, place=place, name=f"Room {n}", kind="any") for n in range(1, n_staff + 3)
    ]
    _member(clinic, "Robin Clarke", "robin", Role.RECEPTIONIST)
    _member(clinic, "Olive Grant", "owner", Role.OWNER)
    return House(
        clinic=clinic, place=place, rooms=rooms, practitioners=practitioners, services=_services(clinic), today=today
    )


def _services(clinic: Clinic) -> dict[ServiceKind, Service]:
    found = {}
    for kind, (name, price, new, phases) in SERVICES.items():
        service = Service.objects.create(
            clinic=clinic,
            kind=kind.value,
            name=name,
            price_cents=price,
            new_patients_may_book=new,
            in_care_may_book=not new,
        )
        for order, (minutes, practitioner, room) in enumerate(phases):
            ServicePhase.objects.create(
                clinic=clinic,
                service=service,
                order=order,
                minutes=minutes,
                occupies_practitioner=practitioner,
                occupies_room=room,
            )
        found[kind] = service
    return found


def _practitioner(clinic: Clinic, name: str, login: str, ims: bool, acupuncture: bool) -> Practitioner:
    user = _member(clinic, name, login, Role.PRACTITIONER)
    n_before = Practitioner.objects.filter(clinic=clinic).count()
    row = Practitioner.objects.create(
        clinic=clinic,
        user=user,
        name=name,
        treats_ims=ims,
        treats_acupuncture=acupuncture,
        registration_body="Demo College",
        registration_number=f"D-{1148 + n_before * 37}",
    )
    Credential.objects.create(
        clinic=clinic,
        practitioner=row,
        body="Demo institute",
        programme="Intramuscular stimulation" if ims else "Acupuncture",
        treatment="ims" if ims else "acupuncture",
        level="certified",
        issued_on=date(2019, 5, 1),
        hazard_regions=list(HAZARD_REGIONS),
    )
    return row


def _member(clinic: Clinic, name: str, login: str, role: Role) -> User:
    user = User.objects.create(email=f"{login}@alder.example", name=name, password=_hashed())
    Membership.objects.create(clinic=clinic, user=user, role=role.value)
    return user


@cache
def _hashed() -> str:
    """The demo's password, hashed once: every login has the same word, and hashing is slow on purpose."""
    return make_password(PASSWORD)
