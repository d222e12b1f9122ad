"""Django names this stage `followup`."""

from django.apps import AppConfig


class FollowupConfig(AppConfig):
    """The followup stage."""

    name = "myotome.clinic.followup"
    label = "followup"
    default_auto_field = "django.db.models.BigAutoField"
