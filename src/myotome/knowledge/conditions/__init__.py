"""Common conditions and the muscles that are usually short in them, after Gunn's model; editable, never a verdict.

A condition names muscles (with levels for muscles by level) and segments to examine first; it raises the prior of
those roots a little and nothing else. From memory, so every row awaits clinical sign-off.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from myotome.knowledge import SIGN_OFF, tables
from myotome.knowledge.muscles import link, muscles
from myotome.vocabulary.anatomy import ExamRegion, PainRegion
from myotome.vocabulary.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class Condition:
    """`sites` are (muscle id, level or None); `segments` spinal roots in cord order; `cranial` nerves in words."""

    id: str
    name: str
    lay_name: str
    pain_region: PainRegion
    exam_region: ExamRegion
    segments: tuple[str, ...]
    cranial: str
    sites: tuple[tuple[str, str | None], ...]
    note: str
    sources: tuple[str, ...]
    status: str = SIGN_OFF

    @property
    def muscles(self) -> tuple[str, ...]:
        """Ids of its muscles, each once, in table order."""
        return tuple(dict.fromkeys(muscle for muscle, _ in self.sites))


@cache
def conditions() -> Mapping[str, Condition]:
    """All conditions by id, head to foot. Check: tests/unit/knowledge/test_conditions.py.

    Raises:
        BadTable: an unknown muscle, level, region or source, or a segment that none of the muscles reaches.
    """
    found: dict[str, Condition] = {}
    for row in cells().values():
        found[row["id"]] = parsed(row)
    return MappingProxyType(found)


@cache
def cells() -> Mapping[str, Mapping[str, str]]:
    """The rows of the table by id, as they stand in the file. Raises `BadTable` for an id named twice."""
    found: dict[str, Mapping[str, str]] = {}
    for row in tables.rows(__package__, "conditions.csv", said=("name", "lay_name", "note")):
        if row["id"] in found:
            raise tables.BadTable(f"conditions.csv, {row['id']}: named twice.")
        found[row["id"]] = MappingProxyType(row)
    return MappingProxyType(found)


def parsed(row: Mapping[str, str]) -> Condition:
    """One row of the table as a value. Raises `BadTable` as `conditions` does."""
    where = f"conditions.csv, {row['id']}"
    made = Condition(
        id=row["id"],
        name=row["name"],
        lay_name=row["lay_name"],
        pain_region=PainRegion(tables.only(row["pain_region"], PainRegion, where)),
        exam_region=ExamRegion(tables.only(row["exam_region"], ExamRegion, where)),
        segments=tables.span(row["segments"], where),
        cranial=row["cranial"],
        sites=sites_in(row["sites"], where),
        note=row["note"],
        sources=tables.sources(row["sources"], where),
    )
    reached = {root for site in made.sites for root in link(*site)}
    if set(made.segments) - reached:
        raise tables.BadTable(f"{where}: no muscle reaches {', '.join(sorted(set(made.segments) - reached))}.")
    return made


def condition(id: str) -> Condition:
    """The condition of that id.

    Raises:
        InvalidValue: (field "condition") no such id.
    """
    found = conditions().get(id)
    if found is None:
        raise InvalidValue("There is no condition {id!r}.", field="condition", id=id)
    return found


def as_json_rows() -> list[dict[str, object]]:
    """Rows of `myotome conditions --json`, one for each condition."""
    return [
        {
            "id": row.id,
            "name": row.name,
            "lay_name": row.lay_name,
            "pain_region": row.pain_region.value,
            "region": row.exam_region.value,
            "segments": list(row.segments),
            "cranial": row.cranial,
            "muscles": list(row.muscles),
            "sites": [{"muscle": muscle, "level": level} for muscle, level in row.sites],
            "note": row.note,
            "sources": list(row.sources),
            "status": row.status,
        }
        for row in conditions().values()
    ]


def sites_in(cell: str, where: str = "sites") -> tuple[tuple[str, str | None], ...]:
    """The (muscle id, level or None) of a cell "multifidus@L4-S1; piriformis". Raises `BadTable` as `conditions`."""
    found: list[tuple[str, str | None]] = []
    for item in tables.listed(cell):
        name, _, stretch = item.partition("@")
        tables.only(name, muscles(), where)
        levels = tables.span(stretch, where)
        if bool(levels) != bool(muscles()[name].levels) or set(levels) - set(muscles()[name].levels):
            raise tables.BadTable(f"{where}: {item!r} names levels that the muscle does not have, or none.")
        found += [(name, level) for level in levels or (None,)]
    if not found:
        raise tables.BadTable(f"{where}: no muscle.")
    return tuple(found)
