"""Links in mails and on phones: signed, revocable, never stored.

A link is the row's id and its `link_version`, signed for one purpose. It carries no time, so that the same link can be
written again for a reminder; raising the version revokes every older link. The link to a patient's own page belongs to a
visit and carries the last day on which it opens, thirty days after it, in the place of a version.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from django.core import signing
from django.db.models import F, Model, QuerySet

from myotome.clinic.people.models import Patient
from myotome.vocabulary.errors import LinkExpired, NotFound, TooManyAttempts
from myotome.vocabulary.sentences import Sentence

Row = TypeVar("Row", bound=Model)
MOST_WRONG_BIRTH_DATES = 5
LINK_DAYS = 30
LOST = Sentence("This link does not lead anywhere. Please use the newest link you were sent.")


def link_token(purpose: str, pk: int, version: int) -> str:
    """The token of a link for one purpose (`appointment`, `intake`, `measures`)."""
    return signing.Signer(salt=f"myotome.link.{purpose}").sign_object([pk, version])


def read_link(purpose: str, token: str) -> tuple[int, int]:
    """The row's id and link version; the caller compares the version with the row's.

    Raises:
        NotFound: the token was not signed here for this purpose.
    """
    try:
        pk, version = signing.Signer(salt=f"myotome.link.{purpose}").unsign_object(token)
    except (signing.BadSignature, ValueError) as fault:
        raise NotFound(LOST) from fault
    return int(pk), int(version)


def row_of_link(rows: QuerySet[Row], purpose: str, token: str) -> tuple[Row, int]:
    """The row among `rows` that a link leads to, and the version that the link carries.

    Raises:
        NotFound: the token was not signed here for this purpose, or the row is not among these.
    """
    pk, version = read_link(purpose, token)
    row = rows.filter(pk=pk).first()
    if row is None:
        raise NotFound(LOST)
    return row, version


def page_link(patient: Patient, *, visit_on: date) -> str:
    """The token of the link to her page that belongs to a visit of that day; merging her record leaves it hers."""
    return link_token("patient", patient.pk, (visit_on + timedelta(days=LINK_DAYS)).toordinal())


def patient_of_page_link(rows: QuerySet[Patient], token: str, *, today: date) -> Patient:
    """The patient among `rows` that the link leads to, until its last day has gone.

    Raises:
        NotFound: not such a link, or not one of these.
        LinkExpired: thirty days have passed since the visit that it belongs to.
    """
    row, last_day = row_of_link(rows, "patient", token)
    if today.toordinal() > last_day:
        raise LinkExpired(
            "This link has run out. The reminder of your next visit brings a new one; nothing that you answered is lost."
        )
    return row


def check_opens(row: Any, version: int, *, ends_at: datetime, at: datetime, run_out: str) -> None:
    """Nothing, when a link of this version still opens the row, a birth date behind it; `run_out` says what to do.

    Raises:
        LinkExpired: the link has ended, or was replaced.
        TooManyAttempts: the birth date was wrong five times.
    """
    if row.link_version != version or ends_at <= at:
        raise LinkExpired(run_out)
    if row.n_wrong_birth_dates >= MOST_WRONG_BIRTH_DATES:
        raise TooManyAttempts("The birth date did not match five times. Please phone the clinic.")


def opens_with(row: Any, born_on: date, *, of: Patient, at: datetime) -> bool:
    """True when the birth date is hers, and the row is opened; a wrong one is counted. In the caller's transaction."""
    rows = type(row).objects.filter(pk=row.pk)
    if born_on == of.born_on:
        rows.filter(opened_at__isnull=True).update(opened_at=at)
        return True
    rows.update(n_wrong_birth_dates=F("n_wrong_birth_dates") + 1)
    return False
