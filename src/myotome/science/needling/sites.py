"""The site word of a needle line: `mult-L5`, `glmed`, `ST36`, `@low_back/beside-the-scar~mult-L4`, to and fro.

A muscle is understood by its abbreviation, its id, a synonym, or the beginnings of all words of its name ("glmin"),
or of the first ones where only one muscle fits. What could be two muscles is none: the answer names both.

Nearest to a free place is what the practitioner says; nothing is reckoned from it but which hazards are asked about. It
teaches no segment anything: which muscle the needle met is not known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

from myotome.knowledge import acupoints as points
from myotome.knowledge.muscles import muscle, muscles, region_at
from myotome.knowledge.muscles.abbreviations import abbreviations
from myotome.vocabulary.anatomy import ROOT_INDEX, ROOTS, NeedleRegion
from myotome.vocabulary.needling import SiteKind
from myotome.vocabulary.sentences import Sentence

_LEVELS = re.compile(r"^(?P<name>[a-z_]+?)-?(?P<first>[CTLS]\d{1,2})(?:-(?P<last>[CTLS]\d{1,2}))?$", re.IGNORECASE)
_POINT = re.compile(r"^(?P<meridian>[a-z]{1,3})-?(?P<number>\d{1,2})$", re.IGNORECASE)
_TWO_LETTERS = re.compile(r"^[a-z]{2}-?\d", re.IGNORECASE)
_FREE = re.compile(r"^@(?P<region>[a-z_]+)/(?P<words>[^\s/~]+)(?P<near>~(?P<nearest>\S*))?$")


@dataclass(frozen=True, slots=True)
class Site:
    """A site without its side. `level` is a root name or None; a free place may have a `nearest` (`multifidus-L4`, `ST36`)."""

    kind: SiteKind
    site: str
    region: NeedleRegion
    level: str | None = None
    detail: str = ""
    nearest: str = ""
    is_midline: bool = False


class UnknownSite(ValueError):
    """The word names no site; the message says what may have been meant, `nearest` is a word that works or empty."""

    def __init__(self, message: str, nearest: str = "") -> None:
        super().__init__(message)
        self.sentence, self.nearest = message, nearest


def sites_named(word: str) -> tuple[Site, ...]:
    """The sites of one word: one, or one a level for `mult-L4-S1`.

    Source: judgement
    Check: tests/property/test_shorthand.py

    Raises:
        UnknownSite: no muscle or point, two muscles, or a level that the muscle does not have.
    """
    if free := _FREE.match(word):
        return (_free(free["region"], free["words"], free["nearest"] if free["near"] else None),)
    if point := _point(word):
        return (point,)
    if (hit := _LEVELS.match(word)) and not _TWO_LETTERS.match(word):
        return _by_level(hit["name"], hit["first"].upper(), (hit["last"] or hit["first"]).upper())
    if _squeezed(word) not in _owners() and (id := _point_names().get(points.plain(word))):
        return (_site_of(points.acupoint(id)),)
    row = muscle(_muscle_id(word))
    if row.levels:
        short = abbreviation(row.id)
        raise UnknownSite(
            Sentence("Which level? Write {short}-{level}.", short=short, level=row.levels[-1]),
            f"{short}-{row.levels[-1]}",
        )
    return (Site(SiteKind.MUSCLE, row.id, region_at(row.id)),)


def site_word(kind: SiteKind, site: str, level: str | None, region: NeedleRegion, nearest: str = "") -> str:
    """The word that `sites_named` reads as this one site."""
    if kind is SiteKind.ACUPOINT:
        return site
    if kind is SiteKind.FREE:
        return f"@{region.value}/{site}" + (f"~{nearest_word(nearest)}" if nearest else "")
    return f"{abbreviation(site)}-{level}" if level else abbreviation(site)


def nearest_word(nearest: str) -> str:
    """The shortest word that `nearest_named` reads as this site: `mult-L4` for `multifidus-L4`; one unknown as it is."""
    site = named_site(nearest)
    return site_word(site.kind, site.site, site.level, site.region) if site else nearest


def named_site(nearest: str) -> Site | None:
    """The site that is stored as `multifidus-L4` or `ST36`; None when it is in no table (any more).

    Source: knowledge/muscles, knowledge/acupoints
    Check: tests/spec/needling/test_nearest_to_a_free_place.py
    """
    if point := points.acupoints().get(nearest):
        return _site_of(point)
    id, _dash, level = nearest.partition("-")
    row = muscles().get(id)
    if row is None or level not in (row.levels or ("",)):
        return None
    return Site(SiteKind.MUSCLE, id, region_at(id, level or None), level or None)


def nearest_named(word: str) -> str:
    """The muscle with its level, or the point, of one word, as it is stored: `multifidus-L4` for `mult-L4`.

    Source: judgement
    Check: tests/spec/needling/test_nearest_to_a_free_place.py

    Raises:
        UnknownSite: no muscle or point, two muscles, several levels, or a place without a name of its own.
    """
    if not word or word.startswith("@"):
        raise UnknownSite(
            "Nearest to a place is a muscle with its level or a point, such as mult-L5 or ST36.", "mult-L5"
        )
    first, *more = sites_named(word)
    if more:
        meant = site_word(first.kind, first.site, first.level, first.region)
        raise UnknownSite(Sentence("Nearest is one site, not several. Did you mean {meant}?", meant=meant), meant)
    return f"{first.site}-{first.level}" if first.level else first.site


@cache
def abbreviation(muscle_id: str) -> str:
    """The shortest word that is read as this muscle: from the table, else made of the beginnings of its name."""
    for word, owner in abbreviations().items():
        if owner == muscle_id:
            return word
    words = muscle_id.split("_")
    for length in range(2, 12):
        made = "".join(w[:length] for w in words)
        if _owners().get(made) is None and _all_words(made) == [muscle_id]:
            return made
    return muscle_id


@cache
def muscle_words() -> Mapping[str, str]:
    """Every muscle's id with its abbreviation, in table order: what the reference page lists."""
    return {row.id: abbreviation(row.id) for row in muscles().values()}


@cache
def _owners() -> Mapping[str, str]:
    """Whole words that name one muscle: abbreviations, ids and names, then synonyms that only one muscle has."""
    found: dict[str, str] = {}
    for row in muscles().values():
        for name in (row.id, row.name):
            found.setdefault(_squeezed(name), row.id)
    synonyms: dict[str, set[str]] = {}
    for row in muscles().values():
        for name in row.synonyms:
            synonyms.setdefault(_squeezed(name), set()).add(row.id)
    for name, owners in synonyms.items():
        if len(owners) == 1:
            found.setdefault(name, next(iter(owners)))
    return found | dict(abbreviations())


def _muscle_id(word: str) -> str:
    asked = _squeezed(word)
    if not asked:
        raise UnknownSite(Sentence("“{word}” is no muscle or point.", word=word))
    if owner := _owners().get(asked):
        return owner
    for found in (_all_words(asked), _first_words(asked)):
        if len(found) == 1:
            return found[0]
        if found:
            shown = " or ".join(abbreviation(id) for id in found[:4])
            raise UnknownSite(Sentence("“{word}” could be {shown}.", word=word, shown=shown), abbreviation(found[0]))
    near = get_close_matches(asked, [*_owners(), *muscle_words().values()], n=1, cutoff=0.6)
    if near:
        meant = abbreviation(_owners().get(near[0], near[0])) if near[0] in _owners() else near[0]
        raise UnknownSite(
            Sentence("“{word}” is no muscle or point. Did you mean {meant}?", word=word, meant=meant), meant
        )
    raise UnknownSite(Sentence("“{word}” is no muscle or point.", word=word))


def _all_words(asked: str) -> list[str]:
    return [id for id, words in _name_words() if _begins(asked, words, whole=True)]


def _first_words(asked: str) -> list[str]:
    return [id for id, words in _name_words() if _begins(asked, words, whole=False)]


@cache
def _name_words() -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((id, tuple(id.split("_"))) for id in muscles())


def _begins(asked: str, words: tuple[str, ...], *, whole: bool) -> bool:
    """True if `asked` is made of the beginnings of the words, of all or of the first ones."""
    if not asked:
        return not words if whole else True
    if not words:
        return False
    head = words[0]
    for n in range(min(len(asked), len(head)), 0, -1):
        if head.startswith(asked[:n]) and _begins(asked[n:], words[1:], whole=whole):
            return True
    return False


def _by_level(name: str, first: str, last: str) -> tuple[Site, ...]:
    row = muscle(_muscle_id(name))
    if not row.levels:
        raise UnknownSite(Sentence("{row} is not charted by level.", row=row.name), abbreviation(row.id))
    if first not in ROOT_INDEX or last not in ROOT_INDEX or ROOT_INDEX[first] > ROOT_INDEX[last]:
        raise UnknownSite(
            Sentence("{first}-{last} is not a stretch of spinal levels.", first=first, last=last)
            if first != last
            else Sentence("{level} is no level.", level=first)
        )
    levels = ROOTS[ROOT_INDEX[first] : ROOT_INDEX[last] + 1]
    for level in levels:
        if level not in row.levels:
            word = f"{abbreviation(row.id)}-{row.levels[-1]}"
            raise UnknownSite(
                Sentence(
                    "{row} is charted from {first} to {last}, not at {level}.",
                    row=row.name,
                    first=row.levels[0],
                    last=row.levels[-1],
                    level=level,
                ),
                word,
            )
    return tuple(Site(SiteKind.MUSCLE, row.id, region_at(row.id, level), level) for level in levels)


def _point(word: str) -> Site | None:
    hit = _POINT.match(word)
    if not hit:
        return None
    meridian = hit["meridian"].upper()
    code = f"{points.OLDER_CODES.get(meridian, meridian)}{int(hit['number'])}"
    row = points.acupoints().get(code)
    if row is None:
        if meridian not in points.OLDER_CODES and not any(id.startswith(meridian) for id in points.acupoints()):
            return None
        highest = max((int(re.sub(r"\D", "", id)) for id in points.acupoints() if id.startswith(code[:2])), default=0)
        raise UnknownSite(
            Sentence(
                "There is no {code}; {meridian} has {highest} points.", code=code, meridian=code[:2], highest=highest
            ),
            f"{code[:2]}{highest}",
        )
    return _site_of(row)


def _site_of(row: points.Acupoint) -> Site:
    return Site(SiteKind.ACUPOINT, row.id, NeedleRegion(row.region), is_midline=bool(row.midline))


@cache
def _point_names() -> Mapping[str, str]:
    """Pinyin without tones and hanzi of every point, where only one point has the name."""
    owners: dict[str, set[str]] = {}
    for row in points.acupoints().values():
        for name in (points.plain(row.pinyin), points.plain(row.hanzi)):
            owners.setdefault(name, set()).add(row.id)
    return {name: next(iter(ids)) for name, ids in owners.items() if len(ids) == 1}


def _free(region: str, words: str, nearest: str | None) -> Site:
    known = [r.value for r in NeedleRegion]
    if region not in known:
        near = get_close_matches(region, known, n=1, cutoff=0.0)[0]
        suffix = "" if nearest is None else f"~{nearest}"
        raise UnknownSite(
            Sentence("“{region}” is no region. Did you mean {near}?", region=region, near=near),
            f"@{near}/{words}{suffix}",
        )
    try:
        named = "" if nearest is None else nearest_named(nearest)
    except UnknownSite as fault:
        meant = f"@{region}/{words}~{fault.nearest}" if fault.nearest else ""
        raise UnknownSite(fault.sentence, meant) from fault
    return Site(SiteKind.FREE, words[:60], NeedleRegion(region), nearest=named)


def _squeezed(text: str) -> str:
    return re.sub(r"[^a-z]", "", text.casefold())
