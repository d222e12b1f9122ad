"""What every template may know: the clinic of the URL and the actor."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def clinic(request: HttpRequest) -> dict[str, Any]:
    """`clinic` and `actor` when the route has them, else None; `theme` as the person chose, or empty."""
    theme = request.COOKIES.get("theme", "")
    return {
        "clinic": getattr(request, "clinic", None),
        "actor": getattr(request, "actor", None),
        "theme": theme if theme in ("light", "dark") else "",
    }
