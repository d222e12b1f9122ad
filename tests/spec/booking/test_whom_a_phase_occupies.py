"""A visit occupies its patient from first to last: what is offered can be booked, and what can be booked is offered."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction

from myotome.clinic.booking.actions import book
from myotome.clinic.booking.models import Service, WorkingHours
from myotome.clinic.booking.queries import free_times_for
from myotome.clinic.booking.services import change_service
from myotome.clinic.people.models import Place, Room
from myotome.science.booking.phases import Who, stretches
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import AlreadyBooked, InvalidValue
from myotome.vocabulary.scheduling import Phase
from tests.factories import AT, a_clinic, a_course, a_patient, a_practitioner, a_user, an_actor, the_system

pytestmark = pytest.mark.django_db
BOTH, REST, ALONE = (True, True), (False, True), (False, False)
TOMORROW = (AT + timedelta(days=1)).date()
SERVICES = {
    "waits first": [Phase(15, *ALONE), Phase(20, *BOTH)],
    "alone between": [Phase(10, *BOTH), Phase(25, *ALONE), Phase(10, *BOTH)],
    "alone last": [Phase(20, *BOTH), Phase(15, *ALONE)],
    "rests, then alone": [Phase(10, *BOTH), Phase(30, *REST), Phase(15, *ALONE)],
    "rests last": [Phase(10, *BOTH), Phase(30, *REST)],
}


def a_day(phases, **changes):
    """A clinic whose acupuncture has these phases, three rooms, and two who treat: the one asked for works 9 to 12 only."""
    clinic = a_clinic()
    mei, _other = a_practitioner(clinic), a_practitioner(clinic, name="Ana Ruiz")
    WorkingHours.objects.filter(practitioner=mei).update(starts=time(9), ends=time(12))
    Room.objects.create(clinic=clinic, place=Place.objects.get(clinic=clinic), name="Room 3")
    owner = an_actor(a_user(clinic, Role.OWNER), clinic)
    service = Service.objects.get(clinic=clinic, kind="acupuncture")
    change_service(by=owner, at=AT, service_id=service.pk, phases=phases, **changes)
    return clinic, mei, Service.objects.prefetch_related("phases").get(pk=service.pk)


def patient_in_care(clinic, name):
    patient = a_patient(clinic, given_name=name, email="")
    a_course(clinic, patient)
    return patient


def can_be_booked(by, start, **what):
    try:
        with transaction.atomic():
            book(by=by, at=AT, starts_at=start, **what)
            transaction.set_rollback(True)
    except (AlreadyBooked, InvalidValue):
        return False
    return True


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize(
    "changes", [{"most_resting": 1}, {"most_resting": 1, "buffer_minutes": 10, "turnover_minutes": 5}]
)
def test_every_time_that_is_offered_can_be_booked_and_no_other(name, changes):
    clinic, mei, service = a_day(SERVICES[name], **changes)
    by = the_system(clinic)
    what = {"service_id": service.pk, "practitioner_id": mei.pk}
    zone = Place.objects.get(clinic=clinic).time_zone
    window = {
        "service": service,
        "first_day": TOMORROW,
        "n_days": 1,
        "at": AT,
        "practitioner_id": mei.pk,
        "step_minutes": 5,
    }
    nine = datetime.combine(TOMORROW, time(9), tzinfo=ZoneInfo(zone)).astimezone(UTC)
    book(by=by, at=AT, starts_at=nine + timedelta(minutes=40), patient_id=patient_in_care(clinic, "Ida").pk, **what)
    asks = patient_in_care(clinic, "Ute")
    offered = {offer.starts_at for offer in free_times_for(by, patient_id=asks.pk, **window)}
    after = service.buffer_minutes + service.turnover_minutes
    starts = [nine + timedelta(minutes=m) for m in range(-60, 180, 5)]
    lasts = timedelta(minutes=sum(phase.minutes for phase in SERVICES[name]) + after)
    # What comes after a visit may lie beyond the hours when the desk books by hand; the list keeps it within them.
    starts = [start for start in starts if start + lasts <= nine + timedelta(hours=3)] + starts[-3:]
    bookable = {start for start in starts if can_be_booked(by, start, patient_id=asks.pk, **what)}
    assert {start for start in offered if start in starts} == bookable != set()


def test_a_patient_alone_rests_under_nobody_and_is_nobodys_free_time():
    phases = SERVICES["rests, then alone"]
    assert stretches(phases, Who.PATIENT) == [(0, 2, 0), (2, 6, 1), (8, 3, 2)]
    assert stretches(phases, Who.REST, after=4) == [(2, 6, 1)]
    assert stretches(phases, Who.PRACTITIONER, after=4) == [(0, 6, 0)]
    assert stretches(phases, Who.ROOM, after=4) == [(0, 2, 0), (2, 10, 1)]
    assert stretches(phases, Who.PATIENT, after=4)[-1] == (8, 3, 2)


def test_what_a_room_needs_after_a_patient_takes_no_place_to_rest():
    clinic, mei, service = a_day(SERVICES["rests last"], most_resting=1, turnover_minutes=60)
    by = the_system(clinic)
    window = {"service": service, "first_day": TOMORROW, "n_days": 1, "at": AT, "practitioner_id": mei.pk}
    first = free_times_for(by, **window)[0].starts_at
    what = {"service_id": service.pk, "practitioner_id": mei.pk, "at": AT, "by": by}
    book(starts_at=first, patient_id=patient_in_care(clinic, "Ida").pk, **what)
    next_one = free_times_for(by, patient_id=patient_in_care(clinic, "Ute").pk, **window)[0].starts_at
    assert next_one == first + timedelta(minutes=30)
