"""The 361 classical acupuncture points: names, muscles passed through and so segments, hazards, depths by source.

Codes, names and numbers are facts; location texts of books are not reproduced. A muscle link says on what it rests:
`published` (a source names the muscle at the point) or `derived from region and angle`. Hazards are the union of
every source and are untouched by the links; absence of a hazard here is not safety. All rows await sign-off.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from types import MappingProxyType

from myotome.knowledge.acupoints.rows import (
    DERIVED,
    MERIDIANS,
    PUBLISHED,
    Acupoint,
    Depth,
    PointMuscle,
    plain,
    read,
)
from myotome.vocabulary.errors import InvalidValue

__all__ = [
    "DERIVED",
    "MERIDIANS",
    "OLDER_CODES",
    "PUBLISHED",
    "Acupoint",
    "Depth",
    "PointMuscle",
    "acupoint",
    "acupoints",
    "as_json_rows",
    "find",
    "plain",
    "points_of",
    "points_through",
]

OLDER_CODES = {
    "DU": "GV",
    "HE": "HT",
    "K": "KI",
    "KD": "KI",
    "LIV": "LR",
    "LV": "LR",
    "P": "PC",
    "REN": "CV",
    "RN": "CV",
    "SJ": "TE",
    "TB": "TE",
    "TW": "TE",
    "UB": "BL",
}
"""Other letters in use for a meridian, by the code of the World Health Organization."""
_CODE = re.compile(r"([a-z]{1,3})[\s-]?0*([1-9]\d?)", re.IGNORECASE)


@cache
def acupoints() -> Mapping[str, Acupoint]:
    """All points by code, in the order of the meridians. Check: tests/unit/knowledge/test_acupoints.py."""
    return MappingProxyType({point.id: point for point in read()})


def acupoint(id: str) -> Acupoint:
    """The point of that code; older letters (DU, RN, SJ, LV, UB) and "st 36" are understood.

    Raises:
        InvalidValue: (field "acupoint") no such point; the sentence names the three nearest.
    """
    found = acupoints().get(_code(id) or id)
    if found is None:
        owner = {name: point.id for point in acupoints().values() for name in (point.id.casefold(), point.pinyin_plain)}
        close = get_close_matches(plain(id), owner, n=6, cutoff=0.0)
        nearest = list(dict.fromkeys(owner[name] for name in close))[:3]
        raise InvalidValue(
            "There is no point {id!r}; the nearest are {there_are}.",
            field="acupoint",
            id=id,
            there_are=", ".join(nearest),
        )
    return found


def find(words: str) -> tuple[Acupoint, ...]:
    """Points by code, pinyin with or without tones, hanzi, English or other name; whole names first."""
    asked = words.strip()
    if not asked:
        return ()
    code = _code(asked)
    if code is not None and code in acupoints():
        return (acupoints()[code],)
    hits = []
    for point in acupoints().values():
        names = [plain(name) for name in (point.pinyin, point.hanzi, point.english, *point.variants)]
        if any(plain(asked) in name for name in names):
            hits.append((plain(asked) not in names, point))
    return tuple(point for _, point in sorted(hits, key=lambda hit: hit[0]))


@cache
def points_through(muscle: str, level: str | None = None) -> tuple[Acupoint, ...]:
    """Points whose needle passes through the muscle; with a level, only those at that level."""
    return tuple(
        point
        for point in acupoints().values()
        if any(one.muscle == muscle and level in (None, one.level) for one in point.muscles)
    )


@cache
def points_of(root: str) -> tuple[Acupoint, ...]:
    """Points whose muscles or skin belong to the root, in the order of the meridians; none for an unknown root."""
    return tuple(point for point in acupoints().values() if root in point.segments)


def as_json_rows() -> list[dict[str, object]]:
    """Rows of `myotome acupoints --json`, one for each point."""
    return [
        {
            "id": point.id,
            "pinyin": point.pinyin,
            "pinyin_plain": point.pinyin_plain,
            "hanzi": point.hanzi,
            "english": point.english,
            "variants": list(point.variants),
            "meridian": point.meridian,
            "region": point.region.value,
            "midline": point.midline,
            "muscles": list(dict.fromkeys(one.muscle for one in point.muscles)),
            "links": [
                {"muscle": one.muscle, "level": one.level, "basis": one.basis, "source": one.source}
                for one in point.muscles
            ],
            "segments": list(point.segments),
            "skin": point.skin,
            "hazards": list(point.hazards),
            "hazard_sources": {code: list(keys) for code, keys in point.hazard_sources.items()},
            "depths": [
                {
                    "low_cun": one.low_cun,
                    "high_cun": one.high_cun,
                    "low_mm": one.low_mm,
                    "high_mm": one.high_mm,
                    "source": one.source,
                }
                for one in point.depths
            ],
            "angle": list(point.angle),
            "note": point.note,
            "sources": list(point.sources),
            "status": point.status,
        }
        for point in acupoints().values()
    ]


def _code(text: str) -> str | None:
    """WHO code of "st36", "ST 36", "Du-4"; None if it is not a code."""
    shape = _CODE.fullmatch(text.strip())
    if shape is None:
        return None
    letters = shape[1].upper()
    return f"{OLDER_CODES.get(letters, letters)}{shape[2]}"
