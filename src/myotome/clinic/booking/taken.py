"""What is taken in a window, as stretches of each resource: from the spans of visits and the claims of holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from django.db.models import Q, QuerySet

from myotome.clinic.audit.prepared import Prepared
from myotome.clinic.booking.models import AppointmentSpan, Claim, Hold
from myotome.vocabulary.scheduling import ResourceKind, instant

LONGEST_SPAN_TICKS = 288
NOTHING = np.zeros((0, 2), dtype=np.int64)
A_DAY = [datetime(1971, 3, day, tzinfo=UTC) for day in (1, 2, 3)]
"""Stand-ins for three moments."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Stretches in absolute ticks, half-open, in two columns: `busy` by resource (`room:2`), `resting` by practitioner.

    `patient` holds the ticks of the patient who asks. What is not there is free; `resting` is there when it was asked for.
    """

    busy: dict[str, np.ndarray]
    resting: dict[int, np.ndarray]
    patient: list[int]


def taken_between(
    clinic_id: int,
    first_tick: int,
    end_tick: int,
    *,
    at: datetime,
    patient_id: int | None = None,
    resting: bool = False,
    ignore_appointment_id: int | None = None,
    ignore_hold_ids: Collection[int] = (),
    own: Mapping[int, int] | None = None,
) -> Taken:
    """What rooms and practitioners are taken by in [first_tick, end_tick); holds count until they run out.

    With `resting`, also who rests under whom. A visit that is moved and a time that its holder chooses anew are ignored.
    `own` says of patients which practitioner they are: a visit of hers takes her as a practitioner, and treating as a patient.
    """
    found = (_all_spans if resting else _spans)(clinic_id, first_tick - LONGEST_SPAN_TICKS, end_tick)
    spans = np.nan_to_num(np.array(found, dtype=float)).astype(np.int64).reshape(-1, 6)  # nobody and nowhere are 0
    if ignore_appointment_id is not None:
        spans = spans[spans[:, 0] != ignore_appointment_id]
    in_rooms, hers = spans[spans[:, 3] != 0], spans[spans[:, 2] != 0]
    of_patients = spans[(spans[:, 2] == 0) & (spans[:, 3] == 0)]
    busy = {f"practitioner:{pk}": rows[:, 4:] for pk, rows in _by(hers[:, 2], hers)}
    busy |= {f"room:{pk}": rows[:, 4:] for pk, rows in _by(in_rooms[:, 3], in_rooms)}
    rest = {pk: rows[:, 4:] for pk, rows in _by(*_resting(hers, in_rooms, of_patients))} if resting else {}
    name = f"patient:{patient_id}"
    patient: list[int] = []
    more: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for resource, tick, appointment, hold in _claims(
        at, clinic_id, instant(end_tick), instant(first_tick), name, first_tick, end_tick
    ):
        if hold in ignore_hold_ids:
            continue
        if resource != name:
            more[resource].append((tick, tick + 1))
        elif appointment != ignore_appointment_id:
            patient.append(tick)
    for resource, ticks in more.items():
        kind, _, number = resource.partition(":")
        if kind == "resting":
            pk = int(number.partition(":")[0])
            rest[pk] = np.concatenate([rest.get(pk, NOTHING), np.array(ticks)])
        else:
            busy[resource] = np.concatenate([busy.get(resource, NOTHING), np.array(ticks)])
    if own and patient_id in own:
        treats = busy.get(f"practitioner:{own[patient_id]}", NOTHING).tolist()
        patient += [tick for start, end in treats for tick in range(max(start, first_tick), min(end, end_tick))]
    for pk, rows in _as_patients(clinic_id, first_tick, end_tick, own, ignore_appointment_id) if own else ():
        name = f"practitioner:{own[pk]}"
        busy[name] = np.concatenate([busy.get(name, NOTHING), rows])
    return Taken(busy, rest, patient)


def ticks_of_patients(patient_ids: Iterable[int], first_tick: int, end_tick: int) -> dict[int, set[int]]:
    """The ticks in [first_tick, end_tick) in which each of these patients has a visit; who has none is not there."""
    names = {f"patient:{pk}": pk for pk in patient_ids}
    rows = Claim.objects.filter(resource__in=names, tick__gte=first_tick, tick__lt=end_tick)
    found: dict[int, set[int]] = defaultdict(set)
    for resource, tick in rows.values_list("resource", "tick"):
        found[names[resource]].add(tick)
    return dict(found)


def _as_patients(
    clinic_id: int, first_tick: int, end_tick: int, own: Mapping[int, int], ignore: int | None
) -> list[tuple[int, np.ndarray]]:
    """(patient, a stretch) of each visit of those who treat here too."""
    rows = AppointmentSpan.objects.filter(
        clinic_id=clinic_id,
        patient_id__in=own,
        first_tick__gte=first_tick - LONGEST_SPAN_TICKS,
        first_tick__lt=end_tick,
    ).exclude(appointment_id=ignore)
    return [(pk, np.array([[a, b]])) for pk, a, b in rows.values_list("patient_id", "first_tick", "end_tick")]


def _resting(hers: np.ndarray, in_rooms: np.ndarray, of_patients: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(whose patient it is, the span) of each span of a room in a phase that its practitioner does not attend.

    It ends when the patient's does: what the room needs after her is no rest.
    """
    phases = 1 + max(int(rows[:, 1].max(initial=0)) for rows in (hers, in_rooms, of_patients))

    def keys(rows: np.ndarray) -> np.ndarray:
        return rows[:, 0] * phases + rows[:, 1]

    rows = in_rooms[~np.isin(keys(in_rooms), keys(hers))]
    appointments, first = np.unique(hers[:, 0], return_index=True)
    rows = rows[np.isin(rows[:, 0], appointments) & np.isin(keys(rows), keys(of_patients))]
    order = np.argsort(keys(of_patients))
    place = order[np.searchsorted(keys(of_patients), keys(rows), sorter=order)]
    rows[:, 5] = np.minimum(rows[:, 5], of_patients[place, 5])
    return hers[first, 2][np.searchsorted(appointments, rows[:, 0])], rows


def _by(numbers: np.ndarray, rows: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """The rows of each number."""
    order = np.argsort(numbers, kind="stable")
    names, first = np.unique(numbers[order], return_index=True)
    return zip(names.tolist(), np.split(rows[order], first[1:]), strict=False)


def _all_span_rows(clinic_id: int, first_tick: int, end_tick: int) -> QuerySet:
    rows = AppointmentSpan.objects.filter(clinic_id=clinic_id, first_tick__gte=first_tick, first_tick__lt=end_tick)
    return rows.values_list("appointment_id", "phase", "practitioner_id", "room_id", "first_tick", "end_tick")


def _span_rows(clinic_id: int, first_tick: int, end_tick: int) -> QuerySet:
    return _all_span_rows(clinic_id, first_tick, end_tick).exclude(resource_kind=ResourceKind.PATIENT.value)


def _claim_rows(
    at: datetime, clinic_id: int, until: datetime, since: datetime, hers: str, first_tick: int, end_tick: int
) -> QuerySet:
    live = Hold.objects.filter(
        Q(expires_at__isnull=True) | Q(expires_at__gt=at), clinic_id=clinic_id, starts_at__lt=until, ends_at__gt=since
    )
    rows = Claim.objects.filter(
        Q(hold__in=live.values("pk")) | Q(resource=hers), tick__gte=first_tick, tick__lt=end_tick
    )
    return rows.values_list("resource", "tick", "appointment_id", "hold_id")


_all_spans = Prepared(_all_span_rows, 7_000_001, 7_000_002, 7_000_003)
_spans = Prepared(_span_rows, 7_000_001, 7_000_002, 7_000_003)
_claims = Prepared(_claim_rows, A_DAY[0], 7_000_001, A_DAY[1], A_DAY[2], "patient:none", 7_000_002, 7_000_003)
