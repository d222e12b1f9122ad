"""Reading a table: rows from CSV beside the loader, lists and weights in cells, sources that must exist.

A cell holds one value, a list ("a; b") or root weights ("L4:0.6 L5:1"). Every fault is a `BadTable` that names
the table, the row and what is wrong, so that a wrong number stops the program at load and not a patient's visit.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Container, Iterable, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from myotome.vocabulary.anatomy import ROOT_INDEX, ROOTS
from myotome.vocabulary.sentences import Sentence

LEGAL_WITHOUT_KEY = ("clinic belief", "judgement")
_FITTED = re.compile(r"fitted \d{4}-\d{2}-\d{2}")
_BIB_KEY = re.compile(r"^@\w+\{\s*([^,\s]+)\s*,", re.MULTILINE)

MAX_ROOTS = 5
"""A muscle touches at most this many neighbouring roots: the window of the exact inference follows from it."""


class BadTable(ValueError):
    """A clinical table breaks its own rules; the message says where."""


def rows(package: str, name: str, *, said: Container[str] = ()) -> tuple[dict[str, str], ...]:
    """The rows of `name` (CSV, UTF-8, first line the column names) beside the package, stripped of outer spaces.

    Columns in `said` hold what people read: their cells are sentences that a page can translate.
    """
    text = files(package).joinpath(name).read_text(encoding="utf-8")
    reader = csv.DictReader(io.StringIO(text, newline=""))
    found = []
    for number, row in enumerate(reader, start=2):
        if None in row or None in row.values():
            raise BadTable(f"{name} line {number}: {len(reader.fieldnames or ())} cells expected.")
        cells = {key: value.strip() for key, value in row.items()}
        found.append({key: Sentence(cell) if key in said else cell for key, cell in cells.items()})
    return tuple(found)


def spoken(value: Any, names: Container[str]) -> Any:
    """A table as TOML gives it, the texts under `names` (at any depth) as sentences that a page can translate."""
    if isinstance(value, dict):
        return {key: _sentences(item) if key in names else spoken(item, names) for key, item in value.items()}
    return [spoken(item, names) for item in value] if isinstance(value, list) else value


def _sentences(value: Any) -> Any:
    if isinstance(value, str):
        return Sentence(value)
    if isinstance(value, dict):
        return {key: _sentences(item) for key, item in value.items()}
    return [_sentences(item) for item in value] if isinstance(value, list) else value


def listed(cell: str) -> tuple[str, ...]:
    """The items of a cell "a; b; c"; an empty cell is an empty tuple."""
    kind = Sentence if isinstance(cell, Sentence) else str
    return tuple(kind(item.strip()) for item in cell.split(";") if item.strip())


def yes_no(cell: str, where: str) -> bool:
    """True for "yes", False for "no"; anything else is a fault."""
    if cell not in ("yes", "no"):
        raise BadTable(f"{where}: yes or no expected, not {cell!r}.")
    return cell == "yes"


def weights(cell: str, where: str) -> Mapping[str, float]:
    """Root weights of a cell "L4:0.6 L5:1", in cord order, each 0 < w <= 1.

    Roots are neighbours without a gap and at most `MAX_ROOTS`; the heaviest is 1, or 0.85 where none leads.
    """
    found: dict[str, float] = {}
    for item in cell.split():
        root, _, number = item.partition(":")
        if root not in ROOT_INDEX:
            raise BadTable(f"{where}: {root!r} is not a spinal root.")
        try:
            value = float(number)
        except ValueError:
            raise BadTable(f"{where}: the weight of {root} is {number!r}, a number expected.") from None
        if not 0 < value <= 1:
            raise BadTable(f"{where}: the weight of {root} is {value}, it must be above 0 and at most 1.")
        if root in found:
            raise BadTable(f"{where}: {root} is named twice.")
        found[root] = value
    if found:
        places = [ROOT_INDEX[root] for root in found]
        if places != list(range(places[0], places[0] + len(places))):
            raise BadTable(f"{where}: {' '.join(found)} are not neighbouring roots in cord order.")
        if len(places) > MAX_ROOTS:
            raise BadTable(f"{where}: {len(places)} roots, at most {MAX_ROOTS}.")
        if max(found.values()) not in (0.85, 1.0):
            raise BadTable(f"{where}: the heaviest root weighs 1, or 0.85 where none leads.")
    return MappingProxyType(found)


def span(cell: str, where: str) -> tuple[str, ...]:
    """The roots of "C2-S1", or of one root "T12", in cord order; an empty cell is an empty tuple."""
    if not cell:
        return ()
    first, _, last = cell.partition("-")
    last = last or first
    if first not in ROOT_INDEX or last not in ROOT_INDEX or ROOT_INDEX[first] > ROOT_INDEX[last]:
        raise BadTable(f"{where}: {cell!r} is not a stretch of spinal levels.")
    return ROOTS[ROOT_INDEX[first] : ROOT_INDEX[last] + 1]


@cache
def source_keys() -> frozenset[str]:
    """The keys of `knowledge/sources.bib`."""
    text = files("myotome.knowledge").joinpath("sources.bib").read_text(encoding="utf-8")
    found = _BIB_KEY.findall(text)
    twice = {key for key in found if found.count(key) > 1}
    if twice:
        raise BadTable(f"sources.bib: {', '.join(sorted(twice))} more than once.")
    return frozenset(found)


def is_source(word: str) -> bool:
    """True for a key of `sources.bib`, "clinic belief", "judgement" and "fitted YYYY-MM-DD"."""
    return word in LEGAL_WITHOUT_KEY or word in source_keys() or bool(_FITTED.fullmatch(word))


def sources(cell: str, where: str) -> tuple[str, ...]:
    """The source words of a cell; at least one, each legal."""
    found = listed(cell)
    check_sources(found, where)
    return found


def check_sources(words: Iterable[str], where: str) -> None:
    """Raise `BadTable` unless there is a source and each exists."""
    words = tuple(words)
    if not words:
        raise BadTable(f"{where}: no source.")
    for word in words:
        if not is_source(word):
            raise BadTable(f"{where}: {word!r} is not in sources.bib.")


def only(value: str, allowed: Iterable[str], where: str) -> str:
    """`value` if it is one of `allowed`, else `BadTable`."""
    allowed = tuple(allowed)
    if value not in allowed:
        raise BadTable(f"{where}: {value!r} is none of {', '.join(allowed)}.")
    return value
