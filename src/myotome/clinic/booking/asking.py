"""Who of those who wait may be asked about an opening, and whom only the telephone reaches.

Nobody is asked about a time that she has just given back, at which she is somewhere else in the diary, or with herself. Who has no
e-mail address, or wants no offers, gets no message, so no time is held for her: the desk sees her beside the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from myotome.clinic.booking.clocks import zone_where_she_works
from myotome.clinic.booking.kept import set_up_of
from myotome.clinic.booking.models import Claim, ContactWish, Offered, Opening, WaitingWish
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.scheduling import tick_of, ticks

MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class ToPhone:
    """Somebody to phone about a time that came free; `held_until` when it is offered to others until then."""

    offer: Offered
    zone: str
    held_until: datetime | None


def matches(wish: WaitingWish, *, starts_at: datetime, practitioner_id: int, zone: str) -> bool:
    """True when this time is what was wished for."""
    local = starts_at.astimezone(ZoneInfo(zone))
    return (
        wish.practitioner_id in {None, practitioner_id}
        and wish.first_day <= local.date() <= wish.last_day
        and (not wish.weekdays or local.weekday() in wish.weekdays)
        and wish.from_time <= local.time() <= wish.until_time
    )


def left_to_ask(opening: Opening, *, ends_at: datetime, zone: str) -> list[WaitingWish]:
    """Who has not been asked about this opening and could have it, whoever waits longest first; each person once."""
    asked = set(opening.offers.values_list("wish__patient_id", flat=True)) | {opening.freed_by_id}
    rows = WaitingWish.objects.filter(
        clinic_id=opening.clinic_id, service_id=opening.service_id, ended_at__isnull=True
    ).select_related("patient")
    own = set_up_of(opening.clinic_id).own
    asked |= {patient_id for patient_id, who in own.items() if who == opening.practitioner_id}
    found: dict[int, WaitingWish] = {}
    for row in rows.order_by("created_at", "pk"):
        if row.patient_id not in asked and matches(
            row, starts_at=opening.starts_at, practitioner_id=opening.practitioner_id, zone=zone
        ):
            found.setdefault(row.patient_id, row)
    busy = _busy(found, own, opening.starts_at, ends_at)
    return [row for patient_id, row in found.items() if patient_id not in busy]


def in_turn(rows: Sequence[WaitingWish], most: int) -> tuple[list[WaitingWish], list[WaitingWish]]:
    """The next `most` whom a message reaches, and those on the way to them whom none does."""
    wants_none = set(
        ContactWish.objects.filter(patient_id__in=[row.patient_id for row in rows], no_offers=True).values_list(
            "patient_id", flat=True
        )
    )
    by_mail: list[WaitingWish] = []
    by_phone: list[WaitingWish] = []
    for row in rows:
        if len(by_mail) == most:
            break
        reached = row.patient.email and row.patient_id not in wants_none
        (by_mail if reached else by_phone).append(row)
    return by_mail, by_phone


def to_phone(actor: Actor, *, at: datetime) -> list[ToPhone]:
    """Whom to phone about which time, as long as it is to come and nobody is booked into it, the next time first."""
    rows = Offered.objects.for_actor(actor).filter(
        by_phone=True, answered_at__isnull=True, wish__ended_at__isnull=True, opening__taken_by__isnull=True,
        opening__starts_at__gt=at,
    )  # fmt: skip
    rows = rows.select_related("wish__patient", "opening__practitioner", "opening__service")
    offers = list(rows.order_by("opening__starts_at", "pk")[:MOST_SHOWN])
    claims = Claim.objects.filter(
        resource__in={_practitioner(row.opening) for row in offers}, tick__in={_tick(row.opening) for row in offers}
    ).select_related("hold")
    taken = {(claim.resource, claim.tick): claim for claim in claims}
    known, found = set_up_of(actor.clinic_id), []
    for row in offers:
        claim = taken.get((_practitioner(row.opening), _tick(row.opening)))
        until = claim.hold.expires_at if claim is not None and claim.hold is not None else None
        if claim is None or until is not None:
            zone = zone_where_she_works(known, row.opening.practitioner_id, row.opening.starts_at)
            found.append(ToPhone(row, zone, until if until is not None and until > at else None))
    return found


def _busy(patient_ids: Iterable[int], own: Mapping[int, int], starts_at: datetime, ends_at: datetime) -> set[int]:
    """Who of these is in the diary at some moment of this time, as a patient or as the practitioner she is."""
    span = ticks(starts_at, ends_at)
    names = {f"patient:{pk}": pk for pk in patient_ids}
    names |= {f"practitioner:{own[pk]}": pk for pk in patient_ids if pk in own}
    rows = Claim.objects.filter(resource__in=names, tick__gte=span.start, tick__lt=span.stop)
    return {names[resource] for resource in rows.values_list("resource", flat=True)}


def _practitioner(opening: Opening) -> str:
    return f"practitioner:{opening.practitioner_id}"


def _tick(opening: Opening) -> int:
    return tick_of(opening.starts_at)
