"""Eight processes after the same times: nobody is booked twice, nothing is lost, and the constraint is what does it.

500 attempts of each kind here, 10,000 with `MYOTOME_SOAK=1`. The last test drops the unique constraint and must find
the double bookings that the others must not: a race that cannot fail proves nothing. There the writers do not look
first whether a time is free, for an embedded database lets one writer look and write at a time, which would hide it.
One installation and one set of writers run all races, one after the other; each begins with an empty diary.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from tests.clinic.crowd import Crowd
from tests.clinic.keeping.conftest import a_house, pull_down

N_WRITERS = 8
SOUND = {"overlaps": 0, "without_claims": 0, "claims_left_over": 0, "claims_astray": 0}
WEEKS = 50
IN_SOAK = bool(os.environ.get("MYOTOME_SOAK"))
N_ATTEMPTS = 10_000 if IN_SOAK else 500
N_PLACES = 63
N_TIES = 1000 if IN_SOAK else 40
N_ROUNDS = -(-N_ATTEMPTS // (N_WRITERS * N_PLACES))
"""How often the diary is emptied and 63 places are wanted by all eight again, to come to as many attempts."""

SCENE = """
import django; django.setup()
from tests import factories as f
clinic = f.a_clinic()
for name in ("Elena Marchetti", "David Okafor", "Ruth Oyelaran"):
    f.a_practitioner(clinic, name=name)
for n in range(16):
    f.a_patient(clinic, given_name=f"Patient {n}", email="")
"""
EMPTY = """
import django; django.setup()
from myotome.clinic.booking import models as m
from myotome.clinic.followup.models import MeasureRequest
from myotome.clinic.people.models import OwnRecord
for model in (OwnRecord, MeasureRequest, m.Offered, m.Opening, m.WaitingWish, m.Claim, m.Hold, m.AppointmentSpan, m.DeskAct, m.Notice, m.Appointment):
    model.objects.all().delete()
"""
WAITING = """
import django; django.setup()
from datetime import timedelta
from tests import factories as f
from tests.clinic.booking.racers import AFTERNOON, NOON, WEEK
from myotome.clinic.booking.models import DiaryRules, Offered, Opening, Service, WaitingWish
from myotome.clinic.booking.openings import open_a_time
from myotome.clinic.booking.waitlist import wait_for
from myotome.clinic.people.models import Clinic, Patient, Practitioner
from zoneinfo import ZoneInfo
HERE = ZoneInfo("America/Vancouver")
clinic = Clinic.objects.get()
DiaryRules.objects.update_or_create(clinic=clinic, defaults={"offers_at_once": 8, "offer_minutes": 1440})
actor, service = f.the_system(clinic), Service.objects.get(kind="assessment_ims")
practitioner = Practitioner.objects.order_by("pk")[0]
for n in range(%d):
    start = AFTERNOON + WEEK * (n %% 50) + timedelta(hours=2 * (n // 50))
    patients = [f.a_patient(clinic, given_name=f"Waiting {n} {k}", email=f"w{n}-{k}@example.org") for k in range(8)]
    for patient in patients:
        wait_for(by=actor, at=NOON, patient_id=patient.pk, service_id=service.pk, first_day=start.date(),
                 last_day=start.date(), from_time=start.astimezone(HERE).time(), until_time=(start + WEEK / 168).astimezone(HERE).time())
    open_a_time(by=actor, at=NOON, service_id=service.pk, practitioner_id=practitioner.pk, starts_at=start)
print(Opening.objects.count(), Offered.objects.count())
"""
IN_CARE = """
import django; django.setup()
from tests import factories as f
from myotome.clinic.booking.models import Service
from myotome.clinic.people.models import Clinic, Patient, Practitioner
from myotome.clinic.planning.models import Plan
clinic, elena = Clinic.objects.get(), Practitioner.objects.order_by("pk")[0]
Service.objects.filter(kind="ims").update(in_care_may_book=True)
for patient in Patient.objects.order_by("pk"):
    Plan.objects.create(clinic=clinic, course=f.a_course(clinic, patient), made_by=elena, mode="ims", n_treatments=40,
                        interval_days=1, price_cents_each=1, made_at=f.AT, agreed_at=f.AT)
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
TIE = """
import django; django.setup()
from tests import factories as f
from tests.clinic.booking.racers import NOON
from myotome.clinic.booking.own_records import tie_own_record
from myotome.clinic.people.models import Clinic, Patient, Practitioner
patient, practitioner = Patient.objects.order_by("pk")[0], Practitioner.objects.order_by("pk")[0]
tie_own_record(by=f.the_system(Clinic.objects.get()), at=NOON, patient_id=patient.pk, practitioner_id=practitioner.pk)
"""
HERS = """
import django; django.setup()
from datetime import timedelta
from tests import factories as f
from tests.clinic.booking.racers import AFTERNOON, NOON
from myotome.clinic.booking.actions import book
from myotome.clinic.booking.models import Service
from myotome.clinic.people.models import Clinic, Patient, Practitioner
by, service = f.the_system(Clinic.objects.get()), Service.objects.get(kind="assessment_ims")
patient, (_, second, third) = Patient.objects.order_by("pk")[0], Practitioner.objects.order_by("pk")
for hour, who in ((0, second), (2, third)):
    book(by=by, at=NOON, patient_id=patient.pk, service_id=service.pk, practitioner_id=who.pk,
         starts_at=AFTERNOON + timedelta(days=1, hours=hour))
"""
N_TIED = """
import django; django.setup()
from myotome.clinic.people.models import OwnRecord
print(OwnRecord.objects.count())
"""
N_LIVE = """
import django; django.setup()
from myotome.clinic.booking.models import Appointment
print(Appointment.objects.exclude(status="cancelled").count())
"""


class Race:
    """An installation with three practitioners, two rooms and sixteen patients, and eight writers at its database."""

    def __init__(self, folder: Path) -> None:
        self.house = a_house(folder)
        self.crowd = Crowd(self.house.environment, "tests.clinic.booking.racers", N_WRITERS)
        self.crowd.do(SCENE)

    def run(self, what: str, n_attempts: int = N_ATTEMPTS) -> Counter[str]:
        """Outcomes of all writers together, started at one moment; `n_attempts` of all of them."""
        return self.crowd.race(what, -(-n_attempts // N_WRITERS))

    def findings(self) -> dict[str, int]:
        """What is wrong in the diary now."""
        return json.loads(self.crowd.do(FINDINGS))

    def n_live(self) -> int:
        """Appointments that are not cancelled."""
        return int(self.crowd.do(N_LIVE))

    def empty(self) -> None:
        """The diary without a visit, a hold or a wish."""
        self.crowd.do(EMPTY)

    def end(self) -> None:
        """The writers go home."""
        self.crowd.end()
        pull_down(self.house)


@pytest.fixture(scope="module")
def track(tmp_path_factory):
    """The one installation of all races."""
    made = Race(tmp_path_factory.mktemp("races") / "house")
    yield made
    made.end()


@pytest.fixture
def race(track):
    """The same with an empty diary."""
    track.empty()
    return track


def test_eight_processes_that_book_and_cancel_never_share_a_time(race):
    counts = race.run("book")
    assert set(counts) == {"won", "refused"}, counts
    assert race.findings() == SOUND


def test_visits_moved_by_eight_processes_at_once_keep_their_time_or_get_the_new_one(race):
    race.run("place", N_WRITERS * 6)
    assert race.n_live() == 6
    counts = race.run("move")
    assert set(counts) == {"won", "refused"}, counts
    assert race.n_live() == 6
    assert race.findings() == SOUND


def test_visits_confirmed_and_cancelled_at_once_end_as_one_of_the_two(race):
    race.run("place", N_WRITERS * WEEKS)
    counts = race.run("confirm")
    assert set(counts) <= {"won", "refused"}, counts
    assert race.findings() == SOUND


def test_series_over_the_same_weeks_are_booked_whole_or_not_at_all(race):
    counts = race.run("series", N_ATTEMPTS // 4)
    assert set(counts) == {"won", "refused"}, counts
    assert race.n_live() % 4 == 0
    assert race.findings() == SOUND


def test_of_eight_who_say_yes_to_one_offer_exactly_one_has_it(race):
    for _ in range(N_ROUNDS):
        race.empty()
        assert race.crowd.do(WAITING % N_PLACES) == f"{N_PLACES} {8 * N_PLACES}"
        counts = race.run("waitlist", N_WRITERS * N_PLACES)
        assert counts == {"won": N_PLACES, "refused": (N_WRITERS - 1) * N_PLACES}
        assert race.n_live() == N_PLACES
        assert race.findings() == SOUND


def test_a_file_read_in_by_eight_at_once_is_in_the_diary_once(race):
    for _ in range(N_ROUNDS):
        race.empty()
        counts = race.run("import", N_WRITERS * N_PLACES)
        assert counts == {"won": N_WRITERS * N_PLACES}, "the same row again gives the visit that is there"
        assert race.n_live() == N_PLACES
        assert race.findings() == SOUND


def test_of_eight_files_that_want_one_place_exactly_one_gets_it(race):
    for _ in range(N_ROUNDS):
        race.empty()
        counts = race.run("files", N_WRITERS * N_PLACES)
        assert counts == {"won": N_PLACES, "refused": (N_WRITERS - 1) * N_PLACES}
        assert race.n_live() == N_PLACES
        assert race.findings() == SOUND


def test_of_eight_who_want_one_place_exactly_one_gets_it(race):
    for _ in range(N_ROUNDS):
        race.empty()
        counts = race.run("place", N_WRITERS * N_PLACES)
        assert counts == {"won": N_PLACES, "refused": (N_WRITERS - 1) * N_PLACES}
        assert race.findings() == SOUND


def test_patients_in_care_after_the_same_times_never_share_one(race):
    race.crowd.do(IN_CARE)
    counts = race.run("own")
    assert set(counts) <= {"won", "refused", "InvalidValue"}, counts  # too near to a visit that she has kept
    assert counts["won"] > 0
    assert race.findings() == SOUND


def test_a_practitioner_who_is_a_patient_is_at_one_place_whoever_books_at_the_same_moment(race):
    race.crowd.do(TIE)
    counts = race.run("herself", N_WRITERS * N_PLACES)
    assert counts == {"won": N_PLACES + 1, "refused": (N_WRITERS - 1) * N_PLACES - 1}, "she was tied already"
    assert race.n_live() == N_PLACES
    assert race.findings() == SOUND


def test_a_record_tied_while_eight_book_it_is_sound_or_refused(race):
    n_tied = 0
    for _ in range(N_TIES):
        race.empty()
        counts = race.run("herself", N_WRITERS * 2)
        assert set(counts) <= {"won", "refused"}, counts
        n_tied += int(race.crowd.do(N_TIED))
        assert race.findings() == SOUND
    assert n_tied > 0


def test_a_record_tied_while_her_visits_are_moved_and_taken_back_leaves_no_claim_behind(race):
    n_tied = 0
    for _ in range(N_TIES):
        race.empty()
        race.crowd.do(HERS)
        counts = race.run("tied", N_WRITERS * 3)
        assert set(counts) <= {"won", "refused"}, counts
        n_tied += int(race.crowd.do(N_TIED))
        assert race.findings() == SOUND
    assert n_tied > 0


def test_the_claims_alone_refuse_and_without_their_constraint_the_race_finds_double_bookings(race):
    counts = race.run("blind", N_WRITERS * 10)
    assert counts == {"won": 10, "refused": (N_WRITERS - 1) * 10}
    assert race.findings() == SOUND
    race.crowd.do(WITHOUT_CONSTRAINT)
    race.run("blind", N_WRITERS * 10)
    assert race.findings()["overlaps"] > 0
