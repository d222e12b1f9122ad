"""Words of outcome measurement: codes, directions, occasions.

A score that is missing is None, never zero. Codes are ids of `knowledge.measures`, which holds range, recall,
direction, meaningful change, source and licence of each.
"""

from __future__ import annotations

from enum import StrEnum


class Direction(StrEnum):
    """Which way is better."""

    LOWER_IS_BETTER = "lower_is_better"
    HIGHER_IS_BETTER = "higher_is_better"


class Occasion(StrEnum):
    """Why a set of questions was asked."""

    INTAKE = "intake"
    BEFORE_VISIT = "before_visit"
    REVIEW = "review"
    TWO_DAYS_AFTER = "two_days_after"
    DISCHARGE = "discharge"
    FOLLOW_UP = "follow_up"
