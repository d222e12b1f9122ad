"""Every pair of colours that the parts put on each other is readable, light and dark (WCAG 2.2: text 4.5, edges 3)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).parents[2] / "frontend" / "styles" / "tokens.css"
PAIR = re.compile(r"--([a-z0-9-]+):\s*light-dark\((#[0-9A-Fa-f]{6}),\s*(#[0-9A-Fa-f]{6})\)")
GROUNDS = ("paper", "sheet", "sunken")

TEXT = [
    *[
        (ink, ground)
        for ink in ("ink", "ink-2", "ink-3", "act", "muscle", "nerve", "release", "stop", "ask")
        for ground in GROUNDS
    ],
    *[(hue, f"{hue}-tint") for hue in ("muscle", "nerve", "release", "stop", "ask", "act")],
    *[("ink", f"{hue}-tint") for hue in ("muscle", "nerve", "release", "stop", "ask", "act")],
    ("sheet", "release"),
    ("on-act", "act"),
    ("on-act", "act-press"),
    ("on-now", "now"),
    ("on-stop", "stop-fill"),
    ("on-ask", "ask-fill"),
    ("on-muscle", "muscle-3"),
    ("ink", "muscle-1"),
    ("ink", "muscle-2"),
]
EDGES = [
    *[
        (line, ground)
        for line in ("edge", "nerve-bar", "release-bar", "needle", "focus", "stop-fill", "ask-fill")
        for ground in ("paper", "sheet")
    ],
    *[("muscle-3", ground) for ground in ("paper", "sheet")],
]


def tokens() -> dict[str, tuple[str, str]]:
    return {name: (light, dark) for name, light, dark in PAIR.findall(TOKENS.read_text())}


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_contrast_of_black_on_white_is_21():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.478, abs=0.01)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT, ids=lambda v: v)
def test_text_reads_on_its_ground(ink, ground, scheme):
    rows = tokens()
    assert contrast(rows[ink][scheme], rows[ground][scheme]) >= 4.5


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("line", "ground"), EDGES, ids=lambda v: v)
def test_edges_and_bars_are_seen_on_their_ground(line, ground, scheme):
    rows = tokens()
    assert contrast(rows[line][scheme], rows[ground][scheme]) >= 3.0


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_grades_get_steadily_further_from_the_paper(scheme):
    rows = tokens()
    steps = [contrast(rows[f"muscle-{grade}"][scheme], rows["sheet"][scheme]) for grade in (1, 2, 3)]
    assert steps == sorted(steps)
