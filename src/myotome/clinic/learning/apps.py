"""Django names this stage `learning`."""

from django.apps import AppConfig


class LearningConfig(AppConfig):
    """The learning stage."""

    name = "myotome.clinic.learning"
    label = "learning"
    default_auto_field = "django.db.models.BigAutoField"
