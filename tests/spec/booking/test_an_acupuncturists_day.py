"""An acupuncturist who goes on while needles rest sees at least 1.7 times the patients, and never has more than three resting."""

from datetime import timedelta

import pytest

from myotome.clinic.booking.actions import book, cancel
from myotome.clinic.booking.models import Appointment, Claim, Service
from myotome.clinic.booking.queries import free_times_for
from myotome.clinic.booking.services import change_service
from myotome.clinic.people.models import Place, Room
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import AlreadyBooked
from myotome.vocabulary.scheduling import Phase
from tests.factories import AT, a_clinic, a_course, a_patient, a_practitioner, a_user, an_actor, the_system

pytestmark = pytest.mark.django_db
PHASES = [Phase(15, True, True), Phase(20, False, True), Phase(5, True, True)]
TOMORROW = (AT + timedelta(days=1)).date()


def patients_in_a_day(phases):
    """How many fit into eight hours and three rooms, the first free start taken each time."""
    clinic = a_clinic(f"clinic-{len(phases)}")
    mei = a_practitioner(clinic)
    Room.objects.create(clinic=clinic, place=Place.objects.get(clinic=clinic), name="Room 3")
    service = Service.objects.get(clinic=clinic, kind="acupuncture")
    owner = an_actor(a_user(clinic, Role.OWNER), clinic)
    service = change_service(by=owner, at=AT, service_id=service.pk, phases=phases, turnover_minutes=5)
    n = 0
    while True:
        service = Service.objects.prefetch_related("phases").get(pk=service.pk)
        offers = free_times_for(
            the_system(clinic), service=service, first_day=TOMORROW, n_days=1, at=AT, step_minutes=20
        )
        if not offers:
            return n, clinic, mei
        patient = a_patient(clinic, given_name=f"P{n}", email="")
        a_course(clinic, patient)
        book(
            by=the_system(clinic),
            at=AT,
            patient_id=patient.pk,
            service_id=service.pk,
            practitioner_id=mei.pk,
            starts_at=offers[0].starts_at,
        )
        n += 1


def test_a_day_with_phases_holds_at_least_1_7_times_the_patients():
    with_phases, _, mei = patients_in_a_day(PHASES)
    without, _, _ = patients_in_a_day([Phase(40, True, True)])
    assert with_phases >= 1.7 * without
    places = Claim.objects.filter(resource__startswith=f"resting:{mei.pk}:").values_list("resource", flat=True)
    assert {place.rsplit(":", 1)[1] for place in places} <= {"0", "1", "2"}


def test_the_limit_of_resting_patients_is_kept_by_the_claims_themselves():
    clinic = a_clinic()
    mei = a_practitioner(clinic)
    Room.objects.bulk_create(
        Room(clinic=clinic, place=Place.objects.get(clinic=clinic), name=f"Room {n}") for n in range(3, 7)
    )
    service = Service.objects.get(clinic=clinic, kind="acupuncture")
    owner = an_actor(a_user(clinic, Role.OWNER), clinic)
    change_service(
        by=owner, at=AT, service_id=service.pk, most_resting=1, phases=[Phase(5, True, True), Phase(60, False, True)]
    )
    start = AT + timedelta(days=1)
    refused = []
    for n in range(3):
        patient = a_patient(clinic, given_name=f"P{n}", email="")
        a_course(clinic, patient)
        try:
            book(
                by=the_system(clinic),
                at=AT,
                patient_id=patient.pk,
                service_id=service.pk,
                practitioner_id=mei.pk,
                starts_at=start + timedelta(minutes=10 * n),
            )
        except AlreadyBooked as refusal:
            refused.append(str(refusal))
    assert Appointment.objects.count() == 1
    assert ["may rest at once" in words for words in refused] == [True, True]


def test_who_rests_counts_under_her_practitioner_whatever_the_treatment_and_the_place():
    clinic = a_clinic()
    mei = a_practitioner(clinic)
    place = Place.objects.get(clinic=clinic)
    Room.objects.bulk_create(Room(clinic=clinic, place=place, name=f"Room {n}") for n in range(3, 7))
    owner, desk = an_actor(a_user(clinic, Role.OWNER), clinic), the_system(clinic)
    for kind, most in (("acupuncture", 3), ("assessment_acupuncture", 1)):
        service = Service.objects.get(clinic=clinic, kind=kind)
        phases = [Phase(5, True, True), Phase(60, False, True)]
        change_service(by=owner, at=AT, service_id=service.pk, most_resting=most, phases=phases, room_kind="any")

    def booked(kind, minutes):
        patient = a_patient(clinic, given_name=f"P{minutes}", email="")
        a_course(clinic, patient)
        return book(
            by=desk, at=AT, patient_id=patient.pk, practitioner_id=mei.pk,
            service_id=Service.objects.get(clinic=clinic, kind=kind).pk,
            starts_at=AT + timedelta(days=1, minutes=minutes),
        )  # fmt: skip

    first = booked("acupuncture", 10)
    booked("acupuncture", 0)  # rests on the second place while the first one rests
    cancel(by=desk, at=AT, appointment_id=first.pk)
    with pytest.raises(AlreadyBooked, match="may rest at once"):
        booked("assessment_acupuncture", 20)
    booked("acupuncture", 20)
