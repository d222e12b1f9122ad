"""A clinic with several places: each counts its own drawer and closes its own day, by its own clock."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from myotome.clinic.money.actions import take_back
from myotome.clinic.money.closing import close_day
from myotome.clinic.money.days import (
    charged_on,
    close_of,
    days_of,
    documents_on,
)
from myotome.clinic.money.models import Charge, DayClose, Payment
from myotome.clinic.money.payments import refund
from myotome.clinic.needling.actions import record_insertion
from myotome.clinic.needling.models import TreatmentVisit
from myotome.clinic.pathway.day_end import day_closed
from myotome.clinic.people.models import Place, Room, User
from myotome.vocabulary.errors import InvalidValue, NeedleUnaccountedFor, NotFound
from myotome.vocabulary.money import DayClosed
from myotome.vocabulary.money import PaymentMethod as M
from tests.factories import AT, a_clinic, a_needle, an_open_visit
from tests.money import a_desk

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 24)
TOMORROW = TODAY + timedelta(days=1)
LATE = AT + timedelta(hours=12, minutes=30)  # 21:30 in Vancouver, 01:30 of tomorrow in Halifax


@pytest.fixture
def desk():
    return a_desk()


@pytest.fixture
def harbour(desk):
    """The second place, four hours ahead."""
    return Place.objects.create(clinic=desk.clinic, name="Harbour", time_zone="America/Halifax")


def close(desk, place, *, on=TODAY, cash=0, at=AT, **values):
    place_id = place.pk if place else None
    return close_day(by=desk.robin, at=at, on=on, counted={M.CASH: cash}, place_id=place_id, **values)


def paid(desk, place, *, method="cash", **values):
    return desk.pay(desk.charge(desk.visit(place=place)), method=method, **values)


def test_money_is_of_the_place_of_its_visit_and_numbers_run_through_all_places(desk, harbour):
    receipts = [paid(desk, place) for place in (desk.place, harbour, desk.place)]
    assert [(row.number, row.place, row.lines.get().charge.place) for row in receipts] == [
        (1, desk.place, desk.place), (2, harbour, harbour), (3, desk.place, desk.place),
    ]  # fmt: skip
    assert [row.number for row in documents_on(desk.robin, TODAY, place=desk.place)] == [1, 3]
    assert charged_on(desk.robin, TODAY, place=harbour) == 9500


def test_a_place_counts_its_own_drawer_and_the_other_goes_on(desk, harbour):
    for place in (desk.place, harbour, harbour):
        paid(desk, place)
    made = close(desk, harbour, cash=19000)
    assert (made.place, made.first_number, made.last_number) == (harbour, 2, 3)
    assert made.totals.get().received_cents == 19000
    with pytest.raises(DayClosed, match="Write it into 2026-11-25"):
        paid(desk, harbour)
    assert paid(desk, desk.place).number == 4
    assert close_of(desk.robin, TODAY, place=desk.place) is None
    assert [days_of(place, AT).is_open(TODAY) for place in (desk.place, harbour)] == [True, False]
    assert days_of(harbour, AT).next_open == TOMORROW
    assert close(desk, desk.place, cash=19000).totals.get().n_documents == 2


def test_what_the_desk_took_at_the_other_place_lies_in_that_drawer(desk, harbour):
    receipt = paid(desk, harbour, place_id=desk.place.pk)
    assert (receipt.place, receipt.lines.get().charge.place) == (desk.place, harbour)
    close(desk, harbour)
    assert close(desk, desk.place, cash=9500).totals.get().expected_cents == 9500


def test_a_refund_is_of_the_place_of_its_receipt_or_of_the_desk_that_gave_it(desk, harbour):
    receipt = paid(desk, harbour)
    charge = receipt.lines.get().charge

    def back(key, **values):
        return refund(
            by=desk.robin, at=AT, payment_id=receipt.pk, parts={charge.pk: 1000}, method="cash", reason="late", key=key,
            **values,
        )  # fmt: skip

    assert back("a").place == harbour
    close(desk, harbour, cash=8500)
    with pytest.raises(DayClosed):
        back("b")
    made = back("c", place_id=desk.place.pk)
    assert (made.place, made.on) == (desk.place, TODAY)
    assert Charge.objects.filter(takes_back=charge).latest("pk").place == desk.place, "written off where it went back"
    assert charged_on(desk.robin, TODAY, place=desk.place) == -1000


def test_a_charge_taken_back_is_of_the_place_of_the_charge(desk, harbour):
    charge = desk.charge(desk.visit(place=harbour))
    assert take_back(by=desk.robin, at=AT, charge_id=charge.pk, reason="wrong one").place == harbour
    close(desk, desk.place)
    with pytest.raises(DayClosed):
        take_back(by=desk.robin, at=AT, charge_id=desk.charge(on=TOMORROW).pk, reason="wrong one", on=TODAY)


def test_the_day_is_that_of_the_places_clock(desk, harbour):
    charges = [desk.charge(desk.visit(place=place), at=LATE) for place in (desk.place, harbour)]
    assert [row.on for row in charges] == [TODAY, TOMORROW]
    assert [desk.pay(row, at=LATE).on for row in charges] == [TODAY, TOMORROW]
    with pytest.raises(InvalidValue, match="day to come"):
        close(desk, desk.place, on=TOMORROW, at=LATE)
    close(desk, harbour, on=TOMORROW, at=LATE)


def test_an_earlier_day_of_the_other_place_does_not_wait(desk, harbour):
    paid(desk, harbour, on=TODAY - timedelta(days=2))
    assert days_of(desk.place, AT).first_to_close() is None
    close(desk, desk.place)
    with pytest.raises(InvalidValue, match="2026-11-22"):
        close(desk, harbour)


def test_several_places_are_not_closed_without_saying_which_and_none_of_another_clinic(desk, harbour):
    with pytest.raises(InvalidValue) as refused:
        close(desk, None)
    assert refused.value.field == "place"
    birch = a_clinic("birch")
    foreign = Place.objects.filter(clinic=birch).first()
    with pytest.raises(NotFound):
        close(desk, foreign)
    with pytest.raises(NotFound):
        paid(desk, harbour, place_id=foreign.pk)
    assert not DayClose.objects.exists()
    assert not Payment.objects.exists()


def test_the_database_keeps_the_closed_day_of_a_place_and_of_that_place_only(desk, harbour):
    here, there = paid(desk, desk.place), paid(desk, harbour)
    close(desk, harbour, cash=9500)
    for row, is_kept_out in ((there, True), (here, False)):
        row.pk, row.number, row.key = None, 3, f"another {is_kept_out}"
        if is_kept_out:
            with pytest.raises(DatabaseError), transaction.atomic():
                row.save(force_insert=True)
        else:
            row.save(force_insert=True)
    with pytest.raises(DatabaseError), transaction.atomic():
        Payment.objects.filter(pk=here.pk).update(place=harbour)


def test_a_close_of_all_places_together_holds_for_each(desk, harbour):
    DayClose.objects.create(clinic=desk.clinic, on=TODAY, at=AT, by_name="before", currency="CAD")
    for place in (desk.place, harbour):
        with pytest.raises(DayClosed):
            paid(desk, place)
        assert close_of(desk.robin, TODAY, place=place).by_name == "before"


def test_a_needle_at_one_place_does_not_keep_the_other_open(desk, harbour):
    visit, elena = an_open_visit(desk.clinic)
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    room = Room.objects.create(clinic=desk.clinic, place=harbour, name="Sea")
    TreatmentVisit.objects.filter(pk=visit.pk).update(room=room)

    def end(place):
        return day_closed(by=desk.robin, at=AT, on=TODAY, counted={M.CASH: 0}, place_id=place.pk)

    with pytest.raises(NeedleUnaccountedFor):
        end(harbour)
    end(desk.place)
    TreatmentVisit.objects.filter(pk=visit.pk).update(room=None, appointment=None)
    with pytest.raises(NeedleUnaccountedFor):
        day_closed(by=desk.robin, at=AT + timedelta(days=1), on=TOMORROW, counted={M.CASH: 0}, place_id=desk.place.pk)


def page(client, name, desk, given=None, data=None, **ids):
    address = reverse(name, kwargs={"clinic": desk.clinic.slug, **ids})
    return client.get(address, given) if data is None else client.post(address, data)


@pytest.fixture
def robin(client, desk):
    client.force_login(User.objects.get(pk=desk.robin.user_id))
    return client


def test_the_page_of_a_day_says_which_place_and_lets_the_desk_choose(robin, desk, harbour, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: LATE)
    paid(desk, harbour, at=LATE)
    with CaptureQueriesContext(connection) as captured:
        first = page(robin, "money:day", desk).content.decode()
    assert len([row for row in captured if row["sql"].startswith("SELECT")]) <= 15
    assert "Harbour" in first
    assert "None on this day." in first
    there = page(robin, "money:day", desk, {"place": harbour.pk}).content.decode()
    assert "The day of Harbour" in there
    assert "America/Halifax" in there
    assert "Wednesday 25 November" in there
    assert "Robin Clarke, 01:30" in there
    answer = page(robin, "money:close", desk, data={"on": f"{TOMORROW}", "cash": "95.00", "place": harbour.pk})
    assert answer.url.endswith(f"?on={TOMORROW}&place={harbour.pk}")
    assert DayClose.objects.get().place == harbour
    assert "01:30, by Robin Clarke" in robin.get(answer.url).content.decode()


def test_a_clinic_with_one_place_sees_nothing_of_it(robin, desk):
    said = page(robin, "money:day", desk).content.decode()
    assert "each place" not in said.lower()
    assert 'name="place"' not in said
    charge = desk.charge()
    assert 'name="place"' not in page(robin, "money:pay", desk, patient=charge.patient_id).content.decode()
    page(robin, "money:close", desk, data={"on": f"{TODAY}", "cash": "0"})
    assert DayClose.objects.get().place == desk.place


@pytest.mark.parametrize(("place", "status"), [("", 422), ("x", 422), ("9" * 30, 422), ("999999", 404)])
def test_a_place_that_is_none_closes_nothing_and_takes_nothing(robin, desk, harbour, place, status):
    charge = desk.charge()
    assert page(robin, "money:day", desk, {"place": place}).status_code == 200
    answer = page(robin, "money:close", desk, data={"on": f"{TODAY}", "cash": "0", "place": place})
    assert answer.status_code == status
    given = {f"part-{charge.pk}": "95.00", "method": "debit", "key": "k", "place": place}
    answer = page(robin, "money:pay", desk, data=given, patient=charge.patient_id)
    assert (answer.status_code, Payment.objects.count()) == ((302, 1) if not place else (status, 0))
    assert not DayClose.objects.exists()


def test_the_desk_says_where_it_took_the_money(robin, desk, harbour):
    charge = desk.charge(desk.visit(place=harbour))
    form = page(robin, "money:pay", desk, patient=charge.patient_id).content.decode()
    assert f'value="{harbour.pk}" checked' in form
    given = {f"part-{charge.pk}": "95.00", "method": "cash", "key": "k", "place": desk.place.pk}
    page(robin, "money:pay", desk, data=given, patient=charge.patient_id)
    receipt = Payment.objects.get()
    assert receipt.place == desk.place
    form = page(robin, "money:refund", desk, payment=receipt.pk).content.decode()
    assert f'value="{desk.place.pk}" checked' in form
