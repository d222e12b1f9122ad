"""What a patient types, as values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.http import QueryDict

from myotome.clinic.followup.queries import Question
from myotome.vocabulary.errors import InvalidValue


def birth_date(data: QueryDict) -> date:
    """The birth date, as a date field sends it or as three numbers.

    Raises:
        InvalidValue: it is no date.
    """
    text = data.get("born_on", "").strip()
    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        raise InvalidValue(
            "Please give your birth date as year, month, day, for example 1968-03-12.", field="born_on"
        ) from fault


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
