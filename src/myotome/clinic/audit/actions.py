"""Writing audit events, and the record of backups."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models

from myotome.clinic.audit.models import AuditEvent, BackupRecord
from myotome.clinic.audit.prepared import insert
from myotome.vocabulary.actors import Actor


def record(
    *,
    by: Actor,
    at: datetime,
    act: str,
    subject: models.Model | None = None,
    patient_id: int | None = None,
    reason: str = "",
    **detail: Any,
) -> AuditEvent:
    """The event as written. Call it inside the transaction of the act it tells of.

    `detail` holds ids, codes and counts, never free text of a chart.
    """
    event = AuditEvent(
        at=at,
        clinic_id=by.clinic_id,
        actor_user_id=by.user_id,
        actor_name=by.name[:200],
        actor_roles=",".join(sorted(by.roles)),
        via=by.via.value,
        act=act,
        subject_type=subject._meta.label if subject is not None else "",
        subject_id=subject.pk if subject is not None else None,
        patient_id=patient_id,
        reason=reason[:300],
        detail=detail,
    )
    insert([event])
    return event


def record_backup(*, at: datetime, succeeded: bool, n_bytes: int = 0, message: str = "") -> BackupRecord:
    """The backup's end as a row for the owner's page."""
    return BackupRecord.objects.create(at=at, succeeded=succeeded, n_bytes=n_bytes, message=message[:300])
