"""Sites as the chart shows them: their names, their keys, and those that wait.

A key names a site in a form or a link: `muscle:multifidus:L5:left`, `acupoint:ST36::right`, `free:scar@low_back::left`,
or with what she names as nearest, `free:scar@low_back~mult-L4::left`: the same place.
A site from the plan or from the last visit waits until a needle of today is on it; it is never a needle by itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from myotome.clinic.needling.habits import Habit, SiteOfPlan, Where
from myotome.clinic.needling.queries import NeedleInsertion
from myotome.knowledge import acupoints as points
from myotome.knowledge.muscles import muscle, muscles, region_at
from myotome.science.needling.lines import CURRENT_FIELDS, MOST_OF_CURRENT
from myotome.science.needling.sites import UnknownSite, named_site, nearest_named, nearest_word
from myotome.vocabulary.anatomy import NeedleRegion, Side
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.needling import SiteKind

CURRENT = tuple(
    (CURRENT_FIELDS[unit], words, MOST_OF_CURRENT[unit])
    for unit, words in (("hz", "Hz"), ("ms", "ms"), ("ma", "mA"), ("min", gettext_lazy("min")))
)
"""The fields of a needle with current, their unit, and the most that is typed in earnest."""
DEFAULT_SIZE = {"ims": "0.30x50", "acupuncture": "0.25x40"}


@dataclass(frozen=True, kw_only=True, slots=True)
class WaitingSite:
    """A site that waits: from the plan, or carried over from the last visit. `origin` is "plan" or a date in words.

    `depth_mm` is last time's, else this practitioner's own last one here, else None: nobody has said it.
    """

    key: str
    name: str
    side: str
    region: str
    origin: str
    depth_mm: int | None
    size: str

    @property
    def is_point(self) -> bool:
        """True at an acupuncture point: sources give ranges of depth for it."""
        return self.key.startswith(f"{SiteKind.ACUPOINT.value}:")


def site_key(row: Any) -> str:
    """The key of a row with site_kind, site, level, side (and region and nearest for a free place)."""
    if row.site_kind == SiteKind.FREE.value:
        return free_key(row.site, row.region, row.side, _nearest_of(row))
    return f"{row.site_kind}:{row.site}:{row.level}:{row.side}"


def free_key(place: str, region: str, side: str, nearest: str = "") -> str:
    """The key of a free place, its words without the marks of a key; a nearest that is in no table (any more) is left out."""
    words = " ".join(place.replace(":", " ").replace("@", " ").split())
    named = f"~{nearest_word(nearest)}" if named_site(nearest) else ""
    return f"{SiteKind.FREE.value}:{words}@{region}{named}::{side}"


def nearest_from(text: str) -> str:
    """What she typed as nearest to a free place, as it is stored; nothing typed is nothing.

    Raises:
        InvalidValue: it names no one muscle or point; the message says what may have been meant.
    """
    try:
        return nearest_named("-".join(text.split())[:60]) if text.strip() else ""
    except UnknownSite as fault:
        raise InvalidValue(fault.sentence, field="nearest") from fault


def _without_nearest(key: str) -> str:
    return re.sub(r"(@[a-z_]+)~[^:]*(?=::)", r"\1", key)


def site_of_key(key: str) -> dict[str, Any]:
    """Kind, site, level, side and region of a key, as a needle's values.

    Raises:
        InvalidValue: the site is missing or unknown; names the nearest.
    """
    parts = key.split(":")
    if len(parts) != 4 or not parts[1]:
        raise InvalidValue(_("Choose a muscle or a point, and its side."), field="site")
    kind, name, level, side = parts
    if side not in {s.value for s in Side}:
        raise InvalidValue(_("Choose left or right."), field="side")
    if kind == SiteKind.FREE.value:
        name, _at, region = name.partition("@")
        region, _near, nearest = region.partition("~")
        if not name or region not in {r.value for r in NeedleRegion}:
            raise InvalidValue(_("Choose the region of this place."), field="site")
        return _site(SiteKind.FREE, name[:60], None, side, NeedleRegion(region)) | {"nearest": nearest_from(nearest)}
    table = points.acupoints() if kind == SiteKind.ACUPOINT.value else muscles()
    if name not in table:
        near = ", ".join(get_close_matches(name, table, n=3, cutoff=0.4)) or "–"
        raise InvalidValue("There is no “{name}”; the nearest are {near}.", field="site", name=name[:60], near=near)
    if kind == SiteKind.ACUPOINT.value:
        point = points.acupoint(name)
        return _site(SiteKind.ACUPOINT, point.id, None, side, NeedleRegion(point.region))
    row = muscle(name)
    if row.levels and level not in row.levels:
        raise InvalidValue(_("Choose the level of %(name)s.") % {"name": row.name}, field="site")
    return _site(SiteKind.MUSCLE, row.id, level or None, side, region_at(row.id, level or None))


def charted_site(key: str) -> dict[str, Any]:
    """The site of a key as a needle is charted at it: a muscle has a side, a point of the midline has none.

    Raises:
        InvalidValue: as `site_of_key`, or a side that the site does not have.
    """
    site = site_of_key(key)
    if site["site_kind"] is SiteKind.FREE:
        return site
    is_midline = site["site_kind"] is SiteKind.ACUPOINT and points.acupoint(site["site"]).midline
    if (site["side"] is Side.MIDLINE) != bool(is_midline):
        raise InvalidValue(
            _("This point lies on the midline.") if is_midline else _("Choose left or right."), field="side"
        )
    return site


def _site(kind: SiteKind, site: str, level: str | None, side: str, region: NeedleRegion) -> dict[str, Any]:
    return {"site_kind": kind, "site": site, "level": level, "side": Side(side), "region": region, "nearest": ""}


def name_of(row: Any) -> str:
    """The site of a needle as practitioners say it, of a free place with what was named as nearest."""
    return named(row.site_kind, row.site, row.level, _nearest_of(row))


def named(kind: str, site: str, level: str | None, nearest: str) -> str:
    """The site, and what is nearest to it when that was named."""
    name, near = site_name(kind, site, level), named_site(nearest)
    words = site_name(near.kind.value, near.site, near.level) if near else nearest
    return _("%(place)s, nearest %(site)s") % {"place": name, "site": words} if nearest else name


def _nearest_of(row: Any) -> str:
    return getattr(row, "nearest", "")  # a planned site has none


def site_name(kind: str, site: str, level: str | None = "") -> str:
    """The site as practitioners say it: Multifidus L5, ST36 Zúsānlǐ 足三里."""
    if kind == SiteKind.ACUPOINT.value:
        point = points.acupoints().get(site)
        return f"{site} {point.pinyin} {point.hanzi}" if point else site
    row = muscles().get(site)
    name = row.name if row else site.replace("_", " ").replace("-", " ")
    return f"{name[:1].upper()}{name[1:]} {level or ''}".strip()


def where_of(row: Any) -> Where:
    """Kind, site and level of a row: where a practitioner's habit is looked up."""
    return row.site_kind, row.site, row.level or ""


def sites_ahead(
    plan: Sequence[SiteOfPlan], needles: Sequence[NeedleInsertion], previous: Sequence[NeedleInsertion]
) -> list[tuple[str, SiteOfPlan | None, NeedleInsertion | None]]:
    """Key, planned site and last visit's needle of each site without a needle of today: the plan's in its order, then the last visit's."""
    touched = {_without_nearest(site_key(needle)) for needle in needles}
    last = {site_key(row): row for row in previous}
    planned = {site_key(row): row for row in plan}
    keys = [key for key in dict.fromkeys((*planned, *last)) if _without_nearest(key) not in touched]
    return [(key, planned.get(key), last.get(key)) for key in keys]


def waiting_sites(
    ahead: Sequence[tuple[str, SiteOfPlan | None, NeedleInsertion | None]],
    habits: Mapping[Where, Habit],
    *,
    usual_size: str,
) -> list[WaitingSite]:
    """The sites ahead with depth and needle of last time, else of this practitioner's own last needle there.

    `usual_size` is that of a site where neither is known; a depth that nobody said stays open. Responses never come along.
    """
    return [_waiting(key, planned, last, habits, usual_size) for key, planned, last in ahead]


def _waiting(
    key: str, planned: Any, last: NeedleInsertion | None, habits: Mapping[Where, Habit], usual_size: str
) -> WaitingSite:
    row = planned or last
    own = habits.get(where_of(row), Habit())
    size, depth, origin = own.size or usual_size, own.depth_mm, "plan"
    if last is not None:
        size = f"{last.gauge_mm:.2f}x{last.length_mm}" if last.gauge_mm and last.length_mm else size
        depth = last.depth_mm if last.depth_mm is not None else depth
        origin = origin if planned else f"{last.in_at or last.charted_at:%-d %b}"
    return WaitingSite(
        key=key,
        name=name_of(row),
        side=row.side,
        region=row.region,
        origin=origin,
        depth_mm=depth,
        size=size,
    )
