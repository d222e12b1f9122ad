"""What forms of money send, as values: amounts, parts by charge, the day of the books; each refused in words at its field."""

from __future__ import annotations

import secrets
from datetime import date

from django.http import QueryDict

from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.money import cents_in

PART = "part-"


def parts_in(given: QueryDict) -> dict[int, int]:
    """Charge to cents, of the inputs `part-<charge>`; what was left empty or at nothing is left out.

    Raises:
        InvalidValue: one of them is no amount.
    """
    found: dict[int, int] = {}
    for name, text in given.items():
        number = name.removeprefix(PART)
        if not name.startswith(PART) or not number.isascii() or not number.isdigit() or len(number) > 18:
            continue
        if str(text).strip() and (cents := cents_in(str(text), field=name)):
            found[int(number)] = cents
    return found


def day_or_none(given: QueryDict) -> date | None:
    """The day of the books that was chosen, or None for today.

    Raises:
        InvalidValue: it is no day.
    """
    text = given.get("on", "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        raise InvalidValue("A day is written as year, month, day, for example 2027-03-12.", field="on") from fault


def day_of_page(text: str, today: date) -> date:
    """The day a page was asked for; today for anything that is none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today
    return day if 2000 <= day.year < 2200 else today


def fresh_key() -> str:
    """A key for one form: sent twice it is one document."""
    return secrets.token_urlsafe(16)


def key_in(given: QueryDict) -> str:
    """The form's key as it came back."""
    return given.get("key", "")[:64] or fresh_key()
