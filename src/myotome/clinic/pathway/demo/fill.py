"""Fills an empty installation with the demo clinic, in batches, with a progress callback."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone

from myotome.clinic.audit.actions import record
from myotome.clinic.booking.models import Appointment, Claim
from myotome.clinic.followup.actions import refresh_forecast, share
from myotome.clinic.needling.models import TreatmentVisit
from myotome.clinic.pathway.demo import examined, rows, treatment
from myotome.clinic.pathway.demo.afterwards import add_check, fill_stock
from myotome.clinic.pathway.demo.diary import Diary
from myotome.clinic.pathway.demo.ended import add_end
from myotome.clinic.pathway.demo.house import PASSWORD, House, build_house
from myotome.clinic.pathway.demo.money import take_money
from myotome.clinic.pathway.demo.person import Person, invent
from myotome.clinic.people.days import clinic_day
from myotome.clinic.people.links import page_link
from myotome.clinic.people.models import Clinic, Patient, Practitioner
from myotome.clinic.people.queries import actor_of, system_actor
from myotome.clinic.screening.models import Course
from myotome.vocabulary.actors import Via
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.needling import TreatmentMode
from myotome.vocabulary.scheduling import Phase, ServiceKind

BATCH = 200
COURSES_A_DAY = 0.55
FEWEST_DAYS = 120
NEAR_DAYS = 30
AHEAD = 6
LINK_LASTS = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Filled:
    """What the command prints: the clinic's slug and rows of (who, address, word)."""

    slug: str
    logins: list[tuple[str, str, str]]


def fill_clinic(
    *,
    patients: int = 300,
    seed: int = 1,
    at: datetime | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Filled:
    """The demo clinic written: its slug, the logins, and the first patient's own page with the birth date it asks.

    The years of the clinic grow with `patients` and its staff. `progress(done, of)` is called after each batch.

    Raises:
        InvalidValue: fewer than one patient, or a demo clinic is there already.
    """
    if patients < 1:
        raise InvalidValue("A demo clinic has at least one patient.", field="patients")
    if Clinic.objects.exists():
        raise InvalidValue("This database holds a clinic already; the demo fills an empty one.", field="patients")
    at = at or timezone.now()
    rng, afterwards = (np.random.Generator(np.random.PCG64(seeds)) for seeds in (seed, [seed, 1]))
    with transaction.atomic():
        house = build_house(n_patients=patients, at=at)
    diary = Diary(house, rng)
    n_days = max(FEWEST_DAYS, round(patients / (COURSES_A_DAY * len(house.practitioners))))
    phases = {kind: [phase.as_value() for phase in service.phases.all()] for kind, service in house.services.items()}
    first_patient: Patient | None = None
    for start in range(0, patients, BATCH):
        batch = rows.Batch()
        for number in range(start, min(start + BATCH, patients)):
            patient = _one(batch, rng, house, diary, phases, number=number, n_days=n_days, at=at)
            first_patient = first_patient or patient
        for visit in batch.rows[TreatmentVisit]:
            add_check(batch, afterwards, house, visit, at)
        with transaction.atomic():
            appointments: list[Appointment] = batch.rows[Appointment]
            n_rows = batch.write()
            Claim.objects.bulk_create(rows.claims_of(appointments), batch_size=2000)
            by = system_actor(house.clinic, name="the demo", via=Via.COMMAND)
            record(by=by, at=at, act="demo.filled", first=start, n_rows=n_rows)
        if progress:
            progress(min(start + BATCH, patients), patients)
    assert first_patient is not None
    _share_with(first_patient, house, at)
    take_money(house, rng, at=at)
    with transaction.atomic():
        fill_stock(house, at=at)
    logins = [
        ("receptionist", "robin"),
        ("IMS practitioner", "elena"),
        ("acupuncturist", "mei"),
        ("owner", "owner"),
    ]
    return Filled(
        slug=house.clinic.slug,
        logins=[
            *((role, f"{login}@alder.example", PASSWORD) for role, login in logins),
            (
                f"patient {first_patient.name}",
                f"/{house.clinic.slug}/me/page/{page_link(first_patient, visit_on=clinic_day(house.clinic, at) + LINK_LASTS)}/",
                f"born {first_patient.born_on.isoformat()}",
            ),
        ],
    )


def _share_with(patient: Patient, house: House, at: datetime) -> None:
    """The first patient's practitioner has shared the chart and the stop rule, so that her page has something to show."""
    course = Course.objects.filter(patient=patient).first()
    user = house.practitioners[0].user
    if course is None or user is None:
        return
    elena = actor_of(user, house.clinic)
    shown = refresh_forecast(by=elena, at=at, course_id=course.pk)
    share(by=elena, at=at, course_id=course.pk, what="chart", content={})
    share(by=elena, at=at, course_id=course.pk, what="stop_rule", content={"rule": shown.answer["stop_rule"]})


def _one(
    batch: rows.Batch,
    rng: np.random.Generator,
    house: House,
    diary: Diary,
    phases: dict[ServiceKind, list[Phase]],
    *,
    number: int,
    n_days: int,
    at: datetime,
) -> Patient:
    today = house.today
    back = int(n_days * (1 - rng.random() ** 1.15)) if number else 24
    first_day = today - timedelta(days=back - 3) if number else today - timedelta(days=28)
    who = house.practitioners[int(rng.integers(len(house.practitioners)))] if number else house.practitioners[0]
    person = invent(rng, number=number, first_visit=first_day)
    if number == 0:
        person = _hannah(person, first_day)
    mode = TreatmentMode.IMS if who.treats_ims else TreatmentMode.ACUPUNCTURE
    made_at = datetime.combine(first_day - timedelta(days=5), at.timetz())
    made_at = min(made_at, at - timedelta(days=1))
    patient = rows.add_patient(batch, house, person, who, made_at)
    level = "call_first" if number % 97 == 41 else "tell" if number % 9 == 4 else "none"
    intake = rows.add_intake(batch, house, person, patient, made_at, level=level)
    assessment = ServiceKind.ASSESSMENT_IMS if who.treats_ims else ServiceKind.ASSESSMENT_ACUPUNCTURE
    slot = _slot(house, diary, who, first_day, assessment, phases, at, cancelled=False)
    if slot is None:
        return patient
    keep = abs((slot.starts_at - at).days) <= NEAR_DAYS
    ahead = slot.starts_at > at
    course = None if ahead else rows.add_course(batch, house, person, patient, intake, slot.starts_at)
    if ahead and level == "call_first":
        slot = replace(slot, status="requested")
    appointment = rows.add_appointment(
        batch,
        house,
        patient,
        who,
        course,
        slot,
        made_at=made_at,
        intake=intake,
        keep_spans=keep or ahead,
        claim=slot.starts_at.date() >= at.date(),
    )
    if course is None:
        appointment.intake_id = None
        return patient
    exam = examined.add_examination(batch, rng, house, person, course, who, appointment, slot.starts_at, severity=1.0)
    treatment.add_answers(
        batch,
        house,
        course,
        None,
        0,
        slot.starts_at,
        person.course.scores[0],
        person.course.worst[0],
        _function(person, 0),
    )
    n = len(person.course.scores)
    plan = treatment.add_plan(batch, house, person, course, exam, who, mode, slot.starts_at, 8 if n > 4 else 4)
    _visits(batch, rng, house, diary, phases, person, patient, course, plan, who, mode, first_day, at)
    return patient


def _visits(
    batch: rows.Batch,
    rng: np.random.Generator,
    house: House,
    diary: Diary,
    phases: dict[ServiceKind, list[Phase]],
    person: Person,
    patient: Patient,
    course: Course,
    plan: Any,
    who: Practitioner,
    mode: TreatmentMode,
    first_day: date,
    at: datetime,
) -> None:
    kind = ServiceKind.IMS if mode is TreatmentMode.IMS else ServiceKind.ACUPUNCTURE
    n_visits = 0
    ended = None
    n_future = 0
    for k, (day, score, worst) in enumerate(
        zip(person.course.days, person.course.scores, person.course.worst, strict=True)
    ):
        on = first_day + timedelta(days=round(day) + 7)
        slot = _slot(house, diary, who, on, kind, phases, at, cancelled=False)
        if slot is None:
            continue
        ahead = slot.starts_at > at
        if ahead:
            n_future += 1
            if n_future > AHEAD:
                break
        keep = abs((slot.starts_at - at).days) <= NEAR_DAYS
        appointment = rows.add_appointment(
            batch,
            house,
            patient,
            who,
            course,
            slot,
            made_at=course.opened_at,
            keep_spans=keep or ahead,
            claim=slot.starts_at.date() >= at.date(),
        )
        if ahead:
            if n_future == 1:
                treatment.add_answers(
                    batch,
                    house,
                    course,
                    appointment,
                    n_visits + 1,
                    slot.starts_at,
                    score,
                    worst,
                    None,
                    is_answered=False,
                )
            continue
        n_visits += 1
        severity = min(1.0, person.course.latent[k] / max(person.course.latent[0], 0.1))
        is_review = n_visits in (1, 4, 8)
        if not (k and rng.random() < 0.12):
            treatment.add_answers(
                batch,
                house,
                course,
                appointment,
                n_visits,
                slot.starts_at,
                score,
                worst,
                _function(person, k) if is_review else None,
            )
        treatment.add_visit(
            batch,
            rng,
            house,
            person,
            course,
            plan,
            who,
            appointment,
            n_visits,
            slot,
            severity=severity,
            is_open=slot.status == "in_room",
        )
        if is_review and n_visits > 1:
            examined.add_examination(batch, rng, house, person, course, who, None, slot.starts_at, severity=severity)
        ended = slot.starts_at
    if n_future == 0 and ended is not None and ended < at - timedelta(days=10):
        add_end(batch, rng, house, person, course, who, ended + timedelta(days=7), at)


def _slot(
    house: House,
    diary: Diary,
    who: Practitioner,
    on: date,
    kind: ServiceKind,
    phases: dict[ServiceKind, list[Phase]],
    at: datetime,
    *,
    cancelled: bool,
) -> rows.Slot | None:
    found = diary.place(who.pk, on, phases[kind])
    if found is None:
        return None
    starts_at, room_id = found
    minutes = sum(phase.minutes for phase in phases[kind])
    if starts_at + timedelta(minutes=minutes) <= at:
        status = "done"
    elif starts_at <= at:
        status = "in_room"
    elif starts_at - at < timedelta(minutes=20):
        status = "arrived"
    else:
        status = "booked"
    return rows.Slot(
        starts_at=starts_at, room_id=room_id, phases=phases[kind], service=house.services[kind], status=status
    )


def _function(person: Person, k: int) -> float:
    """Function as the inverse of latent pain, 0-10 to one decimal."""
    return round(float(np.clip(9.5 - person.course.latent[k], 0, 10)), 1)


def _hannah(person: Person, first_day: date) -> Person:
    """The patient of the tutorial: low back and left leg, past the line of meaningful change at visit 4."""
    from myotome.knowledge.conditions import condition

    course = replace(
        person.course,
        days=(0.0, 7.0, 14.0, 21.0, 28.0, 35.0, 42.0, 49.0),
        scores=(7, 6, 6, 4, 4, 4, 3, 3),
        worst=(9, 8, 8, 6, 6, 6, 5, 4),
        latent=(6.8, 6.2, 5.6, 4.5, 4.2, 3.9, 3.6, 3.3),
        outcome="plateaued",
        responds=True,
        needed=None,
    )
    sites = (
        ("multifidus", "L4"),
        ("multifidus", "L5"),
        ("multifidus", "S1"),
        ("gluteus_medius", None),
        ("piriformis", None),
        ("tibialis_anterior", None),
        ("fibularis_longus", None),
        ("semitendinosus", None),
    )
    born = date(1968, 3, 12)
    answers = person.answers | {
        "regions": ["left:low_back", "left:buttock"],
        "age": 58,
        "pain_average": 7,
        "pain_worst": 9,
        "since_n": 14,
        "since_unit": "months",
    }
    return replace(
        person,
        given_name="Hannah",
        family_name="Lindqvist",
        born_on=born,
        phone="604 555 0199",
        email="hannah@example.org",
        condition=condition("low_back_pain"),
        side="left",
        weeks=60.0,
        onset_on=first_day - timedelta(days=420),
        n_segments=2,
        scar=False,
        facts=(("anticoagulant", "apixaban"),),
        course=course,
        sites=sites,
        answers=answers,
    )
