"""A practitioner who is a patient too is one person: she is at one place at a time, and nobody treats herself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from myotome.clinic.booking.actions import book, cancel, move, step
from myotome.clinic.booking.asking import left_to_ask
from myotome.clinic.booking.holds import block_time
from myotome.clinic.booking.models import Appointment, Claim, Opening, Service
from myotome.clinic.booking.own_records import herself_likely, own_record_of, part_own_record, tie_own_record
from myotome.clinic.booking.preview import preview_series
from myotome.clinic.booking.queries import free_times_for
from myotome.clinic.booking.together import preview_together
from myotome.clinic.booking.waitlist import wait_for
from myotome.clinic.pathway.actions import patients_joined, patients_parted
from myotome.clinic.people.models import OwnRecord
from myotome.clinic.people.queries import patient_by_link
from myotome.vocabulary.errors import AlreadyBooked, InvalidValue, MyotomeError, NotAllowed
from myotome.vocabulary.scheduling import AppointmentStatus
from tests.factories import AT, a_clinic, a_course, a_patient, a_practitioner, a_receptionist, an_actor
from tests.spec.booking.test_many_series_together import a_wish

pytestmark = pytest.mark.django_db
TEN = AT + timedelta(days=1, hours=1)
"""Wednesday 25 November 2026, 10:00 in Vancouver."""
HALF = timedelta(minutes=30)


class House:
    """A clinic in which Elena and David treat, and Elena is a patient too; Hannah is not."""

    def __init__(self):
        self.clinic = a_clinic()
        self.elena, self.david = a_practitioner(self.clinic), a_practitioner(self.clinic, name="David Okafor")
        self.robin = an_actor(a_receptionist(self.clinic), self.clinic)
        self.service = Service.objects.get(clinic=self.clinic, kind="ims")
        self.herself = self.person("Elena", "Marchetti")
        self.hannah = self.person("Hannah", "Lindqvist")

    def person(self, given, family):
        made = a_patient(self.clinic, given_name=given, family_name=family, email=f"{given.lower()}@example.org")
        a_course(self.clinic, made)
        return made

    def tie(self, person=None, who=None, by=None):
        return tie_own_record(
            by=by or self.robin, at=AT, patient_id=(person or self.herself).pk, practitioner_id=(who or self.elena).pk
        )

    def books(self, person, who, starts_at=TEN, service="ims"):
        return book(
            by=self.robin, at=AT, patient_id=person.pk, practitioner_id=who.pk, starts_at=starts_at,
            service_id=Service.objects.get(clinic=self.clinic, kind=service).pk,
        )  # fmt: skip

    def free(self, person, who=None, **values):
        offers = free_times_for(
            self.robin, service=self.service, first_day=TEN.date(), n_days=1, at=AT, patient_id=person.pk,
            practitioner_id=who.pk if who else None, **values,
        )  # fmt: skip
        return {(offer.starts_at, offer.practitioner_name) for offer in offers}

    def claims(self, who):
        return Claim.objects.filter(resource=f"practitioner:{who.pk}")


@pytest.fixture
def house():
    made = House()
    made.tie()
    return made


@pytest.fixture
def untied():
    return House()


def test_while_she_is_treated_nobody_is_booked_with_her(house):
    house.books(house.herself, house.david)
    with pytest.raises(AlreadyBooked):
        house.books(house.hannah, house.elena)
    assert house.books(house.hannah, house.elena, TEN + HALF).pk


def test_while_she_treats_she_is_not_booked_as_a_patient_and_it_is_said_why(house):
    house.books(house.hannah, house.elena)
    with pytest.raises(AlreadyBooked, match="She treats here herself, and is not free as a practitioner then"):
        house.books(house.herself, house.david)
    assert house.books(house.herself, house.david, TEN + HALF).pk


def test_she_is_a_patient_for_the_whole_of_an_acupuncture_also_while_the_needles_rest(house):
    house.books(house.herself, house.david, service="acupuncture")
    for minutes in (0, 15, 30):
        with pytest.raises(AlreadyBooked):
            house.books(house.hannah, house.elena, TEN + timedelta(minutes=minutes))
    assert house.books(house.hannah, house.elena, TEN + timedelta(minutes=40)).pk


def test_nobody_is_booked_with_herself(house):
    with pytest.raises(InvalidValue, match="Elena Marchetti is this patient herself"):
        house.books(house.herself, house.elena)
    row = house.books(house.herself, house.david)
    with pytest.raises(InvalidValue, match="is this patient herself"):
        move(
            by=house.robin, at=AT, appointment_id=row.pk, version=row.version, starts_at=TEN + HALF,
            practitioner_id=house.elena.pk,
        )  # fmt: skip
    row.refresh_from_db()
    assert (row.practitioner, row.starts_at) == (house.david, TEN)


def test_she_is_offered_neither_herself_nor_a_time_at_which_she_treats(house):
    house.books(house.hannah, house.elena)
    free = house.free(house.herself)
    assert {name for _, name in free} == {"David Okafor"}
    assert (TEN, "David Okafor") not in free
    assert {(TEN - HALF, "David Okafor"), (TEN + HALF, "David Okafor")} <= free
    assert house.free(house.herself, house.elena) == set()
    sofia = house.person("Sofia", "Berg")
    assert (TEN, "David Okafor") in house.free(sofia)


def test_others_are_not_offered_her_while_she_is_treated(house):
    row = house.books(house.herself, house.david)
    free = house.free(house.hannah, house.elena)
    assert (TEN, "Elena Marchetti") not in free
    assert (TEN - timedelta(minutes=15), "Elena Marchetti") not in free
    assert {(TEN - HALF, "Elena Marchetti"), (TEN + HALF, "Elena Marchetti")} <= free
    cancel(by=house.robin, at=AT, appointment_id=row.pk)
    assert (TEN, "Elena Marchetti") in house.free(house.hannah, house.elena)
    assert not house.claims(house.elena).exists()


def test_what_is_offered_with_her_is_what_can_be_booked(house):
    house.books(house.herself, house.david)
    house.books(house.hannah, house.elena, TEN + timedelta(hours=1))
    sofia = house.person("Sofia", "Berg")
    for person, who in ((house.herself, house.david), (sofia, house.elena)):
        offered = {start for start, _ in house.free(person, who)}
        for n in range(16):
            starts_at = TEN + timedelta(minutes=15 * (n - 4))
            try:
                row = house.books(person, who, starts_at)
            except (AlreadyBooked, InvalidValue):
                assert starts_at not in offered
            else:
                assert starts_at in offered
                cancel(by=house.robin, at=AT, appointment_id=row.pk)


def test_a_visit_of_hers_that_is_moved_takes_its_time_along(house):
    row = house.books(house.herself, house.david)
    house.books(house.hannah, house.elena, TEN + timedelta(hours=2))
    later = {"by": house.robin, "at": AT, "appointment_id": row.pk, "version": row.version}
    with pytest.raises(AlreadyBooked):
        move(**later, starts_at=TEN + timedelta(hours=2))
    assert (TEN + timedelta(minutes=15), "David Okafor") in house.free(house.herself, ignore_appointment_id=row.pk)
    move(**later, starts_at=TEN + timedelta(minutes=15))
    with pytest.raises(AlreadyBooked):
        house.books(house.hannah, house.elena, TEN)
    sofia = house.person("Sofia", "Berg")
    assert house.books(sofia, house.elena, TEN - timedelta(minutes=15)).pk


def test_a_visit_she_did_not_keep_leaves_her_free_to_treat(house):
    row = house.books(house.herself, house.david)
    step(by=house.robin, at=TEN, appointment_id=row.pk, to=AppointmentStatus.NO_SHOW)
    assert not house.claims(house.elena).exists()
    step(by=house.robin, at=TEN, appointment_id=row.pk, to=AppointmentStatus.BOOKED)
    assert house.claims(house.elena).count() == 6


def test_her_time_is_not_blocked_over_a_visit_of_her_own(house):
    house.books(house.herself, house.david)
    with pytest.raises(AlreadyBooked, match="Something is booked in this time"):
        block_time(by=house.robin, at=AT, starts_at=TEN, ends_at=TEN + HALF, reason="", practitioner_id=house.elena.pk)


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("treats", "Wed 25 Nov 10:00 she is a patient and treats Hannah Lindqvist."),
        ("with herself", "Wed 25 Nov 10:00 she would treat herself."),
        ("blocked", "Wed 25 Nov 10:00 she is a patient and her time is blocked."),
    ],
)
def test_visits_that_collide_already_are_named_and_nothing_is_tied(untied, what, said):
    later = untied.books(untied.herself, untied.david, TEN + timedelta(hours=3))
    row = untied.books(untied.herself, untied.elena if what == "with herself" else untied.david)
    if what == "treats":
        untied.books(untied.hannah, untied.elena)
    if what == "blocked":
        block_time(
            by=untied.robin, at=AT, starts_at=TEN, ends_at=TEN + HALF, reason="", practitioner_id=untied.elena.pk
        )
    with pytest.raises(AlreadyBooked) as refused:
        untied.tie()
    assert refused.value.message == (
        f"She cannot be at two places: {said} Move or cancel one of each two, then say it again."
    )
    assert not OwnRecord.objects.exists()
    assert not untied.claims(untied.elena).filter(appointment=later).exists()
    cancel(by=untied.robin, at=AT, appointment_id=row.pk)
    assert untied.tie().confirmed_at == AT
    assert untied.claims(untied.elena).filter(appointment=later).count() == 6


def test_what_is_booked_already_takes_her_once_it_is_said_and_no_longer_once_it_is_taken_back(untied):
    row = untied.books(untied.herself, untied.david)
    treated = untied.books(untied.hannah, untied.elena, TEN + HALF)
    untied.tie()
    assert set(untied.claims(untied.elena).values_list("appointment", flat=True)) == {row.pk, treated.pk}
    part_own_record(by=untied.robin, at=AT, patient_id=untied.herself.pk)
    assert set(untied.claims(untied.elena).values_list("appointment", flat=True)) == {treated.pk}
    assert untied.books(untied.person("Sofia", "Berg"), untied.elena).pk


def test_a_visit_that_is_over_does_not_stand_in_the_way(untied):
    untied.books(untied.herself, untied.david)
    untied.books(untied.hannah, untied.elena)
    row = tie_own_record(by=untied.robin, at=TEN + HALF, patient_id=untied.herself.pk, practitioner_id=untied.elena.pk)
    assert row.confirmed_at


def test_one_practitioner_has_one_record_and_one_record_one_practitioner(house):
    with pytest.raises(InvalidValue, match="has a record of her own already, Elena Marchetti"):
        house.tie(house.hannah)
    with pytest.raises(InvalidValue, match="This patient is Elena Marchetti already"):
        house.tie(who=house.david)
    assert house.tie().pk == OwnRecord.objects.get().pk


def test_what_she_says_under_her_link_counts_once_the_desk_has_confirmed_it(untied):
    me = patient_by_link(untied.herself, untied.clinic)
    assert untied.tie(by=me).confirmed_at is None
    row = untied.books(untied.herself, untied.david)
    other = untied.books(untied.hannah, untied.elena)
    cancel(by=untied.robin, at=AT, appointment_id=other.pk)
    untied.tie()
    assert own_record_of(untied.robin, untied.herself.pk).confirmed_at == AT
    assert untied.claims(untied.elena).filter(appointment=row).count() == 6
    with pytest.raises(NotAllowed):
        part_own_record(by=me, at=AT, patient_id=untied.herself.pk)


def test_somebody_who_says_it_wrongly_learns_nothing_of_whose_record_it_is(house):
    stranger = patient_by_link(house.hannah, house.clinic)
    assert house.tie(house.hannah, by=stranger).confirmed_at is None
    assert (TEN, "Elena Marchetti") in house.free(house.hannah)
    with pytest.raises(MyotomeError):
        house.tie(house.herself, by=stranger)
    with pytest.raises(InvalidValue):
        house.tie(house.hannah)
    part_own_record(by=house.robin, at=AT, patient_id=house.hannah.pk)
    assert own_record_of(house.robin, house.hannah.pk) is None
    assert own_record_of(house.robin, house.herself.pk).confirmed_at


def test_the_desk_is_asked_about_a_patient_of_a_practitioners_name_or_login(untied):
    assert herself_likely(untied.robin, untied.herself) == untied.elena
    assert herself_likely(untied.robin, untied.hannah) is None
    untied.hannah.user = untied.david.user
    assert herself_likely(untied.robin, untied.hannah) == untied.david
    untied.tie()
    assert herself_likely(untied.robin, untied.person("Elena", "Marchetti")) is None, "she has her record"


def test_the_waiting_list_does_not_ask_her_about_time_with_herself_or_while_she_treats(house):
    for person in (house.herself, house.hannah):
        wait_for(
            by=house.robin, at=AT, patient_id=person.pk, service_id=house.service.pk, first_day=AT.date(),
            last_day=AT.date() + timedelta(days=9),
        )  # fmt: skip
    sofia = house.person("Sofia", "Berg")
    house.books(sofia, house.elena, TEN + timedelta(hours=1))

    def asked(who, starts_at):
        opening = Opening.objects.create(
            clinic=house.clinic, service=house.service, practitioner=who, starts_at=starts_at, created_at=AT
        )
        rows = left_to_ask(opening, ends_at=starts_at + HALF, zone="America/Vancouver")
        return [row.patient.given_name for row in rows]

    assert asked(house.david, TEN) == ["Elena", "Hannah"]
    assert asked(house.elena, TEN) == ["Hannah"]
    assert asked(house.david, TEN + timedelta(hours=1)) == ["Hannah"]
    with pytest.raises(InvalidValue, match="is this patient herself"):
        wait_for(
            by=house.robin, at=AT, patient_id=house.herself.pk, service_id=house.service.pk, first_day=AT.date(),
            last_day=AT.date() + timedelta(days=9), practitioner_id=house.elena.pk,
        )  # fmt: skip


def test_a_series_of_hers_names_the_visits_at_which_she_treats(house):
    first = TEN + timedelta(days=6, hours=4)  # Tuesday 1 December, 14:00
    house.books(house.hannah, house.elena, first + timedelta(days=7))
    desk = (house.robin, house.david, house.service, ())
    shown = preview_series(house.robin, at=AT, patient_id=house.herself.pk, wish=a_wish(desk, n_visits=2))
    assert [visit.clash for visit in shown.visits] == [None, "She treats somebody herself then."]
    assert shown.visits[1].proposed.starts_at != first + timedelta(days=7)
    wish = a_wish(desk, n_visits=2, practitioner_id=house.elena.pk)
    with_herself = preview_series(house.robin, at=AT, patient_id=house.herself.pk, wish=wish)
    assert with_herself.n_placed == 0
    assert {str(visit.clash) for visit in with_herself.visits} == {
        "Elena Marchetti is this patient herself. Please choose somebody else."
    }


def test_series_placed_together_do_not_let_her_treat_while_she_is_treated(house):
    desk = (house.robin, house.elena, house.service, ())
    wishes = [
        (house.herself.pk, a_wish(desk, n_visits=2, practitioner_id=house.david.pk)),
        (house.hannah.pk, a_wish(desk, n_visits=2)),
    ]
    found = preview_together(house.robin, at=AT, wishes=wishes, most_seconds=10)
    assert found.n_placed == 4
    hers, others = (
        [(v.proposed.starts_at, v.proposed.ends_at) for v in one.preview.visits if v.proposed] for one in found.series
    )
    assert len(hers) == len(others) == 2
    assert all(a_end <= b or b_end <= a for a, a_end in hers for b, b_end in others)


def test_records_that_are_joined_bring_the_tie_and_its_times_and_parted_take_them_back(house):
    hers = house.books(house.herself, house.david)
    old = house.person("Elena", "Marchetti-Rossi")
    before = house.books(old, house.david, TEN + HALF)
    joined = patients_joined(by=house.robin, at=AT, keep_id=old.pk, merge_id=house.herself.pk)
    assert own_record_of(house.robin, old.pk).practitioner == house.elena
    taken = house.claims(house.elena).values_list("appointment", flat=True)
    assert set(taken) == {hers.pk, before.pk}
    patients_parted(by=house.robin, at=AT, merge_id=joined.pk)
    assert set(house.claims(house.elena).values_list("appointment", flat=True)) == {hers.pk}


def test_records_are_not_joined_while_one_is_treated_by_the_other(house):
    old = house.person("Elena", "Marchetti-Rossi")
    house.books(old, house.elena)
    with pytest.raises(AlreadyBooked, match="she would treat herself"):
        patients_joined(by=house.robin, at=AT, keep_id=old.pk, merge_id=house.herself.pk)
    house.tie(house.hannah, house.david)
    with pytest.raises(InvalidValue, match="are those of two practitioners"):
        patients_joined(by=house.robin, at=AT, keep_id=house.hannah.pk, merge_id=house.herself.pk)
    assert Appointment.objects.get().patient == old
