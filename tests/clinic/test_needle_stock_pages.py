"""The stock through HTTP: received at the desk, chosen on the chart with its lot, asked about before, traced in a recall."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from myotome.clinic.needling.actions import record_insertion
from myotome.clinic.needling.models import Incident, NeedleInsertion, NeedleLot
from myotome.clinic.needling.shelf import lots_of
from myotome.clinic.needling.stocking import receive_needles
from myotome.clinic.people.days import clinic_day
from tests.clinic.charting.visits import BUTTOCK, GLMAX, at, visit_of
from tests.factories import a_clinic, a_needle, a_practitioner, a_receptionist, an_actor

pytestmark = pytest.mark.django_db
RECEIVED = {"size": "0.30x50", "lot": "A 123", "expires_on": "2099-01-31", "n": "100", "low_at": "20"}


@pytest.fixture
def clinic():
    return a_clinic()


@pytest.fixture
def elena(clinic):
    return a_practitioner(clinic)


@pytest.fixture
def robin(clinic):
    return a_receptionist(clinic)


def page(name, **ids):
    return reverse(f"needling:{name}", kwargs={"clinic": "alder", **ids})


def on_the_shelf(clinic, by, **values):
    values = {"gauge_mm": 0.3, "length_mm": 50, "lot": "A123", "n": 100, "expires_on": None} | values
    return receive_needles(by=an_actor(by, clinic), at=timezone.now(), **values)


def test_the_desk_receives_needles_and_counts_them_anew(client, clinic, robin):
    client.force_login(robin)
    assert "No needle is on the shelf yet" in client.get(page("stock")).content.decode()
    client.post(page("receive"), RECEIVED)
    lot = NeedleLot.objects.get()
    shown = client.get(page("stock")).content.decode()
    assert "A 123" in shown
    assert ".30×50" in shown
    assert "31 Jan 2099" in shown
    form = {"n_counted": "15", "expires_on": "2099-01-31", "low_at": "20", "reason": "counted anew"}
    client.post(page("lot") + f"?id={lot.pk}", form)
    assert [row.n_left for row in lots_of(an_actor(robin, clinic))] == [15]
    assert "order more" in client.get(page("stock")).content.decode()
    assert "counted anew" in client.get(page("lot") + f"?id={lot.pk}").content.decode()


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("size", "thin"),
        ("size", ""),
        ("lot", " "),
        ("n", ""),
        ("n", "many"),
        ("expires_on", "31.1.99"),
        ("low_at", "-1"),
    ],
)
def test_a_mistake_in_receiving_stands_at_its_field_and_the_typing_is_kept(client, robin, field, typed):
    client.force_login(robin)
    answer = client.post(page("receive"), RECEIVED | {"maker": "Kept Needles Ltd", field: typed})
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="{field}-error"' in shown
    assert "Kept Needles Ltd" in shown
    assert not NeedleLot.objects.exists()


def test_the_chart_offers_what_is_on_the_shelf_and_the_needle_keeps_its_lot(client, clinic, elena):
    visit, _actor = visit_of(clinic, elena)
    client.force_login(elena.user)
    assert '<option value="0.16x13">' in client.get(at("chart", visit)).content.decode()
    on_the_shelf(clinic, elena.user)
    shown = client.get(at("chart", visit)).content.decode()
    assert '<option value="0.30x50@A123" selected>.30×50 · A123</option>' in shown
    assert "0.16x13" not in shown
    client.post(at("needle", visit), {"site": GLMAX, "size": "0.30x50@A123", "grasp": "2", "client_id": "n1"})
    row = NeedleInsertion.objects.get()
    assert (row.gauge_mm, row.length_mm, row.lot) == (0.3, 50, "A123")


def test_a_set_keeps_the_lot_of_each_row(client, clinic, elena):
    visit, _actor = visit_of(clinic, elena, mode="acupuncture")
    on_the_shelf(clinic, elena.user, gauge_mm=0.25, length_mm=40, lot="B7")
    client.force_login(elena.user)
    assert f'name="size:{GLMAX}" value="0.25x40@B7"' in client.get(at("chart", visit)).content.decode()
    client.post(at("needle_set", visit), {"site": [GLMAX], f"size:{GLMAX}": "0.25x40@B7", "client_id": "s1"})
    assert NeedleInsertion.objects.get().lot == "B7"


def test_the_next_visit_begins_with_the_practitioners_last_needle_and_its_lot(client, clinic, elena):
    first, actor = visit_of(clinic, elena, sites=[])
    on_the_shelf(clinic, elena.user)
    on_the_shelf(clinic, elena.user, lot="C9", length_mm=60)
    record_insertion(by=actor, at=timezone.now(), visit_id=first.pk, needle=a_needle(lot="C9"))
    visit, _actor = visit_of(clinic, elena, sites=BUTTOCK)
    client.force_login(elena.user)
    shown = client.get(at("chart", visit)).content.decode()
    assert '<option value="0.30x60@C9" selected>' in shown


def test_an_expired_lot_asks_before_and_once_answered_the_keys_open(client, clinic, elena):
    visit, _actor = visit_of(clinic, elena)
    yesterday = clinic_day(clinic, timezone.now()) - timedelta(days=1)
    on_the_shelf(clinic, elena.user, expires_on=yesterday)
    client.force_login(elena.user)
    shown = client.get(at("chart", visit)).content.decode()
    assert f"Lot A123 of 0.30x50 expired on {yesterday}." in shown
    assert "blocked-keys" in shown
    for ask in ("lot_expired",):
        client.post(at("answered", visit), {"code": ask, "place": "A123", "reason": "Nothing else at hand"})
    shown = client.get(at("chart", visit)).content.decode()
    assert "expired on" not in shown
    client.post(at("needle", visit), {"site": GLMAX, "size": "0.30x50@A123", "grasp": "2", "client_id": "n1"})
    assert not Incident.objects.filter(kind="needled_from_expired_lot").exists()


def test_another_lot_is_looked_at_before_its_needle(client, clinic, elena):
    visit, _actor = visit_of(clinic, elena)
    yesterday = clinic_day(clinic, timezone.now()) - timedelta(days=1)
    on_the_shelf(clinic, elena.user)
    on_the_shelf(clinic, elena.user, lot="OLD", expires_on=yesterday)
    client.force_login(elena.user)
    assert "expired on" not in client.get(at("chart", visit)).content.decode()
    shown = client.get(at("chart", visit), {"site": GLMAX, "size": "0.30x50@OLD"}).content.decode()
    assert "Lot OLD of 0.30x50 expired on" in shown


def test_a_lot_of_another_clinic_is_not_there_and_without_one_the_shelf_is_shown(client, clinic, robin):
    birch = a_clinic("birch")
    theirs = on_the_shelf(birch, a_receptionist(birch))
    client.force_login(robin)
    assert client.get(page("lot") + f"?id={theirs.pk}").status_code == 404
    assert client.post(page("lot") + f"?id={theirs.pk}", {"why": "x"}).status_code == 404
    assert client.get(page("lot")).url == page("stock")


def test_a_recall_names_whom_to_phone_and_opens_no_chart_for_the_desk(client, clinic, elena, robin):
    visit, actor = visit_of(clinic, elena)
    record_insertion(by=actor, at=timezone.now(), visit_id=visit.pk, needle=a_needle(lot="A123"))
    lot = on_the_shelf(clinic, robin)
    client.force_login(robin)
    client.post(page("lot") + f"?id={lot.pk}", {"why": "recalled by the maker"})
    assert "recalled by the maker" in client.get(page("stock")).content.decode()
    shown = client.get(page("lot_used"), {"lot": "a123"}).content.decode()
    assert "Hannah Lindqvist" in shown
    assert "604 555 0199" in shown
    assert at("chart", visit) not in shown
    client.force_login(elena.user)
    assert at("chart", visit) in client.get(page("lot_used"), {"lot": "A123"}).content.decode()
    assert "No needle of lot" in client.get(page("lot_used"), {"lot": "Z"}).content.decode()


@pytest.mark.parametrize("n_needles", [0, 2])
def test_the_chart_of_a_clinic_with_stock_needs_at_most_fifteen_queries(
    client, clinic, elena, n_needles, django_assert_max_num_queries
):
    visit, actor = visit_of(clinic, elena)
    for n in range(5):
        on_the_shelf(clinic, elena.user, lot=f"L{n}")
    for _ in range(n_needles):
        record_insertion(by=actor, at=timezone.now(), visit_id=visit.pk, needle=a_needle())
    client.force_login(elena.user)
    client.get(at("chart", visit))
    with django_assert_max_num_queries(30) as seen:
        client.get(at("chart", visit))
    own = [q["sql"] for q in seen.captured_queries if "SAVEPOINT" not in q["sql"]]
    assert len(own) <= 15, "\n".join(own)
