"""The needles of a visit on the body: which views, which part of each, planned rings, needles in, needles out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from myotome.clinic.needling.queries import NeedleInsertion
from myotome.pages.needling.places import Place, place_of
from myotome.pages.needling.sites import WaitingSite, site_of_key
from myotome.pages.plates import CUTS, NeedleMark, body_plate, crop_for, locator, part_key
from myotome.vocabulary.needling import NeedleState, SiteKind

STATES = {NeedleState.IN.value: "in", NeedleState.FRAGMENT.value: "in", NeedleState.LEFT_IN.value: "in"}


def plates_of(
    needles: Sequence[NeedleInsertion],
    waiting: Sequence[WaitingSite],
    findings: Iterable[Any],
    site: dict[str, Any] | None,
) -> list[SafeString]:
    """The region under the needle, opened, then the small whole views that say where; none before the first site."""
    numbered = [
        (needle.number, place_of(needle.site_kind, needle.site, needle.level, needle.side), _state_of(needle))
        for needle in needles
    ]
    last = max((needle.number for needle in needles), default=0)
    numbered += [(last + n, _place_of(site_of_key(row.key)), "planned") for n, row in enumerate(waiting, 1)]
    marks = [_mark(number, place, state) for number, place, state in numbered if place]
    places = [place for _number, place, _state in numbered if place]
    states: dict[str, int | None] = {place.key: None for place in places if place.key}
    for finding in findings:
        if finding.kind == "muscle" and finding.sign == "shortened":
            states[part_key(finding.subject, finding.side, finding.level)] = finding.grade
    for needle, (_number, place, _state) in zip(needles, numbered, strict=False):
        if place and needle.site_kind == SiteKind.MUSCLE.value and (grade := _met(needle)) is not None:
            states[place.key] = grade
    chosen = _place_of(site) if site else None
    here = chosen or (places[-1] if places else None)
    if here is None:
        return []
    view, crop = opened(here, places)
    main = body_plate(
        view,
        states=states,
        selected=[chosen.key] if chosen and chosen.key else [],
        crop=crop,
        needles=marks,
        title=_("Needles, back view") if view == "back" else _("Needles, front view"),
    )
    others = [v for v in ("back", "front") if v == view or any(place.view == v for place in places)]
    return [main, *(locator(v, crop=crop, states=states, needles=marks) for v in others)]


def opened(here: Place, places: Sequence[Place]) -> tuple[str, str]:
    """The view of the site under the needle, and the part of it to open: with most of the other sites, then smallest."""
    view = here.view
    inside = {
        name: sum(_lies_in(place, name) for place in places)
        for name, (v, _box) in CUTS.items()
        if v == view and name not in TOO_WIDE and _lies_in(here, name)
    }
    if not inside:
        return view, crop_for(view, [here.key])
    return view, max(inside, key=lambda name: (inside[name], -CUTS[name][1][2] * CUTS[name][1][3]))


TOO_WIDE = ("whole_front", "whole_back", "back_half", "lower_half_back", "lower_half_front")


def _lies_in(place: Place, crop: str) -> bool:
    (view, (x, y, w, h)), (x0, y0, x1, y1) = CUTS[crop], place.box
    return view == place.view and x <= x0 and y <= y0 and x1 <= x + w and y1 <= y + h


def _mark(number: int, place: Place, state: str) -> NeedleMark:
    """A needle in a muscle lies along it with the others there, one at a point on its own spot."""
    if place.is_point:
        return NeedleMark(number, place.key, state, place.view, place.at)
    return NeedleMark(number, place.key, state, place.view)


def _place_of(site: dict[str, Any]) -> Place | None:
    return place_of(site["site_kind"].value, site["site"], site["level"], str(site["side"].value))


def _state_of(needle: NeedleInsertion) -> str:
    return STATES.get(needle.state, "out")


def _met(needle: NeedleInsertion) -> int | None:
    """How strongly the muscle held today's needle: 0 painless, else its grasp; None when neither was charted."""
    return 0 if needle.painless else needle.grasp
