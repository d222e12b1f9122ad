"""The words of a plate: what each part is called, what the whole says to a screen reader, labels on leader lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.utils.html import escape
from django.utils.translation import gettext as _

from myotome.pages.plates.crops import Box
from myotome.pages.plates.shapes import Shape, one_layer, split_key


def side_words(name: str, side: str) -> str:
    return _("%(name)s, left") % {"name": name} if side == "left" else _("%(name)s, right") % {"name": name}


def words_of(key: str, grade: int | None, names: Mapping[str, str], details: Mapping[str, str]) -> str:
    side, muscle, level = split_key(key)
    name = names.get(key) or side_words(" ".join((muscle.replace("_", " "), level)).strip(), side)
    if key in details:
        return f"{name}: {details[key]}"
    if grade is None:
        return _("%(name)s: not tested") % {"name": name}
    return _("%(name)s: normal") % {"name": name} if grade == 0 else f"{name}: {grade}"


def description(states: Mapping[str, int | None], names: Mapping[str, str], details: Mapping[str, str]) -> str:
    if not states:
        return _("Nothing tested yet.")
    return ". ".join(words_of(key, grade, names, details) for key, grade in states.items()) + "."


def labels_beside(
    drawn: Mapping[str, tuple[Shape, ...]],
    states: Mapping[str, int | None],
    names: Mapping[str, str],
    details: Mapping[str, str],
    box: Box,
) -> tuple[float, float, str]:
    """Names beside the figure on leader lines: each on its own side, in order of height, never on top of each other."""
    x, y, w, h = box
    size = max(11.0, h / 27)
    sides: dict[bool, list[tuple[float, float, str]]] = {True: [], False: []}
    for key, shapes in drawn.items():
        ax, ay = one_layer(shapes, deep=True)[0].anchor
        if x <= ax <= x + w and y <= ay <= y + h:
            sides[ax < x + w / 2].append((ay, ax, key))
    rows, margins = [], {True: 0.0, False: 0.0}
    for on_left, entries in sides.items():
        if not entries:
            continue
        entries.sort()
        gap = min(size * 2.6, h / len(entries))
        margins[on_left] = size * 11.5
        at = y + gap * 0.4
        for ay, ax, key in entries:
            at = max(at, min(ay, y + h - gap * (len(entries) - 0.3)))
            tx = x - size * 0.8 if on_left else x + w + size * 0.8
            bend = x - size * 0.2 if on_left else x + w + size * 0.2
            anchor = "end" if on_left else "start"
            _side, muscle, level = split_key(key)
            dx = -size / 3 if on_left else size / 3
            name = names.get(key) or " ".join((muscle.replace("_", " "), level)).strip()
            detail = details.get(key, "") or ("" if states.get(key) is None else str(states[key]))
            rows.append(
                f'<path class="leader" d="M{tx:.1f} {at:.1f}H{bend:.1f}L{ax:.1f} {ay:.1f}"/>'
                f'<circle class="leader-dot" cx="{ax:.1f}" cy="{ay:.1f}" r="{size / 5:.1f}"/>'
                f'<text class="name" x="{tx:.1f}" y="{at + size * 0.3:.1f}" dx="{dx:.1f}" '
                f'font-size="{size:.1f}" text-anchor="{anchor}">{escape(name)}</text>'
                f'<text x="{tx:.1f}" y="{at + size * 1.35:.1f}" dx="{dx:.1f}" '
                f'font-size="{size * 0.85:.1f}" text-anchor="{anchor}">{escape(detail)}</text>'
            )
            at += gap
    return margins[True], margins[False], "".join(rows)


def leader_lines(ends: Iterable[tuple[tuple[float, float], float]], box: Box) -> str:
    """Lines to places of the figure, each from the left edge of the box at a share of its height."""
    x, y, w, h = box
    rows = [
        f'<path class="leader" d="M{x:.1f} {y + share * h:.1f}H{x + w / 24:.1f}L{ax:.1f} {ay:.1f}"/>'
        f'<circle class="leader-dot" cx="{ax:.1f}" cy="{ay:.1f}" r="{h / 130:.1f}"/>'
        for (ax, ay), share in ends
    ]
    return f'<g class="leaders">{"".join(rows)}</g>' if rows else ""
