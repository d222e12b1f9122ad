"""What the desk is told beside "Booked": nothing is refused, and three minutes are left to take it back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest

from myotome.clinic.booking.credentials import lapsed_by_then
from myotome.clinic.booking.kept import SetUp
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.sentences import in_readers_language


def warn_of_credentials(
    request: HttpRequest, actor: Actor, booked: Iterable[Any], *, known: SetUp | None = None
) -> None:
    """A warning for each practitioner and day on which what she is certified for has run out."""
    for sentence in lapsed_by_then(actor, booked, known=known):
        messages.warning(request, in_readers_language(sentence))
