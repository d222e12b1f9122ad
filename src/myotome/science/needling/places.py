"""What lies near a site: by the tables for a muscle or a point, by its region for a place that is in no table.

A free place is words and a region. Nothing says which muscle lies under it, so that it takes the hazards of all muscles
and points of its region: too many rather than none. Cautions of tradition are of a named point and are left out.

Where she names the nearest muscle or point its hazards are added to those of the region; none is ever taken away by it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache

from myotome.knowledge import acupoints as points
from myotome.knowledge.hazards import hazards
from myotome.knowledge.muscles import hazards_at, muscles, region_at
from myotome.knowledge.muscles import sites as muscle_sites
from myotome.science.needling.sites import named_site
from myotome.vocabulary.anatomy import NeedleRegion
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.needling import SiteKind

OF_TRADITION = frozenset({"traditional_caution", "moxa_caution"})
OF_A_NAMED_POINT = OF_TRADITION | {"pregnancy"}


def hazards_near(
    site_kind: SiteKind, site: str, level: str | None, region: NeedleRegion | None = None
) -> tuple[str, ...]:
    """Codes of the hazards at a site; of a free place, or of a site that is in no table (any more), those of its region.

    Source: knowledge/muscles, knowledge/acupoints
    Check: tests/oracle/test_consents_needed.py
    """
    if not is_named(site_kind, site):
        return hazards_in(region) if region is not None else ()
    return hazards_at(site, level) if site_kind is SiteKind.MUSCLE else tuple(points.acupoints()[site].hazards)


def hazards_of_nearest(nearest: str) -> tuple[str, ...]:
    """Codes of the hazards at the site named as nearest, without the cautions of tradition; none without a nearest.

    Source: knowledge/muscles, knowledge/acupoints
    Check: tests/oracle/test_consents_needed.py
    """
    site = named_site(nearest)
    codes = hazards_near(site.kind, site.site, site.level) if site else ()
    return tuple(code for code in codes if code not in OF_TRADITION)


def check_nearest(nearest: str) -> None:
    """Nothing, when it is empty or a known site.

    Source: knowledge/muscles, knowledge/acupoints
    Check: tests/spec/needling/test_nearest_to_a_free_place.py

    Raises:
        InvalidValue: it names none; the message names the nearest names.
    """
    if not nearest or named_site(nearest):
        return
    known = [f"{row.id}-{level}" if level else row.id for row in muscles().values() for level in row.levels or ("",)]
    near = ", ".join(get_close_matches(nearest, [*known, *points.acupoints()], n=3, cutoff=0.4)) or "–"
    raise InvalidValue("There is no “{name}”; the nearest are {near}.", field="nearest", name=nearest[:60], near=near)


def is_named(site_kind: SiteKind, site: str) -> bool:
    """True for a muscle or a point that is in its table.

    Source: knowledge/muscles, knowledge/acupoints
    Check: tests/oracle/test_consents_needed.py
    """
    return site in {SiteKind.MUSCLE: muscles(), SiteKind.ACUPOINT: points.acupoints()}.get(site_kind, ())


@cache
def hazards_in(region: NeedleRegion) -> tuple[str, ...]:
    """Codes of the hazards at any muscle or point of a region, in the order of the table of hazards.

    Source: knowledge/muscles, knowledge/acupoints
    Check: tests/oracle/test_consents_needed.py
    """
    found = {code for codes in _sites_of(region).values() for code in codes}
    return tuple(code for code in hazards() if code in found - OF_A_NAMED_POINT)


@cache
def hazard_regions_in(region: NeedleRegion) -> tuple[str, ...]:
    """The hazard regions near at least a third of the muscles and points of a region, sorted: her yes to each is asked.

    Each hazard of the region is asked about by `hazards_in`; a yes to every one of their texts, for a place on the thigh
    to that of belly and pelvis, would teach everybody to tick without reading.

    Source: judgement
    Check: tests/oracle/test_consents_needed.py
    """
    near = [
        {hazards()[code].consent for code in codes if code not in OF_A_NAMED_POINT}
        for codes in _sites_of(region).values()
    ]
    n = Counter(name for names in near for name in names - {""})
    return tuple(sorted(name for name in n if n[name] * 3 >= len(near)))


@cache
def sites_in(region: NeedleRegion) -> frozenset[str]:
    """Ids of the muscles and points of a region.

    Source: knowledge/muscles, knowledge/acupoints
    Check: tests/oracle/test_consents_needed.py
    """
    return frozenset(id for id, _level in _sites_of(region))


@cache
def _sites_of(region: NeedleRegion) -> Mapping[tuple[str, str | None], tuple[str, ...]]:
    """The muscles, by level, and the points of a region, each with its hazards."""
    found = {(id, level): hazards_at(id, level) for id, level in muscle_sites() if region_at(id, level) is region}
    return found | {
        (id, None): tuple(point.hazards) for id, point in points.acupoints().items() if point.region is region
    }
