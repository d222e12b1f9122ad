"""Django names this stage `needling`."""

from django.apps import AppConfig


class NeedlingConfig(AppConfig):
    """The needling stage."""

    name = "myotome.clinic.needling"
    label = "needling"
    default_auto_field = "django.db.models.BigAutoField"
