"""How many times one address may hold at once: enough for a family, not for a machine."""

from __future__ import annotations

from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone

from myotome.vocabulary.errors import TooManyAttempts

MOST_HELD = 6
WITHIN_S = 3600


def check_may_hold(request: HttpRequest, key: str) -> None:
    """Counts a held time for the address it is asked from, each form once within the hour.

    Raises:
        TooManyAttempts: six other forms hold times from there.
    """
    name = f"times-held:{request.clinic.pk}:{request.META.get('REMOTE_ADDR', '')}"
    now = timezone.now().timestamp()
    held = {form: since for form, since in cache.get(name, {}).items() if since > now - WITHIN_S}
    if key not in held and len(held) >= MOST_HELD:
        raise TooManyAttempts("Several times are held from your connection already. Try again in an hour, or phone us.")
    cache.set(name, held | {key: now}, WITHIN_S)
