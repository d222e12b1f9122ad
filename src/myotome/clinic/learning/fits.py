"""Refits for the owner's page: what forecasts rest on, what was learned, who forecast better."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from myotome.clinic.followup.models import RecoveryFit
from myotome.refit.scores import MODEL, winner
from myotome.science.followup.plain import FIRST
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role

MOST_SHOWN = 12
MONTHS_IN_A_ROW = 3
MOST_COMPARED = 60
LOST_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Fits:
    """Refits of the clinic and months with their scores, the newest first; the one in force, the one that runs, and the
    one to be looked at; the baseline that speaks in the model's place, or that the owner has set aside, and the row that
    says so."""

    rows: list[RecoveryFit]
    months: list[RecoveryFit]
    in_force: RecoveryFit | None
    running: RecoveryFit | None
    newest: RecoveryFit | None
    voice: RecoveryFit | None
    speaks: str
    set_aside: str


def fits_for(actor: Actor, *, at: datetime) -> Fits:
    """What the owner reads about refits.

    Raises:
        NotAllowed: not the owner.
    """
    actor.check_holds(Role.OWNER)
    kept = RecoveryFit.objects.for_actor(actor).defer("file").order_by("-pk")
    rows = list(kept.exclude(kind=RecoveryFit.MONTH)[:MOST_SHOWN])
    months = list(kept.filter(kind=RecoveryFit.MONTH)[:MOST_SHOWN])
    in_force = next((row for row in rows if row.accepted_at and not row.retired_at), None)
    if in_force is None:
        accepted = RecoveryFit.objects.for_actor(actor).filter(accepted_at__isnull=False, retired_at__isnull=True)
        in_force = accepted.defer("file").first()
    speaking = [row for row in (*rows, *months) if row.version and row.kind != RecoveryFit.FILE]
    voice = max(speaking, key=lambda row: row.pk, default=None)
    baseline = voice.baseline if voice else ""
    is_aside = voice is not None and voice.baseline_set_aside_at is not None
    return Fits(
        rows=rows,
        months=months,
        in_force=in_force,
        running=next((row for row in rows if row.ended_at is None and is_alive(row, at=at)), None),
        newest=next((row for row in rows if row.version), None),
        voice=voice,
        speaks="" if is_aside else baseline,
        set_aside=baseline if is_aside else "",
    )


def is_alive(row: RecoveryFit, *, at: datetime) -> bool:
    """Whether a refit that has not ended has been heard of in the last five minutes."""
    return (row.alive_at or row.started_at) > at - LOST_AFTER


def baseline_after(rows: Sequence[RecoveryFit]) -> str:
    """The baseline that speaks after the newest of these rows, which are the newest first; empty where the model does.

    A baseline begins to speak when in each of three calendar months in a row one was closer than the model, by the last
    scores of the month; it is the one that was best in the last of them. It goes on, whichever is best, until the model
    wins. A fit that did not pass its checks, and a month with too few scores, change nothing. What was before the owner
    set a baseline aside does not count, and who has learned nothing of this clinic cannot speak.
    """
    newest, *earlier = (row for row in rows if row.kind != RecoveryFit.FILE and row.version)
    spoke = earlier[0].baseline if earlier and earlier[0].baseline_set_aside_at is None else ""
    if not _counts(newest):
        found = spoke
    elif winner(newest.about["scores"]) == MODEL:
        found = ""
    else:
        found = winner(newest.about["scores"]) if spoke else _winner_of_three_months([newest, *earlier])
    return found if FIRST in newest.about.get("plain", {}) else ""


def month_of(row: RecoveryFit) -> date:
    """The first day of the month that a row's scores are of."""
    said = row.about.get("month")
    return date.fromisoformat(f"{said}-01") if said else row.started_at.date().replace(day=1)


def _winner_of_three_months(rows: Iterable[RecoveryFit]) -> str:
    of_the_month: dict[int, str] = {}
    for row in rows:
        if row.baseline_set_aside_at is not None:
            break
        if _counts(row):
            day = month_of(row)
            of_the_month.setdefault(12 * day.year + day.month, winner(row.about["scores"]))
    last = max(of_the_month)
    won = [of_the_month.get(last - k, MODEL) for k in range(MONTHS_IN_A_ROW)]
    return won[0] if MODEL not in won else ""


def _counts(row: RecoveryFit) -> bool:
    """Whether its scores count: there are some, and where they are a fit's it passed its checks."""
    return bool(row.about.get("scores")) and all(gate["passed"] for gate in row.about.get("gates", ()))
