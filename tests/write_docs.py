"""Writes the pages of docs/reference that are made from the program: `python tests/write_docs.py`.

`python tests/write_docs.py --check` ends with 1 and names what is stale; the architecture tests ask the same.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]


def pages() -> dict[Path, str]:
    """Every generated page with its content as it should be now."""
    import django
    from django.apps import apps

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "myotome.website.settings_test")
    if not apps.ready:
        django.setup()
    from myotome.clinic.pathway.record import record_schema
    from tests.behaviour import behaviour_pages
    from tests.measures_page import measures_page
    from tests.visit_diagram import visit_states_page

    reference = ROOT / "docs" / "reference"
    written = {reference / "record.schema.json": json.dumps(record_schema(), indent=1) + "\n"}
    written[reference / "visit-states.md"] = visit_states_page()
    written[reference / "measures.md"] = measures_page()
    for name, text in behaviour_pages().items():
        written[reference / "behaviour" / name] = text
    return written


def stale() -> list[str]:
    """Generated pages that are missing, differ, or that nothing makes any more; paths from the root."""
    wanted = pages()
    found = {path for path in (ROOT / "docs" / "reference" / "behaviour").glob("**/*.md") if path not in wanted}
    found |= {path for path, text in wanted.items() if not path.exists() or path.read_text() != text}
    return sorted(str(path.relative_to(ROOT)) for path in found)


def main(arguments: list[str]) -> int:
    """Writes, or with --check tells."""
    if "--check" in arguments:
        for name in stale():
            print(f"stale: {name}")
        return 1 if stale() else 0
    for path, text in pages().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for name in stale():
        (ROOT / name).unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
