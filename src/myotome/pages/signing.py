"""Signing once more: a second person with her password, or the same one alone with her own."""

from __future__ import annotations

from django.contrib.auth import authenticate
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext as _

from myotome.clinic.people.queries import actor_of
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, TooManyAttempts

MOST_TRIES, TRIES_WITHIN_S = 5, 600


def second_signature(request: HttpRequest, actor: Actor) -> Actor | None:
    """Who signs with the actor, by `witness_email` and `witness_password`; None when it is she herself once more.

    Raises:
        InvalidValue: the password is not that of somebody who works in this clinic.
        TooManyAttempts: five wrong ones within ten minutes.
    """
    data, key = request.POST, f"missing-{actor.user_id}"
    if cache.get(key, 0) >= MOST_TRIES:
        raise TooManyAttempts(_("Too many wrong passwords. Wait ten minutes."))
    email = data.get("witness_email", "").strip() or request.user.email
    user = authenticate(request, email=email, password=data.get("witness_password", ""))
    witness = actor_of(user, request.clinic) if user else None
    if witness is None or not witness.roles - {Role.PATIENT}:
        cache.set(key, cache.get(key, 0) + 1, TRIES_WITHIN_S)
        raise InvalidValue(_("That is not the password of somebody who works here."), field="witness_password")
    return None if witness.user_id == actor.user_id else witness
