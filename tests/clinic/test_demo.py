"""The synthetic clinic: the same seed gives the same clinic, every row keeps the rules, nobody is booked twice."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.booking.models import Appointment, AppointmentSpan, Claim, WorkingHours
from myotome.clinic.followup.models import MeasureRequest
from myotome.clinic.followup.results import results_of
from myotome.clinic.learning.harm import harm_of
from myotome.clinic.money.models import Charge, DayClose, DayTotal, Payment
from myotome.clinic.money.queries import owed_cents, owed_list
from myotome.clinic.needling.models import Incident, NeedleInsertion, StockChange, TreatmentVisit
from myotome.clinic.needling.queries import needle_as_value
from myotome.clinic.needling.shelf import lots_of
from myotome.clinic.pathway.demo import fill_clinic
from myotome.clinic.people.models import Clinic, Patient, Practitioner, User
from myotome.clinic.people.queries import actor_of
from myotome.clinic.screening.models import Course
from myotome.vocabulary.errors import InvalidValue

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 24, 18, 34, tzinfo=UTC)


def a_print():
    """What a clinic looks like, without keys."""
    return [
        sorted(Patient.objects.values_list("given_name", "family_name", "born_on", "phone")),
        sorted(Appointment.objects.values_list("starts_at", "status", "patient__family_name")),
        sorted(NeedleInsertion.objects.values_list("site", "side", "depth_mm", "in_at")),
    ]


def test_the_demo_is_a_clinic_in_the_middle_of_its_day():
    steps = []
    filled = fill_clinic(patients=60, seed=3, at=AT, progress=lambda done, of: steps.append((done, of)))
    assert steps[-1] == (60, 60)
    assert {who for who, *_ in filled.logins} >= {"receptionist", "IMS practitioner", "acupuncturist", "owner"}
    assert Patient.objects.filter(family_name="Lindqvist", given_name="Hannah").exists()
    statuses = Counter(Appointment.objects.values_list("status", flat=True))
    assert statuses["done"] > 100
    assert statuses["booked"] > 10
    assert set(Course.objects.values_list("outcome", flat=True)) >= {"", "recovered"}
    assert not TreatmentVisit.objects.filter(closed_at=None).exclude(appointment__status="in_room").exists()
    for row in NeedleInsertion.objects.order_by("?")[:50]:
        assert needle_as_value(row).state.value == "out"
    assert AuditEvent.objects.filter(act="demo.filled").count() == 1
    _checks_and_stock_are_those_of_a_clinic()
    _ended_courses_were_asked_how_they_went_on()


@pytest.mark.parametrize("hour", [20, 25], ids=["at noon", "when it is Monday elsewhere"])
def test_a_demo_made_on_a_sunday_has_visits_that_day_too(hour):
    sunday = datetime(2026, 11, 29, tzinfo=UTC) + timedelta(hours=hour)
    fill_clinic(patients=60, seed=3, at=sunday)
    zone = ZoneInfo(Clinic.objects.get().time_zone)
    days = Counter(row.astimezone(zone).date() for row in Appointment.objects.values_list("starts_at", flat=True))
    assert days[date(2026, 11, 29)] > 1
    assert not any(n for day, n in days.items() if day.weekday() == 6 and day != date(2026, 11, 29))
    assert WorkingHours.objects.filter(weekday=6).exists()


def _ended_courses_were_asked_how_they_went_on():
    owner = User.objects.get(email="owner@alder.example")
    results = results_of(actor_of(owner, Clinic.objects.get()), at=AT)
    assert results.n_ended > 5
    assert 0 < results.eased[0].n_yes < results.eased[0].n
    ended = MeasureRequest.objects.filter(occasion__in=["discharge", "follow_up"])
    assert ended.count() == 4 * results.n_ended
    assert not ended.filter(due_on__gt=AT.date(), completed_at__isnull=False).exists()


def _checks_and_stock_are_those_of_a_clinic():
    owner = actor_of(User.objects.get(email__startswith="owner@"), Clinic.objects.get())
    harm = harm_of(owner)
    assert harm.n_answered > harm.n_unanswered > 0
    felt = {row.kind: row.told for row in harm.kinds}
    assert felt["pain_after"].n > felt["haematoma"].n
    assert felt["breathless"].n == Incident.objects.count() == 0
    lots = lots_of(owner)
    assert [lot.lot for lot in lots if lot.is_expired(AT.date())] == ["C-2307"]
    assert [lot.lot for lot in lots if lot.is_low and not lot.is_expired(AT.date())] == ["D-2455"]
    assert all(lot.n_left > 0 for lot in lots)
    used = StockChange.objects.filter(kind="used")
    needles = NeedleInsertion.objects.filter(visit__in=used.values("visit"))
    assert -sum(used.values_list("n", flat=True)) == needles.count() > 100


def test_nobody_in_the_demo_is_in_two_places_at_once():
    fill_clinic(patients=60, seed=4, at=AT)
    spans = AppointmentSpan.objects.exclude(resource_kind="patient").values_list(
        "practitioner_id", "room_id", "starts_at", "ends_at"
    )
    by_resource = {}
    for practitioner, room, start, end in spans:
        by_resource.setdefault((practitioner, room), []).append((start, end))
    for rows in by_resource.values():
        rows.sort()
        assert all(a[1] <= b[0] for a, b in pairwise(rows))
    future = Appointment.objects.filter(starts_at__date__gte=AT.date())
    assert all(Claim.objects.filter(appointment=row).exists() for row in future)


def test_the_same_seed_gives_the_same_clinic_and_another_gives_another():
    from django.db import transaction

    prints = []
    for seed in (5, 5, 6):
        with transaction.atomic():
            fill_clinic(patients=20, seed=seed, at=AT)
            prints.append(a_print())
            transaction.set_rollback(True)
    assert prints[0] == prints[1] != prints[2]


def test_the_house_grows_with_its_patients_and_a_full_one_is_refused():
    fill_clinic(patients=30, seed=1, at=AT)
    assert Practitioner.objects.count() == 3
    assert Practitioner.objects.values("registration_number").distinct().count() == 3
    with pytest.raises(InvalidValue, match="already"):
        fill_clinic(patients=30, seed=1, at=AT)
    with pytest.raises(InvalidValue):
        fill_clinic(patients=0)


def test_the_demo_has_taken_money_and_closed_its_days():
    fill_clinic(patients=60, seed=3, at=AT)
    receipts = Payment.objects.filter(kind="receipt")
    assert receipts.count() >= 10
    assert Payment.objects.filter(kind="refund").count() == 1
    desk = actor_of(User.objects.get(email="robin@alder.example"), Clinic.objects.get())
    assert 0 < len(owed_list(desk)) < Charge.objects.count()
    assert owed_cents(desk) == sum(row.owed_cents for row in owed_list(desk))
    assert DayClose.objects.count() == 3
    assert list(DayTotal.objects.filter(close__note="").values_list("counted_cents", flat=True)) == [
        total.expected_cents for total in DayTotal.objects.filter(close__note="")
    ]
