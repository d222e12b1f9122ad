"""Telephone numbers as links: what a person reads is the number as the clinic writes it, what is dialled its digits."""

from __future__ import annotations

import re

from django import template

register = template.Library()
NUMBER = re.compile(r"\+?(?:\d{1,3}[ .\-]?)?(?:\(\d{2,4}\)[ .\-]?)?\d[\d .\-]*")
FEWEST_DIGITS = 3


@register.filter
def dialled(written: str) -> str:
    """The first number in what is written, as `tel:` and `sms:` take it; empty where there is none to dial."""
    found = NUMBER.search(written)
    number = re.sub(r"[^\d+]", "", found.group()) if found else ""
    return number if len(number) >= FEWEST_DIGITS else ""
