"""Eight tills at one clinic: numbers without a gap, nothing paid twice, nothing in a closed day, on both databases.

500 attempts of each kind here, 10,000 with `MYOTOME_SOAK=1`. The last test takes the database's own rules away and must
find the numbers given twice that the others must not: a race that cannot fail proves nothing. One installation and one set
of tills run all races, each at a clinic of its own.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clinic.crowd import Crowd
from tests.clinic.keeping.conftest import a_house, pull_down

N_TILLS = 8
N_ATTEMPTS = 10_000 if os.environ.get("MYOTOME_SOAK") else 500

SCENE = """
import django; django.setup()
from itertools import count
from myotome.clinic.people.models import User
from tests import factories
from tests.factories import a_patient
from tests.money import a_desk
factories._number = count(User.objects.count() + 1)  # each clinic's people have addresses of their own
from myotome.clinic.people.models import Place
desk = a_desk(slug={clinic!r})
places = [desk.place, Place.objects.create(clinic=desk.clinic, name="Harbour", time_zone=desk.clinic.time_zone)]
for n in range(16):
    patient = a_patient(desk.clinic, given_name=f"Patient {{n}}", email="")
    desk.charge(desk.visit(patient=patient, days=-n, place=places[n % 2]), net_cents=10_000_000)
"""
FINDINGS = """
import django; django.setup()
import json
from myotome.clinic.money.models import DayClose, Payment
from myotome.clinic.money.days import documents_on
from myotome.clinic.money.queries import charges_for, totals_of
from myotome.clinic.people.models import Clinic
from myotome.clinic.people.queries import system_actor
from tests.factories import AT
clinic = Clinic.objects.get(slug={clinic!r})
actor = system_actor(clinic, name="a judge")
numbers = list(Payment.objects.filter(clinic=clinic).order_by("number").values_list("number", flat=True))
close = DayClose.objects.filter(clinic=clinic).select_related("place").prefetch_related("totals").first()
there = documents_on(actor, AT.date(), place=close.place) if close else []
then = {{t.method.value: t.expected_cents for t in totals_of(there)}}
print(json.dumps({{
    "documents": len(numbers),
    "gaps": sum(a != b for a, b in zip(numbers, range(1, len(numbers) + 1))),
    "paid_too_much": charges_for(actor).filter(owed_cents__lt=0).count(),
    "paid_in_full": charges_for(actor).filter(owed_cents=0).count(),
    "elsewhere": close and Payment.objects.filter(clinic=clinic, number__gt=close.last_number).exclude(place=close.place).count(),
    "after_the_close": close is not None and {{t.method: t.expected_cents for t in close.totals.all()}} != then,
}}))
"""
WITHOUT_RULES = """
import django; django.setup()
from django.db import connection
from myotome.clinic.money.models import Payment
with connection.cursor() as cursor:
    on = " ON money_payment" if connection.vendor == "postgresql" else ""
    cursor.execute(f"DROP TRIGGER money_payment_without_gap{on}")
    if connection.vendor == "sqlite":  # the table is made anew without the constraint, and its triggers with it
        for (name,) in cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'money_%'").fetchall():
            cursor.execute(f"DROP TRIGGER {name}")
constraint = next(c for c in Payment._meta.constraints if c.name == "one_document_per_number")
with connection.schema_editor() as editor:
    Payment._meta.constraints.remove(constraint)
    editor.remove_constraint(Payment, constraint)
"""


class Race:
    """An installation and eight tills at its database."""

    def __init__(self, folder: Path) -> None:
        self.house = a_house(folder)
        self.crowd = Crowd(self.house.environment, "tests.clinic.money.tills", N_TILLS)

    def run(self, what: str, clinic: str, n_attempts: int = N_ATTEMPTS) -> tuple[Counter[str], dict[str, int]]:
        """Outcomes of all tills together, started at one moment at a new clinic, and what is found there afterwards."""
        self.crowd.do(SCENE.format(clinic=clinic))
        counts = self.crowd.race(what, -(-n_attempts // N_TILLS), clinic)
        return counts, json.loads(self.crowd.do(FINDINGS.format(clinic=clinic)))

    def end(self) -> None:
        """The tills and the installation gone."""
        self.crowd.end()
        pull_down(self.house)


@pytest.fixture(scope="module")
def race(tmp_path_factory) -> Iterator[Race]:
    made = Race(tmp_path_factory.mktemp("tills") / "house")
    yield made
    made.end()


def test_eight_tills_number_their_documents_without_a_gap_though_some_fail_halfway(race):
    counts, found = race.run("own", "own")
    assert set(counts) == {"won", "halfway"}, counts
    assert found["documents"] >= counts["won"] > N_ATTEMPTS * 0.8
    assert found["gaps"] == found["paid_too_much"] == 0


def test_a_debt_that_eight_take_at_once_is_paid_once(race):
    counts, found = race.run("same", "same", n_attempts=N_TILLS * 16)
    assert counts == {"won": 16, "not-owed": 16 * (N_TILLS - 1)}
    found = {name: found[name] for name in ("documents", "gaps", "paid_too_much", "paid_in_full")}
    assert found == {"documents": 16, "gaps": 0, "paid_too_much": 0, "paid_in_full": 16}


def test_a_day_closed_at_a_place_while_eight_write_holds_what_its_totals_say_and_the_other_place_goes_on(race):
    counts, found = race.run("close", "close")
    assert set(counts) == {"won", "halfway", "closed", "day-closed"}, counts
    assert counts["closed"] == 1
    assert not found["after_the_close"]
    assert found["elsewhere"] > 0
    assert found["gaps"] == 0


def test_numbers_are_kept_by_the_database_and_given_twice_without_its_rules(race):
    counts, found = race.run("blind", "ruled")
    assert set(counts) == {"won", "refused by the database"}, counts
    assert (found["documents"], found["gaps"]) == (counts["won"], 0)
    race.crowd.do(WITHOUT_RULES)
    counts, found = race.run("blind", "unruled")
    assert set(counts) == {"won"}, counts
    assert found["gaps"] > 0
