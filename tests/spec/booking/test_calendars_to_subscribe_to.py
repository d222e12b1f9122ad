"""A diary can be subscribed to under a secret address: it says when and where, names nobody, and tells every change."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.booking.actions import book, cancel, move, step
from myotome.clinic.booking.calendars import MOST_FEEDS, feed_by_token, feeds_for, make_feed, revoke_feed
from myotome.clinic.booking.models import (
    Appointment,
    AppointmentSpan,
    CalendarFeed,
    Hold,
    HoursException,
    Service,
    ToldEvent,
    WorkingHours,
)
from myotome.clinic.booking.told import DAYS_BACK, DAYS_CANCELLED, initials, read_feed
from myotome.clinic.booking.undo import open_acts, undo
from myotome.clinic.people.models import Membership, Room
from myotome.exchange.icalendar.feed import feed_file
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, NotAllowed, NotFound
from myotome.vocabulary.scheduling import AppointmentStatus
from tests.factories import (
    AT,
    a_clinic,
    a_course,
    a_patient,
    a_practitioner,
    a_receptionist,
    a_user,
    an_actor,
    the_system,
)

pytestmark = pytest.mark.django_db
TUESDAY = datetime(2026, 12, 1, 22, 0, tzinfo=UTC)
"""14:00 in Vancouver."""


@pytest.fixture
def elena():
    """A practitioner of a clinic with a desk."""
    clinic = a_clinic(email="desk@alder.example")
    return a_practitioner(clinic)


def desk_of(elena):
    found = Membership.objects.filter(clinic=elena.clinic, role=Role.RECEPTIONIST.value).first()
    return an_actor(found.user if found else a_receptionist(elena.clinic), elena.clinic)


def a_feed(elena, **values):
    return make_feed(by=an_actor(elena.user, elena.clinic), at=AT, name="My telephone", **values).feed


def a_room_feed(elena, room="Room 1", **values):
    room = Room.objects.get(clinic=elena.clinic, name=room)
    return make_feed(by=desk_of(elena), at=AT, name="Screen", room_id=room.pk, **values).feed


def a_visit(elena, starts_at=TUESDAY, kind="ims", at=AT, **patient):
    hannah = a_patient(elena.clinic, **patient)
    a_course(elena.clinic, hannah)
    service = Service.objects.get(clinic=elena.clinic, kind=kind)
    return book(
        by=desk_of(elena),
        at=at,
        patient_id=hannah.pk,
        service_id=service.pk,
        practitioner_id=elena.pk,
        starts_at=starts_at,
    )


def events(feed, at=AT):
    feed.refresh_from_db()
    return list(read_feed(feed, at=at).events)


def the_event(feed, at=AT):
    (event,) = events(feed, at=at)
    return event


def text_of(feed, at=AT):
    feed.refresh_from_db()
    reading = read_feed(feed, at=at)
    return feed_file(reading.events, name=reading.name).decode()


def test_a_visit_is_an_event_that_names_nobody(elena):
    visit = a_visit(elena)
    text = text_of(a_feed(elena))
    event = the_event(CalendarFeed.objects.get())
    assert (event.starts, event.ends, event.sequence, event.status) == (visit.starts_at, visit.ends_at, 0, "CONFIRMED")
    assert event.location == "Room 1"
    for word in ("Hannah", "Lindqvist", "H. L.", "IMS", "pain", "hannah@example.org"):
        assert word not in text


def test_with_initials_chosen_it_says_whose_visit_and_no_more(elena):
    a_visit(elena)
    text = text_of(a_feed(elena, shows_initials=True))
    assert "SUMMARY:H. L.\r\n" in text
    assert "Lindqvist" not in text
    room = text_of(a_room_feed(elena, shows_initials=True))
    assert "SUMMARY:H. L. · E. M.\r\n" in room


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Hannah Lindqvist", "H. L."),
        ("李 小龙", "李. 小."),
        ("Ana María de la Cruz", "A. C."),
        ("Cher", "C."),
        ("", ""),
    ],
)
def test_initials_are_the_first_and_the_last(name, short):
    assert initials(name) == short


def test_a_move_is_the_same_event_at_the_new_time_with_a_higher_sequence(elena):
    feed, visit = a_feed(elena), a_visit(elena)
    first = the_event(feed)
    move(by=desk_of(elena), at=AT, appointment_id=visit.pk, version=1, starts_at=TUESDAY + timedelta(days=1))
    second = the_event(feed, at=AT + timedelta(minutes=5))
    assert second.uid == first.uid
    assert second.starts == TUESDAY + timedelta(days=1)
    assert second.sequence == first.sequence + 1
    assert second.changed_at > first.changed_at


def test_a_move_that_is_taken_back_is_told_as_one_more_change(elena):
    feed, visit = a_feed(elena), a_visit(elena)
    robin = desk_of(elena)
    the_event(feed)
    move(by=robin, at=AT, appointment_id=visit.pk, version=1, starts_at=TUESDAY + timedelta(days=1))
    assert the_event(feed).sequence == 1
    act = next(act for act in open_acts(robin, at=AT) if act.act == "moved")
    undo(by=robin, at=AT, act_id=act.pk)
    event = the_event(feed)
    assert (event.starts, event.sequence) == (TUESDAY, 2), "whoever saw the move must hear that it is not so"


def test_a_cancelled_visit_is_told_as_cancelled_for_two_weeks_and_then_is_gone(elena):
    feed, visit = a_feed(elena), a_visit(elena, starts_at=TUESDAY + timedelta(days=28))
    the_event(feed)
    cancel(by=desk_of(elena), at=AT, appointment_id=visit.pk)
    event = the_event(feed)
    assert (event.status, event.sequence, event.starts) == ("CANCELLED", 1, visit.starts_at)
    assert the_event(feed, at=AT + timedelta(days=DAYS_CANCELLED)).status == "CANCELLED"
    assert events(feed, at=AT + timedelta(days=DAYS_CANCELLED, minutes=1)) == []


def test_what_nobody_was_told_of_is_not_told_as_cancelled(elena):
    feed, visit = a_feed(elena), a_visit(elena)
    cancel(by=desk_of(elena), at=AT, appointment_id=visit.pk)
    assert events(feed) == []


def test_a_visit_that_goes_to_a_colleague_leaves_one_diary_and_enters_the_other(elena):
    david = a_practitioner(elena.clinic, name="David Okafor")
    hers, his, visit = a_feed(elena), a_feed(david), a_visit(elena)
    the_event(hers)
    move(
        by=desk_of(elena), at=AT, appointment_id=visit.pk, version=1, starts_at=TUESDAY, practitioner_id=david.pk
    )  # fmt: skip
    assert the_event(hers).status == "CANCELLED"
    assert the_event(his).status == "CONFIRMED"
    assert the_event(his).uid != the_event(hers).uid


def test_a_time_that_is_only_held_is_tentative(elena):
    feed, visit = a_feed(elena), a_visit(elena)
    Appointment.objects.filter(pk=visit.pk).update(status="requested")
    assert the_event(feed).status == "TENTATIVE"
    step(by=desk_of(elena), at=AT, appointment_id=visit.pk, to=AppointmentStatus.BOOKED, is_phoned=True)
    assert (the_event(feed).status, the_event(feed).sequence) == ("CONFIRMED", 1)


def test_a_room_is_taken_while_needles_rest_and_while_it_is_turned_over(elena):
    Service.objects.filter(kind="acupuncture").update(turnover_minutes=10)
    visit = a_visit(elena, kind="acupuncture")
    room = AppointmentSpan.objects.filter(appointment=visit, room__isnull=False).first().room
    event = the_event(a_room_feed(elena, room.name))
    assert (event.starts, event.ends) == (visit.starts_at, visit.ends_at + timedelta(minutes=10))
    assert event.location == room.name
    other = "Room 2" if room.name == "Room 1" else "Room 1"
    assert events(a_room_feed(elena, other)) == []


def test_blocked_time_and_closed_days_are_told_without_the_reason(elena):
    feed = a_feed(elena)
    Hold.objects.create(
        clinic=elena.clinic, kind="block", practitioner=elena, starts_at=TUESDAY, ends_at=TUESDAY + timedelta(hours=1),
        reason="Dentist", created_at=AT, created_by="Robin",
    )  # fmt: skip
    HoursException.objects.create(clinic=elena.clinic, practitioner=elena, on=date(2026, 12, 3), reason="Ill")
    HoursException.objects.create(clinic=elena.clinic, on=date(2026, 12, 25), reason="Christmas")
    told = {(event.summary, event.starts) for event in events(feed)}
    assert told == {("Blocked", TUESDAY), ("Away", date(2026, 12, 3)), ("Closed", date(2026, 12, 25))}
    text = text_of(feed)
    assert "Dentist" not in text
    assert "Ill" not in text
    assert "DTSTART;VALUE=DATE:20261203\r\n" in text


def test_a_form_that_is_being_filled_in_is_not_told(elena):
    Hold.objects.create(
        clinic=elena.clinic, kind="form", practitioner=elena, starts_at=TUESDAY, ends_at=TUESDAY + timedelta(hours=1),
        expires_at=AT + timedelta(minutes=10), created_at=AT, created_by="x",
    )  # fmt: skip
    assert events(a_feed(elena)) == []


def test_as_long_as_nothing_changes_the_calendar_is_the_same_to_the_byte_and_nothing_is_written(elena):
    feed = a_feed(elena)
    a_visit(elena)
    first = text_of(feed)
    feed.refresh_from_db()
    tag, told_at = feed.told_etag, feed.told_at
    assert text_of(feed, at=AT + timedelta(hours=3)) == first
    feed.refresh_from_db()
    assert (feed.told_etag, feed.told_at) == (tag, told_at)


def test_every_change_has_a_later_second_than_the_one_before_even_within_one_second(elena):
    feed = a_feed(elena)
    seen = []
    for n in range(3):
        a_visit(elena, starts_at=TUESDAY + timedelta(hours=-n), given_name=f"Patient{n}")
        feed.refresh_from_db()
        seen.append(read_feed(feed, at=AT).told_at)
    assert seen == sorted(set(seen))


def test_a_new_name_of_the_clinic_is_a_change(elena):
    feed = a_feed(elena)
    before = read_feed(feed, at=AT)
    elena.clinic.name = "Birch"
    elena.clinic.save()
    feed = CalendarFeed.objects.get()
    after = read_feed(feed, at=AT + timedelta(minutes=1))
    assert after.etag != before.etag
    assert after.told_at > before.told_at


def test_what_is_long_past_leaves_without_a_word(elena):
    feed = a_feed(elena)
    a_visit(elena)
    assert events(feed) != []
    assert the_event(feed, at=TUESDAY + timedelta(days=DAYS_BACK)).status == "CONFIRMED"
    assert events(feed, at=TUESDAY + timedelta(days=DAYS_BACK + 2)) == []
    assert not ToldEvent.objects.exists()


def test_only_the_digest_of_the_secret_is_kept(elena):
    made = make_feed(by=an_actor(elena.user, elena.clinic), at=AT, name="My telephone")
    row = CalendarFeed.objects.get()
    assert len(made.token) >= 43
    kept = [str(value) for value in CalendarFeed.objects.values_list().get()]
    assert not any(made.token in value for value in kept)
    assert feed_by_token(elena.clinic, made.token) == row
    assert not any(made.token in str(event.detail) for event in AuditEvent.objects.all())


def test_a_revoked_address_leads_nowhere_and_both_are_on_record(elena):
    by = an_actor(elena.user, elena.clinic)
    made = make_feed(by=by, at=AT, name="My telephone")
    revoke_feed(by=by, at=AT, feed_id=made.feed.pk)
    revoke_feed(by=by, at=AT, feed_id=made.feed.pk)
    with pytest.raises(NotFound):
        feed_by_token(elena.clinic, made.token)
    assert feeds_for(by) == []
    acts = AuditEvent.objects.filter(act__startswith="calendar.").order_by("pk").values_list("act", flat=True)
    assert list(acts) == ["calendar.made", "calendar.revoked"]


@pytest.mark.parametrize("how", ["no longer a member", "login closed", "profile closed", "another role"])
def test_an_address_ends_with_the_work_of_whoever_made_it(elena, how):
    made = make_feed(by=an_actor(elena.user, elena.clinic), at=AT, name="My telephone")
    assert feed_by_token(elena.clinic, made.token)
    if how == "no longer a member":
        Membership.objects.filter(user=elena.user).delete()
    elif how == "another role":
        Membership.objects.filter(user=elena.user).update(role=Role.STEWARD.value)
    elif how == "login closed":
        elena.user.is_active = False
        elena.user.save()
    else:
        elena.is_active = False
        elena.save()
    with pytest.raises(NotFound):
        feed_by_token(elena.clinic, made.token)


def test_an_address_of_one_clinic_opens_nothing_in_another(elena):
    made = make_feed(by=an_actor(elena.user, elena.clinic), at=AT, name="My telephone")
    with pytest.raises(NotFound):
        feed_by_token(a_clinic("birch"), made.token)


def test_rooms_are_for_the_desk_and_the_owner_and_ones_own_diary_for_who_treats(elena):
    clinic, room = elena.clinic, Room.objects.get(clinic=elena.clinic, name="Room 1")
    owner, robin = an_actor(a_user(clinic, Role.OWNER), clinic), desk_of(elena)
    with pytest.raises(NotAllowed):
        make_feed(by=the_system(clinic), at=AT, name="Screen", room_id=room.pk)
    for by in (owner, robin):
        assert make_feed(by=by, at=AT, name="Screen", room_id=room.pk).feed.room == room
        with pytest.raises(NotAllowed):
            make_feed(by=by, at=AT, name="Mine")
    with pytest.raises(NotAllowed):
        make_feed(by=an_actor(elena.user, clinic), at=AT, name="Screen", room_id=room.pk)
    other = Room.objects.get(clinic=a_clinic("birch"), name="Room 1")
    with pytest.raises(NotFound):
        make_feed(by=owner, at=AT, name="Screen", room_id=other.pk)


def test_who_may_end_an_address(elena):
    clinic = elena.clinic
    hers, screen = a_feed(elena), a_room_feed(elena)
    david = an_actor(a_practitioner(clinic, name="David Okafor").user, clinic)
    owner, robin = an_actor(a_user(clinic, Role.OWNER), clinic), desk_of(elena)
    for by, feed in ((david, hers), (david, screen), (robin, hers)):
        with pytest.raises(NotFound):
            revoke_feed(by=by, at=AT, feed_id=feed.pk)
    assert {feed.pk for feed in feeds_for(owner)} == {hers.pk, screen.pk}
    assert [feed.pk for feed in feeds_for(robin)] == [screen.pk]
    assert revoke_feed(by=owner, at=AT, feed_id=hers.pk).revoked_at == AT


def test_an_address_needs_a_name_and_five_are_enough(elena):
    by = an_actor(elena.user, elena.clinic)
    with pytest.raises(InvalidValue):
        make_feed(by=by, at=AT, name=" \n ")
    for n in range(MOST_FEEDS):
        made = make_feed(by=by, at=AT, name=f"Device {n}")
    with pytest.raises(InvalidValue):
        make_feed(by=by, at=AT, name="One more")
    revoke_feed(by=by, at=AT, feed_id=made.feed.pk)
    assert make_feed(by=by, at=AT, name="One more").feed.pk


def hours_in(feed, at=AT):
    return [event for event in events(feed, at=at) if event.uid.startswith(("hours-", "extra-"))]


def test_her_working_hours_are_told_only_where_that_was_chosen(elena):
    assert hours_in(a_feed(elena)) == []
    shifts = hours_in(a_feed(elena, shows_hours=True))
    assert [(row.start_on(row.last_on).strftime("%a %H:%M"), row.summary, row.location) for row in shifts] == [
        (f"{day} 08:00", "Working hours", "Alder Street") for day in ("Mon", "Tue", "Wed", "Thu", "Fri")
    ]
    assert all(row.is_free and not row.but_not for row in shifts)
    text = text_of(CalendarFeed.objects.get(shows_hours=True))
    assert text.count("RRULE:FREQ=WEEKLY;UNTIL=2027") == 5
    assert text.count("TRANSP:TRANSPARENT") == 5


def test_a_room_has_no_working_hours(elena):
    with pytest.raises(InvalidValue, match="A room has no working hours"):
        a_room_feed(elena, shows_hours=True)


def test_closed_and_sick_days_are_left_out_of_her_hours_and_an_extra_shift_stands_beside_them(elena):
    feed = a_feed(elena, shows_hours=True)
    before = {row.uid: row.sequence for row in hours_in(feed)}
    common = {"clinic": elena.clinic}
    HoursException.objects.create(on=date(2026, 12, 25), closed=True, **common)
    HoursException.objects.create(on=date(2026, 12, 1), closed=True, practitioner=elena, **common)
    HoursException.objects.create(
        on=date(2026, 12, 2), closed=True, practitioner=a_practitioner(elena.clinic), **common
    )
    HoursException.objects.create(
        on=date(2026, 12, 5), closed=False, practitioner=elena, starts=time(9), ends=time(12), **common
    )
    now = {row.uid: row for row in hours_in(feed, at=AT + timedelta(hours=1))}
    told = {
        row.start_on(row.last_on).strftime("%a"): (row.but_not, row.sequence) for row in now.values() if row.last_on
    }
    assert told["Fri"] == ((date(2026, 12, 25),), 1)
    assert told["Tue"] == ((date(2026, 12, 1),), 1)
    assert told["Wed"] == told["Mon"] == ((), 0)
    (extra,) = [row for uid, row in now.items() if uid not in before]
    assert (extra.starts, extra.ends) == (datetime(2026, 12, 5, 17, tzinfo=UTC), datetime(2026, 12, 5, 20, tzinfo=UTC))
    text = text_of(feed, at=AT + timedelta(hours=1))
    assert "EXDATE;TZID=America/Vancouver:20261225T080000" in text
    HoursException.objects.all().delete()
    later = hours_in(feed, at=AT + timedelta(hours=2))
    assert all(row.but_not == () for row in later)
    assert [row.status for row in later if row.uid == extra.uid] == ["CANCELLED"]


def test_hours_are_the_same_to_the_byte_until_they_change_and_end_when_they_end(elena):
    feed = a_feed(elena, shows_hours=True)
    first = text_of(feed)
    assert text_of(feed, at=AT + timedelta(days=30)) == first
    monday = WorkingHours.objects.filter(practitioner=elena, weekday=0)
    monday.update(valid_from=date(2026, 12, 10), valid_until=date(2026, 12, 31))
    WorkingHours.objects.filter(practitioner=elena, weekday=1).delete()
    at = AT + timedelta(days=1)
    now = {row.uid: row for row in hours_in(feed, at=at)}
    (ended,) = [row for row in now.values() if row.status == "CANCELLED"]
    assert (ended.last_on, ended.sequence) == (None, 1)
    hers = now[f"hours-{monday.get().pk}.diary-{elena.pk}@alder.myotome"]
    assert (hers.starts.date(), hers.last_on, hers.sequence) == (date(2026, 12, 14), date(2026, 12, 28), 1)
    assert hers.uid not in {row.uid for row in hours_in(feed, at=datetime(2027, 1, 20, 17, tzinfo=UTC))}
