"""The end of a day at a place: its money is counted, and no needle of it is unaccounted for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from myotome.clinic.money.closing import close_day
from myotome.clinic.money.models import DayClose
from myotome.clinic.needling.day_end import check_day_can_end, sign_for_the_day, unaccounted_on
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.money import PaymentMethod


@dataclass(frozen=True, slots=True)
class SignedFor:
    """Who closes a day over a needle: why, and with whom; `witness` None is alone, her own password given again."""

    reason: str
    witness: Actor | None


@transaction.atomic
def day_closed(
    *,
    by: Actor,
    at: datetime,
    on: date,
    counted: dict[PaymentMethod, int],
    note: str = "",
    signed: SignedFor | None = None,
    place_id: int | None = None,
) -> DayClose:
    """The day of a place closed, every needle of it out and counted, or signed for.

    Raises:
        NeedleUnaccountedFor: a needle is in, or a visit was not counted, and nobody signed; nothing is closed.
        and whatever `money.closing.close_day` raises; then nothing is signed for either.
    """
    close = close_day(by=by, at=at, on=on, counted=counted, note=note, place_id=place_id)
    found = unaccounted_on(by, on, place=close.place)
    if signed is None:
        check_day_can_end(found)
    elif found:
        sign_for_the_day(by=by, at=at, found=found, reason=signed.reason, witness=signed.witness)
    return close
