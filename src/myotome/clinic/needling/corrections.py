"""How a charted needle was done, put right while its visit is open; what stood there before stays in the audit.

Where it went is not corrected: a needle at a wrong place is struck and charted where it is.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from myotome.clinic.needling.asks import open_incidents_of_needle
from myotome.clinic.needling.locks import needle_by_number, note_in_audit, unlocked_visit
from myotome.clinic.needling.models import NeedleInsertion
from myotome.clinic.needling.queries import needle_as_value
from myotome.clinic.needling.replays import once
from myotome.clinic.needling.stocking import open_incidents_of_lot
from myotome.science.needling.counts import technique_of
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.needling import Technique

CURRENT = ("electrical_hz", "electrical_ms", "electrical_ma", "electrical_min")
HOW = (
    "technique", *CURRENT, "gauge_mm", "length_mm", "lot", "position", "response_sought", "painless", "deqi", "seconds",
)  # fmt: skip
"""What of a needle says how it was done."""


@once
def correct_insertion(*, by: Actor, at: datetime, visit_id: int, number: int, **how: Any) -> NeedleInsertion:
    """The needle with how it was done as said now; names and units are those of `vocabulary.needling.NeedleInsertion`.

    Without current there are no numbers of it. What the needle now goes past opens an incident, as when it is charted.

    Raises:
        NotFound: no such needle in this visit.
        InvalidValue: a value outside its range, or a name that does not say how.
        VisitLocked: the visit is closed.
    """
    visit = unlocked_visit(by, visit_id)
    row = needle_by_number(visit, number)
    if unknown := sorted(set(how) - set(HOW)):
        raise InvalidValue("{unknown} is not corrected here.", field=unknown[0], unknown=unknown[0])
    needle = replace(needle_as_value(row), **how)
    if needle.technique is not Technique.ELECTRICAL:
        needle = replace(needle, **dict.fromkeys(CURRENT))
    before = {name: getattr(row, name) for name in HOW}
    for name in HOW:
        setattr(row, name, getattr(needle, name))
    row.technique, row.position, row.deqi = technique_of(needle).value, needle.position or "", list(needle.deqi)
    was = {name: value for name, value in before.items() if value != getattr(row, name)}
    if not was:
        return row
    row.save(update_fields=list(was))
    open_incidents_of_needle(by, at, visit, row)
    open_incidents_of_lot(by, at, visit, row)
    note_in_audit(by, at, "needle.corrected", visit, number=number, was=was)
    return row
