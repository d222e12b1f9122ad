"""A clinic describes as many services of one kind as it likes; people choose by the name, and a name is one service's."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from myotome.clinic.booking.actions import book, move
from myotome.clinic.booking.models import Appointment, DeskAct, Offered, Service
from myotome.clinic.booking.openings import open_a_time
from myotome.clinic.booking.queries import free_times_for, services_for
from myotome.clinic.booking.series import book_series
from myotome.clinic.booking.services import add_service, change_service
from myotome.clinic.booking.undo import undo
from myotome.clinic.booking.waitlist import wait_for
from myotome.clinic.money.actions import price_of
from myotome.clinic.people.queries import patient_by_link
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import AlreadyBooked, InvalidValue, NotAllowed, NotFound
from myotome.vocabulary.scheduling import Phase
from tests.factories import (
    AT,
    a_clinic,
    a_course,
    a_patient,
    a_practitioner,
    a_receptionist,
    a_user,
    an_actor,
    the_system,
)

pytestmark = pytest.mark.django_db
TEN = AT + timedelta(days=1, hours=1)
MINUTE = timedelta(minutes=1)
LONG = [Phase(45, practitioner=True, room=True)]


@pytest.fixture
def owner():
    """The owner of a clinic with one service of each kind."""
    clinic = a_clinic()
    return an_actor(a_user(clinic, Role.OWNER), clinic)


@pytest.fixture
def desk(owner):
    """(receptionist, practitioner, IMS of 30 minutes, IMS of 45 minutes, a patient of an open course)."""
    long = add(owner)
    clinic = long.clinic
    elena, robin = a_practitioner(clinic), an_actor(a_receptionist(clinic), clinic)
    hannah = a_patient(clinic)
    a_course(clinic, hannah)
    return robin, elena, Service.objects.get(name="IMS"), long, hannah


def add(owner, name="IMS 45 minutes", **values):
    return add_service(by=owner, at=AT, name=name, **{"kind": "ims", "phases": LONG, "price_cents": 13000} | values)


def booked(desk, service, starts_at=TEN, **who):
    robin, elena, _, _, hannah = desk
    who = {"by": robin, "patient_id": hannah.pk, "practitioner_id": elena.pk} | who
    return book(at=AT, service_id=service.pk, starts_at=starts_at, **who)


def test_a_clinic_offers_two_lengths_of_ims_side_by_side(owner):
    add(owner)
    assert [row.name for row in services_for(owner) if row.kind == "ims"] == ["IMS", "IMS 45 minutes"]


def test_one_more_service_stands_beside_those_of_its_kind(owner):
    add(owner, "Follow-up", kind="acupuncture")
    add(owner)
    assert [row.name for row in services_for(owner)] == [
        "IMS assessment",
        "Acupuncture assessment",
        "IMS",
        "IMS 45 minutes",
        "Acupuncture",
        "Follow-up",
    ]


@pytest.mark.parametrize("name", ["IMS 45 minutes", "ims 45 MINUTES", "  IMS  45 minutes "])
def test_no_two_services_of_a_clinic_have_the_same_name_in_whatever_letters(owner, name):
    add(owner)
    with pytest.raises(InvalidValue, match="called “IMS 45 minutes” already") as refused:
        add(owner, name, kind="acupuncture")
    assert refused.value.field == "name"
    assert Service.objects.filter(clinic_id=owner.clinic_id).count() == 5


def test_letters_beyond_ascii_are_compared_as_letters_too(owner):
    add(owner, "Élongation ÖST")
    with pytest.raises(InvalidValue, match="already"):
        add(owner, "élongation öst")


def test_the_database_keeps_names_apart_when_nobody_asks_it(owner):
    add(owner)
    with pytest.raises(IntegrityError), transaction.atomic():
        Service.objects.create(clinic_id=owner.clinic_id, kind="ims", name="IMS 45 Minutes", price_cents=1)


def test_another_clinic_may_use_the_same_name(owner):
    add(owner)
    other = a_clinic("birch")
    assert add(an_actor(a_user(other, Role.OWNER), other)).name == "IMS 45 minutes"


def test_a_service_is_renamed_to_what_no_other_is_called(owner):
    long = add(owner)
    assert change_service(by=owner, at=AT, service_id=long.pk, name="ims 45 minutes").name == "ims 45 minutes"
    with pytest.raises(InvalidValue, match="called “IMS” already"):
        change_service(by=owner, at=AT, service_id=long.pk, name="Ims")
    long.refresh_from_db()
    assert long.name == "ims 45 minutes"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": "massage"}, "kind"),
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"phases": []}, "phases"),
        ({"phases": [Phase(20, practitioner=False, room=True)]}, "phases"),
        ({"room_kind": "cellar"}, "room_kind"),
        ({"buffer_minutes": 7}, "buffer_minutes"),
        ({"turnover_minutes": -5}, "turnover_minutes"),
        ({"price_cents": -1}, "price_cents"),
        ({"most_resting": 0}, "most_resting"),
    ],
)
def test_a_service_that_makes_no_sense_is_not_added(owner, wrong, field):
    with pytest.raises(InvalidValue) as refused:
        add(owner, **wrong)
    assert refused.value.field == field
    assert Service.objects.count() == 4


def test_what_a_service_is_clinically_stays_so(owner):
    with pytest.raises(InvalidValue, match="not changed: kind"):
        change_service(by=owner, at=AT, service_id=add(owner).pk, kind="acupuncture")


def test_only_the_owner_adds_a_service(desk):
    with pytest.raises(NotAllowed):
        add(desk[0], "Another")


def test_a_visit_takes_the_time_and_the_price_of_the_service_that_was_chosen(desk):
    robin, _elena, short, long, _hannah = desk
    visit = booked(desk, long)
    assert visit.ends_at - visit.starts_at == 45 * MINUTE
    assert price_of(robin, visit)[0] == 13000
    other = booked(desk, short, TEN + timedelta(days=7))
    assert other.ends_at - other.starts_at == 30 * MINUTE
    assert price_of(robin, other)[0] == 9500


def test_a_gap_of_half_an_hour_is_offered_for_the_short_one_only(desk):
    robin, elena, short, long, _ = desk
    clinic = elena.clinic
    other = a_patient(clinic, given_name="Omar")
    a_course(clinic, other)
    booked(desk, short)
    booked(desk, short, TEN + 60 * MINUTE, patient_id=other.pk)

    def is_free(service):
        times = free_times_for(robin, service=service, first_day=TEN.date(), n_days=1, at=AT)
        return TEN + 30 * MINUTE in {offer.starts_at for offer in times}

    assert is_free(short)
    assert not is_free(long)


def test_two_services_of_one_kind_never_take_the_same_person_at_one_time(desk):
    _, elena, short, long, _ = desk
    other = a_patient(elena.clinic, given_name="Omar")
    a_course(elena.clinic, other)
    booked(desk, long)
    with pytest.raises(AlreadyBooked):
        booked(desk, short, TEN + 30 * MINUTE, patient_id=other.pk)


def test_a_visit_that_is_moved_stays_what_it_was_booked_as(desk):
    robin, _, _, long, _ = desk
    visit = booked(desk, long)
    moved = move(by=robin, at=AT, appointment_id=visit.pk, version=visit.version, starts_at=TEN + 120 * MINUTE)
    assert moved.service == long
    assert moved.ends_at - moved.starts_at == 45 * MINUTE


@pytest.mark.parametrize("later", [0, 120])
def test_the_desk_moves_a_visit_as_a_longer_one_and_takes_it_back(desk, later):
    robin, _, short, long, _ = desk
    visit = booked(desk, short)
    starts_at = TEN + later * MINUTE
    moved = move(
        by=robin, at=AT, appointment_id=visit.pk, version=visit.version, starts_at=starts_at, service_id=long.pk
    )
    assert (moved.service, moved.starts_at, moved.ends_at) == (long, starts_at, starts_at + 45 * MINUTE)
    assert price_of(robin, moved)[0] == 13000
    back = undo(by=robin, at=AT + MINUTE, act_id=DeskAct.objects.get(act="moved").pk)
    assert (back.service, back.starts_at, back.ends_at) == (short, TEN, TEN + 30 * MINUTE)


def test_a_visit_does_not_become_longer_where_the_time_after_it_is_taken(desk):
    robin, elena, short, long, _ = desk
    other = a_patient(elena.clinic, given_name="Omar")
    a_course(elena.clinic, other)
    visit = booked(desk, short)
    booked(desk, short, TEN + 30 * MINUTE, patient_id=other.pk)
    with pytest.raises(AlreadyBooked):
        move(by=robin, at=AT, appointment_id=visit.pk, version=visit.version, starts_at=TEN, service_id=long.pk)
    visit.refresh_from_db()
    assert (visit.service, visit.ends_at) == (short, TEN + 30 * MINUTE)


def test_a_patient_does_not_change_what_her_visit_is(desk):
    visit = booked(desk, desk[2])
    hannah = patient_by_link(desk[4], visit.clinic)
    with pytest.raises(NotAllowed):
        move(by=hannah, at=AT, appointment_id=visit.pk, version=visit.version, starts_at=TEN, service_id=desk[3].pk)


def test_the_first_visit_of_somebody_new_does_not_become_a_treatment(desk):
    robin, elena, _, long, _ = desk
    new = a_patient(elena.clinic, given_name="Omar")
    visit = booked(desk, Service.objects.get(kind="assessment_ims"), patient_id=new.pk)
    with pytest.raises(NotAllowed, match="begins with an assessment"):
        move(by=robin, at=AT, appointment_id=visit.pk, version=visit.version, starts_at=TEN, service_id=long.pk)


def test_a_series_is_of_the_service_that_was_chosen(desk):
    robin, elena, _, long, hannah = desk
    done = book_series(
        by=robin, at=AT, patient_id=hannah.pk, service_id=long.pk, practitioner_id=elena.pk,
        starts=[TEN, TEN + timedelta(days=7)], all_or_nothing=True,
    )  # fmt: skip
    assert {row.service for row in done.booked} == {long}


def test_who_waits_for_the_long_one_is_not_asked_about_half_an_hour(desk):
    robin, elena, short, long, hannah = desk
    clinic = elena.clinic
    other = a_patient(clinic, given_name="Omar", email="omar@example.org")
    a_course(clinic, other)
    booked(desk, short, TEN + 30 * MINUTE, patient_id=other.pk)
    span = {"first_day": AT.date(), "last_day": AT.date() + timedelta(days=9)}
    wait_for(by=robin, at=AT, patient_id=hannah.pk, service_id=long.pk, **span)
    freed = {"by": the_system(clinic), "at": AT, "practitioner_id": elena.pk}
    assert open_a_time(service_id=long.pk, starts_at=TEN, **freed) is None
    assert open_a_time(service_id=short.pk, starts_at=TEN, **freed) is None, "nobody waits for the short one"
    assert open_a_time(service_id=long.pk, starts_at=TEN + 60 * MINUTE, **freed)
    assert Offered.objects.get().wish.service == long


def retire(owner, service):
    return change_service(by=owner, at=AT, service_id=service.pk, is_active=False)


def test_a_visit_is_not_moved_as_a_retired_service(desk, owner):
    visit = booked(desk, desk[2])
    retire(owner, desk[3])
    with pytest.raises(NotFound):
        move(by=desk[0], at=AT, appointment_id=visit.pk, version=visit.version, starts_at=TEN, service_id=desk[3].pk)


def test_a_retired_service_is_booked_no_more_and_its_visits_stay_as_they_are(desk, owner):
    robin, _, _, long, _ = desk
    visit = booked(desk, long)
    retire(owner, long)
    assert long not in services_for(robin)
    with pytest.raises(NotFound):
        booked(desk, long, TEN + timedelta(days=7))
    kept = Appointment.objects.get()
    assert (kept.service.name, kept.starts_at, kept.ends_at) == ("IMS 45 minutes", visit.starts_at, visit.ends_at)
    assert price_of(robin, kept)[0] == 13000


def test_a_visit_of_a_retired_service_can_still_be_moved(desk, owner):
    visit = booked(desk, desk[3])
    retire(owner, desk[3])
    moved = move(by=desk[0], at=AT, appointment_id=visit.pk, version=visit.version, starts_at=TEN + 120 * MINUTE)
    assert moved.ends_at - moved.starts_at == 45 * MINUTE


def test_the_name_of_a_retired_service_is_still_its_own(owner):
    long = retire(owner, add(owner))
    with pytest.raises(InvalidValue, match="not offered any more is called “IMS 45 minutes”"):
        add(owner)
    change_service(by=owner, at=AT, service_id=long.pk, name="IMS 45 minutes, until 2026")
    assert add(owner).name == "IMS 45 minutes"


def test_a_service_in_other_phases_leaves_what_is_booked_as_it_is(desk, owner):
    visit = booked(desk, desk[3])
    change_service(by=owner, at=AT, service_id=desk[3].pk, phases=[Phase(60, practitioner=True, room=True)])
    visit.refresh_from_db()
    assert visit.ends_at - visit.starts_at == 45 * MINUTE
