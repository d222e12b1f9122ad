"""Django names this stage `people`."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """The people stage."""

    name = "myotome.clinic.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"
