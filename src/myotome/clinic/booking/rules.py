"""The rules of a clinic's diary as everybody reads them: its own row, or the defaults."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from myotome.clinic.booking.kept import set_up_of
from myotome.clinic.booking.models import DiaryRules
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role

BEFORE_QUIET = timedelta(minutes=30)
"""Time for a mail server that is away for a moment."""


def rules_for(clinic_id: int) -> DiaryRules:
    """The clinic's rules; a clinic that never changed them has the defaults."""
    return set_up_of(clinic_id).rules


def told_from(by: Actor, *, at: datetime, rules: DiaryRules) -> datetime | None:
    """When others hear of an act: once the staff can no longer take it back; None, at once, for a patient or a job."""
    if not rules.undo_seconds or not by.holds(Role.RECEPTIONIST, Role.PRACTITIONER, Role.OWNER):
        return None
    return at + timedelta(seconds=rules.undo_seconds)


def after_quiet_hours(when: datetime, rules: DiaryRules, zone: str) -> datetime:
    """`when`, or the end of the quiet hours it falls into, by the wall clock of the zone.

    Quiet hours may span midnight; none when they begin and end at the same time.
    """
    if rules.quiet_from == rules.quiet_until:
        return when
    local = when.astimezone(ZoneInfo(zone))
    clock = local.time()
    if rules.quiet_from > rules.quiet_until:
        is_quiet = clock >= rules.quiet_from or clock < rules.quiet_until
    else:
        is_quiet = rules.quiet_from <= clock < rules.quiet_until
    if not is_quiet:
        return when
    day = local.date() + timedelta(days=1 if clock >= rules.quiet_until else 0)
    return datetime.combine(day, rules.quiet_until, tzinfo=ZoneInfo(zone)).astimezone(when.tzinfo)


def before_quiet_hours(when: datetime, rules: DiaryRules, zone: str) -> datetime:
    """Half an hour before the quiet hours that `when` falls into, by the wall clock of the zone."""
    local = when.astimezone(ZoneInfo(zone))
    day = local.date() - timedelta(days=1 if local.time() < rules.quiet_from else 0)
    begins = datetime.combine(day, rules.quiet_from, tzinfo=ZoneInfo(zone)).astimezone(when.tzinfo)
    return begins - BEFORE_QUIET
