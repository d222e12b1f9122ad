"""Every month the forecasts of the last one are held against plain baselines, whether the clinic has a fit or not.

The queue does it, without a sampler. What was shown is judged as it was shown; where a baseline spoke, the model's own
words are worked out from what was known then. The worker queues the first look, and each look queues the next.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from myotome.clinic.audit.actions import record
from myotome.clinic.booking.notices import queue_jobs
from myotome.clinic.followup.fits import basis_in_force
from myotome.clinic.followup.models import ForecastShown, RecoveryFit
from myotome.clinic.learning.courses import courses_to_learn_from
from myotome.clinic.learning.fits import MOST_COMPARED, baseline_after
from myotome.clinic.people.days import clinic_day
from myotome.clinic.people.models import Clinic
from myotome.clinic.people.queries import clinics, system_actor
from myotome.refit.courses import data_hash, readable
from myotome.refit.month import MetForecast, scores_of_month
from myotome.refit.scores import plain_fits
from myotome.science.followup.answer import forecast_answer
from myotome.science.followup.draws import Basis, prior_basis
from myotome.science.followup.plain import KIND
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue

LOOKED_BACK = timedelta(days=90)
MOST_FORECASTS = 600
MOST_BEHIND = 6
"""Months that are made up for when no worker ran."""
LOOK_ON_DAY = 2
"""Of the month, in UTC: the month before has ended in every zone."""


def score_past_months(*, by: Actor, at: datetime) -> list[RecoveryFit]:
    """The scores of each whole month since the last one that was scored, the oldest first and six at most, each kept with
    who speaks from then on; none of a month in which no forecast met an answer.

    Raises:
        NotAllowed: not the owner.
    """
    by.check_holds(Role.OWNER)
    clinic = Clinic.objects.get(pk=by.clinic_id)
    months = RecoveryFit.objects.filter(clinic=clinic, kind=RecoveryFit.MONTH).values_list("about__month", flat=True)
    scored_to = max(months, default="")
    ends = clinic_day(clinic, at).replace(day=1)
    stretches: list[tuple[date, date]] = []
    while len(stretches) < MOST_BEHIND and f"{(begins := _month_before(ends)):%Y-%m}" > scored_to:
        stretches.append((begins, ends))
        ends = begins
    rows = [_score_month(clinic, begins, ends, by=by, at=at) for begins, ends in reversed(stretches)]
    return [row for row in rows if row is not None]


def _month_before(day: date) -> date:
    return (day - timedelta(days=1)).replace(day=1)


def _score_month(clinic: Clinic, begins: date, ends: date, *, by: Actor, at: datetime) -> RecoveryFit | None:
    month, met = f"{begins:%Y-%m}", _met_in(clinic, begins, ends)
    if not met:
        return None
    plain = plain_fits(readable(courses_to_learn_from(by, before=begins))[0])
    rows, _n_left_out = readable(courses_to_learn_from(by, before=ends))
    about = {
        "month": month,
        "n_met": len(met),
        "scores": scores_of_month(met, plain),
        "plain": plain_fits(rows),
        "data": {"hash": data_hash(rows), "n_courses": len(rows)},
    }
    return _keep(by, at, month, about)


@transaction.atomic
def _keep(by: Actor, at: datetime, month: str, about: dict[str, Any]) -> RecoveryFit | None:
    clinic = Clinic.objects.select_for_update().get(pk=by.clinic_id)
    if RecoveryFit.objects.filter(clinic=clinic, kind=RecoveryFit.MONTH, about__month=month).exists():
        return None
    told = json.dumps(about, sort_keys=True).encode()
    row = RecoveryFit(clinic=clinic, kind=RecoveryFit.MONTH, started_at=at, started_by=by.name[:120], ended_at=at)
    row.version, row.about = f"M-{sha256(told).hexdigest()[:7]}", about
    earlier = RecoveryFit.objects.filter(clinic=clinic).defer("file").order_by("-pk")
    row.baseline = baseline_after([row, *earlier[:MOST_COMPARED]])
    row.save()
    record(by=by, at=at, act="forecasts.scored", subject=row, month=month, n=about["n_met"])
    if row.baseline:
        record(by=by, at=at, act="refit.baseline_speaks", subject=row, baseline=row.baseline)
    return row


def _met_in(clinic: Clinic, begins: date, ends: date) -> list[MetForecast]:
    """The forecasts whose next answer became known from the first day on and before the other, the newest at most."""
    zone = ZoneInfo(clinic.time_zone)
    first, last = (datetime.combine(day, time.min, zone) for day in (begins, ends))
    shown = ForecastShown.objects.filter(clinic=clinic, shown_at__gte=first - LOOKED_BACK, shown_at__lt=last)
    columns = ("course_id", "shown_at", "evidence", "answer__next_score", "answer__basis__kind", "after_visit")
    before: dict[int, dict[int, tuple[Any, ...]]] = {}
    longest: dict[int, list[dict[str, Any]]] = {}
    known_at: dict[tuple[int, int], datetime] = {}
    for course_id, at, evidence, said, kind, n_visits in shown.order_by("pk").values_list(*columns):
        visits = evidence.get("visits", [])
        if len(visits) != n_visits:  # it has read a part of a long course, and numbers its visits from there
            continue
        if len(visits) >= len(longest.get(course_id, [])):
            longest[course_id] = visits
        for n in before.setdefault(course_id, {}):
            if n < len(visits):
                known_at.setdefault((course_id, n), at)
        before[course_id][len(visits)] = (at, evidence, said, kind)
    basis, since = _model_of(clinic)
    found = []
    for (course_id, n), at in sorted(known_at.items(), key=lambda item: item[1], reverse=True)[:MOST_FORECASTS]:
        came = longest[course_id][n]["nrs"]
        shown_at, evidence, said, kind = before[course_id][n]
        if at < first or came is None or n == 0:
            continue
        if kind == KIND:
            said = _said_by_model(evidence, basis if since and since <= shown_at else prior_basis())
        if said and said.get("p"):
            found.append(MetForecast(evidence, said, came))
    return found


def _model_of(clinic: Clinic) -> tuple[Basis, datetime | None]:
    """What the model rests on, without the baseline that may speak for it, and since when a fit is in force."""
    accepted = RecoveryFit.objects.filter(clinic=clinic, accepted_at__isnull=False, retired_at__isnull=True)
    since = accepted.values_list("accepted_at", flat=True).first()
    return replace(basis_in_force(clinic.pk), plain=None), since


def _said_by_model(evidence: Mapping[str, Any], basis: Basis) -> Mapping[str, Any] | None:
    try:
        said: Mapping[str, Any] | None = forecast_answer(evidence, basis)["next_score"]
    except InvalidValue:
        return None
    return said


def months_go_on(*, at: datetime, due: datetime | None = None) -> None:
    """Queues a look for when the month after `at` has begun, or for `due`; not when one waits already."""
    waiting = DBTaskResult.objects.filter(status=TaskResultStatus.READY, task_path=look_at_last_month.module_path)
    if not waiting.exists():
        day = (at.astimezone(UTC).date().replace(day=1) + timedelta(days=32)).replace(day=LOOK_ON_DAY)
        queue_jobs(look_at_last_month, [([], due or datetime.combine(day, time.min, UTC))])


@task()
def look_at_last_month() -> None:
    """Queues each clinic's scores of the months that are over, and a look at this month when it is over too."""
    months_go_on(at=timezone.now())
    queue_jobs(score_clinic, [([clinic.pk], None) for clinic in clinics()])


@task()
def score_clinic(clinic_id: int) -> None:
    """The scores of the months of a clinic that are over; a second time changes nothing."""
    clinic = Clinic.objects.filter(pk=clinic_id).first()
    if clinic is not None:
        score_past_months(by=system_actor(clinic, name="scores of the month"), at=timezone.now())
