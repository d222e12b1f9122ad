"""Short words for muscles, as practitioners write them on a needle line: `glmed`, `ql`, `mult`.

The table holds the words that need no thinking; every other muscle is understood by the beginnings of its name
(`science.needling.sites`). An abbreviation names one muscle and never the whole name of another.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from myotome.knowledge import tables
from myotome.knowledge.muscles import muscle


@cache
def abbreviations() -> Mapping[str, str]:
    """Muscle ids by abbreviation, in table order.

    Source: clinic belief
    Check: tests/unit/knowledge/test_abbreviations.py

    Raises:
        BadTable: an abbreviation is named twice, is not lower-case letters, or has no source.
        InvalidValue: a row names an unknown muscle.
    """
    found: dict[str, str] = {}
    for row in tables.rows("myotome.knowledge.muscles", "abbreviations.csv"):
        where, word = f"abbreviations.csv, {row['id']}", row["abbreviation"]
        tables.sources(row["sources"], where)
        if not (word.isascii() and word.isalpha() and word.islower()):
            raise tables.BadTable(f"{where}: {word!r} is not lower-case letters.")
        if word in found:
            raise tables.BadTable(f"{where}: {word!r} is named twice.")
        found[word] = muscle(row["id"]).id
    return MappingProxyType(found)
