"""Eight processes after the same times: nobody is booked twice, nothing is lost, and the constraint is what does it.

500 attempts of each kind here, 10,000 with `MYOTOME_SOAK=1`. The last test drops the unique constraint and must find
the double bookings that the others must not: a race that cannot fail proves nothing. There the writers do not look
first whether a time is free, for an embedded database lets one writer look and write at a time, which would hide it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
N_WRITERS = 8
SOUND = {"overlaps": 0, "without_claims": 0, "claims_left_over": 0}
WEEKS = 50
N_ATTEMPTS = 10_000 if os.environ.get("MYOTOME_SOAK") else 500

SCENE = """
import django; django.setup()
from tests import factories as f
clinic = f.a_clinic()
for name in ("Elena Marchetti", "David Okafor", "Ruth Oyelaran"):
    f.a_practitioner(clinic, name=name)
for n in range(16):
    f.a_patient(clinic, given_name=f"Patient {n}", email="")
"""
WITHOUT_CONSTRAINT = """
import django; django.setup()
from django.db import connection
from myotome.clinic.booking.models import Claim
constraint = Claim._meta.constraints.pop()
with connection.schema_editor() as editor:
    editor.remove_constraint(Claim, constraint)
"""
FINDINGS = """
import django; django.setup()
import json
from tests.clinic.booking.overlaps import findings
print(json.dumps(findings()))
"""
N_LIVE = """
import django; django.setup()
from myotome.clinic.booking.models import Appointment
print(Appointment.objects.exclude(status="cancelled").count())
"""


@pytest.fixture
def scene(new_house):
    """A migrated installation with three practitioners, two rooms and sixteen patients."""
    house = new_house()
    house.myotome("migrate")
    house.python(SCENE)
    return house


def race(house, what: str, n_attempts: int = N_ATTEMPTS) -> Counter[str]:
    """Outcomes of all writers together, started at one moment."""
    each = -(-n_attempts // N_WRITERS)
    writers = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.clinic.booking.racers", str(seed), str(each), what],
            env=house.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for seed in range(N_WRITERS)
    ]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    counts: Counter[str] = Counter()
    for writer in writers:
        counts.update(json.loads(writer.communicate(timeout=900)[0]))
    return counts


def test_eight_processes_that_book_and_cancel_never_share_a_time(scene):
    counts = race(scene, "book")
    assert set(counts) == {"won", "refused"}, counts
    assert json.loads(scene.python(FINDINGS)) == SOUND


def test_visits_moved_by_eight_processes_at_once_keep_their_time_or_get_the_new_one(scene):
    race(scene, "place", N_WRITERS * 6)
    assert scene.python(N_LIVE) == "6"
    counts = race(scene, "move")
    assert set(counts) == {"won", "refused"}, counts
    assert scene.python(N_LIVE) == "6"
    assert json.loads(scene.python(FINDINGS)) == SOUND


def test_of_eight_who_want_one_place_exactly_one_gets_it(scene):
    counts = race(scene, "place", N_WRITERS * WEEKS)
    assert counts == {"won": WEEKS, "refused": (N_WRITERS - 1) * WEEKS}
    assert json.loads(scene.python(FINDINGS)) == SOUND


def test_the_claims_alone_refuse_and_without_their_constraint_the_race_finds_double_bookings(scene):
    counts = race(scene, "blind", N_WRITERS * 10)
    assert counts == {"won": 10, "refused": (N_WRITERS - 1) * 10}
    assert json.loads(scene.python(FINDINGS)) == SOUND
    scene.python(WITHOUT_CONSTRAINT)
    race(scene, "blind", N_WRITERS * 10)
    assert json.loads(scene.python(FINDINGS))["overlaps"] > 0
