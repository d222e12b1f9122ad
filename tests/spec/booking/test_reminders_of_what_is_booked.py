"""Who asks for reminders, gets an address or a clinic with another rule is reminded of the visits that stand already."""

from datetime import timedelta

import pytest
from django.core import mail
from django_tasks_db.models import DBTaskResult

from myotome.clinic.booking.actions import book
from myotome.clinic.booking.models import Notice, Service
from myotome.clinic.booking.notices import send_notice
from myotome.clinic.booking.reminders import remind_clinic
from myotome.clinic.booking.set_up import set_rules
from myotome.clinic.booking.wishes import choose_mail
from myotome.clinic.people.actions import correct_patient
from myotome.clinic.people.queries import patient_by_link
from myotome.vocabulary.courses import Role
from tests.factories import AT, a_clinic, a_patient, a_practitioner, a_receptionist, a_user, an_actor

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
VISIT = AT + 3 * DAY


class House:
    """Hannah, who is booked in three days from now at 09:00."""

    def __init__(self, **contacts):
        self.clinic = a_clinic()
        self.elena = a_practitioner(self.clinic)
        self.robin = an_actor(a_receptionist(self.clinic), self.clinic)
        self.hannah = a_patient(self.clinic, **contacts)

    def books(self, starts_at=VISIT):
        return book(
            by=self.robin, at=AT, patient_id=self.hannah.pk, practitioner_id=self.elena.pk, starts_at=starts_at,
            service_id=Service.objects.get(clinic=self.clinic, kind="assessment_ims").pk,
        )  # fmt: skip

    def chooses(self, at=AT + HOUR, *, reminders=True, by_sms=False):
        herself = patient_by_link(self.hannah, self.clinic)
        choose_mail(by=herself, at=at, patient=self.hannah, reminders=reminders, offers=True, by_sms=by_sms)

    def corrects(self, **changes):
        self.hannah.refresh_from_db()
        correct_patient(by=self.robin, at=AT + HOUR, patient_id=self.hannah.pk, version=self.hannah.version, **changes)

    def rules(self, **changes):
        owner = an_actor(a_user(self.clinic, Role.OWNER, name="Olive"), self.clinic)
        set_rules(by=owner, at=AT + HOUR, version=0, **changes)


def reminders():
    """Each reminder that is queued: its kind and when it is due, with a job at that time."""
    rows = Notice.objects.filter(kind__startswith="reminder").order_by("kind", "not_before")
    for row in rows:
        assert DBTaskResult.objects.filter(args_kwargs__args=[row.pk], run_after=row.not_before).exists()
    return [(row.kind, row.not_before) for row in rows]


def send_all(monkeypatch, now):
    """What a worker would do by then: the jobs that are due, whether or not they still have something to do."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    for job in DBTaskResult.objects.filter(task_path=send_notice.module_path, run_after__lte=now).order_by("run_after"):
        send_notice.func(*job.args_kwargs["args"])
    return sum("reminder" in letter.subject for letter in mail.outbox)


def test_short_messages_switched_on_come_for_what_is_booked_once():
    house = House()
    house.books()
    assert reminders() == [("reminder", VISIT - DAY)]
    for _ in range(2):
        house.chooses(by_sms=True)
    assert reminders() == [("reminder", VISIT - DAY), ("reminder_sms", VISIT - DAY)]


def test_reminders_switched_on_again_come_for_what_was_booked_without(monkeypatch):
    house = House()
    house.chooses(reminders=False)
    house.books()
    assert reminders() == []
    house.chooses()
    assert reminders() == [("reminder", VISIT - DAY)]
    assert send_all(monkeypatch, VISIT - DAY) == 1


def test_an_address_that_is_added_is_reminded_and_another_correction_queues_nothing():
    house = House(email="")
    house.books()
    house.corrects(note_for_desk="Deaf in one ear.")
    assert reminders() == []
    house.corrects(email="hannah@example.org")
    assert reminders() == [("reminder", VISIT - DAY)]


def test_a_visit_that_is_cancelled_over_or_too_near_is_not_reminded_of():
    house = House(email="")
    house.books(AT + 5 * HOUR)
    house.books().__class__.objects.filter(starts_at=VISIT).update(status="cancelled")
    house.corrects(email="hannah@example.org")
    assert reminders() == []


def change_hours(house, hours, monkeypatch):
    house.rules(reminder_hours=hours)
    (job,) = DBTaskResult.objects.filter(task_path=remind_clinic.module_path)
    monkeypatch.setattr("django.utils.timezone.now", lambda: AT + HOUR)
    remind_clinic.func(*job.args_kwargs["args"])


@pytest.mark.parametrize("hours", [48, 2])
def test_another_rule_of_how_long_before_moves_what_waits_and_is_told_once(monkeypatch, hours):
    house = House()
    house.books()
    change_hours(house, hours, monkeypatch)
    due = VISIT - hours * HOUR
    if hours == 2:
        due = VISIT - HOUR  # seven in the morning is in the quiet hours, which end at eight
    assert reminders() == [("reminder", due)]
    assert send_all(monkeypatch, due - HOUR) == 0
    for _ in range(2):
        assert send_all(monkeypatch, due) == 1
    assert send_all(monkeypatch, VISIT - timedelta(minutes=5)) == 1


def test_a_rule_that_would_have_been_due_already_leaves_the_reminder_that_waits(monkeypatch):
    house = House()
    house.books()
    change_hours(house, 100, monkeypatch)
    assert reminders() == [("reminder", VISIT - DAY)]


def test_other_rules_queue_nothing():
    house = House()
    house.books()
    house.rules(cancel_hours=48, reminder_hours=24)
    assert not DBTaskResult.objects.filter(task_path=remind_clinic.module_path).exists()
