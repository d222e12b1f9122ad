"""Errors as states of the clinic, each with a slug and a sentence for the person who can act on it.

A face translates `http_status`; nothing else in the house knows about HTTP. `field` names the input that caused
the error where there is one. Every slug is documented in `docs/reference/messages.md` (a test keeps that true).
"""

from __future__ import annotations

from typing import Any

from myotome.vocabulary.sentences import Sentence, in_readers_language


class MyotomeError(Exception):
    """Something the user did or met that has a name and a way out."""

    slug = "myotome-error"
    http_status = 422

    def __init__(self, sentence: str, *, field: str | None = None, **values: Any) -> None:
        """`sentence` is English with named places; `values` fill them. Never an f-string: nobody could translate it."""
        self.sentence = sentence if isinstance(sentence, Sentence) else Sentence(sentence, **values)
        self.field = field
        super().__init__(self.sentence)

    @property
    def message(self) -> str:
        """The sentence in the language of whoever reads it now."""
        return in_readers_language(self.sentence)


class InvalidValue(MyotomeError):
    """A value outside its range or vocabulary."""

    slug = "invalid-value"

    def of(self, where: str) -> InvalidValue:
        """The same of one part of a whole: `where` stands before its field."""
        return InvalidValue(self.sentence, field=f"{where}.{self.field}" if self.field else where)


class TimeComesTwice(InvalidValue):
    """A wall-clock time of the night in which the clocks go back: somebody has to say which of the two is meant.

    `which` holds both, as local ISO texts with their distance from UTC, the earlier first.
    """

    slug = "time-comes-twice"

    def __init__(self, sentence: str, *, which: tuple[str, str], field: str | None = None, **values: Any) -> None:
        """As every error, with the two."""
        super().__init__(sentence, field=field, **values)
        self.which = which


class NotFound(MyotomeError):
    """There is no such thing, or it is not yours: the answer is the same."""

    slug = "not-found"
    http_status = 404


class NotAllowed(MyotomeError):
    """Your role does not do this."""

    slug = "not-allowed"
    http_status = 403


class NotAsThingsStand(MyotomeError):
    """What was asked for does not follow from how things stand: somebody else was first, it is too late, or too early."""

    slug = "not-as-things-stand"
    http_status = 409


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


class CourseClosed(MyotomeError):
    """The course of care has ended; a relapse opens a new one."""

    slug = "course-closed"
    http_status = 409


class LinkExpired(MyotomeError):
    """The link has run out or was revoked; the clinic sends a new one."""

    slug = "link-expired"
    http_status = 410


class TooBig(MyotomeError):
    """What was sent is larger than can be taken at once."""

    slug = "too-big"
    http_status = 413


class UnreadableFile(MyotomeError):
    """The file is not what was said, or cannot be read for certain."""

    slug = "unreadable-file"
    http_status = 415


class TooManyAttempts(MyotomeError):
    """Too many tries in a short time."""

    slug = "too-many-attempts"
    http_status = 429


class KeyReused(MyotomeError):
    """The same request key came with another booking."""

    slug = "key-reused"
    http_status = 409


class TakenBack(KeyReused):
    """The same request key came again after its booking had been cancelled."""


class ExtraMissing(MyotomeError):
    """An optional part of this program is not installed here."""

    slug = "extra-missing"
    http_status = 503


class Busy(MyotomeError):
    """The database does not answer: somebody writes for too long, or it is being started again."""

    slug = "busy"
    http_status = 503


class TooFewCourses(MyotomeError):
    """There are not enough courses to learn from."""

    slug = "too-few-courses"
    http_status = 409
