"""Money and small sums in templates."""

from __future__ import annotations

from django import template
from django.utils.formats import number_format

register = template.Library()


@register.filter
def money(cents: int, currency: str = "CAD") -> str:
    """An amount in cents as words: $380 or $92.50, with the currency's code where it is not a dollar."""
    amount = number_format(cents / 100, decimal_pos=0 if cents % 100 == 0 else 2)
    return f"${amount}" if currency in {"CAD", "USD", "AUD", "NZD"} else f"{amount} {currency}"


@register.filter
def times(count: int, cents: int) -> int:
    """The product of a count and a price."""
    return int(count) * int(cents)
