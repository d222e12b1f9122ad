"""Where a refusal belongs on the chart: the act that was refused, the needle whose row it was, the element with its field."""

from __future__ import annotations

from dataclasses import dataclass

from myotome.vocabulary.errors import MyotomeError

REASONS = {
    "left_in": "id_reason_row_",
    "fragment": "id_reason_row_",
    "strike": "id_reason_row_",
    "missing": "id_where_",
}
"""The field for words of each act of a row; the number of the needle follows."""
BY_NAME = ("response", "left_in", "missing")
"""Acts whose other fields are found by their name and the number of the needle."""


@dataclass(frozen=True, slots=True)
class Refused:
    """`act` is the name of the act's view; `number` that of the needle, 0 where it was about none."""

    act: str = ""
    number: int = 0

    def place_of(self, error: MyotomeError | None) -> str:
        """The id of the element with the field of this error; empty where it has none."""
        if error is None or not error.field:
            return ""
        if self.number and error.field == "reason" and self.act in REASONS:
            return f"{REASONS[self.act]}{self.number}"
        if self.number and self.act in BY_NAME:
            return f"id_{error.field}_{self.number}"
        return f"id_{error.field}"
