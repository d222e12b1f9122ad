"""The layer of the skin on the plate of the examination: the area of each root, with the signs that were found in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from myotome.pages.assessment.labels import RATIO, label_column, signs_in_words, site_of, skin_words
from myotome.pages.assessment.names import SIDE_WORDS, subject_name
from myotome.pages.assessment.touch import LEVELS
from myotome.pages.plates import areas_of, box_of, locator, middle_of, part_key, skin_plate, split_key
from myotome.vocabulary.anatomy import ROOTS

MOST_SIGNS = 3
"""More signs than these are drawn alike; the words tell them all."""


def skin_in(
    view: str,
    crop: str,
    region: str,
    charted: Mapping[str, int],
    *,
    chosen: str,
    title: str,
    href: Callable[..., str],
) -> dict[str, Any]:
    """The plate of the skin, its labels and both locators; `chosen` is a root, `href` makes links of what is open."""
    signs = _signs(charted)
    states: dict[str, int | None] = dict.fromkeys(areas_of(view))
    states |= {key: min(sum(rows.values()), MOST_SIGNS) for key, rows in signs.items()}
    box = box_of(view, crop, RATIO)
    labels = label_column(
        states,
        {key: at for key in states if (at := middle_of(key, view))},
        lambda keys: skin_words(keys, signs),
        chosen=chosen,
        opened=LEVELS.get(region, ROOTS),
        box=box,
        href=href,
    )
    names = {key: f"{subject_name('skin', split_key(key)[1])}, {SIDE_WORDS[split_key(key)[0]]}" for key in states}
    return {
        "plate": skin_plate(
            view,
            box,
            states=states,
            names=names,
            details={key: signs_in_words(rows) for key, rows in signs.items()},
            selected=[key for key in states if site_of(key) == chosen],
            leaders={label.leads_to: label.share for label in labels},
            href=lambda key: href(at=site_of(key)),
            title=title,
        ),
        "labels": labels,
        "labels_title": _("Areas of skin on the body"),
        "plate_note": _("Areas of skin are schematic."),
        "locators": [
            (
                one,
                locator(
                    one,
                    crop=crop if one == view else None,
                    ratio=RATIO,
                    skin_signs={key: states[key] or 0 for key in signs},
                ),
            )
            for one in ("back", "front")
        ],
    }


def _signs(charted: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """Key of an area to its signs, 1 where present and 0 where absent."""
    found: dict[str, dict[str, int]] = {}
    for key, value in charted.items():
        kind, root, _level, side, sign = key.split(":")
        if kind == "skin":
            found.setdefault(part_key(root, side), {})[sign] = value
    return found
