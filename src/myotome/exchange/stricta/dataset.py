"""A selection of courses as a data set: five tables as CSV, a dictionary of every column, and what was chosen.

Pseudonymised, not anonymous. No name, birth date, contact, calendar date, free text or lot leaves: time is told in days
since the course's first session, age in whole years and as 90 from there on, people as pseudonyms that only the
clinic's own key can make again. The columns are named once, here; the dictionary is written from them.
"""

from __future__ import annotations

import csv
import hmac
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from myotome.vocabulary.anatomy import NeedleRegion, Position
from myotome.vocabulary.courses import AdverseGrade, AdverseKind, CourseOutcome
from myotome.vocabulary.needling import Adjunct, NeedleState, SiteKind, Technique, TreatmentMode
from myotome.vocabulary.text import inert

FORMAT = "myotome-courses/1"
OLDEST_TOLD = 90
DICTIONARY = "data_dictionary.csv"
DICTIONARY_COLUMNS = ("table", "column", "type", "unit", "meaning", "values")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, `type` (text, integer, number, yes/no, codes), what it means, its unit and its codes."""

    name: str
    type: str
    meaning: str
    unit: str = ""
    values: tuple[str, ...] = ()


def _codes(enum: Iterable[Any]) -> tuple[str, ...]:
    return tuple(one.value for one in enum)


COURSE = Column("course", "text", "Pseudonym of the course")
DAY = Column("day", "integer", "Days since the first session of the course", "days")
TABLES: Mapping[str, tuple[Column, ...]] = {
    "courses": (
        COURSE,
        Column("patient", "text", "Pseudonym of the patient; several courses may be of one"),
        Column("practitioner", "text", "Pseudonym of who treated most"),
        Column("condition", "text", "Condition by its id; empty where none was named"),
        Column("age_years", "integer", "Age at the first session in whole years; 90 stands for 90 and over", "years"),
        Column("duration_weeks", "number", "How long the complaint had lasted when the course began", "weeks"),
        Column("n_segments", "integer", "Spinal segments involved"),
        Column("prior_surgery", "yes/no", "Operation at the place"),
        Column("n_planned", "integer", "Sessions planned last"),
        Column("interval_days", "integer", "Days between sessions as planned last", "days"),
        Column("n_sessions", "integer", "Sessions given"),
        Column("days_to_end", "integer", "From the first session to the end of the course; empty while open", "days"),
        Column("outcome", "codes", "How the course ended; empty while it is open", "", _codes(CourseOutcome)),
        Column("stricta_answered", "integer", "Of the 15 STRICTA items that routine care can answer"),
    ),
    "sessions": (
        COURSE,
        Column("session", "integer", "Sessions of the course, from 1"),
        DAY,
        Column("mode", "codes", "Treatment", "", _codes(TreatmentMode)),
        Column("practitioner", "text", "Pseudonym of the practitioner"),
        Column("minutes", "number", "From opening to closing; empty while open", "minutes"),
        Column("n_insertions", "integer", "Insertions, rows struck as charted by mistake left out"),
        Column("besides", "codes", "What else was given, with a semicolon between", "", _codes(Adjunct)),
    ),
    "needles": (
        COURSE,
        Column("session", "integer", "The session"),
        Column("needle", "integer", "Insertions of the session in the order of charting, from 1"),
        Column("site_kind", "codes", "What was aimed at", "", _codes(SiteKind)),
        Column("site", "text", "Muscle by its id, or acupoint; empty for a free place"),
        Column("level", "text", "Spinal level of a muscle that has levels"),
        Column("nearest", "text", "Of a free place: muscle with its level, or acupoint, named as nearest; else empty"),
        Column("side", "codes", "The patient's own side", "", ("left", "right", "midline")),
        Column("region", "codes", "Region of the body", "", _codes(NeedleRegion)),
        Column("depth_mm", "integer", "Depth below the skin", "mm"),
        Column("gauge_mm", "number", "Diameter of the needle", "mm"),
        Column("length_mm", "integer", "Length of the needle", "mm"),
        Column("technique", "codes", "How it was moved", "", _codes(Technique)),
        Column("electrical_hz", "number", "Frequency of the current", "Hz"),
        Column("electrical_ms", "number", "Width of its pulse", "ms"),
        Column("electrical_ma", "number", "Its strength", "mA"),
        Column("electrical_min", "number", "How long it ran", "minutes"),
        Column("painless", "yes/no", "Nothing but the prick was felt"),
        Column("grasp", "integer", "How the muscle held the needle, 0 to 3"),
        Column("cramp", "integer", "The cramp as the patient felt it, 0 to 10"),
        Column("twitches", "integer", "Twitches counted"),
        Column("release", "yes/no", "The muscle let go"),
        Column("de_qi", "text", "Sensations as codes, with a semicolon between"),
        Column("position", "codes", "How the patient lay", "", _codes(Position)),
        Column("state", "codes", "What became of the needle", "", _codes(NeedleState)),
        Column("seconds", "number", "In the tissue, measured or from its two times", "s"),
    ),
    "scores": (
        COURSE,
        DAY,
        Column("measure", "text", "Measure by its id"),
        Column("value", "number", "Its total by its own rule"),
        Column("given_after", "yes/no", "Answered after the treatment of the visit that it was asked for"),
    ),
    "adverse_events": (
        COURSE,
        Column("session", "integer", "The session it is tied to"),
        Column("needle", "integer", "The insertion it is tied to, where one is known"),
        Column("kind", "codes", "What happened", "", _codes(AdverseKind)),
        Column("grade", "codes", "How bad it was", "", _codes(AdverseGrade)),
        Column("onset_minutes", "integer", "From the needle to the event", "minutes"),
    ),
}


def pseudonym(key: bytes, kind: str, id: int) -> str:
    """The name under which something leaves: the same for the same key, and not to be turned back without it."""
    return f"{kind[0].upper()}{hmac.new(key, f'{kind}:{id}'.encode(), sha256).hexdigest()[:16]}"


def age_told(years: int) -> int:
    """The age as it leaves."""
    return min(max(0, years), OLDEST_TOLD)


def dictionary() -> list[dict[str, str]]:
    """One row for each column of each table."""
    return [
        {
            "table": table,
            "column": column.name,
            "type": column.type,
            "unit": column.unit,
            "meaning": column.meaning,
            "values": "; ".join(column.values),
        }
        for table, columns in TABLES.items()
        for column in columns
    ]


def data_set(rows: Mapping[str, Iterable[Mapping[str, Any]]], *, about: Mapping[str, Any]) -> bytes:
    """A zip of the tables, the dictionary and `about.json`; rows are taken one by one, never all at once.

    Raises:
        KeyError: a row lacks a column, or has one that the dictionary does not know.
    """
    out = io.BytesIO()
    counts = {}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for table, columns in TABLES.items():
            names = [column.name for column in columns]
            counts[table] = _write(archive, f"{table}.csv", names, rows[table])
        _write(archive, DICTIONARY, DICTIONARY_COLUMNS, dictionary())
        told = {"format": FORMAT, **about, "rows": counts}
        archive.writestr("about.json", json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    return out.getvalue()


def _write(archive: zipfile.ZipFile, file: str, names: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> int:
    """One table into the zip; returns how many rows it has."""
    known, written = set(names), 0
    with archive.open(file, "w") as raw, io.TextIOWrapper(raw, encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(names)
        for row in rows:
            if unknown := row.keys() - known:
                raise KeyError(sorted(unknown)[0])
            writer.writerow([_cell(row[name]) for name in names])
            written += 1
    return written


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return inert("; ".join(str(one) for one in value))
    return str(value) if isinstance(value, int) else inert(str(value))
