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
    little after the first.

    Source: clinic belief (rule of segment)
    Check: tests/unit/science/test_proposals.py
    """
    worth = [one for one in candidates if one.bits > stop_bits]
    chosen: list[Candidate] = []
    for one in worth:
        if len(chosen) == n_options:
            break
        if not any(one.side == other.side and _alike(one, other) for other in chosen):
            chosen.append(one)
    due = since_paraspinal + len(chosen) >= paraspinal_every
    if due and chosen and not any(one.paraspinal for one in chosen):
        paraspinal = next((one for one in worth if one.paraspinal), None)
        if paraspinal is not None:
            chosen[-1] = paraspinal
    start = position or (chosen[0].position if chosen else None)
    order = list(dict.fromkeys(one.position for one in chosen))
    return tuple(sorted(chosen, key=lambda one: (one.position != start, order.index(one.position), -one.bits)))


def _alike(one: Candidate, other: Candidate) -> bool:
    return one.muscle == other.muscle or (bool(one.wiring) and one.wiring == other.wiring)
