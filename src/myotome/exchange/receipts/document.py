"""A receipt or refund as a value: every word an insurer asks for, as it was when the document was given out.

`as_kept` and `from_kept` are a pair: what is kept is plain JSON, and a document printed again in ten years says what it
said on its day, whatever the clinic, the practitioner or the price have become.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

FORMAT = "myotome-receipt/1"


@dataclass(frozen=True, kw_only=True, slots=True)
class Party:
    """The clinic that gives the document out."""

    name: str
    address: str
    phone: str
    email: str
    tax_number: str
    foot: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One service on the document: when, how long, its price and tax, and the part that this document is about.

    `tax_cents` is all tax on it; where there are two, `second_tax_cents` is what the second comes to.
    """

    kind: str
    service_name: str
    service_on: date
    minutes: int
    net_cents: int
    tax_kind: str
    tax_name: str
    tax_rate: int
    tax_cents: int
    total_cents: int
    amount_cents: int
    tax_within_cents: int
    owed_after_cents: int
    second_tax_name: str = ""
    second_tax_rate: int = 0
    second_tax_cents: int = 0
    second_within_cents: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """The whole document. `refunds_number` and `reason` stand on a refund only."""

    kind: str
    number: int
    on: date
    currency: str
    clinic: Party
    patient_name: str
    born_on: date
    practitioner_name: str
    registration_body: str
    registration_number: str
    lines: tuple[Line, ...]
    amount_cents: int
    rounding_cents: int
    method: str
    insurance: str
    insurer: str
    claim_number: str
    taken_by: str
    refunds_number: int | None = None
    reason: str = ""

    @property
    def tax_cents(self) -> int:
        """The tax within the amount."""
        return sum(line.tax_within_cents for line in self.lines)

    @property
    def taxes_within(self) -> list[tuple[str, int, int]]:
        """(name, rate, cents within the amount) of each tax, as the services name them."""
        found: dict[tuple[str, int], int] = {}
        for line in self.lines:
            if line.tax_kind != "rated":
                continue
            first = (line.tax_name, line.tax_rate)
            found[first] = found.get(first, 0) + line.tax_within_cents - line.second_within_cents
            if line.second_tax_rate:
                second = (line.second_tax_name, line.second_tax_rate)
                found[second] = found.get(second, 0) + line.second_within_cents
        return [(name, rate, cents) for (name, rate), cents in found.items()]

    @property
    def owed_after_cents(self) -> int:
        """What is still owed for these services after it."""
        return sum(line.owed_after_cents for line in self.lines)


def as_kept(document: Document) -> dict[str, Any]:
    """The document as plain JSON values."""
    kept: dict[str, Any] = {"format": FORMAT} | asdict(document)
    kept["lines"] = [line | {"service_on": line["service_on"].isoformat()} for line in kept["lines"]]
    return kept | {"on": document.on.isoformat(), "born_on": document.born_on.isoformat()}


def from_kept(kept: dict[str, Any]) -> Document:
    """The document that was kept.

    Raises:
        ValueError: it is not of this format.
    """
    if kept.get("format") != FORMAT:
        raise ValueError("this is not a kept receipt")
    values = {field.name: kept[field.name] for field in fields(Document)}
    values["clinic"] = Party(**kept["clinic"])
    values["lines"] = tuple(
        Line(**(line | {"service_on": date.fromisoformat(line["service_on"])})) for line in kept["lines"]
    )
    return Document(**(values | {"on": date.fromisoformat(kept["on"]), "born_on": date.fromisoformat(kept["born_on"])}))
