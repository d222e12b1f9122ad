"""Free times by interval algebra on bits.

A diary of one resource over the window is one Python integer: bit t is set when 5-minute tick t (from the window's
first) is free. "Free for n ticks from t" is the AND of the integer with itself shifted, done by doubling; a phase
that begins o ticks into the service shifts its answer back by o. A start is free when the practitioner works through the
whole visit and is free in the phases that need her, and one room is free in all phases that need a room. Ten practitioners, eight rooms and
four weeks are a few hundred operations on one-kilobyte integers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from myotome.science.booking.phases import Who, stretches, visit_ticks
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.scheduling import TICK_SECONDS, Interval, Phase

Stretches = Any
"""Half-open stretches in absolute ticks: pairs, or an array of two columns."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Diary:
    """What one resource offers and what is taken: working intervals, taken ticks and stretches (absolute, half-open).

    Diaries that share one `working` are worked out once for it.
    """

    working: Sequence[Interval]
    taken: Iterable[int] = ()
    busy: Stretches = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Retained:
    """Stretches (absolute ticks, half-open) in which a practitioner has needles resting in somebody."""

    stretches: Stretches = ()
    most_at_once: int | None = None


class FreeTime(NamedTuple):
    """A start (absolute tick) at which this practitioner and this room are free for the whole service.

    A tuple, because thousands are made and sorted for one question.
    """

    tick: int
    practitioner: int
    room: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What is asked: the service's phases, the window [first_tick, end_tick), starts every `step_ticks`.

    `buffer_ticks` lengthen the last stretch of practitioner and room, `turnover_ticks` that of the room alone.
    """

    phases: Sequence[Phase]
    first_tick: int
    end_tick: int
    step_ticks: int = 3
    buffer_ticks: int = 0
    turnover_ticks: int = 0
    not_before_tick: int | None = None
    patient_taken: Iterable[int] = field(default=())


class Run(NamedTuple):
    """Starts (ticks after the window's first, rising) at which this practitioner and this room are free."""

    offsets: list[int]
    practitioner: int
    room: int | None


def free_times(
    question: Question,
    practitioners: Mapping[int, Diary],
    rooms: Mapping[int, Diary],
    retained: Mapping[int, Retained] | None = None,
) -> list[FreeTime]:
    """Every start at which the service fits, in order of time, then practitioner; the lowest free room of each.

    `rooms` holds only rooms of the right kind. A phase that needs no practitioner leaves her free for others, in her
    working hours all the same; the patient is taken throughout. See `phases` for whom a phase occupies.

    Raises:
        InvalidValue: a window of no length, or a service without phases.

    Source: judgement
    Check: tests/oracle/test_free_times.py
    """
    return in_order(free_runs(question, practitioners, rooms, retained), question.first_tick)


def free_runs(
    question: Question,
    practitioners: Mapping[int, Diary],
    rooms: Mapping[int, Diary],
    retained: Mapping[int, Retained] | None = None,
) -> list[Run]:
    """As `free_times`, in runs: practitioners in order, for each her rooms in order, none of them empty.

    Raises:
        InvalidValue: a window of no length, or a service without phases.

    Source: judgement
    Check: tests/oracle/test_free_times.py
    """
    n = question.end_tick - question.first_tick
    if n <= 0:
        raise InvalidValue("The window ends after it starts.", field="end")
    if not question.phases:
        raise InvalidValue("A service has at least one phase.", field="phases")
    free = _Free(question, n)
    starts = _aligned(question, n) & _fits_patient(question, n)
    in_room = _joined(question.phases, Who.ROOM, after=question.buffer_ticks + question.turnover_ticks)
    with_her = _joined(question.phases, Who.PRACTITIONER, after=question.buffer_ticks)
    throughout = visit_ticks(question.phases)
    room_starts: list[tuple[int | None, int]] = [
        (number, _fits(free.bits(diary), in_room, n)) for number, diary in sorted(rooms.items())
    ]
    needs_room = bool(in_room)
    any_room = starts if not needs_room else 0
    for _, bits in room_starts:
        any_room |= bits
    runs: list[Run] = []
    for number, diary in sorted(practitioners.items()):
        bits = starts & any_room & _run(free.working(diary), throughout) & _fits(free.bits(diary), with_her, n)
        bits &= _within_retained_limit(question, (retained or {}).get(number), n)
        for room, room_bits in room_starts if needs_room else [(None, bits)]:
            if mine := bits & room_bits:
                runs.append(Run(_set_bits(mine), number, room))
                bits &= ~room_bits
    return runs


def in_order(runs: Sequence[Run], first_tick: int) -> list[FreeTime]:
    """The runs of one window as times, sorted as whole columns: practitioners come in order already."""
    n_each = [len(run.offsets) for run in runs]
    offsets = np.fromiter(chain.from_iterable(run.offsets for run in runs), dtype=np.int64, count=sum(n_each))
    numbers = np.repeat(np.array([run.practitioner for run in runs], dtype=np.int64), n_each)
    rooms = np.repeat(np.array([run.room for run in runs], dtype=object), n_each)
    order = np.lexsort((numbers, offsets))
    columns = (offsets[order] + first_tick).tolist(), numbers[order].tolist(), rooms[order].tolist()
    # As FreeTime(...) of each row, without a call of Python's own for every one of thousands.
    return list(map(partial(tuple.__new__, FreeTime), zip(*columns, strict=True)))


def best_packed(times: Sequence[FreeTime], taken: Mapping[int, Iterable[int]], n_ticks: int) -> list[FreeTime]:
    """The same times, those that touch what a practitioner already has (before or after) first.

    Source: judgement
    Check: tests/oracle/test_free_times.py
    """
    edges = {number: set(ticks) for number, ticks in taken.items()}

    def touches(time: FreeTime) -> int:
        busy = edges.get(time.practitioner, set())
        return -((time.tick - 1 in busy) + (time.tick + n_ticks in busy))

    return sorted(times, key=lambda time: (touches(time), time))


def _joined(phases: Sequence[Phase], who: Who, *, after: int = 0) -> list[tuple[int, int]]:
    """(offset, ticks) of the stretches in which `who` is occupied, neighbours as one."""
    found: list[tuple[int, int]] = []
    for offset, length, _number in stretches(phases, who, after=after):
        if found and sum(found[-1]) == offset:
            found[-1] = found[-1][0], found[-1][1] + length
        else:
            found.append((offset, length))
    return found


class _Free:
    """The ticks of one window in which a diary is free, as bits."""

    def __init__(self, question: Question, n: int) -> None:
        self._question, self._n = question, n
        self._working: dict[int, int] = {}

    def working(self, diary: Diary) -> int:
        """Bit t is set when she works then, whatever is taken."""
        works = self._working.get(id(diary.working))
        if works is None:
            ticks = [(-(-one.start // TICK_SECONDS), one.end // TICK_SECONDS) for one in diary.working]
            works = _as_bits(_cover(ticks, self._question, self._n) > 0)
            self._working[id(diary.working)] = works
        return works

    def bits(self, diary: Diary) -> int:
        """Bit t is set when she works then and nothing is taken."""
        question, n = self._question, self._n
        taken = _cover(diary.busy, question, n) > 0
        return self.working(diary) & ~(_as_bits(taken) | _bits_of(diary.taken, question, n))


def _cover(stretches: Stretches, question: Question, n: int) -> np.ndarray:
    """How many of the stretches cover each tick of the window; one that ends before it begins covers none."""
    if len(stretches) == 0:
        return np.zeros(n, dtype=np.int64)
    edges = np.clip(np.asarray(stretches, dtype=np.int64) - question.first_tick, 0, n)
    starts, ends = edges[:, 0], np.maximum(edges[:, 0], edges[:, 1])
    steps = np.bincount(starts, minlength=n + 1) - np.bincount(ends, minlength=n + 1)
    return np.cumsum(steps[:n])


def _as_bits(flags: np.ndarray) -> int:
    return int.from_bytes(np.packbits(flags, bitorder="little").tobytes(), "little")


def _bits_of(ticks: Iterable[int], question: Question, n: int) -> int:
    """The ticks of the window as bits; set in an array first, since each change of a long integer copies it."""
    offsets = np.fromiter(ticks, dtype=np.int64) - question.first_tick
    if not offsets.size:
        return 0
    flags = np.zeros(n, dtype=bool)
    flags[offsets[(offsets >= 0) & (offsets < n)]] = True
    return _as_bits(flags)


def _run(bits: int, length: int) -> int:
    """Bits t such that t .. t+length-1 are all set."""
    done = 1
    while done < length:
        step = min(done, length - done)
        bits &= bits >> step
        done += step
    return bits


def _fits(free: int, stretches: Sequence[tuple[int, int]], n: int) -> int:
    bits = (1 << n) - 1
    for offset, length in stretches:
        bits &= _run(free, length) >> offset
    return bits


def _fits_patient(question: Question, n: int) -> int:
    free = ((1 << n) - 1) & ~_bits_of(question.patient_taken, question, n)
    return _run(free, visit_ticks(question.phases))


def _aligned(question: Question, n: int) -> int:
    first = -question.first_tick % question.step_ticks
    if question.not_before_tick is not None:
        while question.first_tick + first < question.not_before_tick:
            first += question.step_ticks
    return _bits_of(range(question.first_tick + first, question.end_tick, question.step_ticks), question, n)


def _within_retained_limit(question: Question, retained: Retained | None, n: int) -> int:
    whole = (1 << n) - 1
    if retained is None or retained.most_at_once is None:
        return whole
    room_left = _as_bits(_cover(retained.stretches, question, n) < retained.most_at_once)
    return _fits(room_left, _joined(question.phases, Who.REST), n)


def _set_bits(bits: int) -> list[int]:
    octets = np.frombuffer(bits.to_bytes(bits.bit_length() // 8 + 1, "little"), dtype=np.uint8)
    offsets: list[int] = np.unpackbits(octets, bitorder="little").view(bool).nonzero()[0].tolist()
    return offsets
