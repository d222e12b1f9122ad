"""A visit is charged once, at the clinic's price with its tax; a wrong charge is taken back, never changed."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.booking.models import DiaryRules, Service
from myotome.clinic.money.actions import can_charge, charge_visit, take_back
from myotome.clinic.money.models import Charge
from myotome.clinic.money.queries import account_of, balance_cents, charge_of_visit, owed_list
from myotome.clinic.money.set_up import set_book, set_tax
from myotome.clinic.people.queries import patient_by_link
from myotome.vocabulary.errors import InvalidValue, NotAllowed, NotFound, StaleVersion
from myotome.vocabulary.money import AlreadyCharged, NotOwed
from tests.factories import AT, a_patient, a_practitioner, an_actor
from tests.money import a_desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return a_desk()


def test_a_visit_is_charged_at_the_price_of_its_service_with_its_day_and_minutes(desk):
    charge = desk.charge()
    assert (charge.kind, charge.service_name, charge.minutes) == ("visit", "IMS", 30)
    assert charge.service_on.isoformat() == "2026-11-24"
    assert (charge.net_cents, charge.tax_kind, charge.tax_cents, charge.total_cents) == (9500, "exempt", 0, 9500)
    assert charge.currency == "CAD"
    assert AuditEvent.objects.get(act="charge.written").detail == {"cents": 9500, "kind": "visit"}


@pytest.mark.parametrize(
    ("kind", "name", "rate", "tax_cents"),
    [
        ("exempt", "", 0, 0),
        ("zero", "", 0, 0),
        ("rated", "GST", 5000, 475),
        ("rated", "HST", 13000, 1235),
        ("rated", "QST", 9975, 948),
    ],
)
def test_the_tax_of_the_service_is_charged_and_said(desk, kind, name, rate, tax_cents):
    ims = Service.objects.get(clinic=desk.clinic, kind="ims")
    set_tax(by=desk.olive, at=AT, service_id=ims.pk, kind=kind, name=name, rate=rate)
    charge = desk.charge()
    assert (charge.tax_kind, charge.tax_name, charge.tax_rate) == (kind, name, rate)
    assert (charge.tax_cents, charge.total_cents) == (tax_cents, 9500 + tax_cents)


def test_a_price_or_tax_that_is_changed_later_leaves_what_is_charged(desk):
    charge = desk.charge()
    ims = Service.objects.get(clinic=desk.clinic, kind="ims")
    set_tax(by=desk.olive, at=AT, service_id=ims.pk, kind="rated", name="GST", rate=5000)
    Service.objects.filter(pk=ims.pk).update(price_cents=12000)
    charge.refresh_from_db()
    assert charge.total_cents == 9500


def test_another_price_may_be_asked_but_not_nothing(desk):
    assert desk.charge(net_cents=4000).total_cents == 4000
    for cents in (0, -1, 10_000_001):
        with pytest.raises(InvalidValue):
            desk.charge(net_cents=cents)


def test_a_visit_is_not_charged_twice(desk):
    visit = desk.visit()
    desk.charge(visit)
    with pytest.raises(AlreadyCharged):
        desk.charge(visit)


def test_the_database_charges_a_visit_once_whatever_the_program_does(desk):
    charge = desk.charge()
    charge.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        charge.save(force_insert=True)


def test_a_charge_taken_back_makes_room_for_the_right_one(desk):
    visit = desk.visit()
    wrong = desk.charge(visit, net_cents=19500)
    back = take_back(by=desk.robin, at=AT, charge_id=wrong.pk, reason="typed wrongly")
    assert (back.total_cents, back.takes_back_id) == (-19500, wrong.pk)
    assert charge_of_visit(desk.robin, visit.pk) is None
    right = desk.charge(visit)
    assert charge_of_visit(desk.robin, visit.pk).pk == right.pk
    assert balance_cents(desk.robin, patient_id=visit.patient_id) == 9500


def test_a_part_is_taken_back_with_its_tax(desk):
    ims = Service.objects.get(clinic=desk.clinic, kind="ims")
    set_tax(by=desk.olive, at=AT, service_id=ims.pk, kind="rated", name="GST", rate=5000)
    charge = desk.charge()
    first = take_back(by=desk.robin, at=AT, charge_id=charge.pk, reason="came late", cents=3325)
    rest = take_back(by=desk.robin, at=AT, charge_id=charge.pk, reason="kindness")
    assert (first.tax_cents, rest.tax_cents) == (-158, -317)
    assert first.total_cents + rest.total_cents == -charge.total_cents


def test_what_is_paid_is_not_taken_back_and_a_reason_is_given(desk):
    charge = desk.charge()
    desk.pay(charge, 5000)
    with pytest.raises(NotOwed, match=r"45\.00 CAD"):
        take_back(by=desk.robin, at=AT, charge_id=charge.pk, reason="x", cents=4501)
    with pytest.raises(InvalidValue):
        take_back(by=desk.robin, at=AT, charge_id=charge.pk, reason="   ")
    with pytest.raises(InvalidValue):
        take_back(by=desk.robin, at=AT, charge_id=charge.pk, reason="x", cents=0)
    take_back(by=desk.robin, at=AT, charge_id=charge.pk, reason="x")
    with pytest.raises(NotOwed):
        take_back(by=desk.robin, at=AT, charge_id=charge.pk, reason="x")


def test_a_visit_that_was_not_kept_is_charged_the_fee_of_the_clinic(desk):
    DiaryRules.objects.create(clinic=desk.clinic, no_show_fee_cents=5000)
    charge = desk.charge(desk.visit(status="no_show"))
    assert (charge.kind, charge.total_cents) == ("no_show", 5000)


def test_a_visit_charged_ahead_and_then_not_kept_owes_either_the_visit_or_the_fee_not_both(desk):
    DiaryRules.objects.create(clinic=desk.clinic, no_show_fee_cents=5000)
    visit = desk.visit(status="booked")
    ahead = desk.charge(visit)
    visit.status = "no_show"
    visit.save()
    with pytest.raises(AlreadyCharged, match="Take that charge back first"):
        desk.charge(visit)
    take_back(by=desk.robin, at=AT, charge_id=ahead.pk, reason="She did not come.")
    fee = desk.charge(visit)
    assert (fee.kind, fee.total_cents) == ("no_show", 5000)
    visit.status = "booked"
    visit.save()
    with pytest.raises(AlreadyCharged):
        desk.charge(visit)


def test_without_a_fee_in_the_rules_not_keeping_a_visit_costs_nothing_unless_said(desk):
    missed = desk.visit(status="no_show")
    with pytest.raises(InvalidValue):
        desk.charge(missed)
    assert desk.charge(missed, net_cents=2500).total_cents == 2500


def test_a_time_held_as_a_request_is_not_charged(desk):
    visit = desk.visit(status="requested")
    assert not can_charge(visit)
    with pytest.raises(NotAllowed):
        desk.charge(visit)


@pytest.mark.parametrize(
    ("insurance", "insurer", "claim_number", "field"),
    [
        ("workers_compensation", "", "WC-1", "insurer"),
        ("workers_compensation", "WorkSafeBC", "", "claim_number"),
        ("auto", "ICBC", " ", "claim_number"),
        ("extended_health", "", "", "insurer"),
        ("somebody", "ICBC", "1", "insurance"),
    ],
)
def test_a_board_or_an_insurer_is_named_with_its_claim(desk, insurance, insurer, claim_number, field):
    with pytest.raises(InvalidValue) as refused:
        desk.charge(insurance=insurance, insurer=insurer, claim_number=claim_number)
    assert refused.value.field == field


def test_what_is_owed_is_listed_the_oldest_visit_first(desk):
    new, old, paid = desk.charge(), desk.charge(desk.visit(days=-20)), desk.charge(desk.visit(days=-3))
    desk.pay(paid)
    desk.pay(old, 1000)
    rows = owed_list(desk.robin)
    assert [(row.pk, row.owed_cents) for row in rows] == [(old.pk, 8500), (new.pk, 9500)]


def test_reception_and_owner_see_all_a_practitioner_and_a_patient_their_own(desk):
    david = a_practitioner(desk.clinic, name="David Okafor")
    hannah, omar = a_patient(desk.clinic), a_patient(desk.clinic, given_name="Omar")
    hers = desk.charge(desk.visit(patient=hannah))
    his = desk.charge(desk.visit(patient=omar, practitioner=david, starts_at=AT + timedelta(hours=2)))
    seen = {
        who: {row.pk for row in owed_list(actor)}
        for who, actor in {
            "reception": desk.robin,
            "owner": desk.olive,
            "elena": an_actor(desk.elena.user, desk.clinic),
            "david": an_actor(david.user, desk.clinic),
            "hannah": patient_by_link(hannah, desk.clinic),
        }.items()
    }
    assert seen == {
        "reception": {hers.pk, his.pk}, "owner": {hers.pk, his.pk}, "elena": {hers.pk}, "david": {his.pk},
        "hannah": {hers.pk},
    }  # fmt: skip
    assert account_of(desk.olive, hannah.pk).balance_cents == 9500


def test_a_practitioner_reads_and_does_not_write_money(desk):
    with pytest.raises(NotAllowed):
        desk.charge(by=an_actor(desk.elena.user, desk.clinic))


def test_another_clinic_is_not_there(desk):
    other = a_desk(slug="birch")
    with pytest.raises(NotFound):
        charge_visit(by=other.robin, at=AT, appointment_id=desk.visit().pk)
    with pytest.raises(NotFound):
        charge_visit(by=other.olive, at=AT, appointment_id=desk.visit().pk)


@pytest.mark.parametrize(
    ("kind", "name", "rate"), [("rated", "", 5000), ("rated", "GST", 0), ("rated", "GST", 50001), ("often", "", 0)]
)
def test_a_tax_is_said_whole(desk, kind, name, rate):
    ims = Service.objects.get(clinic=desk.clinic, kind="ims")
    with pytest.raises(InvalidValue):
        set_tax(by=desk.olive, at=AT, service_id=ims.pk, kind=kind, name=name, rate=rate)


def test_two_who_set_the_book_at_once_do_not_overwrite_each_other(desk):
    set_book(by=desk.olive, at=AT, version=1, tax_number="12345 6789 RT0001", foot="Thank you.")
    with pytest.raises(StaleVersion):
        set_book(by=desk.olive, at=AT, version=1, foot="Welcome.")


def test_a_charge_is_never_changed_or_deleted_by_anybody(desk):
    charge = desk.charge()
    names = [field.attname for field in Charge._meta.concrete_fields if field.attname != "patient_id"]
    for name in names:
        with pytest.raises(DatabaseError), transaction.atomic():
            Charge.objects.filter(pk=charge.pk).update(**{name: getattr(charge, name)})
    with pytest.raises(DatabaseError), transaction.atomic():
        Charge.objects.filter(pk=charge.pk).delete()
