"""The visit as a pure machine: what may happen next, and what must hold whatever happens.

The same rules are kept by `clinic.needling.actions` and by the database; this is the short form that can be run a
million times. A visit is open, closed or signed. What has happened is always taken: a needle is never refused, and one
that is found after closing is kept as `found`. Only closing is refused, while one needle is not accounted for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from myotome.vocabulary.errors import InvalidValue, NeedleUnaccountedFor, NotFound, VisitLocked
from myotome.vocabulary.needling import NeedleState
from myotome.vocabulary.sentences import Sentence

OUT_BEFORE_STRUCK = Sentence("This needle is not out. Take it out, or chart it as out, then strike its row.")
ACCOUNTED = frozenset({NeedleState.OUT, NeedleState.LEFT_IN, NeedleState.MISSING})
MOVES: Mapping[NeedleState, frozenset[NeedleState]] = MappingProxyType(
    {
        NeedleState.IN: frozenset(NeedleState) - {NeedleState.IN},
        NeedleState.FRAGMENT: frozenset({NeedleState.FRAGMENT, NeedleState.OUT, NeedleState.MISSING}),
        NeedleState.LEFT_IN: frozenset({NeedleState.LEFT_IN, NeedleState.OUT, NeedleState.FRAGMENT}),
        NeedleState.MISSING: frozenset({NeedleState.OUT, NeedleState.FRAGMENT}),
        NeedleState.OUT: frozenset({NeedleState.OUT, NeedleState.FRAGMENT}),
    }
)
"""From which state of a needle to which: none that is out goes in again, but one may turn out to be broken."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Needles by the id of the tablet that charted them, and what was called, handed over, closed and signed.

    `found` are those that were charted after closing; `n_lost` were opened and found nowhere as it closed, and `lost_with`
    signed for them.
    """

    needles: Mapping[str, NeedleState] = field(default_factory=lambda: MappingProxyType({}))
    witnesses: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    struck: frozenset[str] = frozenset()
    found: frozenset[str] = frozenset()
    must_count: bool = False
    offered_to: str = ""
    held_by: str = ""
    n_lost: int = 0
    lost_with: str = ""
    is_closed: bool = False
    is_signed: bool = False

    @property
    def counted(self) -> Mapping[str, NeedleState]:
        """The needles that are not struck."""
        return {id: state for id, state in self.needles.items() if id not in self.struck}

    @property
    def n_open(self) -> int:
        """Needles not accounted for."""
        return sum(state not in ACCOUNTED for state in self.counted.values())


def charted(visit: Visit, id: str, state: NeedleState = NeedleState.IN) -> Visit:
    """The visit with a needle more, open or closed; an id that is there already changes nothing.

    Source: judgement
    Check: tests/property/test_visit_machine.py

    Raises:
        InvalidValue: a needle begins in or out, nothing else.
    """
    if id in visit.needles:
        return visit
    if state not in (NeedleState.IN, NeedleState.OUT):
        raise InvalidValue("A needle is charted as in or as out.", field="state")
    found = visit.found | {id} if visit.is_closed else visit.found
    return replace(visit, needles={**visit.needles, id: state}, found=found)


def moved(visit: Visit, id: str, state: NeedleState, *, witness: str = "") -> Visit:
    """The visit with a needle's new state; out again changes nothing. A missing needle needs a witness's name.

    After closing a needle may still come out, and one that was found may go wherever a needle goes.

    Source: judgement
    Check: tests/property/test_visit_machine.py

    Raises:
        NotFound: there is no such needle, or its row is struck.
        VisitLocked: the visit is closed and the needle was counted in it.
        InvalidValue: the needle cannot go there, or it is missing and nobody signed for it.
    """
    if id not in visit.counted:
        raise NotFound("There is no such needle in this visit.")
    comes_out = state is NeedleState.OUT
    if comes_out and visit.needles[id] is state:
        return visit
    if not comes_out and id not in visit.found:
        _check_open(visit)
    if state not in MOVES[visit.needles[id]]:
        raise InvalidValue(
            "A needle that is {now} cannot be {state}.",
            field="state",
            now=visit.needles[id].value,
            state=state.value,
        )
    if state is NeedleState.MISSING and not witness.strip():
        raise InvalidValue("Somebody else signs for a needle that was not found.", field="witness")
    witnesses = {**visit.witnesses, id: witness} if state is NeedleState.MISSING else visit.witnesses
    return replace(visit, needles={**visit.needles, id: state}, witnesses=witnesses)


def struck(visit: Visit, id: str) -> Visit:
    """The visit without a row that was charted by mistake; what is in is taken out or signed for first.

    Source: judgement
    Check: tests/property/test_visit_machine.py
    """
    if id not in visit.counted:
        raise NotFound("There is no such needle in this visit.")
    _check_open(visit)
    if visit.needles[id] is not NeedleState.OUT:
        raise NeedleUnaccountedFor(OUT_BEFORE_STRUCK)
    return replace(visit, struck=visit.struck | {id})


def all_out_called(visit: Visit) -> Visit:
    """Needle shock: removal first; until somebody counts, nothing closes.

    Source: judgement
    Check: tests/property/test_visit_machine.py
    """
    _check_open(visit)
    return replace(visit, must_count=True)


def counted_out(visit: Visit, ids: frozenset[str]) -> Visit:
    """The count after: the named needles are out, any other stays as it was.

    Source: judgement
    Check: tests/property/test_visit_machine.py
    """
    _check_open(visit)
    for id in sorted(ids & set(visit.counted)):
        visit = moved(visit, id, NeedleState.OUT)
    return replace(visit, must_count=False)


def handed_over(visit: Visit, to: str) -> Visit:
    """Offered to a colleague; until she accepts, nothing closes.

    Source: judgement
    Check: tests/property/test_visit_machine.py
    """
    _check_open(visit)
    return replace(visit, offered_to=to)


def accepted(visit: Visit, by: str) -> Visit:
    """Taken over by the colleague to whom it was offered; again changes nothing.

    Source: judgement
    Check: tests/property/test_visit_machine.py
    """
    _check_open(visit)
    if not visit.offered_to and visit.held_by == by:
        return visit
    if not visit.offered_to or visit.offered_to != by:
        raise NotFound("No hand-over of this visit was offered to you.")
    return replace(visit, offered_to="", held_by=by)


def check_can_close(visit: Visit) -> None:
    """Nothing, when the visit may close.

    Source: judgement
    Check: tests/property/test_visit_machine.py

    Raises:
        NeedleUnaccountedFor: a needle is open, nobody has counted after "all out", or a hand-over waits.
    """
    if visit.n_open:
        raise NeedleUnaccountedFor("{n_open} not accounted for.", n_open=visit.n_open)
    if visit.must_count:
        raise NeedleUnaccountedFor("All needles were called out at once. Count them, then close.")
    if visit.offered_to:
        raise NeedleUnaccountedFor("{offered_to} has not accepted the hand-over yet.", offered_to=visit.offered_to)


def can_close(visit: Visit) -> bool:
    """True when `check_can_close` has nothing to say.

    Source: judgement
    Check: tests/property/test_visit_machine.py
    """
    return not (visit.n_open or visit.must_count or visit.offered_to)


def closed(visit: Visit, *, n_short: int = 0, witness: str = "") -> Visit:
    """The visit closed; closed already stays closed. `n_short` needles were opened and are nowhere: `witness` signs.

    Source: judgement
    Check: tests/property/test_visit_machine.py

    Raises:
        NeedleUnaccountedFor: it may not close yet, the count differs and nobody signed, or more are there than opened.
    """
    if visit.is_closed:
        return visit
    check_can_close(visit)
    if n_short < 0 or (n_short and not witness.strip()):
        raise NeedleUnaccountedFor("Opened and found differ by {n_short}. Count again.", n_short=abs(n_short))
    return replace(visit, is_closed=True, n_lost=n_short, lost_with=witness if n_short else "")


def signed(visit: Visit) -> Visit:
    """The visit signed; only what is closed is signed.

    Source: judgement
    Check: tests/property/test_visit_machine.py
    """
    if not visit.is_closed:
        raise VisitLocked("Close the visit first: signing locks what closing has counted.")
    return replace(visit, is_signed=True)


def _check_open(visit: Visit) -> None:
    if visit.is_closed:
        raise VisitLocked("This visit is closed. Write an addendum instead.")
