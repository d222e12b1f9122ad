"""Words of the pages of conditions and cautions."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext_lazy as _

from myotome.vocabulary.courses import CautionLevel

register = template.Library()

CELLS = {
    "name": _("Name"),
    "lay_name": _("In a patient's words"),
    "segments": _("Segments"),
    "sites": _("Muscles usually short"),
    "note": _("Note"),
    "level": _("Level"),
    "sentence": _("What is said before a needle"),
    "where": _("Where it holds"),
}
SCOPES = {
    "all": _("every needle"),
    "area": _("needles in the area that the fact's own words name"),
    "region": _("needles in some regions"),
    "muscles": _("needles in some muscles"),
    "points": _("needles at some points"),
    "hazards": _("needles near some hazards"),
    "electrical": _("electrical stimulation"),
    "electrical_at": _("electrical stimulation in some regions or near some hazards"),
    "retained": _("needles left in the skin after the visit"),
}


@register.filter
def cell_words(key: str) -> str:
    """What a cell of a condition or caution is called."""
    return CELLS.get(key, key)


@register.filter
def scope_words(scope: str) -> str:
    """For which needles a caution holds."""
    return SCOPES.get(scope, scope)


@register.filter
def level_words(level: CautionLevel) -> str:
    """STOP, ASK or NOTE in the reader's language."""
    return {"stop": _("STOP"), "ask": _("ASK"), "note": _("NOTE")}[level.value]
