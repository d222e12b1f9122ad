"""How often one address may begin: enough for a family and a waiting room, not for a machine."""

from __future__ import annotations

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext as _

from myotome.vocabulary.errors import TooManyAttempts

MOST_BEGUN = 60
WITHIN_S = 3600


def check_may_begin(request: HttpRequest) -> None:
    """Counts a begun intake for the address it came from.

    Raises:
        TooManyAttempts: more than 60 were begun from there within an hour.
    """
    key = f"intakes-begun:{request.clinic.pk}:{request.META.get('REMOTE_ADDR', '')}"
    n_begun = cache.get(key, 0) + 1
    if n_begun > MOST_BEGUN:
        raise TooManyAttempts(_("Too many sets of questions were begun from here. Please phone the clinic."))
    cache.set(key, n_begun, WITHIN_S)
