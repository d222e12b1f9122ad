"""A day is closed with what was counted; from then on it takes nothing more, and says which day does."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.money.actions import take_back
from myotome.clinic.money.closing import close_day
from myotome.clinic.money.days import close_of, days_of, documents_on
from myotome.clinic.money.models import DayClose, DayTotal
from myotome.clinic.money.payments import refund
from myotome.clinic.money.queries import totals_of
from myotome.vocabulary.errors import InvalidValue, NotAllowed
from myotome.vocabulary.money import CardNumberRefused, DayClosed
from myotome.vocabulary.money import PaymentMethod as M
from tests.factories import AT, an_actor
from tests.money import a_desk

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 24)
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def desk():
    return a_desk()


def close(desk, on=TODAY, cash=0, note="", at=AT, **counted):
    counted = {M.CASH: cash} | {M(name): cents for name, cents in counted.items()}
    return close_day(by=desk.robin, at=at, on=on, counted=counted, note=note)


def a_full_day(desk):
    """95.00 and 97.77 in cash of which 20.00 went back, and 95.00 by debit."""
    first = desk.pay(desk.charge(), method="cash")
    desk.pay(desk.charge(desk.visit(days=-1), net_cents=9777), method="cash")
    desk.pay(desk.charge(desk.visit(days=-2)))
    parts = {first.lines.get().charge_id: 2000}
    refund(by=desk.robin, at=AT, payment_id=first.pk, parts=parts, method="cash", reason="late", key="back")


def test_a_day_adds_up_by_way_to_pay_with_what_cash_was_rounded_by(desk):
    a_full_day(desk)
    found = {
        t.method: (t.n_documents, t.received_cents, t.refunded_cents)
        for t in totals_of(documents_on(desk.robin, TODAY))
    }
    assert found == {M.CASH: (3, 9500 + 9775, 2000), M.DEBIT: (1, 9500, 0)}


def test_a_day_is_closed_with_what_was_counted_and_by_whom(desk):
    a_full_day(desk)
    close(desk, cash=17275, debit=9500)
    row = close_of(desk.robin, TODAY, place=desk.place)
    assert (row.by_name, row.first_number, row.last_number) == ("Robin Clarke", 1, 4)
    assert {t.method: (t.expected_cents, t.counted_cents, t.difference_cents) for t in row.totals.all()} == {
        "cash": (17275, 17275, 0),
        "debit": (9500, 9500, 0),
    }
    assert AuditEvent.objects.get(act="day.closed").detail == {
        "on": "2026-11-24", "place": desk.place.pk, "documents": 4, "difference": 0,
    }  # fmt: skip


def test_a_difference_is_said_with_a_word_about_it(desk):
    a_full_day(desk)
    with pytest.raises(InvalidValue, match=r"-5\.00 CAD") as refused:
        close(desk, cash=16775)
    assert refused.value.field == "note"
    close(desk, cash=16775, note="five dollars for the parking meter")
    assert DayTotal.objects.get(method="cash").difference_cents == -500


def test_what_was_not_counted_is_not_compared_but_cash_always_is(desk):
    a_full_day(desk)
    with pytest.raises(InvalidValue):
        close_day(by=desk.robin, at=AT, on=TODAY, counted={M.DEBIT: 9500})
    close(desk, cash=17275)
    assert DayTotal.objects.get(method="debit").counted_cents is None


@pytest.mark.parametrize("act", ["charge", "pay", "take back", "refund"])
def test_a_closed_day_takes_nothing_more_and_points_to_the_next(desk, act):
    charge, visit = desk.charge(), desk.visit(days=-1)
    receipt = desk.pay(charge, 5000)
    close(desk)
    acts = {
        "charge": lambda on: desk.charge(visit, on=on),
        "pay": lambda on: desk.pay(charge, 100, on=on),
        "take back": lambda on: take_back(by=desk.robin, at=AT, charge_id=charge.pk, reason="x", on=on),
        "refund": lambda on: refund(
            by=desk.robin,
            at=AT,
            payment_id=receipt.pk,
            parts={charge.pk: 100},
            method="debit",
            reason="x",
            key="b",
            on=on,
        ),
    }
    for on in (None, TODAY, TODAY - timedelta(days=1)):
        with pytest.raises(DayClosed, match="Write it into 2026-11-25"):
            acts[act](on)
    assert acts[act](TOMORROW).on == TOMORROW


def test_the_database_writes_nothing_into_a_closed_day_whatever_the_program_does(desk):
    charge = desk.charge()
    receipt = desk.pay(charge)
    close(desk)
    receipt.pk, receipt.number, receipt.key = None, 2, "another"
    charge.pk, charge.turn = None, 1
    for row in (receipt, charge):
        with pytest.raises(DatabaseError), transaction.atomic():
            row.save(force_insert=True)


def test_a_close_is_never_changed_or_deleted_by_anybody(desk):
    close(desk)
    for model in (DayClose, DayTotal):
        for field in model._meta.concrete_fields:
            row = model.objects.get()
            with pytest.raises(DatabaseError), transaction.atomic():
                model.objects.update(**{field.attname: getattr(row, field.attname)})
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.all().delete()


def test_a_day_is_closed_once_and_not_before_it_has_come(desk):
    close(desk)
    with pytest.raises(DayClosed):
        close(desk)
    with pytest.raises(InvalidValue):
        close(desk, on=TOMORROW)


def test_an_earlier_day_with_documents_is_closed_first_days_without_any_close_with_the_next(desk):
    desk.pay(desk.charge(), method="cash", on=TODAY - timedelta(days=4))
    with pytest.raises(InvalidValue, match="2026-11-20"):
        close(desk)
    close(desk, on=TODAY - timedelta(days=4), cash=9500)
    close(desk)
    assert not days_of(desk.place, AT).is_open(TODAY - timedelta(days=2))
    assert days_of(desk.place, AT).next_open == TOMORROW


def test_the_day_is_the_clinics_own_not_that_of_greenwich(desk):
    late = AT + timedelta(hours=14)  # 23:00 in Vancouver, tomorrow in Greenwich
    assert desk.pay(desk.charge(at=late), at=late).on == TODAY


@pytest.mark.parametrize(("days", "is_taken"), [(1, False), (0, True), (-31, True), (-32, False)])
def test_documents_are_written_today_or_up_to_31_days_back(desk, days, is_taken):
    charge = desk.charge()
    if is_taken:
        assert desk.pay(charge, on=TODAY + timedelta(days=days)).on == TODAY + timedelta(days=days)
    else:
        with pytest.raises(InvalidValue):
            desk.pay(charge, on=TODAY + timedelta(days=days))


def test_a_practitioner_does_not_close_the_day_and_no_note_holds_a_card(desk):
    with pytest.raises(NotAllowed):
        close_day(by=an_actor(desk.elena.user, desk.clinic), at=AT, on=TODAY, counted={M.CASH: 0})
    with pytest.raises(CardNumberRefused):
        close(desk, note="4111 1111 1111 1111")
