"""Writing needles. What has happened is always recorded; a breach opens an incident instead of losing a needle.

A repeated `client_id` is already done: the row that exists is the answer.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max

from myotome.clinic.needling.asks import AskBook, open_incidents_of_needle
from myotome.clinic.needling.consents import open_incidents_of_consent
from myotome.clinic.needling.locks import (
    add_to_closed,
    held_visit,
    needle_by_number,
    needle_to_chart,
    note_in_audit,
    open_incident,
    unlocked_visit,
)
from myotome.clinic.needling.models import NeedleInsertion, TreatmentVisit
from myotome.clinic.needling.replays import once
from myotome.clinic.needling.retained import chase, check_due_on
from myotome.clinic.needling.shelf import Shelf
from myotome.clinic.needling.stocking import open_incidents_of_lot, shelf_before
from myotome.science.needling.counts import technique_of
from myotome.science.needling.places import check_nearest
from myotome.science.needling.visit import OUT_BEFORE_STRUCK
from myotome.vocabulary import needling as words
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.errors import InvalidValue, NeedleUnaccountedFor

REVIEW_WITHIN = timedelta(days=3)
"""Within this time somebody else looks at what one person signed alone, or found after closing."""


@transaction.atomic
def record_insertion(*, by: Actor, at: datetime, visit_id: int, needle: words.NeedleInsertion) -> NeedleInsertion:
    """The needle as charted; the same `client_id` again gives the row that is already there.

    Without a lot it is of the lot that this size comes from. Never refused for consent, STOP, depth or stock: an incident is opened instead. Nor because the visit is closed: the
    needle was found afterwards, or a tablet sent it late. It is kept as a late entry with an addendum, and an incident
    opens that somebody else reviews.

    Raises:
        NotFound: no such visit in her care.
        InvalidValue: nearest to a free place is no muscle or point.
    """
    visit = held_visit(by, visit_id)
    existing = visit.insertions.filter(client_id=needle.client_id).first()
    if existing is not None:
        return existing
    check_nearest(needle.nearest)
    last = visit.insertions.aggregate(n=Max("number"))["n"] or 0
    is_out = needle.state is words.NeedleState.OUT
    # A tablet's clock may run ahead; nothing went in later than it was charted. One found later was in all along.
    size = f"{needle.gauge_mm:.2f}x{needle.length_mm}" if needle.gauge_mm and needle.length_mm else ""
    shelf = shelf_before(by, at, visit)
    lot = shelf.lot_of(size) if size and not needle.lot else None
    in_at = min(needle.in_at or (visit.opened_at if visit.closed_at else at), at)
    values: dict[str, Any] = asdict(needle) | {
        "level": needle.level or "",
        "lot": lot.lot if lot else needle.lot,
        "deqi": list(needle.deqi),
        "position": needle.position or "",
        "technique": technique_of(needle),
        "in_at": in_at,
        "out_at": max(min(needle.out_at or at, at), in_at) if is_out else None,
        "found_at": at if visit.closed_at else None,
        "removed_by": by.name if is_out else "",
    }
    row = NeedleInsertion.objects.create(
        clinic_id=by.clinic_id, visit=visit, number=last + 1, charted_at=at, charted_by=by.name, **values
    )
    _open_incidents(by, at, visit, row, shelf)
    if visit.closed_at:
        _note_found(by, at, visit, row)
    note_in_audit(by, at, "needle.charted", visit, number=row.number, state=row.state)
    return row


def _open_incidents(
    by: Actor, at: datetime, visit: TreatmentVisit, row: NeedleInsertion, shelf: Shelf | None = None
) -> None:
    """What this needle went past: a yes that is missing, a STOP, an ASK without an answer."""
    book = AskBook(by, visit)
    open_incidents_of_consent(by, at, visit, row, facts=book.facts)
    open_incidents_of_needle(by, at, visit, row, book=book)
    open_incidents_of_lot(by, at, visit, row, shelf=shelf)


def _note_found(by: Actor, at: datetime, visit: TreatmentVisit, row: NeedleInsertion) -> None:
    where = " ".join(f"{row.site.replace('_', ' ')} {row.level} {row.side}".split())
    where += f", nearest {row.nearest.replace('_', ' ').replace('-', ' ')}" if row.nearest else ""
    what = f"Needle {row.number}, {where}: charted after closing, {row.state.replace('_', ' ')}."
    counted = f"Counted at closing: {visit.n_needles_opened} opened, {visit.n_needles_in_sharps} in the sharps box."
    add_to_closed(by, at, visit, " ".join([what, counted, row.note]).strip())
    incident = open_incident(by, at, visit, "needle_found_after_closing", f"{what} {counted}")
    incident.review_due_at = at + REVIEW_WITHIN
    incident.save(update_fields=["review_due_at"])


@once
def take_out(
    *, by: Actor, at: datetime, visit_id: int, number: int, seconds: float | None = None, **response: Any
) -> NeedleInsertion:
    """The needle out, with its remover and what it met; out already stays as it was.

    Out of a closed visit too: what stayed in on purpose comes out days later, what was missing is found.

    `response` may hold painless, grasp (0-3), cramp (0-10), twitches, release, deqi, note.

    Raises:
        NotFound: no such needle in this visit.
        InvalidValue: a response outside its range.
    """
    visit = held_visit(by, visit_id)
    row = needle_by_number(visit, number)
    if row.state == words.NeedleState.OUT.value:
        return row
    before = row.state
    _apply_response(row, response)
    row.state, row.out_at, row.removed_by = words.NeedleState.OUT.value, max(at, row.in_at or at), by.name
    row.seconds = seconds if seconds is not None else _seconds_between(row.in_at, row.out_at)
    row.save()
    if visit.closed_at is not None:
        add_to_closed(by, at, visit, f"Needle {number} is out; it was {before.replace('_', ' ')}.")
    note_in_audit(by, at, "needle.out", visit, number=number)
    return row


@once
def chart_response(*, by: Actor, at: datetime, visit_id: int, number: int, **response: Any) -> NeedleInsertion:
    """What the needle met, charted while it is in or afterwards, as long as the visit is open.

    An answer that takes another's place leaves that one in the audit.
    """
    visit = unlocked_visit(by, visit_id)
    row = needle_by_number(visit, number)
    before = {name: getattr(row, name) for name in response if hasattr(row, name)}
    _apply_response(row, response)
    row.save()
    was = {name: old for name, old in before.items() if old not in (None, "", []) and old != getattr(row, name)}
    open_incidents_of_needle(by, at, visit, row)
    note_in_audit(by, at, "needle.response", visit, number=number, **({"was": was} if was else {}))
    return row


@once
def leave_in(
    *, by: Actor, at: datetime, visit_id: int, number: int, reason: str, due_on: date | None = None
) -> NeedleInsertion:
    """A needle left in on purpose (press, ear), with the reason; left in already stays as it was.

    It is chased from `due_on` until it is recorded out; without a day, from today.

    It is in, so nothing refuses it: without consent for it, or against what is said before a needle that stays, an
    incident is opened.
    """
    visit, row = needle_to_chart(by, visit_id, number)
    if not reason.strip():
        raise InvalidValue("Please say why this needle stays in.", field="reason")
    if row.state == words.NeedleState.LEFT_IN.value:
        return row
    if row.state != words.NeedleState.IN.value:
        raise InvalidValue("Only a needle that is in can stay in.", field="reason")
    if due_on is not None:
        check_due_on(visit, due_on, at)
    row.state, row.note = words.NeedleState.LEFT_IN.value, reason.strip()[:300]
    row.save(update_fields=["state", "note"])
    _open_incidents(by, at, visit, row)
    chase(row, due_on=due_on, at=at)
    note_in_audit(by, at, "needle.left_in", visit, number=number)
    return row


@once
def note_fragment(*, by: Actor, at: datetime, visit_id: int, number: int, detail: str) -> NeedleInsertion:
    """A broken or stuck needle: never "out", an incident until it is resolved."""
    visit, row = needle_to_chart(by, visit_id, number)
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


def _seconds_between(in_at: datetime | None, out_at: datetime) -> float | None:
    """How long the needle was in; None where that is no duration: too long, or a clock that was put back meanwhile."""
    seconds = (out_at - in_at).total_seconds() if in_at else 0.0
    return seconds if 0 < seconds <= words.LONGEST_S else None


def _apply_response(row: NeedleInsertion, response: dict[str, Any]) -> None:
    known = {"painless", "grasp", "cramp", "twitches", "release", "deqi", "note", "depth_mm"}
    if unknown := set(response) - known:
        raise InvalidValue("{unknown} is not a needle response.", field=sorted(unknown)[0], unknown=sorted(unknown)[0])
    for name in ("grasp", "cramp", "twitches", "depth_mm"):
        words.check_range(name, response.get(name))
    for name, value in response.items():
        setattr(row, name, list(value) if name == "deqi" else value)
