"""Who is where, for the wall: each room with who is in it and whose needles are in, the oldest timer first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from myotome.clinic.booking.models import Appointment
from myotome.clinic.needling.hearing import last_heard
from myotome.clinic.needling.models import TreatmentVisit
from myotome.clinic.needling.queries import needles_in_now
from myotome.clinic.people.models import Patient
from myotome.clinic.people.queries import rooms_for
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.scheduling import AppointmentStatus

LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class InRoom:
    """One room, or a visit without one (`room` empty): who is there since when, and how many needles are in since when.

    `patient` is None for a room that is free. `visit` is the visit whose needles are in; `heard_at` is when its device
    was last heard.
    """

    room: str
    practitioner: str = ""
    patient: Patient | None = None
    since: datetime | None = None
    n_in: int = 0
    in_since: datetime | None = None
    visit: TreatmentVisit | None = None
    heard_at: datetime | None = None

    @property
    def zone(self) -> str:
        """The clock on the wall of the room whose needles are in; empty where nobody knows."""
        return zone_of_room(self.visit)


def zone_of_room(visit: TreatmentVisit | None) -> str:
    """The clock on the wall where a visit is; empty where nobody knows."""
    return str(visit.room.place.time_zone) if visit is not None and visit.room is not None else ""


def who_is_where(actor: Actor) -> list[InRoom]:
    """Every room: those with needles in first, the oldest needle before all; then those with somebody in; then the free.

    One who was brought to a room and has needles in is one entry; two in one room are two.
    """
    needled: dict[int, list[datetime]] = {}
    visits: dict[int, TreatmentVisit] = {}
    needles = needles_in_now(actor)
    heard = last_heard(needles)
    for needle in needles:
        needled.setdefault(needle.visit_id, []).append(needle.in_at)
        visits[needle.visit_id] = needle.visit
    found = [
        InRoom(
            room=visit.room.name if visit.room else "",
            practitioner=visit.practitioner.name,
            patient=visit.course.patient,
            since=visit.opened_at,
            n_in=len(needled[pk]),
            in_since=min(needled[pk]),
            visit=visit,
            heard_at=heard[pk],
        )
        for pk, visit in visits.items()
    ]
    known = {entry.patient.pk for entry in found if entry.patient}
    rows = Appointment.objects.filter(clinic_id=actor.clinic_id, status=AppointmentStatus.IN_ROOM.value)
    rows = rows.select_related("patient", "practitioner").prefetch_related("spans__room").order_by("in_room_at", "pk")
    for row in rows:
        if row.patient_id not in known:
            room = next((span.room.name for span in row.spans.all() if span.room_id), "")
            found.append(
                InRoom(room=room, practitioner=row.practitioner.name, patient=row.patient, since=row.in_room_at)
            )
    taken = {entry.room for entry in found}
    found.sort(key=lambda entry: (entry.in_since is None, entry.in_since or entry.since or LONG_AGO))
    return [*found, *(InRoom(room=room.name) for room in rooms_for(actor) if room.name not in taken)]
