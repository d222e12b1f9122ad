"""The record as one HTML page that needs nothing else: no network, no script, no other file.

It shows every row of the record in the order of care, with the column names as words, so that a person can read what a
program reads from `record.json`. All text is escaped; nothing a patient wrote becomes markup.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

STAGES = {
    "people": "Identity and contacts",
    "screening": "Intake and courses of care",
    "booking": "Appointments",
    "money": "Charges, receipts and refunds",
    "assessment": "Examination",
    "planning": "Plan and consent",
    "needling": "Visits and needles",
    "followup": "Measures, forecasts and discharge",
    "learning": "Use for learning",
}
STYLE = """body { font: 1rem/1.5 sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #1b1b1b; }
table { border-collapse: collapse; margin: .5rem 0 1.5rem; font-size: .875rem; }
th, td { border: 1px solid #bbb; padding: .25rem .5rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { background: #f2f2f2; } .table { overflow-x: auto; } nav li { display: inline; margin-right: 1rem; }
@media print { body { margin: 0; max-width: none; } .table { overflow: visible; } }"""


def record_page(record: Mapping[str, Any]) -> str:
    """The whole page for a record of the form `myotome-record/1`."""
    name = escape(record["patient"]["name"])
    clinic = escape(record["clinic"]["name"])
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Record of {name}</title><style>{STYLE}</style></head><body>",
        f"<h1>Record of {name}</h1>",
        f"<p>Born {escape(record['patient']['born_on'])}. Held by {clinic}, written {escape(record['written_at'])}. "
        f"Times are in UTC; the clinic's zone is {escape(record['clinic']['time_zone'])}.</p>",
        "<nav><ul>",
        *(f'<li><a href="#{stage}">{title}</a></li>' for stage, title in STAGES.items()),
        '<li><a href="#access">Who saw this record</a></li></ul></nav>',
    ]
    for stage, title in STAGES.items():
        parts.append(f'<h2 id="{stage}">{title}</h2>')
        parts += _stage(record["stages"].get(stage, {}))
    parts.append('<h2 id="access">Who saw this record</h2>')
    parts += _table(record["access"])
    parts.append("</body></html>\n")
    return "\n".join(parts)


def _stage(tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    filled = {name: rows for name, rows in tables.items() if rows}
    if not filled:
        yield "<p>Nothing is recorded here.</p>"
    for name, rows in filled.items():
        yield f"<h3>{_words(name)}</h3>"
        yield from _table(rows)


def _table(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not rows:
        yield "<p>Nothing is recorded here.</p>"
        return
    columns = [name for name in rows[0] if any(row.get(name) not in (None, "", [], {}) for row in rows)]
    yield '<div class="table" tabindex="0"><table><thead><tr>'
    yield "".join(f'<th scope="col">{_words(name)}</th>' for name in columns)
    yield "</tr></thead><tbody>"
    for row in rows:
        yield "<tr>" + "".join(f"<td>{_cell(row.get(name))}</td>" for name in columns) + "</tr>"
    yield "</tbody></table></div>"


def _words(name: str) -> str:
    return escape(name.replace("_", " ").strip())


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "<br>".join(f"{_words(str(key))}: {_cell(part)}" for key, part in value.items())
    if isinstance(value, list):
        return "<br>".join(_cell(part) for part in value)
    return escape(str(value))
