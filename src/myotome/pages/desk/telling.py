"""Whether the patient hears of what the desk did: said from what is queued, never from what was ticked."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from myotome.clinic.booking.owed import is_told
from myotome.clinic.booking.queries import Appointment


def how_told(appointment: Appointment, *, at: datetime, tell: bool = True) -> str:
    """One sentence for the desk after a visit was moved or cancelled at `at`.

    A mail that had not gone out yet tells her of the new time even when "she knows" was chosen; who has no e-mail is
    told by nobody unless the desk phones.
    """
    patient = appointment.patient
    if is_told(appointment, at=at):
        if tell:
            return _("The patient is told by mail.")
        return _("The mail about this visit had not gone out yet: it goes out, and says how things stand now.")
    if not tell or patient.email:
        return _("The patient is not told.")
    if patient.phone:
        return _("%(name)s has no e-mail: phone %(phone)s.") % {"name": patient.name, "phone": patient.phone}
    return _("%(name)s has neither e-mail nor telephone number: nobody tells her.") % {"name": patient.name}
