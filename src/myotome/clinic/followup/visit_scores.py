"""Which score is that of a visit: what she answered before its treatment.

Later visits are asked about in the week that they end; the first is asked about when she books it, which may be weeks
ahead. That answer, of a day on which she went to look for help, is what the model calls the first score.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

DAYS_BEFORE = 6
DAYS_BEFORE_FIRST = 30


def score_before(scores: Mapping[date, float], day: date, *, is_first: bool) -> int | None:
    """The last score of the week before the visit on `day`, of the thirty days before the first visit; None without one."""
    within = DAYS_BEFORE_FIRST if is_first else DAYS_BEFORE
    near = [on for on in scores if 0 <= (day - on).days <= within]
    return round(scores[max(near)]) if near else None
