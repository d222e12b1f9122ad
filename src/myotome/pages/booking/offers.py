"""Free times as a page shows them: by day, as the wall of their place says them, a week at a look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from myotome.clinic.booking.packed import packed_times_for
from myotome.clinic.booking.queries import Offer, Service, free_times_for
from myotome.pages.typed import whole_or_none
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.errors import InvalidValue

DAYS_AT_A_LOOK = 7
FIRST_TIMES = 8
MOST_WEEKS_AHEAD = 26
FIRST_ONES, PACKED_ONES = 3, 12
ORDERS = ("whole", "first", "packed")
"""How free times are asked for: the whole days', the first few, or those that leave no gap."""
YEARS = range(2000, 2200)
"""Years that a calendar of any zone can show; whether the diary is open that far is the booking's question."""


@dataclass(frozen=True, slots=True)
class Day:
    """One day with its free times: a few spread over the day at first sight, the rest on request."""

    on: date
    offers: list[Offer]

    @property
    def first(self) -> list[Offer]:
        """At most eight times, evenly over the day, and beside them one that is held by who asks."""
        n = len(self.offers)
        if n <= FIRST_TIMES:
            return self.offers
        spread = {i * n // FIRST_TIMES for i in range(FIRST_TIMES)}
        spread |= {i for i, offer in enumerate(self.offers) if offer.held_until}
        return [self.offers[i] for i in sorted(spread)]

    @property
    def rest(self) -> list[Offer]:
        """All times, when `first` does not show them all."""
        return self.offers if len(self.offers) > FIRST_TIMES else []


def week_of(text: str) -> int:
    """The week that was asked for, from 0; anything else is 0."""
    return min(whole_or_none(text) or 0, MOST_WEEKS_AHEAD)


def days_with_offers(
    actor: Actor,
    service: Service,
    *,
    page: int,
    at: datetime,
    zone: str,
    practitioner_id: int | None = None,
    patient_id: int | None = None,
    ignore: int | None = None,
    order: str = "whole",
    holds: Collection[Any] = (),
) -> list[Day]:
    """The days of one look that have free times, in order; one offer for each start when any practitioner will do.

    The look begins with today in `zone`. `holds` are what who asks holds herself: to her that is free, and says until when.

    In the order `first` only the first few of them, `packed` only those that touch another visit of the practitioner.
    """
    first = at.astimezone(ZoneInfo(zone)).date() + timedelta(days=page * DAYS_AT_A_LOOK)
    held = [hold.pk for hold in holds]
    if order == "packed":
        packed = packed_times_for(
            actor,
            service=service,
            first_day=first,
            n_days=DAYS_AT_A_LOOK,
            at=at,
            n=PACKED_ONES,
            practitioner_id=practitioner_id,
            patient_id=patient_id,
            ignore_appointment_id=ignore,
            ignore_hold_ids=held,
        )
        return by_day(_with_held(packed, holds, service))
    offers = free_times_for(
        actor,
        service=service,
        first_day=first,
        n_days=DAYS_AT_A_LOOK,
        at=at,
        practitioner_id=practitioner_id,
        patient_id=patient_id,
        ignore_appointment_id=ignore,
        ignore_hold_ids=held,
        step_minutes=30,
    )
    offers = _with_held(offers, holds, service)
    found = offers if practitioner_id else one_for_each_start(offers)
    return by_day(found[:FIRST_ONES] if order == "first" else found)


def _with_held(offers: list[Offer], holds: Collection[Any], service: Service) -> list[Offer]:
    until = {(hold.starts_at, hold.practitioner_id, hold.service_id): hold.expires_at for hold in holds}
    if not until:
        return offers
    return [replace(row, held_until=until.get((row.starts_at, row.practitioner_id, service.pk))) for row in offers]


def order_of(text: str) -> str:
    """How free times were asked for; anything else is the whole days'."""
    return text if text in ORDERS else ORDERS[0]


def one_for_each_start(offers: Iterable[Offer]) -> list[Offer]:
    """One offer for each start when anybody will do: with the practitioner who has fewest free times, so that days fill.

    One that is held by who asks comes before them.
    """
    offers = list(offers)
    n_free = Counter(offer.practitioner_id for offer in offers)
    best: dict[datetime, Offer] = {}
    for offer in offers:
        held = best.get(offer.starts_at)
        if held is None or (bool(held.held_until), -n_free[held.practitioner_id]) < (
            bool(offer.held_until),
            -n_free[offer.practitioner_id],
        ):
            best[offer.starts_at] = offer
    return list(best.values())


def by_day(offers: Iterable[Offer]) -> list[Day]:
    """The offers grouped by the calendar day of their place."""
    found = sorted(offers, key=lambda o: (o.on, o.starts_at, o.practitioner_name))
    return [Day(on, list(rows)) for on, rows in groupby(found, key=lambda offer: offer.on)]


def fitting(days: Iterable[Day], fits: Callable[[datetime, str], bool]) -> list[Day]:
    """The days with those of their times that `fits` (start, zone) lets through; days without any left out."""
    kept = (Day(day.on, [offer for offer in day.offers if fits(offer.starts_at, offer.zone)]) for day in days)
    return [day for day in kept if day.offers]


def chosen_service(services: Sequence[Service], text: str) -> Service:
    """The service whose id was chosen; the first one while none has been chosen.

    Raises:
        InvalidValue: it is none of these, or there are none.
    """
    if not text and services:
        return services[0]
    chosen = next((row for row in services if str(row.pk) == text), None)
    if chosen is None:
        raise InvalidValue("This visit cannot be booked here. Please choose one of the list.", field="service")
    return chosen


def start_from(text: str) -> datetime:
    """The start of a time that was chosen.

    Raises:
        InvalidValue: it is not a time with its zone.
    """
    try:
        start = datetime.fromisoformat(text)
    except ValueError as fault:
        raise InvalidValue("Please choose one of the times below.", field="start") from fault
    if start.tzinfo is None or start.year not in YEARS:
        raise InvalidValue("Please choose one of the times below.", field="start")
    return start


def chosen_time(text: str) -> datetime | None:
    """The time that was chosen, to be shown beside another version; None when it was none."""
    try:
        return start_from(text)
    except InvalidValue:
        return None
