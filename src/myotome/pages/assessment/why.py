"""Why a root is ranked: bars of bits, for to the right of a line, against to the left, as SVG; and the words.

Bars are attributes of the drawing, never styles; the number stands beside each bar, so the picture adds only the eye.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from myotome.pages.assessment.names import SIDE_WORDS, json_words

WIDTH, MIDDLE, HEIGHT = 120, 44, 14
MOST_ROWS = 8
LEAST_SHOWN = 0.05


@dataclass(frozen=True, slots=True)
class Reason:
    """What one site said, its bits with their sign in front, and the bar."""

    words: str
    bits: str
    bar: SafeString


def reasons(answer: Mapping[str, Any], findings: Sequence[Mapping[str, Any]], key: str) -> list[Reason]:
    """The weightiest reasons for and against the root of `key` ("L5.left"), strongest for first, against last."""
    rows = [row for row in answer.get("evidence_by_muscle", {}).get(key, []) if abs(row["bits"]) >= LEAST_SHOWN]
    heaviest = sorted(rows, key=lambda row: -abs(row["bits"]))[:MOST_ROWS]
    most = max((abs(row["bits"]) for row in heaviest), default=1.0)
    found = []
    for row in sorted(heaviest, key=lambda row: -row["bits"]):
        listed = [findings[i] for i in row["findings"] if i < len(findings)]
        side = key.rpartition(".")[2]
        words = ", ".join(json_words(one) for one in listed)
        if listed and listed[0]["side"] != side:
            words = f"{words} ({SIDE_WORDS[listed[0]['side']]})"
        found.append(Reason(words, bits_words(row["bits"]), _bar(row["bits"] / most)))
    return found


def bits_words(bits: float) -> str:
    """Bits with a true minus and one decimal: "+1.4", "−0.3"."""
    return f"{'+' if bits >= 0 else '−'}{abs(bits):.1f}"


def root_words(key: str) -> str:
    """ "L5.left" as "L5 left"."""
    root, _dot, side = key.partition(".")
    return f"{root} {SIDE_WORDS.get(side, side)}"


def set_words(keys: Sequence[str]) -> str:
    """The most probable set as a list in words."""
    return ", ".join(root_words(key) for key in keys) or _("no root at all")


def _bar(share: float) -> SafeString:
    reach = (WIDTH - MIDDLE - 2 if share >= 0 else MIDDLE - 2) * abs(share)
    x = MIDDLE if share >= 0 else MIDDLE - reach
    name = "for" if share >= 0 else "against"
    return mark_safe(  # noqa: S308 - numbers only
        f'<svg class="why-bar" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" aria-hidden="true">'
        f'<rect class="{name}" x="{x:.1f}" y="2" width="{reach:.1f}" height="{HEIGHT - 4}" rx="2"/>'
        f'<path class="line" d="M{MIDDLE} 0V{HEIGHT}"/></svg>'
    )
