"""What an incident is about, in words: its row keeps the code of the hazard or caution, the page says its name."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from myotome.knowledge.cautions import cautions, facts
from myotome.knowledge.hazards import hazards
from myotome.science.needling.asks import EVERYWHERE, OF_CURRENT, place_words
from myotome.vocabulary.anatomy import NeedleRegion
from myotome.vocabulary.sentences import in_readers_language

CODED = ("needled_against_stop", "needled_without_answer")
"""Kinds whose detail is `code` or `code, place`; the detail of any other is a sentence."""
DEPTH = "depth_"
SIDES = {"left": gettext_lazy("left"), "right": gettext_lazy("right")}


def incident_words(row: Any) -> str:
    """The detail of an incident: `calf_clot, lower leg` is "Clot in the calf, lower leg"."""
    if row.kind not in CODED:
        return in_readers_language(row.detail)
    code, _comma, place = row.detail.partition(", ")
    name = _name_of(code, is_of_site=place not in ("", EVERYWHERE))
    where = _place_in_words(place)
    return _("%(what)s, %(where)s") % {"what": name, "where": where} if where else name


def told_in_words(rows: Iterable[Any]) -> list[Any]:
    """The incidents as a page shows them: copies with the detail in words, never to be saved."""
    shown = [copy(row) for row in rows]
    for row in shown:
        row.detail = incident_words(row)
    return shown


def _name_of(code: str, *, is_of_site: bool) -> str:
    if code.startswith(DEPTH):
        return _("%(point)s deeper than any source's range") % {"point": code.removeprefix(DEPTH)}
    if code == "free_place":
        return _("A free place, near hazards of its region")
    if is_of_site and code in hazards():  # "pregnancy" is a hazard of points, and a caution of her facts
        return in_readers_language(hazards()[code].name)
    if rule := next((rule for rule in cautions() if rule.code == code), None):
        if not rule.fact:
            return in_readers_language(rule.sentence).rstrip(".")
        name = in_readers_language(facts()[rule.fact].words)
        if rule.scope in OF_CURRENT:
            return _("%(fact)s, needle with current") % {"fact": name}
        return _("%(fact)s, needle that stays") % {"fact": name} if rule.scope == "retained" else name
    text = code.replace("_", " ")  # a code of tables that were changed since
    return text[:1].upper() + text[1:]


def _place_in_words(place: str) -> str:
    side = next((one for one in SIDES if place.endswith(f" {one}")), "")
    region = place.removesuffix(f" {side}").partition(":")[0].replace(" ", "_")
    if region not in {one.value for one in NeedleRegion}:
        return ""
    words = in_readers_language(place_words(NeedleRegion(region)))
    return _("%(region)s, %(side)s") % {"region": words, "side": SIDES[side]} if side else words
