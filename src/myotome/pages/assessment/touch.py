"""The touch panel: what can be charted with one tap, as rows with keys for the left and the right.

A key is one grade of one sign of one site. The pressed key is what is charted; pressing it again makes the sign "not
tested". Nothing pressed is not tested; 0 is examined and normal. The side's own large key counts up: a tap is
shortened, a tap again the next grade. What opens is a region of the body by layer, the spine as a ladder of levels,
the skin, the reflexes, one site with all its signs, or a search.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from myotome.knowledge import muscles as muscle_table
from myotome.knowledge import signs as sign_table
from myotome.knowledge.muscles import Muscle
from myotome.pages.assessment.names import (
    CLEAR,
    SIDE_WORDS,
    found_words,
    row_key,
    row_value,
    sign_name,
    subject_name,
    value_words,
)
from myotome.vocabulary.anatomy import ROOT_INDEX, ROOTS, ExamRegion, NeedleRegion
from myotome.vocabulary.findings import FindingKind
from myotome.vocabulary.sentences import in_readers_language

REGIONS: Mapping[str, tuple[NeedleRegion, ...]] = {
    ExamRegion.NECK_ARM: (
        NeedleRegion.HEAD,
        NeedleRegion.NECK,
        NeedleRegion.SHOULDER,
        NeedleRegion.UPPER_BACK,
        NeedleRegion.CHEST,
        NeedleRegion.ARM,
        NeedleRegion.FOREARM_HAND,
    ),
    ExamRegion.BACK_LEG: (
        NeedleRegion.LOW_BACK,
        NeedleRegion.ABDOMEN,
        NeedleRegion.BUTTOCK,
        NeedleRegion.THIGH,
        NeedleRegion.LOWER_LEG,
        NeedleRegion.FOOT,
    ),
    "": tuple(NeedleRegion),
}
LEVELS: Mapping[str, tuple[str, ...]] = {
    ExamRegion.NECK_ARM: ROOTS[: ROOT_INDEX["T4"] + 1],
    ExamRegion.BACK_LEG: ROOTS[ROOT_INDEX["T10"] :],
    "": ROOTS,
}
SPINE, SKIN, REFLEXES = "spine", "skin", "reflexes"
SUPERFICIAL, DEEP = "superficial", "deep"
"""Layers of muscles on the plate; with the skin they are three."""

LAYERS = (SUPERFICIAL, "middle", DEEP)
MUSCLE_SIGNS = ("shortened", "tender", "recognition", "band", "twitch", "enthesis", "weak")
NEEDLE_SIGNS = ("grasp", "cramp", "needle_twitch")
SIGN_GRADES, PRESENT = (0, 1, 2, 3), (0, 1)
MOST_FOUND = 16
Charted = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Key:
    """One button: its id (the same when it is pressed), what it sends, what stands on it, what a screen reader hears, and whether it is pressed."""

    id: str
    sends: str
    face: str
    words: str
    is_pressed: bool
    is_normal: bool


@dataclass(frozen=True, slots=True)
class Half:
    """One side of a row: its large key, which counts up (None where grades do not), and a key for each grade."""

    side: str
    tap: Key | None
    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One site (or one sign) with both its sides; `at` names the site."""

    name: str
    small: str
    at: str
    sides: tuple[Half, ...]
    also: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under one heading; `is_folded` for what fingers do not find."""

    name: str
    rows: tuple[Row, ...]
    is_folded: bool = False


def charted_of(rows: Iterable[Any]) -> dict[str, int]:
    """Key to grade of the findings as they stand."""
    return {row_key(row): row_value(row) for row in rows}


def levels_from_the_limb(region: str) -> tuple[str, ...]:
    """Levels of the region, those of the limb's roots before those of the trunk."""
    levels = LEVELS.get(region, ROOTS)
    return levels[::-1] if region == ExamRegion.BACK_LEG else levels


def keys_for(kind: str, subject: str, level: str, side: str, sign: str, charted: Charted) -> tuple[Key, ...]:
    """The keys of one sign on one side, lowest grade first; the pressed one clears."""
    key = f"{kind}:{subject}:{level}:{side}:{sign}"
    table = sign_table.signs()["reflex" if kind == FindingKind.REFLEX.value else sign]
    now = charted.get(key)
    name = f"{subject_name(kind, subject, level)}, {SIDE_WORDS[side]}, {sign_name(kind, sign)}"
    found = []
    for grade in table.scale:
        is_pressed = now == grade
        words = f"{name} {value_words(kind, sign, grade)}: {in_readers_language(table.grade_words[grade])}"
        face = {0: _("no"), 1: _("yes")}[grade] if kind == FindingKind.SKIN.value else str(grade)
        sends = f"{key}:{CLEAR if is_pressed else grade}"
        found.append(Key(f"{key}:{grade}", sends, face, words, is_pressed, grade == table.normal))
    return tuple(found)


def tap_for(kind: str, subject: str, level: str, side: str, sign: str, charted: Charted) -> Key | None:
    """The large key of a side: the first grade, then the next, then not tested again; None where 0 is not the normal."""
    scale = sign_table.signs()["reflex" if kind == FindingKind.REFLEX.value else sign].scale
    if tuple(scale) not in (SIGN_GRADES, PRESENT):
        return None
    key = f"{kind}:{subject}:{level}:{side}:{sign}"
    now = charted.get(key)
    then = (now or 0) + 1
    sends = f"{key}:{then if then in scale else CLEAR}"
    name = f"{subject_name(kind, subject, level)}, {SIDE_WORDS[side]}, {sign_name(kind, sign)}"
    words = _("%(name)s: next grade") % {"name": name} if then in scale else _("%(name)s: not tested") % {"name": name}
    return Key(f"{key}:tap", sends, str(SIDE_WORDS[side]), words, now is not None, now == 0)


def panel(asked: Mapping[str, str], *, region: str, charted: Charted) -> dict[str, Any]:
    """What is open and its groups, for `?open=`, `?layer=`, `?spine=`, `?sign=`, `?at=` and `?q=`.

    Unknown words open the spine, the way to the muscles that are always examined. The layer of the skin opens its list;
    `place` is the part of the body beneath it.
    """
    words, at = asked.get("q", "").strip(), asked.get("at", "")
    regions = REGIONS.get(region, REGIONS[""])
    place = asked.get("open", "")
    if place not in {SPINE, SKIN, REFLEXES, *NeedleRegion}:
        place = SPINE
    opened = SKIN if asked.get("layer") == SKIN else place
    sign = asked.get("sign", "")
    skin_signs = [row for row in sign_table.signs().values() if row.kind is FindingKind.SKIN]
    offered = [row.code for row in skin_signs] if opened == SKIN and not words else list(MUSCLE_SIGNS)
    sign = sign if sign in offered else offered[0]
    by_level = beside_the_spine()
    spine = asked.get("spine", "") if asked.get("spine", "") in {row.id for row in by_level} else "multifidus"
    if words:
        groups = (Group("", tuple(_found(words, sign, region, charted))),)
    elif opened == SPINE:
        groups = tuple(_rungs(spine, sign, LEVELS.get(region, ROOTS), charted))
    elif opened == SKIN:
        groups = (Group("", tuple(_dermatomes(sign, LEVELS.get(region, ROOTS), charted))),)
    elif opened == REFLEXES:
        groups = (Group("", tuple(_reflexes(charted))),)
    else:
        groups = tuple(_by_layer(opened, sign, charted))
    return {
        "opened": opened,
        "place": place,
        "words": words,
        "sign": sign,
        "spine": spine,
        "is_ladder": opened == SPINE and not words,
        "groups": groups,
        "card": card(at, charted) if at else None,
        "regions": [one.value for one in regions],
        "spine_muscles": [(row.id, row.name) for row in by_level],
        "offered_signs": [] if opened == REFLEXES else [(code, _sign_label(code)) for code in offered],
    }


def card(at: str, charted: Charted) -> dict[str, Any] | None:
    """One site with all its signs on both sides, how to palpate it, its roots and its hazards; None if unknown."""
    if at in sign_table.dermatomes():
        return _skin_card(at, charted)
    subject, _colon, level = at.partition(":")
    row = muscle_table.muscles().get(subject)
    if row is None or (level or None) not in (row.levels or (None,)):
        return None
    codes = (*MUSCLE_SIGNS, *NEEDLE_SIGNS)
    return {
        "name": subject_name("muscle", subject, level),
        "latin": row.latin,
        "palpation": row.palpation,
        "roots": muscle_table.link(subject, level or None),
        "hazards": muscle_table.hazards_at(subject, level or None),
        "rows": [Row(_sign_label(code), "", at, _sides("muscle", subject, level, code, charted)) for code in codes],
    }


def _skin_card(root: str, charted: Charted) -> dict[str, Any]:
    """The skin of a root with all its signs on both sides, and where to touch it."""
    row = sign_table.dermatomes()[root]
    codes = [sign.code for sign in sign_table.signs().values() if sign.kind is FindingKind.SKIN]
    return {
        "name": subject_name("skin", root),
        "touch": (row.lay_position, row.key_point),
        "rows": [Row(_sign_label(code), "", root, _sides("skin", root, "", code, charted)) for code in codes],
    }


def _rungs(spine: str, sign: str, levels: tuple[str, ...], charted: Charted) -> Iterable[Group]:
    """The levels of the region open, those above and below folded: every level of the muscle can be reached."""
    row = muscle_table.muscles()[spine]
    first, last = ROOT_INDEX[levels[0]], ROOT_INDEX[levels[-1]]
    parts = (
        ("", [level for level in row.levels if first <= ROOT_INDEX[level] <= last]),
        (_("Levels above"), [level for level in row.levels if ROOT_INDEX[level] < first]),
        (_("Levels below"), [level for level in row.levels if ROOT_INDEX[level] > last]),
    )
    for name, found in parts:
        if found or not name:
            rungs = tuple(_muscle_row(row, sign, charted, level) for level in found)
            yield Group(name, rungs, is_folded=bool(name))


def _dermatomes(sign: str, levels: tuple[str, ...], charted: Charted) -> Iterable[Row]:
    for root, row in sign_table.dermatomes().items():
        if root in levels:
            others = _other_signs("skin", root, "", sign, charted)
            yield Row(root, row.lay_position, root, _sides("skin", root, "", sign, charted), others)


def _reflexes(charted: Charted) -> Iterable[Row]:
    for code, row in sign_table.reflexes().items():
        yield Row(row.name, " ".join(row.roots), "", _sides("reflex", code, "", "", charted))


def _by_layer(region: str, sign: str, charted: Charted) -> Iterable[Group]:
    rows = [row for row in muscle_table.muscles().values() if row.region == region and not row.levels]
    for layer in LAYERS:
        inside = tuple(_muscle_row(row, sign, charted) for row in rows if row.layer == layer and row.palpable)
        if inside:
            yield Group(layer, inside)
    beyond = tuple(_muscle_row(row, sign, charted) for row in rows if not row.palpable)
    if beyond:
        yield Group(_("Found only by the needle"), beyond, is_folded=True)


def _found(words: str, sign: str, region: str, charted: Charted) -> list[Row]:
    """Muscles by name, those by level with the levels of the region first; a level among the words picks it alone."""
    asked = words.upper().split()
    levels = [word for word in asked if word in ROOT_INDEX]
    named = " ".join(word for word in asked if word not in ROOT_INDEX)
    rows = muscle_table.find(named) if named else beside_the_spine()
    sites = [(row, level) for row in rows for level in row.levels or ("",) if not levels or level in levels]
    sites.sort(key=lambda site: site[1] not in ("", *levels_from_the_limb(region)))
    return [_muscle_row(row, sign, charted, level) for row, level in sites[:MOST_FOUND]]


def beside_the_spine() -> list[Muscle]:
    """Muscles of the back that fingers find level by level."""
    rows = muscle_table.muscles().values()
    return [row for row in rows if row.levels and row.ramus == "dorsal" and row.palpable]


def _muscle_row(row: Muscle, sign: str, charted: Charted, level: str = "") -> Row:
    roots = " ".join(muscle_table.link(row.id, level or None))
    at = f"{row.id}:{level}" if level else row.id
    sides = _sides("muscle", row.id, level, sign, charted)
    return Row(
        subject_name("muscle", row.id, level), roots, at, sides, _other_signs("muscle", row.id, level, sign, charted)
    )


def _other_signs(kind: str, subject: str, level: str, sign: str, charted: Charted) -> str:
    """What else is charted of the site, besides the sign that its keys show."""
    others = []
    for side in ("left", "right"):
        for code, row in sign_table.signs().items():
            value = charted.get(f"{kind}:{subject}:{level}:{side}:{code}")
            if row.kind.value == kind and code != sign and value is not None:
                others.append(f"{SIDE_WORDS[side]} {found_words(kind, code, value)}")
    return "; ".join(others)


def _sides(kind: str, subject: str, level: str, sign: str, charted: Charted) -> tuple[Half, ...]:
    return tuple(
        Half(
            side,
            tap_for(kind, subject, level, side, sign, charted),
            keys_for(kind, subject, level, side, sign, charted),
        )
        for side in ("left", "right")
    )


def _sign_label(code: str) -> str:
    words = str(sign_name("muscle", code))
    return words[:1].upper() + words[1:]
