"""Priors of the recovery model as data: one TOML file for each scenario, every number with its source key.

Scenario A reads a published mean as treatments needed, B as treatments given; A is shipped as the prior mean with a
wide spread, B is the pessimistic check. `natural.toml` says how pain eases without needles, by condition. A fit of a
clinic's own courses replaces the prior after a person accepts it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from myotome.knowledge.conditions import conditions
from myotome.knowledge.tables import BadTable, check_sources, spoken

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Prior:
    """One scenario: `table` maps a parameter's name to its numbers and sources."""

    version: str
    status: str
    basis: str
    table: Mapping[str, Mapping[str, Any]]

    def number(self, name: str, key: str) -> float:
        """One number of one parameter."""
        return float(self.table[name][key])

    @property
    def definition(self) -> str:
        """The version of the definition of recovered."""
        return str(self.table["recovered"]["version"])


@dataclass(frozen=True, slots=True)
class NaturalCourse:
    """How pain of some conditions eases without needles; `shift` on the log of natural recovery a week."""

    shift: float
    says: str
    sources: tuple[str, ...]


@cache
def prior(scenario: str = "a") -> Prior:
    """The prior of a scenario, `a` or `b`.

    Source: knowledge.recovery (each number names its own)
    Check: tests/unit/knowledge/test_recovery_priors.py
    """
    rows = _rows(f"prior_{scenario}.toml")
    table = dict(prior(rows["as_in"]).table) if "as_in" in rows else {}
    table |= {name: row for name, row in rows.items() if isinstance(row, dict)}
    for name, row in table.items():
        check_sources(row["sources"], f"prior_{scenario}.toml, {name}")
    return Prior(rows["version"], rows["status"], rows["basis"], MappingProxyType(table))


@cache
def natural_courses() -> Mapping[str, NaturalCourse]:
    """The natural course of each condition; one that the table does not name is as low back pain.

    Source: costa2012, judgement (each row names its own)
    Check: tests/unit/knowledge/test_recovery_priors.py
    """
    found: dict[str, NaturalCourse] = {}
    for row in _rows("natural.toml")["course"]:
        check_sources(row["sources"], "natural.toml")
        for condition in row["conditions"]:
            if condition not in conditions() or condition in found:
                raise BadTable(f"natural.toml: {condition} is no condition, or stands twice.")
            found[condition] = NaturalCourse(float(row["shift"]), row["says"], tuple(row["sources"]))
    return MappingProxyType(found)


def natural_shift(condition: str | None) -> float:
    """What the condition adds to the log of natural recovery a week; 0 for an unknown one.

    Source: costa2012, judgement
    Check: tests/unit/knowledge/test_recovery_priors.py
    """
    course = natural_courses().get(condition or UNKNOWN)
    return course.shift if course else 0.0


def _rows(name: str) -> dict[str, Any]:
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    table: dict[str, Any] = spoken(tomllib.loads(text), ("says",))
    return table
