"""Times of day on pages: as the wall says them, and which of the two where a time comes twice."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import timezone

from myotome.science.booking.hours import clock_words

register = template.Library()


@register.filter
def clock(moment: datetime) -> str:
    """`01:30`, and `01:30 -0700` in the night in which it comes twice, in the zone that the page speaks in."""
    return clock_words(moment, timezone.get_current_timezone_name())
