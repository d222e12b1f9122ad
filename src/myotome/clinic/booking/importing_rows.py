"""What becomes of each row of a file: new, known already, left out, or at fault; and of the file as a whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from myotome.exchange.spreadsheet.table import Row, Table
from myotome.vocabulary.errors import MyotomeError
from myotome.vocabulary.sentences import Sentence

MOST_BYTES = 10_000_000
PASSED = Sentence("It has passed.")


class Outcome(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    KNOWN = "known"
    LEFT_OUT = "left_out"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """One row: its number in the file (0: of the file as a whole), who and when, what becomes of it, and why."""

    number: int
    what: str
    outcome: Outcome
    says: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file, or would: its rows, and the columns that meant nothing."""

    rows: tuple[ImportedRow, ...]
    ignored: tuple[str, ...] = ()

    def n(self, outcome: Outcome) -> int:
        """How many rows had this outcome."""
        return sum(row.outcome is outcome for row in self.rows)

    @property
    def n_new(self) -> int:
        """How many are, or would be, imported."""
        return self.n(Outcome.NEW)

    @property
    def n_known(self) -> int:
        """How many were there already."""
        return self.n(Outcome.KNOWN)

    @property
    def n_left_out(self) -> int:
        """How many are nothing to import."""
        return self.n(Outcome.LEFT_OUT)

    @property
    def n_faults(self) -> int:
        """How many have to be put right first."""
        return self.n(Outcome.FAULT)


def imported_from(table: Table, one: Callable[[Row], ImportedRow]) -> Imported:
    """What `one` makes of each row of a table, beside the rows that could not be read."""
    rows = [ImportedRow(fault.number, "", Outcome.FAULT, fault.says) for fault in table.faults]
    rows += [
        guarded(row.number, f"{row['given_name']} {row['family_name']}", lambda row=row: one(row)) for row in table.rows
    ]
    return Imported(tuple(sorted(rows, key=lambda row: row.number)), table.ignored)


def guarded(number: int, what: str, work: Callable[[], ImportedRow]) -> ImportedRow:
    """What `work` says of a row, or its refusal as the row's fault, with nothing of the row written."""
    try:
        with transaction.atomic():
            return work()
    except MyotomeError as refusal:
        return ImportedRow(number, what.strip()[:120], Outcome.FAULT, refusal.sentence)
