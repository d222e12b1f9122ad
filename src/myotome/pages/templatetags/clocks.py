"""Times of day on pages: as the wall says them, and which of the two where a time comes twice."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django import template
from django.utils import timezone

from myotome.science.booking.hours import clock_words

register = template.Library()


@register.filter
def wall(moment: datetime | None, zone: str) -> datetime | None:
    """The moment as the wall of a place says it, for `date`: the page's own zone does not touch it, unless there is no other."""
    local = ZoneInfo(zone) if zone else timezone.get_current_timezone()
    return moment and moment.astimezone(local).replace(tzinfo=None)


@register.filter
def clock(moment: datetime) -> str:
    """`01:30`, and `01:30 -0700` in the night in which it comes twice, in the zone that the page speaks in."""
    return clock_words(moment, timezone.get_current_timezone_name())
