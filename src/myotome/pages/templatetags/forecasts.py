"""The forecast and the stop rule in words, for the practitioner and for the patient it was shared with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.translation import gettext as _

from myotome.knowledge.conditions import Condition
from myotome.science.followup.stopping import rule_from, stop_rule_sentence, stop_rule_sentence_for_her
from myotome.vocabulary.sentences import Sentence

register = template.Library()


@register.filter
def stop_rule_words(rule: dict[str, Any]) -> Sentence:
    """The stop rule in words, from the forecast as it was shown."""
    return stop_rule_sentence(rule_from(rule))


@register.filter
def stop_rule_patient(rule: dict[str, Any]) -> Sentence:
    """The stop rule in words for the patient it was shared with."""
    return stop_rule_sentence_for_her(rule_from(rule))


@register.filter
def forecast_patient(answer: dict[str, Any]) -> str:
    """The forecast in words for the patient it was shared with: ranges with denominators, never one number, visits never
    without the weeks that they take, and what it is that people come to."""
    left, weeks = answer["treatments_left"], answer["weeks_left"]
    low, half, high = left["q10"], left["median"], left["q90"]
    if half is None:
        first = _("Fewer than half of people like you come to hardly any pain on this plan.")
        return " ".join([first, *_there_for_her(answer), _("We talk about it at the review.")])
    if half == 0 and high is None:
        first = _("Half of people like you need no more visits to have hardly any pain.")
    elif half == 0:
        first = _(
            "Half of people like you need no more visits to have hardly any pain, nine in ten at most %(high)s, in %(last)s weeks."
        ) % {
            "high": high,
            "last": f"{weeks['q90']:g}",
        }
    elif high is None:
        first = _(
            "Half of people like you need %(half)s more visits or fewer to have hardly any pain, which takes %(weeks)s weeks."
        ) % {
            "half": half,
            "weeks": f"{weeks['median']:g}",
        }
    else:
        first = _(
            "Half of people like you need %(half)s more visits or fewer to have hardly any pain, eight in ten between %(low)s "
            "and %(high)s. In weeks: half %(weeks)s or fewer, eight in ten %(first)s to %(last)s."
        ) % {
            "half": half,
            "low": low,
            "high": high,
            "weeks": f"{weeks['median']:g}",
            "first": f"{weeks['q10']:g}",
            "last": f"{weeks['q90']:g}",
        }
    return " ".join([first, *_there_for_her(answer)])


def _there_for_her(answer: dict[str, Any]) -> list[str]:
    """How many come there and what "there" is, by the definition that the forecast goes by (`latent-1`)."""
    said = [_("Hardly any pain is about 1 of 10, or a quarter of what it was at the start.")]
    if answer["treatments_left"]["q90"] is None:
        share = answer.get("p_recovered_within", {}).get("12")
        if share is not None and round(10 * share) == 0:
            said.append(_("Within 12 more visits fewer than 1 in 10 get there."))
        elif share is not None:
            said.append(_("Within 12 more visits about %(n)s in 10 get there.") % {"n": round(10 * share)})
        said.append(_("More than 1 in 10 are not there after 40."))
    return said


@register.filter
def length_words(answer: dict[str, Any]) -> str:
    """How many more treatments the forecast takes to be needed, the range first, beside a field that a person fills in."""
    left = answer["treatments_left"]
    low, half, high = left["q10"], left["median"], left["q90"]
    if half is None:
        return _("The forecast names no length: fewer than half of courses like this recover on this plan.")
    if half == 0:
        return _("The forecast: half of courses like this need no more.")
    if high is None and low == 0:
        return _(
            "The forecast: one in ten courses like this needs none, half %(half)s or fewer, and more than one in ten more "
            "than forty."
        ) % {"half": half}
    if high is None:
        return _(
            "The forecast: one in ten courses like this needs %(low)s or fewer, half %(half)s or fewer, and more than one "
            "in ten more than forty."
        ) % {"low": low, "half": half}
    return _("The forecast: eight in ten courses like this need %(low)s to %(high)s more, half %(half)s or fewer.") % {
        "low": low,
        "half": half,
        "high": high,
    }


@register.filter
def condition_name(code: str, conditions: Mapping[str, Condition]) -> str:
    """The condition's name as the clinic has it, or a dash."""
    row = conditions.get(code)
    return row.name if row else "–"
