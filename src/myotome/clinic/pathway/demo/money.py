"""The demo's money: the visits of today and of the three days before charged and mostly paid, those days closed.

Everything goes through the same actions as at a desk, each at its own moment; one receipt is refunded, some visits are still
owed, one day's drawer differs.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from myotome.clinic.booking.models import Appointment
from myotome.clinic.booking.set_up import set_rules
from myotome.clinic.money.actions import charge_visit
from myotome.clinic.money.closing import close_day
from myotome.clinic.money.days import documents_on
from myotome.clinic.money.models import Charge, Payment
from myotome.clinic.money.payments import refund, take_payment
from myotome.clinic.money.queries import totals_of
from myotome.clinic.money.set_up import set_book
from myotome.clinic.pathway.demo.house import House
from myotome.clinic.people.models import User
from myotome.clinic.people.queries import actor_of
from myotome.vocabulary.actors import Actor
from myotome.vocabulary.money import PaymentMethod as M

DAYS_BACK = 7
DAYS_CLOSED = 3
MOST_VISITS = 14
METHODS = (M.DEBIT, M.DEBIT, M.CREDIT_TERMINAL, M.CREDIT_TERMINAL, M.CASH, M.E_TRANSFER)
BOARDS = (("workers_compensation", "WorkSafeBC", "WC-{n}"), ("auto", "ICBC", "A-{n}"))
FEE_CENTS = 5000


def take_money(house: House, rng: np.random.Generator, *, at: datetime) -> None:
    """Charges, receipts and closed days, up to 14 visits a day, until the moment `at`."""
    zone = ZoneInfo(house.clinic.time_zone)
    today = at.astimezone(zone).date()
    desk, owner = (actor_of(User.objects.get(email=f"{who}@alder.example"), house.clinic) for who in ("robin", "owner"))
    set_rules(by=owner, at=at, version=0, no_show_fee_cents=FEE_CENTS)
    set_book(by=owner, at=at, version=1, tax_number="00000 0000 RT0001", foot="A synthetic clinic: nobody paid this.")
    days: dict[date, list[Appointment]] = defaultdict(list)
    rows = Appointment.objects.filter(clinic=house.clinic, status__in=["done", "no_show"], starts_at__lt=at)
    for row in rows.filter(starts_at__gt=at - timedelta(days=DAYS_BACK)).order_by("starts_at", "pk"):
        days[row.starts_at.astimezone(zone).date()].append(row)
    before = [day for day in sorted(days) if day < today][-DAYS_CLOSED:]
    for day in [*before, *([today] if today in days else [])]:
        receipts = [made for row in days[day][:MOST_VISITS] if (made := _at_the_desk(desk, rng, row, at=at))]
        if receipts and before[-1:] == [day]:
            _give_back(desk, receipts[0])
        if day != today:
            evening = datetime.combine(day, time(18, 5), tzinfo=zone)
            _close(desk, day, at=evening, short_cents=500 if day == before[0] else 0)


def _at_the_desk(desk: Actor, rng: np.random.Generator, row: Appointment, *, at: datetime) -> Payment | None:
    """The visit charged, and paid in four of five cases; a board pays later for one in eight."""
    luck, then = rng.random(), min(row.ends_at, at)
    board = BOARDS[int(rng.integers(2))] if luck > 0.87 else None
    insured = {}
    if board is not None:
        kind, insurer, claim = board
        insured = {"insurance": kind, "insurer": insurer, "claim_number": claim.format(n=int(rng.integers(1000, 9999)))}
    charge: Charge = charge_visit(by=desk, at=then, appointment_id=row.pk, **insured)
    if luck > 0.8:
        return None
    return take_payment(
        by=desk,
        at=then,
        patient_id=charge.patient_id,
        parts={charge.pk: charge.total_cents},
        method=METHODS[int(rng.integers(len(METHODS)))],
        key=f"demo {row.pk}",
    )


def _give_back(desk: Actor, receipt: Payment) -> None:
    parts = {line.charge_id: 2000 for line in receipt.lines.all()}
    refund(
        by=desk, at=receipt.at + timedelta(minutes=20), payment_id=receipt.pk, parts=parts, method=receipt.method,
        reason="The visit began late", key=f"demo back {receipt.pk}",
    )  # fmt: skip


def _close(desk: Actor, day: date, *, at: datetime, short_cents: int) -> None:
    counted = {total.method: total.expected_cents for total in totals_of(documents_on(desk, day))}
    short = min(short_cents, counted[M.CASH])
    counted[M.CASH] -= short
    close_day(by=desk, at=at, on=day, counted=counted, note="Parking meter paid from the drawer." if short else "")
