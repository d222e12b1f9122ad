"""Writing numbered documents: a receipt for what came in, a refund for what went back. Neither is ever changed.

The number is the next one of the clinic, taken while its book is locked: what fails gives its number back by never having
had it. The same form sent twice is one document.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max

from myotome.clinic.audit.actions import record
from myotome.clinic.money.actions import check_insurance, day_of_books, locked_book, written_off
from myotome.clinic.money.days import place_of_books
from myotome.clinic.money.models import Charge, MoneyBook, Payment, PaymentLine
from myotome.clinic.money.queries import charge_for, charges_for, payment_for, refundable_of
from myotome.clinic.people.models import Clinic, Place, Practitioner
from myotome.exchange.receipts.document import Document, Line, Party, as_kept
from myotome.science.money.amounts import cash_rounding, tax_by_line, tax_within
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, KeyReused, NotFound
from myotome.vocabulary.money import (
    MOST_CENTS,
    DocumentKind,
    Insurance,
    NotOwed,
    PaymentMethod,
    amount_words,
    check_no_card_number,
)

WITHOUT_CENTS_IN_COINS = {"CAD", "AUD", "NZD"}
"""Currencies whose smallest coin is 5 cents or more, so that cash is rounded."""
TREATED_BY = ("practitioner_name", "registration_body", "registration_number")


@transaction.atomic
def take_payment(
    *,
    by: Actor,
    at: datetime,
    patient_id: int,
    parts: Mapping[int, int],
    method: str,
    key: str,
    on: date | None = None,
    insurance: str = Insurance.NONE,
    insurer: str = "",
    claim_number: str = "",
    reference: str = "",
    place_id: int | None = None,
) -> Payment:
    """The receipt; `parts` says how many cents are for which charge. The same `key` and content give the same receipt.

    It is written where the desk took it, `place_id`, or else at the place of the first visit.

    Raises:
        NotOwed: more than is owed for a charge.
        InvalidValue: nothing chosen, an amount of nothing, charges of two practitioners or currencies, no such method.
        CardNumberRefused: a text looks like the number of a card.
        DayClosed: the day is closed.
        KeyReused: the key came with another content.
    """
    by.check_holds(Role.RECEPTIONIST, Role.OWNER)
    check_insurance(insurance, insurer, claim_number)
    check_no_card_number(reference, field="reference")
    digest = _digest("receipt", patient_id, parts, method, on, insurance, insurer, claim_number, reference, place_id)
    book = locked_book(by)
    if existing := _written_before(by, key, digest):
        return existing
    _check_parts(parts, method)
    charges = list(
        charges_for(by).filter(pk__in=parts, patient_id=patient_id).select_related("practitioner", "patient", "place")
    )
    if len(charges) != len(parts):
        raise NotFound("There is nothing here that you can see.")
    if len({(row.practitioner_id, row.currency) for row in charges}) > 1:
        raise InvalidValue("A receipt names one practitioner. Take the payments one after the other.", field="charge")
    for row in charges:
        if parts[row.pk] > row.owed_cents:
            raise NotOwed(
                "Only {owed} is owed for {service} on {on}.",
                field="amount",
                owed=amount_words(row.owed_cents, row.currency),
                service=row.service_name,
                on=row.service_on.isoformat(),
            )
    charges.sort(key=lambda row: (row.service_on, row.pk))
    place = charges[0].place if place_id is None else place_of_books(by, place_id)
    return _written(
        by=by, at=at, book=book, place=place, charges=charges, parts=parts, method=method, key=key, digest=digest, on=on,
        insurance=insurance, insurer=insurer.strip(), claim_number=claim_number.strip(), reference=reference.strip(),
    )  # fmt: skip


@transaction.atomic
def refund(
    *,
    by: Actor,
    at: datetime,
    payment_id: int,
    parts: Mapping[int, int],
    method: str,
    reason: str,
    key: str,
    on: date | None = None,
    is_owed_again: bool = False,
    reference: str = "",
    place_id: int | None = None,
) -> Payment:
    """The refund of a receipt, or of parts of it; the receipt stays as it is. What went back is not owed any more, unless
    `is_owed_again`. It is written where the desk gave it, `place_id`, or else where the receipt was.

    Raises:
        NotOwed: more than this receipt still holds.
        InvalidValue: no reason, no amount, or no such method.
        CardNumberRefused: a text looks like the number of a card.
        DayClosed: the day is closed.
        KeyReused: the key came with another content.
    """
    by.check_holds(Role.RECEPTIONIST, Role.OWNER)
    check_no_card_number(reason, field="reason")
    check_no_card_number(reference, field="reference")
    if not reason.strip():
        raise InvalidValue("Please say why.", field="reason")
    digest = _digest("refund", payment_id, parts, method, on, reason, is_owed_again, reference, place_id)
    book = locked_book(by)
    if existing := _written_before(by, key, digest):
        return existing
    _check_parts(parts, method)
    receipt = payment_for(by, payment_id)
    left = refundable_of(receipt)
    if set(parts) - {line.charge_id for line in receipt.lines.all()}:
        raise NotFound("There is nothing here that you can see.")
    for charge_id, cents in parts.items():
        if cents > left.get(charge_id, 0):
            raise NotOwed(
                "This receipt holds {left} for it that has not gone back.",
                field="amount",
                left=amount_words(left.get(charge_id, 0), receipt.currency),
            )
    charges = list(charges_for(by).filter(pk__in=parts).select_related("practitioner", "patient"))
    charges.sort(key=lambda row: (row.service_on, row.pk))
    kept = receipt.printed
    place = receipt.place if place_id is None else place_of_books(by, place_id)
    made = _written(
        by=by, at=at, book=book, place=place, charges=charges, parts=parts, method=method, key=key, digest=digest, on=on,
        insurance=kept["insurance"], insurer=kept["insurer"], claim_number=kept["claim_number"],
        reference=reference.strip(), receipt=receipt, reason=reason.strip(), is_owed_again=is_owed_again,
    )  # fmt: skip
    if not is_owed_again:
        for charge_id, cents in parts.items():
            charge = charge_for(by, charge_id)
            written_off(by=by, at=at, charge=charge, place=place, reason=reason, cents=cents, on=made.on)
    return made


def _check_parts(parts: Mapping[int, int], method: str) -> None:
    if method not in set(PaymentMethod):
        raise InvalidValue("Choose how it is paid.", field="method")
    if not parts:
        raise InvalidValue("Choose what it is for.", field="charge")
    if any(cents <= 0 for cents in parts.values()):
        raise InvalidValue("Please say an amount above 0.00.", field="amount")
    if sum(parts.values()) > MOST_CENTS:
        raise InvalidValue("This is more than 100,000.00. Is it right?", field="amount")


def _digest(*content: object) -> str:
    plain = [
        sorted(part.items()) if isinstance(part, Mapping) else part.isoformat() if isinstance(part, date) else part
        for part in content
    ]
    return hashlib.sha256(json.dumps(plain).encode()).hexdigest()


def _written_before(by: Actor, key: str, digest: str) -> Payment | None:
    if not key or len(key) > 64:
        raise InvalidValue("This form has lost its key. Please open it again.", field="key")
    existing: Payment | None = Payment.objects.for_actor(by).filter(key=key).first()
    if existing is not None and existing.digest != digest:
        raise KeyReused("This form was already used for another document. Please begin again.")
    return existing


def _written(
    *,
    by: Actor,
    at: datetime,
    book: MoneyBook,
    place: Place,
    charges: list[Charge],
    parts: Mapping[int, int],
    method: str,
    key: str,
    digest: str,
    on: date | None,
    insurance: str,
    insurer: str,
    claim_number: str,
    reference: str,
    receipt: Payment | None = None,
    reason: str = "",
    is_owed_again: bool = True,
) -> Payment:
    """The document with the next number, its lines, and what it says for ever; the book is locked."""
    amount, first = sum(parts.values()), charges[0]
    is_cash = method == PaymentMethod.CASH and first.currency in WITHOUT_CENTS_IN_COINS
    number = (Payment.objects.filter(clinic_id=by.clinic_id).aggregate(n=Max("number"))["n"] or 0) + 1
    kind = DocumentKind.REFUND if receipt else DocumentKind.RECEIPT
    day = day_of_books(place, at=at, on=on)
    owed_by_part = -1 if receipt is None else int(is_owed_again)
    document = Document(
        kind=kind.value,
        number=number,
        on=day,
        currency=first.currency,
        clinic=clinic_as_party(by, book),
        patient_name=first.patient.name,
        born_on=first.patient.born_on,
        **_treated_by(first.practitioner, receipt),
        lines=tuple(_line(row, parts[row.pk], owed_by_part * parts[row.pk]) for row in charges),
        amount_cents=amount,
        rounding_cents=cash_rounding(amount) if is_cash else 0,
        method=method,
        insurance=insurance,
        insurer=insurer,
        claim_number=claim_number,
        taken_by=by.name,
        refunds_number=receipt.number if receipt else None,
        reason=reason,
    )
    payment = Payment.objects.create(
        clinic_id=by.clinic_id,
        kind=kind.value,
        number=number,
        patient=first.patient,
        practitioner=first.practitioner,
        place=place,
        refunds=receipt,
        method=method,
        amount_cents=amount,
        rounding_cents=document.rounding_cents,
        currency=document.currency,
        reference=reference,
        reason=reason,
        printed=as_kept(document),
        key=key,
        digest=digest,
        on=day,
        at=at,
        by_name=by.name[:120],
        by_user_id=by.user_id,
    )
    for row in charges:
        PaymentLine.objects.create(clinic_id=by.clinic_id, payment=payment, charge=row, amount_cents=parts[row.pk])
    record(
        by=by, at=at, act=f"{kind.value}.written", subject=payment, patient_id=payment.patient_id, number=number,
        cents=amount, method=method,
    )  # fmt: skip
    return payment


def _treated_by(practitioner: Practitioner, receipt: Payment | None) -> dict[str, str]:
    """Who treated, and her registration: as it is now, in a refund as its receipt says, so that the two papers agree."""
    if receipt is not None:
        return {name: receipt.printed[name] for name in TREATED_BY}
    return {
        "practitioner_name": practitioner.name,
        "registration_body": practitioner.registration_body,
        "registration_number": practitioner.registration_number,
    }


def _line(charge: Charge, cents: int, change_in_owed: int) -> Line:
    tax = tax_within(cents, total_cents=charge.total_cents, tax_cents=charge.tax_cents)
    _first, second = tax_by_line(tax, (charge.tax_cents - charge.second_tax_cents, charge.second_tax_cents))
    return Line(
        kind=charge.kind,
        service_name=charge.service_name,
        service_on=charge.service_on,
        minutes=charge.minutes,
        net_cents=charge.net_cents,
        tax_kind=charge.tax_kind,
        tax_name=charge.tax_name,
        tax_rate=charge.tax_rate,
        tax_cents=charge.tax_cents,
        total_cents=charge.total_cents,
        amount_cents=cents,
        tax_within_cents=tax,
        owed_after_cents=charge.owed_cents + change_in_owed,
        second_tax_name=charge.second_tax_name,
        second_tax_rate=charge.second_tax_rate,
        second_tax_cents=charge.second_tax_cents,
        second_within_cents=second,
    )


def clinic_as_party(by: Actor, book: MoneyBook) -> Party:
    """The clinic as its documents name it."""
    clinic = Clinic.objects.get(pk=by.clinic_id)
    address = ", ".join(part for part in (clinic.address, clinic.province) if part)
    return Party(
        name=clinic.name,
        address=address,
        phone=clinic.phone,
        email=clinic.email,
        tax_number=book.tax_number,
        foot=book.foot,
    )
