"""Many series looked at together: what one takes the others cannot have, and as many visits as fit are found at once.

Each series brings the free times nearest to its wishes; what each would take of practitioners, of rooms, of places to rest
and of the patient goes to `science.booking.many_series`, which says whether anything better exists among them. Rooms of a
kind are counted there and given out afterwards, in order of time; a visit for which none is free throughout is named, like
every other clash. Nothing is written, and nothing is held.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import combinations

from myotome.clinic.booking.hours import rooms_at
from myotome.clinic.booking.kept import set_up_of
from myotome.clinic.booking.preview import (
    Priced,
    SeriesPreview,
    Wish,
    check_wish,
    described,
    offers_for,
    priced,
    zone_of_wish,
)
from myotome.clinic.booking.queries import Offer, phases_of, service_for
from myotome.clinic.booking.taken import Taken, taken_between
from myotome.clinic.people.queries import patient_for
from myotome.science.booking.phases import Who, stretches
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.scheduling import TICK_SECONDS, Phase
from myotome.vocabulary.sentences import Sentence

MOST_SERIES = 40
TIMES_NEAR = 10
"""Free times that are looked at around each wished visit."""
MINUTES_APART = 15
MOST_SECONDS = 4.0

Stretch = tuple[int, int]


@dataclass(frozen=True, slots=True)
class OneOfMany:
    """One series among the others: whose, what was wished, and what it would be."""

    patient_id: int
    name: str
    wish: Wish
    preview: SeriesPreview


@dataclass(frozen=True, slots=True)
class Together:
    """All of them, and how good that is: nothing better exists among the times looked at, or so many visits more at most.

    `minutes_off` is how far all visits together lie from the wishes (each minute off the wished hour counts twice, each off
    the wished distance once), `minutes_off_least` what no choice of as many visits comes below, and `percent_less_at_most`
    the same as the most that could be saved; None where a visit had to be taken out for want of a room.
    """

    series: tuple[OneOfMany, ...]
    n_placed: int
    n_wished: int
    is_optimal: bool
    n_more_at_most: int
    minutes_off: int | None
    minutes_off_least: int | None
    percent_less_at_most: int | None


@dataclass(frozen=True, slots=True)
class _Asked:
    """One wish with its free times, all of them and those that are looked at, and the way its service takes the diary.

    `herself` is the practitioner that the patient is, where she is one.
    """

    patient_id: int
    herself: int | None
    name: str
    wish: Wish
    offers: list[Offer]
    near: list[Priced]
    phases: list[Phase]
    buffer: int
    turnover: int
    pool: dict[int, frozenset[int]]
    most_resting: int


def preview_together(
    by: Actor,
    *,
    at: datetime,
    wishes: Sequence[tuple[int, Wish]],
    most_seconds: float = MOST_SECONDS,
    most_work: float | None = None,
) -> Together:
    """What the series of several patients would be, placed together; `wishes` are (patient, wish), each patient once.

    Raises:
        InvalidValue: nobody, more than 40, somebody twice, or a wish that cannot be asked for.
        NotFound: no such patient, service or practitioner.
    """
    # OR-tools brings pandas along: seconds and 100 MB that only this page pays, and only when it is used.
    from myotome.science.booking.many_series import Candidate, place_many

    if not 1 <= len(wishes) <= MOST_SERIES:
        raise InvalidValue("Choose one to {most} patients.", field="patient", most=MOST_SERIES)
    if len({patient for patient, _ in wishes}) < len(wishes):
        raise InvalidValue("Each patient has one series here.", field="patient")
    asked = [_asked(by, at, patient, wish) for patient, wish in wishes]
    diary = _diary_of(by, asked, at=at)
    capacity: dict[str, int] = {}
    pools = {pool for row in asked for pool in row.pool.values()}
    unions = {frozenset().union(*some) for n in range(1, len(pools) + 1) for some in combinations(pools, n)}
    candidates = [
        [
            Candidate(
                minute=time.minute, price=time.price, takes=tuple(_takes(row, time.offer, diary, unions, capacity))
            )
            for time in row.near
        ]
        for row in asked
    ]
    found = place_many(
        [row.wish.apart for row in asked], candidates, capacity, most_seconds=most_seconds, most_work=most_work
    )
    chosen = [[row.near[t].offer for t in mine] for row, mine in zip(asked, found.chosen, strict=True)]
    without = _without_a_room(asked, chosen, diary)
    chosen = [[offer for offer in mine if (n, offer.starts_at) not in without] for n, mine in enumerate(chosen)]
    n_placed = sum(map(len, chosen))
    return Together(
        series=tuple(_described(by, at, n, asked, chosen) for n in range(len(asked))),
        n_placed=n_placed,
        n_wished=found.n_wished,
        is_optimal=found.is_optimal and not without,
        n_more_at_most=found.n_more_at_most + len(without),
        minutes_off=None if without else found.price,
        minutes_off_least=None if without else found.least_price,
        percent_less_at_most=None if without else found.percent_less_at_most,
    )


def _asked(by: Actor, at: datetime, patient_id: int, wish: Wish) -> _Asked:
    check_wish(by, patient_id, wish, at=at)
    service = service_for(by, wish.service_id)
    offers = offers_for(by, at=at, patient_id=patient_id, wish=wish)
    return _Asked(
        patient_id,
        set_up_of(by.clinic_id).own.get(patient_id),
        patient_for(by, patient_id).name,
        wish,
        offers,
        near_the_wishes(priced(offers, wish, zone_of_wish(by, wish)), wish),
        phases_of(service),
        service.buffer_minutes * 60 // TICK_SECONDS,
        service.turnover_minutes * 60 // TICK_SECONDS,
        {room: frozenset(rooms) for rooms in rooms_at(set_up_of(by.clinic_id), service).values() for room in rooms},
        service.most_resting,
    )


def near_the_wishes(times: Sequence[Priced], wish: Wish, *, n: int = TIMES_NEAR) -> list[Priced]:
    """The `n` times nearest to each wished visit, in order of time.

    Those of one practitioner are a quarter of an hour apart: five minutes sooner or later is in nobody else's way less.
    """
    near: dict[tuple[int, int], Priced] = {}
    clock = wish.at_time.hour * 60 + wish.at_time.minute
    for number in range(wish.n_visits):
        wished = number * wish.every_days * 24 * 60 + clock
        around = [row for row in times if abs(row.minute - wished) <= max(1, wish.every_days // 2) * 24 * 60]
        apart: list[Priced] = []
        for row in sorted(around, key=lambda row: (row.price, abs(row.minute - wished), row.offer.practitioner_id)):
            if not any(_is_beside(row, other) for other in apart):
                apart.append(row)
            if len(apart) == n:
                break
        near |= {(row.minute, row.offer.practitioner_id): row for row in apart}
    return [near[key] for key in sorted(near)]


def _is_beside(one: Priced, other: Priced) -> bool:
    return one.offer.practitioner_id == other.offer.practitioner_id and abs(one.minute - other.minute) < MINUTES_APART


def _diary_of(by: Actor, asked: Sequence[_Asked], *, at: datetime) -> Taken:
    days = [day for row in asked for day in row.wish.days]
    first, last = min(days) - timedelta(days=30), max(days) + timedelta(days=30)
    a, b = (int(datetime.combine(day, time(), tzinfo=UTC).timestamp()) // TICK_SECONDS for day in (first, last))
    rests = any(stretches(row.phases, Who.REST) for row in asked)
    return taken_between(by.clinic_id, a, b, at=at, resting=rests)


def _takes(
    row: _Asked, offer: Offer, diary: Taken, unions: Iterable[frozenset[int]], capacity: dict[str, int]
) -> Iterator[tuple[str, int]]:
    """What the visit takes, tick by tick; `capacity` learns how much of it there is.

    A set of rooms of which k are free at a tick is a resource of k places there, under a name of its own.
    """
    for tick in _ticks(row, offer, Who.PATIENT):
        yield f"patient:{row.patient_id}", tick
    for who, tick in _of_practitioners(row, offer):
        yield f"practitioner:{who}", tick
    mine = row.pool.get(offer.room_id) if offer.room_id is not None else None
    for tick in _ticks(row, offer, Who.ROOM) if mine else ():
        for rooms in unions:
            if mine <= rooms:
                free = sum(not _is_in(tick, diary.busy.get(f"room:{room}", ())) for room in rooms)
                name = f"rooms:{sorted(rooms)}:{free}"
                capacity[name] = free
                yield name, tick
    for tick in _ticks(row, offer, Who.REST):
        resting = sum(start <= tick < end for start, end in diary.resting.get(offer.practitioner_id, ()))
        left = max(0, row.most_resting - resting)
        name = f"resting:{offer.practitioner_id}:{left}"
        capacity[name] = left
        yield name, tick


def _ticks(row: _Asked, offer: Offer, who: Who) -> list[int]:
    """The ticks of a visit that occupy the patient, the practitioner, the room, or a place to rest."""
    first = int(offer.starts_at.timestamp()) // TICK_SECONDS
    after = row.buffer + (row.turnover if who is Who.ROOM else 0)
    return [
        tick
        for offset, length, _number in stretches(row.phases, who, after=after)
        for tick in range(first + offset, first + offset + length)
    ]


def _of_practitioners(row: _Asked, offer: Offer) -> Iterator[tuple[int, int]]:
    """(practitioner, tick) of who gives the visit, and of the practitioner that the patient is."""
    for tick in _ticks(row, offer, Who.PRACTITIONER):
        yield offer.practitioner_id, tick
    for tick in _ticks(row, offer, Who.PATIENT) if row.herself else ():
        yield row.herself or 0, tick


def _is_in(tick: int, stretches: Iterable[Stretch]) -> bool:
    return any(start <= tick < end for start, end in stretches)


def _without_a_room(
    asked: Sequence[_Asked], chosen: Sequence[Sequence[Offer]], diary: Taken
) -> set[tuple[int, datetime]]:
    """The (series, start) for which no room is left throughout, when rooms are given out in order of time."""
    given: dict[int, set[int]] = defaultdict(set)
    without = set()
    visits = [(offer.starts_at, n, offer) for n, mine in enumerate(chosen) for offer in mine]
    for starts_at, n, offer in sorted(visits, key=lambda visit: visit[:2]):
        pool = asked[n].pool.get(offer.room_id) if offer.room_id is not None else None
        if not pool:
            continue
        ticks = _ticks(asked[n], offer, Who.ROOM)
        free = (
            room
            for room in sorted(pool)
            if given[room].isdisjoint(ticks)
            and not any(_is_in(tick, diary.busy.get(f"room:{room}", ())) for tick in ticks)
        )
        room = next(free, None)
        if room is None:
            without.add((n, starts_at))
        else:
            given[room].update(ticks)
    return without


def _described(
    by: Actor, at: datetime, n: int, asked: Sequence[_Asked], chosen: Sequence[Sequence[Offer]]
) -> OneOfMany:
    """One series with what the others leave of its free times."""
    row = asked[n]
    others: dict[tuple[int, int], str] = {
        key: other.name
        for k, (other, mine) in enumerate(zip(asked, chosen, strict=True))
        if k != n
        for offer in mine
        for key in _of_practitioners(other, offer)
    }
    whose = {id(offer): _whose(row, offer, others) for offer in row.offers}
    left = [offer for offer in row.offers if not whose[id(offer)]]
    still_free = {offer.starts_at for offer in left}
    given_to: Mapping[datetime, Sentence] = {
        offer.starts_at: Sentence("It goes to {name} in this proposal.", name=whose[id(offer)])
        for offer in row.offers
        if whose[id(offer)] and offer.starts_at not in still_free
    }
    preview = described(
        by, at=at, patient_id=row.patient_id, wish=row.wish, offers=left, proposed=chosen[n], given_to=given_to
    )
    return OneOfMany(row.patient_id, row.name, row.wish, preview)


def _whose(row: _Asked, offer: Offer, others: Mapping[tuple[int, int], str]) -> str:
    return next((others[key] for key in _of_practitioners(row, offer) if key in others), "")
