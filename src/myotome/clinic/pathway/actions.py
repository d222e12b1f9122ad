"""One function per event of care. This is the only stage that knows the order; faces call it.

Each runs in one transaction: what one stage writes and what the next must do about it stand or fall together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from myotome.clinic.assessment.actions import begin_examination
from myotome.clinic.assessment.models import Examination
from myotome.clinic.audit.actions import record
from myotome.clinic.booking.actions import attach_course, book, cancel, step
from myotome.clinic.booking.claims import give_claims_to
from myotome.clinic.booking.her_holds import intake_key
from myotome.clinic.booking.holds import let_go
from myotome.clinic.booking.kept import SetUp
from myotome.clinic.booking.models import Appointment
from myotome.clinic.booking.own_records import check_one_practitioner, claim_for_both
from myotome.clinic.booking.placing import wanted_for
from myotome.clinic.booking.queries import appointment_for, booked_with, is_new, n_live_for_contact
from myotome.clinic.booking.waitlist import end_wishes_of_course
from myotome.clinic.followup.actions import ask_before_visit, ask_two_days_after, discharge, renew_forecast
from myotome.clinic.followup.models import Discharge
from myotome.clinic.needling import actions as needling
from myotome.clinic.needling.aftercare import ask_after_visit
from myotome.clinic.needling.locks import held_visit
from myotome.clinic.needling.models import NeedleInsertion, TreatmentVisit
from myotome.clinic.needling.queries import visit_for
from myotome.clinic.pathway.baseline import baseline_taken
from myotome.clinic.pathway.next_visit import next_booked, next_wanted, why_not
from myotome.clinic.pathway.roots import belief_of_visit, keep_roots
from myotome.clinic.people.actions import begin_care, check_contacts, create_patient
from myotome.clinic.people.merging import merge_patients, unmerge_patients
from myotome.clinic.people.models import Patient, PatientMerge
from myotome.clinic.planning.queries import current_plan
from myotome.clinic.screening.courses import courses_for, open_course, open_course_id
from myotome.clinic.screening.intakes import course_facts, give_intake_to, lock_intake
from myotome.clinic.screening.models import Course, Intake
from myotome.vocabulary import needling as words
from myotome.vocabulary.actors import Actor, Via
from myotome.vocabulary.courses import CourseOutcome, RedFlagLevel
from myotome.vocabulary.errors import BookingStopped, InvalidValue, MyotomeError, TooManyAttempts
from myotome.vocabulary.scheduling import AppointmentStatus, ServiceKind

MOST_LIVE_PER_CONTACT = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Who books: identity and contacts as typed."""

    given_name: str
    family_name: str
    born_on: date
    phone: str = ""
    email: str = ""
    language: str = "en"


@transaction.atomic
def new_patient_booked(
    *,
    by: Actor,
    at: datetime,
    person: Person,
    intake: Intake,
    service_id: int,
    practitioner_id: int,
    starts_at: datetime,
    key: str,
    to_phone: bool = False,
) -> Appointment:
    """The first appointment of somebody new, with her answers and what they caution.

    With `to_phone` the time is held as a request until somebody has phoned, whatever the answers are.

    Raises:
        InvalidValue: no way to reach her.
        TooManyAttempts: this contact already holds four times.
        and everything that `booking.actions.book` raises.
    """
    lock_intake(by=by, intake=intake)  # of two clicks the second waits here, and finds what the first has booked
    if booked_with(by, key) is None:
        check_person(by, person, at=at)
    patient = intake.patient or create_patient(
        by=by,
        at=at,
        given_name=person.given_name,
        family_name=person.family_name,
        born_on=person.born_on,
        phone=person.phone,
        email=person.email,
        language=person.language,
    )
    give_intake_to(by=by, at=at, intake=intake, patient_id=patient.pk)
    let_go(by=by, key=intake_key(intake.pk))  # the time that her form held is hers to take
    return patient_booked(
        by=by,
        at=at,
        patient=patient,
        service_id=service_id,
        practitioner_id=practitioner_id,
        starts_at=starts_at,
        intake=intake,
        key=key,
        to_phone=to_phone,
    )


def check_person(by: Actor, person: Person, *, at: datetime) -> None:
    """Nothing, when this person can be reached and the public may book for her.

    Raises:
        InvalidValue: no way to reach her, or an address or a number that reaches nobody.
        TooManyAttempts: this contact holds four visits already.
    """
    if not person.phone.strip() and not person.email.strip():
        raise InvalidValue("Please leave a telephone number or an e-mail address.", field="phone")
    check_contacts(phone=person.phone, email=person.email)
    n_live = n_live_for_contact(by, phone=person.phone, email=person.email, at=at) if by.via is Via.PUBLIC else 0
    if n_live >= MOST_LIVE_PER_CONTACT:
        raise TooManyAttempts("Four visits are already booked with this contact. Please phone us.")


def patient_booked(
    *,
    by: Actor,
    at: datetime,
    patient: Patient,
    service_id: int,
    practitioner_id: int,
    starts_at: datetime,
    intake: Intake | None = None,
    course_id: int | None = None,
    key: str | None = None,
    note_for_desk: str = "",
    newcomer: bool | None = None,
    to_phone: bool = False,
    known: SetUp | None = None,
) -> Appointment:
    """The appointment, and for a visit of a course the two questions that come before it.

    `known` is the clinic's set-up where it is at hand.

    Raises:
        BookingStopped: somebody new who was not asked the safety questions, and whatever `booking.actions.book` raises.
    """
    newcomer = is_new(patient.pk) if newcomer is None else newcomer
    if intake is None and newcomer:
        raise BookingStopped("Ask the safety questions before you book.")
    # What can be asked without a lock is asked before the transaction: on SQLite everybody else waits for it.
    wanted = None
    if key is None or booked_with(by, key) is None:
        wanted = wanted_for(
            by,
            at=at,
            service_id=service_id,
            practitioner_id=practitioner_id,
            starts_at=starts_at,
            patient_id=patient.pk,
            newcomer=newcomer,
            known=known,
        )

    level = RedFlagLevel(intake.level) if intake and not intake.called_at else RedFlagLevel.NONE
    if to_phone and level is not RedFlagLevel.EMERGENCY:
        level = RedFlagLevel.CALL_FIRST

    def ask(appointment: Appointment) -> None:
        ask_before_visit(by=by, at=at, course=Course.objects.get(pk=course_id), appointment=appointment)

    return book(
        by=by,
        at=at,
        patient_id=patient.pk,
        service_id=service_id,
        practitioner_id=practitioner_id,
        starts_at=starts_at,
        level=level,
        intake_id=intake.pk if intake else None,
        course_id=course_id,
        key=key,
        note_for_desk=note_for_desk,
        wanted=wanted,
        patient=patient,
        also=ask if course_id is not None else None,
    )


@transaction.atomic
def assessment_begun(*, by: Actor, at: datetime, appointment_id: int) -> Examination:
    """The examination of an assessment, in a course that is opened from the intake when there is none."""
    appointment = appointment_for(by, appointment_id)
    begin_care(by=by, at=at, patient_id=appointment.patient_id, user_id=by.user_id, kind="treating")
    course = appointment.course or _open_course_of(by, appointment.patient_id)
    if course is None:
        intake = (
            Intake.objects.filter(clinic_id=by.clinic_id, patient_id=appointment.patient_id).order_by("-pk").first()
        )
        facts = course_facts(intake, at=at) if intake else {"complaint": appointment.service.name}
        course = open_course(by=by, at=at, patient_id=appointment.patient_id, intake=intake, **facts)
        if intake is not None:
            baseline_taken(by=by, at=at, course=course, intake=intake)
    attach_course(by=by, at=at, appointment_id=appointment_id, course_id=course.pk)
    _step_if_possible(by, at, appointment_id, AppointmentStatus.IN_ROOM)
    return begin_examination(by=by, at=at, course_id=course.pk, appointment_id=appointment_id)


@transaction.atomic
def visit_opened(*, by: Actor, at: datetime, appointment_id: int) -> TreatmentVisit:
    """The visit of an appointment, in its course, with the plan in force.

    Raises:
        InvalidValue: the patient has no open course; it begins with an assessment.
    """
    appointment = appointment_for(by, appointment_id)
    begin_care(by=by, at=at, patient_id=appointment.patient_id, user_id=by.user_id, kind="treating")
    course = appointment.course or _open_course_of(by, appointment.patient_id)
    if course is None:
        raise InvalidValue("There is no open course. It begins with an assessment.", field="course")
    acupuncture = {ServiceKind.ACUPUNCTURE.value, ServiceKind.ASSESSMENT_ACUPUNCTURE.value}
    mode = words.TreatmentMode.ACUPUNCTURE if appointment.service.kind in acupuncture else words.TreatmentMode.IMS
    plan = current_plan(by, course_id=course.pk, mode=mode.value)
    attach_course(by=by, at=at, appointment_id=appointment_id, course_id=course.pk)
    _step_if_possible(by, at, appointment_id, AppointmentStatus.IN_ROOM)
    room = appointment.spans.filter(resource_kind="room").first()
    return needling.open_visit(
        by=by,
        at=at,
        course_id=course.pk,
        mode=mode,
        appointment_id=appointment_id,
        plan_id=plan.pk if plan else None,
        room_id=room.room_id if room else None,
    )


@transaction.atomic
def needle_responded(*, by: Actor, at: datetime, visit_id: int, needle: words.NeedleInsertion) -> NeedleInsertion:
    """The needle charted; what it met is evidence for the next look at the roots.

    The first one of a visit that was closed without any is asked about a day later too.
    """
    row = needling.record_insertion(by=by, at=at, visit_id=visit_id, needle=needle)
    if row.found_at is not None:
        ask_after_visit(by=by, at=at, visit=row.visit)
    return row


def visit_closed(
    *,
    by: Actor,
    at: datetime,
    visit_id: int,
    version: int,
    sign: bool = False,
    next_at: datetime | None = None,
    no_next_because: words.NoNextVisit | None = None,
    **closing: object,
) -> TreatmentVisit:
    """One act: visit closed with every needle accounted for, roots kept, appointment done, forecast renewed, check queued.

    No fault of the forecast keeps anything from closing: the last one stands then, and the course page says so.
    The appointment that is done stands with the desk, to be charged at the clinic's price. With `sign` it is signed in
    the same act. With `next_at` the next visit is booked then, or, where it cannot be, the visit says why and closes
    all the same. The roots are worked out before the transaction begins, so that nobody waits for them with the tables locked.

    Raises:
        NeedleUnaccountedFor: a needle is in; nothing at all is closed.
    """
    visit = visit_for(by, visit_id)
    was_open = visit.closed_at is None
    belief = belief_of_visit(by, visit) if was_open else None
    wanted, not_next = None, {}
    if was_open and next_at:
        try:
            wanted = next_wanted(by, visit, at=at, starts_at=next_at)
        except MyotomeError as refusal:
            not_next = why_not(refusal)
    with transaction.atomic():
        if was_open and next_at:
            visit, no_next_because = held_visit(by, visit_id), None
            if wanted and visit.closed_at is None:
                try:
                    next_booked(by, visit, wanted, at=at)
                except MyotomeError as refusal:
                    not_next = why_not(refusal)
            if not_next:
                no_next_because = not_next.pop("no_next_because")
                closing |= not_next | {"next_refused_at": next_at}
        visit = needling.close_visit(
            by=by, at=at, visit_id=visit_id, version=version, no_next_because=no_next_because, **closing
        )
        if belief is not None:
            keep_roots(by=by, at=at, visit=visit, belief=belief)
        if visit.appointment_id is not None:
            _step_if_possible(by, at, visit.appointment_id, AppointmentStatus.DONE)
        renew_forecast(by=by, at=at, course_id=visit.course_id)
        ask_two_days_after(by=by, at=at, visit=visit)
        ask_after_visit(by=by, at=at, visit=visit)
        if sign:
            visit = needling.sign_visit(by=by, at=at, visit_id=visit_id)
    return visit


@transaction.atomic
def request_phoned(
    *, by: Actor, at: datetime, appointment_id: int, go_on: bool, outcome: str, version: int | None = None
) -> Appointment:
    """A held time after the practitioner's call: booked or given back, with what was said.

    Raises:
        StaleVersion: the time was changed since the page was read, whose `version` came with it.
        InvalidValue: nothing was said about the call.
    """
    appointment = appointment_for(by, appointment_id)
    if not outcome.strip():
        raise InvalidValue("Please write what the call came to.", field="outcome")
    if appointment.intake_id:
        Intake.objects.filter(pk=appointment.intake_id, clinic_id=by.clinic_id).update(
            called_at=at, called_by=by.name, call_outcome=outcome.strip()
        )
    record(by=by, at=at, act="request.phoned", subject=appointment, patient_id=appointment.patient_id, go_on=go_on)
    to = AppointmentStatus.BOOKED if go_on else AppointmentStatus.CANCELLED
    return step(by=by, at=at, appointment_id=appointment_id, to=to, is_phoned=True, version=version)


def _open_course_of(by: Actor, patient_id: int) -> Course | None:
    return courses_for(by, patient_id=patient_id).filter(closed_at__isnull=True).first()


def _step_if_possible(by: Actor, at: datetime, appointment_id: int, to: AppointmentStatus) -> None:
    """The appointment follows what happens in the room; a step that makes no sense any more is left."""
    try:
        with transaction.atomic():
            step(by=by, at=at, appointment_id=appointment_id, to=to, is_charted=True)
    except MyotomeError:
        return


@transaction.atomic
def course_discharged(
    *, by: Actor, at: datetime, course_id: int, version: int, outcome: CourseOutcome, reason: str = ""
) -> Discharge:
    """The course ended; visits still booked or asked for in it are free again, their patients told.

    She waits for nothing of it any more, and what was held for her is offered to the next.
    """
    row = discharge(by=by, at=at, course_id=course_id, version=version, outcome=outcome, reason=reason)
    course = Course.objects.get(pk=course_id)
    ahead = (AppointmentStatus.BOOKED.value, AppointmentStatus.REQUESTED.value)
    is_last = open_course_id(clinic_id=by.clinic_id, patient_id=course.patient_id) is None
    end_wishes_of_course(by=by, at=at, course_id=course_id, patient_id=course.patient_id, is_last=is_last)
    for appointment in Appointment.objects.filter(
        clinic_id=by.clinic_id, course_id=course_id, starts_at__gt=at, status__in=ahead
    ):
        cancel(by=by, at=at, appointment_id=appointment.pk)
    return row


@transaction.atomic
def patients_joined(*, by: Actor, at: datetime, keep_id: int, merge_id: int) -> PatientMerge:
    """Two records of one person as one, their times in the diary included.

    Raises:
        AlreadyBooked: both are booked at the same time, or one while the other treats; nothing is joined.
        InvalidValue: both are practitioners, and not the same one.
    """
    check_one_practitioner(keep_id=keep_id, merge_id=merge_id)
    row = merge_patients(by=by, at=at, keep_id=keep_id, merge_id=merge_id)
    give_claims_to(from_patient=merge_id, to_patient=keep_id)
    claim_for_both(keep_id, at=at)
    return row


@transaction.atomic
def patients_parted(*, by: Actor, at: datetime, merge_id: int) -> PatientMerge:
    """Two joined records as they were, each with its own times."""
    row = unmerge_patients(by=by, at=at, merge_id=merge_id)
    give_claims_to(from_patient=row.kept_id, to_patient=row.merged_id)
    for pk in (row.kept_id, row.merged_id):
        claim_for_both(pk, at=at)
    return row
