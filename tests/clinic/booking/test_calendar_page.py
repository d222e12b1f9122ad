"""The page of calendars and the addresses it makes: what a client may ask, and what a stranger gets."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.booking.actions import book
from myotome.clinic.booking.calendars import digest_of, revoke_feed
from myotome.clinic.booking.models import CalendarFeed, Service
from myotome.clinic.booking.queries import free_times_for
from myotome.clinic.people.models import Room
from myotome.pages.booking.calendars import MOST_READ, MOST_WRONG
from tests.factories import a_clinic, a_patient, a_practitioner, a_receptionist, an_actor, the_system

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_memory_of_other_tests():
    cache.clear()


@pytest.fixture
def elena():
    return a_practitioner(a_clinic())


@pytest.fixture
def signed_in(elena):
    client = Client()
    client.force_login(elena.user)
    return client


def page_of(clinic):
    return reverse("booking:calendars", kwargs={"clinic": clinic.slug})


def make(client, clinic, **form):
    """(answer, path of the address) of a form that was sent."""
    answer = client.post(page_of(clinic), {"whose": "mine", "name": "My telephone"} | form)
    url = answer.context["new"]["url"] if answer.status_code == 200 else ""
    return answer, url.partition("8000")[2]


def a_visit(elena):
    service = Service.objects.get(clinic=elena.clinic, kind="assessment_ims")
    now = timezone.now()
    offer = free_times_for(
        the_system(elena.clinic), service=service, first_day=now.date() + timedelta(days=3), n_days=9, at=now
    )[0]
    patient = a_patient(elena.clinic, given_name=f"P{now.microsecond}")
    return book(
        by=the_system(elena.clinic), at=now, patient_id=patient.pk, service_id=service.pk, practitioner_id=elena.pk,
        starts_at=offer.starts_at,
    )  # fmt: skip


def test_an_address_is_made_shown_once_and_ended(signed_in, elena):
    answer, path = make(signed_in, elena.clinic)
    assert path in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    token = path.rpartition("/")[2].removesuffix(".ics")
    again = signed_in.get(page_of(elena.clinic))
    assert "My telephone" in again.content.decode()
    assert token not in again.content.decode()
    assert Client().get(path).status_code == 200
    feed = CalendarFeed.objects.get()
    ended = signed_in.post(reverse("booking:end_calendar", kwargs={"clinic": elena.clinic.slug, "feed": feed.pk}))
    assert ended.status_code == 302
    assert Client().get(path).status_code == 404
    assert (
        "My telephone"
        not in signed_in.get(page_of(elena.clinic)).content.decode().partition("<main")[2].partition("</main>")[0]
    )


def test_the_desk_is_offered_rooms_and_who_treats_her_own_diary(signed_in, elena):
    page = signed_in.get(page_of(elena.clinic)).content.decode()
    assert "My own" in page
    assert "Room 1" not in page
    desk = Client()
    desk.force_login(a_receptionist(elena.clinic))
    page = desk.get(page_of(elena.clinic)).content.decode()
    assert "My own" not in page
    room = Room.objects.get(clinic=elena.clinic, name="Room 1")
    answer, path = make(desk, elena.clinic, whose=str(room.pk), initials="yes")
    assert answer.status_code == 200
    assert CalendarFeed.objects.get().shows_initials
    assert "X-WR-CALNAME:Room 1\\, Alder Street Clinic" in Client().get(path).content.decode()


@pytest.mark.parametrize(
    ("form", "status", "says"),
    [
        ({"name": "  "}, 422, "Please give it a name"),
        ({"whose": ""}, 422, "Please choose whose diary"),
        ({"whose": "everybody"}, 422, "Please choose whose diary"),
        ({"whose": "1"}, 403, ""),
        ({"whose": "999999999999999999999"}, 422, "Please choose whose diary"),
        ({"name": "x" * 61}, 422, "At most 60 characters"),
        ({"name": "bell\x07"}, 422, "cannot be stored"),
    ],
)
def test_a_form_that_cannot_be_followed_is_refused_in_words_and_makes_nothing(signed_in, elena, form, status, says):
    answer, _ = make(signed_in, elena.clinic, **form)
    assert answer.status_code == status
    assert says in answer.content.decode()
    assert not CalendarFeed.objects.exists()


def test_what_was_typed_stays_when_a_form_is_refused(signed_in, elena):
    answer, _ = make(signed_in, elena.clinic, whose="", name="Kitchen <tablet>", initials="yes")
    page = answer.content.decode()
    assert 'value="Kitchen &lt;tablet&gt;"' in page
    assert 'name="initials" value="yes" checked' in page


def test_a_calendar_is_text_calendar_of_its_own_and_for_nobody_elses_memory(signed_in, elena):
    a_visit(elena)
    _, path = make(signed_in, elena.clinic)
    answer = Client().get(path)
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Cache-Control"] == "private, no-cache"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer.content.startswith(b"BEGIN:VCALENDAR\r\n")
    assert not answer.cookies


def test_nothing_new_is_answered_by_304_by_tag_and_by_time(signed_in, elena):
    a_visit(elena)
    _, path = make(signed_in, elena.clinic)
    client = Client()
    first = client.get(path)
    tag, changed = first["ETag"], first["Last-Modified"]
    for headers in ({"If-None-Match": tag}, {"If-None-Match": f'"other", W/{tag}'}, {"If-Modified-Since": changed}):
        again = client.get(path, headers=headers)
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag), headers
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
    a_visit(elena)
    for headers in ({"If-None-Match": tag}, {"If-Modified-Since": changed}):
        after = client.get(path, headers=headers)
        assert after.status_code == 200, headers
        assert after["ETag"] != tag
        assert after.content.count(b"BEGIN:VEVENT") == 2


def test_304_opens_no_chart_and_asks_little_of_the_database(signed_in, elena):
    for _ in range(5):
        a_visit(elena)
    _, path = make(signed_in, elena.clinic)
    client = Client()
    tag = client.get(path)["ETag"]
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
    asked = [row["sql"] for row in captured if row["sql"].startswith(("SELECT", "INSERT", "UPDATE", "DELETE"))]
    assert len(asked) <= 15, "\n".join(sql[:120] for sql in asked)
    assert not any(sql.startswith(("INSERT", "UPDATE", "DELETE")) and "cache_rows" not in sql for sql in asked)


def test_head_is_get_without_the_calendar(signed_in, elena):
    a_visit(elena)
    _, path = make(signed_in, elena.clinic)
    got, head = Client().get(path), Client().head(path)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("ETag", "Last-Modified", "Content-Type", "Content-Length"):
        assert head[name] == got[name]
    assert int(head["Content-Length"]) == len(got.content)
    assert Client().head(path, headers={"If-None-Match": got["ETag"]}).status_code == 304


def test_a_part_of_a_calendar_is_asked_for_in_vain_the_whole_is_given(signed_in, elena):
    _, path = make(signed_in, elena.clinic)
    for wish in ("bytes=0-10", "bytes=-5", "bytes=9999999-", "lines=1-2", "bytes=0-0,2-4"):
        answer = Client().get(path, headers={"Range": wish})
        assert answer.status_code == 200
        assert answer.content.endswith(b"END:VCALENDAR\r\n")
        assert answer["Accept-Ranges"] == "none"


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch", "options"])
def test_a_calendar_is_only_read(signed_in, elena, method):
    _, path = make(signed_in, elena.clinic)
    assert getattr(Client(), method)(path).status_code == 405


def test_a_wrong_a_revoked_and_another_clinics_address_are_answered_alike(signed_in, elena):
    a_visit(elena)
    _, path = make(signed_in, elena.clinic)
    a_clinic("birch")
    elsewhere = path.replace("/alder/", "/birch/")
    right = path.rpartition("/")[2].removesuffix(".ics")
    wrong = [right[:-1], f"{right}x", right.swapcase(), "x", "0" * 5000, digest_of(right), "%00", "%ED%A0%BD", "足三里"]
    answers = [Client().get(path.replace(right, token)) for token in wrong]
    answers.append(Client().get(elsewhere))
    revoke_feed(by=an_actor(elena.user, elena.clinic), at=timezone.now(), feed_id=CalendarFeed.objects.get().pk)
    answers.append(Client().get(path))
    assert {answer.status_code for answer in answers} == {404}
    alder = {answer.content for answer in [*answers[:-2], answers[-1]]}
    bare = {page.partition(b"<main")[2] for page in alder}
    assert len(bare) == 1, "the page does not say what was wrong"
    assert {frozenset(name for name, _ in answer.items()) for answer in answers} == {
        frozenset(name for name, _ in answers[0].items())
    }


def test_the_secret_is_looked_up_by_its_digest_and_never_goes_to_the_database(signed_in, elena):
    _, path = make(signed_in, elena.clinic)
    token = path.rpartition("/")[2].removesuffix(".ics")
    with CaptureQueriesContext(connection) as captured:
        assert Client().get(path).status_code == 200
        assert Client().get(path.replace(token, token[:-2])).status_code == 404
    asked = " ".join(row["sql"] for row in captured)
    assert digest_of(token) in asked
    assert token not in asked
    assert token[:-2] not in asked


def test_each_refusal_is_on_record_once_without_the_address(signed_in, elena):
    _, path = make(signed_in, elena.clinic)
    before = AuditEvent.objects.count()
    assert Client().get(path.replace(".ics", "x.ics")).status_code == 404
    (event,) = AuditEvent.objects.order_by("pk")[before:]
    assert (event.act, event.reason, event.detail["route"]) == ("access.refused", "calendar address", "booking:feed")
    assert "ics" not in str(event.detail)


def test_reading_is_on_record_once_a_day(signed_in, elena):
    _, path = make(signed_in, elena.clinic)
    for _ in range(3):
        Client().get(path)
    assert AuditEvent.objects.filter(act="calendar.read").count() == 1
    assert CalendarFeed.objects.get().last_read_at is not None


def test_a_search_for_addresses_is_stopped_whether_or_not_it_finds_one(signed_in, elena):
    _, path = make(signed_in, elena.clinic)
    client = Client()
    for n in range(MOST_WRONG):
        assert client.get(path.replace(".ics", f"{n}.ics")).status_code == 404
    stopped = [client.get(path.replace(".ics", "z.ics")), client.get(path)]
    assert [answer.status_code for answer in stopped] == [429, 429]
    assert int(stopped[0]["Retry-After"]) > 0
    n_refused = AuditEvent.objects.filter(act="access.refused").count()
    assert n_refused == MOST_WRONG
    assert Client(REMOTE_ADDR="192.0.2.7").get(path).status_code == 200, "another place is not punished for it"


def test_a_client_that_never_rests_is_asked_to(signed_in, elena):
    _, path = make(signed_in, elena.clinic)
    feed = CalendarFeed.objects.get()
    now = int(timezone.now().timestamp()) // 3600
    for stretch in (now, now + 1):
        cache.set(f"calendar-read:{feed.pk}:{stretch}", MOST_READ, 3600)
    answer = Client().get(path)
    assert answer.status_code == 429
    assert answer["Retry-After"]
