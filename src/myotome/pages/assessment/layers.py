"""The three layers of the body on the plate: the skin, the muscles at the surface, the muscles below it.

The surface shows what the outlines of the body show and the muscles that the tables call superficial; deep shows the
middle and deep muscles of the tables, as our own schematic shapes where the outlines lack them, and every finding. What
is open chooses the layer that has more of its muscles, until another one is asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from myotome.knowledge import muscles as muscle_table
from myotome.pages.assessment.touch import DEEP, SKIN, SUPERFICIAL
from myotome.pages.plates import part_key, shapes_of

LAYERS = {SKIN: _("Skin"), SUPERFICIAL: _("Superficial"), DEEP: _("Deep")}
Site = tuple[str, str]
"""A muscle and its level, empty without one."""


def layer_of(asked: Mapping[str, str], opened: str, sites: Collection[Site], view: str) -> str:
    """The layer asked for; otherwise the skin when its list is open, or the one with more of the open muscles."""
    if opened == SKIN:
        return SKIN
    if asked.get("layer") in (SUPERFICIAL, DEEP):
        return asked["layer"]
    above, below = (sum(lies_in(site, layer, view) for site in sites) for layer in (SUPERFICIAL, DEEP))
    return SUPERFICIAL if above >= below and above else DEEP


def lies_in(site: Site, layer: str, view: str) -> bool:
    """Is the muscle drawn in this view, and does it belong to the layer?

    What has an outline belongs to the surface; a strip of one level beside the spine lies below it.
    """
    id, level = site
    shapes = [shape for shape in shapes_of(part_key(id, "left", level)) if shape.view == view]
    has_outline = any(not shape.deep for shape in shapes)
    is_superficial = muscle_table.muscle(id).layer == SUPERFICIAL and (has_outline or not level)
    if layer == DEEP:
        return bool(shapes) and not is_superficial
    return has_outline or (bool(shapes) and is_superficial)


def switch(layer: str, href: Any) -> list[dict[str, Any]]:
    """The three ways of the switch, in the order in which a finger meets them."""
    return [
        {"code": code, "name": name, "href": href(layer=code), "is_open": code == layer}
        for code, name in LAYERS.items()
    ]
