"""What was felt or went wrong after needles, in the owner's clinic: counts with what they are counts of. No chart.

Three denominators, and each rate says which is its own: closed visits with needles, needles, and visits about which the
patient answered a day later. Visits are counted, never events, so that one visit counts once for a kind.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q

from myotome.clinic.needling.models import AdverseEvent, AfterAnswer, AfterCheck, NeedleInsertion, TreatmentVisit
from myotome.knowledge.aftercare import NO, TOGETHER, PublishedRate, after_check, published_of
from myotome.science.needling.rates import Rate, rate
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import AdverseGrade, AdverseKind, Role
from myotome.vocabulary.needling import NeedleState

OF_NEEDLES = ("found_after_closing", "missing", "with_an_event")
"""What is counted by needle."""


@dataclass(frozen=True, slots=True)
class KindRate:
    """One kind: among the visits on record, and among the checks in which this was asked and answered (None: not asked)."""

    kind: str
    recorded: Rate
    told: Rate | None
    published: tuple[PublishedRate, ...]


@dataclass(frozen=True, slots=True)
class Harm:
    """The clinic's own rates, each beside the published ones."""

    n_visits: int
    n_needles: int
    n_sent: int
    n_answered: int
    kinds: tuple[KindRate, ...]
    together: tuple[KindRate, ...]
    needles: tuple[tuple[str, Rate], ...]

    @property
    def n_unanswered(self) -> int:
        """Checks that were sent and that nobody answered, or not to the end."""
        return self.n_sent - self.n_answered


def harm_of(actor: Actor) -> Harm:
    """The rates over everything that was closed until now.

    Raises:
        NotAllowed: she is not the owner.
    """
    actor.check_holds(Role.OWNER)
    needles = NeedleInsertion.objects.filter(clinic_id=actor.clinic_id, struck_at__isnull=True)
    of_visit = needles.filter(visit=OuterRef("pk"))
    visits = TreatmentVisit.objects.filter(Exists(of_visit), clinic_id=actor.clinic_id, closed_at__isnull=False)
    n_visits = visits.count()
    checks = AfterCheck.objects.filter(clinic_id=actor.clinic_id)
    sent = checks.aggregate(
        n=Count("pk", filter=Q(mail_at__isnull=False) | Q(sms_at__isnull=False) | Q(completed_at__isnull=False)),
        n_answered=Count("pk", filter=Q(completed_at__isnull=False)),
    )
    recorded, told = _recorded(actor, visits), _told(actor)
    kinds = [
        KindRate(
            kind.value, rate(recorded.get(kind.value, 0), n_visits), told.get(kind.value), published_of(kind.value)
        )
        for kind in AdverseKind
    ]
    return Harm(
        n_visits=n_visits,
        n_needles=needles.filter(visit__closed_at__isnull=False).count(),
        n_sent=sent["n"],
        n_answered=sent["n_answered"],
        kinds=tuple(row for row in kinds if row.recorded.n or row.told or row.published),
        together=tuple(
            KindRate(name, rate(recorded.get(name, 0), n_visits), None, published_of(name)) for name in TOGETHER
        ),
        needles=_of_needles(actor),
    )


def _recorded(actor: Actor, visits) -> dict[str, int]:
    """Visits with an event of each kind, and of any, of the major grade, and serious ones."""
    events = AdverseEvent.objects.filter(clinic_id=actor.clinic_id, visit__in=visits)
    found = dict(events.values_list("kind").annotate(n=Count("visit", distinct=True)).order_by("kind"))
    together = events.aggregate(
        any=Count("visit", distinct=True),
        major=Count("visit", distinct=True, filter=Q(grade=AdverseGrade.MAJOR.value)),
        serious=Count("visit", distinct=True, filter=~Q(serious="")),
    )
    return found | together


def _told(actor: Actor) -> dict[str, Rate]:
    """Of the checks that were sent back: how many said something other than no, among those that did not skip it."""
    rows = (
        AfterAnswer.objects.filter(
            clinic_id=actor.clinic_id, replaced_at__isnull=True, check_of__completed_at__isnull=False
        )
        .exclude(choice="")
        .values("question")
        .annotate(of=Count("pk"), n=Count("pk", filter=~Q(choice=NO)))
    )
    counted = {row["question"]: (row["n"], row["of"]) for row in rows.order_by("question")}
    return {one.kind.value: rate(*counted.get(one.code, (0, 0))) for one in after_check().questions}


def _of_needles(actor: Actor) -> tuple[tuple[str, Rate], ...]:
    """Needles that were not where they should be, among all needles of closed visits."""
    needles = NeedleInsertion.objects.filter(clinic_id=actor.clinic_id, struck_at__isnull=True)
    counts = needles.filter(visit__closed_at__isnull=False).aggregate(
        of=Count("pk"),
        found_after_closing=Count("pk", filter=Q(found_at__isnull=False)),
        missing=Count("pk", filter=Q(state=NeedleState.MISSING.value)),
    )
    of = counts.pop("of")
    events = AdverseEvent.objects.filter(clinic_id=actor.clinic_id, insertion__in=needles)
    counts["with_an_event"] = events.filter(visit__closed_at__isnull=False).values("insertion").distinct().count()
    return tuple((name, rate(counts[name], of)) for name in OF_NEEDLES)
