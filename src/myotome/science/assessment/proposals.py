"""Which two or three of the most informative findings are proposed, and in what order.

The rule of segment: a root shows itself through both of its branches, so among every few proposals one is a
paraspinal level. Proposals are grouped by position so that the patient turns over at most once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from myotome.vocabulary.anatomy import Position


@dataclass(frozen=True, slots=True)
class Candidate:
    """A finding that could be made next; `paraspinal` when the dorsal ramus supplies the muscle; `wiring` its roots."""

    muscle: str
    level: str | None
    side: str
    sign: str
    bits: float
    position: Position
    paraspinal: bool
    wiring: tuple[tuple[str, float], ...] = ()


def proposed(
    candidates: Sequence[Candidate],
    *,
    n_options: int,
    paraspinal_every: int,
    since_paraspinal: int,
    position: Position | None = None,
    stop_bits: float = 0.0,
) -> tuple[Candidate, ...]:
    """At most `n_options` candidates worth more than `stop_bits`, those of the present position first.

    `candidates` are in falling order of bits; `since_paraspinal` counts the sites tested since the last paraspinal
    level. Of one muscle only one level is proposed, and of sites with the same wiring only one: the second would teach
    little after the first. Together with the present position there are never more than two: she turns over once.

    Source: clinic belief (rule of segment)
    Check: tests/unit/science/test_proposals.py
    """
    worth = [one for one in candidates if one.bits > stop_bits]
    is_due = since_paraspinal + min(n_options, len(worth)) >= paraspinal_every
    due = next((one for one in worth if one.paraspinal), None) if is_due else None
    positions = {one for one in (position, due and due.position) if one is not None}
    chosen: list[Candidate] = []
    for best in worth:
        if len(chosen) == n_options:
            break
        wants_spine = due is not None and not any(one.paraspinal for one in chosen)
        taken = due if due is not None and wants_spine and len(chosen) == n_options - 1 else best
        if taken is not due and any(taken.side == one.side and _alike(taken, one) for one in chosen):
            continue
        if taken.position in positions or len(positions) < 2:
            positions.add(taken.position)
            chosen.append(taken)
    start = position or (chosen[0].position if chosen else None)
    order = list(dict.fromkeys(one.position for one in chosen))
    return tuple(sorted(chosen, key=lambda one: (one.position != start, order.index(one.position), -one.bits)))


def _alike(one: Candidate, other: Candidate) -> bool:
    return one.muscle == other.muscle or (bool(one.wiring) and one.wiring == other.wiring)
