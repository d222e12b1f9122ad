"""The rule of distances between visits: warned about, never enforced."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from myotome.clinic.booking.models import Appointment
from myotome.clinic.booking.queries import LIVE
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.sentences import Sentence

LEAST_GAP_DAYS, MOST_GAP_DAYS = 5, 14
"""The usual distance of one treatment to the next. Source: seed text (once a week, may be two)."""


def interval_warnings(
    starts: Sequence[datetime], *, zone: str, least_days: int = LEAST_GAP_DAYS, most_days: int = MOST_GAP_DAYS
) -> list[Sentence]:
    """A sentence for every two neighbours that lie nearer or farther than the rule, by days of the wall calendar."""
    local = [start.astimezone(ZoneInfo(zone)).date() for start in sorted(starts)]
    found = []
    for before, after in pairwise(local):
        gap = (after - before).days
        if not least_days <= gap <= most_days:
            found.append(_said(gap).filled(before=before, after=after, gap=gap, least=least_days, most=most_days))
    return found


def _said(gap: int) -> Sentence:
    if gap == 0:
        return Sentence("Two visits are on one day, {after:%d %b}; the rule is {least} to {most} days apart.")
    if gap == 1:
        return Sentence("{before:%d %b} and {after:%d %b} lie 1 day apart; the rule is {least} to {most}.")
    return Sentence("{before:%d %b} and {after:%d %b} lie {gap} days apart; the rule is {least} to {most}.")


def warnings_if_moved(actor: Actor, appointment: Appointment, starts_at: datetime) -> list[Sentence]:
    """What the rule of distances says when this visit of a series, or of a course, is moved there; the others stay."""
    rows = Appointment.objects.for_actor(actor).filter(patient_id=appointment.patient_id, status__in=LIVE)
    if appointment.series_key:
        rows = rows.filter(series_key=appointment.series_key)
    elif appointment.course_id:
        rows = rows.filter(course_id=appointment.course_id)
    else:
        return []
    others = rows.exclude(pk=appointment.pk).values_list("starts_at", flat=True)
    before = max((start for start in others if start < starts_at), default=None)
    after = min((start for start in others if start > starts_at), default=None)
    near = [start for start in (before, starts_at, after) if start is not None]
    return interval_warnings(near, zone=appointment.place.time_zone)
