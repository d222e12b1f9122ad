"""Reading the diary: what can be booked, when, and who comes today."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from myotome.clinic.audit.prepared import Prepared
from myotome.clinic.booking.hours import rooms_at, working_by_place
from myotome.clinic.booking.kept import SetUp, set_up_of
from myotome.clinic.booking.models import Appointment, Service
from myotome.clinic.booking.taken import NOTHING, taken_between
from myotome.clinic.people.links import row_of_link
from myotome.clinic.people.models import Clinic, Place, Practitioner
from myotome.clinic.people.queries import digits
from myotome.clinic.screening.models import Course
from myotome.science.booking.free import Diary, FreeTime, Question, Retained, Run, free_runs, in_order
from myotome.science.booking.phases import Who, stretches
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.errors import InvalidValue, LinkExpired, NotAllowed, NotFound
from myotome.vocabulary.scheduling import TICK_SECONDS, AppointmentStatus, Phase, ServiceKind, instant, tick_of

LIVE = [
    status.value
    for status in AppointmentStatus
    if status not in {AppointmentStatus.CANCELLED, AppointmentStatus.NO_SHOW}
]
LONGEST_WINDOW_DAYS = 62
_booked_with = Prepared(
    lambda clinic_id, key: Appointment.objects.filter(clinic_id=clinic_id, idempotency_key=key), 7_000_001, "a key"
)
_courses = Prepared(lambda patient_id: Course.objects.filter(patient_id=patient_id).values_list("pk")[:1], 7_000_001)


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """A free time as it is offered: aware start in UTC, the practitioner and the room that would be taken, and where.

    `zone` is the place's: what its wall says then is what everybody is told.
    """

    starts_at: datetime
    ends_at: datetime
    practitioner_id: int
    practitioner_name: str
    room_id: int | None
    place_name: str
    zone: str
    held_until: datetime | None = None
    """Until when it is kept for the one who asks, where she holds it herself."""

    @property
    def on(self) -> date:
        """The day on the wall of its place."""
        return self.starts_at.astimezone(ZoneInfo(self.zone)).date()


def services_for(actor: Actor, *, for_new_patients: bool = False) -> list[Service]:
    """Active services with their phases; for new patients only those they may book."""
    rows = [row for row in set_up_of(actor.clinic_id).services.values() if row.is_active]
    return [row for row in rows if row.new_patients_may_book] if for_new_patients else rows


def services_in_care(actor: Actor, *, known: SetUp | None = None) -> list[Service]:
    """Active treatments that a patient in care may book by herself; `known` is the clinic's set-up where at hand."""
    rows = (known or set_up_of(actor.clinic_id)).services.values()
    return [row for row in rows if row.is_active and row.in_care_may_book and not row.is_assessment]


def services_after_the_first(actor: Actor) -> list[Service]:
    """What series and waiting lists are for: everything active but the assessments that new patients begin with."""
    return [row for row in services_for(actor) if not (row.is_assessment and row.new_patients_may_book)]


def services_of_kind(actor: Actor, kind: str) -> list[Service]:
    """The clinic's active services of one kind, in their order."""
    return [row for row in services_for(actor) if row.kind == kind]


def service_meant(actor: Actor, kind: str, *wished: int | None) -> Service | None:
    """The first of the wished services (by id) that is active and of this kind, else the clinic's first of it, if any."""
    return meant_among(services_for(actor), kind, *wished)


def meant_among(services: Sequence[Service], kind: str, *wished: int | None) -> Service | None:
    """As `service_meant`, of these services."""
    offered = {row.pk: row for row in services if row.kind == kind}
    first = next(iter(offered), None)
    return next((offered[pk] for pk in (*wished, first) if pk in offered), None)


def service_for(actor: Actor, pk: int) -> Service:
    """One active service.

    Raises:
        NotFound: the clinic has none such.
    """
    return active_service(set_up_of(actor.clinic_id), pk)


def active_service(set_up: SetUp, pk: int) -> Service:
    """The service of this set-up; raises as `service_for`."""
    service = set_up.services.get(pk)
    if service is None or not service.is_active:
        raise NotFound("There is nothing here that you can see.")
    return service


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
    ignore_hold_ids: Collection[int] = (),
    step_minutes: int = 15,
    known: SetUp | None = None,
) -> list[Offer]:
    """Real free times from working hours, rooms and bookings, in order of time; raises as `free_times_in`."""
    found = free_times_in(
        actor,
        service=service,
        first_day=first_day,
        n_days=n_days,
        at=at,
        practitioner_id=practitioner_id,
        patient_id=patient_id,
        ignore_appointment_id=ignore_appointment_id,
        ignore_hold_ids=ignore_hold_ids,
        step_minutes=step_minutes,
        known=known,
    )
    minutes = sum(phase.minutes for phase in phases_of(service))
    offers = [
        _offer(free, found.names, minutes, place)
        for place, runs in found.by_place
        for free in in_order(runs, found.first_tick)
    ]
    if len(found.by_place) > 1:
        offers.sort(key=lambda offer: (offer.starts_at, offer.practitioner_id))
    return offers


@dataclass(frozen=True, slots=True)
class FreeTimes:
    """The bare answer: at each place runs of starts by practitioner and room; the tick they count from, and who is who."""

    by_place: list[tuple[Place, list[Run]]]
    first_tick: int
    names: dict[int, str]

    @property
    def runs(self) -> list[Run]:
        """Of all places, by practitioner."""
        return sorted((run for _, runs in self.by_place for run in runs), key=lambda run: run.practitioner)


def free_times_in(
    actor: Actor,
    *,
    service: Service,
    first_day: date,
    n_days: int,
    at: datetime,
    practitioner_id: int | None = None,
    patient_id: int | None = None,
    ignore_appointment_id: int | None = None,
    ignore_hold_ids: Collection[int] = (),
    step_minutes: int = 15,
    known: SetUp | None = None,
) -> FreeTimes:
    """Every free time of the window, for one practitioner or anybody who gives the service, in any room it may have.

    A patient who treats here too is offered none with herself, and none at which she treats. `known` is the clinic's set-up
    where it is at hand.

    Raises:
        InvalidValue: a window of no days, or of more than 62; steps that are not a multiple of 5 minutes up to a day.
    """
    if not 5 <= step_minutes <= 1440 or step_minutes % 5:
        raise InvalidValue("Starts lie 5, 10, 15 ... minutes apart.", field="step")
    if not 1 <= n_days <= LONGEST_WINDOW_DAYS:
        raise InvalidValue(
            "Ask for 1 to {longest_window_days} days.", field="n_days", longest_window_days=LONGEST_WINDOW_DAYS
        )
    set_up = known or set_up_of(actor.clinic_id)
    flag = next(iter(treats(service)))
    herself = set_up.own.get(patient_id or 0)

    def gives_it(row: Practitioner) -> bool:
        return row.is_active and getattr(row, flag) and practitioner_id in {None, row.pk} and row.pk != herself

    last_day = first_day + timedelta(days=n_days - 1)
    first_tick = tick_of(datetime.combine(first_day - timedelta(days=1), time(), tzinfo=UTC))
    end_tick = tick_of(datetime.combine(last_day + timedelta(days=2), time(), tzinfo=UTC))
    working = set_up.once(
        ("working", flag, service.credential, practitioner_id, herself, first_day, last_day),
        lambda: working_by_place(set_up, gives_it, first_day, last_day, credential=service.credential),
    )
    rooms = rooms_at(set_up, service)
    phases = phases_of(service)
    rests = bool(stretches(phases, Who.REST))
    diary = taken_between(
        actor.clinic_id, first_tick, end_tick, at=at, patient_id=patient_id, resting=rests,
        ignore_appointment_id=ignore_appointment_id, ignore_hold_ids=ignore_hold_ids, own=set_up.own,
    )  # fmt: skip
    question = Question(
        phases=phases,
        first_tick=first_tick,
        end_tick=end_tick,
        step_ticks=step_minutes * 60 // TICK_SECONDS,
        buffer_ticks=service.buffer_minutes * 60 // TICK_SECONDS,
        turnover_ticks=service.turnover_minutes * 60 // TICK_SECONDS,
        not_before_tick=tick_of(at) + 1,
        patient_taken=diary.patient,
    )

    def busy(resource: str) -> Any:
        return diary.busy.get(resource, NOTHING)

    found: list[tuple[Place, list[Run]]] = []
    for place_id, hours in working.items():
        always = [interval for intervals in hours.values() for interval in intervals]
        runs = free_runs(
            question,
            {pk: Diary(working=one, busy=busy(f"practitioner:{pk}")) for pk, one in hours.items()},
            {pk: Diary(working=always, busy=busy(f"room:{pk}")) for pk in rooms.get(place_id, ())},
            {
                pk: Retained(stretches=diary.resting.get(pk, NOTHING), most_at_once=service.most_resting)
                for pk in hours
                if rests
            },
        )
        found.append((set_up.places[place_id], runs))
    names = {pk: set_up.practitioners[pk].name for hours in working.values() for pk in hours}
    return FreeTimes(found, first_tick, names)


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
    return rows.select_related("service", "practitioner", "place").order_by("-starts_at")


def appointment_by_link(clinic: Clinic, token: str) -> Appointment:
    """The appointment of a change-or-cancel link.

    Raises:
        NotFound: not a link of this clinic.
        LinkExpired: a newer link was sent.
    """
    rows = Appointment.objects.filter(clinic=clinic).select_related("patient", "service", "practitioner", "place")
    row, version = row_of_link(rows, "appointment", token)
    if row.link_version != version:
        raise LinkExpired("This link has been replaced. Please use the newest link you were sent.")
    return row


def booked_with(actor: Actor, key: str) -> Appointment | None:
    """The appointment that this form's key has booked already."""
    found: list[Appointment] = _booked_with(actor.clinic_id, key)
    return found[0] if found else None


def is_new(patient_id: int) -> bool:
    """True for a patient who has no course of care yet."""
    return not _courses(patient_id)


def check_may_book(service: Service, *, patient_id: int | None, newcomer: bool | None = None) -> None:
    """Nothing, when this patient may book this service; `newcomer` spares the question whether she is new.

    Raises:
        NotAllowed: a new patient begins with an assessment.
    """
    if service.new_patients_may_book:
        return
    if patient_id is None or (is_new(patient_id) if newcomer is None else newcomer):
        raise NotAllowed("A new patient begins with an assessment.")


def _offer(free: FreeTime, names: dict[int, str], minutes: int, place: Place) -> Offer:
    starts_at = instant(free.tick)
    return Offer(
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
        practitioner_id=free.practitioner,
        practitioner_name=names[free.practitioner],
        room_id=free.room,
        place_name=place.name,
        zone=place.time_zone,
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
    return practitioner_of(actor, pk).name


def practitioner_of(actor: Actor, pk: int) -> Practitioner:
    """A practitioner of the clinic.

    Raises:
        NotFound: there is none such.
    """
    return practitioner_in(set_up_of(actor.clinic_id), pk)


def practitioner_in(set_up: SetUp, pk: int) -> Practitioner:
    """The practitioner of this set-up; raises as `practitioner_of`."""
    found = set_up.practitioners.get(pk)
    if found is None:
        raise NotFound("There is nothing here that you can see.")
    return found
