"""Where a refused act of the visit is put right: the places on the chart's page that "Go to the field" may lead to.

An error names a field of the act. The page shows that field under an id of its own, or a section that holds it, or, as
the visit stands, not at all. `places` lists the ids to try, the best first; `first_of` takes the first that the page has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

SITES = ("set", "needle-rows")
SECTIONS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("gauge_mm", "length_mm", "lot"), ("id_size", "set")),
    **dict.fromkeys(("grasp", "cramp", "twitches", "release", "painless", "deqi"), ("needle",)),
    **dict.fromkeys(("site", "side", "level", "region", "nearest", "place"), SITES),
    **dict.fromkeys(("depth", "depth_mm", "size", "position", "retain_minutes"), ("set",)),
    **dict.fromkeys(("reason", "fact_code", "fact_state", "fact_detail", "fact_area"), ("cautions",)),
    "yes": ("consent-before", "consent-stays", "consents"),
    "n_counted": ("counting-out",),
    "number": SITES,
    "version": ("closing",),
    "which": ("tally",),
}
"""A field without an id of its own, and where it stands."""
OF_ROW = {"reason": "id_reason_row_{n}", "witness": "id_witness_email_{n}"}
_TAG = re.compile(r'<template\b|</template>|(?<![\w-])id="([^"]+)"')


def places(field: str | None, *, act: str = "", ids: Mapping[str, int] | None = None) -> tuple[str, ...]:
    """The ids where `field` of this act may stand, the best first; none for no field.

    `act` is the name of the act's route, `ids` what its address names: an act about one needle leads to its row only, one
    about an event or an incident to that alone.
    """
    if not field:
        return ()
    ids = ids or {}
    if "number" in ids:
        n = ids["number"]
        own = "id_where_{n}" if (act, field) == ("missing", "reason") else OF_ROW.get(field, f"id_{field}_{{n}}")
        return own.format(n=n), f"needle-{n}"
    if "event" in ids:
        return f"id_{field}_{ids['event']}", f"event-{ids['event']}"
    if "incident" in ids:
        return f"id_{field}_{ids['incident']}", "cautions"
    first = {"tally": f"tally_{field}", "needle_set": f"id_set_{field}"}.get(act)
    return (*([first] if first else []), f"id_{field}", *SECTIONS.get(field, ()))


def first_of(wanted: Iterable[str], html: str) -> str:
    """The first of these ids that the page has, what waits in a template not counted; empty for none."""
    found, depth = set(), 0
    for tag in _TAG.finditer(html):
        depth += {"<template": 1, "</template>": -1}.get(tag[0], 0)
        if tag[1] and not depth:
            found.add(tag[1])
    return next((one for one in wanted if one in found), "")
