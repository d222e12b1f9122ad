"""What reports on needling ask of courses, read for many courses in a fixed number of queries, and one course's report.

Whoever may see the course may report it. Its export leaves an event; the meter on a page that was opened anyway leaves
none of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from myotome.clinic.audit.actions import record
from myotome.clinic.needling.models import NeedleInsertion, TreatmentVisit
from myotome.clinic.needling.queries import needle_as_value
from myotome.clinic.people.models import Credential
from myotome.clinic.planning.models import Consent, Plan
from myotome.clinic.screening.clinical_content import content_of
from myotome.clinic.screening.courses import course_for
from myotome.clinic.screening.models import Course
from myotome.exchange.stricta.facts import CourseFacts, Qualification, Session
from myotome.exchange.stricta.items import Item, Meter, items_of, meter_of
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.needling import Adjunct, Style, TreatmentMode

METHOD_SOURCE = {TreatmentMode.IMS.value: "gunn1996"}
"""What a mode of treatment rests on by itself."""


@dataclass(frozen=True, slots=True)
class Charted:
    """A course with its facts, and the rows of its visits beside the sessions that they became."""

    course: Course
    facts: CourseFacts
    visits: tuple[TreatmentVisit, ...]


def charted(courses: Sequence[Course], *, on: date) -> list[Charted]:
    """The courses as reports see them, in six queries however many they are. Authorisation is the caller's."""
    ids = [course.pk for course in courses]
    visits = _grouped(
        TreatmentVisit.objects.filter(course_id__in=ids)
        .select_related("practitioner", "room__place")
        .order_by("opened_at", "pk"),
        "course_id",
    )
    needles = _grouped(
        NeedleInsertion.objects.filter(visit__course_id__in=ids, struck_at__isnull=True).order_by("visit_id", "number"),
        "visit_id",
    )
    plans = _grouped(Plan.objects.filter(course_id__in=ids).prefetch_related("sites").order_by("made_at"), "course_id")
    consents = _grouped(
        Consent.objects.filter(course_id__in=ids, withdrawn_at__isnull=True).order_by("given_at"), "course_id"
    )
    who = {visit.practitioner_id for rows in visits.values() for visit in rows}
    credentials = _grouped(Credential.objects.filter(practitioner_id__in=who).order_by("issued_on"), "practitioner_id")
    return [
        Charted(
            course,
            _facts(course, visits[course.pk], needles, plans[course.pk], consents[course.pk], credentials, on),
            tuple(visits[course.pk]),
        )
        for course in courses
    ]


def meter_for(course: Course, *, at: datetime) -> Meter:
    """How far a course can be reported that the actor may see; it tells nothing of what is charted."""
    return meter_of(items_of(charted([course], on=at.date())[0].facts))


@transaction.atomic
def report_on(actor: Actor, course_id: int, *, at: datetime, form: str) -> tuple[Course, tuple[Item, ...]]:
    """The course and its items, for a report that leaves as `form`; the leaving is audited.

    Raises:
        NotFound: there is no such course for the actor.
    """
    actor.check_holds(Role.PRACTITIONER)
    course = course_for(actor, course_id)
    items = items_of(charted([course], on=at.date())[0].facts)
    record(by=actor, at=at, act="course.reported", subject=course, patient_id=course.patient_id, form=form)
    return course, items


def _facts(
    course: Course,
    visits: Sequence[TreatmentVisit],
    needles: Mapping[int, Sequence[NeedleInsertion]],
    plans: Sequence[Plan],
    consents: Sequence[Consent],
    credentials: Mapping[int, Sequence[Credential]],
    on: date,
) -> CourseFacts:
    planned = {plan.pk: plan for plan in plans}
    last = plans[-1] if plans else None
    modes = dict.fromkeys([*(plan.mode for plan in plans), *(visit.mode for visit in visits)])
    people = {visit.practitioner_id: visit.practitioner for visit in visits}
    return CourseFacts(
        styles=_styles(plans, modes),
        rationale=next((plan.rationale for plan in reversed(plans) if plan.rationale), ""),
        reasons=tuple(site.reason for plan in plans for site in plan.sites.all() if site.reason),
        sources=_sources(course, modes),
        n_planned=last.n_treatments if last else None,
        interval_days=last.interval_days if last else None,
        consents=tuple(
            dict.fromkeys(f"{row.text_id.replace('_', ' ')} {row.text_version} ({row.language})" for row in consents)
        ),
        practitioners=tuple(_qualification(row, credentials[pk]) for pk, row in people.items()),
        sessions=_sessions(course, visits, needles, planned),
        as_of=on,
    )


def _sessions(
    course: Course,
    visits: Sequence[TreatmentVisit],
    needles: Mapping[int, Sequence[NeedleInsertion]],
    planned: Mapping[int, Plan],
) -> tuple[Session, ...]:
    zone = ZoneInfo(course.clinic.time_zone)
    first = visits[0].opened_at.astimezone(zone).date() if visits else None
    return tuple(
        Session(
            number=number,
            mode=TreatmentMode(visit.mode),
            day=(visit.opened_at.astimezone(zone).date() - first).days,
            minutes=(visit.closed_at - visit.opened_at).total_seconds() / 60 if visit.closed_at else None,
            needles=tuple(map(needle_as_value, needles[visit.pk])),
            planned=_sites(planned.get(visit.plan_id)),
            adjuncts=tuple(Adjunct(code) for code in visit.adjuncts if code in set(Adjunct)),
            has_advice=bool(visit.advice.strip()),
            place=f"{visit.room.place.name}, {visit.room.name}" if visit.room else "",
        )
        for number, visit in enumerate(visits, start=1)
    )


def _sites(plan: Plan | None) -> frozenset[tuple[str, str, str, str]] | None:
    sites = frozenset((s.site_kind, s.site, s.level, s.side) for s in plan.sites.all()) if plan else frozenset()
    return sites or None


def _styles(plans: Iterable[Plan], modes: Iterable[str]) -> tuple[Style, ...]:
    """As the plans say; IMS is a style by itself."""
    said = [Style(plan.style) for plan in plans if plan.style]
    return tuple(dict.fromkeys([*([Style.IMS] if TreatmentMode.IMS.value in modes else []), *said]))


def _sources(course: Course, modes: Iterable[str]) -> tuple[str, ...]:
    """Works that the condition's row and the treatment rest on."""
    condition = content_of(course.clinic).conditions.get(course.condition)
    keys = [METHOD_SOURCE[mode] for mode in modes if mode in METHOD_SOURCE]
    keys += [
        key for key in (condition.sources if condition else ()) if not key.startswith(("clinic belief", "judgement"))
    ]
    return tuple(dict.fromkeys(keys))


def _qualification(practitioner: Any, rows: Sequence[Credential]) -> Qualification:
    programmes = [", ".join(filter(None, (row.programme, row.level, row.body))) for row in rows]
    return Qualification(
        registered_with=practitioner.registration_body,
        programmes=tuple(dict.fromkeys(programmes)),
        first_issued_on=min((row.issued_on for row in rows if row.issued_on), default=None),
    )


def _grouped(rows: Iterable[Any], key: str) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[getattr(row, key)].append(row)
    return found
