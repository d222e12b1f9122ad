"""What every act on a visit needs: the visit unlocked, the needle by its number, an incident, a line in the audit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from myotome.clinic.audit.actions import record
from myotome.clinic.audit.prepared import Prepared
from myotome.clinic.needling.models import Incident, NeedleInsertion, TreatmentVisit, VisitAddendum
from myotome.clinic.needling.queries import visit_for
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import NotFound, VisitLocked

_came_later_s: ContextVar[int] = ContextVar("came_later_s", default=0)
LATE_FROM_S = 5


_hold = Prepared(
    lambda clinic_id, pk: (
        TreatmentVisit.objects.select_for_update(no_key=True).filter(pk=pk, clinic_id=clinic_id).values_list("pk")
    ),
    7_000_001,
    7_000_002,
)


@contextmanager
def came_later(seconds: float) -> Iterator[None]:
    """What is done inside reached the server so many seconds after it happened; the audit keeps both clocks."""
    token = _came_later_s.set(int(seconds))
    try:
        yield
    finally:
        _came_later_s.reset(token)


def held_visit(by: Actor, visit_id: int) -> TreatmentVisit:
    """The visit, held until the transaction ends: two tablets and whoever closes wait here for each other.

    So no number is given twice, no needle goes in beside the count, and nobody meets an error of the database.

    Raises:
        NotFound: it is not in her care.
    """
    _hold(by.clinic_id, visit_id)
    return visit_for(by, visit_id)


def unlocked_visit(by: Actor, visit_id: int) -> TreatmentVisit:
    """The visit, if the practitioner may still chart in it.

    Raises:
        VisitLocked: it is closed; write an addendum.
        NotFound: it is not in her care.
    """
    by.check_holds(Role.PRACTITIONER)
    visit = held_visit(by, visit_id)
    check_unlocked(visit)
    return visit


def check_unlocked(visit: TreatmentVisit) -> None:
    """Nothing, while the visit is open; else VisitLocked."""
    if visit.closed_at is not None:
        raise VisitLocked("This visit is closed. Write an addendum instead.")


def needle_by_number(visit: TreatmentVisit, number: int) -> NeedleInsertion:
    """The needle that is not struck, or NotFound naming the number."""
    row = visit.insertions.filter(number=number, struck_at__isnull=True).first()
    if row is None:
        raise NotFound("There is no needle {number} in this visit.", number=number)
    return row


def needle_to_chart(by: Actor, visit_id: int, number: int) -> tuple[TreatmentVisit, NeedleInsertion]:
    """The visit and its needle, if she may still chart about it: the visit is open, or the needle was found later.

    Raises:
        VisitLocked: the visit is closed and the needle was counted in it; write an addendum.
        NotFound: there is none in her care.
    """
    by.check_holds(Role.PRACTITIONER)
    visit = held_visit(by, visit_id)
    row = needle_by_number(visit, number)
    if row.found_at is None:
        check_unlocked(visit)
    return visit, row


def add_to_closed(by: Actor, at: datetime, visit: TreatmentVisit, text: str) -> None:
    """What has happened to a visit that is closed, as an addendum: dated and named."""
    VisitAddendum.objects.create(clinic_id=by.clinic_id, visit=visit, text=text, written_at=at, written_by=by.name)


def open_incident(by: Actor, at: datetime, visit: TreatmentVisit, kind: str, detail: str) -> Incident:
    """The breach on record."""
    row = Incident.objects.create(
        clinic_id=by.clinic_id,
        visit=visit,
        kind=kind,
        detail=detail[:300],
        opened_at=at,
        opened_by=by.name,
        opened_by_user_id=by.user_id,
    )
    note_in_audit(by, at, "incident.opened", visit, kind=kind)
    return row


def note_in_audit(by: Actor, at: datetime, act: str, visit: TreatmentVisit, **detail: Any) -> None:
    """One event of the visit, inside the caller's transaction; `came_after_s` when a device sent it later."""
    if (late := _came_later_s.get()) >= LATE_FROM_S:
        detail |= {"came_after_s": late}
    record(by=by, at=at, act=act, subject=visit, patient_id=visit.course.patient_id, **detail)
