"""Priors of the recovery model as data: one TOML file for each scenario, every number with its source key.

Scenario A reads a published mean as treatments needed, B as treatments given; A is shipped as the prior mean with a
wide spread, B is the pessimistic check. A fit of a clinic's own courses replaces the file after a person accepts it.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

SCENARIOS = ("a", "b")


@dataclass(frozen=True, slots=True)
class Prior:
    """One scenario: `table` maps a parameter's name to its numbers and source."""

    version: str
    status: str
    basis: str
    table: dict[str, dict[str, Any]]

    def number(self, name: str, key: str) -> float:
        """One number of one parameter."""
        return float(self.table[name][key])

    @property
    def definition(self) -> str:
        """The version of the definition of recovered."""
        return str(self.table["recovered"]["version"])


@cache
def prior(scenario: str = "a") -> Prior:
    """The prior of a scenario, `a` or `b`."""
    text = files(__package__).joinpath(f"prior_{scenario}.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text)
    table = {name: row for name, row in rows.items() if isinstance(row, dict)}
    return Prior(version=rows["version"], status=rows["status"], basis=rows["basis"], table=table)
