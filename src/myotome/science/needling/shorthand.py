"""The shorthand line: `L mult-L5 40 .30x50 grasp3 cramp7 release 8s`, `B LI4 ST36 20 .25x40 deqi retain 20m`.

A line is a side, one or more sites, and what is true of each of them; `B` writes left and right, several sites write
several needles. The words come in any order after the sites. An error points at its word and offers the nearest that
works. `lines.print_line` writes a needle so that `parse_line` reads the same needle again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from myotome.science.needling.lines import (
    CRAMP_WITHOUT_NUMBER,
    CURRENT_FIELDS,
    DEQI,
    MOST_MINUTES_OF_REST,
    MOST_OF_CURRENT,
    POSITIONS,
    SIDES,
    TECHNIQUES,
    NeedleLine,
)
from myotome.science.needling.sites import Site, UnknownSite, sites_named
from myotome.vocabulary.anatomy import Side
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.needling import NeedleState, SiteKind, Technique
from myotome.vocabulary.sentences import Sentence

WORDS = (*TECHNIQUES, *POSITIONS, *DEQI, "painless", "grasp0", "grasp1", "grasp2", "grasp3", "cramp", "twitch", "release",
         "norelease", "retain", "in", "out", "lot:", "sought:")  # fmt: skip
_SIZE = re.compile(r"^(0?\.\d{1,2})[x×](\d{1,3})$", re.IGNORECASE)
_DEPTH = re.compile(r"^(\d{1,3})(?:mm)?$")
_TIME = re.compile(r"^(\d+(?:\.\d+)?)(s|m)$")
_CURRENT = re.compile(r"^(\d*\.?\d+)(hz|ms|ma|min)$", re.IGNORECASE)
_GRADED = re.compile(r"^(grasp|cramp|twitch)(\d+)$")
_DETAIL = re.compile(r"^\(([^()\s]{1,60})\)$")
_MARKED = re.compile(r"^(lot|sought):(\S{1,40})$")
MOST_NEEDLES_IN_A_LINE = 60


class ShorthandError(InvalidValue):
    """A word of the line cannot be read. `start` and `end` are its place in the line, `nearest` a word that works."""

    slug = "shorthand"

    def __init__(self, message: str, *, word: str, start: int, end: int, nearest: str = "") -> None:
        super().__init__(message, field="line")
        self.word, self.start, self.end, self.nearest = word, start, end, nearest


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the line with its place, whether it was read, and the word that may have been meant."""

    text: str
    start: int
    end: int
    ok: bool
    nearest: str = ""


def parse_line(text: str) -> tuple[NeedleLine, ...]:
    """The needles of one line, sites in the order written, left before right.

    Source: judgement
    Check: tests/property/test_shorthand.py

    Raises:
        ShorthandError: points at the word that cannot be read; an empty line, a line without side or site too.
    """
    line = _Line(text)
    for start, end, word in _split(text):
        line.read(word, start, end)
    return line.needles(text)


def parse_lines(text: str) -> tuple[NeedleLine, ...]:
    """The needles of a paste, line by line; empty lines are skipped and errors name their line from the second on.

    Source: judgement
    Check: tests/property/test_shorthand.py
    """
    rows: list[NeedleLine] = []
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise ShorthandError("Write a side, a site and what it met.", word="", start=0, end=0)
    for number, line in enumerate(lines, start=1):
        try:
            rows += parse_line(line)
        except ShorthandError as fault:
            if len(lines) == 1:
                raise
            place: dict[str, Any] = {
                "word": fault.word,
                "start": fault.start,
                "end": fault.end,
                "nearest": fault.nearest,
            }
            raise ShorthandError(Sentence("Line {n}: {fault}", n=number, fault=fault.sentence), **place) from fault
    return tuple(rows)


def marked_words(text: str) -> tuple[Word, ...]:
    """Every word of a line or of several, read or not, for what forms under the writer's hand; places in the whole text.

    Source: judgement
    Check: tests/property/test_shorthand.py
    """
    rows = []
    for written in re.finditer(r"[^\r\n]+", text):
        line, first = _Line(written.group()), written.start()
        for start, end, word in _split(line.text):
            nearest, is_read = "", True
            try:
                line.read(word, start, end)
            except ShorthandError as fault:
                nearest, is_read = fault.nearest, False
            rows.append(Word(word, first + start, first + end, is_read, nearest))
    return tuple(rows)


def _split(text: str) -> list[tuple[int, int, str]]:
    """Words with their places; everything after `#` is one word."""
    note = text.find("#")
    body = text if note < 0 else text[:note]
    rows = [(m.start(), m.end(), m.group()) for m in re.finditer(r"\S+", body)]
    return rows if note < 0 else [*rows, (note, len(text), text[note:])]


class _Line:
    """A line while it is read, word by word."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.sides: tuple[Side, ...] = ()
        self.sites: list[Site] = []
        self.values: dict[str, Any] = {}
        self.expects_retain = self.site_tried = False
        self.side_word: dict[str, Any] | None = None

    def read(self, word: str, start: int, end: int) -> None:
        """One word more, or a ShorthandError that points at it."""
        if word.casefold() in SIDES and not self.sides:
            self.side_word = {"word": word, "start": start, "end": end}
        try:
            self._read(word)
        except UnknownSite as fault:
            raise ShorthandError(fault.sentence, word=word, start=start, end=end, nearest=fault.nearest) from fault
        except _Unread as fault:
            raise ShorthandError(fault.sentence, word=word, start=start, end=end, nearest=fault.nearest) from fault

    def _read(self, word: str) -> None:
        low = word.casefold()
        if self.expects_retain:
            self.expects_retain = False
            if not (hit := _TIME.match(low)) or hit[2] != "m":
                raise _Unread(Sentence("After retain come minutes, such as 20m, not “{word}”.", word=word), "20m")
            if not 1 <= float(hit[1]) <= MOST_MINUTES_OF_REST:
                raise _Unread(Sentence("A set rests for 1 to {most} minutes.", most=MOST_MINUTES_OF_REST), "20m")
            self._set(retain_minutes=float(hit[1]), state=NeedleState.IN)
        elif word.startswith("#"):
            self._set(note=word.removeprefix("#").strip()[:300])
        elif low in SIDES and not self.sides:
            self.sides = SIDES[low]
        elif not self.site_tried:
            self.site_tried = True
            self.sites += sites_named(word)
        elif not self.values and self._more_sites(word):
            pass
        else:
            self._fact(word, low)

    def _more_sites(self, word: str) -> bool:
        """A further site directly after the first; a word that is a fact is none."""
        if _is_fact(word.casefold()):
            return False
        try:
            self.sites += sites_named(word)
        except UnknownSite as fault:
            near = get_close_matches(word.casefold(), WORDS, n=1, cutoff=0.6)
            if near:
                raise _Unread(
                    Sentence("“{word}” is not a response. Did you mean {near}?", word=word, near=near[0]), near[0]
                ) from fault
            raise
        return True

    def _fact(self, word: str, low: str) -> None:
        if hit := _DEPTH.match(low):
            self._whole("depth_mm", int(hit[1]), 0, 150)
        elif hit := _SIZE.match(low):
            self._set(gauge_mm=float(hit[1]), length_mm=int(hit[2]))
            if not (0.1 <= float(hit[1]) <= 1.0 and 5 <= int(hit[2]) <= 150):
                raise _Unread(
                    Sentence("“{word}” is no needle: write gauge and length in mm, such as .30x50.", word=word),
                    ".30x50",
                )
        elif hit := _GRADED.match(low):
            name, top = {"grasp": ("grasp", 3), "cramp": ("cramp", 10), "twitch": ("twitches", 50)}[hit[1]]
            self._whole(name, int(hit[2]), 0, top)
        elif hit := _TIME.match(low):
            self._set(seconds=float(hit[1]) * (60 if hit[2] == "m" else 1))
            if self.values["seconds"] > 4 * 3600:
                raise _Unread("A needle is in for at most four hours.", "20m")
        elif hit := _CURRENT.match(low):
            most = MOST_OF_CURRENT[hit[2].casefold()]
            if not 0 < float(hit[1]) <= most:
                raise _Unread(Sentence("Current is more than 0 and at most {most} {unit}.", most=most, unit=hit[2]))
            self._set(**{CURRENT_FIELDS[hit[2]]: float(hit[1])}, technique=Technique.ELECTRICAL)
        elif hit := _DETAIL.match(word):
            self._set(site_detail=hit[1])
        elif hit := _MARKED.match(word):
            self._set(**{{"lot": "lot", "sought": "response_sought"}[hit[1]]: hit[2]})
        elif low in _SINGLE:
            self._set(**_SINGLE[low])
        elif low in DEQI:
            self.values["deqi"] = (*self.values.get("deqi", ()), DEQI[low])
        elif low == "retain":
            self.expects_retain = True
        elif low == "grasp":
            raise _Unread("How strong was the grasp? Write grasp1, grasp2 or grasp3.", "grasp2")
        else:
            near = get_close_matches(low, WORDS, n=1, cutoff=0.5)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise _Unread(Sentence("“{word}” is not a response.{hint}", word=word, hint=hint), near[0] if near else "")

    def _whole(self, name: str, value: int, low: int, high: int) -> None:
        if not low <= value <= high:
            said = name.removesuffix("_mm").removesuffix("es")
            raise _Unread(
                Sentence(
                    "{said} is {low} to {high}, not {value}.", said=said.capitalize(), low=low, high=high, value=value
                ),
                f"{said}{high}" if name != "depth_mm" else "",
            )
        self._set(**{name: value})

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            if self.values.get(name, value) != value:
                raise _Unread(
                    Sentence("{name} is said twice.", name=name.removesuffix("_mm").replace("_", " ").capitalize())
                )
        self.values |= values

    def needles(self, text: str) -> tuple[NeedleLine, ...]:
        """The finished line."""
        whole: dict[str, Any] = {"word": text.strip(), "start": 0, "end": len(text)}
        if not self.sites:
            raise ShorthandError("Write a side, a site and what it met.", **whole)
        if self.expects_retain:
            raise ShorthandError("After retain come minutes, such as 20m.", **whole, nearest="retain 20m")
        rows = []
        for site in self.sites:
            sides = (Side.MIDLINE,) if site.is_midline else self.sides
            if not sides or (Side.MIDLINE in sides and not site.is_midline and site.kind is not SiteKind.FREE):
                raise ShorthandError("Which side? Begin with L, R or B.", **(self.side_word or whole), nearest="L")
            values = {"site_detail": site.detail} | self.values
            rows += [
                NeedleLine(
                    site_kind=site.kind,
                    site=site.site,
                    side=side,
                    region=site.region,
                    level=site.level,
                    nearest=site.nearest,
                    **values,
                )
                for side in sides
            ]
        if len(rows) > MOST_NEEDLES_IN_A_LINE:
            raise ShorthandError(
                Sentence("{n} needles in one line; at most {most}.", n=len(rows), most=MOST_NEEDLES_IN_A_LINE), **whole
            )
        return tuple(rows)


class _Unread(ValueError):
    def __init__(self, message: str, nearest: str = "") -> None:
        super().__init__(message)
        self.sentence, self.nearest = message, nearest


_SINGLE: dict[str, dict[str, Any]] = {
    "painless": {"painless": True},
    "cramp": {"cramp": CRAMP_WITHOUT_NUMBER},
    "twitch": {"twitches": 1},
    "release": {"release": True},
    "norelease": {"release": False},
    "electrical": {"technique": Technique.ELECTRICAL},
    "in": {"state": NeedleState.IN},
    "out": {"state": NeedleState.OUT},
    **{word: {"technique": technique} for word, technique in TECHNIQUES.items()},
    **{word: {"position": position} for word, position in POSITIONS.items()},
}


def _is_fact(low: str) -> bool:
    patterns = (_DEPTH, _SIZE, _GRADED, _TIME, _CURRENT, _DETAIL, _MARKED)
    return low in _SINGLE or low in DEQI or low in ("retain", "grasp") or any(p.match(low) for p in patterns)
