"""Places of the body in a patient's words."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

register = template.Library()

PLACES = {
    "head": gettext_lazy("Head and jaw"),
    "neck": gettext_lazy("Neck"),
    "shoulder": gettext_lazy("Shoulder"),
    "arm": gettext_lazy("Upper arm"),
    "forearm_hand": gettext_lazy("Forearm and hand"),
    "upper_back": gettext_lazy("Upper back"),
    "chest": gettext_lazy("Chest"),
    "abdomen": gettext_lazy("Belly"),
    "low_back": gettext_lazy("Low back"),
    "buttock": gettext_lazy("Buttock and hip"),
    "thigh": gettext_lazy("Thigh"),
    "lower_leg": gettext_lazy("Lower leg"),
    "foot": gettext_lazy("Foot"),
}


@register.filter
def place_words(row: Any) -> str:
    """Region and side: "Low back, left"."""
    place = str(PLACES[row.region])
    if row.side == "left":
        return _("%(place)s, left") % {"place": place}
    if row.side == "right":
        return _("%(place)s, right") % {"place": place}
    return place
