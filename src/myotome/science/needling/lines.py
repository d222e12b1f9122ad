"""A needle as a line says it: the value, the words it is said with, and how it is written.

`print_line` writes a needle so that `shorthand.parse_line` reads the same needle again.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from myotome.science.needling.sites import site_word
from myotome.vocabulary.anatomy import NeedleRegion, Position, Side
from myotome.vocabulary.needling import NeedleInsertion, NeedleState, SiteKind, Technique

SIDES = {"l": (Side.LEFT,), "r": (Side.RIGHT,), "b": (Side.LEFT, Side.RIGHT), "m": (Side.MIDLINE,)}
SIDES |= {"left": SIDES["l"], "right": SIDES["r"], "both": SIDES["b"], "midline": SIDES["m"]}
TECHNIQUES = {"inout": Technique.IN_OUT, "peck": Technique.PECK, "hold": Technique.HOLD, "rotate": Technique.ROTATE}
POSITIONS = {
    "prone": Position.PRONE,
    "supine": Position.SUPINE,
    "side": Position.SIDE_LYING,
    "sitting": Position.SITTING,
}
DEQI = {
    "deqi": "de_qi",
    "ache": "dull_ache",
    "heavy": "heavy",
    "numb": "numb",
    "warm": "warm",
    "cool": "cool",
    "tingling": "tingling",
    "spreading": "spreading",
    "pressure": "pressure",
}
"""De qi words and the codes they are kept as."""
CRAMP_WITHOUT_NUMBER = 5
"""`cramp` alone is a medium cramp, as the Cramp key of the chart writes it."""
CURRENT_FIELDS = {"hz": "electrical_hz", "ms": "electrical_ms", "ma": "electrical_ma", "min": "electrical_min"}
MOST_OF_CURRENT = {"hz": 1000, "ms": 10, "ma": 50, "min": 240}
"""The most that is typed in earnest."""
MOST_MINUTES_OF_REST = 240


@dataclass(frozen=True, kw_only=True, slots=True)
class NeedleLine:
    """One needle of a line, without times and ids. Units and ranges are those of `vocabulary.NeedleInsertion`."""

    site_kind: SiteKind
    site: str
    side: Side
    region: NeedleRegion
    level: str | None = None
    nearest: str = ""
    site_detail: str = ""
    depth_mm: int | None = None
    gauge_mm: float | None = None
    length_mm: int | None = None
    lot: str = ""
    technique: Technique = Technique.IN_OUT
    electrical_hz: float | None = None
    electrical_ms: float | None = None
    electrical_ma: float | None = None
    electrical_min: float | None = None
    response_sought: str = ""
    painless: bool | None = None
    grasp: int | None = None
    cramp: int | None = None
    twitches: int | None = None
    release: bool | None = None
    deqi: tuple[str, ...] = ()
    position: Position | None = None
    state: NeedleState = NeedleState.OUT
    seconds: float | None = None
    retain_minutes: float | None = None
    note: str = ""

    def insertion(self, *, client_id: str, at: datetime) -> NeedleInsertion:
        """The needle as charted at `at`: out with its seconds behind it, or in since `at`."""
        values = asdict(self)
        del values["retain_minutes"]
        out_at = at if self.state is NeedleState.OUT else None
        in_at = at - timedelta(seconds=self.seconds or 0.0) if out_at else at
        return NeedleInsertion(**values | {"client_id": client_id, "in_at": in_at, "out_at": out_at})


def print_line(row: NeedleLine) -> str:
    """The line that `parse_line` reads as exactly this needle.

    Source: judgement
    Check: tests/property/test_shorthand.py
    """
    words = [row.side.value[0].upper(), site_word(row.site_kind, row.site, row.level, row.region, row.nearest)]
    words += _said(row.site_detail, "({})")
    words += _said(row.depth_mm, "{}")
    if row.gauge_mm is not None:
        words.append(f"{row.gauge_mm:.2f}".lstrip("0") + f"x{row.length_mm}")
    words += _said(row.lot, "lot:{}")
    words += [word for word, technique in TECHNIQUES.items() if technique is row.technique is not Technique.IN_OUT]
    current = [(getattr(row, name), unit) for unit, name in CURRENT_FIELDS.items()]
    words += [f"{value:g}{unit}" for value, unit in current if value is not None]
    if row.technique is Technique.ELECTRICAL and all(value is None for value, _unit in current):
        words.append("electrical")
    words += _said(row.response_sought, "sought:{}")
    words += ["painless"] if row.painless else []
    words += _said(row.grasp, "grasp{}") + _said(row.cramp, "cramp{}") + _said(row.twitches, "twitch{}")
    words += [] if row.release is None else ["release" if row.release else "norelease"]
    words += [word for code in row.deqi for word, known in DEQI.items() if known == code]
    words += [word for word, position in POSITIONS.items() if position is row.position]
    if row.seconds is not None:
        words.append(f"{row.seconds:g}s")
    if row.retain_minutes is not None:
        words += ["retain", f"{row.retain_minutes:g}m"]
    elif row.state is NeedleState.IN:
        words.append("in")
    return " ".join([*words, *_said(row.note, "# {}")])


def _said(value: object, form: str) -> list[str]:
    return [] if value in (None, "") else [form.format(value)]


def mirrored(row: NeedleLine) -> NeedleLine:
    """The same needle on the other side, without what it met: sites repeat, responses never.

    Source: judgement
    Check: tests/property/test_shorthand.py
    """
    other = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT}.get(row.side, row.side)
    blank: dict[str, Any] = {
        "painless": None,
        "grasp": None,
        "cramp": None,
        "twitches": None,
        "release": None,
        "deqi": (),
        "seconds": None,
    }
    return replace(row, side=other, note="", **blank)
