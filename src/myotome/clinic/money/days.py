"""The days of the books: each place has its own, by its own clock, open until it closes it and with it all days before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Max, Q, QuerySet, Sum

from myotome.clinic.money.models import Charge, DayClose, Payment
from myotome.clinic.people.models import Place
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.money import DayClosed


def places_of(actor: Actor) -> list[Place]:
    """The places of the clinic, the first one first."""
    return list(Place.objects.for_actor(actor).order_by("pk"))


def place_of_books(actor: Actor, place_id: int | None) -> Place:
    """The place whose day it is; a clinic with one place need not say which.

    Raises:
        InvalidValue: the clinic has several, and none was said.
        NotFound: it is no place of this clinic.
    """
    if place_id is not None:
        named: Place = Place.objects.for_actor(actor).get_or_not_found(pk=place_id)
        return named
    places = places_of(actor)
    if len(places) != 1:
        raise InvalidValue("Which place? Each closes its own day.", field="place")
    return places[0]


@dataclass(frozen=True, slots=True)
class Days:
    """The days of a place at one moment: today there, and the latest day that is closed; every day up to it is."""

    place: Place
    today: date
    last_closed: date | None

    @property
    def next_open(self) -> date:
        """Today, or the first day after it that is not closed."""
        last = self.last_closed
        return self.today if last is None or last < self.today else last + timedelta(days=1)

    def is_open(self, on: date) -> bool:
        """True when `check_open` has nothing to say."""
        return self.last_closed is None or on > self.last_closed

    def check_open(self, on: date) -> None:
        """Nothing, when documents can still be written into the day.

        Raises:
            DayClosed: it is closed; the sentence names the day that takes them.
        """
        if not self.is_open(on):
            raise DayClosed(
                "{on} is closed and takes nothing more. Write it into {next}.",
                field="on",
                on=on.isoformat(),
                next=self.next_open.isoformat(),
            )

    def first_to_close(self) -> date | None:
        """The earliest day with documents that is not closed, up to today."""
        rows = Payment.objects.filter(clinic_id=self.place.clinic_id, place=self.place, on__lte=self.today)
        rows = rows.filter(on__gt=self.last_closed) if self.last_closed else rows
        found: date | None = rows.order_by("on").values_list("on", flat=True).first()
        return found


def days_of(place: Place, at: datetime) -> Days:
    """The days of a place as they are at this moment, by its own clock."""
    last = _closes(place).aggregate(on=Max("on"))["on"]
    return Days(place, at.astimezone(ZoneInfo(place.time_zone)).date(), last)


def documents_on(actor: Actor, on: date, *, place: Place | None = None) -> list[Payment]:
    """The day's documents in the order of their numbers; those of one place, or of all."""
    rows = Payment.objects.for_actor(actor).filter(on=on).select_related("patient", "practitioner")
    rows = rows.filter(place=place) if place else rows
    return list(rows.order_by("number"))


def charged_on(actor: Actor, on: date, *, place: Place) -> int:
    """What was charged at a place on a day, less what was taken back on it."""
    rows = Charge.objects.for_actor(actor).filter(on=on, place=place)
    return rows.aggregate(n=Sum("total_cents"))["n"] or 0


def close_of(actor: Actor, on: date, *, place: Place) -> DayClose | None:
    """The close of this day there, or None; one without a place is of all places together."""
    rows = DayClose.objects.for_actor(actor).filter(pk__in=_closes(place).values("pk"), on=on)
    found: DayClose | None = rows.prefetch_related("totals").first()
    return found


def _closes(place: Place) -> QuerySet[DayClose]:
    return DayClose.objects.filter(Q(place=place) | Q(place__isnull=True), clinic_id=place.clinic_id)
