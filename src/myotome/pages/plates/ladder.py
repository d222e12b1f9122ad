"""The root ladder: the cord in the middle, bars left and right, 0 to 100; a whisker is the band.

The regions that were asked for are enlarged, the rest of the thirty roots a side stays as ticks. Grey below 15, ochre
from 15. A ladder says in words what it shows, highest first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from myotome.vocabulary.anatomy import ROOTS

LUMBAR = ("L2", "L3", "L4", "L5", "S1", "S2")
CERVICAL = ("C3", "C4", "C5", "C6", "C7", "C8", "T1")
LOW = 0.15
ROW, TICK = 38.0, 5.2


def root_ladder(
    roots: Iterable[Any],
    *,
    open_roots: Iterable[str] | None = None,
    bars: bool = True,
    width: int = 330,
    hrefs: Mapping[str, str] | None = None,
) -> SafeString:
    """A ladder of root beliefs.

    `roots`: rows with root, side, p, and low and high or None, as mappings or objects, p between 0 and 1. `open_roots`:
    the roots drawn large; without it those from 15 in 100 on and their neighbours, at least L2 to S2. `hrefs` makes a
    link of a root's name.
    """
    rows = {(_get(r, "root"), str(_get(r, "side"))): (_get(r, "p"), _get(r, "low"), _get(r, "high")) for r in roots}
    wide = tuple(open_roots) if open_roots is not None else _open_roots(rows)
    middle, reach = width / 2, width / 2 - 66
    y = 30.0
    drawn, run_start = [], None
    y_of: dict[str, float] = {}
    for root in ROOTS:
        y_of[root] = y
        y += ROW if root in wide else TICK
    height = y + 14
    drawn.append(f'<rect class="cord" x="{middle - 20}" y="18" width="40" height="{height - 24:.0f}" rx="20"/>')
    for root in ROOTS:
        if root in wide:
            run_start = None
            drawn.append(_rung(root, y_of[root] + ROW / 2, middle, reach, rows, bars, (hrefs or {}).get(root, "")))
        elif run_start is None:
            run_start = root
            end = _run_end(root, wide)
            y0, y1 = y_of[root], y_of[end] + TICK
            drawn.append(
                f'<path class="tick" d="M{middle - 25} {y0:.1f}V{y1:.1f}M{middle + 25} {y0:.1f}V{y1:.1f}"/>'
                f'<text class="name end" x="{middle}" y="{y0 + 6:.1f}">{root}</text>'
            )
    words = _told(rows)
    return mark_safe(  # noqa: S308 - numbers, root names, and words that are escaped
        f'<svg class="ladder" viewBox="0 0 {width} {height:.0f}" role="{"group" if hrefs else "img"}" aria-label="{escape(words)}">'
        f'<text class="left" x="{middle - 24}" y="13">{escape(_("Left"))}</text>'
        f'<text class="right" x="{middle + 24}" y="13">{escape(_("Right"))}</text>{"".join(drawn)}</svg>'
    )


def _get(row: Any, name: str) -> Any:
    return row.get(name) if hasattr(row, "get") else getattr(row, name, None)


def _open_roots(rows: dict) -> tuple[str, ...]:
    high = {root for (root, _side), (p, _low, _high) in rows.items() if p >= LOW}
    wide = set()
    for root in high:
        i = ROOTS.index(root)
        wide |= set(ROOTS[max(0, i - 1) : i + 2])
    if not wide & set(CERVICAL):
        wide |= set(LUMBAR)
    return tuple(r for r in ROOTS if r in wide)


def _run_end(start: str, wide: tuple[str, ...]) -> str:
    end = start
    for root in ROOTS[ROOTS.index(start) :]:
        if root in wide:
            break
        end = root
    return end


def _rung(root: str, y: float, middle: float, reach: float, rows: dict, bars: bool, href: str) -> str:
    name = f'<text class="name" x="{middle}" y="{y + 5:.1f}">{root}</text>'
    if href:
        target = f'<rect class="touch" x="{middle - 66}" y="{y - ROW / 2:.1f}" width="132" height="{ROW:.0f}"/>'
        words = escape(_("%(root)s: the muscles beside the spine") % {"root": root})
        name = f'<a href="{escape(href)}" aria-label="{words}">{target}{name}</a>'
    out = [f'<path class="rung" d="M{middle - 24 - reach} {y:.1f}h{reach}M{middle + 24} {y:.1f}h{reach}"/>{name}']
    for side, sign in (("left", -1), ("right", 1)):
        if (root, side) not in rows or not bars:
            continue
        p, low, high = rows[root, side]
        start = middle + sign * 24
        length = max(2.0, p * reach)
        x = start if sign > 0 else start - length
        grey = " low" if p < LOW else ""
        out.append(f'<rect class="p{grey}" x="{x:.1f}" y="{y - 8:.1f}" width="{length:.1f}" height="16" rx="2"/>')
        if low is not None and high is not None and p >= LOW:
            a, b = start + sign * low * reach, start + sign * high * reach
            out.append(
                f'<path class="band" d="M{a:.1f} {y:.1f}H{b:.1f}M{a:.1f} {y - 5:.1f}v10M{b:.1f} {y - 5:.1f}v10"/>'
            )
        strong = " high" if p >= LOW else ""
        x = start + sign * (reach + 8)
        out.append(f'<text class="pc {side}{strong}" x="{x:.1f}" y="{y + 5:.1f}">{round(p * 100)}</text>')
    return "".join(out)


def _told(rows: dict) -> str:
    ranked = sorted(((p, root, side) for (root, side), (p, _low, _high) in rows.items()), reverse=True)[:5]
    side_words = {"left": _("left"), "right": _("right")}
    told = [
        _("%(root)s %(side)s %(p)s in 100") % {"root": root, "side": side_words.get(side, side), "p": round(p * 100)}
        for p, root, side in ranked
    ]
    return (
        _("Roots to consider: %(roots)s.") % {"roots": ", ".join(told)}
        if told
        else _("No root has been considered yet.")
    )
