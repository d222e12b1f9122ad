"""Which muscles a plexus moves, and which sites and pains belong to a regional examination, from `membership.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from myotome.knowledge import tables
from myotome.vocabulary.anatomy import ExamRegion, NeedleRegion, PainRegion

LIMBS = ("arm", "leg")


@dataclass(frozen=True, slots=True)
class LimbMembers:
    """A muscle hangs from the plexus when its heaviest root is in `peaks` and its region or nerve is named here."""

    peaks: tuple[str, ...]
    regions: tuple[NeedleRegion, ...]
    nerves: tuple[str, ...]
    source: str
    words: str


@dataclass(frozen=True, slots=True)
class RegionMembers:
    """Sites whose heaviest root is in `peaks` are examined with the region; pain at `pain` calls for it."""

    peaks: tuple[str, ...]
    pain: tuple[PainRegion, ...]
    source: str
    words: str


@dataclass(frozen=True, slots=True)
class Membership:
    """Both limbs and both regional examinations."""

    limbs: Mapping[str, LimbMembers]
    regions: Mapping[ExamRegion, RegionMembers]


@cache
def membership() -> Membership:
    """Who belongs where. Check: tests/unit/knowledge/test_membership.py."""
    return parsed(tomllib.loads(files(__package__).joinpath("membership.toml").read_text(encoding="utf-8")))


def parsed(data: Mapping[str, Mapping[str, Any]]) -> Membership:
    """The table as values.

    Raises:
        BadTable: a limb or region is missing or unknown, the limbs share a peak, or a word is unknown.
    """
    if set(data) != {"limb", "region"} or set(data["limb"]) != set(LIMBS) or set(data["region"]) != set(ExamRegion):
        raise tables.BadTable("membership.toml: both limbs and both regions expected, and nothing else.")
    limbs, regions = {}, {}
    for name in LIMBS:
        row, where = data["limb"][name], f"membership.toml, {name}"
        tables.check_sources((row["source"],), where)
        limbs[name] = LimbMembers(
            _peaks(row["peaks"], where),
            tuple(NeedleRegion(one) for one in _all(row["regions"], NeedleRegion, where)),
            tuple(row["nerves"]),
            row["source"],
            row["words"],
        )
    if set(limbs["arm"].peaks) & set(limbs["leg"].peaks):
        raise tables.BadTable("membership.toml: a root leads muscles of one limb only.")
    for region in ExamRegion:
        row, where = data["region"][region.value], f"membership.toml, {region.value}"
        tables.check_sources((row["source"],), where)
        regions[region] = RegionMembers(
            _peaks(row["peaks"], where),
            tuple(PainRegion(one) for one in _all(row["pain"], PainRegion, where)),
            row["source"],
            row["words"],
        )
    return Membership(MappingProxyType(limbs), MappingProxyType(regions))


def _peaks(cell: str, where: str) -> tuple[str, ...]:
    found = tables.span(cell, where)
    if not found:
        raise tables.BadTable(f"{where}: a stretch of roots expected.")
    return found


def _all(words: Iterable[str], allowed: Iterable[str], where: str) -> list[str]:
    return [tables.only(word, tuple(allowed), where) for word in words]
