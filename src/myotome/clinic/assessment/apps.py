"""Django names this stage `assessment`."""

from django.apps import AppConfig


class AssessmentConfig(AppConfig):
    """The assessment stage."""

    name = "myotome.clinic.assessment"
    label = "assessment"
    default_auto_field = "django.db.models.BigAutoField"
