"""Reading the audit: for the owner, and for a patient who asks who saw her chart."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from myotome.clinic.audit.models import AuditEvent, BackupRecord
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role


def events_for(actor: Actor) -> QuerySet[AuditEvent]:
    """Events of the actor's clinic for the owner; for a patient, the events about her; else none."""
    rows = AuditEvent.objects.filter(clinic_id=actor.clinic_id)
    if actor.is_system or actor.holds(Role.OWNER):
        return rows
    if actor.patient_id is not None:
        return rows.filter(patient_id=actor.patient_id)
    return rows.none()


def last_good_backup_at() -> datetime | None:
    """When the last backup succeeded, or None if there never was one."""
    row = BackupRecord.objects.filter(succeeded=True).order_by("-at").first()
    return row.at if row else None
