"""Each payment is a numbered receipt, what goes back is a refund of its own; neither is ever changed, no number is missing."""

from datetime import date

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from myotome.clinic.booking.models import Service
from myotome.clinic.money.models import Payment, PaymentLine
from myotome.clinic.money.payments import refund, take_payment
from myotome.clinic.money.queries import balance_cents, charge_for, document_of, payment_for, refundable_of
from myotome.clinic.money.set_up import set_book, set_tax
from myotome.clinic.people.merging import merge_patients, unmerge_patients
from myotome.clinic.people.models import Clinic, Patient
from myotome.exchange.receipts.document import from_kept
from myotome.vocabulary.errors import InvalidValue, KeyReused, NotAllowed, NotFound
from myotome.vocabulary.money import NotOwed
from tests.factories import AT, a_patient, a_practitioner, an_actor
from tests.money import a_desk, sum_of_documents

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return a_desk()


def give_back(desk, receipt, cents=None, **values):
    parts = refundable_of(payment_for(desk.robin, receipt.pk))
    if cents is not None:
        parts = {next(iter(parts)): cents}
    values = {
        "by": desk.robin,
        "at": AT,
        "method": "debit",
        "reason": "came for nothing",
        "key": f"back {cents}",
    } | values
    return refund(payment_id=receipt.pk, parts=parts, **values)


def test_a_receipt_says_what_an_insurer_asks_for(desk):
    set_book(by=desk.olive, at=AT, version=1, tax_number="12345 6789 RT0001")
    receipt = desk.pay(
        desk.charge(), insurance="workers_compensation", insurer="WorkSafeBC", claim_number="WC-2026-0815"
    )
    document = document_of(receipt)
    line = document.lines[0]
    assert (document.clinic.name, document.clinic.address) == (
        "Alder Street Clinic",
        "14 Alder Street, British Columbia",
    )
    assert document.clinic.tax_number == "12345 6789 RT0001"
    assert (document.practitioner_name, document.registration_number) == ("Elena Marchetti", "PT-04417")
    assert document.registration_body == "College of Physical Therapists of BC"
    assert (document.patient_name, document.born_on) == ("Hannah Lindqvist", date(1968, 3, 12))
    assert (line.service_name, line.service_on, line.minutes) == ("IMS", date(2026, 11, 24), 30)
    assert (line.tax_kind, line.amount_cents, document.amount_cents) == ("exempt", 9500, 9500)
    assert (document.insurer, document.claim_number) == ("WorkSafeBC", "WC-2026-0815")
    assert (document.number, document.method, document.taken_by) == (1, "debit", "Robin Clarke")


def test_a_receipt_says_the_same_for_ever(desk):
    receipt = desk.pay(desk.charge())
    before = document_of(receipt)
    Clinic.objects.update(name="Another name", address="elsewhere")
    Patient.objects.update(family_name="Berg")
    desk.elena.registration_number = "PT-9"
    desk.elena.save()
    assert document_of(payment_for(desk.robin, receipt.pk)) == before


def test_a_refund_names_the_registration_that_its_receipt_names(desk):
    receipt = desk.pay(desk.charge())
    desk.elena.registration_number, desk.elena.registration_body = "PT-9", "Another college"
    desk.elena.save()
    first, back = document_of(receipt), document_of(give_back(desk, receipt))
    assert back.registration_number == "PT-04417"
    assert (back.registration_body, back.practitioner_name) == (first.registration_body, first.practitioner_name)
    assert document_of(desk.pay(desk.charge())).registration_number == "PT-9"


def test_documents_are_numbered_from_one_in_each_clinic_receipts_and_refunds_together(desk):
    other = a_desk(slug="birch")
    first = desk.pay(desk.charge())
    back = give_back(desk, first)
    second = desk.pay(desk.charge(desk.visit(days=1)))
    assert [row.number for row in (first, back, second)] == [1, 2, 3]
    assert other.pay(other.charge()).number == 1


def test_what_fails_uses_no_number(desk):
    charge = desk.charge()
    with pytest.raises(NotOwed):
        desk.pay(charge, 9501)
    with transaction.atomic():
        desk.pay(charge)
        transaction.set_rollback(True)
    assert desk.pay(charge).number == 1


@pytest.mark.parametrize("number", [1, 3, 0])
def test_the_database_takes_the_next_number_and_no_other(desk, number):
    row = desk.pay(desk.charge())
    row.pk, row.number, row.key = None, number, "another"
    with pytest.raises((DatabaseError, IntegrityError)), transaction.atomic():
        row.save(force_insert=True)


def test_nothing_of_a_document_is_changed_or_deleted_by_anybody(desk):
    receipt = desk.pay(desk.charge())
    for model, row in ((Payment, receipt), (PaymentLine, receipt.lines.get())):
        names = [field.attname for field in model._meta.concrete_fields if field.attname != "patient_id"]
        for name in names:
            with pytest.raises(DatabaseError), transaction.atomic():
                model.objects.filter(pk=row.pk).update(**{name: getattr(row, name)})
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.filter(pk=row.pk).delete()


def test_no_more_is_paid_than_is_owed(desk):
    charge = desk.charge()
    desk.pay(charge, 5000)
    with pytest.raises(NotOwed, match=r"45\.00 CAD"):
        desk.pay(charge, 4501)
    desk.pay(charge, 4500)
    assert charge_for(desk.robin, charge.pk).owed_cents == 0


@pytest.mark.parametrize("cents", [0, -100, 10_000_001])
def test_an_amount_of_nothing_less_or_far_too_much_is_refused(desk, cents):
    with pytest.raises(InvalidValue):
        desk.pay(desk.charge(), cents)


def test_a_way_to_pay_that_there_is_not_is_refused(desk):
    with pytest.raises(InvalidValue):
        desk.pay(desk.charge(), method="barter")
    with pytest.raises(InvalidValue):
        take_payment(by=desk.robin, at=AT, patient_id=a_patient(desk.clinic).pk, parts={}, method="cash", key="k")


def test_one_receipt_is_for_one_practitioner_and_one_patient(desk):
    hannah = a_patient(desk.clinic)
    david = a_practitioner(desk.clinic, name="David Okafor")
    hers = desk.charge(desk.visit(patient=hannah))
    his = desk.charge(desk.visit(patient=hannah, practitioner=david, days=-1))
    parts = {hers.pk: 9500, his.pk: 9500}
    with pytest.raises(InvalidValue, match="one practitioner"):
        take_payment(by=desk.robin, at=AT, patient_id=hannah.pk, parts=parts, method="cash", key="k")
    omars = desk.charge(desk.visit(patient=a_patient(desk.clinic, given_name="Omar"), days=-2))
    with pytest.raises(NotFound):
        take_payment(by=desk.robin, at=AT, patient_id=hannah.pk, parts={omars.pk: 9500}, method="cash", key="k")


def test_several_visits_may_stand_on_one_receipt(desk):
    hannah = a_patient(desk.clinic)
    charges = [desk.charge(desk.visit(patient=hannah, days=-days)) for days in (0, 7)]
    parts = {row.pk: 9500 for row in charges}
    receipt = take_payment(by=desk.robin, at=AT, patient_id=hannah.pk, parts=parts, method="e_transfer", key="k")
    assert receipt.amount_cents == 19000
    assert [line.service_on.isoformat() for line in document_of(receipt).lines] == ["2026-11-17", "2026-11-24"]


def test_the_same_form_sent_twice_is_one_receipt(desk):
    charge = desk.charge()
    first = desk.pay(charge, 4000, key="form")
    assert desk.pay(charge, 4000, key="form").pk == first.pk
    assert Payment.objects.count() == 1
    with pytest.raises(KeyReused):
        desk.pay(charge, 5000, key="form")
    for key in ("", "x" * 65):
        with pytest.raises(InvalidValue):
            desk.pay(charge, 4000, key=key)


def test_a_refund_is_a_document_of_its_own_and_the_receipt_stays(desk):
    receipt = desk.pay(desk.charge())
    before = document_of(receipt)
    back = give_back(desk, receipt)
    document = document_of(back)
    assert (document.kind, document.number, document.refunds_number) == ("refund", 2, 1)
    assert document.reason == "came for nothing"
    assert document_of(payment_for(desk.robin, receipt.pk)) == before
    assert balance_cents(desk.robin, patient_id=receipt.patient_id) == 0


def test_what_went_back_is_owed_again_only_when_said(desk):
    charge = desk.charge()
    first = desk.pay(charge, method="credit_terminal")
    give_back(desk, first, method="credit_terminal", is_owed_again=True, reason="paid with the wrong card")
    assert charge_for(desk.robin, charge.pk).owed_cents == 9500
    second = desk.pay(charge)
    give_back(desk, second, 2000)
    assert charge_for(desk.robin, charge.pk).owed_cents == 0
    assert sum_of_documents(desk.clinic) == 0


def test_no_more_goes_back_than_the_receipt_holds(desk):
    charge = desk.charge()
    first, second = desk.pay(charge, 5000), desk.pay(charge, 4500)
    give_back(desk, first, 3000)
    with pytest.raises(NotOwed, match=r"20\.00 CAD"):
        give_back(desk, first, 2001)
    give_back(desk, first, 2000)
    assert refundable_of(payment_for(desk.robin, first.pk)) == {}
    assert refundable_of(payment_for(desk.robin, second.pk)) == {charge.pk: 4500}


def test_a_refund_is_not_refunded_and_says_why(desk):
    receipt = desk.pay(desk.charge())
    with pytest.raises(InvalidValue):
        give_back(desk, receipt, reason=" ")
    back = give_back(desk, receipt, 1000)
    with pytest.raises(NotOwed):
        refund(
            by=desk.robin, at=AT, payment_id=back.pk, parts={back.lines.get().charge_id: 1}, method="cash", reason="x",
            key="again",
        )  # fmt: skip


def test_the_tax_within_a_part_is_said(desk):
    ims = Service.objects.get(clinic=desk.clinic, kind="ims")
    set_tax(by=desk.olive, at=AT, service_id=ims.pk, kind="rated", name="GST", rate=5000)
    document = document_of(desk.pay(desk.charge(), 4000))
    assert (document.tax_cents, document.owed_after_cents) == (190, 5975)


@pytest.mark.parametrize(
    ("cents", "method", "rounding"),
    [(9776, "cash", -1), (9777, "cash", -2), (9778, "cash", 2), (9775, "cash", 0), (9778, "debit", 0)],
)
def test_cash_is_rounded_to_five_cents_and_the_debt_is_paid_to_the_cent(desk, cents, method, rounding):
    charge = desk.charge(net_cents=cents)
    receipt = desk.pay(charge, method=method)
    assert (receipt.amount_cents, receipt.rounding_cents) == (cents, rounding)
    assert charge_for(desk.robin, charge.pk).owed_cents == 0


def test_two_records_of_one_person_keep_their_documents_when_joined_and_parted(desk):
    hannah, twin = a_patient(desk.clinic), a_patient(desk.clinic)
    desk.pay(desk.charge(desk.visit(patient=twin)))
    desk.charge(desk.visit(patient=twin, days=-7))
    merge = merge_patients(by=desk.robin, at=AT, keep_id=hannah.pk, merge_id=twin.pk)
    assert balance_cents(desk.robin, patient_id=hannah.pk) == 9500
    unmerge_patients(by=desk.robin, at=AT, merge_id=merge.pk)
    assert balance_cents(desk.robin, patient_id=twin.pk) == 9500


def test_a_practitioner_reads_her_receipts_and_no_colleagues(desk):
    receipt = desk.pay(desk.charge())
    assert payment_for(an_actor(desk.elena.user, desk.clinic), receipt.pk) == receipt
    colleague = an_actor(a_practitioner(desk.clinic, name="David Okafor").user, desk.clinic)
    with pytest.raises(NotFound):
        payment_for(colleague, receipt.pk)
    with pytest.raises(NotAllowed):
        give_back(desk, receipt, by=an_actor(desk.elena.user, desk.clinic))


def test_two_taxes_stand_on_the_receipt_each_with_its_exact_cents_and_go_back_together(desk):
    ims = Service.objects.get(clinic=desk.clinic, kind="ims")
    set_tax(
        by=desk.olive,
        at=AT,
        service_id=ims.pk,
        kind="rated",
        name="GST",
        rate=5000,
        second_name="PST",
        second_rate=7000,
    )
    charge = desk.charge(net_cents=9990)
    assert (charge.tax_cents, charge.second_tax_cents, charge.total_cents) == (500 + 699, 699, 11189)
    receipt = desk.pay(charge)
    document = document_of(receipt)
    assert document.taxes_within == [("GST", 5000, 500), ("PST", 7000, 699)]
    back = document_of(give_back(desk, receipt, 5000))
    assert back.tax_cents == sum(cents for _, _, cents in back.taxes_within) == 536
    assert back.taxes_within == [("GST", 5000, 224), ("PST", 7000, 312)]
    taken = charge_for(desk.robin, charge.pk).taken_back_by.get()
    assert (taken.tax_cents, taken.second_tax_cents) == (-536, -312)


def test_a_receipt_that_was_kept_before_there_was_a_second_tax_says_what_it_said(desk):
    kept = dict(desk.pay(desk.charge()).printed)
    kept["lines"] = [{k: v for k, v in line.items() if not k.startswith("second_")} for line in kept["lines"]]
    assert from_kept(kept).lines[0].second_tax_cents == 0


@pytest.mark.parametrize(
    ("second", "field"),
    [(("PST", 0), "second_tax_rate"), (("", 7000), "second_tax_name"), (("GST", 7000), "second_tax_name")],
)
def test_a_second_tax_is_said_whole_or_not_at_all(desk, second, field):
    ims = Service.objects.get(clinic=desk.clinic, kind="ims")
    values = {"kind": "rated", "name": "GST", "rate": 5000, "second_name": second[0], "second_rate": second[1]}
    with pytest.raises(InvalidValue) as refused:
        set_tax(by=desk.olive, at=AT, service_id=ims.pk, **values)
    assert refused.value.field == field
