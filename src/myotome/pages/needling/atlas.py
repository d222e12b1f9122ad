"""Choosing another site: regions open to muscles by layer, the spine to its levels, meridians to points, or a search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from myotome.knowledge import acupoints as points
from myotome.knowledge.muscles import find, muscles, region_at, sites
from myotome.pages.needling.sites import site_name
from myotome.science.needling.sites import site_word
from myotome.vocabulary.anatomy import NeedleRegion
from myotome.vocabulary.needling import SiteKind

LAYERS = ("superficial", "middle", "deep")
MOST_FOUND = 24


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """A muscle or point to choose: its name, a second line, and (side, key) for each side."""

    name: str
    small: str
    sides: tuple[tuple[str, str], ...]


def atlas_context(asked: Mapping[str, str], *, mode: str) -> dict[str, Any]:
    """What the page of sites shows for `?region=`, `?spine=`, `?meridian=` or `?q=`; the regions when nothing is asked.

    `kind` is muscles or points, by the visit's mode unless asked.
    """
    kind = asked.get("kind") or ("muscles" if mode == "ims" else "points")
    words, region, spine = asked.get("q", "").strip(), asked.get("region", ""), asked.get("spine", "")
    groups: list[tuple[str, list[Choice]]] = []
    if words:
        found = [muscle_choice(row.id, level) for row in find(words) for level in row.levels or ("",)]
        found += [point_choice(row.id) for row in points.find(words)]
        groups = [("", found[:MOST_FOUND])]
    elif spine in muscles() and muscles()[spine].levels:
        groups = [("", [muscle_choice(spine, level) for level in muscles()[spine].levels])]
    elif region:
        rows = [row for row in muscles().values() if row.region.value == region and not row.levels]
        groups = [(layer, [muscle_choice(row.id) for row in rows if row.layer == layer]) for layer in LAYERS]
        if kind == "points":
            groups = [("", [point_choice(p.id) for p in points.acupoints().values() if p.region.value == region])]
    elif meridian := asked.get("meridian", ""):
        groups = [("", [point_choice(p.id) for p in points.acupoints().values() if p.id.startswith(meridian)])]
    return {
        "kind": kind,
        "words": words,
        "asked_region": region,
        "asked_spine": spine,
        "asked_meridian": asked.get("meridian", ""),
        "groups": [(name, rows) for name, rows in groups if rows],
        "regions": [r.value for r in NeedleRegion],
        "spine_muscles": [(row.id, row.name) for row in muscles().values() if row.levels],
        "nearest_choices": nearest_choices(),
        "meridians": tuple(dict.fromkeys(code[:2] for code in points.acupoints())),
    }


@cache
def nearest_choices() -> SafeString:
    """Every muscle with its level, and every point, for a field that offers them: the word and the name."""
    rows = [
        (site_word(SiteKind.MUSCLE, id, level, region_at(id, level)), site_name("muscle", id, level))
        for id, level in sites()
    ]
    rows += [(id, site_name("acupoint", id)) for id in points.acupoints()]
    return format_html_join("", '<option value="{}">{}</option>', rows)


def muscle_choice(id: str, level: str = "") -> Choice:
    """A muscle, or one level of it, with both sides."""
    row = muscles()[id]
    key = f"{SiteKind.MUSCLE.value}:{id}:{level}"
    sides = (("left", f"{key}:left"), ("right", f"{key}:right"))
    return Choice(name=site_name("muscle", id, level), small=row.latin, sides=sides)


def point_choice(id: str) -> Choice:
    """A point with its sides, or the midline."""
    row = points.acupoints()[id]
    key = f"{SiteKind.ACUPOINT.value}:{id}:"
    sides = ("midline",) if row.midline else ("left", "right")
    return Choice(name=site_name("acupoint", id), small=row.english, sides=tuple((s, f"{key}:{s}") for s in sides))
