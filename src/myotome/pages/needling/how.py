"""How the next needle is moved, how she lies, what is sought, and the words of de qi: the folded row under the keys.

The row begins with what this visit's last needle had, so that it is said once and changed when it changes. Its summary says
what a tap will chart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from myotome.clinic.needling.queries import NeedleInsertion
from myotome.science.needling.lines import DEQI
from myotome.vocabulary.anatomy import Position
from myotome.vocabulary.needling import Technique

MOVES = {
    Technique.IN_OUT.value: gettext_lazy("In and out"),
    Technique.PECK.value: gettext_lazy("Pecking"),
    Technique.HOLD.value: gettext_lazy("Held"),
    Technique.ROTATE.value: gettext_lazy("Turned"),
}
POSITIONS = {
    Position.PRONE.value: gettext_lazy("Prone"),
    Position.SUPINE.value: gettext_lazy("Supine"),
    Position.SIDE_LYING.value: gettext_lazy("On her side"),
    Position.SITTING.value: gettext_lazy("Sitting"),
}
DEQI_WORDS = {
    "de_qi": gettext_lazy("De qi"),
    "dull_ache": gettext_lazy("Dull ache"),
    "heavy": gettext_lazy("Heavy"),
    "numb": gettext_lazy("Numb"),
    "warm": gettext_lazy("Warm"),
    "cool": gettext_lazy("Cool"),
    "tingling": gettext_lazy("Tingling"),
    "spreading": gettext_lazy("Spreading"),
    "pressure": gettext_lazy("Pressure"),
}
ON_KEYS = ("dull_ache", "spreading")
"""The words that are keys of their own where the needles rest."""
SOUGHT = {
    "grasp": gettext_lazy("Grasp"),
    "twitch": gettext_lazy("Twitch"),
    "release": gettext_lazy("Release"),
    "deqi": gettext_lazy("De qi"),
}
"""As a line says it: `sought:twitch`."""


def usual_sought(mode: str) -> str:
    """What is sought where the needle names nothing else: a treatment of this kind says it, and a report with it."""
    return _("grasp, then release") if mode == "ims" else _("de qi")


def how_context(mode: str, needles: Sequence[NeedleInsertion]) -> dict[str, Any]:
    """What the row offers and what it begins with, for a needle after these of today; how she lies is said by somebody."""
    last = needles[-1] if needles else None
    sought = last.response_sought if last else ""
    return {
        "moved": _moved(mode, needles),
        "moves": [(code, words) for code, words in MOVES.items() if mode == "ims" or code != Technique.IN_OUT.value],
        "position": next((row.position for row in reversed(needles) if row.position), ""),
        "positions": list(POSITIONS.items()),
        "sought": sought,
        "soughts": list((SOUGHT | ({sought: sought} if sought and sought not in SOUGHT else {})).items()),
        "usual_sought": usual_sought(mode),
        "deqi_words": [(code, DEQI_WORDS[code]) for code in DEQI.values() if mode == "ims" or code not in ON_KEYS],
    }


def _moved(mode: str, needles: Sequence[NeedleInsertion]) -> str:
    """As the last needle was moved by hand. One that rested tells nothing of those that go in and out at once."""
    for row in reversed(needles):
        rested = row.out_at is None or row.out_at > row.charted_at
        if row.technique in MOVES and not (mode == "ims" and rested):
            return row.technique if mode == "ims" or row.technique != Technique.IN_OUT.value else Technique.HOLD.value
    return Technique.IN_OUT.value if mode == "ims" else Technique.HOLD.value


def how_words(needle: Any) -> list[str]:
    """How a needle was moved by hand where that is more than in and out or held, and what was sought if it was named."""
    said = []
    if needle.technique in (Technique.PECK.value, Technique.ROTATE.value):
        said.append(str(MOVES[needle.technique]))
    if needle.response_sought:
        said.append(_("sought: %(what)s") % {"what": SOUGHT.get(needle.response_sought, needle.response_sought)})
    return said


def positions_line(needles: Sequence[Any]) -> str:
    """How she lay, with the numbers of the needles: Prone 1–7, Supine 8–12; nothing where nobody said it."""
    runs: list[tuple[str, int, int]] = []
    for needle in needles:
        if runs and runs[-1][0] == needle.position:
            runs[-1] = (needle.position, runs[-1][1], needle.number)
        else:
            runs.append((needle.position, needle.number, needle.number))
    said = [(POSITIONS[p], first, last) for p, first, last in runs if p in POSITIONS]
    return ", ".join(f"{words} {first}–{last}" if last > first else f"{words} {first}" for words, first, last in said)
