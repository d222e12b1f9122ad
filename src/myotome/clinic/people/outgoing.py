"""What leaves the house once: marked before it goes, unmarked when nobody takes it, and never sent twice by a program.

A mark that says "on its way" stands while a worker sends. Where it stays the worker died with the letter: nobody knows
whether it went out, and a person decides. What fails is tried again for a day, then given up; the desk sees both.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet
from django_tasks.base import Task

from myotome.clinic.people.letters import MOST_FAILURES, tried_again_at

SHOWN_FROM_FAILURES = 3
"""From so many failures on, which is half an hour, the desk is shown that a message does not go out."""
LONGEST_SENDING = timedelta(minutes=10)
"""What has been on its way for longer is with nobody any more; a mail server is waited for 20 seconds."""

log = logging.getLogger("myotome.people")


@dataclass(frozen=True, slots=True)
class Way:
    """The two columns of one way out: when it was sent, and since when it has been on its way."""

    sent: str
    going: str


LETTER = Way("sent_at", "going_since")


class Outgoing(models.Model):
    """A row that is sent once, in one way."""

    sent_at = models.DateTimeField(null=True)
    going_since = models.DateTimeField(null=True)
    n_failures = models.PositiveSmallIntegerField(default=0)

    class Meta:
        abstract = True

    @property
    def is_given_up(self) -> bool:
        """True when it failed for a day and is not tried any more."""
        return self.n_failures >= MOST_FAILURES


def indexes_of(what: str) -> list[models.Index]:
    """What the desk asks for on every look: the few rows that fail or are on their way."""
    return [
        models.Index(
            fields=["clinic"],
            condition=Q(sent_at__isnull=True, n_failures__gte=SHOWN_FROM_FAILURES),
            name=f"{what}_that_fail",
        ),
        models.Index(fields=["clinic"], condition=Q(going_since__isnull=False), name=f"{what}_on_their_way"),
    ]


def send_once(
    rows: QuerySet[Any],
    pk: int,
    send: Callable[[Any], bool | None],
    *,
    job: Task[Any, Any],
    arguments: tuple[Any, ...],
    at: datetime,
    way: Way = LETTER,
) -> None:
    """Sends the row `pk`, when it is among `rows` and has not been sent; a day of failures gives it up.

    `send` answers False where nothing could go out and nothing is to be tried again. No transaction waits for a carrier:
    a worker that dies in between has sent at most once. `job` with its `arguments` is what tries again.
    """
    fresh = rows.filter(pk=pk, n_failures__lt=MOST_FAILURES, **{f"{way.sent}__isnull": True})
    row = fresh.first()
    if row is None or not fresh.update(**{way.sent: at, way.going: at}):
        return
    mine = rows.model.objects.filter(pk=pk, **{way.going: at})
    try:
        is_sent = send(row)
    except Exception as fault:  # a carrier that is away, or a message that cannot be made: the others flow
        if not isinstance(fault, OSError):
            log.exception("A message could not be made.")
        n_failures = row.n_failures + 1
        is_mine = mine.update(n_failures=n_failures, **{way.sent: None, way.going: None})
        if is_mine and (again := tried_again_at(at, n_failures)):
            job.using(run_after=again).enqueue(*arguments)
    else:
        mine.update(**{way.going: None} | ({way.sent: None} if is_sent is False else {}))


def fails() -> Q:
    """What did not go out for half an hour, whether or not it is still being tried."""
    return Q(sent_at__isnull=True, n_failures__gte=SHOWN_FROM_FAILURES)


def is_not_known(at: datetime, way: Way = LETTER) -> Q:
    """What a worker died with."""
    return Q(**{f"{way.going}__lte": at - LONGEST_SENDING})


def told(rows: QuerySet[Any], at: datetime, way: Way = LETTER) -> None:
    """The patients of these rows know: nothing is sent any more."""
    rows.update(**{way.sent: at, way.going: None})


def begin_anew(rows: QuerySet[Any], way: Way = LETTER) -> None:
    """These rows as if they had never failed or never been begun; whoever calls queues them."""
    rows.update(n_failures=0, **{way.sent: None, way.going: None})
