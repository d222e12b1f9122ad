"""Books from before the places closed their own days, brought up to date and back: nothing counted is lost, all stays final."""

from __future__ import annotations

import json

from tests.clinic.keeping.conftest import a_house, pull_down

SCENE = """
import django; django.setup()
import json
from itertools import count
from datetime import date
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from myotome.clinic.money.closing import close_day
from myotome.clinic.money.models import Charge, DayClose, DayTotal, Payment
from myotome.clinic.people.models import Place, User
from myotome.vocabulary.money import PaymentMethod as M
from tests import factories
from tests.factories import AT
from tests.money import a_desk

TODAY, said = date(2026, 11, 24), {}
for slug, several in (("alder", True), ("birch", False)):
    factories._number = count(User.objects.count() + 1)
    desk = a_desk(slug=slug)
    places = [desk.place]
    if several:
        places.append(Place.objects.create(clinic=desk.clinic, name="Harbour", time_zone="America/Halifax"))
    for cents, place in enumerate(places, 1):
        desk.pay(desk.charge(desk.visit(place=place)), method="cash")
        close_day(
            by=desk.robin, at=AT, on=TODAY, counted={M.CASH: 9500 - cents, M.DEBIT: 0}, note=place.name, place_id=place.pk
        )

def rows(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()

def is_refused(sql):
    try:
        with transaction.atomic():
            rows(sql)
    except DatabaseError:
        return True
    return False

def final():
    return [
        is_refused(f"UPDATE money_{name} SET clinic_id = clinic_id RETURNING id")
        for name in ("charge", "payment", "paymentline", "dayclose", "daytotal")
    ]

call_command("migrate", "money", "0003", verbosity=0)
said["before"] = rows('SELECT c.slug, d.first_number, d.last_number, d.note FROM money_dayclose d JOIN people_clinic c ON c.id = d.clinic_id ORDER BY c.slug')
said["counted"] = rows("SELECT method, n_documents, received_cents, counted_cents FROM money_daytotal ORDER BY close_id, method")
said["final_before"] = final()
call_command("migrate", verbosity=0)
said["closes"] = [(d.clinic.slug, d.place and d.place.name) for d in DayClose.objects.order_by("clinic__slug")]
said["charges"] = list(Charge.objects.order_by("pk").values_list("place__name", flat=True))
said["documents"] = list(Payment.objects.order_by("pk").values_list("place__name", flat=True))
said["final"] = final()
for charge in Charge.objects.order_by("pk"):
    charge.pk, charge.turn = None, 1
    try:
        with transaction.atomic():
            charge.save(force_insert=True)
        said.setdefault("written", []).append(charge.place.name)
    except DatabaseError:
        pass
print(json.dumps(said))
"""


def test_old_closes_hold_for_all_places_together_and_new_ones_are_joined_on_the_way_back(tmp_path):
    house = a_house(tmp_path / "house")
    try:
        said = json.loads(house.python(SCENE))
    finally:
        pull_down(house)
    assert said["before"] == [["alder", 1, 2, "Alder Street; Harbour"], ["birch", 1, 1, "Alder Street"]]
    assert said["counted"] == [["cash", 2, 19000, 18997], ["cash", 1, 9500, 9499]]
    assert said["closes"] == [["alder", None], ["birch", "Alder Street"]]
    assert said["charges"] == said["documents"] == ["Alder Street", "Harbour", "Alder Street"]
    assert said["final_before"] == said["final"] == [True] * 5
    assert "written" not in said
