"""One row of the muscle tables, read and checked; and the three rules of muscles examined level by level."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType

from myotome.knowledge import SIGN_OFF, hazards, tables
from myotome.vocabulary.anatomy import ROOT_INDEX, ROOTS, NeedleRegion, Position

FILES = ("head_and_neck.csv", "shoulder_and_arm.csv", "trunk.csv", "hip_and_leg.csv")
NAMES_SOURCE = "fipat2019"
"""Latin and English names of all muscles follow this terminology; parts split for their nerve are named after it."""

_NAMED = re.compile(r"\[([^\]]*)\]")
"""Sources that a note names: "C5-C6 in the older segmental list [alexamuscles]"."""

LAYERS = ("superficial", "middle", "deep")
RAMI = ("ventral", "dorsal", "cranial")


@dataclass(frozen=True, slots=True)
class Muscle:
    """One muscle, or one part of a muscle with its own nerve; the same for both sides.

    `sources` are those of its wiring, `names_source` that of its names; a note names in brackets whose roots differ.
    """

    id: str
    name: str
    latin: str
    synonyms: tuple[str, ...]
    region: NeedleRegion
    layer: str
    palpable: bool
    nerve: str
    roots: Mapping[str, float]
    segmental_link: Mapping[str, float]
    levels: tuple[str, ...]
    ramus: str
    position: Position
    hazards: tuple[str, ...]
    lay_name: str
    palpation: str
    note: str
    sources: tuple[str, ...]
    level_rule: str = ""
    hazard_levels: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    names_source: str = NAMES_SOURCE
    status: str = SIGN_OFF

    @property
    def all_sources(self) -> tuple[str, ...]:
        """Sources of its wiring, those that its note names, and that of its names; each once."""
        return tuple(dict.fromkeys((*self.sources, *named_in(self.note), self.names_source)))

    @property
    def peak(self) -> tuple[str, ...]:
        """The root that leads, or those that do together; none for muscles by level and muscles of the face."""
        weights = self.segmental_link or self.roots
        return tuple(root for root, weight in weights.items() if weight == max(weights.values()))


def named_in(note: str) -> tuple[str, ...]:
    """The source words in the brackets of a note."""
    return tuple(word for cell in _NAMED.findall(note) for word in tables.listed(cell))


@cache
def level_rules() -> Mapping[str, tuple[float, float, float]]:
    """Weights of the root above, of the level and of the root below, by rule.

    Raises:
        BadTable: a rule without its own level, a weight out of range, an unknown source.
    """
    found = {}
    for row in tables.rows(__package__, "level_rules.csv"):
        where = f"level_rules.csv, {row['rule']}"
        tables.sources(row["sources"], where)
        above, level, below = (float(row[column]) for column in ("above", "level", "below"))
        if level != 1 or not 0 <= above <= 1 or not 0 <= below <= 1:
            raise tables.BadTable(f"{where}: the level weighs 1, its neighbours 0 to 1.")
        found[row["rule"]] = (above, level, below)
    return MappingProxyType(found)


def level_weights(rule: str, level: str) -> Mapping[str, float]:
    """Root weights of one level under a level rule; beyond the ends of the cord there is nothing."""
    place = ROOT_INDEX[level]
    found = {
        ROOTS[place + step]: weight
        for step, weight in zip((-1, 0, 1), level_rules()[rule], strict=True)
        if weight and 0 <= place + step < len(ROOTS)
    }
    return MappingProxyType(found)


def read() -> tuple[Muscle, ...]:
    """All rows, checked.

    Raises:
        BadTable: a weight out of range, roots with a gap or beyond the window, an unknown source, hazard or word.
    """
    found: dict[str, Muscle] = {}
    tables.check_sources((NAMES_SOURCE,), "names of muscles")
    for name in FILES:
        for row in tables.rows(__package__, name, said=("nerve", "lay_name", "palpation", "note")):
            made = parsed(row, f"{name}, {row['id']}")
            if made.id in found:
                raise tables.BadTable(f"{name}: {made.id} is named twice.")
            found[made.id] = made
    return tuple(found.values())


def parsed(row: Mapping[str, str], where: str) -> Muscle:
    """One row as a value. Raises `BadTable` as `read` does."""
    for needed in ("id", "name", "latin", "nerve", "lay_name", "palpation"):
        if not row[needed]:
            raise tables.BadTable(f"{where}: {needed} is missing.")
    codes = [item.partition("@") for item in tables.listed(row["hazards"])]
    hazards.check_codes((code for code, _, _ in codes), where)
    made = Muscle(
        id=row["id"],
        name=row["name"],
        latin=row["latin"],
        synonyms=tables.listed(row["synonyms"]),
        region=NeedleRegion(tables.only(row["region"], NeedleRegion, where)),
        layer=tables.only(row["layer"], LAYERS, where),
        palpable=tables.yes_no(row["palpable"], where),
        nerve=row["nerve"],
        roots=tables.weights(row["roots"], where),
        segmental_link=tables.weights(row["segmental_link"], where),
        levels=tables.span(row["levels"], where),
        ramus=tables.only(row["ramus"], RAMI, where),
        position=Position(tables.only(row["position"], Position, where)),
        hazards=tuple(code for code, _, _ in codes),
        lay_name=row["lay_name"],
        palpation=row["palpation"],
        note=row["note"],
        sources=tables.sources(row["sources"], where),
        level_rule=tables.only(row["level_rule"], ("", *level_rules()), where),
        hazard_levels=MappingProxyType({code: tables.span(at, where) for code, _, at in codes if at}),
    )
    for word in named_in(made.note):
        tables.check_sources((word,), f"{where}, note")
    if bool(made.levels) != bool(made.level_rule) or (made.levels and (made.roots or made.segmental_link)):
        raise tables.BadTable(f"{where}: a muscle has roots, or levels with a level rule, not both.")
    for code, at in made.hazard_levels.items():
        if not set(at) & set(made.levels):
            raise tables.BadTable(f"{where}: {code} holds at no level of the muscle.")
    if not made.levels and not made.roots and made.ramus != "cranial":
        raise tables.BadTable(f"{where}: a muscle with a spinal nerve needs roots or levels.")
    return made
