"""Claims: one row for each resource and 5-minute tick, written in one sorted statement.

The unique constraint decides who is first; a clash rolls the savepoint back and comes out as `AlreadyBooked`.
Sorting keeps two writers from waiting for each other in a circle. What looked free a moment before is only a guess that
saves a futile attempt: which rooms, and which places to rest under a practitioner, is read right before writing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from django.db import IntegrityError, OperationalError, connection, transaction

from myotome.clinic.booking.models import Appointment, AppointmentSpan, Claim, Hold
from myotome.science.booking.phases import Who, stretches
from myotome.vocabulary.errors import AlreadyBooked
from myotome.vocabulary.scheduling import TICK_SECONDS, Phase, ResourceKind, instant, tick_of, ticks

DEADLOCK = "40P01"
"""PostgreSQL's code for a circle of waiting writers that it has broken."""
TAKEN = "This time has just been taken. Please choose another one below."
ROWS_A_STATEMENT = 2000
MOST_RESTING = 12
"""So many places to rest there are under one practitioner, over all treatments."""

Key = tuple[str, int]
"""A resource and a tick."""


def spans_for(
    appointment: Appointment,
    phases: Iterable[Phase],
    *,
    room_id: int | None,
    buffer_minutes: int = 0,
    turnover_minutes: int = 0,
) -> list[AppointmentSpan]:
    """The appointment's stretches of patient, practitioner and room; neighbours of one resource are not joined.

    The buffer lengthens the last stretch of practitioner and room, the turnover that of the room, neither the patient's.
    """
    phases = list(phases)
    first_tick = tick_of(appointment.starts_at)
    after = buffer_minutes * 60 // TICK_SECONDS
    turnover = turnover_minutes * 60 // TICK_SECONDS
    occupied = [
        (ResourceKind.PATIENT, stretches(phases, Who.PATIENT), {"patient_id": appointment.patient_id}),
        (
            ResourceKind.PRACTITIONER,
            stretches(phases, Who.PRACTITIONER, after=after),
            {"practitioner_id": appointment.practitioner_id},
        ),
    ]
    if room_id is not None:
        occupied.append((ResourceKind.ROOM, stretches(phases, Who.ROOM, after=after + turnover), {"room_id": room_id}))
    spans = [
        AppointmentSpan(
            clinic_id=appointment.clinic_id,
            appointment=appointment,
            phase=number,
            resource_kind=kind.value,
            starts_at=instant(first_tick + offset),
            ends_at=instant(first_tick + offset + length),
            first_tick=first_tick + offset,
            end_tick=first_tick + offset + length,
            **whose,
        )
        for kind, found, whose in occupied
        for offset, length, number in found
    ]
    return sorted(spans, key=lambda span: span.phase)


def keys_of(spans: Iterable[AppointmentSpan]) -> list[Key]:
    """The resources and ticks of the spans, sorted, each once."""
    found: set[Key] = set()
    for span in spans:
        resource = f"{span.resource_kind}:{span.practitioner_id or span.room_id or span.patient_id}"
        found.update((resource, tick) for tick in ticks(span.starts_at, span.ends_at))
    return sorted(found)


def resting_ticks(starts_at: datetime, phases: Iterable[Phase]) -> list[int]:
    """The ticks in which the patient rests in a room while the practitioner is elsewhere."""
    first = tick_of(starts_at)
    return [
        tick
        for offset, length, _number in stretches(list(phases), Who.REST)
        for tick in range(first + offset, first + offset + length)
    ]


def resting_keys(practitioner_id: int, resting: Iterable[int], taken: set[Key], *, most: int) -> list[Key]:
    """The lowest free place under the practitioner for each resting tick; `taken` holds those of all services.

    Who comes at the same moment wants the same place, so that the database refuses the second.

    Raises:
        AlreadyBooked: as many as she may have are resting then.
    """
    found: list[Key] = []
    for tick in resting:
        free = [key for name in resting_places(practitioner_id) if (key := (name, tick)) not in taken]
        if MOST_RESTING - len(free) >= most:
            raise AlreadyBooked(
                "As many patients as may rest at once are resting then. Please choose another time.", field="start"
            )
        found.append(free[0])
    return found


def resting_places(practitioner_id: int) -> list[str]:
    """The names of all places to rest under a practitioner, whatever the treatment."""
    return [f"resting:{practitioner_id}:{number}" for number in range(MOST_RESTING)]


def claims_for(spans: Iterable[AppointmentSpan], resting: Iterable[Key] = ()) -> list[Claim]:
    """The claims of the spans and of the places to rest, sorted by resource and tick, for writing in bulk."""
    spans = list(spans)
    if not spans:
        return []
    first = spans[0]
    return [
        Claim(clinic_id=first.clinic_id, appointment=first.appointment, resource=resource, tick=tick)
        for resource, tick in sorted([*keys_of(spans), *resting])
    ]


def taken_among(resources: Sequence[str], first_tick: int, end_tick: int, *, at: datetime) -> set[Key]:
    """What of these resources is taken in [first_tick, end_tick), as it stands in this transaction.

    Holds that have run out by `at` are given back on the way.
    """
    found: set[Key] = set()
    held: dict[int, list[Key]] = {}
    table = connection.ops.quote_name(Claim._meta.db_table)
    places = ",".join(["%s"] * len(resources))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT resource, tick, hold_id FROM {table} WHERE resource IN ({places}) AND tick >= %s AND tick < %s",  # noqa: S608
            [*resources, first_tick, end_tick],
        )
        rows = cursor.fetchall()
    for resource, tick, hold_id in rows:
        found.add((resource, tick))
        if hold_id is not None:
            held.setdefault(hold_id, []).append((resource, tick))
    if held:
        over = list(Hold.objects.filter(pk__in=held, expires_at__lte=at).values_list("pk", flat=True))
        Claim.objects.filter(hold_id__in=over).delete()
        found -= {key for pk in over for key in held[pk]}
    return found


def write_claims(
    keys: Iterable[Key], *, clinic_id: int, appointment_id: int | None = None, hold_id: int | None = None
) -> None:
    """Writes the claims of one appointment or hold in one sorted statement.

    Raises:
        IntegrityError: one of them is taken.
    """
    rows = [(clinic_id, appointment_id, hold_id, resource, tick) for resource, tick in sorted(keys)]
    table = connection.ops.quote_name(Claim._meta.db_table)
    with connection.cursor() as cursor:
        for start in range(0, len(rows), ROWS_A_STATEMENT):
            part = rows[start : start + ROWS_A_STATEMENT]
            places = ",".join(["(%s,%s,%s,%s,%s)"] * len(part))
            cursor.execute(
                f"INSERT INTO {table} (clinic_id,appointment_id,hold_id,resource,tick) VALUES {places}",  # noqa: S608
                [value for row in part for value in row],
            )


@contextmanager
def clash_is_already_booked() -> Iterator[None]:
    """A savepoint in which a claim that is taken comes out as `AlreadyBooked`.

    Raises:
        AlreadyBooked: one of the ticks is taken.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as clash:
        raise AlreadyBooked(TAKEN, field="start") from clash
    except OperationalError as fault:
        # Two visits moved onto each other's time in the same moment wait in a circle; PostgreSQL lets one go.
        if getattr(fault.__cause__, "sqlstate", None) != DEADLOCK:
            raise
        raise AlreadyBooked(TAKEN, field="start") from fault


def occupy(spans: list[AppointmentSpan], resting: Iterable[Key] = ()) -> None:
    """Writes spans and claims, all or nothing.

    Raises:
        AlreadyBooked: one of the ticks is taken.
    """
    with clash_is_already_booked():
        AppointmentSpan.objects.bulk_create(spans)
        write_claims([*keys_of(spans), *resting], clinic_id=spans[0].clinic_id, appointment_id=spans[0].appointment_id)


def release(appointment: Appointment) -> None:
    """Gives the appointment's resources back."""
    Claim.objects.filter(appointment=appointment).delete()
    AppointmentSpan.objects.filter(appointment=appointment).delete()


def again_while_rooms_last(attempt: Callable[[], None], *, most: int) -> None:
    """Tries `attempt` up to `most` times: each time it looks anew which room is free, and another writer may be faster.

    Raises:
        AlreadyBooked: the last attempt's reason.
    """
    for n in range(most):
        try:
            return attempt()
        except AlreadyBooked as refusal:
            # A guess that clashed is worth another look; a refusal found by looking is the answer.
            if refusal.__cause__ is None or n == most - 1:
                raise
    return None


def give_claims_to(*, from_patient: int, to_patient: int) -> None:
    """The claims and spans of one patient as another's, when two records are joined or parted.

    Raises:
        AlreadyBooked: both are booked at the same time; cancel one of the visits first.
    """
    try:
        with transaction.atomic():
            Claim.objects.filter(resource=f"patient:{from_patient}", appointment__patient_id=to_patient).update(
                resource=f"patient:{to_patient}"
            )
    except IntegrityError as clash:
        raise AlreadyBooked(
            "Both records are booked at the same time. Cancel one of the two visits, then join them.", field="other"
        ) from clash
