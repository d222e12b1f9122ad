"""A whole series booked: all of it or what was named, with one message. `preview` says beforehand what it would be.

Nothing is held between the two: the claims decide when it is booked, and what has been taken since is named. Visits of a
series are appointments like all others; one that is moved leaves the rest where they are.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from myotome.clinic.booking.actions import book
from myotome.clinic.booking.clocks import zone_of_clinic
from myotome.clinic.booking.kept import set_up_of
from myotome.clinic.booking.models import Appointment, Notice
from myotome.clinic.booking.notices import queue_notices
from myotome.clinic.booking.placing import Wanted, wanted_for
from myotome.clinic.booking.preview import MOST_VISITS
from myotome.clinic.booking.rules import rules_for
from myotome.clinic.booking.undo import keep_undo
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.errors import AlreadyBooked, InvalidValue, TakenBack


@dataclass(frozen=True, kw_only=True, slots=True)
class SeriesBooked:
    """What became of a series: the visits that are booked, and for each start that is not, why."""

    series_key: str
    booked: tuple[Appointment, ...]
    refused: tuple[tuple[datetime, str], ...]


def book_series(
    *,
    by: Actor,
    at: datetime,
    patient_id: int,
    service_id: int,
    practitioner_id: int,
    starts: Sequence[datetime],
    with_whom: Mapping[datetime, int] | None = None,
    all_or_nothing: bool = True,
    course_id: int | None = None,
    intake_id: int | None = None,
    key: str | None = None,
) -> SeriesBooked:
    """The visits at these starts, with one message for all of them.

    With `all_or_nothing` either every visit is booked or none; otherwise those that still can be, and the rest is named
    with the reason. `with_whom` names who gives those visits that somebody else than `practitioner_id` gives. The same
    `key` sent twice is one series; what has been cancelled in between stays so and is named.

    Raises:
        AlreadyBooked: with `all_or_nothing`, names every date that has been taken since; nothing is booked.
        InvalidValue: no start, or one that cannot be booked at all; nothing is booked.
        TakenBack: the same form again, when all of it has been cancelled since.
    """
    starts = sorted(set(starts))
    if not 1 <= len(starts) <= MOST_VISITS:
        raise InvalidValue("A series has 1 to {most} visits.", field="starts", most=MOST_VISITS)
    series_key = key or secrets.token_urlsafe(12)
    zone, others = zone_of_clinic(set_up_of(by.clinic_id)), with_whom or {}
    wanted: dict[datetime, Wanted] = {}
    refused: list[tuple[datetime, str]] = []
    for start in starts:
        try:
            wanted[start] = wanted_for(
                by,
                at=at,
                service_id=service_id,
                practitioner_id=others.get(start, practitioner_id),
                starts_at=start,
                patient_id=patient_id,
            )
        except InvalidValue as error:
            if all_or_nothing:
                raise
            refused.append((start, error.message))
    booked: list[Appointment] = []
    taken_back: list[tuple[datetime, str]] = []
    with transaction.atomic():
        for number, (start, way) in enumerate(wanted.items()):
            try:
                booked.append(
                    book(
                        by=by,
                        at=at,
                        patient_id=patient_id,
                        service_id=service_id,
                        practitioner_id=way.practitioner.pk,
                        starts_at=start,
                        course_id=course_id,
                        intake_id=intake_id,
                        key=f"{series_key}|{number}" if key else None,
                        series_key=series_key[:40],
                        wanted=way,
                        tell=False,
                    )
                )
            except TakenBack as error:
                taken_back.append((start, error.message))
            except AlreadyBooked as error:
                refused.append((start, error.message))
        if taken_back and not booked:
            raise TakenBack("This series was taken back. Open the page anew and choose the times again.")
        if refused and (all_or_nothing or not booked):
            dates = ", ".join(f"{start.astimezone(ZoneInfo(zone)):%a %d %b %H:%M}" for start, _ in sorted(refused))
            raise AlreadyBooked(
                "Taken in the meantime: {dates}. Nothing has been booked; choose another time for each, or book the rest.",
                field="starts",
                dates=dates,
            )
        _tell(by, at, booked, is_again=key is not None)
    return SeriesBooked(
        series_key=series_key[:40], booked=tuple(booked), refused=tuple(sorted([*refused, *taken_back]))
    )


def _tell(by: Actor, at: datetime, booked: list[Appointment], *, is_again: bool) -> None:
    """One message for the series, and each visit's own reminder; `is_again` when the form may have been sent before."""
    rules = rules_for(by.clinic_id)
    was_told = is_again and Notice.objects.filter(appointment__in=booked, kind="series").exists()
    for number, appointment in enumerate(booked):
        until = keep_undo(by=by, at=at, appointment=appointment, act="booked", before={}, rules=rules)
        is_first = number == 0 and not was_told
        queue_notices(appointment, "series" if is_first else "", at=at, not_before=until, rules=rules)
