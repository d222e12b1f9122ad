"""Scores as the course page says them: with what they are of, and the one that was just noted."""

from __future__ import annotations

from django.utils.dateformat import format as day_in_words
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from myotome.clinic.followup.scores import MeasureScore
from myotome.knowledge.measures import Measure, measure
from myotome.vocabulary.sentences import in_readers_language

UNITS: dict[str, str | Promise] = {"ppt_kpa": gettext_lazy("kPa"), "rom_degrees": gettext_lazy("degrees")}


def unit_of(rule: Measure) -> str:
    """What a measure is counted in; empty where its numbers are points."""
    return str(UNITS.get(rule.code, ""))


def noted_words(score: MeasureScore | None) -> str:
    """That a score was noted, with its value and its day; empty for none."""
    if score is None:
        return ""
    rule = measure(score.measure)
    what = ", ".join(filter(None, (in_readers_language(rule.short), score.site)))
    value = " ".join(filter(None, (f"{round(score.value or 0.0, 1):g}", unit_of(rule))))
    return _("Noted: %(what)s %(value)s, %(on)s.") % {
        "what": what,
        "value": value,
        "on": day_in_words(score.on, "j M"),
    }
