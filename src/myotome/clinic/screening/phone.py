"""Safety questions asked aloud: the same content, answered at the desk. Reception asks and types; it never reads back."""

from __future__ import annotations

from myotome.clinic.audit.prepared import Prepared
from myotome.clinic.screening.models import Intake
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import RedFlagLevel, Role

_newest = Prepared(
    lambda clinic_id, patient_id: (
        Intake.objects.filter(clinic_id=clinic_id, patient_id=patient_id).order_by("-started_at").defer("answers")[:1]
    ),
    7_000_001,
    7_000_002,
)


def newest_intake(actor: Actor, *, patient_id: int) -> Intake | None:
    """The patient's newest intake for the booking's level; only its level and dates are for the desk."""
    actor.check_holds(Role.RECEPTIONIST, Role.PRACTITIONER)
    found: list[Intake] = _newest(actor.clinic_id, patient_id)
    return found[0] if found else None


def may_go_on(intake: Intake) -> bool:
    """True unless an emergency answer stands that nobody has phoned about."""
    return intake.level != RedFlagLevel.EMERGENCY.value or intake.called_at is not None
