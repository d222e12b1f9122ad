"""Django names this stage `planning`."""

from django.apps import AppConfig


class PlanningConfig(AppConfig):
    """The planning stage."""

    name = "myotome.clinic.planning"
    label = "planning"
    default_auto_field = "django.db.models.BigAutoField"
