"""The end of the day in the treatment rooms: visits in which a needle is not accounted for, and who signs for them.

A day is not closed over a needle. What has to be closed all the same is signed for as a missing needle is: by a second
person, or alone with a review that is due in three days; each visit gets an incident. Visits of earlier days count
until somebody has signed for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q

from myotome.clinic.needling.locks import open_incident
from myotome.clinic.needling.models import Incident, NeedleInsertion, TreatmentVisit
from myotome.clinic.needling.needles import REVIEW_WITHIN
from myotome.clinic.people.models import Clinic, Place
from myotome.science.needling.counts import OPEN_STATES
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.errors import InvalidValue, NeedleUnaccountedFor

SIGNED_FOR = "day_closed_over_a_needle"
OPEN = [state.value for state in OPEN_STATES]


@dataclass(frozen=True, slots=True)
class Unaccounted:
    """A visit with `n_in` needles in; with none in, its needles opened and its sharps box were not counted."""

    visit: TreatmentVisit
    n_in: int


def unaccounted_on(actor: Actor, on: date, *, place: Place | None = None) -> list[Unaccounted]:
    """The visits of this day, and of days before it, with a needle in or counts that nobody has made.

    At one place, or at all; a visit of which nobody knows where it is counts at each. Every role that closes a day sees
    that they are, as on the wall: who, where and how many, nothing of the chart.
    """
    zone = place.time_zone if place else Clinic.objects.values_list("time_zone", flat=True).get(pk=actor.clinic_id)
    until = datetime.combine(on + timedelta(days=1), time(), tzinfo=ZoneInfo(zone))
    found_in = NeedleInsertion.objects.filter(
        clinic_id=actor.clinic_id, found_at__isnull=False, struck_at__isnull=True, state__in=OPEN
    )
    rows = TreatmentVisit.objects.filter(clinic_id=actor.clinic_id, opened_at__lt=until)
    rows = rows.filter(Q(closed_at__isnull=True) | Q(pk__in=found_in.values("visit_id")))
    if place is not None:
        without_room = Q(appointment__place=place) | Q(appointment__isnull=True)
        rows = rows.filter(Q(room__place=place) | Q(room__isnull=True) & without_room)
    rows = rows.select_related("course__patient", "practitioner", "room").prefetch_related("insertions", "incidents")
    found = [_of(visit) for visit in rows.order_by("opened_at")]
    return [one for one in found if one is not None]


def _of(visit: TreatmentVisit) -> Unaccounted | None:
    signed_at = max((row.opened_at for row in visit.incidents.all() if row.kind == SIGNED_FOR), default=None)
    needles = [row for row in visit.insertions.all() if row.struck_at is None]
    fresh = [row for row in needles if signed_at is None or row.charted_at > signed_at]
    n_in = sum(row.state in OPEN for row in fresh)
    is_uncounted = visit.closed_at is None and bool(fresh or (signed_at is None and visit.n_needles_opened))
    return Unaccounted(visit, n_in) if n_in or is_uncounted else None


def check_day_can_end(found: list[Unaccounted]) -> None:
    """Nothing, when every needle of the day is accounted for.

    Raises:
        NeedleUnaccountedFor: names how many visits wait, and with how many needles in.
    """
    if not found:
        return
    n_in = sum(one.n_in for one in found)
    if n_in:
        raise NeedleUnaccountedFor(
            "{n_in} not out yet, in {n_visits} of the visits below. The day closes when every needle is accounted for.",
            field="needles",
            n_in=n_in,
            n_visits=len(found),
        )
    raise NeedleUnaccountedFor(
        "Needles opened and the sharps box were not counted in {n_visits} of the visits below. Close them, then the day.",
        field="needles",
        n_visits=len(found),
    )


def sign_for_the_day(
    *, by: Actor, at: datetime, found: list[Unaccounted], reason: str, witness: Actor | None
) -> list[Incident]:
    """An incident for each of these visits: signed with a second person, or alone with a review due in three days.

    The face has checked the password of `witness`, or the actor's own once more. Runs in the caller's transaction.

    Raises:
        InvalidValue: nobody wrote why, or the witness is she herself.
    """
    if not reason.strip():
        raise InvalidValue("Please write why the day closes all the same.", field="needles_reason")
    if witness is not None and witness.user_id == by.user_id:
        raise InvalidValue("Somebody else signs with you.", field="witness_password")
    rows = []
    for one in found:
        incident = open_incident(by, at, one.visit, SIGNED_FOR, f"{one.n_in} in. {reason.strip()}")
        incident.witnessed_by = witness.name if witness else ""
        incident.review_due_at = None if witness else at + REVIEW_WITHIN
        incident.save(update_fields=["witnessed_by", "review_due_at"])
        rows.append(incident)
    return rows
