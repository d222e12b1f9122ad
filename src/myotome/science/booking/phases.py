"""Whom each phase of a service occupies, in ticks from its start: the one rule for free times, claims and series.

The patient is occupied from the first phase to the last, also in one that needs neither practitioner nor room; what comes
after (buffer, turnover) is not hers. Practitioner and room are occupied in the phases that need them, the last one
longer by what comes after it. A patient rests under a practitioner while she lies in a room that the practitioner is
not in: without a room there are no needles in her and nobody has to watch her.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from myotome.vocabulary.scheduling import TICK_SECONDS, Phase


class Who(StrEnum):
    """What a phase may occupy; `REST` is a place to rest under the practitioner."""

    PATIENT = "patient"
    PRACTITIONER = "practitioner"
    ROOM = "room"
    REST = "rest"


class Stretch(NamedTuple):
    """Ticks [offset, offset + length) from the start of the visit, and the number of the phase (from 0) they belong to."""

    offset: int
    length: int
    phase: int


def stretches(phases: Sequence[Phase], who: Who, *, after: int = 0) -> list[Stretch]:
    """When `who` is occupied, phase by phase; `after` ticks lengthen the last for practitioner and room, for others never.

    Source: judgement
    Check: tests/oracle/test_free_times.py
    """
    found: list[Stretch] = []
    offset = 0
    for number, phase in enumerate(phases):
        length = phase.minutes * 60 // TICK_SECONDS
        if is_occupied(phase, who):
            found.append(Stretch(offset, length, number))
        offset += length
    if found and who in {Who.PRACTITIONER, Who.ROOM}:
        found[-1] = found[-1]._replace(length=found[-1].length + after)
    return found


def is_occupied(phase: Phase, who: Who) -> bool:
    """True when this phase occupies `who`."""
    if who is Who.PATIENT:
        return True
    if who is Who.REST:
        return phase.room and not phase.practitioner
    return phase.practitioner if who is Who.PRACTITIONER else phase.room


def visit_ticks(phases: Sequence[Phase]) -> int:
    """How long the patient is occupied: the whole visit, without what comes after it."""
    return sum(phase.minutes for phase in phases) * 60 // TICK_SECONDS
