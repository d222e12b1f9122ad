"""Choosing another site: regions open to muscles by layer, the spine to its levels, meridians to points, or a search."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode

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
"""Muscles and points that a search shows; a muscle by level counts once."""
BACK = (NeedleRegion.NECK, NeedleRegion.UPPER_BACK, NeedleRegion.LOW_BACK)


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """A muscle or point to choose: its name, a second line, and (side, key) for each side.

    A muscle by level that opens them has no side: `levels` is the first and the last, `opens` asks for them.
    """

    name: str
    small: str
    sides: tuple[tuple[str, str], ...] = ()
    levels: tuple[str, str] = ("", "")
    opens: str = ""


def atlas_context(asked: Mapping[str, str], *, mode: str) -> dict[str, Any]:
    """What the page of sites shows for `?region=`, `?spine=`, `?meridian=` or `?q=`; the regions when nothing is asked.

    `kind` is muscles or points, by the visit's mode unless asked.
    """
    kind = asked.get("kind") or ("muscles" if mode == "ims" else "points")
    words, region, spine = asked.get("q", "").strip(), asked.get("region", ""), asked.get("spine", "")
    groups: list[tuple[str, list[Choice]]] = []
    n_more = 0
    if words:
        found = found_choices(words)
        groups = [("", [choice for choices in found[:MOST_FOUND] for choice in choices])]
        n_more = max(0, len(found) - MOST_FOUND)
    elif spine in muscles() and muscles()[spine].levels:
        here = [one for one in muscles()[spine].levels if not region or region_at(spine, one).value == region]
        groups = [("", [muscle_choice(spine, level) for level in here])]
    elif region:
        of_layer = [(row.layer, choice) for row in muscles().values() if (choice := choice_in(row.id, region))]
        groups = [(layer, [choice for at, choice in of_layer if at == layer]) for layer in LAYERS]
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
        "is_asked": bool(words or region or spine or asked.get("meridian", "")),
        "n_more": n_more,
        "groups": [(name, rows) for name, rows in groups if rows],
        "regions": [r.value for r in NeedleRegion],
        "spine_muscles": [(row.id, row.name) for row in muscles().values() if row.levels and row.region in BACK],
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


def found_choices(words: str) -> list[list[Choice]]:
    """What a search finds, the choices of each hit: muscles, with a level in the words at that level, then points.

    One muscle alone stands with all its levels; among several each by level is one entry that opens them.
    """
    asked = words.split()
    level = next((word.upper() for word in asked if re.fullmatch(r"[CTLS]\d{1,2}", word.upper(), re.ASCII)), "")
    names = " ".join(word for word in asked if word.upper() != level)
    if level:
        rows = [row for row in (find(names) if names else muscles().values()) if level in row.levels]
        found = [[muscle_choice(row.id, level)] for row in rows]
    else:
        rows = list(find(words))
        found = [[opening_choice(row.id) if row.levels else muscle_choice(row.id)] for row in rows]
        if len(rows) == 1 and rows[0].levels:
            found = [[muscle_choice(rows[0].id, one) for one in rows[0].levels]]
    return found + [[point_choice(row.id)] for row in points.find(words)]


def choice_in(id: str, region: str) -> Choice | None:
    """A muscle as its region lists it, one by level as an entry that opens its levels there; None elsewhere."""
    row = muscles()[id]
    if row.levels:
        return opening_choice(id, region) if region in {region_at(id, one).value for one in row.levels} else None
    return muscle_choice(id) if row.region.value == region else None


def opening_choice(id: str, region: str = "") -> Choice:
    """A muscle by level that opens its levels, those of one region when it is given."""
    row = muscles()[id]
    here = [one for one in row.levels if not region or region_at(id, one).value == region]
    opens = urlencode({"kind": "muscles", "spine": id} | ({"region": region} if region else {}))
    return Choice(name=site_name("muscle", id), small=row.latin, levels=(here[0], here[-1]), opens=opens)


def choices_of(sites: Iterable[tuple[str, str, str]]) -> list[Choice]:
    """Choices of (kind, site, level), without those that are in no table any more."""
    found = []
    for kind, site, level in sites:
        if kind == SiteKind.ACUPOINT.value and site in points.acupoints():
            found.append(point_choice(site))
        elif kind == SiteKind.MUSCLE.value and site in muscles() and (level in muscles()[site].levels or not level):
            found.append(muscle_choice(site, level))
    return found


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
