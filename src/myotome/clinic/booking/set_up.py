"""What the owner describes: places, rooms, people's hours, days that differ, and the rules; services are in `services`.

Every change is an act of the owner with its audit event. What is already booked stays where it is: `closing.left_behind`
says which visits a closed day leaves behind, so that the desk can move them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import available_timezones

from django.db import transaction

from myotome.clinic.audit.actions import record
from myotome.clinic.booking.given_back import tell_of_day
from myotome.clinic.booking.kept import set_up_of
from myotome.clinic.booking.models import (
    DiaryRules,
    HoursException,
    WorkingHours,
)
from myotome.clinic.booking.notices import queue_jobs
from myotome.clinic.booking.one_place import at_two_places, check_one_place
from myotome.clinic.booking.reminders import remind_clinic
from myotome.clinic.people.models import Clinic, Place, Practitioner, Room
from myotome.science.booking.holidays import holidays
from myotome.science.booking.hours import check_shift_is_clear, local_instant
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, StaleVersion

ROOM_KINDS = ("any", "ims", "acupuncture")
CLOCKS_LOOKED_AT = timedelta(days=730)


@transaction.atomic
def add_place(*, by: Actor, at: datetime, name: str, time_zone: str, address: str = "") -> Place:
    """A place with a clock of its own.

    Raises:
        InvalidValue: no name, or a zone that does not exist.
    """
    by.check_holds(Role.OWNER)
    if time_zone not in available_timezones():
        raise InvalidValue("There is no such time zone.", field="time_zone")
    row = Place.objects.create(
        clinic_id=by.clinic_id, name=named(name, "name"), address=address.strip(), time_zone=time_zone
    )
    record(by=by, at=at, act="place.added", subject=row)
    return row


@transaction.atomic
def add_room(
    *, by: Actor, at: datetime, place_id: int, name: str, kind: str = "any", equipment: Sequence[str] = ()
) -> Room:
    """A room of a kind, with what stands in it.

    Raises:
        InvalidValue: no name, or a kind that there is not.
    """
    by.check_holds(Role.OWNER)
    if kind not in ROOM_KINDS:
        raise InvalidValue("A room is for any treatment, IMS or acupuncture.", field="kind")
    row = Room.objects.create(
        clinic_id=by.clinic_id,
        place=Place.objects.for_actor(by).get_or_not_found(pk=place_id),
        name=named(name, "name"),
        kind=kind,
        equipment=in_words(equipment),
    )
    record(by=by, at=at, act="room.added", subject=row)
    return row


@transaction.atomic
def open_or_close_room(*, by: Actor, at: datetime, room_id: int, is_active: bool) -> None:
    """The room given to new bookings or not; what is booked in it stays."""
    by.check_holds(Role.OWNER)
    row = Room.objects.for_actor(by).get_or_not_found(pk=room_id)
    Room.objects.filter(pk=row.pk).update(is_active=is_active)
    record(by=by, at=at, act="room.opened" if is_active else "room.closed", subject=row)


@transaction.atomic
def add_hours(
    *,
    by: Actor,
    at: datetime,
    practitioner_id: int,
    place_id: int,
    weekdays: Sequence[int],
    starts: time,
    ends: time,
    valid_from: date | None = None,
    valid_until: date | None = None,
) -> list[WorkingHours]:
    """A weekly shift on each of the weekdays, in the place's wall-clock time.

    Raises:
        InvalidValue: it ends before it starts, is off the 5-minute steps, no weekday, it overlaps a shift of hers or an
            extra shift at another place, or the clocks change over its beginning or end within two years.
    """
    by.check_holds(Role.OWNER)
    _check_shift(starts, ends)
    if not weekdays or any(day not in range(7) for day in weekdays):
        raise InvalidValue("Choose at least one weekday.", field="weekdays")
    if valid_from and valid_until and valid_until < valid_from:
        raise InvalidValue("The last day comes after the first.", field="valid_until")
    who = Practitioner.objects.for_actor(by).get_or_not_found(pk=practitioner_id)
    where = Place.objects.for_actor(by).get_or_not_found(pk=place_id)
    for day in sorted(set(weekdays)):
        first = max(valid_from or at.date(), at.date())
        last = min(valid_until or date.max, first + CLOCKS_LOOKED_AT)
        check_shift_is_clear(zone=where.time_zone, weekday=day, starts=starts, ends=ends, first=first, last=last)
    for row in WorkingHours.objects.filter(practitioner=who, weekday__in=weekdays, starts__lt=ends, ends__gt=starts):
        begins, stops = row.valid_from or date.min, row.valid_until or date.max
        if begins <= (valid_until or date.max) and (valid_from or date.min) <= stops:
            raise InvalidValue("{name} has a shift then already.", field="starts", name=who.name)
    rows = [
        WorkingHours.objects.create(
            clinic_id=by.clinic_id,
            practitioner=who,
            place=where,
            weekday=day,
            starts=starts,
            ends=ends,
            valid_from=valid_from,
            valid_until=valid_until,
        )
        for day in sorted(set(weekdays))
    ]
    days = HoursException.objects.filter(clinic_id=by.clinic_id, closed=False, on__gte=at.date()).order_by("on")
    for on in [day for day in days.values_list("on", flat=True).distinct() if day.weekday() in weekdays]:
        if clash := at_two_places(set_up_of(by.clinic_id), [on], who.pk):
            raise InvalidValue(
                "{name} has an extra shift at {place} on {day}, at the same time. Take that away first, or choose other hours.",
                field="starts",
                name=clash.name,
                place=clash.beside(where.pk),
                day=on.isoformat(),
            )
    record(by=by, at=at, act="hours.added", subject=who, weekdays=sorted(set(weekdays)))
    return rows


@transaction.atomic
def remove_hours(*, by: Actor, at: datetime, hours_id: int) -> None:
    """The weekly shift gone; gone already stays gone."""
    by.check_holds(Role.OWNER)
    row = WorkingHours.objects.for_actor(by).filter(pk=hours_id).first()
    if row is not None:
        record(by=by, at=at, act="hours.removed", subject=row.practitioner, weekday=row.weekday)
        row.delete()


@transaction.atomic
def add_day(
    *,
    by: Actor,
    at: datetime,
    on: date,
    reason: str = "",
    practitioner_id: int | None = None,
    place_id: int | None = None,
    starts: time | None = None,
    ends: time | None = None,
) -> HoursException:
    """A closed day (a holiday; with a practitioner her sick day), or with `starts` and `ends` an extra shift.

    Raises:
        InvalidValue: only one of the two times, a shift that is none, no place where there are several, a time that the
            clocks skip or say twice that night, or an extra shift while she works at another place.
    """
    by.check_holds(Role.OWNER)
    if (starts is None) != (ends is None):
        raise InvalidValue("An extra shift has a beginning and an end.", field="ends")
    if practitioner_id is not None:
        Practitioner.objects.for_actor(by).get_or_not_found(pk=practitioner_id)
    places = set_up_of(by.clinic_id).places
    if place_id is not None:
        Place.objects.for_actor(by).get_or_not_found(pk=place_id)
    elif starts is not None and len(places) == 1:
        place_id = next(iter(places))
    if starts is not None and ends is not None:
        _check_shift(starts, ends)
        if place_id is None:
            raise InvalidValue("Say at which place the extra shift is; each has its own clock.", field="place")
        for field, clock in (("starts", starts), ("ends", ends)):
            local_instant(on, clock, places[place_id].time_zone, field=field)
    row = HoursException.objects.create(
        clinic_id=by.clinic_id,
        practitioner_id=practitioner_id,
        place_id=place_id,
        on=on,
        closed=starts is None,
        starts=starts,
        ends=ends,
        reason=reason.strip(),
    )
    if not row.closed and (clash := at_two_places(set_up_of(by.clinic_id), [on], practitioner_id)):
        raise InvalidValue(
            "{name} works at {place} at that time on {day}. Choose other hours, or close that day for {name} first: an extra "
            "shift stands on a closed day.",
            field="starts",
            name=clash.name,
            place=clash.beside(place_id),
            day=on.isoformat(),
        )
    record(by=by, at=at, act="day.changed", subject=row, on=on.isoformat(), closed=row.closed)
    return row


@transaction.atomic
def remove_day(*, by: Actor, at: datetime, day_id: int) -> None:
    """The day like every other again; so already stays so.

    Raises:
        InvalidValue: a closed day on which she has an extra shift elsewhere, at the hours that would be hers again.
    """
    by.check_holds(Role.OWNER)
    row = HoursException.objects.for_actor(by).filter(pk=day_id).first()
    if row is not None:
        record(by=by, at=at, act="day.restored", subject=row, on=row.on.isoformat())
        row.delete()
        if row.closed:
            check_one_place(set_up_of(by.clinic_id), row.on, row.practitioner_id)
            tell_of_day(row, by=by, at=at)


@transaction.atomic
def add_holidays(*, by: Actor, at: datetime, year: int, province: str = "") -> list[HoursException]:
    """The year's public holidays as closed days, to be edited; a day that is closed already is left as it is.

    Raises:
        InvalidValue: no such province; the clinic's own is used when none is given.
    """
    by.check_holds(Role.OWNER)
    province = province or Clinic.objects.get(pk=by.clinic_id).province
    closed = set(
        HoursException.objects.filter(
            clinic_id=by.clinic_id, closed=True, practitioner__isnull=True, place__isnull=True
        ).values_list("on", flat=True)
    )
    return [
        add_day(by=by, at=at, on=row.on, reason=row.name) for row in holidays(province, year) if row.on not in closed
    ]


@transaction.atomic
def set_rules(*, by: Actor, at: datetime, version: int, **rules: Any) -> DiaryRules:
    """The clinic's rules with these values, also for reminders of what is booked already; `version` is that of the page, 0 while there are none.

    Raises:
        InvalidValue: a rule that there is not, or a value outside its range.
        StaleVersion: somebody else has changed them in the meantime.
    """
    by.check_holds(Role.OWNER)
    ranges = {
        "undo_seconds": (0, 600), "hold_minutes": (2, 60), "offer_minutes": (10, 1440), "offers_at_once": (1, 10),
        "reminder_hours": (1, 168), "cancel_hours": (0, 168), "no_show_fee_cents": (0, 100_000),
    }  # fmt: skip
    for name, value in rules.items():
        if name in ranges and not ranges[name][0] <= value <= ranges[name][1]:
            raise InvalidValue("This is {low} to {high}.", field=name, low=ranges[name][0], high=ranges[name][1])
        if name not in ranges and name not in {"quiet_from", "quiet_until"}:
            raise InvalidValue("There is no such rule.", field=name)
    row = DiaryRules.objects.select_for_update().filter(clinic_id=by.clinic_id).first() or DiaryRules(
        clinic_id=by.clinic_id, version=0
    )
    if row.version != version:
        raise StaleVersion("Somebody else changed the rules in the meantime. Look at them again.")
    reminded_before = row.reminder_hours
    for name, value in rules.items():
        setattr(row, name, value)
    row.version += 1
    row.save()
    if row.reminder_hours != reminded_before:
        queue_jobs(remind_clinic, [([by.clinic_id], None)])
    record(by=by, at=at, act="rules.changed", subject=row, fields=sorted(rules))
    return row


def _check_shift(starts: time, ends: time) -> None:
    if ends <= starts:
        raise InvalidValue("A shift ends after it starts.", field="ends")
    if starts.minute % 5 or ends.minute % 5:
        raise InvalidValue("Times are on 5-minute steps.", field="starts")


def named(text: str, field: str) -> str:
    """The name without what stands around it.

    Raises:
        InvalidValue: there is none.
    """
    text = text.strip()
    if not text:
        raise InvalidValue("Please give it a name.", field=field)
    return text


def in_words(words: Sequence[str]) -> list[str]:
    """What was typed with commas, in small letters, each once."""
    return sorted({word.strip().casefold() for word in words if word.strip()})


def hours_rows(actor: Actor) -> list[WorkingHours]:
    """All weekly shifts, by person, weekday and time."""
    rows = WorkingHours.objects.for_actor(actor).select_related("practitioner", "place")
    return list(rows.order_by("practitioner__name", "weekday", "starts"))


def day_rows(actor: Actor, *, today: date) -> list[HoursException]:
    """The days from today on that differ."""
    rows = HoursException.objects.for_actor(actor).filter(on__gte=today).select_related("practitioner", "place")
    return list(rows.order_by("on", "pk")[:200])
