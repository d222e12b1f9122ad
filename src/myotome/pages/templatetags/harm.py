"""Rates in words: so many of so many, with the interval, never a bare share."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

from myotome.knowledge.aftercare import PublishedRate
from myotome.knowledge.citations import citation
from myotome.science.needling.rates import Rate

register = template.Library()
RARE_IN_100 = 0.01


@register.filter
def rate_words(rate: Rate) -> str:
    """`3 of 120: 2.5 in 100 (0.5 to 7.1)`; none in n says how many there are hardly more than."""
    if rate.share is None or rate.low is None or rate.high is None:
        return _("nobody counted yet")
    if not rate.n:
        return _("none of %(of)s (0 to %(high)s in 100)") % {"of": rate.of, "high": in_100(rate.high)}
    said = {"n": rate.n, "of": rate.of, "share": in_100(rate.share)}
    said |= {"low": in_100(rate.low), "high": in_100(rate.high)}
    return _("%(n)s of %(of)s: %(share)s in 100 (%(low)s to %(high)s)") % said


@register.filter
def published_words(rate: PublishedRate) -> str:
    """The published rate as printed, with its denominator, or with its interval where studies were taken together.

    What is rarer than one in 10,000 is said in a million.
    """
    per = {"treatments": _("treatments"), "patients": _("patients")}[rate.per]
    if rate.of is not None:
        said = {"share": f"{rate.in_100:g}", "of": rate.of, "per": per}
        return _("%(share)s in 100 of %(of)s %(per)s") % said
    is_rare = rate.in_100 < RARE_IN_100
    share, low, high = (
        f"{(value or 0) * (10_000 if is_rare else 1):.4g}" for value in (rate.in_100, rate.low, rate.high)
    )
    said = {"share": share, "per": per, "low": low, "high": high}
    if is_rare:
        return _("%(share)s in a million %(per)s (%(low)s to %(high)s)") % said
    return _("%(share)s in 100 %(per)s (%(low)s to %(high)s)") % said


@register.filter
def short_cite(key: str) -> str:
    """First author and year of a source: `Brady 2014`."""
    words = citation(key).words
    year = "".join(c for c in key if c.isdigit())
    return f"{words.partition(',')[0]} {year}"


def in_100(share: float) -> str:
    """A share as so many in 100, with as many places as it has something to say."""
    value = 100 * share
    if value == 0 or value >= 10:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 0.1 else f"{value:.2g}"
