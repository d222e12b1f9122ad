"""Writing the end of a place's day: what was counted beside what the documents say. Nothing is written into the day afterwards."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from myotome.clinic.audit.actions import record
from myotome.clinic.money.actions import locked_book
from myotome.clinic.money.days import days_of, place_of_books
from myotome.clinic.money.models import DayClose, DayTotal, Payment
from myotome.clinic.money.queries import totals_of
from myotome.clinic.people.models import Clinic
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.money import PaymentMethod, amount_words, check_no_card_number


@transaction.atomic
def close_day(
    *,
    by: Actor,
    at: datetime,
    on: date,
    counted: dict[PaymentMethod, int],
    note: str = "",
    place_id: int | None = None,
) -> DayClose:
    """The day of a place closed with what was counted: cash always, the other ways where asked.

    From now on it takes nothing more there; the other places go on. A clinic with one place need not say which.

    Raises:
        DayClosed: it is closed already, or a later day is.
        InvalidValue: no place of several, a day to come, an earlier one still open, cash not counted, or a difference without a word about it.
        CardNumberRefused: the note looks like the number of a card.
    """
    by.check_holds(Role.RECEPTIONIST, Role.OWNER)
    check_no_card_number(note, field="note")
    if PaymentMethod.CASH not in counted:
        raise InvalidValue("Please count the cash; 0.00 if there is none.", field="cash")
    locked_book(by)
    place = place_of_books(by, place_id)
    days = days_of(place, at)
    days.check_open(on)
    if on > days.today:
        raise InvalidValue("A day to come is not closed.", field="on")
    first = days.first_to_close()
    if first is not None and first < on:
        raise InvalidValue("Close {first} first; it has documents too.", field="on", first=first.isoformat())
    rows = list(Payment.objects.filter(clinic_id=by.clinic_id, place=place, on=on).order_by("number"))
    currency = Clinic.objects.values_list("currency", flat=True).get(pk=by.clinic_id)
    totals = totals_of(rows)
    differences = {t.method: counted[t.method] - t.expected_cents for t in totals if t.method in counted}
    if any(differences.values()) and not note.strip():
        worst = max(differences, key=lambda method: abs(differences[method]))
        raise InvalidValue(
            "What was counted differs by {difference}. Count again, or say in a few words why.",
            field="note",
            difference=amount_words(differences[worst], currency),
        )
    close = DayClose.objects.create(
        clinic_id=by.clinic_id,
        place=place,
        on=on,
        at=at,
        by_name=by.name[:120],
        by_user_id=by.user_id,
        first_number=rows[0].number if rows else None,
        last_number=rows[-1].number if rows else None,
        currency=currency,
        note=note.strip(),
    )
    for total in totals:
        DayTotal.objects.create(
            clinic_id=by.clinic_id,
            close=close,
            method=total.method.value,
            n_documents=total.n_documents,
            received_cents=total.received_cents,
            refunded_cents=total.refunded_cents,
            counted_cents=counted.get(total.method),
        )
    record(
        by=by, at=at, act="day.closed", subject=close, on=on.isoformat(), place=place.pk, documents=len(rows),
        difference=sum(differences.values()),
    )  # fmt: skip
    return close
