"""Reads what was typed on one screen into values that can be stored, or says at the field what is wrong.

Text is stored exactly as typed and shown inert; only what no database can hold (NUL, lone surrogates and other
control characters) is refused, and nothing is ever cut off in silence. Empty and only spaces are the same: nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from myotome.knowledge.screening import Content, Field, Step
from myotome.vocabulary.anatomy import PainRegion, Side
from myotome.vocabulary.text import odd_character


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a field: `code` of the content's problems, and the numbers its sentence needs."""

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def sentence(self, content: Content) -> str:
        """The problem in words."""
        return content.problems[self.code].filled(**self.values)


@dataclass(frozen=True, slots=True)
class Reading:
    """Values by field name, and problems by field name; a field is in one of the two, or absent when left empty."""

    values: Mapping[str, Any]
    problems: Mapping[str, Problem]


def reading(step: Step, typed: Mapping[str, Sequence[str]]) -> Reading:
    """What was typed on a screen, as values.

    Values are: regions as sorted `side:region` strings, choices as a list in the order of the options, choice as a
    string, number as int or float, scale as int 0-10, date as an ISO string, text as typed.
    Check: tests/spec/screening/test_bad_input.py
    """
    values: dict[str, Any] = {}
    problems: dict[str, Problem] = {}
    for f in step.fields:
        if f.kind == "safety":
            continue
        found = _read(f, typed.get(f.name, ()))
        if isinstance(found, Problem):
            problems[f.name] = found
        elif found is not None:
            values[f.name] = found
        elif f.required:
            problems[f.name] = Problem("required")
    return Reading(values, problems)


def region_key(region: PainRegion, side: Side) -> str:
    """How a painful place is stored: `left:low_back`."""
    return f"{side.value}:{region.value}"


def split_region(key: str) -> tuple[PainRegion, Side] | None:
    """Region and side of a stored place; None for anything else."""
    side, _, region = key.partition(":")
    try:
        return PainRegion(region), Side(side)
    except ValueError:
        return None


def regions_of(keys: Sequence[str]) -> frozenset[PainRegion]:
    """The regions among stored places, sides aside; what cannot be read is left out."""
    return frozenset(found[0] for key in keys if (found := split_region(key)) is not None)


def _read(f: Field, typed: Sequence[str]) -> Any:
    for one in typed:
        if place := odd_character(one):
            return Problem("odd_character", {"n": place})
        if f.kind != "text" and len(one) > 200:
            return Problem("too_long", {"limit": 200, "n": len(one)})
    first = typed[0] if typed else ""
    if f.kind == "regions":
        return _regions(typed)
    if f.kind == "choices":
        return _choices(f, typed)
    if not first.strip():
        return None
    if f.kind == "text":
        return first if len(first) <= f.limit else Problem("too_long", {"limit": f.limit, "n": len(first)})
    if f.kind == "choice":
        return first if f.option(first) else Problem("not_a_choice")
    if f.kind == "date":
        return _date(first)
    return _number(f, first)


def _regions(typed: Sequence[str]) -> Any:
    chosen = sorted({one for one in typed if one.strip()})
    if any(split_region(one) is None for one in chosen):
        return Problem("not_a_choice")
    return chosen or None


def _choices(f: Field, typed: Sequence[str]) -> Any:
    chosen = {one for one in typed if one.strip()}
    if any(f.option(one) is None for one in chosen):
        return Problem("not_a_choice")
    none = f.option(f.none)
    if none and none.value in chosen and len(chosen) > 1:
        return Problem("none_and_more", {"none": none.label})
    return [option.value for option in f.options if option.value in chosen] or None


def _date(first: str) -> Any:
    try:
        return date.fromisoformat(first.strip()).isoformat()
    except ValueError:
        return Problem("not_a_date")


def _number(f: Field, first: str) -> Any:
    try:
        number = float(first.strip().replace(",", "."))
    except ValueError:
        return Problem("not_a_number", {"example": f.example or "5"})
    if not math.isfinite(number) or not f.low <= number <= f.high:
        return Problem("out_of_range", {"low": f.low, "high": f.high})
    if number == int(number):
        return int(number)
    return Problem("not_a_number", {"example": f.example or "5"}) if f.kind == "scale" or f.name == "age" else number
