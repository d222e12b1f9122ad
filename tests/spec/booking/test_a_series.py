"""A whole series is seen before it is booked, is booked whole or as named, and stays what it is when one visit moves."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tasks_db.models import DBTaskResult

from myotome.clinic.booking.actions import book, cancel, move
from myotome.clinic.booking.apart import interval_warnings, warnings_if_moved
from myotome.clinic.booking.models import Appointment, DeskAct, HoursException, Notice, Service
from myotome.clinic.booking.notices import send_notice
from myotome.clinic.booking.preview import Wish, preview_series
from myotome.clinic.booking.queries import free_times_for
from myotome.clinic.booking.series import book_series
from myotome.clinic.booking.undo import undo
from myotome.exchange.icalendar.invitation import invitations_from
from myotome.vocabulary.errors import AlreadyBooked, InvalidValue, TakenBack
from tests.factories import AT, a_clinic, a_course, a_patient, a_practitioner, a_receptionist, an_actor

pytestmark = pytest.mark.django_db
VANCOUVER = ZoneInfo("America/Vancouver")
FIRST = date(2026, 12, 1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def desk():
    """(receptionist, practitioner, service, patient): somebody with an open course, weekly on Tuesdays at 14:00."""
    clinic = a_clinic()
    elena = a_practitioner(clinic)
    hannah = a_patient(clinic)
    a_course(clinic, hannah)
    return an_actor(a_receptionist(clinic), clinic), elena, Service.objects.get(clinic=clinic, kind="ims"), hannah


def a_wish(desk, **changes):
    _, elena, service, _ = desk
    values = {
        "service_id": service.pk,
        "practitioner_id": elena.pk,
        "first_day": FIRST,
        "at_time": time(14),
        "n_visits": 8,
    } | changes
    return Wish(**values)


def preview(desk, **changes):
    return preview_series(desk[0], at=AT, patient_id=desk[3].pk, wish=a_wish(desk, **changes))


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        (
            {"n_visits": 20, "every_days": 60, "most_days": 90, "at_time": time(15, 2)},
            "n_visits",
            ["2027-12-28", "7 visits"],
        ),
        ({"n_visits": 8, "every_days": 60, "most_days": 60}, "n_visits", ["2027-12-28", "7 visits"]),
        ({"first_day": date(2028, 1, 4), "n_visits": 1}, "first_day", ["2027-12-28"]),
        ({"first_day": date(9999, 12, 31)}, "first_day", ["2027-12-28"]),
    ],
)
def test_a_series_beyond_what_can_be_booked_names_the_last_day_before_anything_is_looked_for(
    desk, changes, field, says, monkeypatch
):
    def never(*args, **kwargs):
        raise AssertionError("The diary was searched.")

    monkeypatch.setattr("myotome.clinic.booking.preview.free_times_for", never)
    with pytest.raises(InvalidValue) as refused:
        preview(desk, **changes)
    assert refused.value.field == field
    assert all(part in refused.value.message for part in says)


def test_the_last_day_that_can_be_wished_can_be_booked(desk):
    last = AT + timedelta(days=400)
    found = preview(desk, first_day=date(2027, 12, 29), at_time=time(9), n_visits=1)
    assert [visit.proposed.starts_at for visit in found.visits] == [last]
    assert all(offer.starts_at <= last for visit in found.visits for offer in visit.fixes)
    assert len(book_them(desk, [last]).booked) == 1
    with pytest.raises(InvalidValue, match="At this hour the last day is 2027-12-28"):
        book_them(desk, [last + 15 * MINUTE])


def book_them(desk, starts, **changes):
    robin, elena, service, hannah = desk
    return book_series(
        by=robin,
        at=AT,
        patient_id=hannah.pk,
        service_id=service.pk,
        practitioner_id=elena.pk,
        starts=starts,
        **changes,
    )


def in_the_way(desk, when):
    """Somebody else's visit at that time."""
    robin, elena, service, _ = desk
    other = a_patient(elena.clinic, given_name="Omar", email="")
    a_course(elena.clinic, other)
    return book(
        by=robin,
        at=AT,
        patient_id=other.pk,
        service_id=service.pk,
        practitioner_id=elena.pk,
        starts_at=when,
    )


def tuesdays(n, hour=14):
    return [
        datetime.combine(FIRST + timedelta(days=7 * k), time(hour), tzinfo=VANCOUVER).astimezone(UTC) for k in range(n)
    ]


def test_eight_weekly_visits_that_are_free_are_proposed_as_they_were_wished(desk):
    found = preview(desk)
    assert [visit.proposed.starts_at for visit in found.visits] == tuesdays(8)
    assert [visit.clash for visit in found.visits] == [None] * 8
    assert found.warnings == ()
    assert not Appointment.objects.exists()


def test_every_clash_is_named_with_the_nearest_times_before_anyone_says_yes(desk):
    elena = desk[1]
    in_the_way(desk, tuesdays(8)[2])
    HoursException.objects.create(clinic=elena.clinic, on=FIRST + timedelta(days=35), closed=True, reason="Staff day")
    found = preview(desk)
    clashes = {visit.number: str(visit.clash) for visit in found.visits if visit.clash}
    assert set(clashes) == {3, 6}
    assert "Elena Marchetti has another visit" in clashes[3]
    assert "Staff day" in clashes[6]
    for visit in found.visits:
        assert len(visit.fixes) == 3
        assert visit.proposed is not None
    third = found.visits[2]
    assert abs(third.proposed.starts_at - tuesdays(8)[2]) == timedelta(minutes=30)


@pytest.mark.parametrize("taken", range(8))
def test_one_clash_moves_that_visit_within_its_day_and_no_other(desk, taken):
    in_the_way(desk, tuesdays(8)[taken])
    found = [visit.proposed.starts_at for visit in preview(desk).visits]
    assert [n for n, (start, wished) in enumerate(zip(found, tuesdays(8), strict=True)) if start != wished] == [taken]
    assert abs(found[taken] - tuesdays(8)[taken]) == timedelta(minutes=30)


def test_after_three_means_no_visit_before_three(desk):
    in_the_way(desk, tuesdays(8)[1])
    found = [visit.proposed.starts_at.astimezone(VANCOUVER) for visit in preview(desk, not_before=True).visits]
    assert found[1].time() == time(14, 30)
    assert all(start.time() >= time(14) and start.weekday() == 1 for start in found)


def test_a_series_is_booked_whole_or_not_at_all(desk):
    in_the_way(desk, tuesdays(4)[1])
    with pytest.raises(AlreadyBooked, match="08 Dec"):
        book_them(desk, tuesdays(4))
    assert not Appointment.objects.filter(patient=desk[3]).exists()
    assert not Notice.objects.filter(appointment__patient=desk[3]).exists()


def test_or_what_still_fits_is_booked_and_the_rest_is_named(desk):
    in_the_way(desk, tuesdays(4)[1])
    done = book_them(desk, tuesdays(4), all_or_nothing=False)
    assert [row.starts_at for row in done.booked] == [start for n, start in enumerate(tuesdays(4)) if n != 1]
    assert [start for start, _ in done.refused] == [tuesdays(4)[1]]


def test_one_message_tells_of_the_whole_series_and_each_visit_has_its_reminder(desk):
    book_them(desk, tuesdays(3))
    kinds = sorted(Notice.objects.values_list("kind", flat=True))
    assert kinds == ["reminder", "reminder", "reminder", "series"]


def send_what_is_due(monkeypatch, now):
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    for pk in Notice.objects.exclude(kind__startswith="reminder").order_by("pk").values_list("pk", flat=True):
        if DBTaskResult.objects.filter(args_kwargs__args=[pk], run_after__lte=now).exists():
            send_notice.func(pk)


def told_starts():
    """The subjects of what went out, and the starts that the message of the series carries."""
    series = [message for message in mail.outbox if "Your visits" in message.subject]
    files = [content for message in series for _, content, kind in message.attachments if "calendar" in kind]
    return [m.subject for m in mail.outbox], sorted(invitations_from(f.encode())[0].starts_at for f in files)


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("tell", [True, False])
def test_a_visit_moved_before_the_series_is_told_is_told_with_it_at_its_new_time(desk, monkeypatch, number, tell):
    row = book_them(desk, tuesdays(8)).booked[number]
    later = row.starts_at + timedelta(days=1)
    move(by=desk[0], at=AT + MINUTE, appointment_id=row.pk, version=row.version, starts_at=later, tell=tell)
    send_what_is_due(monkeypatch, AT + 3 * MINUTE)
    assert mail.outbox == [], "the move can still be taken back"
    send_what_is_due(monkeypatch, AT + 4 * MINUTE)
    subjects, starts = told_starts()
    assert len(subjects) == 1
    assert starts == sorted([later, *(start for n, start in enumerate(tuesdays(8)) if n != number)])


@pytest.mark.parametrize("how", ["cancelled", "taken back"])
def test_the_first_visit_cancelled_or_taken_back_leaves_the_others_to_be_told(desk, monkeypatch, how):
    first = book_them(desk, tuesdays(8)).booked[0]
    if how == "cancelled":
        cancel(by=desk[0], at=AT + MINUTE, appointment_id=first.pk, tell=False)
    else:
        undo(by=desk[0], at=AT + MINUTE, act_id=DeskAct.objects.get(appointment=first).pk)
    assert Notice.objects.get(kind="series").appointment.starts_at == tuesdays(8)[1], (
        "the desk sees it there if it fails"
    )
    send_what_is_due(monkeypatch, AT + 4 * MINUTE)
    subjects, starts = told_starts()
    assert len(subjects) == 1
    assert starts == tuesdays(8)[1:]


def test_a_change_taken_back_before_the_series_is_told_leaves_it_whole(desk, monkeypatch):
    first, second = book_them(desk, tuesdays(8)).booked[:2]
    later = first.starts_at + timedelta(days=1)
    move(by=desk[0], at=AT + MINUTE, appointment_id=first.pk, version=first.version, starts_at=later)
    cancel(by=desk[0], at=AT + MINUTE, appointment_id=second.pk)
    for act in DeskAct.objects.exclude(act="booked"):
        undo(by=desk[0], at=AT + 2 * MINUTE, act_id=act.pk)
    for _ in range(2):
        send_what_is_due(monkeypatch, AT + 4 * MINUTE)
    subjects, starts = told_starts()
    assert len(subjects) == 1
    assert starts == tuesdays(8)


def test_a_series_taken_back_whole_is_told_to_nobody(desk, monkeypatch):
    book_them(desk, tuesdays(3))
    for act in DeskAct.objects.all():
        undo(by=desk[0], at=AT + MINUTE, act_id=act.pk)
    send_what_is_due(monkeypatch, AT + 9 * MINUTE)
    assert mail.outbox == []


def test_a_series_sent_twice_is_told_once_though_its_first_visit_was_moved(desk):
    first = book_them(desk, tuesdays(3), key="one form").booked[0]
    cancel(by=desk[0], at=AT, appointment_id=first.pk)
    book_them(desk, tuesdays(3), key="one form")
    assert Notice.objects.filter(kind="series").count() == 1


def test_a_series_sent_again_names_what_was_cancelled_in_between(desk):
    done = book_them(desk, tuesdays(3), key="one form").booked
    cancel(by=desk[0], at=AT, appointment_id=done[1].pk)
    again = book_them(desk, tuesdays(3), key="one form")
    assert [row.pk for row in again.booked] == [done[0].pk, done[2].pk]
    assert [(start, "taken back" in why) for start, why in again.refused] == [(done[1].starts_at, True)]
    for row in (done[0], done[2]):
        cancel(by=desk[0], at=AT, appointment_id=row.pk)
    with pytest.raises(TakenBack):
        book_them(desk, tuesdays(3), key="one form")
    assert not Appointment.objects.exclude(status="cancelled").exists()


def test_the_same_form_sent_twice_is_one_series(desk):
    first = book_them(desk, tuesdays(3), key="one form")
    again = book_them(desk, tuesdays(3), key="one form")
    assert [row.pk for row in again.booked] == [row.pk for row in first.booked]
    assert Appointment.objects.count() == 3


def test_one_visit_that_moves_leaves_the_others_and_the_rule_warns(desk):
    robin = desk[0]
    done = book_them(desk, tuesdays(4))
    second = done.booked[1]
    assert warnings_if_moved(robin, second, second.starts_at + timedelta(days=1)) == []
    late = second.starts_at + timedelta(days=6)
    assert len(warnings_if_moved(robin, second, late)) == 1
    move(by=robin, at=AT, appointment_id=second.pk, version=second.version, starts_at=late)
    others = [row.starts_at for row in Appointment.objects.order_by("starts_at").exclude(pk=second.pk)]
    assert others == [start for n, start in enumerate(tuesdays(4)) if n != 1]


def test_the_rule_counts_days_by_the_wall_calendar():
    in_march = [datetime(2027, 3, day, 17, tzinfo=UTC) for day in (1, 8, 12, 29)]
    assert [str(word)[:6] for word in interval_warnings(in_march, zone="America/Vancouver")] == ["08 Mar", "12 Mar"]


def test_two_in_the_afternoon_stays_two_in_the_afternoon_through_summer_time(desk):
    found = preview(desk, first_day=date(2027, 2, 23))
    assert {visit.proposed.starts_at.astimezone(VANCOUVER).hour for visit in found.visits} == {14}
    assert len({visit.proposed.starts_at.hour for visit in found.visits}) == 2


@pytest.mark.parametrize(
    "changes", [{"n_visits": 0}, {"n_visits": 21}, {"every_days": 0}, {"every_days": 3}, {"least_days": 9}]
)
def test_a_wish_that_makes_no_series_is_refused(desk, changes):
    with pytest.raises(InvalidValue):
        preview(desk, **changes)


def test_a_series_of_eight_in_a_busy_diary_is_found_with_as_few_questions_as_in_an_empty_one(desk):
    robin, elena, service, _ = desk
    preview(desk)
    with CaptureQueriesContext(connection) as asked_when_empty:
        preview(desk)
    n_when_empty = len(asked_when_empty)
    for number, offer in enumerate(
        free_times_for(robin, service=service, first_day=FIRST, n_days=60, at=AT, practitioner_id=elena.pk)[::7]
    ):
        if number % 2:
            try:
                in_the_way(desk, offer.starts_at)
            except AlreadyBooked:
                continue
    with CaptureQueriesContext(connection) as asked:
        found = preview(desk)
    assert found.n_placed == 8
    assert len(asked) <= n_when_empty
