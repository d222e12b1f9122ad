"""Django names this stage `booking`."""

from django.apps import AppConfig


class BookingConfig(AppConfig):
    """The booking stage."""

    name = "myotome.clinic.booking"
    label = "booking"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The set-up is watched from the first migration on; reminders hear of a new address."""
        from django.db.models.signals import post_migrate

        from myotome.clinic.booking.kept import watch
        from myotome.clinic.booking.reminders import hear_of_contacts
        from myotome.clinic.people.heard import contacts_changed

        post_migrate.connect(watch, sender=self)
        contacts_changed.connect(hear_of_contacts)
