"""Guards around every view: whose address it is, second factor, idle lock, and errors told as pages.

The idle lock keeps what was typed: a form posted after the lock is held in the session and offered again, unsent,
after the password, without what looks like the number of a payment card. Background polls (header `X-Myotome-Poll`) never extend the session.
A command that the device keeps until it is answered (header `X-Myotome-Command`) is not held a second time.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from myotome.clinic.people.models import User
from myotome.clinic.people.queries import idle_lock_minutes, second_factor_required
from myotome.pages.access import error_context
from myotome.vocabulary.errors import InvalidValue, MyotomeError
from myotome.vocabulary.money import holds_card_number

GetResponse = Callable[[HttpRequest], HttpResponse]
OPEN_PATHS = ("/accounts/", "/static/", "/locked/", "/keeper.js", "/offline/")
MOST_HELD_BYTES = 200_000
LONGEST_SESSION_SECONDS = 12 * 3600


class TrustedProxyMiddleware:
    """Behind a reverse proxy the address is that of the patient and not of the proxy: limits count people apart.

    Only the word of the addresses in `TRUSTED_PROXIES` is taken, and of what they pass on the nearest that is no proxy of
    ours: all before it may be made up.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        passed_on = request.META.get("HTTP_X_FORWARDED_FOR", "")
        if passed_on and request.META.get("REMOTE_ADDR", "") in settings.TRUSTED_PROXIES:
            hops = [hop.strip() for hop in passed_on.split(",") if hop.strip()]
            request.META["REMOTE_ADDR"] = next(
                (hop for hop in reversed(hops) if hop not in settings.TRUSTED_PROXIES), request.META["REMOTE_ADDR"]
            )
        return self.get_response(request)


class MyotomeErrorMiddleware:
    """Turns an error of the clinic into a page with its sentence and its HTTP status."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A page for a MyotomeError, and for a word that no database can even look up; anything else goes on to Django."""
        if isinstance(error, UnicodeEncodeError) or (isinstance(error, ValueError | DataError) and "NUL" in str(error)):
            error = InvalidValue("What was sent holds a character that cannot be stored.")
        if not isinstance(error, MyotomeError):
            return None
        return render(request, "website/error.html", error_context(error), status=error.http_status)


class SecondFactorMiddleware:
    """Staff of a clinic that asks for a second factor set one up before anything else."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if (
            request.user.is_authenticated
            and not request.path.startswith(OPEN_PATHS)
            and not request.session.get("second_factor_seen")
        ):
            if second_factor_required(request.user):
                return redirect(reverse("mfa_index"))
            request.session["second_factor_seen"] = True
        return self.get_response(request)


class IdleLockMiddleware:
    """Locks a session that nobody touched for the clinic's idle time; logs out 12 hours after the login."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated or request.path.startswith(OPEN_PATHS):
            return self.get_response(request)
        session, now = request.session, int(timezone.now().timestamp())
        if "begun_at" not in session:
            begin_session(None, request, request.user)
        if now - session["begun_at"] > LONGEST_SESSION_SECONDS:
            logout(request)
            return self._away(request, f"{reverse('account_login')}?{urlencode({'next': page_of(request)})}")
        last = session.get("touched_at", now)
        if session.get("locked") or now - last > session["idle_lock_minutes"] * 60:
            return self._lock(request)
        if (not is_poll(request) and now - last >= 30) or "touched_at" not in session:
            session["touched_at"] = now
        return self.get_response(request)

    def _lock(self, request: HttpRequest) -> HttpResponse:
        request.session["locked"] = True
        if request.method == "POST" and "X-Myotome-Command" not in request.headers:
            held = {
                name: ["" if holds_card_number(text) else text for text in request.POST.getlist(name)]
                for name in request.POST
                if name != "csrfmiddlewaretoken"
            }
            if sum(len(v) for values in held.values() for v in values) <= MOST_HELD_BYTES:
                request.session["held_form"] = {"path": request.get_full_path(), "fields": held}
        elif not is_poll(request) or "locked_path" not in request.session:
            request.session["locked_path"] = page_of(request)
        return self._away(request, reverse("locked"))

    def _away(self, request: HttpRequest, path: str) -> HttpResponse:
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": path})
        return redirect(path)


def begin_session(sender: object, request: HttpRequest, user: User, **kwargs: object) -> None:
    """Notes at login when the session began and after how long it locks, so that no page has to ask."""
    request.session["begun_at"] = int(timezone.now().timestamp())
    request.session["idle_lock_minutes"] = idle_lock_minutes(user)


user_logged_in.connect(begin_session)


def is_poll(request: HttpRequest) -> bool:
    """True for a request that a page sends by itself."""
    return "X-Myotome-Poll" in request.headers


def page_of(request: HttpRequest) -> str:
    """The page to come back to: of a fragment the page that asked for it, of a form that page too."""
    if not request.headers.get("HX-Request") and request.method == "GET" and not is_poll(request):
        return request.get_full_path()
    asked_from = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer", ""))
    if asked_from.netloc != request.get_host() or not asked_from.path.startswith("/"):
        return "/"
    return asked_from.path + (f"?{asked_from.query}" if asked_from.query else "")
