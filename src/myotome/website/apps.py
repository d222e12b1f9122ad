"""Start-up checks are registered when Django has loaded all apps."""

from django.apps import AppConfig


class WebsiteConfig(AppConfig):
    """The roof."""

    name = "myotome.website"
    label = "website"

    def ready(self) -> None:
        """Registers the check that every route declares who may take it, what is noted at a login, and the reader's language and days."""
        from django.utils.dateformat import format as day_in_words
        from django.utils.translation import gettext

        from myotome.vocabulary.sentences import say_days_by, speak_through
        from myotome.website import checks, middleware  # noqa: F401
        from myotome.website.parent import end_with_parent_if_served

        speak_through(gettext)
        say_days_by(lambda day: day_in_words(day, "j M Y"))
        end_with_parent_if_served()
