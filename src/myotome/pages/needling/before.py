"""What must be said before needles at some sites, or before those of a line as it forms: each thing once, STOP first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from myotome.clinic.needling.asks import AskBook
from myotome.clinic.needling.queries import TreatmentVisit
from myotome.science.needling.asks import EVERYWHERE, Warning, gravest_first
from myotome.science.needling.lines import NeedleLine
from myotome.science.needling.shorthand import ShorthandError, parse_lines
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import CautionLevel
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.needling import Technique

Ahead = tuple[Mapping[str, Any], int | None]
"""A site and how deep."""
WHERE = ("site_kind", "site", "level", "region", "nearest")
"""What of a site decides what must be said before a needle at it."""


def without_doubles(
    book: AskBook, ahead: Iterable[Ahead], *, is_electrical: bool = False, of_lots: Iterable[Warning] = ()
) -> tuple[Warning, ...]:
    """What must be said before needles of these lots at these sites, so deep, with current or without."""
    found = {(warning.code, warning.place): warning for warning in of_lots}
    for site, depth_mm in ahead:
        where = {name: site[name] for name in WHERE}
        for warning in book.warnings(**where, side=site["side"], depth_mm=depth_mm, is_electrical=is_electrical):
            found.setdefault((warning.code, warning.place), warning)
    return gravest_first(found.values())


def by_level(book: AskBook, warnings: Sequence[Warning]) -> dict[str, list[Warning]]:
    """The STOPs, the ASKs that nobody has answered, and the notes about the place."""
    standing = book.open(tuple(warnings))
    return {
        "stops": [w for w in standing if w.level is CautionLevel.STOP],
        "asks": [w for w in standing if w.level is CautionLevel.ASK],
        "notes": [w for w in warnings if w.level is CautionLevel.NOTE and w.place != EVERYWHERE],
    }


def split_by_current(warnings: Iterable[Warning]) -> tuple[list[Warning], list[Warning]]:
    """What is said of every needle here, and what is said besides of one with current."""
    rows = list(warnings)
    return [w for w in rows if not w.is_of_current], [w for w in rows if w.is_of_current]


def said_before_line(actor: Actor, visit: TreatmentVisit, line: str) -> list[Warning]:
    """The STOPs and the open ASKs of the needles that are being written; none while the line cannot be read."""
    try:
        rows = parse_lines(line)
    except ShorthandError:
        return []
    book = AskBook(actor, visit)
    found = [warning for row in rows for warning in without_doubles(book, [_ahead(row)], is_electrical=_current(row))]
    once = {(warning.code, warning.place): warning for warning in found if warning.level is not CautionLevel.NOTE}
    return list(book.open(gravest_first(once.values())))


def check_nothing_is_said(actor: Actor, visit: TreatmentVisit, line: str) -> None:
    """Nothing, when no STOP and no open ASK stands before the needles of a line; asked where no script shows it as it forms.

    Raises:
        InvalidValue: something does; the page shows it, and has a way to record needles that are in already.
    """
    if said_before_line(actor, visit, line):
        raise InvalidValue("Something must be said before these needles: see below the line.", field="line")


def _ahead(row: NeedleLine) -> Ahead:
    return {name: getattr(row, name) for name in (*WHERE, "side")}, row.depth_mm


def _current(row: NeedleLine) -> bool:
    return row.technique is Technique.ELECTRICAL
