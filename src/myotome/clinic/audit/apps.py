"""Django names this stage `audit`."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The audit stage."""

    name = "myotome.clinic.audit"
    label = "audit"
    default_auto_field = "django.db.models.BigAutoField"
