"""Needles that went home with her on purpose: a list, a day, mails and the desk, until each is recorded out."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core import mail
from django.utils import timezone

from myotome.clinic.needling.actions import close_visit, leave_in, record_insertion, take_out
from myotome.clinic.needling.models import NeedleInsertion, RetainedNeedle
from myotome.clinic.needling.retained import MOST_REMINDERS, due_at_home, message_for, remind_of_removal, taken_home
from myotome.clinic.people.days import clinic_day
from myotome.clinic.people.letters import MOST_FAILURES
from myotome.vocabulary.errors import InvalidValue
from tests.factories import a_clinic, a_needle, a_receptionist, an_actor, an_open_visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic():
    return a_clinic()


@pytest.fixture
def robin(clinic):
    return an_actor(a_receptionist(clinic), clinic)


def at_home(clinic, *, days=0, n=1):
    """A closed visit with needles left in that are due in so many days from today."""
    visit, elena = an_open_visit(clinic)
    now = timezone.now()
    for number in range(1, n + 1):
        record_insertion(by=elena, at=now, visit_id=visit.pk, needle=a_needle())
        due_on = clinic_day(clinic, now) + timedelta(days=max(0, days))
        leave_in(by=elena, at=now, visit_id=visit.pk, number=number, reason="ear press needle", due_on=due_on)
    close_visit(by=elena, at=now, visit_id=visit.pk, version=1, n_needles_opened=n, n_needles_in_sharps=0)
    if days < 0:
        RetainedNeedle.objects.update(due_on=clinic_day(clinic, now) + timedelta(days=days))
    return visit, elena


def listed(clinic, actor):
    return [
        (row.visit.pk, row.n, row.is_overdue) for row in due_at_home(actor, at=timezone.now(), zone=clinic.time_zone)
    ]


@pytest.mark.parametrize(("days", "shown"), [(-3, [(1, True)]), (0, [(1, False)]), (1, [(1, False)]), (2, [])])
def test_the_desk_sees_from_the_day_before_what_is_due_and_what_is_overdue(clinic, robin, days, shown):
    visit, elena = at_home(clinic, days=days)
    assert listed(clinic, robin) == listed(clinic, elena) == [(visit.pk, *row) for row in shown]


def test_only_a_needle_that_is_recorded_out_leaves_the_list(clinic, robin):
    visit, elena = at_home(clinic, days=-1, n=2)
    remind_of_removal.func(RetainedNeedle.objects.first().pk, 0)
    assert listed(clinic, robin) == [(visit.pk, 2, True)]
    take_out(by=elena, at=timezone.now(), visit_id=visit.pk, number=1)
    assert listed(clinic, robin) == [(visit.pk, 1, True)]
    take_out(by=elena, at=timezone.now(), visit_id=visit.pk, number=2)
    assert listed(clinic, robin) == []


@pytest.mark.parametrize("days", [-1, 61])
def test_a_day_that_cannot_be_meant_is_refused_and_the_needle_stays_in(clinic, days):
    visit, elena = an_open_visit(clinic)
    now = timezone.now()
    record_insertion(by=elena, at=now, visit_id=visit.pk, needle=a_needle())
    due_on = clinic_day(clinic, now) + timedelta(days=days)
    with pytest.raises(InvalidValue) as refusal:
        leave_in(by=elena, at=now, visit_id=visit.pk, number=1, reason="press needle", due_on=due_on)
    assert refusal.value.field == "remove_on"
    assert NeedleInsertion.objects.get().state == "in"


def test_without_a_day_it_is_due_at_once(clinic):
    visit, elena = an_open_visit(clinic)
    now = timezone.now()
    record_insertion(by=elena, at=now, visit_id=visit.pk, needle=a_needle())
    leave_in(by=elena, at=now, visit_id=visit.pk, number=1, reason="press needle")
    assert RetainedNeedle.objects.get().due_on == clinic_day(clinic, now)


def test_she_is_reminded_once_a_morning_five_times_at_most_and_never_after_it_is_out(clinic):
    visit, elena = at_home(clinic)
    row = RetainedNeedle.objects.get()
    for n in range(MOST_REMINDERS):
        for _ in range(2):
            remind_of_removal.func(row.pk, n)
    row.refresh_from_db()
    assert (row.n_reminders, len(mail.outbox)) == (5, 5)
    take_out(by=elena, at=timezone.now(), visit_id=visit.pk, number=1)
    remind_of_removal.func(row.pk, 5)
    assert len(mail.outbox) == 5


def test_a_mail_server_that_is_down_is_tried_again(clinic, monkeypatch):
    at_home(clinic)
    row = RetainedNeedle.objects.get()

    def down(self, fail_silently=False):
        raise OSError("no route")

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMessage.send", down)
        remind_of_removal.func(row.pk, 0)
    row.refresh_from_db()
    assert (row.n_reminders, row.reminded_at, row.n_failures) == (0, None, 1)
    remind_of_removal.func(row.pk, 0)
    assert len(mail.outbox) == 1


def test_a_mail_server_that_is_down_for_more_than_a_day_ends_no_chase(clinic, monkeypatch):
    at_home(clinic)
    row = RetainedNeedle.objects.get()
    queued = []

    def down(self, fail_silently=False):
        raise OSError("no route")

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMessage.send", down)
        patch.setattr("myotome.clinic.needling.retained._queue", lambda row, visit, on, at: queued.append((row.pk, on)))
        for _ in range(MOST_FAILURES):
            remind_of_removal.func(row.pk, 0)
    row.refresh_from_db()
    tomorrow = clinic_day(clinic, timezone.now()) + timedelta(days=1)
    assert (queued, row.n_reminders, row.n_failures) == ([(row.pk, tomorrow)], 0, 0)
    remind_of_removal.func(row.pk, 0)
    assert len(mail.outbox) == 1


def test_the_mail_names_the_list_and_the_day_and_nothing_of_her_treatment(clinic):
    at_home(clinic)
    row = RetainedNeedle.objects.get()
    row.due_on = date(2026, 11, 27)
    message = message_for(row)
    assert message.to == ["hannah@example.org"]
    assert "Friday 27 November" in message.body
    assert clinic.phone in message.body
    assert not {"needle", "ear", "acupuncture"} & set(message.body.lower().split())


def test_the_list_to_take_home_names_each_needle_with_its_day(clinic):
    visit, elena = at_home(clinic, days=3, n=2)
    take_out(by=elena, at=timezone.now(), visit_id=visit.pk, number=1)
    assert [row.number for row in taken_home(visit)] == [2]
    assert taken_home(visit)[0].retained.due_on == clinic_day(clinic, timezone.now()) + timedelta(days=3)
