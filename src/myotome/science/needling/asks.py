"""What is said before a needle: STOP, ASK and NOTE for one site, from the patient's facts and the site's hazards.

STOP is lifted only by correcting the fact that raised it. ASK wants a reason, once per visit and region. A STOP that
holds for an area stops where the fact names the area; outside it, or while only words describe it, it asks whether the
site lies there: the program cannot know. A depth is charted, not judged: only at an acupuncture point, deeper than the
deepest range of any source, it asks.

A free place has no row of its own: it takes the hazards of its region's muscles and points, as one ASK that says so, and
what would be a STOP at one of these sites asks whether the place lies there. What holds at the site named as nearest, and
not in the region, is asked besides: naming it takes nothing away.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from myotome.knowledge import acupoints as points
from myotome.knowledge.cautions import Caution, cautions
from myotome.knowledge.citations import citation
from myotome.knowledge.hazards import hazards
from myotome.science.needling.areas import lies_in
from myotome.science.needling.places import hazards_near, hazards_of_nearest, sites_in
from myotome.science.needling.sites import named_site, nearest_word
from myotome.vocabulary.anatomy import NeedleRegion
from myotome.vocabulary.courses import CautionLevel
from myotome.vocabulary.needling import SiteKind
from myotome.vocabulary.sentences import Sentence, joined

EVERYWHERE = "everywhere"
BY_SITE = ("hazards", "electrical_at", "muscles", "points")
"""Scopes of rules that hold at named sites, or near a hazard of theirs."""
OF_CURRENT = ("electrical", "electrical_at")
FREE_PLACE = Sentence(
    "A free place: what lies under it is in no table. Muscles and points of its region, {region}, lie near: {hazards}."
)
MAY_LIE_THERE = Sentence("{said} A free place: asked because sites of its region, {region}, are meant.")
OF_NEAREST = Sentence("{said} A free place: asked because of {nearest}, which is named as nearest.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Warning:
    """One thing to say before a needle. `place` is the region for which an answer counts, or `EVERYWHERE`.

    `is_of_hand` when it is about who holds the needle and not about the patient or the site, `is_of_current` when it is
    said of a needle with current only. `areas` are those named so far of a fact that holds in an area, None for any other.
    """

    level: CautionLevel
    code: str
    words: str
    place: str
    fact: str = ""
    detail: str = ""
    is_of_hand: bool = False
    is_of_current: bool = False
    areas: tuple[str, ...] | None = None


def gravest_first(warnings: Iterable[Warning]) -> tuple[Warning, ...]:
    """STOP first, then ASK, then NOTE, else as they came.

    Source: judgement
    Check: tests/spec/needling/test_what_is_said_before_a_needle.py
    """
    order = tuple(CautionLevel)
    return tuple(sorted(warnings, key=lambda warning: order.index(warning.level)))


def before_needle(
    *,
    site_kind: SiteKind,
    site: str,
    level: str | None,
    region: NeedleRegion,
    facts: Mapping[str, str],
    areas: Mapping[str, Collection[str]] | None = None,
    side: str = "",
    depth_mm: int | None = None,
    is_electrical: bool = False,
    is_retained: bool = False,
    rules: Sequence[Caution] | None = None,
    nearest: str = "",
) -> tuple[Warning, ...]:
    """All warnings for a needle at this site: STOP first, then ASK, then NOTE.

    `facts` are the codes of present facts with their details, `areas` those of them whose area is named, as `arm:left`;
    `rules` are the cautions of the clinic (None: as shipped). Without a `side` the needle may be of either.
    `is_retained` is a needle left in the skin after the visit, not one that rests during it; `nearest` is of a free place.

    Source: each rule's and hazard's own sources
    Check: tests/spec/needling/test_what_is_said_before_a_needle.py
    """
    is_free = site_kind is SiteKind.FREE
    near, names = hazards_near(site_kind, site, level, region), sites_in(region) if is_free else frozenset({site})
    beside = named_site(nearest) if is_free else None
    added = [code for code in hazards_of_nearest(nearest) if code not in near] if beside else []
    found = []
    for rule in cautions() if rules is None else rules:
        if rule.fact and rule.fact not in facts:
            continue
        is_here = _holds(rule, names, region, near, is_electrical, is_retained)
        if not is_here and not (
            beside and _holds(rule, (beside.site,), beside.region, added, is_electrical, is_retained)
        ):
            continue
        named = tuple((areas or {}).get(rule.fact, ())) if rule.scope == "area" else None
        level = CautionLevel(rule.level)
        is_stopped_here = named is not None and level is CautionLevel.STOP and lies_in(named, region, side)
        warning = Warning(
            level=CautionLevel.ASK
            if named is not None and level is CautionLevel.STOP and not is_stopped_here
            else level,
            code=rule.code,
            words=rule.sentence,
            place=EVERYWHERE if rule.scope == "all" else f"{region.value}:{side}" if is_stopped_here else region.value,
            fact=rule.fact,
            detail=facts.get(rule.fact, ""),
            is_of_current=rule.scope in OF_CURRENT,
            areas=named,
        )
        if not is_here:
            warning = _asked_of_free_place(warning, OF_NEAREST, nearest=nearest_word(nearest))
        elif is_free and rule.scope in BY_SITE and region.value not in rule.where:
            warning = _asked_of_free_place(warning, MAY_LIE_THERE, region=place_words(region))
        found.append(warning)
    found += _of_free_place(near, region) if is_free else _of_hazards(near, region, facts)
    found += [
        _asked_of_free_place(one, OF_NEAREST, nearest=nearest_word(nearest))
        for one in _of_hazards(added, region, facts)
    ]
    found += _deeper_than_ranges(site_kind, site, region, depth_mm)
    return gravest_first(found)


def _of_hazards(near: Collection[str], region: NeedleRegion, facts: Mapping[str, str]) -> list[Warning]:
    return [
        Warning(level=CautionLevel.ASK, code=code, words=f"{row.name}: {row.what_to_do}", place=region.value)
        for code, row in ((code, hazards()[code]) for code in near)
        if row.needs_ack and not (code == "pregnancy" and "pregnancy" not in facts)
    ]


def _of_free_place(near: Collection[str], region: NeedleRegion) -> list[Warning]:
    """One word for all of them: an ASK as soon as one of them asks at a named site, else a NOTE."""
    rows = [hazards()[code] for code in near]
    if not rows:
        return []
    first = sorted(rows, key=lambda row: not row.needs_ack)
    words = FREE_PLACE.filled(region=place_words(region), hazards=joined([row.name for row in first], ", "))
    level = CautionLevel.ASK if first[0].needs_ack else CautionLevel.NOTE
    return [Warning(level=level, code="free_place", words=words, place=region.value)]


def _asked_of_free_place(warning: Warning, why: Sentence, **places: str) -> Warning:
    """A rule of some sites at a place that may be one of them: the program cannot know, and a STOP asks."""
    level = CautionLevel.ASK if warning.level is CautionLevel.STOP else warning.level
    return replace(warning, level=level, words=why.filled(said=warning.words, **places))


def place_words(region: NeedleRegion) -> Sentence:
    """The region in words, for a sentence.

    Source: judgement
    Check: tests/spec/needling/test_what_is_said_before_a_needle.py
    """
    return Sentence(region.value.replace("_", " "))


def unanswered(warnings: Collection[Warning], answered: Collection[tuple[str, str]]) -> tuple[Warning, ...]:
    """The STOPs, and the ASKs whose (code, place) is not among the answers.

    Source: judgement
    Check: tests/spec/needling/test_what_is_said_before_a_needle.py
    """
    return tuple(
        w
        for w in warnings
        if w.level is CautionLevel.STOP or (w.level is CautionLevel.ASK and (w.code, w.place) not in answered)
    )


def takes_a_reason(code: str, rules: Sequence[Caution]) -> bool:
    """True for what may be asked before some needle: hazards, depths, lots, credentials of a region, and the cautions
    that ask, or that stop at some sites and ask elsewhere. A STOP for the whole body never takes one.

    Source: judgement
    Check: tests/spec/needling/test_asks_and_missing_needles.py
    """
    if code in hazards() or code in ("free_place", "lot_expired", "lot_empty") or code.startswith("depth_"):
        return True
    if code.startswith("credential_"):
        return code.count("_") > 1
    return any(
        rule.code == code and (rule.level is CautionLevel.ASK or rule.scope in ("area", *BY_SITE)) for rule in rules
    )


def _holds(
    rule: Caution,
    names: Collection[str],
    region: NeedleRegion,
    near: Collection[str],
    is_electrical: bool,
    is_retained: bool,
) -> bool:
    match rule.scope:
        case "region":
            return region.value in rule.where
        case "muscles" | "points":
            return any(name in rule.where for name in names)
        case "hazards":
            return any(code in rule.where for code in near)
        case "electrical":
            return is_electrical
        case "electrical_at":
            return is_electrical and (region.value in rule.where or any(code in rule.where for code in near))
        case "retained":
            return is_retained
    return True


def deepest_range(point: str) -> tuple[int, tuple[str, ...]] | None:
    """Where the deepest range of any source ends at a point, in mm, and whose it is; None where nobody gives one.

    A report about sources, never advice: no depth is safe. One cun is 25 mm.

    Source: knowledge/acupoints/depths.csv
    Check: tests/spec/needling/test_what_is_said_before_a_needle.py
    """
    row = points.acupoints().get(point)
    if row is None or not row.depths:
        return None
    top = max(depth.high_mm for depth in row.depths)
    return top, tuple(dict.fromkeys(depth.source for depth in row.depths if depth.high_mm == top))


def _deeper_than_ranges(site_kind: SiteKind, site: str, region: NeedleRegion, depth_mm: int | None) -> list[Warning]:
    deepest = deepest_range(site) if site_kind is SiteKind.ACUPOINT else None
    if deepest is None or depth_mm is None or depth_mm <= deepest[0]:
        return []
    words = Sentence(
        "{point} at {depth} mm is deeper than any source's range: the deepest ends at {top} mm, one cun as 25 mm ({source}).",
        point=site,
        depth=depth_mm,
        top=deepest[0],
        source=joined([citation(key).words.rstrip(".") for key in deepest[1]]),
    )
    return [Warning(level=CautionLevel.ASK, code=f"depth_{site}", words=words, place=region.value)]
