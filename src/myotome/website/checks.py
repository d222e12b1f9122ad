"""A route without a declared permission is a start-up error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.checks import Error, Tags, register
from django.urls import URLPattern, URLResolver, get_resolver

OUTSIDE_VIEWS = ("allauth.", "django.views.i18n", "django.views.static")
"""Views of libraries that guard themselves; everything else declares its access."""


def routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every route of the site as (path pattern, pattern)."""
    for entry in (resolver or get_resolver()).url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, path)
        else:
            yield path, entry


def is_outside(view: Any) -> bool:
    """True for a library's own view."""
    cls = getattr(view, "view_class", view)
    return str(getattr(cls, "__module__", "")).startswith(OUTSIDE_VIEWS)


@register(Tags.security)
def every_route_declares_access(app_configs: Any, **kwargs: Any) -> list[Error]:
    """One error for each route whose view says nothing about who may take it."""
    return [
        Error(
            f"The route {path} declares no access.",
            hint="Put @public, @by_link, @signed_in or @for_roles(...) of myotome.pages.access on the view.",
            id="myotome.E001",
        )
        for path, pattern in routes()
        if not hasattr(pattern.callback, "access") and not is_outside(pattern.callback)
    ]
