"""Reading visits and needles. Opening a visit's chart leaves its trace in the audit, in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from myotome.clinic.audit.actions import record
from myotome.clinic.audit.prepared import Prepared
from myotome.clinic.needling.models import Incident, NeedleInsertion, TreatmentVisit, VisitAddendum
from myotome.clinic.people.access import by_care, in_care, sees_by_care
from myotome.clinic.planning.models import Consent
from myotome.knowledge.aftercare import grave_kinds
from myotome.science.needling.counts import OPEN_STATES, check_all_out
from myotome.vocabulary import needling as words
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.anatomy import NeedleRegion, Position, Side
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, MyotomeError, NeedleUnaccountedFor

MOST_SHOWN = 50
OF_VISIT = ("course__patient", "practitioner", "room", "plan", "handed_to", "clinic")
VALUE_FIELDS = [
    "client_id",
    "site",
    "level",
    "nearest",
    "site_detail",
    "depth_mm",
    "gauge_mm",
    "length_mm",
    "lot",
    "electrical_hz",
    "electrical_ms",
    "electrical_ma",
    "electrical_min",
    "response_sought",
    "painless",
    "grasp",
    "cramp",
    "twitches",
    "release",
    "seconds",
    "in_at",
    "out_at",
    "note",
]


def needle_as_value(row: NeedleInsertion) -> words.NeedleInsertion:
    """The row as a value of the vocabulary; names and units are the same on both."""
    return words.NeedleInsertion(
        **{name: getattr(row, name) for name in VALUE_FIELDS} | {"level": row.level or None},
        site_kind=words.SiteKind(row.site_kind),
        side=Side(row.side),
        region=NeedleRegion(row.region),
        technique=words.Technique(row.technique),
        position=Position(row.position) if row.position else None,
        state=words.NeedleState(row.state),
        deqi=tuple(row.deqi),
    )


def visits_for(actor: Actor, *, course_id: int | None = None) -> QuerySet[TreatmentVisit]:
    """Visits the actor may see, oldest first."""
    rows = TreatmentVisit.objects.for_actor(actor).select_related(*OF_VISIT)
    return (rows.filter(course_id=course_id) if course_id else rows).order_by("opened_at")


def open_visits_of(actor: Actor) -> list[TreatmentVisit]:
    """The open visits that the practitioner holds or that were handed to her, oldest first."""
    if actor.practitioner_id is None:
        return []
    hers = Q(practitioner_id=actor.practitioner_id) | Q(handed_to_id=actor.practitioner_id)
    return list(visits_for(actor).filter(hers, clinic_id=actor.clinic_id, closed_at__isnull=True)[:MOST_SHOWN])


def visit_for(actor: Actor, pk: int) -> TreatmentVisit:
    """One visit with its course, patient and practitioner.

    Raises:
        NotFound: there is none that the actor may see.
    """
    found = _visits_in_care(actor.clinic_id, actor.user_id, pk) if sees_by_care(actor) else []
    return found[0] if found else visits_for(actor).get_or_not_found(pk=pk)


_visits_in_care = Prepared(
    lambda clinic_id, user_id, pk: visits_for(by_care(clinic_id, user_id)).filter(pk=pk).order_by(),
    7_000_001,
    7_000_002,
    7_000_003,
)
_modes_in_care = Prepared(
    lambda clinic_id, user_id, pk: (
        TreatmentVisit.objects.filter(pk=pk, clinic_id=clinic_id)
        .filter(in_care("course__patient", by_care(clinic_id, user_id)))
        .values_list("mode")
    ),
    7_000_001,
    7_000_002,
    7_000_003,
)


def mode_of(actor: Actor, pk: int) -> words.TreatmentMode:
    """Whether a visit of hers is IMS or acupuncture: asked at every tap, so by a query that is built once.

    Raises:
        NotFound: there is none that the actor may see.
    """
    found = []
    if actor.holds(Role.PRACTITIONER) and actor.user_id is not None:
        found = _modes_in_care(actor.clinic_id, actor.user_id, pk)
    return words.TreatmentMode(found[0][0] if found else visit_for(actor, pk).mode)


@transaction.atomic
def open_chart(actor: Actor, pk: int, *, at: datetime) -> TreatmentVisit:
    """The visit for its page, with the check that follows it, its second signature and the yes to its treatment
    (`consented_at`, `consented_to`); the reading is in the audit.

    Raises:
        NotFound: there is none that the actor may see.
    """
    joined = ("after_check", "cosignature__signer", "cosignature__cosigner")
    given = Consent.objects.filter(course_id=OuterRef("course_id"), kind="course", text_id=OuterRef("mode"))
    given = given.filter(withdrawn_at__isnull=True).order_by("-given_at")
    rows = visits_for(actor).select_related(*OF_VISIT, *joined)
    rows = rows.annotate(consented_at=given.values("given_at")[:1], consented_to=given.values("text_version")[:1])
    visit: Any = rows.get_or_not_found(pk=pk)
    record(by=actor, at=at, act="visit.read", subject=visit, patient_id=visit.course.patient_id)
    return visit


def needles_of(visit: TreatmentVisit) -> list[NeedleInsertion]:
    """The visit's needles in charting order, struck ones left out."""
    return list(visit.insertions.filter(struck_at__isnull=True).order_by("number"))


def number_meant(visit: TreatmentVisit, number: int, client_id: str) -> int:
    """The number of the needle: as said, or of the needle that the device charted under this id.

    Raises:
        InvalidValue: that needle has not arrived yet.
    """
    if not client_id:
        return number
    row: NeedleInsertion | None = visit.insertions.filter(client_id=client_id[:64]).first()
    if row is None:
        raise InvalidValue("This needle has not reached the server yet.", field="number")
    return row.number


def needles_and_previous(visit: TreatmentVisit) -> tuple[list[NeedleInsertion], list[NeedleInsertion]]:
    """The visit's needles, and those of the last visit of this course in the same mode, each in charting order.

    The previous ones are there to repeat sites, never responses. Both are read at once.
    """
    here: list[NeedleInsertion] = []
    before: list[NeedleInsertion] = []
    for row in _with_previous(visit.pk, visit.course_id, visit.mode, visit.number):
        (here if row.visit_id == visit.pk else before).append(row)
    return here, before


def _needles_and_previous(visit_id: int, course_id: int, mode: str, number: int) -> QuerySet[NeedleInsertion]:
    earlier = TreatmentVisit.objects.filter(course_id=course_id, mode=mode, number__lt=number)
    last = earlier.order_by("-number").values("pk")[:1]
    rows = NeedleInsertion.objects.filter(Q(visit_id=visit_id) | Q(visit_id=Subquery(last)), struck_at__isnull=True)
    return rows.order_by("number")


_with_previous = Prepared(_needles_and_previous, 7_000_001, 7_000_002, "no mode", 30_007)


def incidents_of(visit: TreatmentVisit) -> list[Incident]:
    """Breaches that were recorded because they had happened."""
    return list(visit.incidents.order_by("opened_at"))


def reviews_waiting(actor: Actor) -> list[Incident]:
    """What was signed alone and nobody else has reviewed yet, the most urgent first: until it is done."""
    return calls_and_reviews(actor)[1]


def calls_waiting(actor: Actor) -> list[Incident]:
    """What patients in her care have told that cannot wait, the oldest first: until somebody has phoned them."""
    return calls_and_reviews(actor)[0]


def calls_and_reviews(actor: Actor) -> tuple[list[Incident], list[Incident]]:
    """`calls_waiting` and `reviews_waiting` in one query, for the page of the day.

    The owner sees that a review waits everywhere, without a chart; a call is whose patient it is.
    """
    hers, told = Incident.visible_to(actor), Q(kind__in=grave_kinds())
    seen = Q() if actor.holds(Role.OWNER) else hers
    rows = Incident.objects.filter(clinic_id=actor.clinic_id, resolved_at__isnull=True)
    rows = rows.filter((told & hers) | (~told & Q(review_due_at__isnull=False) & seen))
    found = list(rows.select_related("visit__course__patient").order_by("opened_at"))
    calls = [row for row in found if row.kind in grave_kinds()]
    reviews = sorted((row for row in found if row.kind not in grave_kinds()), key=lambda row: row.review_due_at)
    return calls[:MOST_SHOWN], reviews[:MOST_SHOWN]


def incidents_open(actor: Actor) -> list[Incident]:
    """Breaches that nobody has looked at, those that wait for a review first, then the oldest; at most fifty."""
    rows = _incidents(actor).filter(resolved_at__isnull=True).select_related("visit__practitioner")
    return list(rows.order_by(F("review_due_at").asc(nulls_last=True), "opened_at")[:MOST_SHOWN])


def _incidents(actor: Actor) -> QuerySet[Incident]:
    """The owner sees that something happened everywhere, without a chart; a practitioner what she cares for."""
    if actor.holds(Role.OWNER):
        return Incident.objects.filter(clinic_id=actor.clinic_id)
    return Incident.objects.for_actor(actor)


def addenda_of(visit: TreatmentVisit) -> list[VisitAddendum]:
    """What was added after signing."""
    return list(visit.addenda.order_by("written_at"))


def needles_in_now(actor: Actor) -> list[NeedleInsertion]:
    """Every needle that is in, in the actor's clinic, oldest first; for reception only counts are shown of them.

    One that was found after its visit was closed and is still in is among them.
    """
    open_visits = TreatmentVisit.objects.filter(clinic_id=actor.clinic_id, closed_at__isnull=True)
    found = Q(clinic_id=actor.clinic_id, found_at__isnull=False)
    rows = NeedleInsertion.objects.filter(found | Q(visit_id__in=list(open_visits.values_list("pk", flat=True))))
    rows = rows.filter(struck_at__isnull=True, state__in=[words.NeedleState.IN.value, words.NeedleState.FRAGMENT.value])
    return list(
        rows.select_related("visit__course__patient", "visit__room__place", "visit__practitioner").order_by("in_at")
    )


def visits_above_the_lock(actor: Actor) -> list[tuple[TreatmentVisit, int, datetime | None]]:
    """Her open visits with needles in, each with their number and when the oldest went in: shown without a name."""
    rows = []
    for visit in open_visits_of(actor):
        open_ones = [row for row in needles_of(visit) if row.state in OPEN_STATES]
        if open_ones:
            rows.append((visit, len(open_ones), min((row.in_at for row in open_ones if row.in_at), default=None)))
    return rows


def check_can_close(visit: TreatmentVisit, needles: Iterable[NeedleInsertion]) -> None:
    """Nothing, when the visit may close.

    Raises:
        NeedleUnaccountedFor: a needle is in; "all out" was called and nobody has counted since; a hand-over waits.
    """
    check_all_out([needle_as_value(needle) for needle in needles])
    if visit.all_out_called_at and not visit.counted_at:
        raise NeedleUnaccountedFor("All needles were called out at once. Count them, then close.")
    if visit.handed_to_id and not visit.handover_accepted_at:
        raise NeedleUnaccountedFor("{handed_to} has not accepted the hand-over yet.", handed_to=visit.handed_to.name)


def can_close(visit: TreatmentVisit, needles: Iterable[NeedleInsertion]) -> bool:
    """True when `check_can_close` has nothing to say."""
    try:
        check_can_close(visit, needles)
    except MyotomeError:
        return False
    return True
