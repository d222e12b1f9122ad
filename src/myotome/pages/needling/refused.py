"""Whose refusal it is that the chart shows: the act, and the needle whose row it was. Where it is put right is in `wrong_fields`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refused:
    """`act` is the name of the act's view; `number` that of the needle, 0 where it was about none."""

    act: str = ""
    number: int = 0
