"""What the owner sets about money: the price of a service and its tax, what stands on all receipts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from myotome.clinic.audit.actions import record
from myotome.clinic.booking.models import Service
from myotome.clinic.booking.services import change_service
from myotome.clinic.money.actions import locked_book
from myotome.clinic.money.models import MoneyBook, ServiceTax
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, StaleVersion
from myotome.vocabulary.money import WHOLE_RATE, TaxKind, check_no_card_number


@transaction.atomic
def set_price(*, by: Actor, at: datetime, service_id: int, price_cents: int, kind: str, **rated: Any) -> ServiceTax:
    """The price of a service before tax, and its tax, from now on; `rated` is as for `set_tax`.

    Raises:
        InvalidValue: a rated tax without name or rate.
    """
    tax = set_tax(by=by, at=at, service_id=service_id, kind=kind, **rated)
    change_service(by=by, at=at, service_id=service_id, price_cents=price_cents)
    return tax


def check_tax(kind: str, name: str, rate: int, second_name: str = "", second_rate: int = 0) -> None:
    """Nothing, when a tax is said whole: a rated one has a name and a rate, a second one both or neither.

    Raises:
        InvalidValue: it is not.
    """
    if kind not in set(TaxKind):
        raise InvalidValue("A service is exempt, zero-rated, or taxed at a rate.", field="tax_kind")
    if kind == TaxKind.RATED and not name.strip():
        raise InvalidValue("Please name the tax as it stands on the receipt, for example GST.", field="tax_name")
    if kind == TaxKind.RATED and not 0 < rate <= WHOLE_RATE // 2:
        raise InvalidValue("A tax that is charged has a rate above 0 and at most 50 per cent.", field="tax_rate")
    if kind != TaxKind.RATED or not (second_name.strip() or second_rate):
        return
    if not second_name.strip():
        raise InvalidValue("Please name the second tax too, for example PST.", field="second_tax_name")
    if second_name.strip() == name.strip():
        raise InvalidValue("The second tax has a name of its own.", field="second_tax_name")
    if not 0 < second_rate <= WHOLE_RATE // 2:
        raise InvalidValue(
            "The second tax has a rate above 0 and at most 50 per cent; leave its name empty if there is none.",
            field="second_tax_rate",
        )


@transaction.atomic
def set_tax(
    *,
    by: Actor,
    at: datetime,
    service_id: int,
    kind: str,
    name: str = "",
    rate: int = 0,
    second_name: str = "",
    second_rate: int = 0,
) -> ServiceTax:
    """How the service is taxed from now on, by one tax or two on its price; what is charged keeps its own tax.

    Raises:
        InvalidValue: a rated tax without name or rate.
    """
    by.check_holds(Role.OWNER)
    check_tax(kind, name, rate, second_name, second_rate)
    service = Service.objects.for_actor(by).get_or_not_found(pk=service_id)
    is_rated = kind == TaxKind.RATED
    row = ServiceTax.objects.filter(service=service).first() or ServiceTax(clinic_id=by.clinic_id, service=service)
    row.kind, row.name, row.rate = kind, name.strip() if is_rated else "", rate if is_rated else 0
    row.second_name, row.second_rate = (second_name.strip(), second_rate) if is_rated else ("", 0)
    row.save()
    record(by=by, at=at, act="tax.changed", subject=row, kind=row.kind, rate=row.rate, second_rate=row.second_rate)
    return row


@transaction.atomic
def set_book(*, by: Actor, at: datetime, version: int, **values: Any) -> MoneyBook:
    """What stands on all receipts (`tax_number`, `foot`) and the tax of a fee (`fee_tax_kind`, `fee_tax_name`,
    `fee_tax_rate`, `fee_second_tax_name`, `fee_second_tax_rate`); `version` is that of the page.

    Raises:
        InvalidValue: something that a book does not have, or a rated tax without name or rate.
        StaleVersion: somebody else has changed it in the meantime.
        CardNumberRefused: a text looks like the number of a card.
    """
    by.check_holds(Role.OWNER)
    rated = ("fee_tax_name", "fee_tax_rate", "fee_second_tax_name", "fee_second_tax_rate")
    allowed = {"tax_number", "foot", "fee_tax_kind", *rated}
    if unknown := set(values) - allowed:
        raise InvalidValue("A book has no {name}.", field=min(unknown), name=min(unknown))
    for name in ("tax_number", "foot"):
        check_no_card_number(values.get(name, ""), field=name)
    book = locked_book(by)
    kind = values.get("fee_tax_kind", book.fee_tax_kind)
    check_tax(kind, *(values.get(name, getattr(book, name)) for name in rated))
    if kind != TaxKind.RATED:
        values |= {name: MoneyBook._meta.get_field(name).get_default() for name in rated}
    done = MoneyBook.objects.filter(pk=book.pk, version=version).update(**values, version=F("version") + 1)
    if not done:
        raise StaleVersion("Somebody else changed this in the meantime. Look at it again.")
    record(by=by, at=at, act="book.changed", subject=book, fields=sorted(values))
    book.refresh_from_db()
    return book
