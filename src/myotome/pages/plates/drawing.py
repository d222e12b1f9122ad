"""Draws the body plate as SVG: an atlas plate, not an icon.

Muscles are engraved: fibres run in the muscle's direction and get denser with the grade, so that a plate reads in grey
print and with any colour vision. Every plate says in words what it shows. No style attribute and no script: classes
choose the ink (`frontend/styles/body.css`), patterns with ids unique to the plate choose the fibres.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from myotome.pages.plates.crops import CUTS, Box, framed
from myotome.pages.plates.lettering import description, labels_beside, leader_lines, side_words, words_of
from myotome.pages.plates.marks import NeedleMark, spots_of, spread
from myotome.pages.plates.outlines import MIDLINE_X, WHOLE, parts, skin
from myotome.pages.plates.shapes import Shape, ground, one_layer, shapes_of
from myotome.pages.plates.sheet import as_control, new_uid, skin_clip, svg_of
from myotome.pages.plates.sides import side_words_of
from myotome.pages.plates.skin import skin_area, stipples
from myotome.pages.plates.zones import ZONES, muscles_in, zone_polygon

FIBRES = {  # grade: (spacing, width of the line) in units of a plate drawn at one pixel a unit
    None: (7.0, 1.1),
    1: (9.0, 1.2),
    2: (5.4, 1.7),
    3: (3.4, 0.8),
}
DISC = 28.0
"""Across a needle's disc, in units of a plate drawn at one pixel a unit."""
PICKED_PX = (150.0, 380.0)
"""The smallest size of a view on which regions of pain are picked."""
BARE_PARTS = ("head", "hair", "hands", "feet", "ankles", "knees")


@dataclass
class _Fibres:
    """Collects the patterns that a plate uses; asks for each (grade, direction) once."""

    uid: str
    scale: float

    def __post_init__(self) -> None:
        self.used: dict[tuple[int | None, int, bool], str] = {}

    def fill(self, grade: int | None, degrees: float, *, fine: bool = False) -> str:
        """The fill that engraves a grade in a direction; grades 0 have no fibres and need no fill."""
        step = int(round(degrees / 4.0) * 4)
        name = f"{self.uid}f{'r' if grade is None else grade}a{step}{'s' if fine else ''}"
        self.used.setdefault((grade, step, fine), name)
        return f"url(#{name})"

    def definitions(self) -> str:
        rows = []
        for (grade, degrees, fine), name in self.used.items():
            spacing, width = FIBRES[grade]
            scale = self.scale * (0.55 if fine else 1.0)
            w = spacing * scale
            word = "rest" if grade is None else str(grade)
            rows.append(
                f'<pattern id="{name}" width="{w:.1f}" height="{w:.1f}" patternUnits="userSpaceOnUse" '
                f'patternTransform="rotate({degrees})"><rect width="{w:.1f}" height="{w:.1f}" '
                f'class="fibre-{word}-ground"/><path d="M{w / 2:.2f} 0V{w:.1f}" stroke-width="{width * scale:.2f}" '
                f'class="fibre-{word}-line"/></pattern>'
            )
        return "".join(rows)


def body_plate(
    view: str,
    *,
    states: Mapping[str, int | None] | None = None,
    selected: Collection[str] = (),
    hot: Collection[str] = (),
    crop: str | None = None,
    title: str = "",
    names: Mapping[str, str] | None = None,
    details: Mapping[str, str] | None = None,
    ratio: float | None = None,
    labelled: bool = False,
    leaders: Mapping[str, float] | None = None,
    deep: bool = True,
    href: Callable[[str], str] | str | None = None,
    pick: bool = False,
    needles: Sequence[NeedleMark] = (),
    zones: Mapping[str, tuple[str, str]] | None = None,
    css_class: str = "",
    shown_px: tuple[float, float] | None = None,
) -> SafeString:
    """One view of the body with the muscles of `states` engraved.

    `states` maps part keys (`shapes.part_key`) to a grade 0-3; None or absent is not tested. `names` maps keys to words
    for people, `details` to a second line ("shortened 3"). `crop` is a name of `crops.CUTS`. `ratio` grows it to that
    width by height. `labelled` sets names beside the figure on leader lines; `leaders` draws only the lines, from the left
    edge at a share of the height, for a page that has the names beside the picture. `href` (a function, or a text to which
    the key is added) makes every muscle of `states` a link; `pick` marks them for `<body-picker>`. `zones` maps keys (`side:region`) to address and words: links behind the
    muscles that open what lies there. Muscles that this view does not draw are left out of the picture but stay in the
    words. `shown_px` is the smallest size on a screen, for the words of the sides.
    """
    states = dict(states or {})
    names, details = dict(names or {}), dict(details or {})
    uid = new_uid()
    x, y, w, h = box_of(view, crop, ratio)
    fibres = _Fibres(uid, 1.0 if w < 450 else 1.6)
    body = [f'<path class="skin" d="{skin(view)}"/>']
    body += [f'<path class="quiet-part" d="{p.path}"/>' for p in parts(view) if p.slug in BARE_PARTS]
    drawn = {key: tuple(s for s in shapes_of(key) if s.view == view) for key in dict.fromkeys((*states, *selected))}
    drawn = {key: shapes for key, shapes in drawn.items() if shapes}
    replaced = {path for shapes in drawn.values() for s in shapes for path in s.paths}
    any_deep = deep and any(s.deep for shapes in drawn.values() for s in shapes)
    for shape in ground(view):
        for path in shape.paths:
            if path not in replaced:
                body.append(_ground_path(path, shape, fibres, ghost=any_deep and _covers(shape, drawn)))
    body += _zone_links(view, zones or {}, uid)
    ordered = sorted(drawn.items(), key=lambda item: (item[0] in selected, item[1][0].deep))
    for key, shapes in ordered:
        chosen = one_layer(shapes, deep=deep)
        word = words_of(key, states.get(key), names, details)
        paths = "".join(
            _state_path(path, s, states.get(key), fibres, key in selected, key in hot)
            for s in chosen
            for path in s.paths
        )
        body.append(as_control(key, paths, word, href, pick))
    body += _needle_marks(needles, view, max(1.0, h / 440), (x, y, w, h))
    margin_left, margin_right, labels = (
        labels_beside(drawn, states, names, details, (x, y, w, h)) if labelled and drawn else (0, 0, "")
    )
    labels += leader_lines(
        ((one_layer(drawn[key], deep=deep)[0].anchor, at) for key, at in (leaders or {}).items() if key in drawn),
        (x, y, w, h),
    )
    box = (x - margin_left, y, w + margin_left + margin_right, h)
    return svg_of(
        uid,
        view,
        box,
        fibres.definitions(),
        body,
        labels,
        title,
        description(states, names, details),
        href or pick,
        css_class,
        (x, y, w, h),
        side_words_of(view, (x, y, w, h), shown_px=shown_px, is_inside=bool(ratio)),
        is_band_inside=bool(ratio),
    )


def box_of(view: str, crop: str | None, ratio: float | None = None) -> Box:
    """What a plate shows of its view: the crop or all of it, grown to the ratio."""
    box = CUTS[crop][1] if crop else WHOLE[view]
    return framed(box, ratio) if ratio else box


def anchor_of(key: str, view: str, *, deep: bool = True) -> tuple[float, float] | None:
    """Where a leader line meets the muscle in this view; None where the view does not draw it."""
    shapes = one_layer(tuple(s for s in shapes_of(key) if s.view == view), deep=deep)
    return shapes[0].anchor if shapes else None


def region_plate(
    view: str,
    *,
    selected: Collection[str] = (),
    names: Mapping[str, str] | None = None,
    title: str = "",
    href: Callable[[str], str] | str | None = None,
    pick: bool = False,
    css_class: str = "",
) -> SafeString:
    """One view of the body with regions of pain to point at; keys are `side:region`, chosen ones are engraved."""
    names = dict(names or {})
    uid = new_uid()
    x, y, w, h = WHOLE[view]
    fibres = _Fibres(uid, 1.6)
    body = [f'<path class="skin" d="{skin(view)}"/>']
    body += [f'<path class="quiet-part" d="{p.path}"/>' for p in parts(view) if p.slug in BARE_PARTS]
    placed: set[str] = set()
    zones = []
    for region in ZONES:
        for side in ("left", "right"):
            polygon = zone_polygon(view, region, side)
            if not polygon:
                continue
            key = f"{side}:{region}"
            on = key in selected
            points = " ".join(f"{px:.0f},{py:.0f}" for px, py in polygon)
            inner = f'<polygon class="zone" points="{points}" clip-path="url(#{uid}skin)"/>'
            for shape, i in muscles_in(view, region, side):
                path = shape.paths[i]
                if path in placed:
                    continue
                placed.add(path)
                rest, full = fibres.fill(None, shape.fibre_deg), fibres.fill(3, shape.fibre_deg)
                inner += (
                    f'<path class="m" fill="{full if on else rest}" data-off="{rest}" data-on="{full}" d="{path}"/>'
                )
            word = names.get(key) or side_words(region.replace("_", " "), side)
            zones.append(as_control(key, inner, word, href, pick, extra=" chosen" if on else ""))
    left_over = [
        _ground_path(path, s, fibres, ghost=False) for s in ground(view) for path in s.paths if path not in placed
    ]
    told = [names.get(k) or side_words(k.partition(":")[2].replace("_", " "), k.partition(":")[0]) for k in selected]
    words = _("Chosen: %(places)s.") % {"places": ", ".join(told)} if told else _("Nothing chosen.")
    box = (x, y, w, h)
    return svg_of(
        uid,
        view,
        box,
        fibres.definitions(),
        [skin_clip(uid, view), *body, *left_over, *zones],
        "",
        title,
        words,
        href or pick,
        css_class,
        box,
        side_words_of(view, box, shown_px=PICKED_PX),
    )


def locator(
    view: str,
    *,
    crop: str | None = None,
    ratio: float | None = None,
    states: Mapping[str, int | None] | None = None,
    skin_signs: Mapping[str, int] | None = None,
    needles: Sequence[NeedleMark] = (),
    css_class: str = "",
) -> SafeString:
    """The whole body, small and without words, with a frame where the crop is; hidden from screen readers.

    `states` are grades of muscles, `skin_signs` numbers of signs of the skin.
    """
    uid = new_uid()
    fibres = _Fibres(uid, 4.0)
    body = [f'<path class="skin" d="{skin(view)}"/>']
    for shape in ground(view):
        body += [f'<path class="m rest" d="{path}" fill="none"/>' for path in shape.paths]
    for key, grade in (states or {}).items():
        for s in one_layer(tuple(s for s in shapes_of(key) if s.view == view), deep=True):
            body += [_state_path(path, s, grade, fibres, False, False) for path in s.paths]
    dots = stipples(uid, 2.5, {grade for grade in (skin_signs or {}).values() if grade})
    if skin_signs:
        body += [skin_clip(uid, view), *(skin_area(key, view, grade, uid) for key, grade in skin_signs.items())]
    for mark, (mx, my) in spots_of(needles, view):
        body.append(f'<g class="site {escape(mark.state)}"><circle cx="{mx:.0f}" cy="{my:.0f}" r="17"/></g>')
    if crop and CUTS[crop][0] == view:
        x, y, w, h = box_of(view, crop, ratio)
        body.append(f'<rect class="frame" x="{x:.0f}" y="{y:.0f}" width="{w:.0f}" height="{h:.0f}" rx="14"/>')
    x, y, w, h = WHOLE[view]
    return mark_safe(  # noqa: S308 - numbers and our own paths only
        f'<svg class="plate locator {escape(css_class)}" viewBox="{x} {y} {w} {h}" aria-hidden="true">'
        f"<defs>{fibres.definitions()}{dots}</defs>{''.join(body)}</svg>"
    )


def _covers(shape: Shape, drawn: Mapping[str, tuple[Shape, ...]]) -> bool:
    x0, y0, x1, y1 = shape.box
    return any(
        s.deep and x0 <= s.anchor[0] <= x1 and y0 <= s.anchor[1] <= y1 for shapes in drawn.values() for s in shapes
    )


def _ground_path(path: str, shape: Shape, fibres: _Fibres, *, ghost: bool) -> str:
    if ghost:
        return f'<path class="m deep-ghost" d="{path}"/>'
    return f'<path class="m rest" fill="{fibres.fill(None, shape.fibre_deg)}" d="{path}"/>'


def _state_path(path: str, s: Shape, grade: int | None, fibres: _Fibres, is_selected: bool, is_hot: bool) -> str:
    classes = ["m", "rest" if grade is None else f"g{grade}"]
    classes += ["schematic"] * s.deep + ["selected"] * is_selected + ["hot"] * is_hot
    fill = "" if grade == 0 else f' fill="{fibres.fill(grade, s.fibre_deg, fine=bool(s.level))}"'
    return f'<path class="{" ".join(classes)}"{fill} d="{path}"/>'


def _zone_links(view: str, zones: Mapping[str, tuple[str, str]], uid: str) -> list[str]:
    """Polygons that lead elsewhere, cut to the skin; by keyboard the page has other ways to the same places."""
    if not zones:
        return []
    found = [skin_clip(uid, view)]
    for key, (address, words) in zones.items():
        side, _colon, region = key.partition(":")
        points = " ".join(f"{px:.0f},{py:.0f}" for px, py in zone_polygon(view, region, side))
        if points:
            inner = f'<polygon class="zone" points="{points}" clip-path="url(#{uid}skin)"/>'
            found.append(
                f'<a href="{escape(address)}" class="way" tabindex="-1" aria-label="{escape(words)}">{inner}</a>'
            )
    return found


def _needle_marks(needles: Sequence[NeedleMark], view: str, size: float, box: Box) -> list[str]:
    """Discs with numbers, none on another; `size` keeps them readable when much of the body is shown."""
    marks = spots_of(needles, view, size=size)
    apart = spread([at for _mark, at in marks], DISC * size, box, MIDLINE_X[view])
    rows = []
    for (mark, _at), (px, py) in zip(marks, apart, strict=True):
        halo = f'<circle class="halo" cx="{px:.1f}" cy="{py:.1f}" r="{23 * size:.0f}"/>' if mark.state == "in" else ""
        rows.append(
            f'<g class="site {escape(mark.state)}">{halo}<circle cx="{px:.1f}" cy="{py:.1f}" r="{14 * size:.0f}"/>'
            f'<text x="{px:.1f}" y="{py:.1f}" font-size="{15 * size:.0f}">{mark.number}</text></g>'
        )
    return rows
