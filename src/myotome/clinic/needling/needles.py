"""Writing needles. What has happened is always recorded; a breach opens an incident instead of losing a needle.

A repeated `client_id` is already done: the row that exists is the answer.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from myotome.clinic.needling.asks import open_incidents_of_needle
from myotome.clinic.needling.consents import open_incidents_of_consent
from myotome.clinic.needling.locks import check_unlocked, needle_by_number, note_in_audit, open_incident, unlocked_visit
from myotome.clinic.needling.models import NeedleInsertion
from myotome.clinic.needling.queries import visit_for
from myotome.clinic.needling.replays import once
from myotome.science.needling.visit import OUT_BEFORE_STRUCK
from myotome.vocabulary import needling as words
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.errors import InvalidValue, NeedleUnaccountedFor


@transaction.atomic
def record_insertion(*, by: Actor, at: datetime, visit_id: int, needle: words.NeedleInsertion) -> NeedleInsertion:
    """The needle as charted; the same `client_id` again gives the row that is already there.

    Never refused for consent, STOP or depth: an incident is opened instead.

    Raises:
        VisitLocked: the visit is closed; write an addendum.
        NotFound: no such visit in her care.
    """
    visit = visit_for(by, visit_id)
    existing = visit.insertions.filter(client_id=needle.client_id).first()
    if existing is not None:
        return existing
    check_unlocked(visit)
    last = visit.insertions.aggregate(n=Max("number"))["n"] or 0
    is_out = needle.state is words.NeedleState.OUT
    values: dict[str, Any] = asdict(needle) | {
        "level": needle.level or "",
        "deqi": list(needle.deqi),
        "position": needle.position or "",
        # A tablet's clock may run ahead; nothing went in later than it was charted.
        "in_at": min(needle.in_at or at, at),
        "out_at": max(min(needle.out_at or at, at), min(needle.in_at or at, at)) if is_out else None,
        "removed_by": by.name if is_out else "",
    }
    row = NeedleInsertion.objects.create(
        clinic_id=by.clinic_id, visit=visit, number=last + 1, charted_at=at, charted_by=by.name, **values
    )
    open_incidents_of_consent(by, at, visit, row)
    open_incidents_of_needle(by, at, visit, row)
    note_in_audit(by, at, "needle.charted", visit, number=row.number, state=row.state)
    return row


@once
def take_out(
    *, by: Actor, at: datetime, visit_id: int, number: int, seconds: float | None = None, **response: Any
) -> NeedleInsertion:
    """The needle out, with its remover and what it met; out already stays as it was.

    `response` may hold painless, grasp (0-3), cramp (0-10), twitches, release, deqi, note.

    Raises:
        NotFound: no such needle in this visit.
        InvalidValue: a response outside its range.
    """
    visit = visit_for(by, visit_id)
    row = needle_by_number(visit, number)
    if row.state == words.NeedleState.OUT.value:
        return row
    check_unlocked(visit)
    _apply_response(row, response)
    row.state, row.out_at, row.removed_by = words.NeedleState.OUT.value, max(at, row.in_at or at), by.name
    row.seconds = seconds if seconds is not None else (row.out_at - row.in_at).total_seconds() if row.in_at else None
    row.save()
    note_in_audit(by, at, "needle.out", visit, number=number)
    return row


@once
def chart_response(*, by: Actor, at: datetime, visit_id: int, number: int, **response: Any) -> NeedleInsertion:
    """What the needle met, charted while it is in or afterwards, as long as the visit is open."""
    visit = unlocked_visit(by, visit_id)
    row = needle_by_number(visit, number)
    _apply_response(row, response)
    row.save()
    open_incidents_of_needle(by, at, visit, row)
    note_in_audit(by, at, "needle.response", visit, number=number)
    return row


@once
def leave_in(*, by: Actor, at: datetime, visit_id: int, number: int, reason: str) -> NeedleInsertion:
    """A needle left in on purpose (press, ear), with the reason; left in already stays as it was.

    It is in, so nothing refuses it: without consent for it, or against what is said before a needle that stays, an
    incident is opened.
    """
    visit = unlocked_visit(by, visit_id)
    if not reason.strip():
        raise InvalidValue("Please say why this needle stays in.", field="reason")
    row = needle_by_number(visit, number)
    if row.state == words.NeedleState.LEFT_IN.value:
        return row
    if row.state != words.NeedleState.IN.value:
        raise InvalidValue("Only a needle that is in can stay in.", field="reason")
    row.state, row.note = words.NeedleState.LEFT_IN.value, reason.strip()[:300]
    row.save(update_fields=["state", "note"])
    open_incidents_of_consent(by, at, visit, row)
    open_incidents_of_needle(by, at, visit, row)
    note_in_audit(by, at, "needle.left_in", visit, number=number)
    return row


@once
def note_fragment(*, by: Actor, at: datetime, visit_id: int, number: int, detail: str) -> NeedleInsertion:
    """A broken or stuck needle: never "out", an incident until it is resolved."""
    visit = unlocked_visit(by, visit_id)
    row = needle_by_number(visit, number)
    row.state = words.NeedleState.FRAGMENT.value
    row.save(update_fields=["state"])
    open_incident(by, at, visit, "fragment", f"Needle {number}: {detail}")
    note_in_audit(by, at, "needle.fragment", visit, number=number)
    return row


@once
def strike_insertion(*, by: Actor, at: datetime, visit_id: int, number: int, reason: str) -> NeedleInsertion:
    """A row that was charted by mistake: kept, struck through with the reason, and no longer counted.

    Raises:
        InvalidValue: the reason is missing.
        NeedleUnaccountedFor: the needle is not out; a row that is struck must never be a way to forget it.
    """
    visit = unlocked_visit(by, visit_id)
    if not reason.strip():
        raise InvalidValue("Please say why this row is struck.", field="reason")
    row = needle_by_number(visit, number)
    if row.state != words.NeedleState.OUT.value:
        raise NeedleUnaccountedFor(OUT_BEFORE_STRUCK)
    row.struck_at, row.struck_reason = at, reason.strip()[:300]
    row.save(update_fields=["struck_at", "struck_reason"])
    note_in_audit(by, at, "needle.struck", visit, number=number)
    return row


def _apply_response(row: NeedleInsertion, response: dict[str, Any]) -> None:
    known = {"painless", "grasp", "cramp", "twitches", "release", "deqi", "note", "depth_mm"}
    if unknown := set(response) - known:
        raise InvalidValue("{unknown} is not a needle response.", field=sorted(unknown)[0], unknown=sorted(unknown)[0])
    for name, (low, high) in {"grasp": (0, 3), "cramp": (0, 10), "twitches": (0, 50), "depth_mm": (0, 150)}.items():
        value = response.get(name)
        if value is not None and not low <= value <= high:
            raise InvalidValue(
                "{name} is {low} to {high}, not {value}.",
                field=name,
                name=name.replace("_", " "),
                low=low,
                high=high,
                value=value,
            )
    for name, value in response.items():
        setattr(row, name, list(value) if name == "deqi" else value)
