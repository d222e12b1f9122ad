"""A plate for a PDF: its ink inside the drawing, its size given, and arcs that the drawer of PDF cannot follow as lines.

The drawer of PDF reads no style sheet of the page for a drawing, and an arc of next to no radius sends it across the
sheet. Ink on white: tints are light, fibres carry the grade, so that it reads in grey.
"""

from __future__ import annotations

import math
import re

from django.utils.safestring import SafeString, mark_safe

INK = (
    "<style>.skin{fill:#fff;stroke:#777;stroke-width:2}.quiet-part{fill:#fff;stroke:#bbb;stroke-width:1.5}"
    ".m{stroke:#fff;stroke-width:1.5}.m.rest{stroke:#ccc}.m.g0{fill:#e3f1ea;stroke:#17604a;stroke-width:2.5}"
    ".m.deep-ghost{fill:none;stroke:#ccc}.side-word{font-weight:600;fill:#222}"
    ".fibre-rest-ground{fill:#fff}.fibre-rest-line{stroke:#ddd}.fibre-1-ground{fill:#ebc9c8}"
    ".fibre-1-line,.fibre-2-line{stroke:#a83b4d}.fibre-2-ground{fill:#d79a9d}.fibre-3-ground{fill:#a83b4d}"
    ".fibre-3-line{stroke:#ebc9c8}</style>"
)
_NUMBER = r"(-?\d*\.?\d+)"
_ARC = re.compile(rf"a{_NUMBER} {_NUMBER} {_NUMBER} ([01]) ([01]) {_NUMBER} {_NUMBER}(?=[a-zA-Z])")
SHORTEST_RADIUS = 3.0


def plate_on_paper(plate: SafeString | str, *, height_px: int) -> SafeString:
    """The plate so high, with its ink, ready for `exchange.paper`."""
    box = re.search(r'viewBox="\S+ \S+ (\S+) (\S+)"', plate)
    if box is None:
        return SafeString("")
    width = round(height_px * float(box[1]) / float(box[2]))
    drawn = str(plate).replace("<svg ", f'<svg width="{width}" height="{height_px}" ', 1)
    drawn = _ARC.sub(_as_line, drawn.replace("<defs>", f"{INK}<defs>", 1))
    return mark_safe(drawn)  # noqa: S308 - our own drawing with our own ink


def _as_line(arc: re.Match[str]) -> str:
    rx, ry, dx, dy = float(arc[1]), float(arc[2]), float(arc[6]), float(arc[7])
    is_tiny = min(rx, ry) < SHORTEST_RADIUS or math.hypot(dx, dy) == 0
    return f"l{arc[6]} {arc[7]}" if is_tiny else arc[0]
