"""A whole series: previewed with every clash by name and the nearest ways out, then booked, all of it or what was named.

The preview asks for one practitioner's free times over the whole span once, finds the best series exactly
(`science.booking.series`), and says of each wished time what stands in its way. Nothing is held meanwhile: the claims
decide when it is booked, and what has been taken since is named. Visits of a series are appointments like all others;
one that is moved leaves the rest where they are.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.db import transaction

from myotome.clinic.booking.actions import book
from myotome.clinic.booking.kept import set_up_of
from myotome.clinic.booking.models import Appointment
from myotome.clinic.booking.notices import queue_notices
from myotome.clinic.booking.placing import Wanted, wanted_for
from myotome.clinic.booking.queries import LIVE, Offer, free_times_for, practitioner_of, service_for
from myotome.clinic.booking.rules import rules_for
from myotome.clinic.booking.undo import keep_undo
from myotome.clinic.people.queries import patient_for
from myotome.science.booking.hours import local_instant
from myotome.science.booking.series import SeriesWish, best_series
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.errors import AlreadyBooked, InvalidValue
from myotome.vocabulary.sentences import Sentence

MOST_VISITS = 20
LEAST_GAP_DAYS, MOST_GAP_DAYS = 5, 14
"""The usual distance of one treatment to the next. Source: seed text (once a week, may be two)."""
DAYS_AROUND = 6
N_FIXES = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What was asked for: so many visits, the first on a day, all at one time of day, so many days apart."""

    service_id: int
    practitioner_id: int
    first_day: date
    at_time: time
    n_visits: int
    every_days: int = 7
    least_days: int = LEAST_GAP_DAYS
    most_days: int = MOST_GAP_DAYS


@dataclass(frozen=True, kw_only=True, slots=True)
class PreviewedVisit:
    """One visit of the preview: the time that was wished, what stands in its way, what is proposed, and what else is near.

    `wished_at` is None for a time that does not exist that day. `proposed` is None when nothing fits.
    """

    number: int
    wished_on: date
    wished_at: datetime | None
    clash: Sentence | None
    proposed: Offer | None
    fixes: tuple[Offer, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class SeriesPreview:
    """The best series there is; `n_placed` of the visits that were wished fit the rule of distances."""

    visits: tuple[PreviewedVisit, ...]
    n_placed: int
    warnings: tuple[Sentence, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class SeriesBooked:
    """What became of a series: the visits that are booked, and for each start that is not, why."""

    series_key: str
    booked: tuple[Appointment, ...]
    refused: tuple[tuple[datetime, str], ...]


def preview_series(by: Actor, *, at: datetime, patient_id: int, wish: Wish) -> SeriesPreview:
    """What the series would be, before anybody says yes; nothing is written.

    Raises:
        InvalidValue: no visits or more than 20, a distance that keeps no day, or a practitioner who does not give the service.
        NotFound: no such patient, service or practitioner.
    """
    _check_wish(wish)
    patient_for(by, patient_id)
    service = service_for(by, wish.service_id)
    practitioner_of(by, wish.practitioner_id)
    zone = _zone(by, wish)
    days = [wish.first_day + timedelta(days=wish.every_days * n) for n in range(wish.n_visits)]
    offers = _offers(by, at=at, patient_id=patient_id, wish=wish, last=days[-1] + timedelta(days=DAYS_AROUND + 1))
    proposed = _best(offers, wish, zone)
    visits = []
    for number, day in enumerate(days):
        wished_at, clash = _wished(day, wish.at_time, zone)
        mine = proposed[number] if number < len(proposed) else None
        is_free = wished_at is not None and any(offer.starts_at == wished_at for offer in offers)
        if wished_at is not None and not is_free:
            clash = _what_stands_in_the_way(
                by, at=at, patient_id=patient_id, wish=wish, wished_at=wished_at, day=day, service_name=service.name
            )
        visits.append(
            PreviewedVisit(
                number=number + 1,
                wished_on=day,
                wished_at=wished_at,
                clash=clash,
                proposed=mine,
                fixes=_nearest(offers, wished_at or datetime.combine(day, wish.at_time, tzinfo=ZoneInfo(zone))),
            )
        )
    starts = [visit.proposed.starts_at for visit in visits if visit.proposed]
    return SeriesPreview(
        visits=tuple(visits),
        n_placed=len(proposed),
        warnings=tuple(interval_warnings(starts, zone=zone, least_days=wish.least_days, most_days=wish.most_days)),
    )


def book_series(
    *,
    by: Actor,
    at: datetime,
    patient_id: int,
    service_id: int,
    practitioner_id: int,
    starts: Sequence[datetime],
    all_or_nothing: bool = True,
    course_id: int | None = None,
    intake_id: int | None = None,
    key: str | None = None,
) -> SeriesBooked:
    """The visits at these starts, with one message for all of them.

    With `all_or_nothing` either every visit is booked or none; otherwise those that still can be, and the rest is named
    with the reason. The same `key` sent twice is one series.

    Raises:
        AlreadyBooked: with `all_or_nothing`, names every date that has been taken since; nothing is booked.
        InvalidValue: no start, or one that cannot be booked at all; nothing is booked.
    """
    starts = sorted(set(starts))
    if not 1 <= len(starts) <= MOST_VISITS:
        raise InvalidValue("A series has 1 to {most} visits.", field="starts", most=MOST_VISITS)
    series_key = key or secrets.token_urlsafe(12)
    zone = _zone_of(by)
    wanted: dict[datetime, Wanted] = {}
    refused: list[tuple[datetime, str]] = []
    for start in starts:
        try:
            wanted[start] = wanted_for(
                by,
                at=at,
                service_id=service_id,
                practitioner_id=practitioner_id,
                starts_at=start,
                patient_id=patient_id,
            )
        except InvalidValue as error:
            if all_or_nothing:
                raise
            refused.append((start, error.message))
    booked: list[Appointment] = []
    with transaction.atomic():
        for number, (start, way) in enumerate(wanted.items()):
            try:
                booked.append(
                    book(
                        by=by,
                        at=at,
                        patient_id=patient_id,
                        service_id=service_id,
                        practitioner_id=practitioner_id,
                        starts_at=start,
                        course_id=course_id,
                        intake_id=intake_id,
                        key=f"{series_key}|{number}" if key else None,
                        series_key=series_key[:40],
                        wanted=way,
                        tell=False,
                    )
                )
            except AlreadyBooked as error:
                refused.append((start, error.message))
        if refused and (all_or_nothing or not booked):
            dates = ", ".join(f"{start.astimezone(ZoneInfo(zone)):%a %d %b %H:%M}" for start, _ in sorted(refused))
            raise AlreadyBooked(
                "Taken in the meantime: {dates}. Nothing has been booked; choose another time for each, or book the rest.",
                field="starts",
                dates=dates,
            )
        _tell(by, at, booked)
    return SeriesBooked(series_key=series_key[:40], booked=tuple(booked), refused=tuple(sorted(refused)))


def interval_warnings(
    starts: Sequence[datetime], *, zone: str, least_days: int = LEAST_GAP_DAYS, most_days: int = MOST_GAP_DAYS
) -> list[Sentence]:
    """A sentence for every two neighbours that lie nearer or farther than the rule, by days of the wall calendar."""
    local = [start.astimezone(ZoneInfo(zone)).date() for start in sorted(starts)]
    found = []
    for before, after in pairwise(local):
        gap = (after - before).days
        if not least_days <= gap <= most_days:
            found.append(
                Sentence(
                    "{before:%d %b} and {after:%d %b} lie {gap} days apart; the rule is {least} to {most}.",
                    before=before,
                    after=after,
                    gap=gap,
                    least=least_days,
                    most=most_days,
                )
            )
    return found


def warnings_if_moved(actor: Actor, appointment: Appointment, starts_at: datetime) -> list[Sentence]:
    """What the rule of distances says when this visit of a series, or of a course, is moved there; the others stay."""
    rows = Appointment.objects.for_actor(actor).filter(patient_id=appointment.patient_id, status__in=LIVE)
    if appointment.series_key:
        rows = rows.filter(series_key=appointment.series_key)
    elif appointment.course_id:
        rows = rows.filter(course_id=appointment.course_id)
    else:
        return []
    others = rows.exclude(pk=appointment.pk).values_list("starts_at", flat=True)
    before = max((start for start in others if start < starts_at), default=None)
    after = min((start for start in others if start > starts_at), default=None)
    near = [start for start in (before, starts_at, after) if start is not None]
    return interval_warnings(near, zone=appointment.place.time_zone)


def _check_wish(wish: Wish) -> None:
    if not 1 <= wish.n_visits <= MOST_VISITS:
        raise InvalidValue("A series has 1 to {most} visits.", field="n_visits", most=MOST_VISITS)
    if not 1 <= wish.every_days <= 60:
        raise InvalidValue("Visits lie 1 to 60 days apart.", field="every_days")
    if not 1 <= wish.least_days <= wish.every_days <= wish.most_days <= 90:
        raise InvalidValue("The wished distance lies between the least and the most.", field="least_days")


def _offers(by: Actor, *, at: datetime, patient_id: int, wish: Wish, last: date) -> list[Offer]:
    """Her free times over the whole span, a window at a time."""
    found: list[Offer] = []
    day = max(wish.first_day - timedelta(days=DAYS_AROUND), at.date())
    while day <= last:
        n_days = min(62, (last - day).days + 1)
        found += free_times_for(
            by,
            service=service_for(by, wish.service_id),
            first_day=day,
            n_days=n_days,
            at=at,
            practitioner_id=wish.practitioner_id,
            patient_id=patient_id,
            step_minutes=15 if wish.at_time.minute % 15 == 0 else 5,
        )
        day += timedelta(days=n_days)
    return list({offer.starts_at: offer for offer in found}.values())


def _best(offers: list[Offer], wish: Wish, zone: str) -> list[Offer]:
    """The exact best series; distances count by the wall clock, so that summer time moves nothing."""
    first = datetime.combine(wish.first_day, time())
    day = 24 * 60
    wished_clock = wish.at_time.hour * 60 + wish.at_time.minute
    minutes, prices, kept = [], [], []
    for offer in sorted(offers, key=lambda row: row.starts_at):
        local = offer.starts_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        minute = round((local - first).total_seconds() / 60)
        if minute < 0 and wish.n_visits > 1 and local.date() < wish.first_day:
            continue
        if minutes and minute <= minutes[-1]:
            continue  # an hour that comes twice
        clock = local.hour * 60 + local.minute
        days_off = (local.date() - wish.first_day).days % wish.every_days
        minutes.append(minute)
        # A day off the rhythm costs a day: one visit deviates and the rest stay, rather than all moving with it.
        prices.append(abs(clock - wished_clock) + day * min(days_off, wish.every_days - days_off))
        kept.append(offer)
    found = best_series(
        minutes,
        prices,
        SeriesWish(
            n_visits=wish.n_visits,
            wanted_gap=wish.every_days * day,
            least_gap=(wish.least_days - 1) * day + 1,
            most_gap=(wish.most_days + 1) * day - 1,
        ),
    )
    return [kept[place] for place in found.chosen]


def _wished(day: date, clock: time, zone: str) -> tuple[datetime | None, Sentence | None]:
    try:
        return local_instant(day, clock, zone).astimezone(UTC), None
    except InvalidValue as error:
        return None, error.sentence


def _what_stands_in_the_way(
    by: Actor, *, at: datetime, patient_id: int, wish: Wish, wished_at: datetime, day: date, service_name: str
) -> Sentence:
    """Why this one time cannot be had, by name."""
    try:
        wanted = wanted_for(
            by, at=at, service_id=wish.service_id, practitioner_id=wish.practitioner_id, starts_at=wished_at
        )
    except InvalidValue as error:
        reasons = [
            row.reason
            for row in set_up_of(by.clinic_id).closed_days
            if row.on == day and row.practitioner_id in {None, wish.practitioner_id} and row.reason
        ]
        if reasons:
            return Sentence("{day:%a %d %b} is closed: {reason}.", day=day, reason=reasons[0])
        return error.sentence
    ends_at = wanted.ends_at
    near = Appointment.objects.filter(
        clinic_id=by.clinic_id, starts_at__lt=ends_at, ends_at__gt=wished_at, status__in=LIVE
    )
    hers = near.filter(patient_id=patient_id).first()
    if hers is not None:
        return Sentence(
            "She has a visit of her own then, at {when:%H:%M}.",
            when=hers.starts_at.astimezone(ZoneInfo(wanted.place.time_zone)),
        )
    if near.filter(practitioner_id=wish.practitioner_id).exists():
        return Sentence("{practitioner} has another visit then.", practitioner=wanted.practitioner.name)
    return Sentence("No room for {service} is free then, or the time is held.", service=service_name)


def _nearest(offers: Sequence[Offer], wished_at: datetime) -> tuple[Offer, ...]:
    near = sorted(offers, key=lambda offer: (abs(offer.starts_at - wished_at), offer.starts_at))[:N_FIXES]
    return tuple(sorted(near, key=lambda offer: offer.starts_at))


def _tell(by: Actor, at: datetime, booked: list[Appointment]) -> None:
    """One message for the series, and each visit's own reminder."""
    rules = rules_for(by.clinic_id)
    for number, appointment in enumerate(booked):
        until = keep_undo(by=by, at=at, appointment=appointment, act="booked", before={}, rules=rules)
        queue_notices(appointment, "" if number else "series", at=at, not_before=until, rules=rules)


def _zone_of(by: Actor) -> str:
    return next(iter(set_up_of(by.clinic_id).places.values())).time_zone


def _zone(by: Actor, wish: Wish) -> str:
    """The zone of the place where she works on the wished weekday; of the clinic's first place when nowhere."""
    set_up = set_up_of(by.clinic_id)
    for (place_id, pk), shifts in set_up.shifts.items():
        if pk == wish.practitioner_id and any(shift.weekday == wish.first_day.weekday() for shift in shifts):
            return set_up.places[place_id].time_zone
    return _zone_of(by)
