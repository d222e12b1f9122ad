"""A CSV file as rows with names, whatever program wrote it; what cannot be read for certain is refused, never guessed.

Read are UTF-8 with or without its mark, UTF-16 with its mark, commas, semicolons and tabs, line breaks inside quotes.
Rows are numbered as a spreadsheet numbers them: the heading is row 1.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from myotome.vocabulary.errors import InvalidValue, TooBig, UnreadableFile
from myotome.vocabulary.sentences import Sentence
from myotome.vocabulary.text import odd_character

DELIMITERS = (",", ";", "\t")
LONGEST_CELL = 1000
FORMULA_BEGINS = ("=", "@", "+", "-", "\t", "\r")
"""How a cell begins that a spreadsheet would work out instead of showing it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row, or with the file (`number` 0)."""

    number: int
    says: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row by the names of its columns; a column that the file lacks is empty."""

    number: int
    cells: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.cells.get(name, "")


@dataclass(frozen=True, slots=True)
class Table:
    """The rows that can be read, the faults of the others, and the headings that mean nothing here."""

    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]
    ignored: tuple[str, ...]


def read_table(
    file: bytes, *, columns: Mapping[str, Sequence[str]], required: Sequence[str], most_rows: int, most_bytes: int
) -> Table:
    """The table of a file. `columns` are our names with the headings that mean them; empty rows are passed over.

    Raises:
        TooBig: more bytes or rows than may be.
        UnreadableFile: not text, not CSV, or without a heading that is needed.
    """
    if len(file) > most_bytes:
        raise TooBig("The file is larger than {most} MB. Divide it.", field="file", most=most_bytes // 1_000_000)
    text = _text(file)
    delimiter, names, ignored = _heading(text, columns, required)
    rows: list[Row] = []
    faults: list[Fault] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    width = len(next(reader))
    number = 1
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as fault:
            faults.append(Fault(number, _broken(fault)))
            break
        if not any(cell.strip() for cell in cells):
            continue
        if number > most_rows + 1:
            raise TooBig("The file has more than {most} rows. Divide it.", field="file", most=most_rows)
        if fault := _fault_of(cells, width):
            faults.append(Fault(number, fault))
        else:
            rows.append(Row(number, {name: cells[place].strip() for name, place in names.items()}))
    return Table(tuple(rows), tuple(faults), ignored)


def check_is_no_formula(text: str, field: str) -> None:
    """Nothing, when a spreadsheet would show this text as it is.

    Raises:
        InvalidValue: it begins like a formula.
    """
    if text.startswith(FORMULA_BEGINS):
        raise InvalidValue("“{text}” begins like a formula of a spreadsheet.", field=field, text=text[:20])


def _text(file: bytes) -> str:
    if file.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    else:
        encoding = "utf-8-sig"
    try:
        text = file.decode(encoding)
    except UnicodeDecodeError as fault:
        raise UnreadableFile(
            "The file is not text that can be read for certain. Save it as “CSV UTF-8”.", field="file"
        ) from fault
    if "\x00" in text:
        raise UnreadableFile("The file is not text that can be read for certain. Save it as “CSV UTF-8”.", field="file")
    return text.removeprefix("\ufeff")


def _heading(
    text: str, columns: Mapping[str, Sequence[str]], required: Sequence[str]
) -> tuple[str, dict[str, int], tuple[str, ...]]:
    """The delimiter under which most headings mean something, the place of each column, and the rest."""
    meanings = {_plain(heading): name for name, headings in columns.items() for heading in (name, *headings)}
    best: tuple[str, list[str]] = (",", [])
    for delimiter in DELIMITERS:
        try:
            cells = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), [])
        except csv.Error:
            continue
        known = sum(_plain(cell) in meanings for cell in cells)
        if known > sum(_plain(cell) in meanings for cell in best[1]) or not best[1]:
            best = delimiter, cells
    delimiter, cells = best
    names: dict[str, int] = {}
    ignored = []
    for place, cell in enumerate(cells):
        name = meanings.get(_plain(cell))
        if name is None:
            ignored.append(cell.strip()[:40])
        elif name in names:
            raise UnreadableFile("Two columns mean “{name}”. Delete one of them.", field="file", name=_plain(name))
        else:
            names[name] = place
    missing = [_plain(name) for name in required if name not in names]
    if missing:
        raise UnreadableFile(
            "The first row has to name the columns, and none is called “{missing}”.", field="file", missing=missing[0]
        )
    return delimiter, names, tuple(name for name in ignored if name)


def _broken(fault: csv.Error) -> str:
    if "field limit" in str(fault):
        return Sentence("From here on it cannot be read: a cell is far too long.")
    return Sentence("From here on it cannot be read: a quote is opened and not closed, or stands inside a word.")


def _fault_of(cells: list[str], width: int) -> str:
    while len(cells) > width and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) != width:
        return Sentence("It has {n} cells, the heading has {width}.", n=len(cells), width=width)
    if any(len(cell) > LONGEST_CELL for cell in cells):
        return Sentence("A cell has more than {most} characters.", most=LONGEST_CELL)
    if any(odd_character(cell) for cell in cells):
        return Sentence("It holds a character that cannot be stored.")
    return ""


def _plain(heading: str) -> str:
    return re.sub(r"[\s_.\-]+", " ", heading).strip().casefold()
