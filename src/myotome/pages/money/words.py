"""What forms of money send, as values: amounts, parts by charge, the day of the books; each refused in words at its field."""

from __future__ import annotations

import secrets
from datetime import date

from django.http import QueryDict

from myotome.pages.typed import a_day_or_none, whole
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
    return a_day_or_none(given.get("on", ""), "on")


def place_or_none(given: QueryDict) -> int | None:
    """The place that was chosen, or None where a clinic has one.

    Raises:
        InvalidValue: it is no place.
    """
    text = given.get("place", "")
    return whole(text, "place") if text.strip() else None


def fresh_key() -> str:
    """A key for one form: sent twice it is one document."""
    return secrets.token_urlsafe(16)


def key_in(given: QueryDict) -> str:
    """The form's key as it came back."""
    return given.get("key", "")[:64] or fresh_key()
