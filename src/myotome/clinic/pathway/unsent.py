"""Letters beside those of a visit that may not have gone out: offers of the waiting list, questions, checks a day later.

They stand at the desk beside the messages of visits, in the same state and with the same two ways out: somebody phones, or
has it sent again. No program sends one a second time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from myotome.clinic.audit.actions import record
from myotome.clinic.booking.answers import say_no, say_yes
from myotome.clinic.booking.clocks import zone_where_she_works
from myotome.clinic.booking.kept import set_up_of
from myotome.clinic.booking.notices import queue_jobs
from myotome.clinic.booking.openings import send_offer
from myotome.clinic.booking.unsent import notices_unsent, offer_not_heard_of, offers_mailed
from myotome.clinic.followup.notices import not_heard_of, questions_mailed, send_questions
from myotome.clinic.needling.check_notices import WAYS, send_check
from myotome.clinic.needling.telephone import check_not_heard_of, checks_mailed
from myotome.clinic.people.models import Patient
from myotome.clinic.people.outgoing import LETTER, begin_anew, is_not_known, told
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, NotFound

MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Letters:
    """One kind of letter: which rows the desk may see, which may not have gone out, whose, who sends them, the ways out."""

    seen: Callable[[Actor], QuerySet[Any]]
    not_heard_of: Callable[[datetime], Q]
    patient_of: Callable[[Any], Patient]
    ways: dict[str, Any]
    job: Any
    settled_by: tuple[str, ...]


KINDS = {
    "offer": Letters(
        offers_mailed,
        offer_not_heard_of,
        lambda row: row.wish.patient,
        {"": LETTER},
        send_offer,
        ("yes", "no", "again"),
    ),
    "questions": Letters(
        questions_mailed,
        not_heard_of,
        lambda row: row.course.patient,
        {"": LETTER},
        send_questions,
        ("phoned", "again"),
    ),
    "check": Letters(
        checks_mailed, check_not_heard_of, lambda row: row.visit.course.patient, WAYS, send_check, ("again",)
    ),
}


@dataclass(frozen=True, slots=True)
class Unsent:
    """One letter as the desk sees it: of which kind, to whom, and whether it failed or nobody knows. `zone` is an offer's."""

    kind: str
    row: Any
    patient: Patient
    is_not_known: bool
    zone: str = ""


def letters_unsent(actor: Actor, *, at: datetime) -> list[Unsent]:
    """What may not have gone out and could still be answered: offers first, then questions, then checks."""
    found, known = [], set_up_of(actor.clinic_id)
    for kind, letters in KINDS.items():
        for row in letters.seen(actor).filter(letters.not_heard_of(at)).order_by("pk")[:MOST_SHOWN]:
            died = any(getattr(row, way.going) is not None for way in letters.ways.values())
            time = row.opening if kind == "offer" else None
            zone = zone_where_she_works(known, time.practitioner_id, time.starts_at) if time else ""
            found.append(Unsent(kind, row, letters.patient_of(row), died, zone))
    return found


def n_unsent(actor: Actor, *, at: datetime) -> int:
    """How many messages and letters may not have gone out, in one query."""
    rows = [letters.seen(actor).filter(letters.not_heard_of(at)) for letters in KINDS.values()]
    asked = [query.select_related(None).order_by().values("pk") for query in (notices_unsent(actor, at), *rows)]
    return asked[0].union(*asked[1:], all=True).count()


@transaction.atomic
def letter_settled(*, by: Actor, at: datetime, kind: str, pk: int, how: str) -> bool:
    """True when this settled it: `again` sends it once more, `phoned` says that she knows; settled already it stays so.

    `yes` and `no` are what she said to an offer on the telephone. A check is phoned about by asking its questions.

    Raises:
        NotFound: no such letter that the actor may see.
        InvalidValue: a letter of this kind is not settled like this.
        AlreadyBooked: her yes comes too late.
    """
    by.check_holds(Role.RECEPTIONIST, Role.PRACTITIONER)
    letters = KINDS.get(kind)
    if letters is None:
        raise NotFound("There is nothing here that you can see.")
    letters.seen(by).get_or_not_found(pk=pk)
    if how not in letters.settled_by:
        raise InvalidValue("Say what came of it: one of the buttons beside it.", field="how")
    if how in ("yes", "no") and letters.seen(by).filter(letters.not_heard_of(at), pk=pk).exists():
        (say_yes if how == "yes" else say_no)(by=by, at=at, offer_id=pk)  # which takes its locks in its own order
        return True
    row = letters.seen(by).filter(letters.not_heard_of(at), pk=pk).select_for_update(of=("self",)).first()
    if row is None:
        return False
    mine = type(row).objects.filter(pk=pk)
    for name, way in letters.ways.items():
        if how != "again":
            told(mine, at, way)
        elif way is LETTER or mine.filter(is_not_known(at, way)).exists():
            begin_anew(mine, way)
            queue_jobs(letters.job, [([pk, name] if name else [pk], None)])
    act = "letter.tried_again" if how == "again" else "letter.told_by_phone"
    record(by=by, at=at, act=act, subject=row, patient_id=letters.patient_of(row).pk, kind=kind)
    return True
