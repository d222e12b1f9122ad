"""Django names this stage `screening`."""

from django.apps import AppConfig


class ScreeningConfig(AppConfig):
    """The screening stage."""

    name = "myotome.clinic.screening"
    label = "screening"
    default_auto_field = "django.db.models.BigAutoField"
