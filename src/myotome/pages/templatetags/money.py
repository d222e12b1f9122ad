"""Money and small sums in templates."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.formats import get_format, number_format
from django.utils.translation import gettext_lazy as _

from myotome.vocabulary.money import plain_amount, plain_rate

register = template.Library()
DOLLARS = {"CAD", "USD", "AUD", "NZD"}


@register.filter
def money(cents: int, currency: str = "CAD") -> str:
    """An amount in cents as words: $380 or $92.50, with the currency's code where it is not a dollar."""
    amount = number_format(cents / 100, decimal_pos=0 if cents % 100 == 0 else 2)
    return f"${amount}" if currency in DOLLARS else f"{amount} {currency}"


@register.filter
def times(count: int, cents: int) -> int:
    """The product of a count and a price."""
    return int(count) * int(cents)


METHODS = {
    "cash": _("Cash"),
    "debit": _("Debit"),
    "credit_terminal": _("Credit card at the terminal"),
    "e_transfer": _("E-transfer"),
    "cheque": _("Cheque"),
    "insurer_direct": _("The insurer directly"),
}
INSURANCES = {
    "none": _("The patient alone"),
    "extended_health": _("Extended health"),
    "workers_compensation": _("Workers' compensation"),
    "auto": _("Auto insurance"),
}
TAXES = {"exempt": _("Exempt from tax"), "zero": _("Zero-rated"), "rated": _("Taxed at a rate")}


@register.filter
def exact(cents: int | None, currency: str = "CAD") -> str:
    """An amount with its cents, as on a receipt: $95.00, −$5.00, 95.00 EUR."""
    cents = cents or 0
    amount = f"{number_format(abs(cents) // 100, force_grouping=True)}{_point()}{abs(cents) % 100:02d}"
    said = f"${amount}" if currency in DOLLARS else f"{amount} {currency}"
    return f"−{said}" if cents < 0 else said


@register.filter
def plain(cents: int) -> str:
    """An amount as a form holds it: 95.00."""
    return plain_amount(cents)


@register.filter
def percent(rate: int) -> str:
    """A rate in hundred-thousandths as words: 5 %, 9.975 %."""
    return f"{plain_rate(rate)} %"


@register.filter
def method_words(method: str) -> str:
    """How it was paid."""
    return str(METHODS.get(str(method), method))


@register.filter
def insurance_words(kind: str) -> str:
    """Who stands behind it."""
    return str(INSURANCES.get(str(kind), kind))


@register.filter
def tax_kind_words(kind: str) -> str:
    """Exempt, zero-rated, or taxed."""
    return str(TAXES.get(str(kind), kind))


@register.filter
def tax_words(row: Any) -> str:
    """The tax of a charge or a line: `GST 5 %`, `GST 5 %, PST 7 %`, or that it is exempt or zero-rated."""
    return ", ".join(words for words, _cents in tax_lines(row)) or tax_kind_words(row.tax_kind)


@register.filter
def tax_lines(row: Any) -> list[tuple[str, int]]:
    """Each tax of a charge or a line with what it comes to: `GST 5 %`; none where it is exempt or zero-rated."""
    if row.tax_kind != "rated":
        return []
    found = [(f"{row.tax_name} {percent(row.tax_rate)}", row.tax_cents - row.second_tax_cents)]
    if row.second_tax_rate:
        found.append((f"{row.second_tax_name} {percent(row.second_tax_rate)}", row.second_tax_cents))
    return found


@register.filter
def charge_words(row: Any) -> str:
    """What is charged: the service, or a fee for one that was not kept."""
    if row.kind == "no_show":
        return _("Fee for a visit not kept: %(service)s") % {"service": row.service_name}
    return str(row.service_name)


@register.filter
def value_of(values: Any, name: str) -> str:
    """What was typed under a name, or nothing."""
    return str(values.get(name, "")) if values else ""


def _point() -> str:
    return str(get_format("DECIMAL_SEPARATOR"))
