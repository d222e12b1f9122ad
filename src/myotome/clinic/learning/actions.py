"""Learning from the clinic's own courses: a refit is started, its result kept, accepted by the owner, taken back."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from myotome.clinic.audit.actions import record
from myotome.clinic.followup.models import RecoveryFit
from myotome.clinic.learning.fits import LOST_AFTER, MOST_COMPARED, baseline_after
from myotome.clinic.learning.jobs import run_refit
from myotome.clinic.people.models import Clinic
from myotome.refit.brought import brought
from myotome.refit.result import Fit, from_bytes, to_bytes
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, NotFound, StaleVersion


@transaction.atomic
def ask_for_refit(*, by: Actor, at: datetime) -> RecoveryFit:
    """A refit that the queue starts as a process of its own; one at a time.

    Raises:
        NotAllowed: not the owner.
        InvalidValue: one is running.
    """
    by.check_holds(Role.OWNER)
    row = begin_refit(by=by, at=at)
    transaction.on_commit(lambda: run_refit.enqueue(row.pk))
    return row


@transaction.atomic
def begin_refit(*, by: Actor, at: datetime) -> RecoveryFit:
    """The row of a refit that begins now; one that has not been heard of for five minutes is given up.

    Raises:
        InvalidValue: one is running.
    """
    Clinic.objects.select_for_update().get(pk=by.clinic_id)
    running = RecoveryFit.objects.filter(clinic_id=by.clinic_id, ended_at__isnull=True)
    lost = Q(alive_at__lt=at - LOST_AFTER) | Q(alive_at__isnull=True, started_at__lt=at - LOST_AFTER)
    running.filter(lost).update(ended_at=at, message="It was started and never ended.")
    if running.exists():
        raise InvalidValue("A refit is running; it takes some minutes.")
    row = RecoveryFit.objects.create(clinic_id=by.clinic_id, started_at=at, started_by=by.name[:120])
    record(by=by, at=at, act="refit.started", subject=row)
    return row


def is_still_wanted(*, by: Actor, at: datetime, fit_id: int) -> bool:
    """Says that the refit is alive; False when it has ended meanwhile, or was given up."""
    rows = RecoveryFit.objects.for_actor(by).filter(pk=fit_id, ended_at__isnull=True)
    return rows.update(alive_at=at) > 0


@transaction.atomic
def keep_result(*, by: Actor, at: datetime, fit_id: int, fit: Fit) -> RecoveryFit:
    """The result with its row; nothing forecasts from it until the owner accepts it.

    A baseline that has won three months in a row speaks from now on, and one that the model beats is silent.
    """
    row = _running(by, fit_id)
    row.ended_at, row.version, row.about, row.file = at, fit.version, dict(fit.about), to_bytes(fit)
    earlier = RecoveryFit.objects.filter(clinic_id=by.clinic_id, pk__lt=row.pk).defer("file").order_by("-pk")
    row.baseline = baseline_after([row, *earlier[:MOST_COMPARED]])
    row.save(update_fields=["ended_at", "version", "about", "file", "baseline"])
    record(by=by, at=at, act="refit.ended", subject=row, version=fit.version, passed=fit.passed)
    if row.baseline:
        record(by=by, at=at, act="refit.baseline_speaks", subject=row, baseline=row.baseline)
    return row


@transaction.atomic
def bring_fit(*, by: Actor, at: datetime, raw: bytes) -> RecoveryFit:
    """The result of a refit in a file, beside those made here: looked at and accepted, or not, as they are.

    Raises:
        NotAllowed: not the owner.
        InvalidValue: it is no such file, is of another model, or is here already.
    """
    by.check_holds(Role.OWNER)
    given = from_bytes(raw)
    fit = brought(given)
    Clinic.objects.select_for_update().get(pk=by.clinic_id)
    same = RecoveryFit.objects.filter(clinic_id=by.clinic_id, version__in=[given.version, fit.version]).first()
    if same is not None:
        raise InvalidValue("This result is here already, as {version}.", field="file", version=same.version)
    row = RecoveryFit.objects.create(
        clinic_id=by.clinic_id,
        kind=RecoveryFit.FILE,
        started_at=at,
        started_by=by.name[:120],
        ended_at=at,
        version=fit.version,
        about=dict(fit.about),
        file=to_bytes(fit),
    )
    record(by=by, at=at, act="refit.brought", subject=row, version=fit.version, passed=fit.passed)
    return row


@transaction.atomic
def keep_failure(*, by: Actor, at: datetime, fit_id: int, message: str) -> RecoveryFit:
    """Why a refit came to nothing, in a sentence for the owner."""
    row = _running(by, fit_id)
    row.ended_at, row.message = at, message[:300]
    row.save(update_fields=["ended_at", "message"])
    record(by=by, at=at, act="refit.failed", subject=row)
    return row


@transaction.atomic
def accept_fit(*, by: Actor, at: datetime, fit_id: int) -> RecoveryFit:
    """From now on this clinic's forecasts rest on the fit; the one before is kept and can be had back.

    One that was taken back can be accepted anew: it comes on top of the others, and what was accepted in its place goes back
    to what was before it, so that going back ends at the prior.

    Raises:
        NotAllowed: not the owner.
        NotFound: there is no such fit with a result.
        InvalidValue: a gate is closed, or it is in force.
        StaleVersion: another was accepted at the same moment.
    """
    by.check_holds(Role.OWNER)
    row = RecoveryFit.objects.for_actor(by).select_for_update().filter(pk=fit_id, file__isnull=False).first()
    if row is None:
        raise NotFound("There is nothing here that you can see.")
    if row.accepted_at is not None and row.retired_at is None:
        raise InvalidValue("Forecasts rest on this fit already.")
    closed = [gate["name"] for gate in row.about["gates"] if not gate["passed"]]
    if closed:
        raise InvalidValue("This fit did not pass its checks and cannot be accepted.")
    before = _in_force(by)
    if before is not None:
        before.retired_at = at
        before.save(update_fields=["retired_at"])
    RecoveryFit.objects.filter(clinic_id=by.clinic_id, instead_of=row).update(instead_of=row.instead_of_id)
    row.accepted_at, row.accepted_by, row.retired_at, row.instead_of = at, by.name[:120], None, before
    try:
        with transaction.atomic():
            row.save(update_fields=["accepted_at", "accepted_by", "retired_at", "instead_of"])
    except IntegrityError:
        raise StaleVersion("Another fit was accepted in the meantime. Look again.") from None
    record(by=by, at=at, act="refit.accepted", subject=row, version=row.version)
    return row


@transaction.atomic
def roll_back(*, by: Actor, at: datetime) -> RecoveryFit | None:
    """Forecasts rest on what they rested on before the last acceptance: an earlier fit (returned), or the prior (None).

    Raises:
        NotAllowed: not the owner.
        InvalidValue: they rest on the prior already.
    """
    by.check_holds(Role.OWNER)
    row = _in_force(by)
    if row is None:
        raise InvalidValue("Forecasts rest on the prior already.")
    row.retired_at = at
    row.save(update_fields=["retired_at"])
    before = row.instead_of
    if before is not None:
        before.retired_at = None
        before.save(update_fields=["retired_at"])
    record(by=by, at=at, act="refit.taken_back", subject=row, version=row.version)
    return before


@transaction.atomic
def set_baseline_aside(*, by: Actor, at: datetime) -> RecoveryFit:
    """The recovery model speaks again, although a baseline has won; three months are counted anew.

    Raises:
        NotAllowed: not the owner.
        InvalidValue: no baseline speaks.
    """
    row = _newest(by)
    if row is None or not row.baseline or row.baseline_set_aside_at is not None:
        raise InvalidValue("No baseline speaks now.")
    row.baseline_set_aside_at, row.baseline_set_aside_by = at, by.name[:120]
    row.save(update_fields=["baseline_set_aside_at", "baseline_set_aside_by"])
    record(by=by, at=at, act="refit.baseline_set_aside", subject=row, baseline=row.baseline)
    return row


@transaction.atomic
def let_baseline_speak(*, by: Actor, at: datetime) -> RecoveryFit:
    """The baseline that was set aside speaks again.

    Raises:
        NotAllowed: not the owner.
        InvalidValue: none was set aside since the last scores.
    """
    row = _newest(by)
    if row is None or row.baseline_set_aside_at is None:
        raise InvalidValue("No baseline was set aside since the last scores.")
    row.baseline_set_aside_at, row.baseline_set_aside_by = None, ""
    row.save(update_fields=["baseline_set_aside_at", "baseline_set_aside_by"])
    record(by=by, at=at, act="refit.baseline_speaks", subject=row, baseline=row.baseline)
    return row


def _newest(by: Actor) -> RecoveryFit | None:
    by.check_holds(Role.OWNER)
    rows = RecoveryFit.objects.for_actor(by).exclude(version="").exclude(kind=RecoveryFit.FILE)
    rows = rows.defer("file").order_by("-pk")
    return rows.select_for_update(of=("self",)).first()


def _in_force(by: Actor) -> RecoveryFit | None:
    rows = RecoveryFit.objects.for_actor(by).filter(accepted_at__isnull=False, retired_at__isnull=True)
    return rows.select_for_update(of=("self",)).first()


def _running(by: Actor, fit_id: int) -> RecoveryFit:
    row = RecoveryFit.objects.for_actor(by).select_for_update().filter(pk=fit_id, ended_at__isnull=True).first()
    if row is None:
        raise NotFound("This refit is not running any more.")
    return row
