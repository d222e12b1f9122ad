"""Cautions and conditions as this clinic has them: the shipped tables, with what the clinic changed laid over them.

A clinic's changes are versions (`ContentVersion`), the newest of a row in force. The clinic's row carries a digest of
all of them, so that a page that has the clinic knows without asking whether what it read before still stands; a clinic
that changed nothing has no digest and costs nothing. A shipped caution can be made graver and wider, never softer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Any

from myotome.clinic.people.models import Clinic
from myotome.clinic.screening.models import ContentVersion
from myotome.knowledge import SIGN_OFF
from myotome.knowledge import cautions as caution_table
from myotome.knowledge import conditions as condition_table
from myotome.knowledge.cautions import Caution
from myotome.knowledge.conditions import Condition
from myotome.knowledge.tables import BadTable
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import CautionLevel
from myotome.vocabulary.errors import NotFound

CONDITIONS, CAUTIONS = "conditions", "cautions"
EDITABLE = {CONDITIONS: ("name", "lay_name", "segments", "sites", "note"), CAUTIONS: ("level", "where", "sentence")}
OWN = "clinic_"
"""Codes of a clinic's own cautions begin so; no shipped code does."""
BELIEF = "clinic belief"
MOST_KEPT = 64
_kept: dict[str, ClinicContent] = {}


@dataclass(frozen=True, slots=True)
class ClinicContent:
    """The cautions, gravest first, and the conditions by id, as one clinic has them."""

    cautions: tuple[Caution, ...]
    conditions: Mapping[str, Condition]


@dataclass(frozen=True, slots=True)
class ContentRow:
    """One row for its page: as shipped (None for a clinic's own), as it stands here, its version and its sign-off."""

    table: str
    id: str
    shipped: Caution | Condition | None
    now: Caution | Condition | None
    version: int
    is_changed: bool
    signed_by: str
    signed_at: Any
    was_signed: bool

    @property
    def status(self) -> str:
        """`signed`, `signed before` the shipped row changed, or `awaiting clinical sign-off`."""
        if self.signed_by:
            return "signed"
        return "signed before" if self.was_signed else SIGN_OFF


def content_of(clinic: Clinic) -> ClinicContent:
    """What holds in this clinic; no query unless it has changes that this process has not read yet."""
    if not clinic.content_digest:
        return as_shipped()
    found = _kept.get(clinic.content_digest)
    if found is None:
        rows = list(in_force(clinic.pk))
        found = laid_over(rows)
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[digest_of(rows)] = found
    return found


def in_force(clinic_id: int) -> Iterable[ContentVersion]:
    """The newest version of each row that was ever touched."""
    return ContentVersion.objects.filter(clinic_id=clinic_id, replaced_at__isnull=True).order_by("table", "row")


def digest_of(rows: Iterable[ContentVersion]) -> str:
    """A digest of the changes among these versions; empty where all are as shipped."""
    changes = [(row.table, row.row, row.cells) for row in rows if row.cells]
    return hashlib.sha256(json.dumps(changes, sort_keys=True).encode()).hexdigest() if changes else ""


@cache
def as_shipped() -> ClinicContent:
    """The tables of `knowledge`, unchanged."""
    return ClinicContent(caution_table.cautions(), condition_table.conditions())


def laid_over(rows: Iterable[ContentVersion]) -> ClinicContent:
    """The shipped tables with the changes of these versions."""
    rules = {rule.code: rule for rule in caution_table.cautions()}
    conditions = dict(condition_table.conditions())
    for row in rows:
        made = changed(row.table, row.row, row.cells)
        if isinstance(made, Caution):
            rules[row.row] = made
        elif isinstance(made, Condition):
            conditions[row.row] = made
    return ClinicContent(caution_table.gravest_first(rules.values()), MappingProxyType(conditions))


def changed(table: str, row: str, cells: Mapping[str, str]) -> Caution | Condition | None:
    """The row with these cells in place of the shipped ones; None for an own caution that was withdrawn.

    A change that an upgrade of the tables has made unreadable falls back to the safer side: a shipped row to itself,
    an own caution to one that holds for every needle.
    """
    shipped = shipped_row(table, row)
    if not cells:
        return shipped
    if table == CONDITIONS:
        try:
            return condition_table.parsed(_with_belief({**condition_table.cells()[row], **cells}))
        except (BadTable, KeyError):
            return shipped
    if cells.get("withdrawn"):
        return None
    base: Mapping[str, str] = caution_table.cells().get(row) or {"code": row, "scope": "all", "where": ""}
    try:
        made = caution_table.parsed(_with_belief({**base, **cells}))
    except (BadTable, KeyError):
        return shipped or _held_wide(row, cells)
    return caution_table.no_softer(shipped, made) if isinstance(shipped, Caution) else made


def _held_wide(row: str, cells: Mapping[str, str]) -> Caution:
    return Caution(row, CautionLevel(cells["level"]), cells["fact"], "all", (), cells["sentence"], (BELIEF,))


def _with_belief(cells: Mapping[str, str]) -> Mapping[str, str]:
    sources = cells.get("sources", "")
    return {**cells, "sources": sources if BELIEF in sources else "; ".join(filter(None, (sources, BELIEF)))}


def shipped_row(table: str, row: str) -> Caution | Condition | None:
    """The row as the program ships it, or None for a clinic's own."""
    if table == CONDITIONS:
        return condition_table.conditions().get(row)
    return next((rule for rule in caution_table.cautions() if rule.code == row), None)


def shipped_cells(table: str, row: str) -> Mapping[str, str]:
    """The cells of the shipped row; empty for a clinic's own."""
    return (condition_table if table == CONDITIONS else caution_table).cells().get(row, MappingProxyType({}))


def shipped_digest(table: str, row: str) -> str:
    """A digest of the shipped row, which a sign-off is bound to."""
    cells = {key: str(value) for key, value in shipped_cells(table, row).items()}
    return hashlib.sha256(json.dumps(cells, sort_keys=True).encode()).hexdigest() if cells else ""


def content_rows(actor: Actor, table: str) -> list[ContentRow]:
    """All rows of a table as this clinic has them, its own withdrawn ones included, last."""
    newest = ContentVersion.objects.for_actor(actor).filter(table=table, replaced_at__isnull=True)
    versions = {row.row: row for row in newest}
    ids = [*(condition_table if table == CONDITIONS else caution_table).cells()]
    ids += [row for row in versions if row not in ids]
    return sorted((_row(table, id, versions.get(id)) for id in ids), key=lambda row: row.now is None)


def content_row(actor: Actor, table: str, row: str) -> ContentRow:
    """One row.

    Raises:
        NotFound: there is no such table or row in this clinic.
    """
    version = versions_of(actor, table, row).first()
    if table not in EDITABLE or (version is None and shipped_row(table, row) is None):
        raise NotFound("There is no such caution or condition here.")
    return _row(table, row, version)


def versions_of(actor: Actor, table: str, row: str) -> Any:
    """The versions of a row, newest first."""
    return ContentVersion.objects.for_actor(actor).filter(table=table, row=row)


def _row(table: str, id: str, version: ContentVersion | None) -> ContentRow:
    shipped = shipped_row(table, id)
    if version is None:
        return ContentRow(table, id, shipped, shipped, 0, False, "", None, False)
    now = changed(table, id, version.cells)
    stands = version.signed_at is not None and version.shipped_digest == shipped_digest(table, id)
    if stands and now is not None:
        now = replace(now, status="signed")
    return ContentRow(
        table=table,
        id=id,
        shipped=shipped,
        now=now,
        version=version.version,
        is_changed=bool(version.cells),
        signed_by=version.signed_by if stands else "",
        signed_at=version.signed_at if stands else None,
        was_signed=version.signed_at is not None,
    )
