"""Makers of rows for tests: small, with plausible words, one moment in time.

Each takes what matters to the test and invents the rest. `a_clinic()` has a place, two rooms, the four services
with their phases, and weekday hours for every practitioner that is added.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from itertools import count

from django.utils import timezone

from myotome.clinic.booking.models import Service, ServicePhase, WorkingHours
from myotome.clinic.people.actions import begin_care, create_patient
from myotome.clinic.people.links import page_link
from myotome.clinic.people.models import Clinic, Membership, Patient, Place, Practitioner, Room, User
from myotome.clinic.people.queries import actor_of, system_actor
from myotome.clinic.screening.models import Course
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.scheduling import ServiceKind

AT = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
"""Tuesday 24 November 2026, 09:00 in Vancouver."""

PASSWORD = "a long enough password"
_number = count(1)

PHASES = {
    ServiceKind.ASSESSMENT_IMS: ("IMS assessment", 14000, [(60, True, True)], True),
    ServiceKind.ASSESSMENT_ACUPUNCTURE: ("Acupuncture assessment", 13000, [(60, True, True)], True),
    ServiceKind.IMS: ("IMS", 9500, [(30, True, True)], False),
    ServiceKind.ACUPUNCTURE: ("Acupuncture", 9000, [(15, True, True), (20, False, True), (5, True, True)], False),
}


def a_clinic(slug: str = "alder", **values: object) -> Clinic:
    """A clinic with a place, two rooms of each kind and its four services."""
    values = {"name": "Alder Street Clinic", "phone": "604 555 0142", "requires_second_factor": False} | values
    clinic = Clinic.objects.create(slug=slug, **values)
    place = Place.objects.create(clinic=clinic, name="Alder Street", time_zone=clinic.time_zone)
    for name in ("Room 1", "Room 2"):
        Room.objects.create(clinic=clinic, place=place, name=name, kind="any")
    for kind, (name, price, phases, new) in PHASES.items():
        service = Service.objects.create(
            clinic=clinic, kind=kind.value, name=name, price_cents=price, new_patients_may_book=new
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
    return clinic


def a_service(clinic: Clinic, name: str, *, kind: str = "ims", minutes: int = 45, **values: object) -> Service:
    """One more service of the clinic, its whole time with practitioner and room."""
    service = Service.objects.create(clinic=clinic, kind=kind, name=name, **{"price_cents": 13000} | values)
    ServicePhase.objects.create(clinic=clinic, service=service, order=0, minutes=minutes)
    return service


def a_user(clinic: Clinic, *roles: Role, name: str = "", email: str = "") -> User:
    """A user with the roles in the clinic; her password is `PASSWORD`."""
    n = next(_number)
    user = User.objects.create_user(email or f"person{n}@example.org", PASSWORD, name=name or f"Person {n}")
    for role in roles:
        Membership.objects.create(clinic=clinic, user=user, role=role.value)
    return user


def a_practitioner(clinic: Clinic, *, name: str = "Elena Marchetti", ims: bool = True, acupuncture: bool = True):
    """A practitioner's profile with a login and weekday hours 08:00 to 16:00."""
    user = a_user(clinic, Role.PRACTITIONER, name=name)
    row = Practitioner.objects.create(
        clinic=clinic, user=user, name=name, treats_ims=ims, treats_acupuncture=acupuncture
    )
    place = Place.objects.filter(clinic=clinic).first()
    for weekday in range(5):
        WorkingHours.objects.create(
            clinic=clinic, practitioner=row, place=place, weekday=weekday, starts=time(8), ends=time(16)
        )
    return row


def a_receptionist(clinic: Clinic, name: str = "Robin Clarke") -> User:
    """A receptionist with a login."""
    return a_user(clinic, Role.RECEPTIONIST, name=name)


def an_actor(user: User, clinic: Clinic) -> Actor:
    """The user as she acts in the clinic."""
    return actor_of(user, clinic)


def the_system(clinic: Clinic) -> Actor:
    """The system, for making things."""
    return system_actor(clinic, name="a test")


def a_patient(clinic: Clinic, *, in_care_of: Practitioner | None = None, **values: object) -> Patient:
    """Hannah Lindqvist, born 12 March 1968, unless told otherwise; optionally in a practitioner's care."""
    values = {
        "given_name": "Hannah",
        "family_name": "Lindqvist",
        "born_on": date(1968, 3, 12),
        "phone": "604 555 0199",
        "email": "hannah@example.org",
    } | values
    patient = create_patient(by=the_system(clinic), at=AT, **values)
    if in_care_of is not None:
        begin_care(by=the_system(clinic), at=AT, patient_id=patient.pk, user_id=in_care_of.user_id)
    return patient


def a_course(clinic: Clinic, patient: Patient, **values: object) -> Course:
    """An open course for low back and left leg pain of 60 weeks."""
    values = {
        "complaint": "Low back and left leg",
        "condition": "low_back_pain",
        "regions": ["low_back", "buttock"],
        "duration_weeks": 60.0,
        "n_segments": 2,
        "prior_surgery": False,
        "opened_at": AT,
    } | values
    return Course.objects.create(clinic=clinic, patient=patient, **values)


def a_consent(course: Course, kind: str = "", subject: str = "", *, mode: str = "ims"):
    """A yes to the text of this kind; without a kind to all that a needle of a visit may need."""
    from myotome.clinic.planning.models import Consent

    if not kind:
        a_yes_to_every_region(course)
        a_consent(course, "course", mode="acupuncture")
        return a_consent(course, "course")
    return Consent.objects.create(
        clinic=course.clinic,
        course=course,
        kind=kind,
        subject=subject,
        text_id={"course": mode, "region": subject}.get(kind, kind),
        text_version="1",
        given_at=AT,
        recorded_by="Elena Marchetti",
    )


def a_yes_to_every_region(course: Course) -> None:
    """A yes to each text about a hazard region."""
    from myotome.knowledge.hazards import regions_of_consent

    for region in regions_of_consent():
        a_consent(course, "region", region)


def a_needle(client_id: str = "", **values: object):
    """One needle into the left tensor fasciae latae, 50 mm deep, still in."""
    from myotome.vocabulary.anatomy import NeedleRegion, Side
    from myotome.vocabulary.needling import NeedleInsertion, SiteKind

    values = {
        "site_kind": SiteKind.MUSCLE,
        "site": "tensor_fasciae_latae",
        "side": Side.LEFT,
        "region": NeedleRegion.BUTTOCK,
        "depth_mm": 50,
        "gauge_mm": 0.30,
        "length_mm": 60,
    } | values
    return NeedleInsertion(client_id=client_id or f"needle-{next(_number)}", **values)


def boxed(n: int) -> dict[str, int]:
    """What closing asks: as many needles opened as are in the sharps box."""
    return {"n_needles_opened": n, "n_needles_in_sharps": n}


def an_open_visit(clinic: Clinic | None = None, *, with_consent: bool = True, mode: str = "ims"):
    """(visit, the practitioner's actor) of a first visit that has just opened."""
    from myotome.clinic.needling.actions import open_visit
    from myotome.vocabulary.needling import TreatmentMode

    clinic = clinic or a_clinic()
    elena = a_practitioner(clinic)
    course = a_course(clinic, a_patient(clinic, in_care_of=elena))
    if with_consent:
        a_consent(course, "course", mode=mode)
    actor = an_actor(elena.user, clinic)
    return open_visit(by=actor, at=AT, course_id=course.pk, mode=TreatmentMode(mode)), actor


def a_page_link(patient: Patient) -> str:
    """The link to her page that a visit of today brings."""
    return page_link(patient, visit_on=timezone.now().date())
