"""Muscles with nerve, roots and weights, palpation, position and hazards; both sides share one row.

`roots` are the motor roots; `segmental_link` replaces them for inference where motor supply and segment differ
(trapezius, sternocleidomastoid). Muscles that are examined level by level have `levels` and a level rule in place
of roots. Ids are stable; a muscle with two nerves is two rows. Weights: heaviest root 1 (or 0.85 each where none
leads), other accepted roots 0.6, roots of a minority of lists 0.3. All rows await clinical sign-off.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from types import MappingProxyType

from myotome.knowledge.muscles.rows import Muscle, level_rules, level_weights, read
from myotome.vocabulary.anatomy import ROOT_INDEX, NeedleRegion
from myotome.vocabulary.errors import InvalidValue

__all__ = [
    "Muscle",
    "as_json_rows",
    "find",
    "hazards_at",
    "level_rules",
    "link",
    "muscle",
    "muscles",
    "region_at",
    "sites",
    "sites_of",
]


@cache
def muscles() -> Mapping[str, Muscle]:
    """All muscles by id, head to foot as the tables list them. Check: tests/unit/knowledge/test_muscles.py."""
    return MappingProxyType({row.id: row for row in read()})


def muscle(id: str) -> Muscle:
    """The muscle of that id.

    Raises:
        InvalidValue: (field "muscle") no such id; the sentence names the three nearest.
    """
    found = muscles().get(id)
    if found is None:
        nearest = ", ".join(_nearest(id))
        raise InvalidValue(
            "There is no muscle {id!r}; the nearest are {nearest}.", field="muscle", id=id, nearest=nearest
        )
    return found


def find(words: str) -> tuple[Muscle, ...]:
    """Muscles whose id, names or synonyms hold every word of `words`, whatever the case; whole names first."""
    asked = words.casefold().replace("_", " ").split()
    if not asked:
        return ()
    hits = []
    for row in muscles().values():
        names = [name.casefold() for name in (row.id.replace("_", " "), row.name, row.latin, *row.synonyms)]
        if all(any(word in name for name in names) for word in asked):
            hits.append((" ".join(asked) not in names, row))
    return tuple(row for _, row in sorted(hits, key=lambda hit: hit[0]))


@cache
def link(muscle_id: str, level: str | None = None) -> Mapping[str, float]:
    """Root weights used for inference, 0 < w <= 1, neighbouring roots in cord order; empty for muscles of the face.

    Source: judgement (weights), each row's keys (roots). Check: tests/unit/knowledge/test_muscles.py.

    Raises:
        InvalidValue: unknown muscle, a level where the muscle has none, or a level it does not have.
    """
    row = muscle(muscle_id)
    if not row.levels:
        if level is not None:
            raise InvalidValue("{row} is not examined level by level.", field="level", row=row.name)
        return row.segmental_link or row.roots
    if level not in row.levels:
        stretch = f"{row.levels[0]} to {row.levels[-1]}"
        raise InvalidValue(
            "{row} is examined by level, {stretch}, not {level}.",
            field="level",
            row=row.name,
            stretch=stretch,
            level=level,
        )
    return level_weights(row.level_rule, level)


@cache
def sites() -> tuple[tuple[str, str | None], ...]:
    """All examinable units of one side: (muscle, None), or (muscle, level) for each level of a muscle by level."""
    return tuple((row.id, level) for row in muscles().values() for level in row.levels or (None,))


@cache
def sites_of(root: str) -> tuple[tuple[str, str | None, float], ...]:
    """(muscle, level, weight) of all sites that a root reaches, heaviest first, then in table order.

    Raises:
        InvalidValue: (field "root") not a spinal root.
    """
    if root not in ROOT_INDEX:
        raise InvalidValue("{root} is not a spinal root.", field="root", root=root)
    reached = [(*site, link(*site)[root]) for site in sites() if root in link(*site)]
    return tuple(sorted(reached, key=lambda one: -one[2]))


def hazards_at(muscle_id: str, level: str | None = None) -> tuple[str, ...]:
    """Hazard codes of a muscle; with a level only those of that level."""
    row = muscle(muscle_id)
    if level is None:
        return row.hazards
    return tuple(code for code in row.hazards if level in row.hazard_levels.get(code, (level,)))


def region_at(muscle_id: str, level: str | None = None) -> NeedleRegion:
    """Region in which needles are counted; back muscles by level: C neck, T upper back, L and S low back."""
    row = muscle(muscle_id)
    if level is None or row.region not in (NeedleRegion.NECK, NeedleRegion.UPPER_BACK, NeedleRegion.LOW_BACK):
        return row.region
    by_letter = {"C": NeedleRegion.NECK, "T": NeedleRegion.UPPER_BACK}
    return by_letter.get(level[0], NeedleRegion.LOW_BACK)


def as_json_rows() -> list[dict[str, object]]:
    """Rows of `myotome muscles --json`, one for each muscle, in table order."""
    return [
        {
            "id": row.id,
            "name": row.name,
            "latin": row.latin,
            "synonyms": list(row.synonyms),
            "region": row.region.value,
            "layer": row.layer,
            "nerve": row.nerve,
            "roots": dict(row.roots),
            "segmental_link": dict(row.segmental_link or row.roots),
            "peak": list(row.peak),
            "levels": list(row.levels),
            "level_rule": row.level_rule,
            "ramus": row.ramus,
            "palpable": row.palpable,
            "position": row.position.value,
            "hazards": list(row.hazards),
            "hazard_levels": {code: list(at) for code, at in row.hazard_levels.items()},
            "lay_name": row.lay_name,
            "palpation": row.palpation,
            "note": row.note,
            "names_source": row.names_source,
            "sources": list(row.all_sources),
            "status": row.status,
        }
        for row in muscles().values()
    ]


def _nearest(id: str) -> list[str]:
    """Three ids nearest to what was typed, by id, name or synonym."""
    asked = id.casefold().replace("_", " ")
    owner: dict[str, str] = {}
    for row in muscles().values():
        for name in (row.id.replace("_", " "), row.name.casefold(), row.latin.casefold()):
            owner.setdefault(name, row.id)
    # Parts of a divided muscle come first: whoever types "biceps femoris" wants its two heads.
    found = [row.id for row in muscles().values() if asked in {name.casefold() for name in row.synonyms}]
    found += [owner[name] for name in get_close_matches(asked, owner, n=12, cutoff=0.0)]
    return list(dict.fromkeys(found))[:3]
