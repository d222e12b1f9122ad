"""Django names this stage `pathway`."""

from django.apps import AppConfig


class PathwayConfig(AppConfig):
    """The pathway stage."""

    name = "myotome.clinic.pathway"
    label = "pathway"
    default_auto_field = "django.db.models.BigAutoField"
