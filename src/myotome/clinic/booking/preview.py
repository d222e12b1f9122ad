"""A series as it would be, before anybody says yes: every clash by name, and the nearest ways out. Nothing is written.

The free times of the whole span are asked for once; the best series out of them is found exactly (`science.booking.series`),
and each wished time that cannot be had says what stands in its way. With anybody who gives the service the series stays
with one of them, unless more visits fit with several.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from heapq import nsmallest
from operator import attrgetter
from zoneinfo import ZoneInfo

from myotome.clinic.booking.apart import LEAST_GAP_DAYS, MOST_GAP_DAYS, interval_warnings
from myotome.clinic.booking.clocks import zone_of_clinic
from myotome.clinic.booking.kept import set_up_of
from myotome.clinic.booking.models import Appointment
from myotome.clinic.booking.own_records import check_not_herself
from myotome.clinic.booking.placing import FURTHEST_DAYS, furthest, last_day_open, wanted_for
from myotome.clinic.booking.queries import LIVE, Offer, free_times_for, practitioner_of, service_for
from myotome.clinic.people.queries import patient_for
from myotome.science.booking.hours import local_instant
from myotome.science.booking.series import SeriesWish, best_series
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.sentences import Sentence

MOST_VISITS = 20
DAYS_AROUND = 6
N_FIXES = 3
DAY = 24 * 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What was asked for: so many visits, the first on a day, all at one time of day, so many days apart.

    `practitioner_id` None is anybody who gives the service. With `not_before` no visit is earlier than `at_time`.
    """

    service_id: int
    practitioner_id: int | None
    first_day: date
    at_time: time
    n_visits: int
    every_days: int = 7
    least_days: int = LEAST_GAP_DAYS
    most_days: int = MOST_GAP_DAYS
    not_before: bool = False

    @property
    def days(self) -> list[date]:
        """The wished day of each visit."""
        return [self.first_day + timedelta(days=self.every_days * n) for n in range(self.n_visits)]

    @property
    def apart(self) -> SeriesWish:
        """The same for the search, in minutes of the wall clock."""
        return SeriesWish(
            n_visits=self.n_visits,
            wanted_gap=self.every_days * DAY,
            least_gap=(self.least_days - 1) * DAY + 1,
            most_gap=(self.most_days + 1) * DAY - 1,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class PreviewedVisit:
    """One visit of the preview: the time that was wished, what stands in its way, what is proposed, and what else is near.

    `wished_at` is None for a time that does not exist that day, or twice. `proposed` is None when nothing fits.
    """

    number: int
    wished_on: date
    wished_at: datetime | None
    clash: Sentence | None
    proposed: Offer | None
    fixes: tuple[Offer, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class SeriesPreview:
    """The best series there is; `n_placed` of the visits that were wished fit the rule of distances."""

    visits: tuple[PreviewedVisit, ...]
    n_placed: int
    warnings: tuple[Sentence, ...]

    @property
    def is_as_wished(self) -> bool:
        """True when every visit has its wished time, and the rule of distances is kept."""
        return not self.warnings and all(visit.clash is None and visit.proposed for visit in self.visits)


@dataclass(frozen=True, slots=True)
class Priced:
    """A free time as the search sees it: its minute on the wall since the first wished day, and how far from the wish."""

    minute: int
    price: int
    offer: Offer


def preview_series(by: Actor, *, at: datetime, patient_id: int, wish: Wish) -> SeriesPreview:
    """What the series would be, before anybody says yes; nothing is written.

    Raises:
        InvalidValue: no visits or more than 20, a distance that keeps no day, a last day that cannot be booked yet, or a
            practitioner who does not give the service.
        NotFound: no such patient, service or practitioner.
    """
    check_wish(by, patient_id, wish, at=at)
    offers = offers_for(by, at=at, patient_id=patient_id, wish=wish)
    proposed = _best(priced(offers, wish, zone_of_wish(by, wish)), wish)
    return described(by, at=at, patient_id=patient_id, wish=wish, offers=offers, proposed=proposed)


def described(
    by: Actor,
    *,
    at: datetime,
    patient_id: int,
    wish: Wish,
    offers: Sequence[Offer],
    proposed: Sequence[Offer],
    given_to: Mapping[datetime, Sentence] | None = None,
) -> SeriesPreview:
    """The preview of a series for which `proposed` was found: each visit with its clash and the nearest of `offers`.

    `given_to` says of times that are free in the diary who else shall have them.
    """
    zone = zone_of_wish(by, wish)
    elsewhere = given_to or {}
    one_each = {offer.starts_at: offer for offer in reversed(offers)}
    visits = []
    for number, day in enumerate(wish.days):
        wished_at, clash = _wished(day, wish.at_time, zone)
        if wished_at in elsewhere:
            clash = elsewhere[wished_at]
        elif wished_at is not None and wished_at not in one_each:
            clash = _what_stands_in_the_way(by, at=at, patient_id=patient_id, wish=wish, wished_at=wished_at, day=day)
        visits.append(
            PreviewedVisit(
                number=number + 1,
                wished_on=day,
                wished_at=wished_at,
                clash=clash,
                proposed=proposed[number] if number < len(proposed) else None,
                fixes=_nearest(
                    one_each.values(), wished_at or datetime.combine(day, wish.at_time, tzinfo=ZoneInfo(zone))
                ),
            )
        )
    starts = [visit.proposed.starts_at for visit in visits if visit.proposed]
    return SeriesPreview(
        visits=tuple(visits),
        n_placed=len(starts),
        warnings=tuple(interval_warnings(starts, zone=zone, least_days=wish.least_days, most_days=wish.most_days)),
    )


def check_wish(by: Actor, patient_id: int, wish: Wish, *, at: datetime) -> None:
    """Nothing, when such a series can be asked for.

    Raises:
        InvalidValue: no visits or more than 20, a distance that keeps no day, or a last day that cannot be booked yet.
        NotFound: no such patient, service or practitioner.
    """
    if not 1 <= wish.n_visits <= MOST_VISITS:
        raise InvalidValue("A series has 1 to {most} visits.", field="n_visits", most=MOST_VISITS)
    if not 1 <= wish.every_days <= 60:
        raise InvalidValue("Visits lie 1 to 60 days apart.", field="every_days")
    if not 1 <= wish.least_days <= wish.every_days <= wish.most_days <= 90:
        raise InvalidValue("The wished distance lies between the least and the most.", field="least_days")
    patient_for(by, patient_id)
    service_for(by, wish.service_id)
    if wish.practitioner_id is not None:
        practitioner_of(by, wish.practitioner_id)
    _check_is_open(wish, last_day_open(at, wish.at_time, zone_of_wish(by, wish)))


def _check_is_open(wish: Wish, last: date) -> None:
    if wish.first_day > last:
        raise InvalidValue(
            "Bookings open {furthest_days} days ahead. At this hour the last day is {last}.",
            field="first_day",
            furthest_days=FURTHEST_DAYS,
            last=last.isoformat(),
        )
    n_open = (last - wish.first_day).days // wish.every_days + 1
    if wish.n_visits > n_open:
        raise InvalidValue(
            "Bookings open {furthest_days} days ahead, at this hour until {last}. Ask for {n} visits now, and for the rest later.",
            field="n_visits",
            furthest_days=FURTHEST_DAYS,
            last=last.isoformat(),
            n=n_open,
        )


def offers_for(by: Actor, *, at: datetime, patient_id: int, wish: Wish) -> list[Offer]:
    """The free times of the whole span that can be booked yet; each start once for each practitioner."""
    found = free_between(by, at=at, wish=wish, days=days_looked_at(wish, at=at), patient_id=patient_id)
    return as_wished(by, found, wish)


def days_looked_at(wish: Wish, *, at: datetime) -> tuple[date, date]:
    """The first and the last day whose free times matter to the wish."""
    first = max(wish.first_day - timedelta(days=DAYS_AROUND), at.date())
    return first, min(wish.days[-1] + timedelta(days=DAYS_AROUND + 1), furthest(at).date() + timedelta(days=1))


def step_of(wish: Wish) -> int:
    """Starts are looked for every quarter of an hour, or every five minutes where the wished time is off it."""
    return 15 if wish.at_time.minute % 15 == 0 else 5


def free_between(
    by: Actor, *, at: datetime, wish: Wish, days: tuple[date, date], patient_id: int | None
) -> list[Offer]:
    """What the diary has on these days for the wished service and practitioner and can be booked yet, a window at a time."""
    found: list[Offer] = []
    day, last = days
    while day <= last:
        n_days = min(62, (last - day).days + 1)
        found += free_times_for(
            by,
            service=service_for(by, wish.service_id),
            first_day=day,
            n_days=n_days,
            at=at,
            practitioner_id=wish.practitioner_id,
            patient_id=patient_id,
            step_minutes=step_of(wish),
        )
        day += timedelta(days=n_days)
    until = furthest(at)
    return [offer for offer in found if offer.starts_at <= until]


def as_wished(by: Actor, offers: list[Offer], wish: Wish) -> list[Offer]:
    """Those that are not before the wished time of day, where that was asked for."""
    if not wish.not_before:
        return offers
    zone = ZoneInfo(zone_of_wish(by, wish))
    return [offer for offer in offers if offer.starts_at.astimezone(zone).time() >= wish.at_time]


def priced(offers: Iterable[Offer], wish: Wish, zone: str) -> list[Priced]:
    """The offers in order of time; distances count by the wall clock, so that summer time moves nothing.

    A day off the rhythm costs a day, and each minute twice what it costs between two visits: one visit deviates and the
    rest stay, rather than all moving with it. Of an hour that comes twice the earlier counts.
    """
    first = datetime.combine(wish.first_day, time())
    wished_clock = wish.at_time.hour * 60 + wish.at_time.minute
    local_zone = ZoneInfo(zone)

    @cache
    def minute_and_price(starts_at: datetime) -> tuple[int, int]:
        local = starts_at.astimezone(local_zone).replace(tzinfo=None)
        days_off = (local.date() - wish.first_day).days % wish.every_days
        price = abs(local.hour * 60 + local.minute - wished_clock) + DAY * min(days_off, wish.every_days - days_off)
        return round((local - first).total_seconds() / 60), 2 * price

    by_minute: dict[int, dict[int, Priced]] = defaultdict(dict)
    for offer in sorted(offers, key=attrgetter("starts_at")):
        minute, price = minute_and_price(offer.starts_at)
        if minute >= 0 or wish.n_visits == 1:
            by_minute[minute].setdefault(offer.practitioner_id, Priced(minute, price, offer))
    return [rows[who] for _minute, rows in sorted(by_minute.items()) for who in sorted(rows)]


def zone_of_wish(by: Actor, wish: Wish) -> str:
    """The zone of the place where she works on the wished weekday; of the clinic's first place when nowhere, or anybody."""
    set_up = set_up_of(by.clinic_id)
    for (place_id, pk), shifts in set_up.shifts.items():
        if pk == wish.practitioner_id and any(shift.weekday == wish.first_day.weekday() for shift in shifts):
            return set_up.places[place_id].time_zone
    return zone_of_clinic(set_up)


def _best(times: Sequence[Priced], wish: Wish) -> list[Offer]:
    """The exact best series with the practitioner; with anybody the best with one of them, unless more fit with several."""
    by_who: dict[int, list[Priced]] = defaultdict(list)
    for row in times:
        by_who[row.offer.practitioner_id].append(row)
    alone = {who: _cheapest(rows, wish) for who, rows in by_who.items()}
    order = sorted(alone, key=lambda who: (-len(alone[who][0]), alone[who][1], who))
    if not order:
        return []
    best = alone[order[0]][0]
    if len(best) == wish.n_visits or len(order) == 1:
        return best
    rank = {who: place for place, who in enumerate(order)}
    one_each: dict[int, Priced] = {}
    for row in sorted(times, key=lambda row: (row.minute, rank[row.offer.practitioner_id])):
        one_each.setdefault(row.minute, row)
    several, _price = _cheapest(list(one_each.values()), wish)
    return several if len(several) > len(best) else best


def _cheapest(times: Sequence[Priced], wish: Wish) -> tuple[list[Offer], int]:
    begins = wish.at_time.hour * 60 + wish.at_time.minute  # of the first wished day: beginning a week late is not free
    late = [abs(row.minute - begins) for row in times]
    found = best_series([row.minute for row in times], [row.price for row in times], wish.apart, late)
    return [times[place].offer for place in found.chosen], found.price


def _wished(day: date, clock: time, zone: str) -> tuple[datetime | None, Sentence | None]:
    try:
        return local_instant(day, clock, zone).astimezone(UTC), None
    except InvalidValue as error:
        return None, error.sentence


def _what_stands_in_the_way(
    by: Actor, *, at: datetime, patient_id: int, wish: Wish, wished_at: datetime, day: date
) -> Sentence:
    """Why this one time cannot be had, by name."""
    service = service_for(by, wish.service_id)
    closed = [
        row.reason
        for row in set_up_of(by.clinic_id).closed_days
        if row.on == day and row.practitioner_id in {None, wish.practitioner_id} and row.reason
    ]
    minutes = sum(phase.minutes for phase in service.phases.all())
    near = Appointment.objects.filter(
        clinic_id=by.clinic_id,
        starts_at__lt=wished_at + timedelta(minutes=minutes),
        ends_at__gt=wished_at,
        status__in=LIVE,
    )
    if wish.practitioner_id is not None:
        try:
            who = practitioner_of(by, wish.practitioner_id)
            check_not_herself(set_up_of(by.clinic_id), patient_id, who)
            wanted_for(by, at=at, service_id=service.pk, practitioner_id=who.pk, starts_at=wished_at)
        except InvalidValue as error:
            return (
                Sentence("{day:%a %d %b} is closed: {reason}.", day=day, reason=closed[0]) if closed else error.sentence
            )
    elif closed:
        return Sentence("{day:%a %d %b} is closed: {reason}.", day=day, reason=closed[0])
    hers = near.filter(patient_id=patient_id).first()
    if hers is not None:
        local = hers.starts_at.astimezone(ZoneInfo(zone_of_wish(by, wish)))
        return Sentence("She has a visit of her own then, at {when:%H:%M}.", when=local)
    herself = set_up_of(by.clinic_id).own.get(patient_id)
    if herself is not None and near.filter(practitioner_id=herself).exists():
        return Sentence("She treats somebody herself then.")
    if wish.practitioner_id is None:
        return Sentence("Nobody who gives {service} is free then, or no room is.", service=service.name)
    if near.filter(practitioner_id=wish.practitioner_id).exists():
        name = practitioner_of(by, wish.practitioner_id).name
        return Sentence("{practitioner} has another visit then.", practitioner=name)
    return Sentence("No room for {service} is free then, or the time is held.", service=service.name)


def _nearest(offers: Iterable[Offer], wished_at: datetime) -> tuple[Offer, ...]:
    near = nsmallest(N_FIXES, offers, key=lambda offer: (abs(offer.starts_at - wished_at), offer.starts_at))
    return tuple(sorted(near, key=lambda offer: offer.starts_at))
