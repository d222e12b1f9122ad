"""A course as a STRICTA table and as text for a methods section: rows for a spreadsheet, a value for a program.

A report names no patient and no practitioner. Its course is known by the number that the clinic gives it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from myotome.exchange.stricta.items import Item, meter_of
from myotome.vocabulary.sentences import Sentence, in_readers_language
from myotome.vocabulary.text import inert

FORMAT = "myotome-stricta/1"
COLUMNS = ("item", "asks", "answered", "answer", "wanted")
SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (Sentence("Treatment"), ("1a", "1b", "1c")),
    (Sentence("Needling"), ("2a", "2b", "2c", "2d", "2e", "2f", "2g")),
    (Sentence("Sessions"), ("3a", "3b")),
    (Sentence("Besides, and setting"), ("4a", "4b")),
    (Sentence("Practitioners"), ("5",)),
)


def as_csv(items: Sequence[Item]) -> str:
    """The table with a header, one row an item; no cell can be taken for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for item in items:
        answered = "yes" if item.is_answered else "no" if item.in_routine else "study only"
        told = [in_readers_language(words) for words in (item.asks, item.says, item.wanted)]
        writer.writerow([item.id, inert(told[0]), answered, inert(told[1]), inert(told[2])])
    return out.getvalue()


def as_json(items: Sequence[Item], *, course: int) -> str:
    """The table as a value, figures included. Format: docs/how-to/report-needling.md."""
    meter = meter_of(tuple(items))
    value: dict[str, Any] = {
        "format": FORMAT,
        "course": course,
        "answered": meter.n_answered,
        "of": meter.n,
        "items": [
            {
                "item": item.id,
                "asks": in_readers_language(item.asks),
                "answered": item.is_answered,
                "in_routine_care": item.in_routine,
                "answer": in_readers_language(item.says),
                "wanted": in_readers_language(item.wanted),
                "figures": item.figures,
            }
            for item in items
        ],
    }
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def methods(items: Sequence[Item]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Heading and sentences of each paragraph for a methods section; only what is answered is said."""
    by_id = {item.id: item for item in items}
    told = [(head, tuple(by_id[id].says for id in ids if by_id[id].is_answered)) for head, ids in SECTIONS]
    return tuple((head, sentences) for head, sentences in told if sentences)
