"""What is known and not known, in words for patients, each statement with its figures, limits and citation.

Shown as it stands, negative trials included. A number that was found in no source is not here: the mean of treatments
is the 7.9 of Gunn 1980 with its limits beside it. What tradition says is marked as tradition.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from myotome.knowledge import tables

GROUPS = ("ims", "acupuncture", "both", "course", "harm", "tradition")
KINDS = ("known", "mixed", "not_known", "tradition")


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that is known or not: `short` for a table, `says` in full, `limit` what it cannot tell.

    `basis` is read, or memory for words that must still be checked against the paper.
    """

    code: str
    group: str
    kind: str
    short: str
    says: str
    figures: str
    limit: str
    citation: str
    source: str
    basis: str = "read"


@dataclass(frozen=True, slots=True)
class Evidence:
    """All statements of one version, in the order in which they are shown."""

    version: str
    status: str
    statements: tuple[Statement, ...]

    def of(self, group: str) -> tuple[Statement, ...]:
        """The statements of a group."""
        return tuple(s for s in self.statements if s.group == group)

    def named(self, code: str) -> Statement:
        """One statement.

        Raises:
            KeyError: there is none with this code.
        """
        for statement in self.statements:
            if statement.code == code:
                return statement
        raise KeyError(code)


@cache
def evidence() -> Evidence:
    """The current statements, validated.

    Raises:
        ValueError: a statement without source or of an unknown group or kind, or a claim without figures or limit.
    """
    text = files(__package__).joinpath("evidence.toml").read_text(encoding="utf-8")
    table = tables.spoken(tomllib.loads(text), ("short", "says", "figures", "limit"))
    found = Evidence(table["version"], table["status"], tuple(Statement(**row) for row in table["statement"]))
    for one in found.statements:
        if one.group not in GROUPS or one.kind not in KINDS or not one.limit:
            raise ValueError(f"The statement {one.code} lacks a group, a kind or its limit.")
        tables.check_sources([one.source], one.code)
        if one.kind in ("known", "mixed") and not (one.figures and one.citation):
            raise ValueError(f"The statement {one.code} claims something without figures and citation.")
    return found
