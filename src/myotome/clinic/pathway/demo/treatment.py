"""Treatment written as rows: plan, visits with their needles, answers before each visit."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from myotome.clinic.assessment.models import Examination
from myotome.clinic.booking.models import Appointment
from myotome.clinic.followup.models import MeasureAnswer, MeasureRequest, MeasureScore
from myotome.clinic.needling.models import AdverseEvent, NeedleInsertion, TreatmentVisit
from myotome.clinic.pathway.demo.house import House
from myotome.clinic.pathway.demo.person import Person
from myotome.clinic.pathway.demo.rows import Batch, Slot
from myotome.clinic.people.days import clinic_day
from myotome.clinic.people.models import Practitioner
from myotome.clinic.planning.actions import default_reviews
from myotome.clinic.planning.models import Consent, Plan, PlannedSite
from myotome.clinic.screening.models import Course
from myotome.knowledge.acupoints import acupoints
from myotome.knowledge.measures import MEASURES_VERSION, PAIN_AVERAGE, PAIN_WORST
from myotome.knowledge.muscles import link, region_at
from myotome.science.needling.consents import NeededConsent, consents_needed
from myotome.vocabulary.needling import SiteKind, TreatmentMode
from myotome.vocabulary.scheduling import ServiceKind

POINTS = {
    "neck_arm": ("GB20", "GB21", "LI4", "LI11", "SI3", "TE5", "BL10", "LU7"),
    "back_leg": ("BL23", "BL25", "BL40", "GB30", "GB34", "BL60", "KI3", "ST36"),
}
ADVERSE = (
    ("haematoma", 0.0755),
    ("bleeding", 0.0465),
    ("pain_during", 0.0301),
    ("pain_after", 0.0219),
    ("aggravation", 0.0088),
    ("drowsy", 0.0026),
    ("headache", 0.0014),
    ("nausea", 0.0013),
)
"""Mild events a treatment (Brady 2014, 7,629 treatments)."""


def add_plan(
    batch: Batch,
    house: House,
    person: Person,
    course: Course,
    exam: Examination,
    who: Practitioner,
    mode: TreatmentMode,
    at: datetime,
    n: int,
) -> Plan:
    """The series with its sites, agreed and consented to on the same day."""
    price = 9500 if mode is TreatmentMode.IMS else 9000
    plan = batch.add(
        Plan(
            clinic=house.clinic,
            course=course,
            examination=exam,
            made_by=who,
            mode=mode.value,
            service=house.services[ServiceKind(mode.value)],
            n_treatments=n,
            review_visits=default_reviews(n),
            interval_days=7,
            price_cents_each=price,
            rationale="Segment first, then what was found shortened.",
            made_at=at,
            agreed_at=at + timedelta(minutes=5),
        )
    )
    if mode is TreatmentMode.IMS:
        for order, (muscle, level) in enumerate(person.sites, start=1):
            batch.add(
                PlannedSite(
                    clinic=house.clinic,
                    plan=plan,
                    order=order,
                    site_kind="muscle",
                    site=muscle,
                    level=level or "",
                    side=person.side,
                    region=region_at(muscle, level).value,
                    segment=level or next(iter(link(muscle)), ""),
                    reason="found shortened",
                )
            )
    for needed in _needed(person, mode):
        batch.add(
            Consent(
                clinic=house.clinic,
                course=course,
                kind=needed.kind,
                subject=needed.subject,
                text_id=needed.subject or mode.value,
                text_version="1",
                given_at=at + timedelta(minutes=5),
                recorded_by=who.name,
            )
        )
    return plan


def _needed(person: Person, mode: TreatmentMode) -> list[NeededConsent]:
    """The yes to the course, and to each hazard region of the sites that she is needled at."""
    sites = [(SiteKind.MUSCLE, muscle, level) for muscle, level in person.sites]
    if mode is TreatmentMode.ACUPUNCTURE:
        sites = [(SiteKind.ACUPOINT, code, None) for codes in POINTS.values() for code in codes]
    needed = [one for kind, site, level in sites for one in consents_needed(site_kind=kind, site=site, level=level)]
    return list(dict.fromkeys(needed))


def add_visit(
    batch: Batch,
    rng: np.random.Generator,
    house: House,
    person: Person,
    course: Course,
    plan: Plan,
    who: Practitioner,
    appointment: Appointment,
    number: int,
    slot: Slot,
    *,
    severity: float,
    is_open: bool,
) -> TreatmentVisit:
    """The visit with its needles; an open one of today has some needles still to come."""
    at = slot.starts_at
    ims = plan.mode == TreatmentMode.IMS.value
    minutes = 25 if ims else 38
    visit = batch.add(
        TreatmentVisit(
            clinic=house.clinic,
            course=course,
            appointment=appointment,
            plan=plan,
            practitioner=who,
            room_id=slot.room_id,
            number=number,
            mode=plan.mode,
            opened_at=at,
            reask={},
            reask_at=at,
            note="" if is_open else str(rng.choice(NOTES)),
            closed_at=None if is_open else at + timedelta(minutes=minutes),
            closed_by="" if is_open else who.name,
            signed_at=None if is_open else at + timedelta(minutes=minutes),
            signed_by="" if is_open else who.name,
        )
    )
    if not is_open:
        needles = (
            _ims_needles(rng, house, person, visit, who, at, severity)
            if ims
            else _points(rng, house, person, visit, who, at)
        )
        for needle in needles:
            batch.add(needle)
        visit.n_needles_opened = visit.n_needles_in_sharps = len(needles)
        for kind, share in ADVERSE:
            if rng.random() < share:
                batch.add(
                    AdverseEvent(
                        clinic=house.clinic,
                        visit=visit,
                        kind=kind,
                        grade="mild",
                        reported_at=at + timedelta(minutes=minutes),
                        reported_by=who.name,
                        patient_told=True,
                    )
                )
    return visit


NOTES = (
    "Settled quickly, walks easier.",
    "Strong grasp at the first sites, then let go.",
    "Sore for a day after last time, better since.",
    "Less shortened than last week. Same plan.",
    "Tired today; fewer needles.",
    "Exercises done. Range better on the side.",
)


def _ims_needles(
    rng: np.random.Generator,
    house: House,
    person: Person,
    visit: TreatmentVisit,
    who: Practitioner,
    at: datetime,
    severity: float,
) -> list[NeedleInsertion]:
    needles = []
    for muscle, level in person.sites:
        for _ in range(int(rng.integers(1, 3))):
            number = len(needles) + 1
            hit = rng.random() < 0.35 + 0.6 * severity
            seconds = float(rng.integers(3, 14)) if hit else 2.0
            start = at + timedelta(seconds=90 + 60 * number)
            needles.append(
                NeedleInsertion(
                    clinic=house.clinic,
                    visit=visit,
                    client_id=f"demo-{number}",
                    number=number,
                    site_kind="muscle",
                    site=muscle,
                    level=level or "",
                    side=person.side,
                    region=region_at(muscle, level).value,
                    depth_mm=int(rng.choice([20, 25, 30, 35, 40, 45])),
                    gauge_mm=0.30,
                    length_mm=50,
                    lot="D-2611",
                    painless=None if hit else True,
                    grasp=int(rng.integers(1, 4)) if hit else 0,
                    twitches=int(rng.random() < 0.4) if hit else None,
                    cramp=int(rng.integers(2, 8)) if hit else None,
                    release=bool(rng.random() < 0.85) if hit else None,
                    state="out",
                    seconds=seconds,
                    in_at=start,
                    out_at=start + timedelta(seconds=seconds),
                    removed_by=who.name,
                    charted_at=start,
                    charted_by=who.name,
                )
            )
    return needles


def _points(
    rng: np.random.Generator, house: House, person: Person, visit: TreatmentVisit, who: Practitioner, at: datetime
) -> list[NeedleInsertion]:
    needles = []
    for code in POINTS[person.condition.exam_region.value]:
        point = acupoints()[code]
        number = len(needles) + 1
        start = at + timedelta(minutes=5, seconds=30 * number)
        needles.append(
            NeedleInsertion(
                clinic=house.clinic,
                visit=visit,
                client_id=f"demo-{number}",
                number=number,
                site_kind="acupoint",
                site=code,
                side="midline" if point.midline else person.side,
                region=point.region.value,
                depth_mm=int(rng.choice([10, 15, 20])),
                gauge_mm=0.25,
                length_mm=40,
                lot="D-2612",
                technique="hold",
                deqi=["dull_ache"] if rng.random() < 0.7 else [],
                state="out",
                seconds=20 * 60.0,
                in_at=start,
                out_at=start + timedelta(minutes=20),
                removed_by=who.name,
                charted_at=start,
                charted_by=who.name,
            )
        )
    return needles


def add_answers(
    batch: Batch,
    house: House,
    course: Course,
    appointment: Appointment | None,
    number: int,
    at: datetime,
    average: int,
    worst: int,
    function: float | None,
    *,
    is_answered: bool = True,
) -> None:
    """The two questions before a visit (with function at reviews), answered the evening before or still open."""
    asked_at = at - timedelta(hours=20)
    measures = [PAIN_AVERAGE, PAIN_WORST, *(["psfs"] if function is not None else [])]
    request = batch.add(
        MeasureRequest(
            clinic=house.clinic,
            course=course,
            appointment=appointment,
            occasion="review" if function is not None else "before_visit",
            visit_number=number,
            measures=measures,
            created_at=asked_at,
            due_on=clinic_day(house.clinic, at),
            expires_at=at + timedelta(days=30),
            opened_at=asked_at if is_answered else None,
            completed_at=asked_at if is_answered else None,
        )
    )
    if not is_answered:
        return
    for measure, value in ((PAIN_AVERAGE, average), (PAIN_WORST, worst)):
        batch.add(
            MeasureAnswer(
                clinic=house.clinic, request=request, measure=measure, item="score", value=value, answered_at=asked_at
            )
        )
        batch.add(
            MeasureScore(
                clinic=house.clinic,
                course=course,
                request=request,
                measure=measure,
                on=clinic_day(house.clinic, at),
                visit_number=number,
                value=value,
                rule_version=MEASURES_VERSION,
                scored_at=asked_at,
            )
        )
    if function is not None:
        batch.add(
            MeasureScore(
                clinic=house.clinic,
                course=course,
                request=request,
                measure="psfs",
                on=clinic_day(house.clinic, at),
                visit_number=number,
                value=function,
                rule_version=MEASURES_VERSION,
                scored_at=asked_at,
            )
        )
