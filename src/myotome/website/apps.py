"""Start-up checks are registered when Django has loaded all apps."""

from django.apps import AppConfig


class WebsiteConfig(AppConfig):
    """The roof."""

    name = "myotome.website"
    label = "website"

    def ready(self) -> None:
        """Registers the check that every route declares who may take it, and what is noted at a login."""
        from myotome.website import checks, middleware  # noqa: F401
