"""Refits for the owner's page: what forecasts rest on, what was learned, who forecast better."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from myotome.clinic.followup.models import RecoveryFit
from myotome.refit.scores import winner
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role

MOST_SHOWN = 12
MONTHS_IN_A_ROW = 3
LOST_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Fits:
    """Refits of the clinic, the newest first; the one in force, the one that runs, and the one to be looked at; the
    baseline that speaks in the model's place, or that the owner has set aside."""

    rows: list[RecoveryFit]
    in_force: RecoveryFit | None
    running: RecoveryFit | None
    newest: RecoveryFit | None
    speaks: str
    set_aside: str


def fits_for(actor: Actor, *, at: datetime) -> Fits:
    """What the owner reads about refits.

    Raises:
        NotAllowed: not the owner.
    """
    actor.check_holds(Role.OWNER)
    rows = list(RecoveryFit.objects.for_actor(actor).defer("file").order_by("-pk")[:MOST_SHOWN])
    in_force = next((row for row in rows if row.accepted_at and not row.retired_at), None)
    if in_force is None:
        accepted = RecoveryFit.objects.for_actor(actor).filter(accepted_at__isnull=False, retired_at__isnull=True)
        in_force = accepted.defer("file").first()
    newest = next((row for row in rows if row.version), None)
    baseline = newest.baseline if newest else ""
    is_aside = newest is not None and newest.baseline_set_aside_at is not None
    return Fits(
        rows=rows,
        in_force=in_force,
        running=next((row for row in rows if row.ended_at is None and is_alive(row, at=at)), None),
        newest=newest,
        speaks="" if is_aside else baseline,
        set_aside=baseline if is_aside else "",
    )


def is_alive(row: RecoveryFit, *, at: datetime) -> bool:
    """Whether a refit that has not ended has been heard of in the last five minutes."""
    return (row.alive_at or row.started_at) > at - LOST_AFTER


def winner_of_three_months(rows: Iterable[RecoveryFit]) -> str:
    """The baseline that forecast best in the newest refit, when in the last refit of each of the last three months that
    had one a baseline was better than the model; else empty. `rows` are the newest first; months before the owner set a
    baseline aside do not count.
    """
    of_the_month: dict[tuple[int, int], str] = {}
    for row in rows:
        if row.baseline_set_aside_at is not None:
            break
        if row.version and row.about.get("scores"):
            month = (row.started_at.year, row.started_at.month)
            of_the_month.setdefault(month, winner(row.about["scores"]))
    last = list(of_the_month.values())[:MONTHS_IN_A_ROW]
    return last[0] if len(last) == MONTHS_IN_A_ROW and "model" not in last else ""
