"""Writing charges: a visit charged, a fee for one that was not kept, and either taken back with a reason.

Whoever writes money locks the clinic's book first: numbers, days and what is owed are then read and written by one alone.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from myotome.clinic.audit.actions import record
from myotome.clinic.booking.models import Appointment
from myotome.clinic.booking.queries import appointment_for
from myotome.clinic.booking.rules import rules_for
from myotome.clinic.money.days import days_of
from myotome.clinic.money.models import Charge, MoneyBook, ServiceTax
from myotome.clinic.money.queries import charge_for, charges_for
from myotome.clinic.people.models import Clinic, Place
from myotome.science.money.amounts import tax_by_line, tax_within, taxed
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, NotAllowed
from myotome.vocabulary.money import (
    MOST_CENTS,
    AlreadyCharged,
    ChargeKind,
    Insurance,
    NotOwed,
    Tax,
    amount_words,
    check_no_card_number,
)
from myotome.vocabulary.scheduling import AppointmentStatus

S = AppointmentStatus
MOST_DAYS_BACK = 31
NOT_KEPT = {S.NO_SHOW.value, S.CANCELLED.value}


def locked_book(by: Actor) -> MoneyBook:
    """The clinic's book, which nobody else has until this transaction ends."""
    MoneyBook.objects.get_or_create(clinic_id=by.clinic_id)
    return MoneyBook.objects.select_for_update().get(clinic_id=by.clinic_id)


def day_of_books(place: Place, *, at: datetime, on: date | None) -> date:
    """The day that a document is written into at a place: today there unless another is asked for.

    Raises:
        DayClosed: it is closed; the sentence names the day that takes it.
        InvalidValue: a day to come that is not the next open one, or one more than 31 days back.
    """
    days = days_of(place, at)
    on = on or days.today
    days.check_open(on)
    if on > days.next_open:
        raise InvalidValue("Nothing is written into a day to come.", field="on")
    if on < days.today - timedelta(days=MOST_DAYS_BACK):
        raise InvalidValue("At most {n} days back.", field="on", n=MOST_DAYS_BACK)
    return on


def check_insurance(insurance: str, insurer: str, claim_number: str) -> None:
    """Nothing, when who pays besides the patient is said as insurers and boards need it.

    Raises:
        InvalidValue: no such kind, or the insurer or the claim number is missing.
        CardNumberRefused: one of them looks like the number of a card.
    """
    if insurance not in set(Insurance):
        raise InvalidValue("Choose who stands behind it.", field="insurance")
    check_no_card_number(insurer, field="insurer")
    check_no_card_number(claim_number, field="claim_number")
    if insurance != Insurance.NONE and not insurer.strip():
        raise InvalidValue("Please name the insurer or the board.", field="insurer")
    if insurance in {Insurance.WORKERS_COMPENSATION, Insurance.AUTO} and not claim_number.strip():
        raise InvalidValue("A claim number is needed for this.", field="claim_number")


def kind_of_charge(appointment: Appointment) -> ChargeKind:
    """A fee where the visit was not kept, else the visit."""
    return ChargeKind.NO_SHOW if appointment.status in NOT_KEPT else ChargeKind.VISIT


def check_can_charge(appointment: Appointment) -> None:
    """Nothing, when the visit, or not keeping it, can be charged.

    Raises:
        NotAllowed: it is only held as a request.
    """
    if appointment.status == S.REQUESTED:
        raise NotAllowed("This time is only held as a request; there is nothing to charge yet.")


def can_charge(appointment: Appointment) -> bool:
    """True when `check_can_charge` has nothing to say."""
    try:
        check_can_charge(appointment)
    except NotAllowed:
        return False
    return True


def price_of(by: Actor, appointment: Appointment) -> tuple[int, Tax]:
    """(cents before tax, how it is taxed) that the clinic has set for this visit, or for not keeping it."""
    if kind_of_charge(appointment) is ChargeKind.NO_SHOW:
        book = MoneyBook.objects.filter(clinic_id=by.clinic_id).first() or MoneyBook()
        fee = rules_for(by.clinic_id).no_show_fee_cents
        return fee, book.fee_tax
    tax = getattr(appointment.service, "tax", None) or ServiceTax()
    return appointment.service.price_cents, tax.as_value()


@transaction.atomic
def charge_visit(
    *,
    by: Actor,
    at: datetime,
    appointment_id: int,
    net_cents: int | None = None,
    on: date | None = None,
    insurance: str = Insurance.NONE,
    insurer: str = "",
    claim_number: str = "",
    reason: str = "",
) -> Charge:
    """What is owed for the visit (for one not kept, the fee): the clinic's price, or `net_cents` before tax.

    Raises:
        AlreadyCharged: it is, as a visit or as a fee, and was not taken back.
        NotAllowed: the time is only held as a request.
        InvalidValue: no price, or insurance without insurer or claim number.
        CardNumberRefused: a text looks like the number of a card.
        DayClosed: the day is closed.
    """
    by.check_holds(Role.RECEPTIONIST, Role.OWNER)
    check_insurance(insurance, insurer, claim_number)
    check_no_card_number(reason, field="reason")
    locked_book(by)
    appointment = _visit(by, appointment_id)
    check_can_charge(appointment)
    price, tax = price_of(by, appointment)
    net = price if net_cents is None else net_cents
    if not 0 < net <= MOST_CENTS:
        raise InvalidValue(
            "Please say an amount above 0.00; a visit that costs nothing needs no charge.", field="price"
        )
    kind = kind_of_charge(appointment)
    before = list(charges_for(by).filter(appointment=appointment))
    if any(row.total_cents + row.taken_cents > 0 for row in before):
        raise AlreadyCharged("This visit is charged already. Take that charge back first if it is wrong.")
    amounts = taxed(net, *tax.rates)
    zone = ZoneInfo(appointment.place.time_zone)
    charge = Charge.objects.create(
        clinic_id=by.clinic_id,
        patient=appointment.patient,
        appointment=appointment,
        practitioner=appointment.practitioner,
        place=appointment.place,
        kind=kind.value,
        turn=len(before),
        service_name=appointment.service.name,
        service_on=appointment.starts_at.astimezone(zone).date(),
        minutes=int((appointment.ends_at - appointment.starts_at).total_seconds()) // 60,
        net_cents=amounts.net_cents,
        tax_kind=tax.kind.value,
        tax_name=tax.name,
        tax_rate=tax.rate,
        tax_cents=amounts.tax_cents,
        second_tax_name=tax.second_name,
        second_tax_rate=tax.second_rate,
        second_tax_cents=amounts.taxes[1],
        total_cents=amounts.total_cents,
        currency=Clinic.objects.values_list("currency", flat=True).get(pk=by.clinic_id),
        insurance=insurance,
        insurer=insurer.strip(),
        claim_number=claim_number.strip(),
        reason=reason.strip(),
        on=day_of_books(appointment.place, at=at, on=on),
        at=at,
        by_name=by.name[:120],
        by_user_id=by.user_id,
    )
    record(
        by=by, at=at, act="charge.written", subject=charge, patient_id=charge.patient_id, cents=charge.total_cents,
        kind=charge.kind,
    )  # fmt: skip
    return charge


def _visit(by: Actor, appointment_id: int) -> Appointment:
    """The appointment; the owner writes charges too, though the diary is not hers."""
    if by.holds(Role.RECEPTIONIST, Role.PRACTITIONER) or by.is_system:
        return appointment_for(by, appointment_id)
    rows = Appointment.objects.filter(clinic_id=by.clinic_id)
    found: Appointment = rows.select_related("patient", "service", "practitioner", "place").get_or_not_found(
        pk=appointment_id
    )
    return found


visit_to_charge = _visit


@transaction.atomic
def take_back(
    *, by: Actor, at: datetime, charge_id: int, reason: str, cents: int | None = None, on: date | None = None
) -> Charge:
    """The row that makes a charge less, by all that is owed of it or by `cents`; what was paid goes back by a refund.

    Raises:
        NotOwed: so much is not owed.
        InvalidValue: no reason, or no amount.
        DayClosed: the day is closed.
    """
    by.check_holds(Role.RECEPTIONIST, Role.OWNER)
    check_no_card_number(reason, field="reason")
    if not reason.strip():
        raise InvalidValue("Please say why.", field="reason")
    locked_book(by)
    charge = charge_for(by, charge_id)
    return written_off(by=by, at=at, charge=charge, place=charge.place, reason=reason, cents=cents, on=on)


def written_off(
    *,
    by: Actor,
    at: datetime,
    charge: Charge,
    place: Place,
    reason: str,
    cents: int | None = None,
    on: date | None = None,
) -> Charge:
    """As `take_back`, for who holds the book already, in the books of `place`; `charge` is freshly read."""
    part = charge.owed_cents if cents is None else cents
    if part <= 0 and cents is not None:
        raise InvalidValue("Please say an amount above 0.00.", field="amount")
    if part <= 0 or part > charge.owed_cents:
        raise NotOwed(
            "Only {owed} of it is owed. What was paid goes back by a refund.",
            field="amount",
            owed=amount_words(charge.owed_cents, charge.currency),
        )
    left = charge.total_cents + charge.taken_cents
    before = list(charge.taken_back_by.all())
    tax_left = charge.tax_cents + sum(row.tax_cents for row in before)
    second_left = charge.second_tax_cents + sum(row.second_tax_cents for row in before)
    tax = tax_within(part, total_cents=left, tax_cents=tax_left)
    _first, second = tax_by_line(tax, (tax_left - second_left, second_left))
    row = Charge.objects.create(
        clinic_id=by.clinic_id,
        patient=charge.patient,
        appointment_id=charge.appointment_id,
        practitioner_id=charge.practitioner_id,
        place=place,
        kind=ChargeKind.TAKEN_BACK.value,
        takes_back=charge,
        service_name=charge.service_name,
        service_on=charge.service_on,
        minutes=charge.minutes,
        net_cents=tax - part,
        tax_kind=charge.tax_kind,
        tax_name=charge.tax_name,
        tax_rate=charge.tax_rate,
        tax_cents=-tax,
        second_tax_name=charge.second_tax_name,
        second_tax_rate=charge.second_tax_rate,
        second_tax_cents=-second,
        total_cents=-part,
        currency=charge.currency,
        reason=reason.strip(),
        on=day_of_books(place, at=at, on=on),
        at=at,
        by_name=by.name[:120],
        by_user_id=by.user_id,
    )
    record(by=by, at=at, act="charge.taken_back", subject=row, patient_id=row.patient_id, cents=part, of=charge.pk)
    return row
