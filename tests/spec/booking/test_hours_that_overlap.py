"""Working hours that overlap in older data are named, with what counts meanwhile and the way out."""

from __future__ import annotations

from datetime import date, time

import pytest
from django.urls import reverse

from myotome.cli import safety
from myotome.clinic.booking.models import HoursException, WorkingHours
from myotome.clinic.booking.overlapping import overlapping_hours
from myotome.clinic.people.models import Place
from myotome.vocabulary.courses import Role
from tests.factories import AT, a_clinic, a_practitioner, a_user

pytestmark = pytest.mark.django_db
TODAY = AT.date()
TUESDAY = date(2026, 12, 1)


@pytest.fixture
def elena():
    """She works on weekdays from 8 to 16 at Alder Street."""
    return a_practitioner(a_clinic())


@pytest.fixture
def harbour(elena):
    return Place.objects.create(clinic=elena.clinic, name="Harbour", time_zone=elena.clinic.time_zone)


def shift(elena, place=None, weekday=1, starts=time(15), ends=time(18), **values):
    """A shift as it may stand in older data: nothing looks at it."""
    return WorkingHours.objects.create(
        clinic=elena.clinic, practitioner=elena, place=place or Place.objects.get(name="Alder Street"),
        weekday=weekday, starts=starts, ends=ends, **values,
    )  # fmt: skip


def named(elena, today=TODAY):
    return [str(said) for said in overlapping_hours(elena.clinic_id, today=today)]


def test_two_shifts_at_one_place_are_named_and_count_as_one(elena):
    assert named(elena) == []
    shift(elena)
    assert named(elena) == [
        "Elena Marchetti has two shifts at Alder Street that overlap on Tuesday: 08:00–16:00 and 15:00–18:00. They count "
        "as one; remove one of them below."
    ]


def test_two_places_at_once_are_named_with_the_one_that_counts(elena, harbour):
    shift(elena, harbour)
    assert named(elena) == [
        "Elena Marchetti is at two places at once on Tuesday: at Alder Street 08:00–16:00 and at Harbour 15:00–18:00. Only "
        "Alder Street counts while they overlap; remove one of the shifts below, and describe the hours anew."
    ]


@pytest.mark.parametrize(
    "values",
    [
        {"starts": time(16), "ends": time(18)},
        {"weekday": 5},
        {"valid_until": date(2026, 11, 23)},
    ],
)
def test_shifts_that_touch_lie_on_other_days_or_are_over_are_not_named(elena, harbour, values):
    shift(elena, harbour, **values)
    assert named(elena) == []


def test_shifts_that_follow_each_other_through_the_year_are_not_named_until_they_overlap(elena, harbour):
    tuesdays = WorkingHours.objects.filter(practitioner=elena, weekday=1)
    tuesdays.update(valid_until=date(2027, 1, 31))
    row = shift(elena, harbour, valid_from=date(2027, 2, 1))
    assert named(elena) == []
    row.valid_from = date(2027, 1, 20)
    row.save()
    assert len(named(elena)) == 1


def test_places_with_two_clocks_meet_by_the_clock_of_each(elena):
    east = Place.objects.create(clinic=elena.clinic, name="East", time_zone="America/Toronto")
    row = shift(elena, east, starts=time(9), ends=time(11))  # six to eight in Vancouver
    assert named(elena) == []
    row.ends = time(12)
    row.save()
    assert len(named(elena)) == 1


def test_an_extra_shift_elsewhere_at_the_same_time_is_named_with_its_day(elena, harbour):
    extra = {"clinic": elena.clinic, "practitioner": elena, "place": harbour, "closed": False}
    HoursException.objects.create(on=TUESDAY, starts=time(14), ends=time(19), **extra)
    HoursException.objects.create(on=date(2026, 12, 2), starts=time(16), ends=time(19), **extra)
    assert named(elena) == [
        "Elena Marchetti is at Alder Street and at Harbour at the same time on Tue 01 Dec 2026. Only Alder Street counts "
        "then; remove the extra shift of that day below."
    ]
    assert named(elena, today=date(2026, 12, 2)) == []


def test_who_does_not_work_here_any_more_is_not_named(elena, harbour):
    shift(elena, harbour)
    elena.is_active = False
    elena.save()
    assert named(elena) == []


def test_the_owner_reads_it_beside_the_hours_and_removes_one(client, elena, harbour, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: AT)
    row = shift(elena, harbour)
    client.force_login(a_user(elena.clinic, Role.OWNER, name="Olive"))
    page = reverse("booking:set_up", kwargs={"clinic": elena.clinic.slug})
    hours = client.get(page).content.decode().partition("Who works when")[2].partition("</section>")[0]
    assert "Elena Marchetti is at two places at once on Tuesday" in hours
    change = reverse("booking:change", kwargs={"clinic": elena.clinic.slug, "what": "remove-hours"})
    client.post(change, {"hours": row.pk})
    assert "at two places at once" not in client.get(page).content.decode()


def test_the_check_of_the_installation_warns_of_it_by_clinic(elena, harbour):
    assert [finding.verdict for finding in safety._working_hours(AT)] == ["ok"]
    shift(elena, harbour)
    shift(elena, starts=time(7), ends=time(9), weekday=2)
    (finding,) = safety._working_hours(AT)
    assert finding.verdict == "warning"
    assert finding.sentence == (
        "In Alder Street Clinic 2 pairs of shifts overlap: Elena Marchetti. The set-up page names each with the way out."
    )
    assert not finding.stops
