"""Django finds the templates and template tags of all pages through this one app."""

from django.apps import AppConfig


class PagesConfig(AppConfig):
    """Pages by stage of care."""

    name = "myotome.pages"
    label = "pages"
