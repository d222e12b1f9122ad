"""The day at the clinic: what a person there would write as today's date, whatever day the clocks of Greenwich show."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from myotome.clinic.people.models import Clinic


def clinic_day(clinic: Clinic, at: datetime) -> date:
    """The date at the clinic at this moment."""
    return at.astimezone(ZoneInfo(clinic.time_zone)).date()
