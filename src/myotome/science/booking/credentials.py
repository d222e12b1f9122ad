"""Whether what somebody is certified for still holds on a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from myotome.vocabulary.credentials import HeldCredential


def lapsed(credentials: Iterable[HeldCredential], *, treatment: str, on: date) -> HeldCredential | None:
    """The one that ended last, when she has credentials for the treatment and none is in force on the day; else None.

    Somebody without any credential on record has none that lapsed.

    Source: judgement
    Check: tests/spec/needling/test_credentials_before_a_needle.py
    """
    hers = [row for row in credentials if row.is_for(treatment)]
    if not hers or any(row.in_force(on) for row in hers):
        return None
    return max(hers, key=lambda row: row.expires_on or date.max)
