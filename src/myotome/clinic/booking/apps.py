"""Django names this stage `booking`."""

from django.apps import AppConfig


class BookingConfig(AppConfig):
    """The booking stage."""

    name = "myotome.clinic.booking"
    label = "booking"
    default_auto_field = "django.db.models.BigAutoField"
