"""Then and now: the muscles found shortened at the first examination and at the last, on two plates of one crop.

A muscle counts as let go when it was shortened then and was examined and found normal now; one that was not examined
again counts for neither. What is shared with the patient is a copy of the last state, in her words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from myotome.clinic.followup.queries import CourseStory
from myotome.knowledge import muscles as muscle_table
from myotome.pages.plates import body_plate, crop_for, part_key, shapes_of, split_key


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
        "then": _plate(view, then, crop, _("Shortened muscles then")),
        "now": _plate(view, now, crop, _("Shortened muscles now")),
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
    }


def shared_plate(content: Mapping[str, Any]) -> SafeString | str:
    """The plate of what was shared; empty when nothing of it can be drawn."""
    states = {str(key): int(grade) for key, grade in content.get("states", {}).items()}
    if not states:
        return ""
    view = _view(states)
    return _plate(view, states, f"whole_{view}", _("My muscles"))


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


def _plate(view: str, states: Mapping[str, int], crop: str, title: str) -> SafeString:
    table = muscle_table.muscles()
    names = {}
    for key in states:
        _side, muscle, level = split_key(key)
        names[key] = f"{table[muscle].name if muscle in table else muscle} {level}".strip()
    return body_plate(view, states=dict(states), crop=crop, title=title, names=names)
