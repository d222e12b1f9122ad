"""Reading the diary: what can be booked, when, and who comes today."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from myotome.clinic.booking.models import (
    Appointment,
    AppointmentSpan,
    Claim,
    HoursException,
    Service,
    WorkingHours,
)
from myotome.clinic.people.links import read_link
from myotome.clinic.people.models import Clinic, Practitioner, Room
from myotome.clinic.people.queries import digits
from myotome.clinic.screening.models import Course
from myotome.science.booking.free import Diary, FreeTime, Question, Retained, free_times
from myotome.science.booking.hours import DayException, Shift, working_intervals
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.errors import InvalidValue, LinkExpired, MyotomeError, NotAllowed, NotFound
from myotome.vocabulary.scheduling import TICK_SECONDS, AppointmentStatus, Phase, ServiceKind, instant

LIVE = [
    status.value
    for status in AppointmentStatus
    if status not in {AppointmentStatus.CANCELLED, AppointmentStatus.NO_SHOW}
]
MOST_RETAINED_AT_ONCE = 3
LONGEST_WINDOW_DAYS = 62


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """A free time as it is offered: aware start in UTC, the practitioner and the room that would be taken."""

    starts_at: datetime
    ends_at: datetime
    practitioner_id: int
    practitioner_name: str
    room_id: int | None


def services_for(actor: Actor, *, for_new_patients: bool = False) -> QuerySet[Service]:
    """Active services with their phases; for new patients only those they may book."""
    rows = Service.objects.for_actor(actor).filter(is_active=True).prefetch_related("phases").order_by("pk")
    return rows.filter(new_patients_may_book=True) if for_new_patients else rows


def service_for(actor: Actor, pk: int) -> Service:
    """One service.

    Raises:
        NotFound: the clinic has none such.
    """
    return services_for(actor).get_or_not_found(pk=pk)


def phases_of(service: Service) -> list[Phase]:
    """The service's phases in order."""
    return [phase.as_value() for phase in service.phases.all()]


def treats(service: Service) -> dict[str, bool]:
    """Which practitioners give this service, as a filter."""
    ims = service.kind in {ServiceKind.IMS.value, ServiceKind.ASSESSMENT_IMS.value}
    return {"treats_ims": True} if ims else {"treats_acupuncture": True}


def free_times_for(
    actor: Actor,
    *,
    service: Service,
    first_day: date,
    n_days: int,
    at: datetime,
    practitioner_id: int | None = None,
    patient_id: int | None = None,
    ignore_appointment_id: int | None = None,
    step_minutes: int = 15,
) -> list[Offer]:
    """Real free times from working hours, rooms and bookings, in order of time.

    Raises:
        InvalidValue: a window of no days, or of more than 62.
    """
    if not 1 <= n_days <= LONGEST_WINDOW_DAYS:
        raise InvalidValue(
            "Ask for 1 to {longest_window_days} days.", field="n_days", longest_window_days=LONGEST_WINDOW_DAYS
        )
    people = Practitioner.objects.filter(clinic_id=actor.clinic_id, is_active=True, **treats(service))
    people = people.filter(pk=practitioner_id) if practitioner_id else people
    names = dict(people.values_list("pk", "name"))
    last_day = first_day + timedelta(days=n_days - 1)
    first_tick = int(datetime.combine(first_day - timedelta(days=1), time(), tzinfo=UTC).timestamp()) // TICK_SECONDS
    end_tick = int(datetime.combine(last_day + timedelta(days=2), time(), tzinfo=UTC).timestamp()) // TICK_SECONDS
    hours, exceptions = _hours(actor.clinic_id, names), _exceptions(actor.clinic_id, first_day, last_day)
    taken = _taken(actor.clinic_id, first_tick, end_tick, ignore_appointment_id)
    working = {
        number: working_intervals(hours[number], exceptions[None] + exceptions[number], first_day, last_day)
        for number in names
    }
    rooms = Room.objects.filter(clinic_id=actor.clinic_id, is_active=True)
    rooms = rooms.filter(kind__in=["any", service.room_kind]) if service.room_kind != "any" else rooms
    always = [i for intervals in working.values() for i in intervals]
    phases = phases_of(service)
    found = free_times(
        Question(
            phases=phases,
            first_tick=first_tick,
            end_tick=end_tick,
            step_ticks=step_minutes * 60 // TICK_SECONDS,
            buffer_ticks=service.buffer_minutes * 60 // TICK_SECONDS,
            not_before_tick=int(at.timestamp()) // TICK_SECONDS + 1,
            patient_taken=taken[f"patient:{patient_id}"] if patient_id else (),
        ),
        {number: Diary(working=working[number], taken=taken[f"practitioner:{number}"]) for number in names},
        {pk: Diary(working=always, taken=taken[f"room:{pk}"]) for pk in rooms.values_list("pk", flat=True)},
        _retained(actor.clinic_id, names, first_tick, end_tick) if len(phases) > 1 else None,
    )
    return [_offer(free, names, sum(phase.minutes for phase in phases)) for free in found]


def appointments_on(actor: Actor, day: date, zone: str) -> list[Appointment]:
    """The day's appointments in the place's wall-clock day, with patient, service, practitioner and spans."""
    start = datetime.combine(day, time(), tzinfo=ZoneInfo(zone))
    rows = Appointment.objects.for_actor(actor).filter(
        starts_at__gte=start, starts_at__lt=datetime.combine(day + timedelta(days=1), time(), tzinfo=ZoneInfo(zone))
    )
    rows = rows.exclude(status=AppointmentStatus.CANCELLED.value)
    rows = rows.select_related("patient", "service", "practitioner").prefetch_related("spans__room")
    return list(rows.order_by("starts_at", "pk"))


def appointment_for(actor: Actor, pk: int) -> Appointment:
    """One appointment.

    Raises:
        NotFound: there is none that the actor may see.
    """
    rows = Appointment.objects.for_actor(actor).select_related("patient", "service", "practitioner", "place")
    return rows.get_or_not_found(pk=pk)


def appointments_of(actor: Actor, patient_id: int) -> QuerySet[Appointment]:
    """A patient's appointments, newest first."""
    rows = Appointment.objects.for_actor(actor).filter(patient_id=patient_id)
    return rows.select_related("service", "practitioner").order_by("-starts_at")


def appointment_by_link(clinic: Clinic, token: str) -> Appointment:
    """The appointment of a change-or-cancel link.

    Raises:
        NotFound: not a link of this clinic.
        LinkExpired: a newer link was sent.
    """
    pk, version = read_link("appointment", token)
    rows = Appointment.objects.filter(clinic=clinic).select_related("patient", "service", "practitioner", "place")
    row = rows.filter(pk=pk).first()
    if row is None:
        raise NotFound("This link does not lead anywhere. Please use the newest link you were sent.")
    if row.link_version != version:
        raise LinkExpired("This link has been replaced. Please use the newest link you were sent.")
    return row


def booked_with(actor: Actor, key: str) -> Appointment | None:
    """The appointment that this form's key has booked already."""
    return Appointment.objects.filter(clinic_id=actor.clinic_id, idempotency_key=key).first()


def requests_to_phone(actor: Actor) -> list[Appointment]:
    """Times held as a request until a practitioner has phoned, the oldest first."""
    rows = Appointment.objects.for_actor(actor).filter(status=AppointmentStatus.REQUESTED.value)
    return list(rows.select_related("patient", "service", "practitioner").order_by("created_at"))


def is_new(patient_id: int) -> bool:
    """True for a patient who has no course of care yet."""
    return not Course.objects.filter(patient_id=patient_id).exists()


def check_may_book(service: Service, *, patient_id: int | None) -> None:
    """Nothing, when this patient may book this service.

    Raises:
        NotAllowed: a new patient begins with an assessment.
    """
    if not service.new_patients_may_book and (patient_id is None or is_new(patient_id)):
        raise NotAllowed("A new patient begins with an assessment.")


def may_book(service: Service, *, patient_id: int | None) -> bool:
    """True when `check_may_book` has nothing to say."""
    try:
        check_may_book(service, patient_id=patient_id)
    except MyotomeError:
        return False
    return True


def is_within_hours(clinic_id: int, practitioner_id: int, *, starts_at: datetime, ends_at: datetime) -> bool:
    """True when the practitioner works from `starts_at` to `ends_at`, whatever is booked."""
    first, last = starts_at.date() - timedelta(days=1), ends_at.date() + timedelta(days=1)
    names = {practitioner_id: ""}
    exceptions = _exceptions(clinic_id, first, last)
    shifts = _hours(clinic_id, names)[practitioner_id]
    intervals = working_intervals(shifts, exceptions[None] + exceptions[practitioner_id], first, last)
    a, b = starts_at.timestamp(), ends_at.timestamp()
    return any(interval.start <= a and b <= interval.end for interval in intervals)


def _hours(clinic_id: int, names: dict[int, str]) -> dict[int, list[Shift]]:
    rows = WorkingHours.objects.filter(clinic_id=clinic_id, practitioner_id__in=names).select_related("place")
    found: dict[int, list[Shift]] = defaultdict(list)
    for row in rows:
        found[row.practitioner_id].append(
            Shift(
                weekday=row.weekday,
                starts=row.starts,
                ends=row.ends,
                zone=row.place.time_zone,
                valid_from=row.valid_from,
                valid_until=row.valid_until,
            )
        )
    return found


def _exceptions(clinic_id: int, first: date, last: date) -> dict[int | None, list[DayException]]:
    found: dict[int | None, list[DayException]] = defaultdict(list)
    for row in HoursException.objects.filter(clinic_id=clinic_id, on__range=(first, last)).select_related("clinic"):
        found[row.practitioner_id].append(
            DayException(on=row.on, closed=row.closed, zone=row.clinic.time_zone, starts=row.starts, ends=row.ends)
        )
    return found


def _taken(clinic_id: int, first_tick: int, end_tick: int, ignore: int | None) -> dict[str, list[int]]:
    rows = Claim.objects.filter(clinic_id=clinic_id, tick__gte=first_tick, tick__lt=end_tick)
    if ignore is not None:
        rows = rows.exclude(appointment_id=ignore)
    found: dict[str, list[int]] = defaultdict(list)
    for resource, tick in rows.values_list("resource", "tick"):
        found[resource].append(tick)
    return found


def _retained(clinic_id: int, names: dict[int, str], first_tick: int, end_tick: int) -> dict[int, Retained]:
    """For each practitioner the stretches in which a room is taken while she is not."""
    spans = AppointmentSpan.objects.filter(
        clinic_id=clinic_id,
        resource_kind="room",
        starts_at__gte=instant(first_tick),
        starts_at__lt=instant(end_tick),
        appointment__status__in=LIVE,
        appointment__practitioner_id__in=names,
    ).values_list("appointment_id", "appointment__practitioner_id", "starts_at", "ends_at", "phase")
    hers = set(
        AppointmentSpan.objects.filter(
            clinic_id=clinic_id,
            resource_kind="practitioner",
            starts_at__gte=instant(first_tick),
            starts_at__lt=instant(end_tick),
        ).values_list("appointment_id", "phase")
    )
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for appointment, practitioner, start, end, phase in spans:
        if (appointment, phase) not in hers:
            found[practitioner].append((int(start.timestamp()) // TICK_SECONDS, int(end.timestamp()) // TICK_SECONDS))
    return {number: Retained(stretches=found[number], most_at_once=MOST_RETAINED_AT_ONCE) for number in names}


def _offer(free: FreeTime, names: dict[int, str], minutes: int) -> Offer:
    starts_at = instant(free.tick)
    return Offer(
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
        practitioner_id=free.practitioner,
        practitioner_name=names[free.practitioner],
        room_id=free.room,
    )


def n_live_for_contact(actor: Actor, *, phone: str, email: str, at: datetime) -> int:
    """How many future visits this telephone number or e-mail address holds."""
    contact = Q()
    if digits(phone):
        contact |= Q(patient__phone_digits=digits(phone)[:20])
    if email.strip():
        contact |= Q(patient__email__iexact=email.strip())
    if not contact:
        return 0
    rows = Appointment.objects.filter(contact, clinic_id=actor.clinic_id, starts_at__gt=at)
    return rows.exclude(status=AppointmentStatus.CANCELLED.value).count()


def practitioner_name(actor: Actor, pk: int) -> str:
    """The name of a practitioner of the clinic.

    Raises:
        NotFound: there is none such.
    """
    return Practitioner.objects.for_actor(actor).get_or_not_found(pk=pk).name


def price_cents_of(actor: Actor, kind: str) -> int:
    """The price of one visit of a kind of service, in cents; 0 when the clinic does not offer it."""
    return Service.objects.for_actor(actor).filter(kind=kind).values_list("price_cents", flat=True).first() or 0
