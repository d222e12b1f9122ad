"""Rows that say who did or saw what, and when a backup succeeded.

Events hold plain ids and names, no foreign keys: they outlive what they tell of, and this stage knows no other.
Database triggers (migration 0002) refuse every update and delete of an event.
"""

from django.db import models


class AuditEvent(models.Model):
    """One act of one actor. `act` is a verb in the past: `chart.read`, `visit.closed`, `access.refused`."""

    at = models.DateTimeField(db_index=True)
    clinic_id = models.BigIntegerField(db_index=True)
    actor_user_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=200)
    actor_roles = models.CharField(max_length=120, blank=True)
    via = models.CharField(max_length=12)
    act = models.CharField(max_length=60, db_index=True)
    subject_type = models.CharField(max_length=60, blank=True)
    subject_id = models.BigIntegerField(null=True)
    patient_id = models.BigIntegerField(null=True, db_index=True)
    reason = models.CharField(max_length=300, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]


class BackupRecord(models.Model):
    """A backup that ended, well or badly; the owner's page shows the last good one."""

    at = models.DateTimeField()
    succeeded = models.BooleanField()
    n_bytes = models.BigIntegerField(default=0)
    message = models.CharField(max_length=300, blank=True)
