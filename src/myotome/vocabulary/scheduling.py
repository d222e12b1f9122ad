"""Words of the diary: half-open intervals, 5-minute ticks, phases of a service.

Instants are aware datetimes in UTC; wall-clock times live only where a person reads or types them, with the
place's zone. A tick is the number of a 5-minute step since the epoch, so daylight saving cannot touch it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from myotome.vocabulary.errors import InvalidValue

TICK_SECONDS = 300


class ResourceKind(StrEnum):
    """What an appointment occupies."""

    PRACTITIONER = "practitioner"
    ROOM = "room"
    PATIENT = "patient"


class ServiceKind(StrEnum):
    """What is booked."""

    ASSESSMENT_IMS = "assessment_ims"
    ASSESSMENT_ACUPUNCTURE = "assessment_acupuncture"
    IMS = "ims"
    ACUPUNCTURE = "acupuncture"


class AppointmentStatus(StrEnum):
    """Where an appointment stands; `REQUESTED` holds the time until a practitioner has phoned."""

    REQUESTED = "requested"
    BOOKED = "booked"
    ARRIVED = "arrived"
    IN_ROOM = "in_room"
    DONE = "done"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


class HoldKind(StrEnum):
    """Why time is kept without an appointment: a form being filled in, an offer to those who wait, or blocked."""

    FORM = "form"
    OFFER = "offer"
    BLOCK = "block"


@dataclass(frozen=True, order=True, slots=True)
class Interval:
    """Half-open [start, end) in whole seconds since the epoch, UTC."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise InvalidValue("An interval ends after it starts.", field="end")

    def overlaps(self, other: Interval) -> bool:
        """True if the two share an instant."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of a service in minutes, and whom it occupies besides the patient."""

    minutes: int
    practitioner: bool
    room: bool

    def __post_init__(self) -> None:
        if self.minutes <= 0 or self.minutes % 5:
            raise InvalidValue("A phase lasts a positive multiple of 5 minutes.", field="minutes")


def ticks(start: datetime, end: datetime) -> range:
    """The ticks that [start, end) touches.

    Raises:
        InvalidValue: an end at or before the start, or an instant that is not on a 5-minute step.
    """
    a, b = int(start.timestamp()), int(end.timestamp())
    if b <= a:
        raise InvalidValue("It must end after it starts.", field="end")
    if a % TICK_SECONDS or b % TICK_SECONDS:
        raise InvalidValue("Times are on 5-minute steps.", field="start")
    return range(a // TICK_SECONDS, b // TICK_SECONDS)


def tick_of(moment: datetime) -> int:
    """The tick in which an aware moment lies."""
    return int(moment.timestamp()) // TICK_SECONDS


def instant(tick: int) -> datetime:
    """The aware UTC datetime at which a tick starts."""
    return datetime.fromtimestamp(tick * TICK_SECONDS, tz=UTC)
