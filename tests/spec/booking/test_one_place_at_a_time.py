"""Nobody is described, offered or booked at two places at once: what was chosen is what is booked."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.urls import reverse

from myotome.clinic.booking.actions import book
from myotome.clinic.booking.models import HoursException, Service, WorkingHours
from myotome.clinic.booking.queries import free_times_for
from myotome.clinic.booking.set_up import add_day, add_hours, remove_day
from myotome.clinic.people.models import Place, Room
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue
from tests.factories import AT, a_clinic, a_course, a_patient, a_practitioner, a_receptionist, a_user, an_actor

pytestmark = pytest.mark.django_db
DAY = date(2026, 12, 1)  # a Tuesday


@pytest.fixture
def house():
    """(owner, Elena, the other place): she works on weekdays from 8 to 16 at Alder Street."""
    clinic = a_clinic()
    elena = a_practitioner(clinic)
    harbour = Place.objects.create(clinic=clinic, name="Harbour", time_zone=clinic.time_zone)
    Room.objects.create(clinic=clinic, place=harbour, name="Cabin", kind="any")
    return an_actor(a_user(clinic, Role.OWNER, name="Olive"), clinic), elena, harbour


def extra(house, starts, ends, **changes):
    owner, elena, harbour = house
    values = {"on": DAY, "practitioner_id": elena.pk, "place_id": harbour.pk, "starts": starts, "ends": ends} | changes
    return add_day(by=owner, at=AT, **values)


def close(house):
    owner, elena, _ = house
    return add_day(by=owner, at=AT, on=DAY, practitioner_id=elena.pk)


def test_an_extra_shift_elsewhere_while_she_works_is_refused_and_names_the_place_and_the_way_out(house):
    with pytest.raises(InvalidValue) as refused:
        extra(house, time(15), time(18))
    assert refused.value.field == "starts"
    assert "Elena Marchetti works at Alder Street at that time on 2026-12-01" in refused.value.message
    assert "close that day for Elena Marchetti first" in refused.value.message
    assert not HoursException.objects.exists()


@pytest.mark.parametrize("change", ["after her shift", "on a closed day", "at the same place"])
def test_an_extra_shift_that_leaves_her_at_one_place_stands(house, change):
    if change == "on a closed day":
        close(house)
    place = Place.objects.get(name="Alder Street").pk if change == "at the same place" else house[2].pk
    starts = time(16) if change == "after her shift" else time(15)
    assert extra(house, starts, time(18), place_id=place).pk


def test_two_extra_shifts_at_two_places_meet_by_the_clock_of_each(house):
    harbour = house[2]
    east = Place.objects.create(clinic=harbour.clinic, name="East", time_zone="America/Toronto")
    extra(house, time(18), time(20))
    with pytest.raises(InvalidValue, match="works at Harbour"):
        extra(house, time(22), time(23), place_id=east.pk)  # 19:00 in Vancouver
    assert extra(house, time(19), time(21), place_id=east.pk).pk  # 16:00 to 18:00


def test_an_extra_shift_for_everybody_is_refused_for_the_one_who_is_elsewhere(house):
    with pytest.raises(InvalidValue, match="Elena Marchetti works at Alder Street"):
        extra(house, time(15), time(18), practitioner_id=None)


def test_a_weekly_shift_over_an_extra_shift_elsewhere_is_refused(house):
    owner, elena, _ = house
    extra(house, time(16), time(18))
    with pytest.raises(InvalidValue, match="extra shift at Harbour on 2026-12-01"):
        add_hours(
            by=owner, at=AT, practitioner_id=elena.pk, place_id=Place.objects.get(name="Alder Street").pk,
            weekdays=[1], starts=time(17), ends=time(19),
        )  # fmt: skip
    assert not WorkingHours.objects.filter(starts=time(17)).exists()


def test_a_closed_day_under_an_extra_shift_elsewhere_stays_closed(client, house, monkeypatch):
    owner, elena, _ = house
    closed = close(house)
    extra(house, time(10), time(13))
    with pytest.raises(InvalidValue, match="at Alder Street and at Harbour at the same time"):
        remove_day(by=owner, at=AT, day_id=closed.pk)
    monkeypatch.setattr("django.utils.timezone.now", lambda: AT)
    client.force_login(a_receptionist(elena.clinic))
    again = client.post(reverse("booking:open_again", args=[elena.clinic.slug]), {"day": closed.pk}, follow=True)
    assert "Take the extra shift of that day away first." in again.content.decode()
    assert HoursException.objects.filter(pk=closed.pk).exists()


def test_hours_that_met_before_this_was_refused_are_booked_where_they_are_offered(house):
    _, elena, harbour = house
    HoursException.objects.create(
        clinic=elena.clinic, practitioner=elena, place=harbour, on=DAY, closed=False, starts=time(14), ends=time(19)
    )
    robin = an_actor(a_receptionist(elena.clinic), elena.clinic)
    service = Service.objects.get(clinic=elena.clinic, kind="ims")
    offers = free_times_for(robin, service=service, first_day=DAY, n_days=1, at=AT, practitioner_id=elena.pk)
    assert len({offer.starts_at for offer in offers}) == len(offers)
    by_start = {offer.starts_at: offer for offer in offers}
    for number, clock in enumerate((14, 15, 16, 18)):
        start = datetime(2026, 12, 1, clock, tzinfo=UTC) + timedelta(hours=8)
        person = a_patient(elena.clinic, given_name=f"Patient {number}", email="")
        a_course(elena.clinic, person)
        done = book(
            by=robin, at=AT, patient_id=person.pk, service_id=service.pk, practitioner_id=elena.pk, starts_at=start
        )
        assert done.place.name == by_start[start].place_name == ("Harbour" if clock >= 16 else "Alder Street")
