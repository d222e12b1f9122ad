"""The needle stock: lots received and corrected, said of before a needle, never a reason to lose one, traced in a recall."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.needling.actions import (
    answer_ask,
    close_visit,
    leave_in,
    open_visit,
    record_insertion,
    strike_insertion,
)
from myotome.clinic.needling.models import Incident, NeedleInsertion, NeedleLot, StockChange
from myotome.clinic.needling.shelf import Shelf, lots_of, uses_of_lot
from myotome.clinic.needling.stocking import correct_lot, receive_needles, set_aside
from myotome.science.needling.stock import LotOnShelf, lot_for, offered
from myotome.vocabulary.errors import InvalidValue, NotAllowed
from myotome.vocabulary.needling import NeedleState, TreatmentMode
from tests.factories import AT, a_clinic, a_needle, a_receptionist, an_actor, an_open_visit, boxed

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 24)
NEXT_YEAR = date(2027, 11, 30)


@pytest.fixture
def clinic():
    return a_clinic()


@pytest.fixture
def robin(clinic):
    return an_actor(a_receptionist(clinic), clinic)


def receive(by, lot="A1", *, n=100, size=(0.30, 60), expires_on=NEXT_YEAR, **values):
    gauge_mm, length_mm = size
    return receive_needles(
        by=by, at=AT, gauge_mm=gauge_mm, length_mm=length_mm, lot=lot, n=n, expires_on=expires_on, **values
    )


def needle_in(visit, by, **values):
    return record_insertion(by=by, at=AT, visit_id=visit.pk, needle=a_needle(**values))


def n_left(by):
    return {lot.lot: lot.n_left for lot in lots_of(by)}


def on_shelf(lot, *, n=10, expires_on=None, id=1, size=(0.30, 60), why=""):
    gauge, length = size
    return LotOnShelf(
        id=id, gauge_mm=gauge, length_mm=length, lot=lot, expires_on=expires_on, n_left=n, low_at=5, set_aside_why=why
    )


GOOD, SOON = on_shelf("good", id=1, expires_on=NEXT_YEAR), on_shelf("soon", id=2, expires_on=TODAY)
GONE, OLD = on_shelf("gone", id=3, n=0), on_shelf("old", id=4, expires_on=TODAY - timedelta(days=1))
RECALLED = on_shelf("recalled", id=5, why="recalled by the maker")


@pytest.mark.parametrize(
    ("shelf", "last", "chosen"),
    [
        ([GOOD, SOON], "", "soon"),
        ([GOOD, SOON], "good", "good"),
        ([GOOD, GONE], "gone", "good"),
        ([GOOD, OLD], "old", "good"),
        ([OLD, GONE], "gone", "gone"),
        ([OLD, GONE], "", "old"),
        ([RECALLED, GOOD], "recalled", "good"),
        ([RECALLED], "recalled", None),
        ([], "", None),
    ],
)
def test_a_needle_comes_from_the_lot_used_last_while_it_is_good_else_from_what_expires_first(shelf, last, chosen):
    found = lot_for(shelf, "0.30x60", on=TODAY, last_lot=last)
    assert (found.lot if found else None) == chosen


def test_the_chart_offers_lots_with_needles_left_and_of_a_size_without_any_the_newest():
    other = on_shelf("other", id=7, n=0, size=(0.25, 40))
    shelf = [GOOD, SOON, GONE, OLD, RECALLED, on_shelf("older", id=6, n=0, size=(0.25, 40)), other]
    assert [lot.lot for lot in offered(shelf)] == ["other", "old", "soon", "good"]


def test_more_of_a_lot_is_added_and_another_expiry_is_asked_about(robin):
    receive(robin, n=100)
    receive(robin, n=50, expires_on=None)
    assert n_left(robin) == {"A1": 150}
    with pytest.raises(InvalidValue) as refusal:
        receive(robin, expires_on=date(2026, 12, 1))
    assert refusal.value.field == "expires_on"
    assert NeedleLot.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"lot": " "}, "lot"),
        ({"n": 0}, "n"),
        ({"n": -1}, "n"),
        ({"size": (3.0, 60)}, "size"),
        ({"low_at": -1}, "low_at"),
    ],
)
def test_what_cannot_be_received_is_said_at_its_field(robin, values, field):
    with pytest.raises(InvalidValue) as refusal:
        receive(robin, **values)
    assert refusal.value.field == field
    assert not NeedleLot.objects.exists()


def test_a_count_that_differs_says_why_and_stands_in_the_history(robin):
    lot = receive(robin)
    given = {"by": robin, "at": AT, "lot_id": lot.pk, "expires_on": NEXT_YEAR, "low_at": 5}
    with pytest.raises(InvalidValue):
        correct_lot(n_counted=90, reason=" ", **given)
    correct_lot(n_counted=90, reason="ten fell to the floor", **given)
    assert n_left(robin) == {"A1": 90}
    assert list(StockChange.objects.order_by("pk").values_list("kind", "n", "reason")) == [
        ("received", 100, ""),
        ("corrected", -10, "ten fell to the floor"),
    ]
    assert list(AuditEvent.objects.order_by("pk").values_list("act", flat=True)) == [
        "stock.received",
        "stock.corrected",
    ]


def test_a_needle_without_a_lot_is_of_the_lot_that_its_size_comes_from(clinic):
    visit, elena = an_open_visit(clinic)
    receive(elena, "B2", expires_on=date(2028, 1, 1))
    receive(elena, "A1")
    assert needle_in(visit, elena).lot == "A1"
    assert needle_in(visit, elena, lot="B2").lot == "B2"
    assert needle_in(visit, elena).lot == "B2", "the practitioner's last"
    assert needle_in(visit, elena, gauge_mm=0.25, length_mm=40).lot == ""
    assert not Incident.objects.exists()


def test_a_clinic_without_stock_charts_as_before(clinic):
    visit, elena = an_open_visit(clinic)
    assert needle_in(visit, elena).lot == ""
    assert Shelf(elena, visit, [], at=AT).usual_size("0.30x50") == "0.30x50"


@pytest.mark.parametrize(
    ("lot", "kind"),
    [
        ({"expires_on": TODAY - timedelta(days=1)}, "needled_from_expired_lot"),
        ({"n": 1}, "needled_from_empty_lot"),
    ],
)
def test_a_needle_that_is_in_is_recorded_whatever_the_stock_says_and_an_incident_opens_once(clinic, lot, kind):
    visit, elena = an_open_visit(clinic)
    receive(elena, **lot)
    for _ in range(3):
        needle_in(visit, elena, lot="A1")
    assert NeedleInsertion.objects.filter(lot="A1").count() == 3
    assert [(row.kind, row.detail) for row in Incident.objects.all()] == [(kind, "Lot A1")]


def test_an_ask_about_a_lot_that_was_answered_opens_no_incident(clinic):
    visit, elena = an_open_visit(clinic)
    receive(elena, expires_on=TODAY - timedelta(days=1))
    (warning,) = Shelf(elena, visit, [], at=AT).warnings(["0.30x60"])
    assert (warning.code, str(warning.words)) == ("lot_expired", "Lot A1 of 0.30x60 expired on 2026-11-23.")
    answer_ask(
        by=elena, at=AT, visit_id=visit.pk, code=warning.code, place=warning.place, reason="the packet says 2027"
    )
    needle_in(visit, elena)
    assert not Incident.objects.exists()


def test_on_its_last_day_a_lot_is_good_by_the_clinics_own_calendar(clinic):
    visit, elena = an_open_visit(clinic)
    receive(elena, expires_on=TODAY)
    late_evening = AT + timedelta(hours=14)
    assert Shelf(elena, visit, [], at=late_evening).warnings(["0.30x60"]) == []
    assert Shelf(elena, visit, [], at=late_evening + timedelta(hours=2)).warnings(["0.30x60"]) != []


def test_a_lot_set_aside_is_offered_no_more_and_charted_all_the_same_it_opens_an_incident(clinic):
    visit, elena = an_open_visit(clinic)
    lot = receive(elena)
    set_aside(by=elena, at=AT, lot_id=lot.pk, why="recalled by the maker")
    assert Shelf(elena, visit, [], at=AT).choices() == []
    assert needle_in(visit, elena, lot="A1").lot == "A1"
    assert Incident.objects.get().kind == "needled_from_lot_set_aside"
    set_aside(by=elena, at=AT, lot_id=lot.pk, why="")
    assert [key for key, _lot in Shelf(elena, visit, [], at=AT).choices()] == ["0.30x60@A1"]


def test_closing_counts_off_the_needles_opened_by_lot_and_once(clinic):
    visit, elena = an_open_visit(clinic)
    receive(elena, "A1")
    receive(elena, "B2", size=(0.25, 40))
    for _ in range(3):
        needle_in(visit, elena, state=NeedleState.OUT)
    needle_in(visit, elena, state=NeedleState.OUT, gauge_mm=0.25, length_mm=40)
    for _ in range(2):
        close_visit(by=elena, at=AT, visit_id=visit.pk, version=1, **boxed(3))
    assert n_left(elena) == {"A1": 98, "B2": 99}, "three opened made four insertions"
    assert set(StockChange.objects.filter(kind="used").values_list("visit_id", flat=True)) == {visit.pk}


def test_what_an_open_visit_has_taken_is_reckoned_with_in_that_visit(clinic):
    visit, elena = an_open_visit(clinic)
    receive(elena, n=2)
    for _ in range(2):
        needle_in(visit, elena)
    (warning,) = Shelf(elena, visit, visit.insertions.all(), at=AT).warnings(["0.30x60"])
    assert warning.code == "lot_empty"


def test_from_a_lot_to_the_patients_and_visits_in_which_it_was_used(clinic, robin):
    visit, elena = an_open_visit(clinic)
    needle_in(visit, elena, lot="a-77", state=NeedleState.OUT)
    needle_in(visit, elena, lot="A-77")
    leave_in(by=elena, at=AT, visit_id=visit.pk, number=2, reason="ear press needle")
    needle_in(visit, elena, lot="A-77", state=NeedleState.OUT)
    strike_insertion(by=elena, at=AT, visit_id=visit.pk, number=3, reason="charted by mistake")
    other = open_visit(by=elena, at=AT, course_id=visit.course_id, mode=TreatmentMode.IMS)
    needle_in(other, elena, lot="A-78")
    uses = uses_of_lot(robin, " A-77 ", at=AT)
    assert [(use.visit.pk, use.n, use.n_still_in) for use in uses] == [(visit.pk, 2, 1)]
    assert AuditEvent.objects.filter(act="stock.lot_traced").count() == 1
    assert uses_of_lot(robin, " ", at=AT) == []


def test_a_lot_of_another_clinic_is_neither_seen_nor_traced(clinic, robin):
    visit, elena = an_open_visit(a_clinic("birch"))
    receive(elena)
    needle_in(visit, elena)
    assert lots_of(robin) == []
    assert uses_of_lot(robin, "A1", at=AT) == []


def test_who_only_reads_totals_keeps_no_stock(clinic):
    from myotome.vocabulary.courses import Role
    from tests.factories import a_user

    steward = an_actor(a_user(clinic, Role.STEWARD), clinic)
    with pytest.raises(NotAllowed):
        receive(steward)
    with pytest.raises(NotAllowed):
        uses_of_lot(steward, "A1", at=AT)
