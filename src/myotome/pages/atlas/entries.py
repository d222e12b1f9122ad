"""What an entry of the atlas shows, gathered from the tables: names, picture, roots, neighbours, cautions, sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from myotome.knowledge import acupoints, hazards, muscles, signs
from myotome.knowledge.citations import citation
from myotome.pages.plates import body_plate, part_key, shapes_of
from myotome.vocabulary.anatomy import ROOT_INDEX, ROOTS

MOST_FOUND = 40
LEADS, ALSO = 0.85, 0.6
GRADE = 2
"""How dark a muscle of an entry is engraved."""


@dataclass(frozen=True, slots=True)
class Found:
    """One answer of the search: what it is, its name, a second line and where its page is."""

    kind: str
    name: str
    small: str
    key: str


def found_by(words: str) -> list[Found]:
    """Roots, muscles and points whose names hold the words; roots first, at most forty in all.

    A root and the syllables of a point may be typed apart; the level of a muscle leads to the muscle.
    """
    asked = words.split()
    if not asked:
        return []
    code = "".join(word for word in asked if word.casefold() != "root").upper()
    without_levels = " ".join(word for word in asked if word.upper() not in ROOT_INDEX)
    rows = [Found("root", root, _("spinal root"), root) for root in ROOTS if root == code]
    rows += [
        Found("muscle", row.name, row.latin, row.id) for row in muscles.find(words) or muscles.find(without_levels)
    ]
    rows += [
        Found("point", f"{point.id} {point.pinyin} {point.hanzi}", point.english, point.id)
        for point in acupoints.find(words) or acupoints.find("".join(asked))
    ]
    return rows[:MOST_FOUND]


def muscle_entry(row: muscles.Muscle) -> dict[str, Any]:
    """The page of a muscle; a muscle by level shows each level with its roots."""
    levels = [(level, weighed(muscles.link(row.id, level))) for level in row.levels]
    main = heaviest(row.segmental_link or row.roots)
    return {
        "row": row,
        "plates": plates(
            [part_key(row.id, side, level) for side in ("left", "right") for level in row.levels or (None,)]
        ),
        "roots": weighed(row.roots),
        "link": weighed(row.segmental_link),
        "levels": levels,
        "neighbours": neighbours(row.id, main),
        "main": main,
        "points": acupoints.points_through(row.id),
        "hazards": [hazards.hazards()[code] for code in row.hazards],
        "sources": [citation(key) for key in row.all_sources],
    }


def root_entry(root: str) -> dict[str, Any]:
    """The page of a root: muscles led by it first, then those it also reaches; skin, schemes, hazards, sources."""
    sites = [
        (muscles.muscles()[muscle], level, weight_words(weight)) for muscle, level, weight in muscles.sites_of(root)
    ]
    led = [part_key(row.id, "left", level) for row, level, words in sites if words == weight_words(1.0)]
    place = ROOT_INDEX[root]
    skin, area = signs.dermatomes().get(root), signs.autonomic().get(root)
    reflexes = [reflex for reflex in signs.reflexes().values() if root in reflex.roots]
    moves = [
        (signs.scheme_names()[scheme], next((row for row in rows if row.root == root), None))
        for scheme, rows in signs.myotome_schemes().items()
    ]
    told_by = [*(row for row, _, _ in sites), skin, area, *reflexes, *(row for _, row in moves)]
    return {
        "root": root,
        "above": ROOTS[place - 1] if place else "",
        "below": ROOTS[place + 1] if place + 1 < len(ROOTS) else "",
        "plates": plates(led),
        "sites": sites,
        "skin": skin,
        "area": area,
        "reflexes": reflexes,
        "schemes": [(name, row, [muscles.muscles()[id] for id in row.muscles] if row else []) for name, row in moves],
        "hazards": hazards_of_root(root),
        "points": acupoints.points_of(root),
        "sources": [citation(key) for key in dict.fromkeys(key for row in told_by if row for key in row.sources)],
    }


def hazards_of_root(root: str) -> list[tuple[hazards.Hazard, list[muscles.Muscle]]]:
    """Hazards near the muscles that the root leads, at the levels that it leads, each with those muscles."""
    found: dict[str, dict[str, muscles.Muscle]] = {}
    for id, level, weight in muscles.sites_of(root):
        if weight >= LEADS:
            for code in muscles.hazards_at(id, level):
                found.setdefault(code, {})[id] = muscles.muscles()[id]
    return [(row, list(found[code].values())) for code, row in hazards.hazards().items() if code in found]


def point_entry(point: acupoints.Acupoint) -> dict[str, Any]:
    """The page of a point."""
    passed = [
        (muscles.muscles()[one.muscle], one, citation(one.source) if one.source else None) for one in point.muscles
    ]
    side = ("left",) if not point.midline else ("left", "right")
    return {
        "point": point,
        "meridian": acupoints.MERIDIANS[point.id.rstrip("0123456789")][0],
        "plates": plates([part_key(one.muscle, s, one.level) for one in point.muscles for s in side]),
        "muscles": passed,
        "hazards": [
            (hazards.hazards()[code], [citation(key) for key in point.hazard_sources.get(code, ())])
            for code in point.hazards
        ],
        "depths": [(depth, citation(depth.source)) for depth in point.depths],
        "sources": [citation(key) for key in point.sources],
    }


def weighed(weights: Mapping[str, float]) -> list[tuple[str, str, float]]:
    """(root, what it is to the muscle in words, weight) in cord order."""
    return [(root, weight_words(weight), weight) for root, weight in weights.items()]


def weight_words(weight: float) -> str:
    """A root's weight in words."""
    if weight >= LEADS:
        return _("leads")
    return _("also") if weight >= ALSO else _("in some lists")


def heaviest(weights: Mapping[str, float]) -> str:
    """The root that leads; empty for a muscle without roots."""
    return max(weights, key=lambda root: weights[root], default="")


def neighbours(muscle_id: str, root: str) -> list[muscles.Muscle]:
    """Other muscles that the same root leads, in table order."""
    if not root:
        return []
    ids = dict.fromkeys(id for id, _level, weight in muscles.sites_of(root) if weight >= LEADS and id != muscle_id)
    return [muscles.muscles()[id] for id in ids]


def plates(keys: Iterable[str]) -> list[SafeString]:
    """The views of the body that draw any of these parts, engraved; none where nothing is drawn."""
    states: dict[str, int | None] = dict.fromkeys(keys, GRADE)
    views = dict.fromkeys(shape.view for key in states for shape in shapes_of(key))
    return [body_plate(view, states=states, css_class="atlas-plate") for view in views]
