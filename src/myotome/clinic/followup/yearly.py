"""After the last planned follow-up the next one is a year on, whether or not the last was answered.

Who answers early has the next year at once. For everybody else the queue looks once a day: the end of a course queues the
look, and the look queues itself while any course has ended. A year that nobody answered is a year in which she is lost, and
no reason not to ask in the next one: who comes back answers again. Who says that she wants no such questions is not asked
until she wants them again.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from myotome.clinic.booking.notices import queue_jobs
from myotome.clinic.followup.asking import ask
from myotome.clinic.followup.models import Discharge, MeasureRequest
from myotome.clinic.followup.queries import YEAR_DAYS
from myotome.clinic.followup.wishes import UNWANTED
from myotome.clinic.people.days import clinic_day
from myotome.clinic.people.queries import system_actor
from myotome.clinic.screening.models import Course
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.measures import Occasion

LOOKED_AGAIN_AFTER = timedelta(days=1)
MOST_AT_ONCE = 500


@transaction.atomic
def ask_the_year_after(*, by: Actor, at: datetime, request: MeasureRequest) -> MeasureRequest | None:
    """The follow-up a year after this one, or after the years that have gone since without being asked; None when a later
    one is planned already, or when she does not want to be asked any more."""
    Course.objects.select_for_update().filter(pk=request.course_id).exists()
    if _follow_ups().filter(course_id=request.course_id, due_on__gt=request.due_on).exists():
        return None
    if MeasureRequest.objects.filter(UNWANTED, pk=request.pk).exists():
        return None
    today = clinic_day(request.course.clinic, at)
    due_on = _first_year_after(request.due_on, today)
    return ask(by=by, at=at, course=request.course, occasion=Occasion.FOLLOW_UP, due_on=due_on)


def _first_year_after(last: date, today: date) -> date:
    """The first whole number of years (of 365 days) after `last` that has not gone yet."""
    n_gone = max(0, (today - last).days) // YEAR_DAYS
    return last + timedelta(days=YEAR_DAYS * (n_gone + 1))


def ask_next_years(*, at: datetime) -> int:
    """The next year for every ended course whose last follow-up has come due; how many it was for, 500 at most at once."""
    newest = (
        _follow_ups()
        .filter(course__discharge__isnull=False)
        .exclude(UNWANTED)
        .values("course_id")
        .annotate(last=Max("due_on"))
    )
    due = newest.filter(last__lte=at.date()).order_by("last", "course_id")
    found = dict(due.values_list("course_id", "last")[:MOST_AT_ONCE])
    rows = _follow_ups().filter(course_id__in=found).select_related("course__clinic", "course__patient")
    last = [row for row in rows.order_by("pk") if row.due_on == found[row.course_id]]
    for row in last:
        ask_the_year_after(by=system_actor(row.course.clinic, name="questions every year"), at=at, request=row)
    return len(last)


def _follow_ups() -> QuerySet[MeasureRequest]:
    return MeasureRequest.objects.filter(occasion=Occasion.FOLLOW_UP.value)


def years_go_on(*, at: datetime) -> None:
    """Queues a look for the day after `at`, unless one waits already; call it in the transaction that plans a follow-up."""
    waiting = DBTaskResult.objects.filter(status=TaskResultStatus.READY, task_path=look_for_next_years.module_path)
    if not waiting.exists():
        queue_jobs(look_for_next_years, [([], at + LOOKED_AGAIN_AFTER)])


@task()
def look_for_next_years() -> None:
    """Asks for the next years that are due, and comes back in a day while any course has ended."""
    now = timezone.now()
    if Discharge.objects.exists():
        years_go_on(at=now)  # first: what goes wrong with one course today is tried again tomorrow
    while ask_next_years(at=now) == MOST_AT_ONCE:
        pass
