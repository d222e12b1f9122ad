"""Many series looked at together: what one takes the others cannot have, and as many visits as fit are found at once.

Each series brings the free times nearest to its wishes; what each would take of practitioners, of rooms, of places to rest
and of the patient goes to `science.booking.many_series`, which says whether anything better exists among them. Rooms of a
kind are counted there and given out afterwards, in order of time; a visit for which none is free throughout is named, like
every other clash. Nothing is written, and nothing is held.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations
from time import monotonic

from myotome.clinic.booking.hours import rooms_at
from myotome.clinic.booking.kept import set_up_of
from myotome.clinic.booking.preview import (
    Priced,
    SeriesPreview,
    Wish,
    as_wished,
    check_wish,
    days_looked_at,
    described,
    free_between,
    priced,
    step_of,
    zone_of_wish,
)
from myotome.clinic.booking.queries import Offer, phases_of, service_for
from myotome.clinic.booking.taken import Taken, taken_between, ticks_of_patients
from myotome.clinic.people.queries import patient_for
from myotome.science.booking.phases import Who, stretches, visit_ticks
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.scheduling import TICK_SECONDS, Phase, tick_of
from myotome.vocabulary.sentences import Sentence

MOST_SERIES = 40
TIMES_NEAR = 10
"""Free times that are looked at around each wished visit."""
MINUTES_APART = 15
MOST_SECONDS = 3.5
"""How long all of it takes, about; where the rest takes longer than that the search still has a second."""
LEAST_SECONDS_TO_SEARCH = 1.0
NO_TICKS: frozenset[int] = frozenset()


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

    `offsets` are the ticks from the start of a visit in which it occupies the patient, the practitioner, the room or a place to rest.
    `herself` is the practitioner that the patient is, where she is one.
    """

    patient_id: int
    herself: int | None
    name: str
    wish: Wish
    offers: list[Offer]
    near: list[Priced]
    offsets: Mapping[Who, tuple[int, ...]]
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
    begun = monotonic()
    # OR-tools brings pandas along: seconds and 100 MB that only this page pays, and only when it is used.
    from myotome.science.booking.many_series import Candidate, place_many

    loaded = monotonic()
    if not 1 <= len(wishes) <= MOST_SERIES:
        raise InvalidValue("Choose one to {most} patients.", field="patient", most=MOST_SERIES)
    if len({patient for patient, _ in wishes}) < len(wishes):
        raise InvalidValue("Each patient has one series here.", field="patient")
    for patient_id, wish in wishes:
        check_wish(by, patient_id, wish, at=at)
    free = free_times_of_all(by, at=at, wishes=wishes)
    asked = [_asked(by, patient, wish, offers) for (patient, wish), offers in zip(wishes, free, strict=True)]
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
    # What was asked so far costs about as much again to be described; the search has what is left.
    left = max(LEAST_SECONDS_TO_SEARCH, most_seconds - (loaded - begun) - 2 * (monotonic() - loaded))
    found = place_many([row.wish.apart for row in asked], candidates, capacity, most_seconds=left, most_work=most_work)
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


def free_times_of_all(by: Actor, *, at: datetime, wishes: Sequence[tuple[int, Wish]]) -> list[list[Offer]]:
    """The free times of each wish, as `offers_for` finds them; wishes for one service and practitioner share one look at the diary.

    Who treats here herself has a look of her own: she is not free while she treats.
    """
    own = set_up_of(by.clinic_id).own
    days = [days_looked_at(wish, at=at) for _, wish in wishes]
    first, last = min(day for day, _ in days), max(day for _, day in days)
    a, b = _midnight(first - timedelta(days=1)), _midnight(last + timedelta(days=2))
    busy = ticks_of_patients([patient for patient, _ in wishes], a, b)
    alike: dict[tuple[int, int | None, int, int | None], list[int]] = defaultdict(list)
    for n, (patient, wish) in enumerate(wishes):
        herself = patient if patient in own else None
        alike[wish.service_id, wish.practitioner_id, step_of(wish), herself].append(n)
    found: list[list[Offer]] = [[] for _ in wishes]
    for (service_id, _, _, herself), members in alike.items():
        length = visit_ticks(phases_of(service_for(by, service_id)))
        span = min(days[n][0] for n in members), max(days[n][1] for n in members)
        free = free_between(by, at=at, wish=wishes[members[0]][1], days=span, patient_id=herself)
        dated = [(offer.on, _tick(offer), offer) for offer in free]
        for n in members:
            (patient, wish), (begins, ends) = wishes[n], days[n]
            hers = busy.get(patient, NO_TICKS)
            found[n] = as_wished(
                by,
                [
                    offer
                    for on, tick, offer in dated
                    if begins <= on <= ends and (not hers or hers.isdisjoint(range(tick, tick + length)))
                ],
                wish,
            )
    return found


def _midnight(day: date) -> int:
    return tick_of(datetime.combine(day, time(), tzinfo=UTC))


def _asked(by: Actor, patient_id: int, wish: Wish, offers: list[Offer]) -> _Asked:
    service = service_for(by, wish.service_id)
    phases, buffer = phases_of(service), service.buffer_minutes * 60 // TICK_SECONDS
    turnover = service.turnover_minutes * 60 // TICK_SECONDS
    return _Asked(
        patient_id,
        set_up_of(by.clinic_id).own.get(patient_id),
        patient_for(by, patient_id).name,
        wish,
        offers,
        near_the_wishes(priced(offers, wish, zone_of_wish(by, wish)), wish),
        {who: tuple(_offsets(phases, who, buffer + (turnover if who is Who.ROOM else 0))) for who in Who},
        {room: frozenset(rooms) for rooms in rooms_at(set_up_of(by.clinic_id), service).values() for room in rooms},
        service.most_resting,
    )


def _offsets(phases: Sequence[Phase], who: Who, after: int) -> Iterator[int]:
    for offset, length, _number in stretches(phases, who, after=after):
        yield from range(offset, offset + length)


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


class _Diary:
    """What is taken already, tick by tick; what was asked once is known."""

    def __init__(self, taken: Taken) -> None:
        self._busy = {name: _ticks_in(stretches) for name, stretches in taken.busy.items()}
        self._resting = {pk: Counter(_each_tick(stretches)) for pk, stretches in taken.resting.items()}
        self._n_free: dict[tuple[frozenset[int], int], int] = {}

    def is_free(self, room: int, ticks: Iterable[int]) -> bool:
        """True when the room is free throughout."""
        return self._busy.get(f"room:{room}", NO_TICKS).isdisjoint(ticks)

    def n_free(self, rooms: frozenset[int], tick: int) -> int:
        """How many of these rooms are free then."""
        if (rooms, tick) not in self._n_free:
            self._n_free[rooms, tick] = sum(self.is_free(room, (tick,)) for room in rooms)
        return self._n_free[rooms, tick]

    def n_resting(self, practitioner_id: int, tick: int) -> int:
        """How many rest under her then."""
        return self._resting[practitioner_id][tick] if practitioner_id in self._resting else 0


def _each_tick(stretches: Iterable[Sequence[int]]) -> Iterator[int]:
    return (tick for start, end in stretches for tick in range(int(start), int(end)))


def _ticks_in(stretches: Iterable[Sequence[int]]) -> frozenset[int]:
    return frozenset(_each_tick(stretches))


def _diary_of(by: Actor, asked: Sequence[_Asked], *, at: datetime) -> _Diary:
    days = [day for row in asked for day in row.wish.days]
    a, b = _midnight(min(days) - timedelta(days=30)), _midnight(max(days) + timedelta(days=30))
    rests = any(row.offsets[Who.REST] for row in asked)
    return _Diary(taken_between(by.clinic_id, a, b, at=at, resting=rests))


def _takes(
    row: _Asked, offer: Offer, diary: _Diary, unions: Iterable[frozenset[int]], capacity: dict[str, int]
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
                free = diary.n_free(rooms, tick)
                name = f"rooms:{sorted(rooms)}:{free}"
                capacity[name] = free
                yield name, tick
    for tick in _ticks(row, offer, Who.REST):
        left = max(0, row.most_resting - diary.n_resting(offer.practitioner_id, tick))
        name = f"resting:{offer.practitioner_id}:{left}"
        capacity[name] = left
        yield name, tick


def _tick(offer: Offer) -> int:
    return tick_of(offer.starts_at)


def _ticks(row: _Asked, offer: Offer, who: Who) -> list[int]:
    """The ticks of a visit that occupy the patient, the practitioner, the room, or a place to rest."""
    first = _tick(offer)
    return [first + offset for offset in row.offsets[who]]


def _of_practitioners(row: _Asked, offer: Offer) -> Iterator[tuple[int, int]]:
    """(practitioner, tick) of who gives the visit, and of the practitioner that the patient is."""
    for tick in _ticks(row, offer, Who.PRACTITIONER):
        yield offer.practitioner_id, tick
    for tick in _ticks(row, offer, Who.PATIENT) if row.herself else ():
        yield row.herself or 0, tick


def _without_a_room(
    asked: Sequence[_Asked], chosen: Sequence[Sequence[Offer]], diary: _Diary
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
        free = (room for room in sorted(pool) if given[room].isdisjoint(ticks) and diary.is_free(room, ticks))
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
    gone = _starts_gone(row, others)
    whose = {id(offer): name for offer in row.offers if (name := gone.get((offer.practitioner_id, _tick(offer))))}
    left = [offer for offer in row.offers if id(offer) not in whose]
    still_free = {offer.starts_at for offer in left}
    given_to: Mapping[datetime, Sentence] = {
        offer.starts_at: Sentence("It goes to {name} in this proposal.", name=whose[id(offer)])
        for offer in row.offers
        if id(offer) in whose and offer.starts_at not in still_free
    }
    preview = described(
        by, at=at, patient_id=row.patient_id, wish=row.wish, offers=left, proposed=chosen[n], given_to=given_to
    )
    return OneOfMany(row.patient_id, row.name, row.wish, preview)


def _starts_gone(row: _Asked, others: Mapping[tuple[int, int], str]) -> dict[tuple[int, int], str]:
    """The (practitioner, tick) at which no visit of this series can begin beside those of the others, and whose it meets."""
    found: dict[tuple[int, int], str] = {}
    everybody = {offer.practitioner_id for offer in row.offers}
    for (who, tick), name in sorted(others.items()):
        for offset in row.offsets[Who.PRACTITIONER]:
            found.setdefault((who, tick - offset), name)
        if who == row.herself:
            for start in (tick - offset for offset in row.offsets[Who.PATIENT]):
                for practitioner in everybody:
                    found.setdefault((practitioner, start), name)
    return found
