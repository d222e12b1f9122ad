"""Any selection of the clinic's courses as a data set: who may take it, what was chosen, and the trace that it leaves.

Pseudonyms are made with a key of this clinic and of the stated purpose: two data sets for one purpose can be joined,
those for different purposes cannot.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.crypto import salted_hmac

from myotome.clinic.audit.actions import record
from myotome.clinic.followup.models import MeasureScore
from myotome.clinic.learning.reports import Charted, charted
from myotome.clinic.needling.models import AdverseEvent, TreatmentVisit
from myotome.clinic.needling.models import NeedleInsertion as NeedleRow
from myotome.clinic.people.models import Clinic
from myotome.clinic.screening.models import Course
from myotome.exchange.stricta.dataset import age_told, data_set, pseudonym
from myotome.exchange.stricta.facts import Session
from myotome.exchange.stricta.items import items_of, meter_of
from myotome.exchange.stricta.needles import stayed_s
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.needling import NeedleInsertion, SiteKind

MOST_COURSES = 2_000
AT_ONCE = 200
SHORTEST_PURPOSE = 10
YEAR_DAYS = 365.25
MAY_TAKE = (Role.OWNER, Role.STEWARD)
Rows = Iterator[dict[str, Any]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """Courses with a session between two days (both included), of a condition, with sessions by a practitioner."""

    first_day: date
    last_day: date
    condition: str = ""
    practitioner_id: int | None = None


def n_selected(actor: Actor, selection: Selection) -> int:
    """How many courses are meant.

    Raises:
        NotAllowed: neither owner nor steward.
        InvalidValue: the days are the wrong way round.
    """
    return _courses(actor, selection).count()


@transaction.atomic
def take_data_set(*, by: Actor, at: datetime, selection: Selection, purpose: str) -> bytes:
    """The zip with the selected courses; who took what for which purpose is audited.

    Raises:
        NotAllowed: neither owner nor steward.
        InvalidValue: no purpose, no course, or more courses than leave at once.
    """
    purpose = " ".join(purpose.split())
    if len(purpose) < SHORTEST_PURPOSE:
        raise InvalidValue("Say what the data are for, and what permits it.", field="purpose")
    rows = _courses(by, selection)
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[: MOST_COURSES + 1])
    if not ids:
        raise InvalidValue("No course is like that. Widen the days, or leave a field open.", field="first_day")
    if len(ids) > MOST_COURSES:
        raise InvalidValue(
            "At most {most} courses leave at once. Narrow the days.", field="first_day", most=MOST_COURSES
        )
    clinic = Clinic.objects.get(pk=by.clinic_id)
    record(
        by=by,
        at=at,
        act="courses.exported",
        reason=purpose,
        n=len(ids),
        first_day=selection.first_day.isoformat(),
        last_day=selection.last_day.isoformat(),
        condition=selection.condition,
        practitioner=selection.practitioner_id,
    )
    leaving = _Leaving(clinic, purpose, ids, at)
    return data_set(leaving.tables(), about=_about(selection, purpose, at))


def _courses(actor: Actor, selection: Selection) -> QuerySet[Course]:
    actor.check_holds(*MAY_TAKE)
    if selection.first_day > selection.last_day:
        raise InvalidValue("The first day comes before the last.", field="first_day")
    zone = ZoneInfo(Clinic.objects.get(pk=actor.clinic_id).time_zone)
    begins = datetime.combine(selection.first_day, time.min, zone)
    ends = datetime.combine(selection.last_day + timedelta(days=1), time.min, zone)
    sessions = TreatmentVisit.objects.filter(course=OuterRef("pk"), opened_at__gte=begins, opened_at__lt=ends)
    if selection.practitioner_id is not None:
        sessions = sessions.filter(practitioner_id=selection.practitioner_id)
    rows = Course.objects.filter(Exists(sessions), clinic_id=actor.clinic_id)
    return rows.filter(condition=selection.condition) if selection.condition else rows


def _about(selection: Selection, purpose: str, at: datetime) -> dict[str, Any]:
    """What the data set says of itself: the choice, the purpose, and what it is not."""
    return {
        "written_on": at.date().isoformat(),
        "purpose": purpose,
        "selected": {
            "first_day": selection.first_day.isoformat(),
            "last_day": selection.last_day.isoformat(),
            "condition": selection.condition or None,
            "by_practitioner": selection.practitioner_id is not None,
        },
        "note": "Pseudonymised, not anonymous: rare courses may be recognised. Whole courses, sessions outside the days "
        "included.",
    }


class _Leaving:
    """The tables of a data set, each read again in portions, so that no more than a portion is ever in memory."""

    def __init__(self, clinic: Clinic, purpose: str, ids: list[int], at: datetime) -> None:
        self.clinic, self.ids, self.at = clinic, ids, at
        self.zone = ZoneInfo(clinic.time_zone)
        self.key = salted_hmac("myotome.courses.exported", f"{clinic.pk}:{purpose}", algorithm="sha256").digest()

    def tables(self) -> Mapping[str, Iterable[dict[str, Any]]]:
        """Rows by table, as `exchange.stricta.dataset` names them."""
        return {
            "courses": self._courses(),
            "sessions": self._sessions(),
            "needles": self._needles(),
            "scores": self._scores(),
            "adverse_events": self._adverse_events(),
        }

    def name(self, kind: str, id: int) -> str:
        """The pseudonym of a course, a patient or a practitioner."""
        return pseudonym(self.key, kind, id)

    def _charted(self) -> Iterator[Charted]:
        for start in range(0, len(self.ids), AT_ONCE):
            rows = Course.objects.filter(pk__in=self.ids[start : start + AT_ONCE])
            yield from charted(list(rows.select_related("patient", "clinic").order_by("pk")), on=self.at.date())

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def _courses(self) -> Rows:
        for one in self._charted():
            course, facts, first = one.course, one.facts, self._day(one.visits[0].opened_at)
            most = Counter(visit.practitioner_id for visit in one.visits).most_common(1)[0][0]
            yield {
                "course": self.name("course", course.pk),
                "patient": self.name("patient", course.patient_id),
                "practitioner": self.name("practitioner", most),
                "condition": course.condition,
                "age_years": age_told(int((first - course.patient.born_on).days / YEAR_DAYS)),
                "duration_weeks": course.duration_weeks,
                "n_segments": course.n_segments,
                "prior_surgery": course.prior_surgery,
                "n_planned": facts.n_planned,
                "interval_days": facts.interval_days,
                "n_sessions": len(facts.sessions),
                "days_to_end": (self._day(course.closed_at) - first).days if course.closed_at else None,
                "outcome": course.outcome,
                "stricta_answered": meter_of(items_of(facts)).n_answered,
            }

    def _sessions(self) -> Rows:
        for one in self._charted():
            course = self.name("course", one.course.pk)
            for visit, session in zip(one.visits, one.facts.sessions, strict=True):
                yield {
                    "course": course,
                    "session": session.number,
                    "day": session.day,
                    "mode": session.mode.value,
                    "practitioner": self.name("practitioner", visit.practitioner_id),
                    "minutes": None if session.minutes is None else round(session.minutes, 1),
                    "n_insertions": len(session.needles),
                    "besides": [code.value for code in session.adjuncts],
                }

    def _needles(self) -> Rows:
        for one in self._charted():
            course = self.name("course", one.course.pk)
            for session in one.facts.sessions:
                for number, needle in enumerate(session.needles, start=1):
                    yield _needle(course, session, number, needle)

    def _scores(self) -> Rows:
        firsts = self._firsts()
        rows = MeasureScore.objects.filter(
            course_id__in=self.ids, value__isnull=False, replaced_at__isnull=True, site=""
        ).order_by("course_id", "on", "given_after", "pk")
        columns = rows.values_list("course_id", "on", "measure", "value", "given_after")
        for course_id, on, measure, value, given_after in columns.iterator():
            yield {
                "course": self.name("course", course_id),
                "day": (on - firsts[course_id]).days,
                "measure": measure,
                "value": value,
                "given_after": given_after,
            }

    def _firsts(self) -> dict[int, date]:
        rows = TreatmentVisit.objects.filter(course_id__in=self.ids).order_by("-opened_at", "-pk")
        return {pk: self._day(at) for pk, at in rows.values_list("course_id", "opened_at").iterator()}

    def _adverse_events(self) -> Rows:
        numbers: dict[int, int] = {}
        seen: Counter[int] = Counter()
        visits = TreatmentVisit.objects.filter(course_id__in=self.ids).order_by("opened_at", "pk")
        for pk, course_id in visits.values_list("pk", "course_id").iterator():
            seen[course_id] += 1
            numbers[pk] = seen[course_id]
        events = AdverseEvent.objects.filter(visit__course_id__in=self.ids).select_related("visit", "insertion")
        for event in events.order_by("visit__course_id", "reported_at", "pk").iterator():
            yield {
                "course": self.name("course", event.visit.course_id),
                "session": numbers[event.visit_id],
                "needle": _number_of(event.insertion),
                "kind": event.kind,
                "grade": event.grade,
                "onset_minutes": event.onset_minutes,
            }


def _number_of(row: NeedleRow | None) -> int | None:
    """The needle's number as the data set counts: rows that were struck are no needles."""
    if row is None or row.struck_at is not None:
        return None
    rows = NeedleRow.objects.filter(visit_id=row.visit_id, struck_at__isnull=True, number__lte=row.number)
    return rows.count()


def _needle(course: str, session: Session, number: int, needle: NeedleInsertion) -> dict[str, Any]:
    return {
        "course": course,
        "session": session.number,
        "needle": number,
        "site_kind": needle.site_kind.value,
        "site": "" if needle.site_kind is SiteKind.FREE else needle.site,
        "level": needle.level,
        "nearest": needle.nearest,
        "side": needle.side.value,
        "region": needle.region.value,
        "depth_mm": needle.depth_mm,
        "gauge_mm": needle.gauge_mm,
        "length_mm": needle.length_mm,
        "technique": needle.technique.value,
        "electrical_hz": needle.electrical_hz,
        "electrical_ms": needle.electrical_ms,
        "electrical_ma": needle.electrical_ma,
        "electrical_min": needle.electrical_min,
        "painless": needle.painless,
        "grasp": needle.grasp,
        "cramp": needle.cramp,
        "twitches": needle.twitches,
        "release": needle.release,
        "de_qi": needle.deqi,
        "position": needle.position.value if needle.position else None,
        "state": needle.state.value,
        "seconds": stayed_s(needle),
    }
