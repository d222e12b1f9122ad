"""Reading the desk's money: what is owed and by whom, and what the documents of a day add up to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, IntegerField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from myotome.clinic.booking.models import Appointment
from myotome.clinic.booking.rules import rules_for
from myotome.clinic.money.models import Charge, MoneyBook, Payment, PaymentLine, ServiceTax
from myotome.clinic.people.models import Patient
from myotome.clinic.people.queries import patient_for
from myotome.exchange.receipts.document import Document, from_kept
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.money import DocumentKind, Insurance, PaymentMethod
from myotome.vocabulary.scheduling import AppointmentStatus

MOST_ROWS = 500
DAYS_TO_CHARGE = 31


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """All money between one patient and the clinic, as far as the actor sees it; `balance_cents` is what is owed."""

    patient: Patient
    charges: tuple[Charge, ...]
    payments: tuple[Payment, ...]
    balance_cents: int

    @property
    def open_charges(self) -> tuple[Charge, ...]:
        """Those of which something is owed, the oldest first."""
        rows = [row for row in self.charges if row.owed_cents > 0]
        return tuple(sorted(rows, key=lambda row: (row.service_on, row.pk)))


@dataclass(frozen=True, kw_only=True, slots=True)
class MethodTotal:
    """One way to pay within one day; what cash was rounded by is in it, for that is what lies in the drawer."""

    method: PaymentMethod
    n_documents: int
    received_cents: int
    refunded_cents: int

    @property
    def expected_cents(self) -> int:
        """What should be there."""
        return self.received_cents - self.refunded_cents


def charges_for(actor: Actor) -> QuerySet[Charge]:
    """Charges the actor sees (those that take others back left out), with `taken_cents` (0 or less), `paid_cents` and
    `owed_cents`.
    """
    taken = Charge.objects.filter(takes_back=OuterRef("pk")).order_by().values("takes_back")
    lines = PaymentLine.objects.filter(charge=OuterRef("pk")).order_by().values("charge")

    def total(rows: QuerySet[Any], field: str) -> Coalesce:
        return Coalesce(Subquery(rows.annotate(total=Sum(field)).values("total"), output_field=IntegerField()), 0)

    received = total(lines.filter(payment__kind=DocumentKind.RECEIPT.value), "amount_cents")
    refunded = total(lines.filter(payment__kind=DocumentKind.REFUND.value), "amount_cents")
    rows = Charge.objects.for_actor(actor).filter(takes_back__isnull=True)
    return rows.annotate(taken_cents=total(taken, "total_cents"), paid_cents=received - refunded).annotate(
        owed_cents=F("total_cents") + F("taken_cents") - F("paid_cents")
    )


def charge_for(actor: Actor, pk: int) -> Charge:
    """One charge.

    Raises:
        NotFound: there is none that the actor may see.
    """
    return charges_for(actor).select_related("patient", "practitioner", "appointment", "place").get_or_not_found(pk=pk)


def payment_for(actor: Actor, pk: int) -> Payment:
    """One document.

    Raises:
        NotFound: there is none that the actor may see.
    """
    rows = Payment.objects.for_actor(actor).select_related("patient", "practitioner", "refunds", "place")
    return rows.prefetch_related("lines", "refunded_by__lines").get_or_not_found(pk=pk)


def document_of(payment: Payment) -> Document:
    """What the document says, as it was when it was given out."""
    return from_kept(payment.printed)


def refundable_of(payment: Payment) -> dict[int, int]:
    """Charge to the cents of this receipt that have not gone back yet; empty for a refund."""
    if payment.kind != DocumentKind.RECEIPT:
        return {}
    left = {line.charge_id: line.amount_cents for line in payment.lines.all()}
    for refund in payment.refunded_by.all():
        for line in refund.lines.all():
            left[line.charge_id] -= line.amount_cents
    return {charge: cents for charge, cents in left.items() if cents > 0}


def lines_of(payment: Payment) -> list[PaymentLine]:
    """The lines of a document with their charges, by the day of the service."""
    return list(payment.lines.select_related("charge").order_by("charge__service_on"))


def payer_for(actor: Actor, patient_id: int) -> Patient:
    """The patient whose account it is; the owner reads accounts too.

    Raises:
        NotFound: there is none that the actor may see.
    """
    if actor.holds(Role.OWNER) and not actor.holds(Role.RECEPTIONIST, Role.PRACTITIONER):
        return Patient.objects.filter(clinic_id=actor.clinic_id).get_or_not_found(pk=patient_id)
    return patient_for(actor, patient_id)


def account_of(actor: Actor, patient_id: int) -> Account:
    """The patient's charges and documents, newest first, and what she owes.

    Raises:
        NotFound: there is no such patient for the actor.
    """
    patient = payer_for(actor, patient_id)
    charges = charges_for(actor).filter(patient=patient).select_related("practitioner", "appointment", "place")
    payments = Payment.objects.for_actor(actor).filter(patient=patient).select_related("practitioner", "refunds")
    return Account(
        patient=patient,
        charges=tuple(charges.order_by("-service_on", "-pk")[:MOST_ROWS]),
        payments=tuple(payments.order_by("-number")[:MOST_ROWS]),
        balance_cents=balance_cents(actor, patient_id=patient_id),
    )


def balance_cents(actor: Actor, *, patient_id: int) -> int:
    """What the patient owes: the sum of all documents, charges up, receipts down, refunds up."""
    charges = Charge.objects.for_actor(actor).filter(patient_id=patient_id)
    return _balance(charges, Payment.objects.for_actor(actor).filter(patient_id=patient_id))


def _balance(charges: QuerySet[Charge], payments: QuerySet[Payment]) -> int:
    charged = charges.aggregate(n=Sum("total_cents"))["n"] or 0
    paid = dict(payments.order_by().values_list("kind").annotate(n=Sum("amount_cents")))
    return int(charged) - paid.get(DocumentKind.RECEIPT.value, 0) + paid.get(DocumentKind.REFUND.value, 0)


def owed_list(actor: Actor) -> list[Charge]:
    """Charges of which something is owed, the oldest visit first."""
    rows = charges_for(actor).filter(owed_cents__gt=0).select_related("patient", "practitioner", "appointment")
    return list(rows.order_by("service_on", "pk")[:MOST_ROWS])


def n_owed(actor: Actor) -> int:
    """Of how many charges something is owed."""
    return charges_for(actor).filter(owed_cents__gt=0).count()


def owed_cents(actor: Actor) -> int:
    """What is owed altogether, as far as the actor sees: charges, less receipts, plus refunds."""
    return _balance(Charge.objects.for_actor(actor), Payment.objects.for_actor(actor))


def charge_of_visit(actor: Actor, appointment_id: int) -> Charge | None:
    """The charge that stands for a visit, or None: the newest that was not wholly taken back."""
    rows = charges_for(actor).filter(appointment_id=appointment_id, taken_cents__gt=-F("total_cents"))
    found: Charge | None = rows.order_by("-pk").first()
    return found


def uncharged(actor: Actor, *, at: datetime) -> list[Appointment]:
    """Visits of the last 31 days that were done, or not kept where that costs a fee, and that nobody has charged.

    The newest first: what is forgotten is mostly of today.
    """
    kept = [AppointmentStatus.DONE.value]
    kept += [AppointmentStatus.NO_SHOW.value] if rules_for(actor.clinic_id).no_show_fee_cents else []
    rows = Appointment.objects.filter(clinic_id=actor.clinic_id, status__in=kept)
    rows = rows.filter(starts_at__gt=at - timedelta(days=DAYS_TO_CHARGE), starts_at__lte=at)
    if not actor.holds(Role.RECEPTIONIST, Role.OWNER):
        rows = rows.filter(practitioner_id=actor.practitioner_id)
    rows = rows.filter(~Exists(Charge.objects.filter(appointment=OuterRef("pk"))))
    return list(
        rows.select_related("patient", "service", "practitioner", "place").order_by("-starts_at", "-pk")[:MOST_ROWS]
    )


def last_insured(actor: Actor, patient_id: int) -> Charge | None:
    """The patient's newest charge that an insurer or board stood behind: what the next one is filled in from."""
    rows = Charge.objects.for_actor(actor).filter(patient_id=patient_id).exclude(insurance=Insurance.NONE.value)
    found: Charge | None = rows.order_by("-pk").first()
    return found


def documents_of(actor: Actor, patient_id: int, *, n: int = 24) -> list[Payment]:
    """The patient's newest documents, as far as the actor sees them."""
    rows = Payment.objects.for_actor(actor).filter(patient_id=patient_id).select_related("refunds")
    return list(rows.order_by("-number")[:n])


def totals_of(documents: Iterable[Payment]) -> list[MethodTotal]:
    """Their totals by method; cash is always there, the others where something was paid."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in documents:
        total = sums[row.method]
        total[0] += 1
        total[1 if row.kind == DocumentKind.RECEIPT else 2] += row.amount_cents + row.rounding_cents
    return [
        MethodTotal(
            method=method,
            n_documents=sums[method.value][0],
            received_cents=sums[method.value][1],
            refunded_cents=sums[method.value][2],
        )
        for method in PaymentMethod
        if method in sums or method is PaymentMethod.CASH
    ]


def book_of(actor: Actor) -> MoneyBook:
    """What stands on all receipts of the clinic; a clinic without a book has an empty one."""
    found = MoneyBook.objects.for_actor(actor).first()
    return found or MoneyBook(clinic_id=actor.clinic_id)


def taxes_of(actor: Actor) -> dict[int, ServiceTax]:
    """Service to how it is taxed; a service that is not there is exempt."""
    return {row.service_id: row for row in ServiceTax.objects.for_actor(actor)}
