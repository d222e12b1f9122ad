"""The needles of a visit on the body: which views, which part of each, planned rings, needles in, needles out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from myotome.clinic.needling.queries import NeedleInsertion
from myotome.pages.needling.sites import WaitingSite, plate_key, site_of_key
from myotome.pages.plates import CUTS, NeedleMark, body_plate, crop_for, locator, part_key, shapes_of
from myotome.vocabulary.needling import NeedleState, SiteKind

STATES = {NeedleState.IN.value: "in", NeedleState.FRAGMENT.value: "in", NeedleState.LEFT_IN.value: "in"}


def plates_of(
    needles: Sequence[NeedleInsertion],
    waiting: Sequence[WaitingSite],
    findings: Iterable[Any],
    site: dict[str, Any] | None,
) -> list[SafeString]:
    """The region under the needle, opened, then the small whole views that say where; none before the first site."""
    marks: list[NeedleMark] = []
    for needle in needles:
        if key := plate_key(needle.site_kind, needle.site, needle.level, needle.side):
            marks.append(NeedleMark(needle.number, key, STATES.get(needle.state, "out")))
    number = max((needle.number for needle in needles), default=0)
    for row in waiting:
        number += 1
        place = site_of_key(row.key)
        if key := plate_key(place["site_kind"].value, place["site"], place["level"], row.side):
            marks.append(NeedleMark(number, key, "planned"))
    states: dict[str, int | None] = {mark.key: None for mark in marks}
    for finding in findings:
        if finding.kind == "muscle" and finding.sign == "shortened":
            states[part_key(finding.subject, finding.side, finding.level)] = finding.grade
    for needle in needles:
        key = plate_key(needle.site_kind, needle.site, needle.level, needle.side)
        if key and needle.site_kind == SiteKind.MUSCLE.value and (grade := _met(needle)) is not None:
            states[key] = grade
    chosen = plate_key(site["site_kind"].value, site["site"], site["level"], site["side"].value) if site else None
    here = chosen or (marks[-1].key if marks else "")
    if not here:
        return []
    view, crop = opened(here, [mark.key for mark in marks])
    main = body_plate(
        view,
        states=states,
        selected=[chosen] if chosen else [],
        crop=crop,
        needles=[mark for mark in marks if _view_of(mark.key) == view],
        title=_("Needles, back view") if view == "back" else _("Needles, front view"),
    )
    others = [v for v in ("back", "front") if v == view or any(_view_of(mark.key) == v for mark in marks)]
    return [main, *(locator(v, crop=crop, states=states, needles=marks) for v in others)]


def opened(here: str, keys: Sequence[str]) -> tuple[str, str]:
    """The view of the site under the needle, and the part of it to open: with most of the other sites, then smallest."""
    view = _view_of(here) or "back"
    inside = {
        name: sum(_lies_in(key, name) for key in keys)
        for name, (v, _box) in CUTS.items()
        if v == view and name not in TOO_WIDE and _lies_in(here, name)
    }
    if not inside:
        return view, crop_for(view, [here])
    return view, max(inside, key=lambda name: (inside[name], -CUTS[name][1][2] * CUTS[name][1][3]))


TOO_WIDE = ("whole_front", "whole_back", "back_half", "lower_half_back", "lower_half_front")


def _lies_in(key: str, crop: str) -> bool:
    view, (x, y, w, h) = CUTS[crop]
    boxes = [s.box for s in shapes_of(key)[-1:] if s.view == view]
    return any(x <= b[0] and y <= b[1] and b[2] <= x + w and b[3] <= y + h for b in boxes)


def _met(needle: NeedleInsertion) -> int | None:
    """How strongly the muscle held today's needle: 0 painless, else its grasp; None when neither was charted."""
    return 0 if needle.painless else needle.grasp


def _view_of(key: str) -> str:
    shapes = shapes_of(key)
    return shapes[-1].view if shapes else ""
