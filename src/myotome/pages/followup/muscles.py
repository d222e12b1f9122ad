"""Then and now: the muscles found shortened at the first examination and at the last, on two plates of one crop.

A muscle counts as let go when it was shortened then and was examined and found normal now; one that was not examined
again counts for neither. What is shared with the patient is a copy of the last state, in her words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from myotome.clinic.followup.queries import CourseStory
from myotome.knowledge import muscles as muscle_table
from myotome.knowledge.muscles import region_at
from myotome.pages.plates import body_plate, crop_for, part_key, shapes_of, split_key
from myotome.pages.plates.on_paper import plate_on_paper
from myotome.vocabulary.anatomy import NeedleRegion

PAPER_PX = 270
THEN_AND_NOW_PX, ON_HER_PAGE_PX, LAY_PX = (112.0, 280.0), (96.0, 188.0), (150.0, 240.0)
"""The smallest size of a plate on the course page, small on the patient's page, and on her page of muscles."""


def then_and_now(story: CourseStory) -> dict[str, Any] | None:
    """Both plates with their days and counts; None before there are two examinations with shortened muscles charted."""
    if len(story.muscles) < 2:
        return None
    (first_on, first), (last_on, last) = story.muscles[0], story.muscles[-1]
    then, now = _states(first), _states(last)
    view = _view({**then, **now})
    crop = crop_for(view, [key for key in (*then, *now) if _drawn(key, view)])
    return {
        "first_on": first_on,
        "last_on": last_on,
        "n_first": _n_shortened(then),
        "n_still": _n_shortened(now),
        "n_let_go": n_let_go(then, now),
        "then": _plate(view, then, crop, _("Shortened muscles then"), THEN_AND_NOW_PX),
        "now": _plate(view, now, crop, _("Shortened muscles now"), THEN_AND_NOW_PX),
    }


def muscles_to_share(story: CourseStory) -> dict[str, Any]:
    """What the patient will see: counts, days and the last state, as JSON."""
    if not story.muscles:
        return {}
    (first_on, first), (last_on, last) = story.muscles[0], story.muscles[-1]
    then, now = _states(first), _states(last)
    return {
        "first_on": first_on.isoformat(),
        "last_on": last_on.isoformat(),
        "n_first": _n_shortened(then),
        "n_still": _n_shortened(now),
        "n_let_go": n_let_go(then, now),
        "states": now,
        "states_first": then,
    }


def shared_plate(content: Mapping[str, Any]) -> SafeString | str:
    """The plate of what was shared; empty when nothing of it can be drawn."""
    states = {str(key): int(grade) for key, grade in content.get("states", {}).items()}
    if not states:
        return ""
    view = _view(states)
    return _plate(view, states, f"whole_{view}", _("My muscles"), ON_HER_PAGE_PX)


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaceThenAndNow:
    """Muscles of one region of one side: tight at first; of those still tight, let go, not felt again; tight anew."""

    region: str
    side: str
    n_first: int
    n_still: int
    n_let_go: int
    n_unseen: int
    n_new: int


def places_then_and_now(then: Mapping[str, int], now: Mapping[str, int]) -> list[PlaceThenAndNow]:
    """One row for each region and side where a muscle was tight then or is now, head to foot, left before right."""
    places: dict[tuple[str, str], list[str]] = {}
    for key in dict.fromkeys((*then, *now)):
        if then.get(key) or now.get(key):
            side, muscle, level = split_key(key)
            places.setdefault((region_at(muscle, level or None).value, side), []).append(key)
    order = [region.value for region in NeedleRegion]
    rows = []
    for (region, side), keys in sorted(places.items(), key=lambda item: (order.index(item[0][0]), item[0][1])):
        first = [key for key in keys if then.get(key)]
        rows.append(
            PlaceThenAndNow(
                region=region,
                side=side,
                n_first=len(first),
                n_still=sum(bool(now.get(key)) for key in first),
                n_let_go=sum(now.get(key) == 0 for key in first),
                n_unseen=sum(now.get(key) is None for key in first),
                n_new=sum(bool(now.get(key)) and not then.get(key) for key in keys),
            )
        )
    return rows


def muscles_in_lay_words(content: Mapping[str, Any], *, on_paper: bool = False) -> dict[str, Any]:
    """The two pictures and the rows of what was shared; empty where the first state was not shared."""
    if not content.get("states_first"):
        return {}
    then, now = ({str(k): int(v) for k, v in content[name].items()} for name in ("states_first", "states"))
    rows = places_then_and_now(then, now)
    shown = [view for view in ("back", "front") if any(_drawn(key, view) for key in _tight(then) | _tight(now))]
    plates = {
        word: [_lay_plate(view, states, title, on_paper) for view in shown or ["back"]]
        for word, states, title in (("then", then, _("My muscles then")), ("now", now, _("My muscles now")))
    }
    return plates | {
        "rows": rows,
        "first_on": date.fromisoformat(content["first_on"]),
        "last_on": date.fromisoformat(content["last_on"]),
        "is_once": content["first_on"] == content["last_on"],
        "n_first": sum(row.n_first for row in rows),
        "n_still": sum(row.n_still + row.n_new for row in rows),
        "n_let_go": sum(row.n_let_go for row in rows),
        "n_unseen": sum(row.n_unseen for row in rows),
        "n_new": sum(row.n_new for row in rows),
    }


def _tight(states: Mapping[str, int]) -> set[str]:
    return {key for key, grade in states.items() if grade}


def _lay_plate(view: str, states: Mapping[str, int], title: str, on_paper: bool) -> SafeString | str:
    plate = _plate(view, states, f"whole_{view}", title, LAY_PX)
    return plate_on_paper(plate, height_px=PAPER_PX) if on_paper else plate


def n_let_go(then: Mapping[str, int], now: Mapping[str, int]) -> int:
    """How many were shortened then and were examined and found normal now."""
    return sum(1 for key, grade in then.items() if grade and now.get(key) == 0)


def _states(found: Mapping[tuple[str, str, str], int]) -> dict[str, int]:
    return {part_key(muscle, side, level or None): grade for (muscle, side, level), grade in found.items()}


def _n_shortened(states: Mapping[str, int]) -> int:
    return sum(1 for grade in states.values() if grade)


def _view(states: Mapping[str, int]) -> str:
    back = sum(_drawn(key, "back") for key, grade in states.items() if grade)
    front = sum(_drawn(key, "front") and not _drawn(key, "back") for key, grade in states.items() if grade)
    return "front" if front > back else "back"


def _drawn(key: str, view: str) -> bool:
    return any(shape.view == view for shape in shapes_of(key))


def _plate(view: str, states: Mapping[str, int], crop: str, title: str, shown_px: tuple[float, float]) -> SafeString:
    table = muscle_table.muscles()
    names = {}
    for key in states:
        _side, muscle, level = split_key(key)
        names[key] = f"{table[muscle].name if muscle in table else muscle} {level}".strip()
    return body_plate(view, states=dict(states), crop=crop, title=title, names=names, shown_px=shown_px)
