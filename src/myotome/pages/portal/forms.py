"""What a patient types, as values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from myotome.clinic.followup.queries import Question
from myotome.vocabulary.errors import InvalidValue


def birth_date(data: QueryDict) -> date:
    """The birth date, as a date field sends it.

    Raises:
        InvalidValue: it is no date.
    """
    text = data.get("born_on", "").strip()
    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        raise InvalidValue(
            "Please give your whole birth date: day, month and the year with four digits.", field="born_on"
        ) from fault


def not_hers(born_on: date) -> str:
    """What is said to a birth date that does not match: the date in words, so that a day and a month in each other's place show."""
    return _("That is not the birth date the clinic has: you gave %(day)s. Are day, month and year right?") % {
        "day": date_format(born_on, "j F Y")
    }


def value_of(data: QueryDict, question: Question) -> float | None:
    """The chosen number; "skip" is None, never zero.

    Raises:
        InvalidValue: nothing chosen, or not a number.
    """
    if data.get("skip"):
        return None
    text = data.get("value", "").strip()
    if not text:
        raise InvalidValue("Choose a number, or skip this question.", field="value")
    try:
        return float(int(text))
    except ValueError as fault:
        raise InvalidValue(
            "Choose a whole number from {low} to {high}.", field="value", low=question.low, high=question.high
        ) from fault


def ticks_of(data: QueryDict, statements: Sequence[Question]) -> list[str] | None:
    """The statements that were ticked; "skip" is None. Nothing ticked is an answer only where she says so.

    Raises:
        InvalidValue: nothing is ticked, or both a statement and "none of these".
    """
    if data.get("skip"):
        return None
    ticked = [row.item for row in statements if row.item in data.getlist("ticked")]
    if not ticked and not data.get("none"):
        raise InvalidValue("Tick what describes you today, or “None of these”, or skip the page.", field="ticked")
    if ticked and data.get("none"):
        raise InvalidValue("“None of these” is ticked beside a statement. Please leave one of the two.", field="none")
    return ticked
