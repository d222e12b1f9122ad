"""What a patient holds herself while she chooses a time: it keeps others away and never her.

Her list of times shows it as hers; a visit of hers that is booked or moved into it lets go of it first.
"""

from __future__ import annotations

from datetime import datetime

from myotome.clinic.booking.models import Appointment, Claim, Hold
from myotome.vocabulary.scheduling import HoldKind


def own_key(patient_id: int | None) -> str:
    """The key of the form by which she books her next visit."""
    return f"own-{patient_id}"


def intake_key(intake_id: int) -> str:
    """The key of the form by which she books after her safety questions."""
    return f"intake-{intake_id}"


def held_by(clinic_id: int, *, patient_id: int, intake_id: int | None = None, at: datetime) -> list[Hold]:
    """What her forms hold and what has not run out."""
    rows = Hold.objects.filter(clinic_id=clinic_id, kind=HoldKind.FORM.value, expires_at__gt=at)
    return list(rows.filter(key__in=_keys(patient_id, intake_id)))


def let_go_of_hers(appointment: Appointment, *, first_tick: int, end_tick: int) -> bool:
    """True when something that she herself held in [first_tick, end_tick) has been given back."""
    keys = _keys(appointment.patient_id, appointment.intake_id)
    rows = Hold.objects.filter(clinic_id=appointment.clinic_id, kind=HoldKind.FORM.value, key__in=keys)
    in_the_way = rows.filter(claims__tick__gte=first_tick, claims__tick__lt=end_tick)
    mine = list(in_the_way.values_list("pk", flat=True).distinct())
    Claim.objects.filter(hold_id__in=mine).delete()
    Hold.objects.filter(pk__in=mine).delete()
    return bool(mine)


def _keys(patient_id: int, intake_id: int | None) -> list[str]:
    return [own_key(patient_id)] + ([intake_key(intake_id)] if intake_id else [])
