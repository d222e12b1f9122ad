"""Refits for the owner's page: what forecasts rest on, what was learned, who forecast better."""

from __future__ import annotations

from dataclasses import dataclass

from myotome.clinic.followup.models import RecoveryFit
from myotome.refit.scores import winner
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role

MOST_SHOWN = 12
MONTHS_IN_A_ROW = 3


@dataclass(frozen=True, slots=True)
class Fits:
    """Refits of the clinic, the newest first; the one in force, the one that runs, and the one to be looked at."""

    rows: list[RecoveryFit]
    in_force: RecoveryFit | None
    running: RecoveryFit | None
    newest: RecoveryFit | None
    beaten: bool


def fits_for(actor: Actor) -> Fits:
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
    return Fits(
        rows=rows,
        in_force=in_force,
        running=next((row for row in rows if row.ended_at is None), None),
        newest=next((row for row in rows if row.version), None),
        beaten=is_beaten(rows),
    )


def is_beaten(rows: list[RecoveryFit]) -> bool:
    """Whether a plain baseline forecast better in the last refit of each of the last three months that had one."""
    of_the_month: dict[tuple[int, int], str] = {}
    for row in rows:
        if row.version and row.about.get("scores"):
            month = (row.started_at.year, row.started_at.month)
            of_the_month.setdefault(month, winner(row.about["scores"]))
    last = list(of_the_month.values())[:MONTHS_IN_A_ROW]
    return len(last) == MONTHS_IN_A_ROW and "model" not in last
