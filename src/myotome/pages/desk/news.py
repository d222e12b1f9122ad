"""What somebody else changed appears without reload: the page asks every few seconds, and is sent only when it differs.

The page carries a short name of the state it shows; asked with that name, the answer is "nothing new" (204) as long as the
state is the same. Without script the page is as it was loaded, as every page is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from myotome.clinic.booking.queries import Appointment

LATE_STEP_MINUTES = 5


def state_of(visits: Iterable[Appointment], at: datetime | None, *beside: Any) -> str:
    """A name for what a page shows: its visits with their versions, what is beside them, and the time by five minutes.

    The time is part of it so that the line of the day and who is late move on.
    """
    parts: list[Any] = [(row.pk, row.version, row.status) for row in visits]
    parts += beside
    if at is not None:
        parts.append(int(at.timestamp()) // (LATE_STEP_MINUTES * 60))
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def shown_anew(request: HttpRequest, template: str, context: dict[str, Any], *, seen: str) -> HttpResponse:
    """The page, or nothing when it is asked by a page that shows this state already."""
    if request.GET.get("seen") == seen:
        return HttpResponse(status=204)
    asked = request.GET.copy()
    asked["seen"] = seen
    return render(request, template, context | {"poll": f"{request.path}?{asked.urlencode()}"})
