"""What is taken in a window, as stretches of each resource: from the spans of visits and the claims of holds."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from myotome.clinic.booking.models import AppointmentSpan, Claim, Hold
from myotome.vocabulary.scheduling import ResourceKind, instant

LONGEST_SPAN_TICKS = 288
Stretch = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Taken:
    """Stretches in absolute ticks, half-open: `busy` by resource (`room:2`), `resting` by practitioner.

    `patient` holds the ticks of the patient who asks.
    """

    busy: dict[str, list[Stretch]]
    resting: dict[int, list[Stretch]]
    patient: list[int]


def taken_between(
    clinic_id: int,
    first_tick: int,
    end_tick: int,
    *,
    at: datetime,
    patient_id: int | None = None,
    ignore_appointment_id: int | None = None,
) -> Taken:
    """What rooms and practitioners are taken by in [first_tick, end_tick); holds count until they run out."""
    rows = AppointmentSpan.objects.filter(
        clinic_id=clinic_id, first_tick__gte=first_tick - LONGEST_SPAN_TICKS, first_tick__lt=end_tick
    ).exclude(resource_kind=ResourceKind.PATIENT.value)
    if ignore_appointment_id is not None:
        rows = rows.exclude(appointment_id=ignore_appointment_id)
    busy: dict[str, list[Stretch]] = defaultdict(list)
    whose: dict[int, int] = {}
    attended: set[tuple[int, int]] = set()
    in_rooms: list[tuple[int, int, int, int]] = []
    for appointment, phase, practitioner, room, first, end in rows.values_list(
        "appointment_id", "phase", "practitioner_id", "room_id", "first_tick", "end_tick"
    ):
        if room is None:
            busy[f"practitioner:{practitioner}"].append((first, end))
            whose[appointment] = practitioner
            attended.add((appointment, phase))
        else:
            busy[f"room:{room}"].append((first, end))
            in_rooms.append((appointment, phase, first, end))
    resting: dict[int, list[Stretch]] = defaultdict(list)
    for appointment, phase, first, end in in_rooms:
        if (appointment, phase) not in attended and appointment in whose:
            resting[whose[appointment]].append((first, end))
    live = Hold.objects.filter(
        Q(expires_at__isnull=True) | Q(expires_at__gt=at),
        clinic_id=clinic_id,
        starts_at__lt=instant(end_tick),
        ends_at__gt=instant(first_tick),
    )
    hers = f"patient:{patient_id}"
    claims = Claim.objects.filter(
        Q(hold__in=live.values("pk")) | Q(resource=hers), tick__gte=first_tick, tick__lt=end_tick
    )
    patient: list[int] = []
    for resource, tick, appointment in claims.values_list("resource", "tick", "appointment_id"):
        if resource == hers:
            if appointment != ignore_appointment_id:
                patient.append(tick)
        elif resource.startswith("resting:"):
            resting[int(resource.split(":")[1])].append((tick, tick + 1))
        else:
            busy[resource].append((tick, tick + 1))
    return Taken(busy, resting, patient)
