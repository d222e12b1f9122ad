"""Writing the visit: opened, asked again, handed over, closed, signed. A signed visit takes addenda only.

Acts on single needles live in `needles`; they are re-exported here so that faces have one door.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F, Max

from myotome.clinic.audit.actions import record
from myotome.clinic.needling.accounts import count_out, resolve_incident, sign_lost, sign_missing
from myotome.clinic.needling.adverse import follow_up_event, report_adverse_event
from myotome.clinic.needling.asks import answer_ask, correct_fact
from myotome.clinic.needling.corrections import correct_insertion
from myotome.clinic.needling.cosigning import ask_for_cosignature, cosign_visit
from myotome.clinic.needling.locks import held_visit, note_in_audit, unlocked_visit
from myotome.clinic.needling.models import TreatmentVisit, VisitAddendum
from myotome.clinic.needling.needles import (
    chart_response,
    leave_in,
    note_fragment,
    record_insertion,
    strike_insertion,
    take_out,
)
from myotome.clinic.needling.queries import check_can_close, needle_as_value, needles_of, visit_for
from myotome.clinic.needling.replays import once
from myotome.clinic.needling.stocking import take_from_stock
from myotome.clinic.needling.tallies import tally_needles
from myotome.clinic.people.actions import begin_care
from myotome.clinic.people.models import Practitioner
from myotome.clinic.screening.facts import facts_of, note_fact
from myotome.clinic.screening.models import Course
from myotome.science.needling.counts import check_sharps, n_short
from myotome.science.needling.lines import MOST_MINUTES_OF_REST
from myotome.vocabulary import needling as words
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import (
    CourseClosed,
    InvalidValue,
    NeedleUnaccountedFor,
    NotFound,
    StaleVersion,
    VisitLocked,
)
from myotome.vocabulary.sentences import as_kept

__all__ = [
    "accept_handover",
    "add_addendum",
    "answer_ask",
    "ask_again",
    "call_all_out",
    "chart_response",
    "close_visit",
    "correct_fact",
    "correct_insertion",
    "cosign_visit",
    "count_after_all_out",
    "count_out",
    "follow_up_event",
    "hand_over",
    "leave_in",
    "note_fragment",
    "open_visit",
    "record_insertion",
    "report_adverse_event",
    "resolve_incident",
    "set_rest",
    "sign_missing",
    "sign_visit",
    "strike_insertion",
    "take_out",
    "tally_needles",
]


@transaction.atomic
def open_visit(
    *,
    by: Actor,
    at: datetime,
    course_id: int,
    mode: words.TreatmentMode,
    appointment_id: int | None = None,
    plan_id: int | None = None,
    room_id: int | None = None,
    retain_minutes: int = 20,
) -> TreatmentVisit:
    """A visit numbered after the last one of its course and mode; for an appointment that has one, that one.

    Raises:
        NotFound: no such course, or not in her care.
        CourseClosed: the course has ended.
    """
    by.check_holds(Role.PRACTITIONER)
    course = Course.objects.for_actor(by).get_or_not_found(pk=course_id)
    if appointment_id is not None:
        existing = TreatmentVisit.objects.filter(appointment_id=appointment_id, clinic_id=by.clinic_id).first()
        if existing is not None:
            return existing
    if course.closed_at is not None:
        raise CourseClosed("This course has ended. A new one is opened, linked to it.")
    last = TreatmentVisit.objects.filter(course=course, mode=mode.value).aggregate(n=Max("number"))["n"] or 0
    visit = TreatmentVisit.objects.create(
        clinic_id=by.clinic_id,
        course=course,
        appointment_id=appointment_id,
        plan_id=plan_id,
        practitioner_id=by.practitioner_id,
        room_id=room_id,
        number=last + 1,
        mode=mode.value,
        opened_at=at,
        retain_minutes=retain_minutes,
    )
    begin_care(by=by, at=at, patient_id=course.patient_id, user_id=by.user_id, kind="treating")
    record(by=by, at=at, act="visit.opened", subject=visit, patient_id=course.patient_id, number=visit.number)
    return visit


@once
def ask_again(*, by: Actor, at: datetime, visit_id: int, answers: dict[str, str]) -> TreatmentVisit:
    """The short list asked at every visit (fact code to present, absent or not_asked), and the facts it changed.

    A fact that stays as it was keeps its date and its details.
    """
    visit = unlocked_visit(by, visit_id)
    known = {row.code: row.state for row in facts_of(by, visit.course.patient_id)}
    for code, state in answers.items():
        if known.get(code) != state:
            note_fact(by=by, at=at, patient_id=visit.course.patient_id, code=code, state=state)
    visit.reask, visit.reask_at = answers, at
    visit.save(update_fields=["reask", "reask_at"])
    note_in_audit(by, at, "visit.asked_again", visit, n=len(answers))
    return visit


@transaction.atomic
def set_rest(*, by: Actor, at: datetime, visit_id: int, minutes: int) -> TreatmentVisit:
    """How long the set of this visit rests, from one minute to four hours, from when its oldest needle went in.

    Raises:
        InvalidValue: outside that range.
    """
    visit = unlocked_visit(by, visit_id)
    if not 1 <= minutes <= MOST_MINUTES_OF_REST:
        raise InvalidValue("A set rests for 1 to {most} minutes.", field="retain_minutes", most=MOST_MINUTES_OF_REST)
    if visit.retain_minutes != minutes:
        visit.retain_minutes = minutes
        visit.save(update_fields=["retain_minutes"])
        note_in_audit(by, at, "visit.rest_set", visit, minutes=minutes)
    return visit


@once
def call_all_out(*, by: Actor, at: datetime, visit_id: int) -> TreatmentVisit:
    """Needle shock: everything out now, counting comes after."""
    visit = unlocked_visit(by, visit_id)
    visit.all_out_called_at, visit.counted_at = at, None
    visit.save(update_fields=["all_out_called_at", "counted_at"])
    note_in_audit(by, at, "visit.all_out_called", visit)
    return visit


@once
def count_after_all_out(*, by: Actor, at: datetime, visit_id: int, numbers_out: list[int]) -> TreatmentVisit:
    """The count after "all out": the numbered needles are out, any other stays open and is named at closing.

    Raises:
        NeedleUnaccountedFor: a number is no needle of this visit; nothing is counted, the open ones are listed.
    """
    visit = unlocked_visit(by, visit_id)
    charted = needles_of(visit)
    unknown = sorted(set(numbers_out) - {needle.number for needle in charted})
    if unknown:
        still_in = ", ".join(str(needle.number) for needle in charted if needle.state == words.NeedleState.IN.value)
        raise NeedleUnaccountedFor(
            "There is no needle {unknown} in this visit. Still in: {still_in}. Count again.",
            unknown=", ".join(map(str, unknown)),
            still_in=still_in or "–",
        )
    for number in numbers_out:
        take_out(by=by, at=at, visit_id=visit_id, number=number)
    visit.counted_at = at
    visit.save(update_fields=["counted_at"])
    note_in_audit(by, at, "visit.counted", visit, n_out=len(numbers_out))
    return visit


@once
def hand_over(*, by: Actor, at: datetime, visit_id: int, practitioner_id: int) -> TreatmentVisit:
    """The visit offered to a colleague, who must accept it; she may open the chart from now on."""
    visit = unlocked_visit(by, visit_id)
    colleague = Practitioner.objects.for_actor(by).get_or_not_found(pk=practitioner_id)
    visit.handed_to, visit.handover_accepted_at = colleague, None
    visit.save(update_fields=["handed_to", "handover_accepted_at"])
    begin_care(by=by, at=at, patient_id=visit.course.patient_id, user_id=colleague.user_id, kind="covering")
    note_in_audit(by, at, "visit.handed_over", visit, to=colleague.pk)
    return visit


@once
def accept_handover(*, by: Actor, at: datetime, visit_id: int) -> TreatmentVisit:
    """The hand-over accepted by the colleague it was offered to; accepted already stays so.

    Raises:
        NotFound: nothing was offered to her.
    """
    visit = unlocked_visit(by, visit_id)
    if visit.handed_to_id is None or visit.handed_to_id != by.practitioner_id:
        raise NotFound("No hand-over of this visit was offered to you.")
    if visit.handover_accepted_at is not None:
        return visit
    visit.handover_accepted_at = at
    visit.save(update_fields=["handover_accepted_at"])
    note_in_audit(by, at, "visit.handover_accepted", visit)
    return visit


@transaction.atomic
def close_visit(
    *,
    by: Actor,
    at: datetime,
    visit_id: int,
    version: int,
    note: str = "",
    advice: str = "",
    n_needles_opened: int | None = None,
    n_needles_in_sharps: int | None = None,
    fit_to_drive_asked: bool | None = None,
    adjuncts: Sequence[words.Adjunct] = (),
    no_next_because: words.NoNextVisit | None = None,
    next_refused_at: datetime | None = None,
    next_refusal: str = "",
    n_not_found: int = 0,
    where_looked: str = "",
    witness: Actor | None = None,
) -> TreatmentVisit:
    """The visit closed, every needle accounted for, opened and in the sharps box; closed already stays closed.

    `no_next_because` says why no next visit was booked with it, `next_refused_at` which start was wanted and
    `next_refusal` what stood against it. `n_not_found` were opened and are found nowhere: with `where_looked` they are
    signed for, by a second person, or alone with a review due in three days. What was found meanwhile is not signed for.

    Raises:
        NeedleUnaccountedFor: names the needles that are in, or the count that differs by other than what is signed for.
        InvalidValue: the needles opened, or those in the sharps box, were not counted, or nobody said where she looked.
        StaleVersion: somebody else changed the visit's note meanwhile.
    """
    visit = held_visit(by, visit_id)
    if visit.closed_at is not None:
        return visit
    needles = needles_of(visit)
    check_can_close(visit, needles)
    values = [needle_as_value(needle) for needle in needles]
    n_lost = n_not_found if n_short(values, n_needles_opened, n_needles_in_sharps) else 0
    check_sharps(values, n_needles_opened, n_needles_in_sharps, n_not_found=n_lost)
    if n_lost:
        sign_lost(by=by, at=at, visit=visit, n=n_lost, where_looked=where_looked, witness=witness)
    changed = TreatmentVisit.objects.filter(pk=visit.pk, version=version).update(
        note=note,
        advice=advice,
        n_needles_opened=n_needles_opened,
        n_needles_in_sharps=n_needles_in_sharps,
        fit_to_drive_asked=fit_to_drive_asked,
        adjuncts=[one.value for one in dict.fromkeys(adjuncts)],
        no_next_because=no_next_because.value if no_next_because else None,
        next_refused_at=next_refused_at,
        next_refusal=as_kept(next_refusal) if next_refusal else None,
        closed_at=at,
        closed_by=by.name,
        version=F("version") + 1,
    )
    if not changed:
        raise StaleVersion("Somebody else changed this visit in the meantime. Both versions are shown below.")
    note_in_audit(by, at, "visit.closed", visit, n_needles=len(needles))
    visit.refresh_from_db()
    take_from_stock(by=by, at=at, visit=visit, needles=needles)
    return visit


@transaction.atomic
def sign_visit(*, by: Actor, at: datetime, visit_id: int) -> TreatmentVisit:
    """The visit signed and locked; signed already stays as it was. Of a supervised practitioner it waits for another name.

    Raises:
        VisitLocked: it is not closed yet.
    """
    by.check_holds(Role.PRACTITIONER)
    visit = held_visit(by, visit_id)
    if visit.signed_at is not None:
        return visit
    if visit.closed_at is None:
        raise VisitLocked("Close the visit first: signing locks what closing has counted.")
    visit.signed_at, visit.signed_by = at, by.name
    visit.save(update_fields=["signed_at", "signed_by"])
    note_in_audit(by, at, "visit.signed", visit)
    ask_for_cosignature(by, at, visit)
    return visit


@once
def add_addendum(*, by: Actor, at: datetime, visit_id: int, text: str) -> VisitAddendum:
    """A dated, named addition to a visit, signed or not."""
    by.check_holds(Role.PRACTITIONER)
    visit = visit_for(by, visit_id)
    if not text.strip():
        raise InvalidValue("An addendum needs words.", field="text")
    row = VisitAddendum.objects.create(
        clinic_id=by.clinic_id, visit=visit, text=text.strip(), written_at=at, written_by=by.name
    )
    note_in_audit(by, at, "visit.addendum", visit)
    return row
