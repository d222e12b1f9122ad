"""Errors as states of the clinic, each with a slug and a sentence for the person who can act on it.

A face translates `http_status`; nothing else in the house knows about HTTP. `field` names the input that caused
the error where there is one. Every slug is documented in `docs/reference/messages.md` (a test keeps that true).
"""

from __future__ import annotations


class MyotomeError(Exception):
    """Something the user did or met that has a name and a way out."""

    slug = "myotome-error"
    http_status = 422

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class InvalidValue(MyotomeError):
    """A value outside its range or vocabulary."""

    slug = "invalid-value"


class NotFound(MyotomeError):
    """There is no such thing, or it is not yours: the answer is the same."""

    slug = "not-found"
    http_status = 404


class NotAllowed(MyotomeError):
    """Your role does not do this."""

    slug = "not-allowed"
    http_status = 403


class StaleVersion(MyotomeError):
    """Somebody else saved this in the meantime; both versions are shown."""

    slug = "stale-version"
    http_status = 409


class AlreadyBooked(MyotomeError):
    """The practitioner, room or patient is taken at that time."""

    slug = "already-booked"
    http_status = 409


class BookingStopped(MyotomeError):
    """An emergency answer stops online booking."""

    slug = "booking-stopped"
    http_status = 409


class NeedleUnaccountedFor(MyotomeError):
    """A visit cannot close while a needle is in."""

    slug = "needle-unaccounted-for"
    http_status = 409


class VisitLocked(MyotomeError):
    """A signed visit takes addenda only."""

    slug = "visit-locked"
    http_status = 409


class ConsentMissing(MyotomeError):
    """No valid consent is recorded for this course."""

    slug = "consent-missing"
    http_status = 409


class CourseClosed(MyotomeError):
    """The course of care has ended; a relapse opens a new one."""

    slug = "course-closed"
    http_status = 409


class LinkExpired(MyotomeError):
    """The link has run out or was revoked; the clinic sends a new one."""

    slug = "link-expired"
    http_status = 410


class TooManyAttempts(MyotomeError):
    """Too many tries in a short time."""

    slug = "too-many-attempts"
    http_status = 429


class KeyReused(MyotomeError):
    """The same request key came with another booking."""

    slug = "key-reused"
    http_status = 409
