"""Hazards by code: what lies near the needle, why it matters, what practitioners usually do.

Muscles and acupuncture points carry codes; the words live here once. `needs_ack` hazards ask for an
acknowledgement before the needle is charted; `consent` names the region for which the patient's own yes is asked
(`knowledge/consents`), empty where the yes to the course is enough. No row holds a depth: no safe depth exists. The advice column is
from memory and awaits clinical sign-off.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from myotome.knowledge import SIGN_OFF, tables


@dataclass(frozen=True, slots=True)
class Hazard:
    """One hazard; the three sentences are shown to clinicians as they stand."""

    code: str
    name: str
    what: str
    why: str
    what_to_do: str
    needs_ack: bool
    consent: str
    sources: tuple[str, ...]
    status: str = SIGN_OFF


@cache
def hazards() -> Mapping[str, Hazard]:
    """All hazards by code."""
    found: dict[str, Hazard] = {}
    for row in tables.rows(__package__, "hazards.csv", said=("name", "what", "why", "what_to_do")):
        where = f"hazards.csv, {row['code']}"
        if row["code"] in found or not all(row[part] for part in ("code", "name", "what", "why", "what_to_do")):
            raise tables.BadTable(f"{where}: named twice or a sentence is missing.")
        found[row["code"]] = Hazard(
            code=row["code"],
            name=row["name"],
            what=row["what"],
            why=row["why"],
            what_to_do=row["what_to_do"],
            needs_ack=tables.yes_no(row["needs_ack"], where),
            consent=row["consent"],
            sources=tables.sources(row["sources"], where),
        )
    return MappingProxyType(found)


@cache
def regions_of_consent() -> tuple[str, ...]:
    """The regions that are asked about separately, in the order of the table."""
    return tuple(dict.fromkeys(row.consent for row in hazards().values() if row.consent))


def check_codes(codes: Iterable[str], where: str) -> None:
    """Raise `BadTable` for a code that this table does not hold."""
    for code in codes:
        tables.only(code, hazards(), where)
