"""From a wish to claims: what was asked is checked before any lock is taken, the claims decide after.

`wanted_for` reads hours, rooms and credentials and refuses in words what cannot be; it holds nothing. `place` runs inside
the transaction: one look at the few ticks in question for the sake of the message and the room, then the rows. On
SQLite that look is final, since one writer writes at a time; on PostgreSQL a faster writer may come in between, the
constraint says so, and the next free room is tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import connection

from myotome.clinic.audit.prepared import insert
from myotome.clinic.booking.claims import (
    TAKEN,
    Key,
    again_while_rooms_last,
    clash_is_already_booked,
    keys_of,
    resting_keys,
    resting_places,
    resting_ticks,
    spans_for,
    taken_among,
    write_claims,
)
from myotome.clinic.booking.clocks import zone_of_clinic
from myotome.clinic.booking.her_holds import let_go_of_hers
from myotome.clinic.booking.hours import credential_ends, place_where_she_works, rooms_at
from myotome.clinic.booking.kept import SetUp, set_up_of
from myotome.clinic.booking.models import Appointment, AppointmentSpan, DiaryRules, Hold, Service
from myotome.clinic.booking.own_records import check_not_herself, her_ticks, not_herself, own_practitioner
from myotome.clinic.booking.queries import active_service, check_may_book, phases_of, practitioner_in, treats
from myotome.clinic.people.models import Place, Practitioner
from myotome.science.booking.phases import Who, stretches
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.errors import AlreadyBooked, InvalidValue
from myotome.vocabulary.scheduling import TICK_SECONDS, Phase, tick_of

FURTHEST_DAYS = 400


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A time that may be asked for: within hours, with somebody who gives this service, at a place with rooms for it."""

    service: Service
    phases: tuple[Phase, ...]
    practitioner: Practitioner
    place: Place
    rooms: tuple[int, ...]
    starts_at: datetime
    ends_at: datetime
    rules: DiaryRules


def wanted_for(
    by: Actor,
    *,
    at: datetime,
    service_id: int,
    practitioner_id: int,
    starts_at: datetime,
    patient_id: int | None = None,
    newcomer: bool | None = None,
    service: Service | None = None,
    known: SetUp | None = None,
) -> Wanted:
    """What is needed to put this service into the diary then. Call it before the transaction; nothing is locked.

    With `patient_id` it is also checked that she may book the service; `newcomer` says whether she is new, if known.
    `known` is the clinic's set-up where it is at hand.

    Raises:
        InvalidValue: in the past, off the 5-minute steps, more than 400 days away, outside working hours, with somebody
            who does not give the service, whose credential for it has run out by then, or who is the patient.
        NotAllowed: a new patient begins with an assessment.
        NotFound: no such service or practitioner in the clinic.
    """
    set_up = known or set_up_of(by.clinic_id)
    service = service or active_service(set_up, service_id)
    if patient_id is not None:
        check_may_book(service, patient_id=patient_id, newcomer=newcomer)
    practitioner = practitioner_in(set_up, practitioner_id)
    if patient_id is not None:
        check_not_herself(set_up, patient_id, practitioner)
    check_start(starts_at, at=at, zone=zone_of_clinic(set_up))
    phases = tuple(phases_of(service))
    ends_at = starts_at + timedelta(minutes=sum(phase.minutes for phase in phases))
    place = place_where_she_works(set_up, practitioner_id, starts_at=starts_at, ends_at=ends_at)
    if place is None or not practitioner.is_active:
        raise InvalidValue(
            "{practitioner} does not work then, or not for so long.", field="start", practitioner=practitioner.name
        )
    _check_gives(set_up, service, practitioner, place=place, starts_at=starts_at)
    return Wanted(
        service=service,
        phases=phases,
        practitioner=practitioner,
        place=place,
        rooms=_hers_first(rooms_at(set_up, service).get(place.pk, ()), set_up, practitioner_id),
        starts_at=starts_at,
        ends_at=ends_at,
        rules=set_up.rules,
    )


def _hers_first(rooms: Sequence[int], set_up: SetUp, practitioner_id: int) -> tuple[int, ...]:
    """The rooms from one on that is hers while it is free, the nth practitioner's the nth: who book at one moment seldom
    want the same."""
    begin = list(set_up.practitioners).index(practitioner_id) % len(rooms) if rooms else 0
    return (*rooms[begin:], *rooms[:begin])


def check_start(starts_at: datetime, *, at: datetime, zone: str) -> None:
    """Nothing, when a visit may begin then as far as the clock is concerned; `zone` is where a day is named.

    Raises:
        InvalidValue: off the 5-minute steps, in the past, or more than 400 days away.
    """
    if starts_at.timestamp() % TICK_SECONDS:
        raise InvalidValue("Times are on 5-minute steps.", field="start")
    if starts_at <= at:
        raise InvalidValue("This time has passed. Please choose a later one.", field="start")
    if starts_at > furthest(at):
        last = last_day_open(at, starts_at.astimezone(ZoneInfo(zone)).time(), zone).isoformat()
        raise InvalidValue(
            "Bookings open {furthest_days} days ahead. At this hour the last day is {last}.",
            field="start",
            furthest_days=FURTHEST_DAYS,
            last=last,
        )


def furthest(at: datetime) -> datetime:
    """The last moment at which a visit booked now may begin."""
    return at + timedelta(days=FURTHEST_DAYS)


def last_day_open(at: datetime, clock: time, zone: str) -> date:
    """The last day on which a visit booked now may begin at this time of day."""
    last = furthest(at).astimezone(ZoneInfo(zone))
    return last.date() if clock <= last.time() else last.date() - timedelta(days=1)


def place(wanted: Wanted, appointment: Appointment, *, at: datetime) -> None:
    """Writes the appointment with its spans and claims, in the first room that is free. Call it in a transaction.

    Raises:
        AlreadyBooked: practitioner, patient or every room is taken, or as many patients rest as may.
        IntegrityError: the appointment's own row clashes (its form's key was used).
    """

    def attempt() -> None:
        try:
            spans, keys = _free_way(wanted, appointment, at=at)
        except AlreadyBooked:
            # Her own form may hold it: what she has chosen meanwhile takes its place.
            first, end = _window(wanted)
            if not let_go_of_hers(appointment, first_tick=first, end_tick=end):
                raise
            spans, keys = _free_way(wanted, appointment, at=at)
        # Where one writer writes at a time, nobody comes between the look and the rows: no savepoint is needed.
        with nullcontext() if connection.vendor == "sqlite" else clash_is_already_booked():
            for span in spans:
                span.appointment = appointment
            insert(spans)
            write_claims(keys, clinic_id=appointment.clinic_id, appointment_id=appointment.pk)

    appointment.starts_at, appointment.ends_at = wanted.starts_at, wanted.ends_at
    appointment.place, appointment.practitioner, appointment.service = wanted.place, wanted.practitioner, wanted.service
    if appointment.pk is None:
        appointment.check_texts()
        insert([appointment])
    else:
        appointment.save()
    again_while_rooms_last(attempt, most=len(wanted.rooms) + 1)


def place_hold(wanted: Wanted, hold: Hold, *, at: datetime) -> None:
    """Writes a hold with the claims that a visit of this service would take, its patient's excepted.

    Raises:
        AlreadyBooked: practitioner or every room is taken.
    """
    stand_in = Appointment(
        clinic_id=hold.clinic_id, practitioner_id=wanted.practitioner.pk, patient_id=0, starts_at=wanted.starts_at
    )

    def attempt() -> None:
        spans, keys = _free_way(wanted, stand_in, at=at)
        keys = [key for key in keys if not key[0].startswith("patient:")]
        hold.room_id = next((span.room_id for span in spans if span.room_id), None)
        with clash_is_already_booked():
            hold.save()
            write_claims(keys, clinic_id=hold.clinic_id, hold_id=hold.pk)

    hold.starts_at, hold.ends_at = wanted.starts_at, wanted.ends_at
    hold.practitioner_id, hold.service_id = wanted.practitioner.pk, wanted.service.pk
    again_while_rooms_last(attempt, most=len(wanted.rooms) + 1)


def _free_way(wanted: Wanted, appointment: Appointment, *, at: datetime) -> tuple[list[AppointmentSpan], list[Key]]:
    """Spans in a room that is free, with all they claim: free places to rest among it, and who treats here and is treated.

    Raises:
        AlreadyBooked: there is none, or she treats somebody herself then.
        InvalidValue: she would treat herself.
    """
    buffer, turnover = wanted.service.buffer_minutes, wanted.service.turnover_minutes
    first, last = _window(wanted)
    resting = resting_ticks(wanted.starts_at, wanted.phases)
    resources = [f"practitioner:{wanted.practitioner.pk}", f"patient:{appointment.patient_id}"]
    resources += [f"room:{pk}" for pk in wanted.rooms]
    most = wanted.service.most_resting if resting else 0
    herself = own_practitioner(appointment.patient_id) if appointment.patient_id else None
    if herself == wanted.practitioner.pk:
        raise not_herself(wanted.practitioner)
    resources += [f"practitioner:{herself}"] if herself else []
    resources += resting_places(wanted.practitioner.pk) if most else []
    taken = taken_among(resources, first, last, at=at)
    needs_room = bool(stretches(wanted.phases, Who.ROOM))
    for room_id in wanted.rooms if needs_room else (None,):
        if room_id is not None and (f"room:{room_id}", first) in taken and wanted.phases[0].room:
            continue  # taken from its first tick on: no need to look at the rest
        spans = spans_for(appointment, wanted.phases, room_id=room_id, buffer_minutes=buffer, turnover_minutes=turnover)
        keys = keys_of(spans)
        if herself:
            hers = [(f"practitioner:{herself}", tick) for tick in her_ticks(spans)]
            if not taken.isdisjoint(hers):
                raise AlreadyBooked(
                    "She treats here herself, and is not free as a practitioner then. Please choose another time.",
                    field="start",
                )
            keys += hers
        if taken.isdisjoint(keys):
            rests = resting_keys(wanted.practitioner.pk, resting, taken, most=most) if most else []
            return spans, [*keys, *rests]
    raise AlreadyBooked(TAKEN, field="start")


def _window(wanted: Wanted) -> tuple[int, int]:
    """The ticks from the beginning of a visit until its practitioner and its room are free again."""
    after = timedelta(minutes=wanted.service.buffer_minutes + wanted.service.turnover_minutes)
    first, last = wanted.starts_at, wanted.ends_at + after
    return tick_of(first), tick_of(last)


def _check_gives(
    set_up: SetUp, service: Service, practitioner: Practitioner, *, place: Place, starts_at: datetime
) -> None:
    flag = next(iter(treats(service)))
    if not getattr(practitioner, flag):
        raise InvalidValue(
            "{practitioner} does not give {service}.",
            field="practitioner",
            practitioner=practitioner.name,
            service=service.name,
        )
    if not service.credential:
        return
    day = starts_at.astimezone(ZoneInfo(place.time_zone)).date()
    ends = credential_ends(set_up, practitioner.pk, service.credential)
    if ends is None or ends < day:
        raise InvalidValue(
            "{practitioner} has no {credential} credential in force that day.",
            field="practitioner",
            practitioner=practitioner.name,
            credential=service.credential,
        )
