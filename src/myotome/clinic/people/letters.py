"""Letters: each written in its reader's language and by the clock of her clinic, and tried again while nobody takes it.

Whoever sends one marks its row as sent first and takes the mark back when sending fails, so that it never goes twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone, translation

RETRY_MINUTES = (1, 5, 30, 120, 240, 480, 600)
"""After each failure so long; a mail server or carrier that is away for a day is waited for."""
MOST_FAILURES = len(RETRY_MINUTES) + 1


def tried_again_at(now: datetime, n_failures: int) -> datetime | None:
    """When a message that has failed so often is tried next; None when it is given up."""
    return now + timedelta(minutes=RETRY_MINUTES[n_failures - 1]) if n_failures < MOST_FAILURES else None


def letter(
    name: str,
    context: Mapping[str, Any],
    *,
    to: str,
    zone: str,
    language: str = "",
    headers: Mapping[str, str] | None = None,
) -> EmailMultiAlternatives:
    """The mail of the templates `<name>_subject.txt` and `<name>_body.txt`.

    Without `language` it is in the clinic's. Templates tell every moment by the clock of `zone`, whatever the worker's is.
    """
    with ExitStack() as reader:
        reader.enter_context(timezone.override(zone))
        if language:
            reader.enter_context(translation.override(language))
        subject = render_to_string(f"{name}_subject.txt", dict(context)).strip().replace("\n", " ")
        body = render_to_string(f"{name}_body.txt", dict(context))
    return EmailMultiAlternatives(subject, body, settings.DEFAULT_FROM_EMAIL, [to], headers=dict(headers or {}))
