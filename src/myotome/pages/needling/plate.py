"""The needles of a visit on the body: which views, which part of each, planned rings, needles in, needles out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from myotome.clinic.needling.queries import NeedleInsertion
from myotome.pages.needling.sites import WaitingSite, plate_key, site_of_key
from myotome.pages.plates import NeedleMark, body_plate, crop_for, part_key, shapes_of
from myotome.vocabulary.needling import NeedleState

STATES = {NeedleState.IN.value: "in", NeedleState.FRAGMENT.value: "in", NeedleState.LEFT_IN.value: "in"}


def plates_of(
    needles: Sequence[NeedleInsertion],
    waiting: Sequence[WaitingSite],
    findings: Iterable[Any],
    site: dict[str, Any] | None,
) -> list[SafeString]:
    """One plate a view that has something to show, the view with most needles first; none before the first site."""
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
    chosen = plate_key(site["site_kind"].value, site["site"], site["level"], site["side"].value) if site else None
    weight = {view: sum(_view_of(mark.key) == view for mark in marks) for view in ("back", "front")}
    if not any(weight.values()) and chosen:
        weight[_view_of(chosen)] = 1
    plates = []
    for view in sorted(weight, key=lambda v: -weight[v]):
        if not weight[view]:
            continue
        keys = [mark.key for mark in marks if _view_of(mark.key) == view] or [chosen or ""]
        plates.append(
            body_plate(
                view,
                states=states,
                selected=[chosen] if chosen else [],
                crop=crop_for(view, keys),
                needles=[mark for mark in marks if _view_of(mark.key) == view],
                title=_("Needles, back view") if view == "back" else _("Needles, front view"),
            )
        )
    return plates


def _view_of(key: str) -> str:
    shapes = shapes_of(key)
    return shapes[-1].view if shapes else ""
