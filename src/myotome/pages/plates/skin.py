"""The skin of the body as a plate: the area of each root, stippled in the ink of nerves where a sign is present.

More signs make denser stipples, as higher grades make denser fibres, so that it reads in grey print and with any colour
vision. An area that was examined and bore no sign is outlined; one that was not is pale with a broken line. Keys are
`"left:L5"`. Areas are schematic.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from django.utils.html import escape
from django.utils.safestring import SafeString

from myotome.pages.plates.crops import Box
from myotome.pages.plates.dermatomes import areas, middle, path_of, size_of
from myotome.pages.plates.lettering import description, leader_lines, words_of
from myotome.pages.plates.outlines import parts, skin
from myotome.pages.plates.sheet import new_uid, skin_clip, svg_of
from myotome.pages.plates.sides import side_words_of
from myotome.vocabulary.anatomy import ROOTS

STIPPLES = {1: (9.0, 1.5), 2: (6.5, 1.6), 3: (4.6, 1.6)}
"""Signs of one area (three for three or more): distance and radius of its dots."""

FEATURES = ("hair", "hands", "feet", "knees")
UNSEEN = ("S4", "S5")
"""Areas too small for letters; the list and the labels have them."""


def areas_of(view: str) -> list[str]:
    """Keys of all areas that a view shows."""
    return [f"{side}:{root}" for root in ROOTS for side in ("left", "right") if areas(view, root, side)]


def middle_of(key: str, view: str) -> tuple[float, float] | None:
    """Where a leader line meets the area; None where the view does not show it."""
    side, _sep, root = key.partition(":")
    return middle(view, root, side)


def skin_area(key: str, view: str, grade: int | None, uid: str, *, is_selected: bool = False) -> str:
    """The paths of one area, cut to the skin; `grade` counts its signs, 0 is examined without one."""
    side, _sep, root = key.partition(":")
    classes = ["area", "rest" if grade is None else f"s{grade}"] + ["selected"] * is_selected
    fill = f' fill="url(#{uid}s{grade})"' if grade else ""
    path = "".join(path_of(polygon) for polygon in areas(view, root, side))
    return f'<path class="{" ".join(classes)}"{fill} clip-path="url(#{uid}skin)" d="{path}"/>' if path else ""


def stipples(uid: str, scale: float, grades: Collection[int]) -> str:
    """The dots of each number of signs, as patterns."""
    rows = []
    for grade in sorted(grades):
        apart, radius = (scale * n for n in STIPPLES[grade])
        rows.append(
            f'<pattern id="{uid}s{grade}" width="{apart:.1f}" height="{apart:.1f}" patternUnits="userSpaceOnUse" '
            f'patternTransform="rotate(45)"><rect width="{apart:.1f}" height="{apart:.1f}" class="stipple-ground"/>'
            f'<circle cx="{apart / 2:.2f}" cy="{apart / 2:.2f}" r="{radius:.2f}" class="stipple-dot"/></pattern>'
        )
    return "".join(rows)


def skin_plate(
    view: str,
    box: Box,
    *,
    states: Mapping[str, int | None],
    names: Mapping[str, str],
    details: Mapping[str, str],
    selected: Collection[str] = (),
    leaders: Mapping[str, float],
    href: Callable[[str], str],
    title: str,
) -> SafeString:
    """One view of the skin; `states` maps keys to the number of signs (at most 3), None for not tested.

    Every area is a link for a finger or a mouse; by keyboard the page has other ways to the same places. `leaders`
    draws lines from the left edge at a share of the height, for a page that has the names beside the picture.
    """
    uid = new_uid()
    body = [skin_clip(uid, view), f'<path class="skin" d="{skin(view)}"/>']
    shown = {key: states.get(key) for key in areas_of(view)}
    for key in sorted(shown, key=lambda key: key in selected):
        drawn = skin_area(key, view, shown[key], uid, is_selected=key in selected)
        way = f'href="{escape(href(key))}" aria-label="{escape(words_of(key, shown[key], names, details))}"'
        body.append(f'<a class="part" tabindex="-1" {way}>{drawn}</a>')
    body.append(f'<path class="skin-line" d="{skin(view)}"/>')
    body += [f'<path class="feature" d="{part.path}"/>' for part in parts(view) if part.slug in FEATURES]
    body += _letters(shown, leaders, view, box)
    at = {key: middle_of(key, view) for key in leaders}
    return svg_of(
        uid,
        view,
        box,
        stipples(uid, box[3] / 440, {grade for grade in shown.values() if grade}),
        body,
        leader_lines(((place, leaders[key]) for key, place in at.items() if place), box),
        title,
        description({key: states[key] for key in states if states[key] is not None}, names, details),
        True,
        "skin-plate",
        box,
        side_words_of(view, box, is_inside=True),
        is_band_inside=True,
    )


def _letters(keys: Collection[str], led: Collection[str], view: str, box: Box) -> list[str]:
    """The root's name in each area that is as high as a letter; one that a leader leads to is named by its label."""
    size = min(13 * box[3] / 440, 26.0)
    top = box[1] + 1.9 * size  # below the words left and right
    found = []
    for key in keys:
        side, _sep, root = key.partition(":")
        polygon = areas(view, root, side)[0]
        at = middle(view, root, side)
        wide = max(x for x, _y in polygon) - min(x for x, _y in polygon)
        if at and at[1] > top and root not in UNSEEN and size_of(polygon) / wide > 0.95 * size:
            words = f'x="{at[0]:.0f}" y="{at[1]:.0f}" font-size="{size:.1f}"'
            name = "area-name led" if key in led else "area-name"
            found.append(f'<text class="{name}" {words}>{escape(root)}</text>')
    return found
