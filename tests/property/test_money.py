"""Whatever a desk does with money, in whatever order: the balance is the sum of the documents, and numbers have no gap."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from myotome.clinic.booking.models import Service
from myotome.clinic.money.actions import take_back
from myotome.clinic.money.closing import close_day
from myotome.clinic.money.days import documents_on
from myotome.clinic.money.models import Charge, DayClose, Payment
from myotome.clinic.money.payments import refund
from myotome.clinic.money.queries import (
    balance_cents,
    charges_for,
    owed_cents,
    payment_for,
    refundable_of,
    totals_of,
)
from myotome.clinic.money.set_up import set_tax
from myotome.vocabulary.errors import MyotomeError
from myotome.vocabulary.money import PaymentMethod
from tests.factories import AT, a_patient
from tests.money import a_desk, sum_of_documents

pytestmark = pytest.mark.django_db
MANY = 500 if os.environ.get("MYOTOME_SOAK") else 25
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["charge", "charge", "pay", "pay", "refund", "refund again", "take back", "close", "tax"]),
        st.integers(0, 30),
        st.integers(-100, 12_000),
        st.sampled_from([*PaymentMethod]),
    ),
    max_size=25,
)


class Till:
    """A desk with two patients, and what was tried."""

    def __init__(self) -> None:
        self.desk = a_desk()
        self.patients = [a_patient(self.desk.clinic), a_patient(self.desk.clinic, given_name="Omar")]
        self.at, self.n = AT, 0

    def act(self, what: str, which: int, cents: int, method: PaymentMethod) -> None:
        """One act; one that is refused must leave nothing behind."""
        self.n += 1
        desk, before = self.desk, (Charge.objects.count(), Payment.objects.count(), DayClose.objects.count())
        charges, receipts = list(Charge.objects.filter(takes_back=None)), list(Payment.objects.filter(kind="receipt"))
        try:
            if what == "charge":
                desk.charge(desk.visit(patient=self.patients[which % 2], days=-which), at=self.at, net_cents=cents)
            elif what == "pay" and charges:
                desk.pay(charges[which % len(charges)], cents, at=self.at, method=method.value)
            elif what.startswith("refund") and receipts:
                receipt = payment_for(desk.robin, receipts[which % len(receipts)].pk)
                left = refundable_of(receipt) or {line.charge_id: 1 for line in receipt.lines.all()}
                parts = dict.fromkeys(left, cents) if which % 2 else left
                refund(
                    by=desk.robin, at=self.at, payment_id=receipt.pk, parts=parts, method=method.value, reason="so",
                    key=f"back {self.n}", is_owed_again=what.endswith("again"),
                )  # fmt: skip
            elif what == "take back" and charges:
                charge = charges[which % len(charges)]
                take_back(
                    by=desk.robin, at=self.at, charge_id=charge.pk, reason="so", cents=cents if which % 2 else None
                )
            elif what == "close":
                close_day(
                    by=desk.robin, at=self.at, on=(self.at - timedelta(hours=8)).date(),
                    counted={PaymentMethod.CASH: cents}, note="as it was",
                )  # fmt: skip
                self.at += timedelta(days=1)
            elif what == "tax":
                service = Service.objects.get(clinic=desk.clinic, kind="ims")
                set_tax(
                    by=desk.olive,
                    at=self.at,
                    service_id=service.pk,
                    kind="rated",
                    name="T",
                    rate=which * 500,
                    second_name="U" if cents > 0 else "",
                    second_rate=cents if cents > 0 else 0,
                )
        except MyotomeError:
            assert (Charge.objects.count(), Payment.objects.count(), DayClose.objects.count()) == before

    def check(self) -> None:
        """What always holds."""
        desk = self.desk
        for patient in self.patients:
            balance = balance_cents(desk.robin, patient_id=patient.pk)
            assert balance == sum_of_documents(desk.clinic, patient=patient)
            hers = charges_for(desk.robin).filter(patient=patient)
            assert balance == sum(row.owed_cents for row in hers)
            assert all(0 <= row.owed_cents <= row.total_cents and row.paid_cents >= 0 for row in hers)
        assert owed_cents(desk.robin) == sum_of_documents(desk.clinic)
        rows = list(Payment.objects.order_by("number"))
        assert [row.number for row in rows] == list(range(1, len(rows) + 1))
        assert all((row.amount_cents + row.rounding_cents) % 5 == 0 for row in rows if row.method == "cash")
        for charge in Charge.objects.filter(takes_back=None):
            taken = list(charge.taken_back_by.all())
            assert 0 <= charge.tax_cents + sum(row.tax_cents for row in taken) <= charge.tax_cents
            second = charge.second_tax_cents + sum(row.second_tax_cents for row in taken)
            assert 0 <= second <= charge.second_tax_cents
        for close in DayClose.objects.prefetch_related("totals"):
            then = {t.method.value: t.expected_cents for t in totals_of(documents_on(desk.robin, close.on))}
            assert {t.method: t.expected_cents for t in close.totals.all()} == then


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=MANY)
@given(ACTS)
def test_the_sum_of_the_documents_is_the_balance_always(acts):
    from django.db import transaction

    with transaction.atomic():
        till = Till()
        for act in acts:
            till.act(*act)
        till.check()
        transaction.set_rollback(True)
