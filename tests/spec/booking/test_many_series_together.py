"""Series of several patients are placed together: none takes from another without need, and every clash is named."""

from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from myotome.clinic.booking.models import Appointment, HoursException, Service, ServicePhase
from myotome.clinic.booking.own_records import tie_own_record
from myotome.clinic.booking.preview import Wish, offers_for
from myotome.clinic.booking.queries import free_times_for
from myotome.clinic.booking.series import book_series
from myotome.clinic.booking.together import free_times_of_all, preview_together
from myotome.clinic.pathway.series import SeriesWanted, series_booked_together, wanting_series
from myotome.clinic.people.models import Room
from myotome.clinic.planning.models import Plan
from myotome.clinic.screening.models import Course
from myotome.vocabulary.errors import AlreadyBooked, InvalidValue
from tests.factories import AT, a_clinic, a_course, a_patient, a_practitioner, a_receptionist, an_actor

pytestmark = pytest.mark.django_db
VANCOUVER = ZoneInfo("America/Vancouver")
TUESDAY = date(2026, 12, 1)


@pytest.fixture
def desk():
    """(receptionist, practitioner, IMS, three patients of open courses)."""
    clinic = a_clinic()
    elena = a_practitioner(clinic)
    people = [
        a_patient(clinic, given_name=name, email=f"{name.lower()}@example.org") for name in ("Hannah", "Omar", "Ines")
    ]
    for person in people:
        a_course(clinic, person)
    return an_actor(a_receptionist(clinic), clinic), elena, Service.objects.get(clinic=clinic, kind="ims"), people


def a_wish(desk, **changes):
    _, elena, service, _ = desk
    values = {
        "service_id": service.pk,
        "practitioner_id": elena.pk,
        "first_day": TUESDAY,
        "at_time": time(14),
        "n_visits": 4,
    } | changes
    return Wish(**values)


def looked_at(desk, *wishes, **changes):
    robin, _, _, people = desk
    rows = [(person.pk, wish) for person, wish in zip(people, wishes, strict=False)]
    return preview_together(robin, at=AT, wishes=rows, most_seconds=10, **changes)


def starts_of(one):
    return [visit.proposed.starts_at for visit in one.preview.visits if visit.proposed]


def local(moment):
    return moment.astimezone(VANCOUVER)


def test_three_who_want_the_same_hour_get_the_nearest_hours_that_do_not_meet(desk):
    found = looked_at(desk, *[a_wish(desk)] * 3)
    assert (found.n_placed, found.n_wished, found.is_optimal) == (12, 12, True)
    assert found.minutes_off == found.minutes_off_least == 2 * 2 * 30 * 4
    assert found.percent_less_at_most == 0
    for number in range(4):
        clocks = sorted(local(starts_of(one)[number]).time() for one in found.series)
        assert clocks == [time(13, 30), time(14), time(14, 30)]
        assert {local(starts_of(one)[number]).date() for one in found.series} == {TUESDAY + timedelta(days=7 * number)}
    assert not Appointment.objects.exists()


def test_three_who_want_the_same_time_off_the_half_hour_fit_as_well(desk):
    found = looked_at(desk, *[a_wish(desk, at_time=time(14, 5))] * 3)
    assert (found.n_placed, found.n_wished) == (12, 12)
    taken = sorted(start for one in found.series for start in starts_of(one))
    assert all(after - before >= timedelta(minutes=30) for before, after in pairwise(taken))
    assert any(local(start).time() == time(14, 5) for start in taken)


def test_whoever_does_not_get_the_wished_time_is_told_who_does(desk):
    found = looked_at(desk, *[a_wish(desk)] * 2)
    lucky, other = sorted(found.series, key=lambda one: starts_of(one)[0] != one.preview.visits[0].wished_at)
    assert [str(visit.clash) for visit in other.preview.visits] == [f"It goes to {lucky.name} in this proposal."] * 4
    assert [visit.clash for visit in lucky.preview.visits] == [None] * 4
    taken = set(starts_of(lucky))
    assert all(fix.starts_at not in taken for visit in other.preview.visits for fix in visit.fixes)


def test_one_after_the_other_would_leave_somebody_out_and_together_they_fit(desk):
    """One has the only hour that another can have, and could have any other: the one who can choose moves."""
    robin, elena, service, people = desk
    HoursException.objects.create(clinic=elena.clinic, practitioner=elena, on=TUESDAY, closed=True)
    for starts, ends in ((time(9), time(9, 30)), (time(14), time(14, 30))):
        HoursException.objects.create(
            clinic=elena.clinic, practitioner=elena, on=TUESDAY, closed=False, starts=starts, ends=ends
        )
    one_visit = {"n_visits": 1, "every_days": 1, "least_days": 1, "most_days": 1}
    at_nine = datetime.combine(TUESDAY, time(9), tzinfo=VANCOUVER)
    book_series(
        by=robin,
        at=AT,
        patient_id=people[1].pk,
        service_id=service.pk,
        practitioner_id=david(desk).pk,
        starts=[at_nine],
    )
    found = looked_at(desk, a_wish(desk, **one_visit), a_wish(desk, **one_visit))
    assert found.n_placed == 2
    assert local(starts_of(found.series[1])[0]).time() == time(14)


def david(desk):
    """A second practitioner."""
    return a_practitioner(desk[1].clinic, name="David Okafor")


def test_one_room_less_than_practitioners_is_counted(desk):
    _, elena, _, _ = desk
    second = david(desk)
    Room.objects.filter(clinic=elena.clinic, name="Room 2").update(is_active=False)
    found = looked_at(desk, a_wish(desk), a_wish(desk, practitioner_id=second.pk))
    assert found.n_placed == 8
    for number in range(4):
        first, other = (starts_of(one)[number] for one in found.series)
        assert abs(first - other) >= timedelta(minutes=30)


def test_no_more_rest_with_needles_in_than_may(desk):
    _, elena, _, _ = desk
    acupuncture = Service.objects.get(clinic=elena.clinic, kind="acupuncture")
    Service.objects.filter(pk=acupuncture.pk).update(most_resting=1)
    found = looked_at(desk, *[a_wish(desk, service_id=acupuncture.pk, n_visits=1)] * 3)
    minutes = [phase.minutes for phase in ServicePhase.objects.filter(service=acupuncture)]
    begins = sorted(starts_of(one)[0] + timedelta(minutes=minutes[0]) for one in found.series)
    assert len(begins) == 3
    assert all(b - a >= timedelta(minutes=minutes[1]) for a, b in pairwise(begins))


def test_with_anybody_each_finds_somebody(desk):
    david(desk)
    found = looked_at(desk, a_wish(desk, practitioner_id=None), a_wish(desk, practitioner_id=None))
    assert [starts_of(one) == [visit.wished_at for visit in one.preview.visits] for one in found.series] == [True, True]
    for number in range(4):
        assert len({one.preview.visits[number].proposed.practitioner_id for one in found.series}) == 2


def test_what_does_not_fit_is_counted_and_the_rest_is_proposed(desk):
    _, elena, _, _ = desk
    for n in range(-7, 7):
        day = TUESDAY + timedelta(days=n)
        HoursException.objects.create(clinic=elena.clinic, practitioner=elena, on=day, closed=True, reason="Course")
    HoursException.objects.create(
        clinic=elena.clinic, practitioner=elena, on=TUESDAY, closed=False, starts=time(14), ends=time(14, 30)
    )
    found = looked_at(desk, *[a_wish(desk, n_visits=1)] * 2)
    assert (found.n_placed, found.n_wished, found.is_optimal, found.n_more_at_most) == (1, 2, True, 0)


def test_all_of_them_are_booked_or_none_and_the_patient_and_the_date_are_named(desk):
    robin, elena, service, people = desk
    found = looked_at(desk, *[a_wish(desk)] * 2)
    wanted = [
        SeriesWanted(patient=person, service_id=service.pk, visits=dict.fromkeys(starts_of(one), elena.pk))
        for person, one in zip(people, found.series, strict=False)
    ]
    second = starts_of(found.series[1])[2]
    book_series(
        by=robin, at=AT, patient_id=people[2].pk, service_id=service.pk, practitioner_id=elena.pk, starts=[second]
    )
    with pytest.raises(AlreadyBooked, match=f"{people[1].name}: .*{local(second):%d %b %H:%M}"):
        series_booked_together(by=robin, at=AT, wanted=wanted, all_or_nothing=True, key="one form")
    assert Appointment.objects.count() == 1
    done = series_booked_together(by=robin, at=AT, wanted=wanted, all_or_nothing=False, key="one form")
    assert [len(one.booked) for _, one in done] == [4, 3]
    assert [start for start, _ in done[1][1].refused] == [second]


def test_each_is_proposed_what_she_could_have_alone_though_the_diary_is_looked_at_once_for_all(desk):
    robin, elena, service, people = desk
    second = david(desk)
    hers = datetime.combine(TUESDAY, time(14), tzinfo=VANCOUVER)
    book_series(
        by=robin, at=AT, patient_id=people[0].pk, service_id=service.pk, practitioner_id=second.pk, starts=[hers]
    )
    tie_own_record(by=robin, at=AT, patient_id=people[1].pk, practitioner_id=second.pk)
    wishes = [
        (people[0].pk, a_wish(desk)),
        (people[1].pk, a_wish(desk, practitioner_id=None, first_day=TUESDAY + timedelta(days=2))),
        (people[2].pk, a_wish(desk, practitioner_id=None, first_day=TUESDAY - timedelta(days=3), not_before=True)),
    ]
    found = free_times_of_all(robin, at=AT, wishes=wishes)
    for (patient, wish), offers in zip(wishes, found, strict=True):
        assert offers == offers_for(robin, at=AT, patient_id=patient, wish=wish)
    assert hers not in {offer.starts_at for offer in found[0]}
    assert {offer.practitioner_id for offer in found[1]} == {elena.pk}


def test_forty_who_wish_for_the_same_practitioner_take_one_look_at_what_is_booked(desk):
    robin, elena, _, people = desk
    more = [a_patient(elena.clinic, given_name=f"Person {n}", email="") for n in range(37)]
    wishes = [(person.pk, a_wish(desk, n_visits=8)) for person in [*people, *more]]
    with CaptureQueriesContext(connection) as few:
        free_times_of_all(robin, at=AT, wishes=wishes[:2])
    with CaptureQueriesContext(connection) as many:
        free_times_of_all(robin, at=AT, wishes=wishes)
    assert len(many) <= len(few)


def test_nobody_or_somebody_twice_is_refused(desk):
    robin, _, _, people = desk
    for wishes in ([], [(people[0].pk, a_wish(desk))] * 2):
        with pytest.raises(InvalidValue):
            preview_together(robin, at=AT, wishes=wishes)


def test_whose_plan_asks_for_more_visits_than_are_booked_is_listed(desk):
    robin, elena, service, people = desk
    course = Course.objects.get(patient=people[0])
    Plan.objects.create(
        clinic=elena.clinic, course=course, made_by=elena, mode="ims", n_treatments=4, price_cents_each=0, made_at=AT
    )
    (row,) = wanting_series(robin, at=AT)
    assert (row.patient, row.n_visits, row.practitioner_id) == (people[0], 4, elena.pk)
    offers = free_times_for(
        robin, service=service, first_day=TUESDAY, n_days=1, at=AT, practitioner_id=elena.pk, patient_id=people[0].pk
    )
    book_series(
        by=robin, at=AT, patient_id=people[0].pk, service_id=service.pk, practitioner_id=elena.pk,
        starts=[offers[0].starts_at], course_id=course.pk,
    )  # fmt: skip
    assert [row.n_visits for row in wanting_series(robin, at=AT)] == [3]
