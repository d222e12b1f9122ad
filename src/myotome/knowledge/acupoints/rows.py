"""Rows of the acupuncture point tables, read and checked: names, muscles passed through, hazards, depths by source."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from myotome.knowledge import SIGN_OFF, hazards, tables
from myotome.knowledge.muscles import link, muscle
from myotome.vocabulary.anatomy import ROOT_INDEX, NeedleRegion
from myotome.vocabulary.errors import InvalidValue

MERIDIANS: Mapping[str, tuple[str, int]] = MappingProxyType(
    {
        "LU": ("Lung", 11),
        "LI": ("Large Intestine", 20),
        "ST": ("Stomach", 45),
        "SP": ("Spleen", 21),
        "HT": ("Heart", 9),
        "SI": ("Small Intestine", 19),
        "BL": ("Bladder", 67),
        "KI": ("Kidney", 27),
        "PC": ("Pericardium", 9),
        "TE": ("Triple Energizer", 23),
        "GB": ("Gallbladder", 44),
        "LR": ("Liver", 14),
        "GV": ("Governor Vessel", 28),
        "CV": ("Conception Vessel", 24),
    }
)
"""Name and number of points of the fourteen meridians. Source: who2008."""

MIDLINE = ("GV", "CV")
ANGLES = ("perpendicular", "oblique", "transverse")
CUN_MM = 25.0
"""Millimetres of one cun as needles are sold; the cun of a body is the patient's own. Source: cam1999."""

PUBLISHED = "published"
DERIVED = "derived from region and angle"

_TRIGEMINAL = ("V1", "V2", "V3")


@dataclass(frozen=True, slots=True)
class PointMuscle:
    """A muscle that a needle at the point passes through; `published` means a source names it at this point."""

    muscle: str
    level: str | None
    basis: str
    source: str


@dataclass(frozen=True, slots=True)
class Depth:
    """A range that one source prints; a report about that source, never advice."""

    low_cun: float
    high_cun: float
    source: str

    @property
    def low_mm(self) -> int:
        """Lower end in millimetres, one cun as 25 mm."""
        return round(self.low_cun * CUN_MM)

    @property
    def high_mm(self) -> int:
        """Upper end in millimetres, one cun as 25 mm."""
        return round(self.high_cun * CUN_MM)


@dataclass(frozen=True, slots=True)
class Acupoint:
    """One classical point. `hazards` is the union of all sources and never depends on the muscle links."""

    id: str
    pinyin: str
    pinyin_plain: str
    hanzi: str
    english: str
    variants: tuple[str, ...]
    meridian: str
    region: NeedleRegion
    midline: bool
    muscles: tuple[PointMuscle, ...]
    segments: tuple[str, ...]
    hazards: tuple[str, ...]
    hazard_sources: Mapping[str, tuple[str, ...]]
    depths: tuple[Depth, ...]
    angle: tuple[str, ...]
    skin: str
    note: str
    sources: tuple[str, ...]
    status: str = SIGN_OFF


def read() -> tuple[Acupoint, ...]:
    """All 361 points in the order of the meridians.

    Raises:
        BadTable: a point too many or too few, an unknown muscle, level, hazard, angle or source, a depth out of order.
    """
    depths: dict[str, list[Depth]] = {}
    for row in tables.rows(__package__, "depths.csv"):
        depths.setdefault(row["point"], []).append(depth(row))
    flags: dict[str, dict[str, tuple[str, ...]]] = {}
    for row in tables.rows(__package__, "hazards.csv"):
        where = f"acupoints/hazards.csv, {row['point']}"
        hazards.check_codes((row["hazard"],), where)
        flags.setdefault(row["point"], {})[row["hazard"]] = tables.sources(row["sources"], where)
    found = tuple(
        parsed(row, depths.get(row["id"], ()), flags.get(row["id"], {}))
        for row in tables.rows(__package__, "points.csv", said=("english", "note"))
    )
    expected = [f"{code}{n}" for code, (_, count) in MERIDIANS.items() for n in range(1, count + 1)]
    if [point.id for point in found] != expected:
        raise tables.BadTable("points.csv: the 361 points in the order of the meridians expected.")
    strays = (set(depths) | set(flags)) - set(expected)
    if strays:
        raise tables.BadTable(f"acupoints: depths or hazards of unknown points {', '.join(sorted(strays))}.")
    return found


def depth(row: Mapping[str, str]) -> Depth:
    """One depth range. Raises `BadTable` unless 0 < low <= high <= 4 cun."""
    where = f"depths.csv, {row['point']}"
    low, high = float(row["low_cun"]), float(row["high_cun"])
    if not 0 < low <= high <= 4:
        raise tables.BadTable(f"{where}: {low} to {high} cun is not a range.")
    return Depth(low, high, *tables.sources(row["source"], where))


def parsed(
    row: Mapping[str, str],
    depths: tuple[Depth, ...] | list[Depth] = (),
    flags: Mapping[str, tuple[str, ...]] | None = None,
) -> Acupoint:
    """One point as a value. Raises `BadTable` as `read` does."""
    where = f"points.csv, {row['id']}"
    shape = re.fullmatch(r"([A-Z]{2})([1-9]\d?)", row["id"])
    if shape is None or shape[1] not in MERIDIANS:
        raise tables.BadTable(f"{where}: not a point code.")
    for needed in ("pinyin", "hanzi", "english"):
        if not row[needed]:
            raise tables.BadTable(f"{where}: {needed} is missing.")
    links = tuple(_point_muscle(item, where) for item in tables.listed(row["muscles"]))
    if row["skin"] and row["skin"] not in (*ROOT_INDEX, *_TRIGEMINAL):
        raise tables.BadTable(f"{where}: {row['skin']!r} is not a root of the skin.")
    if not links and not row["skin"]:
        raise tables.BadTable(f"{where}: neither a muscle nor a skin area.")
    roots = {root for one in links for root in link(one.muscle, one.level)}
    roots |= {row["skin"]} & set(ROOT_INDEX)
    flags = flags or {}
    named = (*(one.source for one in links if one.basis == PUBLISHED), *(one.source for one in depths))
    return Acupoint(
        id=row["id"],
        pinyin=row["pinyin"],
        pinyin_plain=plain(row["pinyin"]),
        hanzi=row["hanzi"],
        english=row["english"],
        variants=tables.listed(row["variants"]),
        meridian=MERIDIANS[shape[1]][0],
        region=NeedleRegion(tables.only(row["region"], NeedleRegion, where)),
        midline=shape[1] in MIDLINE,
        muscles=links,
        segments=tuple(sorted(roots, key=ROOT_INDEX.__getitem__)),
        hazards=tuple(flags),
        hazard_sources=MappingProxyType(dict(flags)),
        depths=tuple(depths),
        angle=tuple(tables.only(item, ANGLES, where) for item in tables.listed(row["angle"])),
        skin=row["skin"],
        note=row["note"],
        sources=tuple(dict.fromkeys(("who2008", *named, *(key for keys in flags.values() for key in keys)))),
    )


def plain(pinyin: str) -> str:
    """Pinyin without tones, lower case: "Zúsānlǐ" is "zusanli"."""
    letters = unicodedata.normalize("NFD", pinyin)
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()


def _point_muscle(item: str, where: str) -> PointMuscle:
    """A link of "longissimus@L2" or, with a source, "deltoid=tara"."""
    site, _, source = item.partition("=")
    name, _, level = site.partition("@")
    try:
        link(muscle(name).id, level or None)
    except InvalidValue as error:
        raise tables.BadTable(f"{where}: {error.message}") from error
    if source:
        tables.check_sources((source,), where)
    return PointMuscle(name, level or None, PUBLISHED if source else DERIVED, source or "judgement")
