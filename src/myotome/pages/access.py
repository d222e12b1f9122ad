"""Who may take a route: declared on the view, checked before it runs, audited when refused.

Every view in Myotome carries one of `@public`, `@by_link`, `@for_roles(...)` or `@signed_in`; a route without a
declaration fails at start-up (`website.checks`). A view for roles is called with the `Actor` in place of the clinic
slug: `def day(request, actor, ...)`. What is not yours is 404, what your role does not do is 403. No page knows a method
beside `METHODS`: any other is 405 on every route, before anybody is asked who she is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from myotome.clinic.audit.actions import record
from myotome.clinic.people.queries import actor_of, clinic_by_slug, public_actor
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import MyotomeError, NotAllowed, NotFound

View = Callable[..., HttpResponse]
METHODS = ("GET", "HEAD", "POST")
"""What a page may be asked by; a view that only reads or only writes narrows it (`require_safe`, `require_POST`)."""
of_pages = require_http_methods(METHODS)


@dataclass(frozen=True, slots=True)
class Access:
    """How a route is opened: `kind` is public, link, roles or signed_in; `roles` for kind roles."""

    kind: str
    roles: frozenset[Role] = frozenset()


def public(view: View) -> View:
    """Open to everybody. With a `clinic` slug in the URL the view gets the public's actor in its place."""

    @of_pages
    @wraps(view)
    def opened(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if "clinic" in kwargs:
            clinic = clinic_by_slug(kwargs.pop("clinic"))
            request.clinic = clinic
            timezone.activate(clinic.time_zone)
            return view(request, public_actor(clinic), **kwargs)
        return view(request, **kwargs)

    opened.access = Access("public")
    return opened


def by_link(view: View) -> View:
    """Open to the holder of a signed link; the view reads its `token` and gets the public's actor for the clinic."""
    opened = public(view)
    opened.access = Access("link")
    return opened


def for_roles(*roles: Role) -> Callable[[View], View]:
    """Open to users who hold one of the roles in the clinic of the URL."""

    def declare(view: View) -> View:
        @of_pages
        @wraps(view)
        def opened(request: HttpRequest, clinic: str, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            request.clinic = clinic_by_slug(clinic)
            actor = actor_of(request.user, request.clinic)
            request.actor = actor
            timezone.activate(request.clinic.time_zone)
            if not actor.roles:
                refuse(request, actor, "no role in this clinic")
                raise NotFound("There is nothing here that you can see.")
            if not actor.holds(*roles):
                refuse(request, actor, "role")
                raise NotAllowed("Your role in this clinic does not open this page.")
            try:
                return view(request, actor, **kwargs)
            except (NotFound, NotAllowed) as refusal:
                refuse(request, actor, refusal.slug)
                raise

        opened.access = Access("roles", frozenset(roles))
        return opened

    return declare


def signed_in(view: View) -> View:
    """Open to every user who is logged in; the view gets no clinic and must use only the user's own things."""

    @of_pages
    @wraps(view)
    def opened(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        return view(request, **kwargs)

    opened.access = Access("signed_in")
    return opened


def refuse(request: HttpRequest, actor: Actor, why: str) -> None:
    """Leaves the refusal in the audit: who, which route, never which words."""
    match = request.resolver_match
    with transaction.atomic():
        record(
            by=actor,
            at=timezone.now(),
            act="access.refused",
            patient_id=_int_or_none(match.kwargs.get("patient")) if match else None,
            reason=why,
            route=match.view_name if match else "",
            method=request.method,
        )


def error_context(error: MyotomeError) -> dict[str, Any]:
    """What an error page says: the sentence, the slug, the field."""
    return {"message": error.message, "slug": error.slug, "field": error.field, "status": error.http_status}


def _int_or_none(value: object) -> int | None:
    return value if isinstance(value, int) else None
