"""A time is kept while a form is filled in, blocked by the desk, and an act of the desk can be taken back for three minutes."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from myotome.clinic.booking.actions import book, cancel, move
from myotome.clinic.booking.given_back import unblock_time
from myotome.clinic.booking.holds import block_time, blocks_between, hold_time, let_go, sweep, sweep_holds
from myotome.clinic.booking.models import Appointment, Claim, DeskAct, Hold, Notice, Service
from myotome.clinic.booking.notices import send_notice
from myotome.clinic.booking.queries import free_times_for
from myotome.clinic.booking.undo import open_acts, undo
from myotome.clinic.booking.weeks import day_at_the_desk
from myotome.clinic.pathway.actions import request_phoned
from myotome.clinic.people.models import Room
from myotome.clinic.people.queries import patient_by_link, public_actor
from myotome.vocabulary.courses import RedFlagLevel, Role
from myotome.vocabulary.errors import AlreadyBooked, InvalidValue, NotAsThingsStand, StaleVersion
from tests.factories import AT, a_clinic, a_course, a_patient, a_practitioner, a_receptionist, a_user, an_actor

pytestmark = pytest.mark.django_db
TEN = AT + timedelta(hours=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def desk():
    clinic = a_clinic()
    return clinic, a_practitioner(clinic), an_actor(a_receptionist(clinic), clinic)


def a_service(clinic, kind="assessment_ims"):
    return Service.objects.get(clinic=clinic, kind=kind)


def hold_at(desk, starts_at=TEN, key="form", at=AT, kind="assessment_ims"):
    clinic, elena, _ = desk
    return hold_time(
        by=public_actor(clinic),
        at=at,
        key=key,
        service_id=a_service(clinic, kind).pk,
        practitioner_id=elena.pk,
        starts_at=starts_at,
    )


def book_at(desk, starts_at=TEN, at=AT, patient=None, by=None, **values):
    clinic, elena, robin = desk
    return book(
        by=by or robin,
        at=at,
        patient_id=(patient or a_patient(clinic)).pk,
        service_id=a_service(clinic).pk,
        practitioner_id=elena.pk,
        starts_at=starts_at,
        **values,
    )


def starts_on_the_day(desk, at=AT):
    clinic, elena, robin = desk
    offers = free_times_for(
        robin, service=a_service(clinic), first_day=AT.date(), n_days=1, at=at, practitioner_id=elena.pk
    )
    return {offer.starts_at for offer in offers}


def held_until_phoned(actor):
    """What the desk reads under "To phone first"."""
    return day_at_the_desk(actor, on=AT.date(), zone="America/Vancouver")[1]


def test_a_held_time_is_nobody_elses_until_it_runs_out(desk):
    hold = hold_at(desk)
    assert hold.expires_at == AT + timedelta(minutes=10)
    assert TEN not in starts_on_the_day(desk)
    with pytest.raises(AlreadyBooked):
        book_at(desk)
    with pytest.raises(AlreadyBooked):
        hold_at(desk, key="another form")
    late = AT + timedelta(minutes=10)
    assert TEN in starts_on_the_day(desk, at=late)
    assert book_at(desk, at=late).status == "booked"
    assert not Claim.objects.filter(hold=hold).exists()


def test_one_form_holds_one_time(desk):
    hold_at(desk)
    hold_at(desk, starts_at=TEN + timedelta(hours=2))
    assert Hold.objects.count() == 1
    assert TEN in starts_on_the_day(desk)


def test_what_is_let_go_is_free_at_once_and_only_ones_own(desk):
    hold_at(desk)
    let_go(by=public_actor(desk[0]), key="another form")
    assert TEN not in starts_on_the_day(desk)
    let_go(by=public_actor(desk[0]), key="form")
    assert TEN in starts_on_the_day(desk)


def test_holds_that_ran_out_are_swept_away(desk):
    hold_at(desk)
    assert sweep(at=AT + timedelta(minutes=30)) == 0
    assert sweep(at=AT + timedelta(hours=2)) == 1
    assert not Claim.objects.exists()


def waiting_sweeps():
    return DBTaskResult.objects.filter(task_path=sweep_holds.module_path, status=TaskResultStatus.READY)


def test_the_queue_is_told_once_to_sweep_and_comes_back_while_a_hold_is_left(desk):
    hold_at(desk)
    hold_at(desk, starts_at=TEN + timedelta(hours=2), key="another form")
    job = waiting_sweeps().get()
    assert job.run_after == AT + timedelta(hours=1)
    now = timezone.now()
    Hold.objects.filter(key="form").update(expires_at=now - timedelta(hours=2))
    Hold.objects.filter(key="another form").update(expires_at=now + timedelta(minutes=5))
    waiting_sweeps().delete()
    sweep_holds.func()
    assert [hold.key for hold in Hold.objects.all()] == ["another form"]
    assert waiting_sweeps().get().run_after > now + timedelta(minutes=59)
    waiting_sweeps().delete()
    Hold.objects.update(expires_at=now - timedelta(hours=2))
    sweep_holds.func()
    assert not Hold.objects.exists()
    assert not Claim.objects.exists()
    assert not waiting_sweeps().exists()


def test_a_hold_on_acupuncture_takes_what_the_visit_would(desk):
    hold_at(desk, kind="acupuncture")
    resources = set(Claim.objects.values_list("resource", flat=True))
    assert {name.split(":")[0] for name in resources} == {"practitioner", "room", "resting"}


def test_blocked_time_cannot_be_booked_until_it_is_given_back(desk):
    _clinic, elena, robin = desk
    hold = block_time(
        by=robin, at=AT, starts_at=TEN, ends_at=TEN + timedelta(hours=1), reason="Lunch", practitioner_id=elena.pk
    )
    with pytest.raises(AlreadyBooked):
        book_at(desk)
    assert blocks_between(robin, TEN, TEN + MINUTE) == [hold]
    unblock_time(by=robin, at=AT, hold_id=hold.pk)
    assert book_at(desk).status == "booked"


def test_time_with_a_visit_in_it_is_not_blocked_and_it_is_said_whose(desk):
    clinic, elena, robin = desk
    book_at(desk)

    def block(by=robin, hours=1):
        ends_at = TEN + timedelta(hours=hours)
        block_time(by=by, at=AT, starts_at=TEN, ends_at=ends_at, reason="", practitioner_id=elena.pk)

    with pytest.raises(AlreadyBooked, match=r"booked in this time: 10:00 Hannah Lindqvist\. Move it first"):
        block()
    for n in range(1, 6):
        book_at(desk, TEN + n * HOUR, patient=a_patient(clinic, given_name=f"Omar {n}"))
    with pytest.raises(AlreadyBooked, match=r"10:00 Hannah Lindqvist, 11:00 Omar 1 .*, 13:00 Omar 3 [^,]*, and more"):
        block(hours=6)
    with pytest.raises(AlreadyBooked, match=r"booked in this time\. Move it first"):
        block(by=an_actor(a_user(clinic, Role.OWNER), clinic))
    with pytest.raises(InvalidValue):
        block_time(by=robin, at=AT, starts_at=TEN, ends_at=TEN + timedelta(hours=1), reason="")
    room = Room.objects.filter(clinic=clinic)[0]
    with pytest.raises(InvalidValue):
        block_time(by=robin, at=AT, starts_at=TEN, ends_at=TEN, reason="", room_id=room.pk)


def test_time_that_is_blocked_or_held_is_said_to_be_so(desk):
    _, elena, robin = desk
    when = {"by": robin, "at": AT, "reason": "", "practitioner_id": elena.pk}
    hold_at(desk)
    with pytest.raises(AlreadyBooked, match="held for somebody who is booking"):
        block_time(**when, starts_at=TEN, ends_at=TEN + HOUR)
    block_time(**when, starts_at=TEN + HOUR, ends_at=TEN + 2 * HOUR)
    with pytest.raises(AlreadyBooked, match="blocked already"):
        block_time(**when, starts_at=TEN + HOUR, ends_at=TEN + 3 * HOUR)


def test_a_booking_taken_back_within_three_minutes_is_told_to_nobody(desk):
    hers = book_at(desk)
    (act,) = open_acts(desk[2], at=AT + 2 * MINUTE)
    assert all(notice.not_before >= AT + 3 * MINUTE for notice in Notice.objects.filter(kind="booked"))
    undo(by=desk[2], at=AT + 2 * MINUTE, act_id=act.pk)
    hers.refresh_from_db()
    assert hers.status == "cancelled"
    assert not Notice.objects.exists()
    assert TEN in starts_on_the_day(desk)
    assert open_acts(desk[2], at=AT + 2 * MINUTE) == []


def test_a_move_taken_back_gives_the_old_time_and_the_calendars_sequence_back(desk):
    hers = book_at(desk)
    move(by=desk[2], at=AT, appointment_id=hers.pk, version=1, starts_at=TEN + timedelta(hours=2))
    act = DeskAct.objects.get(act="moved")
    back = undo(by=desk[2], at=AT + MINUTE, act_id=act.pk)
    assert (back.starts_at, back.sequence, back.status) == (TEN, 0, "booked")
    assert not Notice.objects.filter(kind="moved").exists()
    assert TEN not in starts_on_the_day(desk)
    assert TEN + timedelta(hours=2) in starts_on_the_day(desk)


def send_what_is_due(monkeypatch, now):
    """The subjects of all that has gone out until now."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    for job in DBTaskResult.objects.filter(task_path=send_notice.module_path, run_after__lte=now).order_by("pk"):
        send_notice.func(*job.args_kwargs["args"])
    DBTaskResult.objects.filter(run_after__lte=now).delete()
    return [message.subject for message in mail.outbox]


@pytest.mark.parametrize("tell", [True, False])
def test_a_visit_moved_before_she_was_told_of_it_is_confirmed_once_at_the_time_that_holds(desk, monkeypatch, tell):
    hers = book_at(desk)
    moved = move(
        by=desk[2], at=AT + MINUTE, appointment_id=hers.pk, version=1, starts_at=TEN + 2 * HOUR, tell=tell
    )  # fmt: skip
    move(
        by=desk[2], at=AT + 2 * MINUTE, appointment_id=hers.pk, version=moved.version, starts_at=TEN + 4 * HOUR, tell=tell
    )  # fmt: skip
    assert send_what_is_due(monkeypatch, AT + 4 * MINUTE) == []
    (subject,) = send_what_is_due(monkeypatch, AT + 5 * MINUTE)
    assert "Your visit on" in subject
    assert "14:00" in subject


def test_a_visit_moved_twice_before_she_was_told_of_the_first_time_is_told_though_the_second_says_not_to(
    desk, monkeypatch
):
    hers = book_at(desk)
    send_what_is_due(monkeypatch, AT + 3 * MINUTE)
    moved = move(by=desk[2], at=AT + 4 * MINUTE, appointment_id=hers.pk, version=1, starts_at=TEN + 2 * HOUR)
    move(
        by=desk[2], at=AT + 5 * MINUTE, appointment_id=hers.pk, version=moved.version, starts_at=TEN + 4 * HOUR, tell=False
    )  # fmt: skip
    subjects = send_what_is_due(monkeypatch, AT + 8 * MINUTE)
    assert ["now on" in subject for subject in subjects] == [False, True]
    assert "14:00" in subjects[1]


def test_a_visit_moved_after_she_was_told_is_told_only_when_the_desk_says_so(desk, monkeypatch):
    hers = book_at(desk)
    send_what_is_due(monkeypatch, AT + 3 * MINUTE)
    move(by=desk[2], at=AT + 4 * MINUTE, appointment_id=hers.pk, version=1, starts_at=TEN + 2 * HOUR, tell=False)
    assert len(send_what_is_due(monkeypatch, AT + 9 * MINUTE)) == 1


def test_a_move_taken_back_after_the_confirmation_fell_due_leaves_it_to_be_sent(desk, monkeypatch):
    hers = book_at(desk)
    move(by=desk[2], at=AT + 2 * MINUTE, appointment_id=hers.pk, version=1, starts_at=TEN + 2 * HOUR, tell=False)
    assert send_what_is_due(monkeypatch, AT + 3 * MINUTE) == []
    undo(by=desk[2], at=AT + 4 * MINUTE, act_id=DeskAct.objects.get(act="moved").pk)
    DBTaskResult.objects.update(run_after=AT + 4 * MINUTE)
    (subject,) = send_what_is_due(monkeypatch, AT + 5 * MINUTE)
    assert "10:00" in subject


def test_a_held_time_confirmed_by_the_desk_is_told_after_three_minutes_and_can_be_taken_back(desk, monkeypatch):
    robin = desk[2]
    held = book_at(desk, level=RedFlagLevel.CALL_FIRST)
    send_what_is_due(monkeypatch, AT + 3 * MINUTE)
    mail.outbox.clear()
    phoned = {"by": robin, "appointment_id": held.pk, "go_on": True}
    request_phoned(at=AT + 5 * MINUTE, outcome="The wrong patient's line.", **phoned)
    (act,) = open_acts(robin, at=AT + 6 * MINUTE)
    back = undo(by=robin, at=AT + 6 * MINUTE, act_id=act.pk)
    assert (back.status, held_until_phoned(robin)) == ("requested", [back])
    assert TEN not in starts_on_the_day(desk)
    assert send_what_is_due(monkeypatch, AT + 9 * MINUTE) == []
    request_phoned(at=AT + 10 * MINUTE, outcome="Seen by her doctor.", **phoned)
    assert send_what_is_due(monkeypatch, AT + 12 * MINUTE) == []
    assert len(send_what_is_due(monkeypatch, AT + 13 * MINUTE)) == 1


def test_a_held_time_confirmed_before_she_was_told_of_the_call_is_told_as_booked_only(desk, monkeypatch):
    held = book_at(desk, level=RedFlagLevel.CALL_FIRST)
    request_phoned(by=desk[2], at=AT + MINUTE, appointment_id=held.pk, go_on=True, outcome="Seen by her doctor.")
    assert send_what_is_due(monkeypatch, AT + 3 * MINUTE) == []
    (subject,) = send_what_is_due(monkeypatch, AT + 4 * MINUTE)
    assert "Your visit on" in subject


def test_a_cancellation_taken_back_stands_again_unless_the_time_has_gone(desk):
    hers = book_at(desk)
    cancel(by=desk[2], at=AT, appointment_id=hers.pk)
    act = DeskAct.objects.get(act="cancelled")
    assert undo(by=desk[2], at=AT + MINUTE, act_id=act.pk).status == "booked"
    cancel(by=desk[2], at=AT + 2 * MINUTE, appointment_id=hers.pk)
    book_at(desk, patient=a_patient(desk[0], given_name="Omar"))
    with pytest.raises(AlreadyBooked):
        undo(by=desk[2], at=AT + 3 * MINUTE, act_id=DeskAct.objects.filter(act="cancelled").latest("pk").pk)
    hers.refresh_from_db()
    assert hers.status == "cancelled"


def test_after_three_minutes_it_is_too_late_and_a_change_since_is_not_overwritten(desk):
    hers = book_at(desk)
    act = DeskAct.objects.get()
    with pytest.raises(NotAsThingsStand, match="too late"):
        undo(by=desk[2], at=AT + 3 * MINUTE, act_id=act.pk)
    move(by=desk[2], at=AT, appointment_id=hers.pk, version=1, starts_at=TEN + timedelta(hours=2))
    with pytest.raises(StaleVersion):
        undo(by=desk[2], at=AT + MINUTE, act_id=act.pk)


def test_undone_twice_is_undone_once(desk):
    book_at(desk)
    act = DeskAct.objects.get()
    first = undo(by=desk[2], at=AT + MINUTE, act_id=act.pk)
    assert undo(by=desk[2], at=AT + 2 * MINUTE, act_id=act.pk).version == first.version


def test_what_the_patient_does_herself_is_told_at_once(desk):
    hannah = a_patient(desk[0])
    a_course(desk[0], hannah)
    book_at(desk, patient=hannah, by=patient_by_link(hannah, desk[0]))
    assert Notice.objects.get(kind="booked").not_before == AT
    assert not DeskAct.objects.exists()
    assert Appointment.objects.count() == 1
