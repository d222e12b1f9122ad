"""How many visits a week the clinic needs: asked by the owner, worked out by the queue, with progress in the row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django_tasks import task

from myotome.clinic.audit.actions import record
from myotome.clinic.followup.fits import basis_in_force
from myotome.clinic.followup.reading import facts_of
from myotome.clinic.learning.models import CapacityPlan
from myotome.clinic.needling.models import TreatmentVisit
from myotome.clinic.people.models import Clinic
from myotome.clinic.screening.models import Course
from myotome.science.followup.capacity import capacity, check_new_a_week
from myotome.science.followup.course import covariates_of
from myotome.science.followup.policies import policies_of
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue

LOOKED_BACK = timedelta(weeks=12)
MOST_COURSES = 200
FEWEST_COURSES = 10
MOST_TREATMENTS = 40
LOST_AFTER = timedelta(minutes=30)
POLICIES = (
    ("weekly", {}),
    ("two_weekly", {"interval_days": 14}),
    ("front_loaded", {"first_interval_days": 3.5, "n_first": 4}),
    ("review", {"review_at": 4}),
)


@dataclass(frozen=True, slots=True)
class Capacity:
    """The newest plan that has an answer and the one that is worked out now; what the clinic has had: new courses and
    visits a week in the last twelve weeks, and how many courses its mix is of."""

    newest: CapacityPlan | None
    running: CapacityPlan | None
    new_a_week: float
    visits_a_week: float
    n_courses: int

    @property
    def is_enough(self) -> bool:
        """Whether there are enough courses to speak of a mix."""
        return self.n_courses >= FEWEST_COURSES


def capacity_for(actor: Actor, *, at: datetime) -> Capacity:
    """What the owner reads about capacity.

    Raises:
        NotAllowed: not the owner.
    """
    actor.check_holds(Role.OWNER)
    rows = list(CapacityPlan.objects.for_actor(actor).defer("mix").order_by("-pk")[:12])
    weeks = LOOKED_BACK / timedelta(weeks=1)
    courses = Course.objects.filter(clinic_id=actor.clinic_id)
    n_new = courses.filter(opened_at__gte=at - LOOKED_BACK, opened_at__lte=at).count()
    visits = TreatmentVisit.objects.filter(clinic_id=actor.clinic_id)
    n_visits = visits.filter(opened_at__gte=at - LOOKED_BACK, opened_at__lte=at).count()
    return Capacity(
        newest=next((row for row in rows if row.answer is not None), None),
        running=next((row for row in rows if row.ended_at is None and row.asked_at > at - LOST_AFTER), None),
        new_a_week=round(n_new / weeks, 1),
        visits_a_week=round(n_visits / weeks, 1),
        n_courses=min(MOST_COURSES, courses.count()),
    )


@transaction.atomic
def ask_for_capacity(*, by: Actor, at: datetime, new_a_week: float, most_treatments: int) -> CapacityPlan:
    """A plan that the queue works out, for the mix of the clinic's latest courses; one at a time.

    Raises:
        NotAllowed: not the owner.
        InvalidValue: numbers that no clinic has, too few courses to speak of a mix, or one is being worked out.
    """
    by.check_holds(Role.OWNER)
    check_new_a_week(new_a_week)
    if not 1 <= most_treatments <= MOST_TREATMENTS:
        raise InvalidValue("Treatments at most are 1 to {most}.", field="most_treatments", most=MOST_TREATMENTS)
    Clinic.objects.select_for_update().get(pk=by.clinic_id)
    if CapacityPlan.objects.filter(
        clinic_id=by.clinic_id, ended_at__isnull=True, asked_at__gt=at - LOST_AFTER
    ).exists():
        raise InvalidValue("A plan is being worked out; it takes some seconds.")
    mix = mix_of(by, at=at)
    if len(mix) < FEWEST_COURSES:
        raise InvalidValue(
            "{n} courses are too few to speak of a mix; {fewest} are needed.", n=len(mix), fewest=FEWEST_COURSES
        )
    row = CapacityPlan.objects.create(
        clinic_id=by.clinic_id,
        asked_at=at,
        asked_by=by.name[:120],
        new_a_week=new_a_week,
        most_treatments=most_treatments,
        mix=mix,
    )
    record(by=by, at=at, act="capacity.asked", subject=row)
    transaction.on_commit(lambda: work_out.enqueue(row.pk))
    return row


def mix_of(actor: Actor, *, at: datetime) -> list[dict[str, Any]]:
    """What the forecast knows of each of the clinic's latest courses, in the shape that it reads."""
    actor.check_holds(Role.OWNER)
    rows = Course.objects.filter(clinic_id=actor.clinic_id, opened_at__lte=at).select_related("patient")
    return [
        facts_of(course, on=course.opened_at.date()) for course in rows.order_by("-opened_at", "-pk")[:MOST_COURSES]
    ]


@task()
def work_out(plan_id: int) -> None:
    """Works a plan out and says in its row how far it is; why it came to nothing is said there too."""
    row = CapacityPlan.objects.filter(pk=plan_id, ended_at__isnull=True).first()
    if row is None:
        return
    basis = basis_in_force(row.clinic_id)
    given = {"most_treatments": row.most_treatments}
    review = {"review_at": min(4, row.most_treatments)}
    policies = [{"name": name} | how | given | (review if name == "review" else {}) for name, how in POLICIES]

    def progress(share: float) -> None:
        CapacityPlan.objects.filter(pk=plan_id).update(done_percent=round(100 * share))

    try:
        mix = [covariates_of(kind) for kind in row.mix]
        answer = capacity(mix, row.new_a_week, policies_of(policies), basis, seed=row.pk, progress=progress)
    except InvalidValue as error:
        row.ended_at, row.message = timezone.now(), str(error.message)[:300]
        row.save(update_fields=["ended_at", "message"])
        return
    row.ended_at, row.answer, row.basis = timezone.now(), answer, basis.prior.version
    row.save(update_fields=["ended_at", "answer", "basis"])
