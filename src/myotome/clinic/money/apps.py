"""Django names this stage `money`."""

from django.apps import AppConfig


class MoneyConfig(AppConfig):
    """The money stage."""

    name = "myotome.clinic.money"
    label = "money"
    default_auto_field = "django.db.models.BigAutoField"
