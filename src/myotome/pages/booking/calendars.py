"""Calendars to subscribe to: the page on which an address is made, shown once and ended, and what the address gives."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from myotome.clinic.booking.calendars import feed_by_token, feeds_for, make_feed, revoke_feed, rooms_to_choose
from myotome.clinic.booking.told import note_reading, read_feed
from myotome.exchange.icalendar.feed import feed_file
from myotome.pages.access import by_link, for_roles, refuse
from myotome.pages.typed import whole_or_none
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, MyotomeError, NotFound

staff = for_roles(Role.OWNER, Role.RECEPTIONIST, Role.PRACTITIONER)
MINE = "mine"
MOST_WRONG, WRONG_WITHIN_S = 30, 600
"""Addresses that lead nowhere, asked for from one place: a mistyped one on every device of a clinic, not a search."""
MOST_READ, READ_WITHIN_S = 120, 3600
"""Readings of one calendar: several devices that ask every few minutes."""


@staff
def calendars(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The addresses that are alive, and the form for a new one, which is shown this once."""
    context: dict[str, Any] = {}
    status = 200
    if request.method == "POST":
        try:
            context["new"] = _made(request, actor)
        except NotFound:
            raise
        except MyotomeError as error:
            context["error"], status = error, error.http_status
        context["typed"] = request.POST
    context |= {"feeds": feeds_for(actor), "rooms": rooms_to_choose(actor)}
    context["has_diary"] = actor.practitioner_id is not None and actor.holds(Role.PRACTITIONER)
    answer = render(request, "booking/calendars.html", context, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


@staff
@require_POST
def end(request: HttpRequest, actor: Actor, feed: int) -> HttpResponse:
    """One address ended."""
    ended = revoke_feed(by=actor, at=timezone.now(), feed_id=feed)
    messages.success(request, _("“%(name)s” has ended. Its address leads nowhere now.") % {"name": ended.name})
    return redirect("booking:calendars", clinic=actor.clinic_slug)


@by_link
@require_safe
def feed(request: HttpRequest, actor: Actor, token: str) -> HttpResponse:
    """The calendar, whole, or 304 when nothing has changed since the client last asked."""
    at = timezone.now()
    address = request.META.get("REMOTE_ADDR", "")
    if _count("calendar-wrong", f"{actor.clinic_id}:{address}", WRONG_WITHIN_S, at, add=0) >= MOST_WRONG:
        return _too_often(WRONG_WITHIN_S)
    try:
        found = feed_by_token(request.clinic, token)
    except NotFound:
        _count("calendar-wrong", f"{actor.clinic_id}:{address}", WRONG_WITHIN_S, at, add=1)
        refuse(request, actor, "calendar address")
        raise
    if _count("calendar-read", str(found.pk), READ_WITHIN_S, at, add=1) > MOST_READ:
        return _too_often(READ_WITHIN_S)
    reading = read_feed(found, at=at)
    note_reading(found, by=actor, at=at)
    last_changed = int(reading.told_at.timestamp())
    answer = get_conditional_response(request, etag=reading.etag, last_modified=last_changed)
    if answer is None:
        file = feed_file(reading.events, name=reading.name)
        answer = HttpResponse(file if request.method == "GET" else b"", content_type="text/calendar; charset=utf-8")
        answer["Content-Length"] = str(len(file))
        answer["Content-Disposition"] = 'inline; filename="calendar.ics"'
        answer["Accept-Ranges"] = "none"
    answer["ETag"], answer["Last-Modified"] = reading.etag, http_date(last_changed)
    answer["Cache-Control"] = "private, no-cache"
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def _made(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """The new feed and its address."""
    whose = request.POST.get("whose", "")
    room_id = whole_or_none(whose)
    if whose != MINE and room_id is None:
        raise InvalidValue("Please choose whose diary it is.", field="whose")
    made = make_feed(
        by=actor,
        at=timezone.now(),
        name=request.POST.get("name", ""),
        room_id=room_id,
        shows_initials=request.POST.get("initials") == "yes",
        shows_hours=request.POST.get("hours") == "yes",
        language=get_language() or settings.LANGUAGE_CODE,
    )
    path = reverse("booking:feed", kwargs={"clinic": actor.clinic_slug, "token": made.token})
    url = f"{settings.PUBLIC_URL}{path}"
    return {"feed": made.feed, "url": url, "subscribe_url": "webcal://" + url.partition("://")[2]}


def _count(what: str, whose: str, within_s: int, at: datetime, *, add: int) -> int:
    """How often it happened in the present stretch of `within_s` seconds, this time included when `add` is 1."""
    key = f"{what}:{whose}:{int(at.timestamp()) // within_s}"
    n = int(cache.get(key, 0)) + add
    if add:
        cache.set(key, n, within_s)
    return n


def _too_often(wait_s: int) -> HttpResponse:
    answer = HttpResponse(
        _("Too many requests. Try again later."), content_type="text/plain; charset=utf-8", status=429
    )
    answer["Retry-After"] = str(wait_s)
    return answer
