"""The forecast and the stop rule in words, for the practitioner and for the patient it was shared with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.translation import gettext as _

from myotome.knowledge.conditions import Condition

register = template.Library()


@register.filter
def in_hundred(p_within: dict[str, float], n: str) -> str:
    """A probability of the forecast as "58 in 100"."""
    return _("%(n)s in 100") % {"n": round(100 * float(p_within.get(n, 0.0)))}


@register.filter
def stop_rule_words(rule: dict[str, Any]) -> str:
    """The stop rule in words, from the forecast as it was shown."""
    if rule.get("p_relief_later", 0.0) > 0.4:
        words = _(
            "If visit %(visit)s is still above %(line)s, about %(of_ten)s in 10 courses like this reach 30 %% relief "
            "later: go on, and look again."
        )
    else:
        words = _(
            "If visit %(visit)s is still above %(line)s, about one in %(one_in)s courses like this reaches 30 %% "
            "relief later: change the plan or refer."
        )
    return words % _numbers(rule)


@register.filter
def stop_rule_patient(rule: dict[str, Any]) -> str:
    """The stop rule in words for the patient it was shared with."""
    if rule.get("p_relief_later", 0.0) > 0.4:
        words = _(
            "If your pain at visit %(visit)s is still above %(line)s, about %(of_ten)s in 10 people like you still "
            "ease by a third later. We look at it together then."
        )
    else:
        words = _(
            "If your pain at visit %(visit)s is still above %(line)s, only about one in %(one_in)s people like you "
            "eases by a third later. Then we talk about another plan or another doctor."
        )
    return words % _numbers(rule)


def _numbers(rule: dict[str, Any]) -> dict[str, Any]:
    of_ten = round(10 * float(rule.get("p_relief_later") or 0.0))
    return {"visit": rule.get("visit"), "line": rule.get("line"), "one_in": rule.get("one_in"), "of_ten": of_ten}


@register.filter
def forecast_patient(answer: dict[str, Any]) -> str:
    """The forecast in words for the patient it was shared with: ranges with denominators, never one number."""
    left = answer["treatments_left"]
    low, half, high = left["q10"], left["median"], left["q90"]
    if half is None:
        return _("Fewer than half of people like you get where we hope on this plan. We talk about it at the review.")
    if high is None:
        return _("Half of people like you need %(half)s more visits or fewer; some do not get there on this plan.") % {
            "half": half
        }
    return _(
        "Half of people like you need %(half)s more visits or fewer, eight in ten between %(low)s and %(high)s."
    ) % {
        "half": half,
        "low": low,
        "high": high,
    }


@register.filter
def condition_name(code: str, conditions: Mapping[str, Condition]) -> str:
    """The condition's name as the clinic has it, or a dash."""
    row = conditions.get(code)
    return row.name if row else "–"
