"""A set of points that rests: a STOP holds back its own point alone, and the others go in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from myotome.clinic.needling.asks import AskBook
from myotome.clinic.needling.shelf import Shelf
from myotome.pages.needling.before import by_level, without_doubles
from myotome.pages.needling.sites import WaitingSite, site_of_key
from myotome.science.needling.asks import Warning
from myotome.vocabulary.courses import CautionLevel

Stopped = Mapping[str, Sequence[Warning]]
"""The STOPs of each point that has one, by its key."""


def stopped_points(book: AskBook, shelf: Shelf, waiting: Sequence[WaitingSite]) -> Stopped:
    """The points of the set that a STOP holds back, each with what stops it."""
    said = {row.key: said_of_set(book, shelf, [row]) for row in waiting}
    stops = {key: [w for w in warnings if w.level is CautionLevel.STOP] for key, warnings in said.items()}
    return {key: found for key, found in stops.items() if found}


def points_that_go_in(waiting: Sequence[WaitingSite], stopped: Stopped) -> list[WaitingSite]:
    """The points that nothing stops; all of them where each is stopped, so that what is said is said of all."""
    return [row for row in waiting if row.key not in stopped] or list(waiting)


def said_of_set(book: AskBook, shelf: Shelf, rows: Sequence[WaitingSite]) -> tuple[Warning, ...]:
    """What must be said before needles at these points with their depths, of the lots that they come from."""
    ahead = [(site_of_key(row.key), row.depth_mm) for row in rows]
    return without_doubles(book, ahead, of_lots=shelf.warnings([row.size for row in rows]))


def levels_of_set(
    book: AskBook, shelf: Shelf, waiting: Sequence[WaitingSite], stopped: Stopped
) -> dict[str, list[Warning]]:
    """STOPs of the points that are held back, ASKs and notes of those that go in."""
    said = by_level(book, said_of_set(book, shelf, points_that_go_in(waiting, stopped)))
    held = [row for row in waiting if row.key in stopped]
    return said | {"stops": by_level(book, said_of_set(book, shelf, held))["stops"]}
