"""Cautions: which fact of a patient raises STOP, ASK or NOTE, for which needles, in which words.

Data only. A rule is raised by one patient fact (`facts()`), and holds for all needles, for an area that the fact's
own detail names, or for the regions, muscles, points or hazards in `where`, or for electrical or retained needles. A
rule about current may name no fact: it holds for everybody. Never silent, never deleted by the program. From memory
where no source is named: awaits clinical sign-off.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

from myotome.knowledge import SIGN_OFF, hazards, tables
from myotome.knowledge.muscles import muscles
from myotome.vocabulary.anatomy import NeedleRegion
from myotome.vocabulary.courses import CautionLevel

SCOPES = ("all", "area", "region", "muscles", "points", "hazards", "electrical", "electrical_at", "retained")
FOR_EVERYBODY = ("electrical", "electrical_at", "retained")
"""Scopes of rules that may hold without a fact of the patient."""

_POINT = re.compile(r"(LU|LI|ST|SP|HT|SI|BL|KI|PC|TE|GB|LR|GV|CV)[1-9]\d?")


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact about a patient; `every_visit` ones are asked again each time, the others at each new course."""

    code: str
    words: str
    every_visit: bool


@dataclass(frozen=True, slots=True)
class Caution:
    """One rule. `where` holds needle regions, muscle ids, point codes or hazard codes as `scope` says, else nothing.

    `fact` is empty where the rule holds for everybody. `electrical_at` is current in a region or near a hazard.
    """

    code: str
    level: CautionLevel
    fact: str
    scope: str
    where: tuple[str, ...]
    sentence: str
    sources: tuple[str, ...]
    status: str = SIGN_OFF


@cache
def facts() -> Mapping[str, Fact]:
    """All patient facts by code."""
    found = {}
    for row in tables.rows(__package__, "facts.csv", said=("words",)):
        asked = tables.only(row["asked"], ("every visit", "course"), f"facts.csv, {row['code']}")
        found[row["code"]] = Fact(row["code"], row["words"], asked == "every visit")
    return MappingProxyType(found)


@cache
def cautions() -> tuple[Caution, ...]:
    """All rules: STOP first, then ASK, then NOTE. Check: tests/unit/knowledge/test_cautions.py.

    Raises:
        BadTable: an unknown fact, scope, region, muscle, hazard or source, or a fact that raises nothing.
    """
    made = tuple(parsed(row) for row in cells().values())
    silent = set(facts()) - {row.fact for row in made}
    if silent:
        raise tables.BadTable(f"cautions.csv: nothing is raised by {', '.join(sorted(silent))}.")
    return gravest_first(made)


def gravest_first(rows: Iterable[Caution]) -> tuple[Caution, ...]:
    """STOP first, then ASK, then NOTE, else as they came."""
    order = tuple(CautionLevel)
    return tuple(sorted(rows, key=lambda row: order.index(row.level)))


@cache
def cells() -> Mapping[str, Mapping[str, str]]:
    """The rules by code, as they stand in the file. Raises `BadTable` for a code named twice."""
    found: dict[str, Mapping[str, str]] = {}
    for row in tables.rows(__package__, "cautions.csv", said=("sentence",)):
        if row["code"] in found:
            raise tables.BadTable(f"cautions.csv, {row['code']}: named twice.")
        found[row["code"]] = MappingProxyType(row)
    return MappingProxyType(found)


def no_softer(shipped: Caution, changed: Caution) -> Caution:
    """The rule as a clinic changed it, never softer than it is shipped: the graver level, and all places of both."""
    order = tuple(CautionLevel)
    return replace(
        changed,
        level=min(shipped.level, changed.level, key=order.index),
        fact=shipped.fact,
        scope=shipped.scope,
        where=tuple(dict.fromkeys((*shipped.where, *changed.where))),
    )


def parsed(row: Mapping[str, str]) -> Caution:
    """One rule as a value. Raises `BadTable` as `cautions` does."""
    spot = f"cautions.csv, {row['code']}"
    scope = tables.only(row["scope"], SCOPES, spot)
    where = tables.listed(row["where"])
    regions, near = tuple(NeedleRegion), tuple(hazards.hazards())
    allowed: dict[str, tuple[str, ...]] = {
        "region": regions,
        "muscles": tuple(muscles()),
        "hazards": near,
        "electrical_at": regions + near,
    }
    if (scope in allowed or scope == "points") != bool(where):
        raise tables.BadTable(f"{spot}: a scope of {scope} and {len(where)} places do not fit.")
    for item in where:
        if scope == "points" and not _POINT.fullmatch(item):
            raise tables.BadTable(f"{spot}: {item!r} is not a point.")
        if scope in allowed:
            tables.only(item, allowed[scope], spot)
    if not row["sentence"]:
        raise tables.BadTable(f"{spot}: no sentence.")
    return Caution(
        code=row["code"],
        level=CautionLevel(tables.only(row["level"], CautionLevel, spot)),
        fact=tables.only(row["fact"], (*facts(), *([""] if scope in FOR_EVERYBODY else [])), spot),
        scope=scope,
        where=where,
        sentence=row["sentence"],
        sources=tables.sources(row["sources"], spot),
    )


def as_json_rows() -> list[dict[str, object]]:
    """The rules as plain rows."""
    return [
        {
            "id": row.code,
            "level": row.level.value,
            "fact": row.fact,
            "scope": row.scope,
            "where": list(row.where),
            "sentence": row.sentence,
            "sources": list(row.sources),
            "status": row.status,
        }
        for row in cautions()
    ]
