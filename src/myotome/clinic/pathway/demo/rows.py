"""A course written as rows: appointments with their spans, intake, examination, plan, visits, needles, measures."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import models

from myotome.clinic.assessment.models import ExamFinding, Examination
from myotome.clinic.booking.claims import claims_for, resting_keys, resting_ticks, spans_for
from myotome.clinic.booking.models import Appointment, AppointmentSpan, Claim
from myotome.clinic.followup.models import Discharge, MeasureAnswer, MeasureRequest, MeasureScore
from myotome.clinic.needling.models import AdverseEvent, AfterAnswer, AfterCheck, NeedleInsertion, TreatmentVisit
from myotome.clinic.pathway.demo.house import House
from myotome.clinic.pathway.demo.person import Person
from myotome.clinic.people.models import CareRelation, Patient, Practitioner
from myotome.clinic.planning.models import Consent, Plan, PlannedSite
from myotome.clinic.screening.models import Course, Intake, PatientFact, RedFlagAnswer
from myotome.knowledge.screening import content
from myotome.vocabulary.scheduling import Phase

ORDER: tuple[type[models.Model], ...] = (
    Patient,
    CareRelation,
    Intake,
    RedFlagAnswer,
    PatientFact,
    Course,
    Appointment,
    AppointmentSpan,
    Claim,
    Examination,
    ExamFinding,
    Plan,
    PlannedSite,
    Consent,
    TreatmentVisit,
    NeedleInsertion,
    AfterCheck,
    AfterAnswer,
    AdverseEvent,
    MeasureRequest,
    MeasureAnswer,
    MeasureScore,
    Discharge,
)


@dataclass
class Batch:
    """Rows that wait to be written, by model; written in the order of care so that keys exist."""

    rows: dict[type[models.Model], list[Any]] = field(default_factory=lambda: {model: [] for model in ORDER})

    def add(self, row: Any) -> Any:
        """The row, queued."""
        self.rows[type(row)].append(row)
        return row

    def write(self) -> int:
        """How many rows were written; foreign keys are taken from rows saved before."""
        n = 0
        for model in ORDER:
            rows = self.rows[model]
            for row in rows:
                for f in model._meta.concrete_fields:
                    if f.is_relation and f.is_cached(row):
                        setattr(row, f.name, getattr(row, f.name))
            model._base_manager.bulk_create(rows, batch_size=2000)
            n += len(rows)
        self.rows = {model: [] for model in ORDER}
        return n


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A time in the diary for one appointment of the course."""

    starts_at: datetime
    room_id: int
    phases: list[Phase]
    service: Any
    status: str


def add_patient(batch: Batch, house: House, person: Person, who: Practitioner, at: datetime) -> Patient:
    """The patient, her care relation and her facts."""
    from myotome.clinic.people.queries import digits, search_key

    patient = batch.add(
        Patient(
            clinic=house.clinic,
            given_name=person.given_name,
            family_name=person.family_name,
            search_name=search_key(f"{person.given_name} {person.family_name}"),
            born_on=person.born_on,
            phone=person.phone,
            phone_digits=digits(person.phone),
            email=person.email,
            created_at=at,
        )
    )
    batch.add(CareRelation(clinic=house.clinic, user_id=who.user_id, patient=patient, kind="booked", started_at=at))
    for code, words in person.facts:
        batch.add(
            PatientFact(
                clinic=house.clinic,
                patient=patient,
                code=code,
                state="present",
                detail=words,
                noted_at=at,
                noted_by=patient.name,
            )
        )
    return patient


def add_intake(
    batch: Batch, house: House, person: Person, patient: Patient, at: datetime, *, level: str = "none"
) -> Intake:
    """The intake with its safety answers, all "no" but what the level says."""
    intake = batch.add(
        Intake(
            clinic=house.clinic,
            patient=patient,
            content_version=content().version,
            channel="online",
            regions=person.answers["regions"],
            answers=person.answers,
            step="mood",
            level=level,
            started_at=at,
            submitted_at=at,
        )
    )
    flagged = False
    for flag in content().flags:
        if person.condition.pain_region in flag.asked_for:
            raised = level != "none" and not flagged and flag.level.value == level
            flagged = flagged or raised
            batch.add(
                RedFlagAnswer(
                    clinic=house.clinic,
                    intake=intake,
                    code=flag.code,
                    answer="yes" if raised else "no",
                    level=level if raised else "none",
                    answered_at=at,
                    answered_by=patient.name,
                )
            )
    return intake


def add_course(batch: Batch, house: House, person: Person, patient: Patient, intake: Intake, at: datetime) -> Course:
    """The course that the assessment opened."""
    name = person.condition.lay_name or person.condition.name
    return batch.add(
        Course(
            clinic=house.clinic,
            patient=patient,
            intake=intake,
            complaint=f"{name[:1].upper()}{name[1:]}, {person.side}",
            condition=person.condition.id,
            regions=[person.condition.pain_region.value],
            onset_on=person.onset_on,
            duration_weeks=person.weeks,
            n_segments=person.n_segments,
            prior_surgery=person.scar,
            expected_duration=person.answers["expectation"],
            opened_at=at,
        )
    )


def add_appointment(
    batch: Batch,
    house: House,
    patient: Patient,
    who: Practitioner,
    course: Course | None,
    slot: Slot,
    *,
    made_at: datetime,
    intake: Intake | None = None,
    keep_spans: bool,
    claim: bool,
) -> Appointment:
    """The appointment; spans near today, claims from today on (nobody books the past)."""
    minutes = sum(phase.minutes for phase in slot.phases)
    row = Appointment(
        clinic=house.clinic,
        place=house.place,
        patient=patient,
        practitioner=who,
        service=slot.service,
        course=course,
        starts_at=slot.starts_at,
        ends_at=slot.starts_at + timedelta(minutes=minutes),
        status=slot.status,
        created_at=made_at,
        created_by=patient.name,
        done_at=slot.starts_at + timedelta(minutes=minutes) if slot.status == "done" else None,
    )
    batch.add(row)
    if keep_spans:
        spans = _spans(row, slot)
        for span in spans:
            batch.add(span)
        if claim:
            row._demo_resting = resting_ticks(slot.starts_at, slot.phases)
            row._demo_spans = spans  # claims need the patient's key, which the first write gives
    return row


def _spans(row: Appointment, slot: Slot) -> list[AppointmentSpan]:
    patient_id, row.patient_id = row.patient_id, row.patient_id
    spans = spans_for(row, slot.phases, room_id=slot.room_id)
    for span in spans:
        if span.resource_kind == "patient":
            span.patient = row.patient
    row.patient_id = patient_id
    return spans


def claims_of(rows: list[Appointment]) -> list[Claim]:
    """The claims of appointments whose spans were kept, once everything has its key."""
    found: list[Claim] = []
    rested: set[tuple[str, int]] = set()
    for row in rows:
        spans = getattr(row, "_demo_spans", None)
        if spans:
            for span in spans:
                span.appointment = row
                if span.resource_kind == "patient":
                    span.patient = row.patient
            resting = resting_keys(row.practitioner_id, row._demo_resting, rested, most=row.service.most_resting)
            rested |= set(resting)
            found += claims_for(spans, resting)
    return found
