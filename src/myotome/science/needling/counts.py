"""Needles counted, in and out, by region: the arithmetic that keeps a needle from being forgotten.

A needle is accounted for when it is out, or deliberately left in with a name to it. `in` and `fragment` are open.
The arithmetic is the same for one needle at a time and for a retained set; a struck row (charted by mistake) is no
needle at all and is not passed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from myotome.vocabulary.errors import InvalidValue, NeedleUnaccountedFor
from myotome.vocabulary.needling import NeedleInsertion, NeedleState, Technique
from myotome.vocabulary.sentences import Sentence

OPEN_STATES = frozenset({NeedleState.IN, NeedleState.FRAGMENT})
NOT_IN_THE_BOX = frozenset({NeedleState.LEFT_IN, NeedleState.MISSING})
MOST_NEEDLES = 500


def technique_of(needle: NeedleInsertion) -> Technique:
    """The needle's technique; one that is in was not moved in and out: it is held, unless something else was said.

    Source: judgement
    Check: tests/spec/needling/test_how_a_needle_is_moved.py
    """
    stays = needle.state in (NeedleState.IN, NeedleState.LEFT_IN)
    return Technique.HOLD if stays and needle.technique is Technique.IN_OUT else needle.technique


@dataclass(frozen=True, kw_only=True, slots=True)
class RegionCount:
    """Needles of one region: `n_in` ever inserted, `n_out` out again, `n_left_in` deliberately left.

    `n_missing` were searched for, not found and signed for by two people; they are accounted for, never "out".
    """

    region: str
    n_in: int
    n_out: int
    n_left_in: int
    n_missing: int = 0

    @property
    def n_open(self) -> int:
        """Needles not accounted for."""
        return self.n_in - self.n_out - self.n_left_in - self.n_missing


def counts_by_region(needles: Iterable[NeedleInsertion]) -> tuple[RegionCount, ...]:
    """One count for each region with a needle, in the order in which regions were first needled.

    Always: `n_in >= n_out + n_left_in`, and the sums over regions are the sums over needles.

    Source: judgement (after the clean needle technique manual: write down in, write down out)
    Check: tests/oracle/test_needle_counts.py
    """
    rows: dict[str, list[int]] = {}
    for needle in needles:
        row = rows.setdefault(needle.region.value, [0, 0, 0, 0])
        row[0] += 1
        row[1] += needle.state is NeedleState.OUT
        row[2] += needle.state is NeedleState.LEFT_IN
        row[3] += needle.state is NeedleState.MISSING
    return tuple(RegionCount(region=k, n_in=a, n_out=b, n_left_in=c, n_missing=d) for k, (a, b, c, d) in rows.items())


def open_needles(needles: Iterable[NeedleInsertion]) -> tuple[NeedleInsertion, ...]:
    """The needles that are not accounted for, in the order given.

    Source: judgement
    Check: tests/oracle/test_needle_counts.py
    """
    return tuple(needle for needle in needles if needle.state in OPEN_STATES)


def check_all_out(needles: Sequence[NeedleInsertion]) -> None:
    """Nothing, when every needle is accounted for.

    Raises:
        NeedleUnaccountedFor: names up to six open needles; take each out, or chart it as left in.

    Source: judgement
    Check: tests/oracle/test_needle_counts.py
    """
    still_in = open_needles(needles)
    if not still_in:
        return
    names = "; ".join(f"{needle.site.replace('_', ' ')} {needle.level or ''} {needle.side}" for needle in still_in[:6])
    sites = " ".join(names.split())
    if len(still_in) == 1:
        raise NeedleUnaccountedFor("1 needle is still in: {sites}. Take out and count, then close.", sites=sites)
    raise NeedleUnaccountedFor(
        "{n} needles are still in: {sites}. Take out and count, then close.", n=len(still_in), sites=sites
    )


def n_short(needles: Iterable[NeedleInsertion], n_opened: int | None, n_in_sharps: int | None) -> int:
    """How many needles were opened and are nowhere: not in the sharps box, not left in, not signed for as not found.

    0 while one of the two is not counted. Below 0 when more are there than were opened: a count is wrong.

    Source: judgement
    Check: tests/oracle/test_needle_counts.py
    """
    if n_opened is None or n_in_sharps is None:
        return 0
    return n_opened - n_in_sharps - sum(needle.state in NOT_IN_THE_BOX for needle in needles)


def check_sharps(
    needles: Iterable[NeedleInsertion], n_opened: int | None, n_in_sharps: int | None, *, n_not_found: int = 0
) -> None:
    """Nothing, when what was opened is in the sharps box, deliberately left in, or signed for as not found.

    Insertions are not compared with it, for one needle may make several; but none makes none. `n_not_found` are signed
    for in the same act: exactly so many must be short.

    Raises:
        InvalidValue: one of the two was not counted, or is no number of needles; names its field.
        NeedleUnaccountedFor: the two differ by other than what stays in or was not found, or needles are charted and
            none was opened; names the field to count again.

    Source: judgement (after the clean needle technique manual: opened against disposed of)
    Check: tests/oracle/test_needle_counts.py
    """
    opened, boxed = _counted("n_needles_opened", n_opened), _counted("n_needles_in_sharps", n_in_sharps)
    charted = tuple(needles)
    if charted and not opened:
        raise NeedleUnaccountedFor(
            "{n_needles} are charted and none was counted as opened. Count the opened wrappers.",
            field="n_needles_opened",
            n_needles=len(charted),
        )
    elsewhere = sum(needle.state in NOT_IN_THE_BOX for needle in charted)
    if opened == boxed + elsewhere + n_not_found:
        return
    if elsewhere:
        raise NeedleUnaccountedFor(
            "{n_needles_opened} needles were opened, {n_elsewhere} stay in or were not found, and "
            "{n_needles_in_sharps} are in the sharps box.",
            field="n_needles_in_sharps",
            n_needles_opened=opened,
            n_elsewhere=elsewhere,
            n_needles_in_sharps=boxed,
        )
    raise NeedleUnaccountedFor(
        "{n_needles_opened} needles were opened and {n_needles_in_sharps} are in the sharps box.",
        field="n_needles_in_sharps",
        n_needles_opened=opened,
        n_needles_in_sharps=boxed,
    )


_ASKED = {
    "n_needles_opened": Sentence("Say how many needles were opened."),
    "n_needles_in_sharps": Sentence("Count the sharps box: say how many needles went into it."),
}


def _counted(field: str, n: int | None) -> int:
    if n is None:
        raise InvalidValue(_ASKED[field], field=field)
    if not 0 <= n <= MOST_NEEDLES:
        raise InvalidValue("A number of needles is 0 to {most}.", field=field, most=MOST_NEEDLES)
    return n


def overdue_at(needles: Iterable[NeedleInsertion], retain: timedelta) -> datetime | None:
    """When the oldest open needle passes its time, or None when nothing is in.

    Source: judgement
    Check: tests/oracle/test_needle_counts.py
    """
    starts = [needle.in_at for needle in open_needles(needles) if needle.in_at is not None]
    return min(starts) + retain if starts else None
