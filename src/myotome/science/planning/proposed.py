"""The muscles that a plan proposes: by segment, most probable first, the paraspinal of the segment before its limb.

A root shows itself through both of its branches, so a segment is treated at the spine and in the limb. The paraspinal
level is proposed whether or not it was found shortened; a limb muscle only where something was found. What was found
shortened outside the likely segments is kept at the end, under its own root, for the practitioner to decide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from myotome.knowledge import muscles as muscle_table
from myotome.knowledge.signs import parameters
from myotome.vocabulary.anatomy import ROOT_INDEX, ROOTS, NeedleRegion, Position, Side

ALWAYS_PARASPINAL = "multifidus"


@dataclass(frozen=True, kw_only=True, slots=True)
class ProposedSite:
    """One site of a proposed plan.

    `segment` is the root it is proposed for ("" for muscles of the face) and `p` its probability; `grade` the worst grade found (0 not found, None
    not tested); `likely` is False for muscles that were found shortened outside the likely segments.
    """

    muscle: str
    level: str | None
    side: Side
    segment: str
    p: float
    grade: int | None
    paraspinal: bool
    likely: bool
    region: NeedleRegion
    position: Position
    hazards: tuple[str, ...]


def proposed_sites(
    roots: Sequence[Mapping[str, Any]], findings: Sequence[Mapping[str, Any]], *, likely: float | None = None
) -> tuple[ProposedSite, ...]:
    """Sites to needle, from `roots` (rows with root, side, p) and `findings` in the shape of `myotome segments`.

    Segments come in falling probability; where none reaches `likely` (None: as in the tables) the most probable one alone. Within a segment
    paraspinal levels come first, then the others, most shortened first. Every site is proposed once.

    Source: clinic belief (order of needling; rule of segment)
    Check: tests/spec/planning/test_proposed_sites.py
    """
    p_of = {(row["root"], row["side"]): float(row["p"]) for row in roots}
    ranked = sorted(p_of, key=lambda at: (-p_of[at], ROOT_INDEX[at[0]], at[1]))
    settings = parameters()
    least = settings.plan_likely if likely is None else likely
    segments = [at for at in ranked if p_of[at] >= least][: settings.plan_segments] or ranked[:1]
    graded = _grades(findings)
    chosen: dict[tuple[str, str | None, str], ProposedSite] = {}
    for root, side in segments:
        levels = {(ALWAYS_PARASPINAL, paraspinal_level(root))}
        levels |= {(m, lv) for (m, lv, s), g in graded.items() if s == side and lv is not None and lv == root and g}
        rows = [_site(m, lv, side, root, p_of, graded) for m, lv in levels]
        for row in sorted(rows, key=_paraspinals_first):
            chosen.setdefault((row.muscle, row.level, side), row)
        found = [
            _site(m, lv, side, root, p_of, graded)
            for (m, lv, s), grade in graded.items()
            if s == side and grade and _best_segment(m, lv, side, segments, p_of) == root
        ]
        for row in sorted(found, key=_most_shortened_first):
            chosen.setdefault((row.muscle, row.level, side), row)
    outside = [
        _site(m, lv, s, _best_segment(m, lv, s, ranked, p_of), p_of, graded, likely=False)
        for (m, lv, s), grade in graded.items()
        if grade and (m, lv, s) not in chosen
    ]
    return (*chosen.values(), *sorted(outside, key=_most_shortened_first))


def paraspinal_level(root: str) -> str:
    """The level of multifidus for a root: its own, or the nearest that the muscle has."""
    levels = muscle_table.muscle(ALWAYS_PARASPINAL).levels
    return min(levels, key=lambda level: abs(ROOT_INDEX[level] - ROOT_INDEX[root]))


def _grades(findings: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str | None, str], int]:
    """The worst grade of shortening, tenderness or a band at each muscle; weakness is no reason to needle."""
    found: dict[tuple[str, str | None, str], int] = {}
    for row in findings:
        if row.get("muscle") and row.get("sign") != "weak":
            at = (row["muscle"], row.get("level"), row["side"])
            found[at] = max(found.get(at, 0), int(row["grade"]))
    return found


def _best_segment(
    muscle: str,
    level: str | None,
    side: str,
    segments: Sequence[tuple[str, str]],
    p_of: Mapping[tuple[str, str], float],
) -> str:
    """The segment of this side that best explains the muscle: weight times probability; "" where none reaches it."""
    weights = muscle_table.link(muscle, level)
    reached = [root for root, s in segments if s == side and root in weights]
    return max(reached, key=lambda root: (weights[root] * p_of[root, side], -ROOT_INDEX[root]), default="")


def _site(
    muscle: str,
    level: str | None,
    side: str,
    segment: str,
    p_of: Mapping[tuple[str, str], float],
    graded: Mapping[tuple[str, str | None, str], int],
    *,
    likely: bool = True,
) -> ProposedSite:
    row = muscle_table.muscle(muscle)
    return ProposedSite(
        muscle=muscle,
        level=level,
        side=Side(side),
        segment=segment,
        p=p_of.get((segment, side), 0.0),
        grade=graded.get((muscle, level, side)),
        paraspinal=row.ramus == "dorsal",
        likely=likely,
        region=muscle_table.region_at(muscle, level),
        position=row.position,
        hazards=muscle_table.hazards_at(muscle, level),
    )


def _paraspinals_first(row: ProposedSite) -> tuple[bool, bool, int]:
    return (not row.paraspinal, row.muscle != ALWAYS_PARASPINAL, -(row.grade or 0))


def _most_shortened_first(row: ProposedSite) -> tuple[bool, int, int]:
    place = ROOTS.index(row.segment) if row.segment else len(ROOTS)
    return (not row.paraspinal, -(row.grade or 0), place)
