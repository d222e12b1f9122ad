"""Reminders: once for each visit and way, never at night, never to who wants none, with nothing of her health."""

import json
import threading
from datetime import time, timedelta
from html import unescape
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.booking.actions import book, cancel, move
from myotome.clinic.booking.late import take_back_late, tell_now, tell_running_late
from myotome.clinic.booking.models import DiaryRules, Notice, Service, WorkingHours
from myotome.clinic.booking.notices import send_notice
from myotome.clinic.booking.rules import after_quiet_hours
from myotome.clinic.booking.unsent import unsent
from myotome.clinic.booking.wishes import choose_mail
from myotome.clinic.pathway.patient_page import patient_by_page_link
from myotome.clinic.people.models import Clinic, Patient, Place, User
from myotome.exchange.sms.gateway import ConsoleGateway, HttpGateway, gateway_from
from myotome.vocabulary.errors import InvalidValue, LinkExpired
from tests.factories import AT, a_clinic, a_patient, a_practitioner, a_receptionist, an_actor

pytestmark = pytest.mark.django_db
ZONE = "America/Vancouver"
DAY = timedelta(days=1)
IN_THREE_DAYS = AT + 3 * DAY


@pytest.fixture
def desk():
    clinic = a_clinic()
    return clinic, a_practitioner(clinic), an_actor(a_receptionist(clinic), clinic)


@pytest.fixture
def carrier():
    """A carrier of short messages on loopback that keeps what it was given, or refuses."""
    kept, refuses = [], []

    class Carrier(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if refuses:
                self.send_response(503)
            else:
                kept.append((json.loads(body), self.headers["Authorization"]))
                self.send_response(202)
            self.end_headers()

        def log_message(self, *words):
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Carrier)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", kept, refuses
    server.shutdown()


def book_at(desk, starts_at=IN_THREE_DAYS, patient=None):
    clinic, elena, robin = desk
    return book(
        by=robin,
        at=AT,
        patient_id=(patient or a_patient(clinic)).pk,
        service_id=Service.objects.get(clinic=clinic, kind="assessment_ims").pk,
        practitioner_id=elena.pk,
        starts_at=starts_at,
    )


def send_all(monkeypatch, now):
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    for pk in Notice.objects.filter(not_before__lte=now).order_by("pk").values_list("pk", flat=True):
        send_notice.func(pk)


def test_a_reminder_goes_out_once_a_day_before_however_often_its_job_runs(desk, monkeypatch):
    book_at(desk)
    for _ in range(3):
        send_all(monkeypatch, IN_THREE_DAYS - DAY)
    subjects = [message.subject for message in mail.outbox]
    assert len(subjects) == 2
    assert sum("reminder" in subject for subject in subjects) == 1
    for word in ("pain", "IMS", "needle", "assessment"):
        assert all(word.lower() not in (m.subject + m.body).lower() for m in mail.outbox)


def test_a_reminder_brings_the_link_to_her_page_which_ends_thirty_days_after_the_visit(desk, monkeypatch):
    book_at(desk)
    send_all(monkeypatch, IN_THREE_DAYS - timedelta(hours=20))
    text = next(letter.body for letter in mail.outbox if "/me/page/" in letter.body)
    token = text.partition("/me/page/")[2].partition("/")[0]
    clinic, hannah = Clinic.objects.get(), Patient.objects.get()
    assert patient_by_page_link(clinic, token, at=IN_THREE_DAYS + timedelta(days=30)) == hannah
    with pytest.raises(LinkExpired):
        patient_by_page_link(clinic, token, at=IN_THREE_DAYS + timedelta(days=31))


def test_a_moved_visit_is_reminded_of_at_its_new_time_only(desk, monkeypatch):
    hers = book_at(desk)
    move(by=desk[2], at=AT, appointment_id=hers.pk, version=1, starts_at=IN_THREE_DAYS + 4 * DAY)
    send_all(monkeypatch, IN_THREE_DAYS - DAY)
    assert not any("reminder" in message.subject for message in mail.outbox)
    send_all(monkeypatch, IN_THREE_DAYS + 3 * DAY)
    assert sum("reminder" in message.subject for message in mail.outbox) == 1


def test_a_cancelled_visit_is_not_reminded_of(desk, monkeypatch):
    hers = book_at(desk)
    cancel(by=desk[2], at=AT, appointment_id=hers.pk)
    send_all(monkeypatch, IN_THREE_DAYS - DAY)
    assert not any("reminder" in message.subject for message in mail.outbox)


def test_a_late_reminder_is_dropped_when_the_visit_has_begun(desk, monkeypatch):
    book_at(desk)
    send_all(monkeypatch, IN_THREE_DAYS)
    assert not any("reminder" in message.subject for message in mail.outbox)


@pytest.mark.parametrize(
    ("clock", "begins", "ends", "sent_at"),
    [
        (time(12), time(21), time(8), time(12)),
        (time(22, 30), time(21), time(8), time(8)),
        (time(3), time(21), time(8), time(8)),
        (time(8), time(21), time(8), time(8)),
        (time(13), time(12), time(14), time(14)),
        (time(13), time(12), time(12), time(13)),
    ],
)
def test_what_falls_into_the_quiet_hours_waits_for_their_end(clock, begins, ends, sent_at):
    from datetime import datetime
    from zoneinfo import ZoneInfo

    rules = DiaryRules(quiet_from=begins, quiet_until=ends)
    when = datetime(2026, 11, 24, clock.hour, clock.minute, tzinfo=ZoneInfo(ZONE))
    sent = after_quiet_hours(when, rules, ZONE)
    assert sent.astimezone(ZoneInfo(ZONE)).time() == sent_at
    assert timedelta(0) <= sent - when < DAY


NIGHT = IN_THREE_DAYS - DAY + timedelta(hours=14)
MORNING = IN_THREE_DAYS - timedelta(hours=1)


def jobs_of(kind):
    pk = Notice.objects.filter(kind=kind).latest("pk").pk
    rows = DBTaskResult.objects.filter(task_path=send_notice.module_path, args_kwargs__args=[pk])
    return list(rows.order_by("run_after").values_list("run_after", flat=True))


def test_a_reminder_that_no_worker_took_until_the_night_waits_for_the_morning(desk, monkeypatch):
    book_at(desk)
    send_all(monkeypatch, AT + timedelta(minutes=3))
    mail.outbox.clear()
    for _ in range(2):
        send_all(monkeypatch, NIGHT)
    assert mail.outbox == []
    assert jobs_of("reminder")[-1] == MORNING
    for _ in range(2):
        send_all(monkeypatch, MORNING)
    assert ["A reminder" in message.subject for message in mail.outbox] == [True]


def test_a_reminder_whose_mail_server_was_down_in_the_evening_is_not_sent_when_it_is_back_at_night(desk, monkeypatch):
    book_at(desk)
    reminder = Notice.objects.get(kind="reminder")

    def refuses(message, fail_silently=False):
        raise ConnectionRefusedError("no mail server")

    evening = IN_THREE_DAYS - DAY + timedelta(hours=9)
    monkeypatch.setattr("django.utils.timezone.now", lambda: evening)
    with monkeypatch.context() as patch:
        patch.setattr(EmailMultiAlternatives, "send", refuses)
        for _ in range(5):
            send_notice.func(reminder.pk)
    again = jobs_of("reminder")[-1]
    assert again == evening + timedelta(hours=4)
    monkeypatch.setattr("django.utils.timezone.now", lambda: again)
    send_notice.func(reminder.pk)
    assert mail.outbox == []
    assert jobs_of("reminder")[-1] == MORNING


def test_what_she_must_know_at_once_is_sent_at_night_too(desk, monkeypatch):
    hers = book_at(desk)
    send_all(monkeypatch, AT + timedelta(minutes=3))
    move(by=desk[2], at=NIGHT, appointment_id=hers.pk, version=1, starts_at=IN_THREE_DAYS + 4 * DAY)
    send_all(monkeypatch, NIGHT + timedelta(minutes=3))
    assert ["now on" in message.subject for message in mail.outbox] == [False, True]


def test_a_reminder_that_the_quiet_hours_would_push_past_the_visit_is_sent_before_they_begin(desk, monkeypatch):
    DiaryRules.objects.create(clinic=desk[0], reminder_hours=2, quiet_from=time(20), quiet_until=time(9))
    book_at(desk)
    evening = IN_THREE_DAYS - timedelta(hours=13, minutes=30)
    assert Notice.objects.get(kind="reminder").not_before == evening
    send_all(monkeypatch, evening)
    assert sum("A reminder" in message.subject for message in mail.outbox) == 1


def test_a_reminder_that_can_only_go_out_at_night_wakes_nobody_and_the_desk_sees_it(desk, monkeypatch):
    DiaryRules.objects.create(clinic=desk[0], reminder_hours=2, quiet_from=time(20), quiet_until=time(9))
    book_at(desk)
    send_all(monkeypatch, AT + timedelta(minutes=3))
    mail.outbox.clear()
    send_all(monkeypatch, NIGHT)
    assert mail.outbox == []
    assert [row.kind for row in unsent(desk[2], at=NIGHT)] == ["reminder"]


def test_the_quiet_hours_end_by_the_wall_clock_on_the_night_the_clocks_change():
    from datetime import datetime
    from zoneinfo import ZoneInfo

    when = datetime(2027, 3, 13, 23, tzinfo=ZoneInfo(ZONE))
    sent = after_quiet_hours(when, DiaryRules(), ZONE)
    assert sent.timestamp() - when.timestamp() == 8 * 3600
    assert sent.astimezone(ZoneInfo(ZONE)).hour == 8


def test_who_wants_no_reminders_gets_none_and_is_still_told_of_a_change(desk, monkeypatch):
    hannah = a_patient(desk[0])
    hers = book_at(desk, patient=hannah)
    choose_mail(by=desk[2], at=AT, patient=hannah, reminders=False, offers=True, by_sms=False)
    send_all(monkeypatch, AT + timedelta(minutes=3))
    mail.outbox.clear()
    move(by=desk[2], at=AT, appointment_id=hers.pk, version=1, starts_at=IN_THREE_DAYS + 3 * DAY)
    send_all(monkeypatch, IN_THREE_DAYS)
    assert [("now on" in m.subject) for m in mail.outbox] == [True]


def test_a_reminder_can_be_unsubscribed_from(desk, monkeypatch):
    book_at(desk)
    send_all(monkeypatch, IN_THREE_DAYS - DAY)
    (reminder,) = [message for message in mail.outbox if "reminder" in message.subject]
    assert "/book/mail/" in reminder.extra_headers["List-Unsubscribe"]


def test_who_wants_short_messages_gets_one_from_the_carrier(desk, monkeypatch, carrier, settings):
    url, kept, _ = carrier
    settings.SMS_URL, settings.SMS_TOKEN = url, "secret"
    hannah = a_patient(desk[0])
    choose_mail(by=desk[2], at=AT, patient=hannah, reminders=True, offers=True, by_sms=True)
    book_at(desk, patient=hannah)
    for _ in range(2):
        send_all(monkeypatch, IN_THREE_DAYS - DAY)
    ((message, bearer),) = kept
    assert message["to"] == hannah.phone
    assert "your visit is on" in message["text"]
    assert bearer == "Bearer secret"
    assert "IMS" not in message["text"]


def test_a_carrier_that_is_down_is_asked_again_later(desk, monkeypatch, carrier, settings):
    url, kept, refuses = carrier
    settings.SMS_URL = url
    refuses.append("down")
    hannah = a_patient(desk[0])
    choose_mail(by=desk[2], at=AT, patient=hannah, reminders=True, offers=True, by_sms=True)
    book_at(desk, patient=hannah)
    send_all(monkeypatch, IN_THREE_DAYS - DAY)
    notice = Notice.objects.get(kind="reminder_sms")
    assert (notice.sent_at, notice.n_failures) == (None, 1)
    refuses.clear()
    send_notice.func(notice.pk)
    assert len(kept) == 1


def test_the_console_carries_messages_too_and_an_address_that_is_none_is_refused():
    out = StringIO()
    ConsoleGateway(out).send("604", "hello")
    assert out.getvalue() == "SMS to 604: hello\n"
    assert gateway_from("") is None
    assert isinstance(gateway_from("https://carrier.example/"), HttpGateway)
    with pytest.raises(ValueError, match="MYOTOME_SMS_URL"):
        gateway_from("ftp://carrier.example/")


def five_today(desk):
    clinic, _elena, _robin = desk
    for n in range(5):
        book_at(desk, AT + timedelta(hours=1 + n), a_patient(clinic, given_name=f"P{n}", email=f"p{n}@example.org"))


def late_mails():
    return [
        (letter.to[0], letter.body.split(" minutes late")[0][-2:]) for letter in mail.outbox if "late" in letter.body
    ]


IN_THREE_MINUTES = AT + timedelta(minutes=3)
FIRST_THREE = [f"p{n}@example.org" for n in range(3)]


def test_running_late_tells_the_next_three_of_today_once_when_the_time_for_taking_it_back_is_over(desk, monkeypatch):
    _clinic, elena, robin = desk
    five_today(desk)
    told = tell_running_late(by=robin, at=AT, practitioner_id=elena.pk, minutes=20)
    assert [row.patient.given_name for row in told] == ["P0", "P1", "P2"]
    assert tell_running_late(by=robin, at=AT, practitioner_id=elena.pk, minutes=20) == []
    send_all(monkeypatch, AT + timedelta(minutes=2))
    assert late_mails() == []
    for _ in range(2):
        send_all(monkeypatch, IN_THREE_MINUTES)
    assert late_mails() == [(address, "20") for address in FIRST_THREE]
    with pytest.raises(InvalidValue):
        tell_running_late(by=robin, at=AT, practitioner_id=elena.pk, minutes=1)


def test_running_late_taken_back_in_time_is_told_to_nobody_and_may_be_said_again(desk, monkeypatch):
    _clinic, elena, robin = desk
    five_today(desk)
    tell_running_late(by=robin, at=AT, practitioner_id=elena.pk, minutes=20)
    taken = take_back_late(by=robin, at=AT + timedelta(minutes=1), practitioner_id=elena.pk)
    assert [row.patient.given_name for row in taken] == ["P0", "P1", "P2"]
    send_all(monkeypatch, IN_THREE_MINUTES)
    assert late_mails() == []
    assert len(tell_running_late(by=robin, at=IN_THREE_MINUTES, practitioner_id=elena.pk, minutes=20)) == 3
    send_all(monkeypatch, IN_THREE_MINUTES + timedelta(minutes=3))
    assert late_mails() == [(address, "20") for address in FIRST_THREE]
    assert take_back_late(by=robin, at=IN_THREE_MINUTES + timedelta(minutes=4), practitioner_id=elena.pk) == []
    acts = AuditEvent.objects.filter(act__startswith="late.").order_by("pk").values_list("act", flat=True)
    assert list(acts) == ["late.told"] * 3 + ["late.taken_back"] * 3 + ["late.told"] * 3


def test_another_delay_takes_the_place_of_one_that_still_waits_and_comes_after_one_that_was_told(desk, monkeypatch):
    _clinic, elena, robin = desk
    five_today(desk)
    for n, minutes in enumerate((10, 30)):
        at = AT + timedelta(seconds=n)
        assert len(tell_running_late(by=robin, at=at, practitioner_id=elena.pk, minutes=minutes)) == 3
    send_all(monkeypatch, AT + timedelta(minutes=4))
    assert late_mails() == [(address, "30") for address in FIRST_THREE]
    tell_running_late(by=robin, at=AT + timedelta(minutes=5), practitioner_id=elena.pk, minutes=45)
    send_all(monkeypatch, AT + timedelta(minutes=9))
    assert late_mails()[3:] == [(address, "45") for address in FIRST_THREE]


def test_a_delay_that_fails_on_its_way_is_never_told_after_another(desk, monkeypatch):
    _clinic, elena, robin = desk
    five_today(desk)
    tell_running_late(by=robin, at=AT, practitioner_id=elena.pk, minutes=20)
    Notice.objects.filter(kind="late-20").update(n_failures=1)  # the mail server is away; it is tried again later
    at = AT + timedelta(minutes=10)
    assert len(tell_running_late(by=robin, at=at, practitioner_id=elena.pk, minutes=30)) == 3
    assert set(Notice.objects.filter(kind__startswith="late").values_list("kind", flat=True)) == {"late-30"}
    send_all(monkeypatch, at + timedelta(minutes=3))
    assert late_mails() == [(address, "30") for address in FIRST_THREE]


def test_a_delay_on_its_way_while_another_is_said_is_not_tried_again(desk, monkeypatch):
    _clinic, elena, robin = desk
    five_today(desk)
    tell_running_late(by=robin, at=AT, practitioner_id=elena.pk, minutes=20)
    Notice.objects.filter(kind="late-20").update(sent_at=AT, going_since=AT)
    tell_running_late(by=robin, at=IN_THREE_MINUTES, practitioner_id=elena.pk, minutes=30)
    Notice.objects.filter(kind="late-20").update(sent_at=None, going_since=None, n_failures=1)  # nobody took it
    send_all(monkeypatch, IN_THREE_MINUTES + timedelta(minutes=3))
    assert late_mails() == [(address, "30") for address in FIRST_THREE]


def test_a_delay_may_be_told_again_after_another_but_not_twice_in_a_row(desk, monkeypatch):
    clinic, elena, robin = desk
    book_at(desk, AT + timedelta(hours=3), a_patient(clinic, given_name="P0", email="p0@example.org"))
    at = AT
    for minutes, n_told in ((20, 1), (30, 1), (20, 1), (20, 0), (30, 1), (20, 1)):
        assert len(tell_running_late(by=robin, at=at, practitioner_id=elena.pk, minutes=minutes)) == n_told
        at += timedelta(minutes=4)
        send_all(monkeypatch, at)
    assert [minutes for _, minutes in late_mails()] == ["20", "30", "20", "30", "20"]


def test_today_is_that_of_the_place_of_the_visit(desk):
    clinic, elena, robin = desk
    Place.objects.update(time_zone="America/St_Johns")  # four and a half hours ahead of the clinic's clock
    WorkingHours.objects.update(starts=time(0), ends=time(23, 55))
    midnight = AT + timedelta(hours=10, minutes=30)
    for n, start in enumerate((midnight - timedelta(hours=2), midnight)):
        book_at(desk, start, a_patient(clinic, given_name=f"P{n}", email=f"p{n}@example.org"))
    late_evening = midnight - timedelta(hours=3)  # half past four by the clock of the clinic
    told = tell_running_late(by=robin, at=late_evening, practitioner_id=elena.pk, minutes=20)
    assert [row.patient.given_name for row in told] == ["P0"]


def test_whose_visit_begins_within_the_three_minutes_is_told_before_it(desk, monkeypatch):
    clinic, elena, robin = desk
    book_at(desk, AT + timedelta(hours=1), a_patient(clinic, given_name="Soon", email="soon@example.org"))
    soon = AT + timedelta(minutes=58)
    assert tell_running_late(by=robin, at=soon, practitioner_id=elena.pk, minutes=20)
    send_all(monkeypatch, AT + timedelta(minutes=59, seconds=30))
    assert late_mails() == [("soon@example.org", "20")]


def test_running_late_can_be_told_at_once(desk, monkeypatch):
    _clinic, elena, robin = desk
    five_today(desk)
    tell_running_late(by=robin, at=AT, practitioner_id=elena.pk, minutes=15)
    assert len(tell_now(by=robin, at=AT + timedelta(seconds=5), practitioner_id=elena.pk)) == 3
    send_all(monkeypatch, AT + timedelta(seconds=5))
    assert late_mails() == [(address, "15") for address in FIRST_THREE]
    send_all(monkeypatch, IN_THREE_MINUTES)
    assert len(late_mails()) == 3
    assert tell_now(by=robin, at=AT + timedelta(seconds=9), practitioner_id=elena.pk) == []


def test_at_the_desk_the_delay_is_said_with_the_minute_in_which_they_are_told_and_two_ways_on(
    desk, monkeypatch, client
):
    clinic, elena, robin = desk
    five_today(desk)
    monkeypatch.setattr("django.utils.timezone.now", lambda: AT)
    client.force_login(User.objects.get(pk=robin.user_id))
    page = reverse("booking:late", kwargs={"clinic": clinic.slug, "practitioner": elena.pk})

    def says(**form):
        answer = client.post(page, form, follow=True) if form else client.get(page)
        return unescape(answer.content.decode())

    assert "Tell them now" not in says()
    told = says(minutes="20")
    assert "Will be told: P0 Lindqvist, P1 Lindqvist, P2 Lindqvist" in told
    assert f"told at {timezone.localtime(AT + timedelta(minutes=3), ZoneInfo(ZONE)):%H:%M:%S}" in told
    assert "Taken back, and not told: P0" in says(act="take-back")
    assert "Nothing waits any more" in says(act="now")
    says(minutes="20")
    assert "Told: P0" in says(act="now")
    assert "Tell them now" not in says()
    assert "5 to 240 minutes" in says(minutes="3")
