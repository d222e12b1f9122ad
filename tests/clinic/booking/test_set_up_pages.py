"""The owner's page and the pages of series and waiting list, posted as forms: saved, refused in words, nothing half done."""

import re
from datetime import time, timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.booking.models import Appointment, DiaryRules, HoursException, Service, WorkingHours
from myotome.clinic.booking.queries import free_times_for
from myotome.clinic.people.models import Credential, Place, Room
from myotome.vocabulary.courses import Role
from tests.factories import a_clinic, a_course, a_patient, a_practitioner, a_receptionist, a_user, the_system

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    """(client of the owner, clinic, practitioner)."""
    clinic = a_clinic(province="BC")
    client = Client()
    client.force_login(a_user(clinic, Role.OWNER))
    return client, clinic, a_practitioner(clinic)


def post(owner, what, **form):
    return owner[0].post(reverse("booking:change", kwargs={"clinic": owner[1].slug, "what": what}), form)


def the_form_of(service, **changes):
    return {
        "service": service.pk, "version": Service.objects.get(pk=service.pk).version, "name": service.name, "price_cents": 9000, "room_kind": "any", "equipment": "",
        "buffer_minutes": 5, "turnover_minutes": 5, "credential": "", "most_resting": 3, "phases": "15 both, 20 room, 5 both", "is_active": "yes",
    } | changes  # fmt: skip


def test_of_two_open_pages_the_later_save_is_refused_with_what_was_typed_and_stands_when_saved_again(owner):
    service = Service.objects.get(kind="ims")
    first, second = the_form_of(service, price_cents=9500), the_form_of(service, most_resting=2)
    assert post(owner, "service", **first).status_code == 302
    page = post(owner, "service", **second)
    assert page.status_code == 409
    told = unescape(page.content.decode())
    assert "Somebody else changed this service in the meantime." in told
    assert re.search(r'name="most_resting"[^>]* value="2"|value="2"[^>]* name="most_resting"', told)
    service.refresh_from_db()
    assert (service.price_cents, service.most_resting, service.version) == (9500, 3, 2)
    again = re.search(rf'name="service" value="{service.pk}"><input type="hidden" name="version" value="(\d+)"', told)
    assert post(owner, "service", **second | {"version": again[1]}).status_code == 302
    service.refresh_from_db()
    assert (service.price_cents, service.most_resting, service.version) == (9000, 2, 3)


@pytest.mark.parametrize(
    "name", ["booking:set_up", "owner:overview", "money:day", "needling:stock", "booking:calendars"]
)
def test_every_way_on_from_an_owners_page_opens_for_her(owner, name):
    client, clinic, _ = owner
    page = client.get(reverse(name, kwargs={"clinic": clinic.slug})).content.decode()
    bar = page[page.index('<header class="desk-bar"') : page.index("</header>")]
    ways = [unescape(way) for way in re.findall(r'(?:href|action)="(/[^"#]*)"', bar) if "logout" not in way]
    assert len(ways) >= 4
    assert [way for way in ways if client.get(way).status_code == 403] == []


def test_the_desk_keeps_its_ways(at_the_desk):
    client, clinic, _, _ = at_the_desk
    page = client.get(reverse("booking:waiting", kwargs={"clinic": clinic.slug})).content.decode()
    for word in (">Day</a>", ">Week</a>", ">Wall board</a>", ">Book a visit</a>", 'role="search"'):
        assert word in page


def test_each_part_of_the_set_up_is_saved_and_on_record(owner):
    _, _clinic, elena = owner
    place = Place.objects.get()
    assert post(owner, "add-room", place=place.pk, name="Room 3", kind="ims", equipment="Lamp, lamp").status_code == 302
    assert Room.objects.get(name="Room 3").equipment == ["lamp"]
    post(owner, "switch-room", room=Room.objects.get(name="Room 3").pk, is_active="no")
    assert not Room.objects.get(name="Room 3").is_active
    post(owner, "add-place", name="Harbour", time_zone="America/Edmonton")
    post(
        owner, "add-hours", practitioner=elena.pk, place=place.pk, weekday=["5"], starts="09:00", ends="12:00"
    )  # fmt: skip
    assert WorkingHours.objects.get(weekday=5).ends == time(12)
    post(owner, "add-day", on="2027-01-04", practitioner=elena.pk, reason="Ill")
    post(owner, "add-holidays", year="2027", province="BC")
    assert HoursException.objects.filter(reason="Victoria Day").exists()
    post(owner, "add-holidays", year="2027", province="BC")
    assert HoursException.objects.filter(reason="Victoria Day").count() == 1
    post(owner, "add-credential", practitioner=elena.pk, body="College", programme="IMS", hazard_regions="thorax")
    assert Credential.objects.get().hazard_regions == ["thorax"]
    service = Service.objects.get(kind="acupuncture")
    assert post(owner, "service", **the_form_of(service, most_resting=2)).status_code == 302
    service.refresh_from_db()
    assert (service.most_resting, service.buffer_minutes) == (2, 5)
    assert [phase.minutes for phase in service.phases.all()] == [15, 20, 5]
    rules = {
        "version": 0, "undo_seconds": 60, "hold_minutes": 5, "offer_minutes": 30, "offers_at_once": 2, "reminder_hours": 48,
        "cancel_hours": 24, "quiet_from": "20:00", "quiet_until": "09:00", "no_show_fee_cents": 2500,
    }  # fmt: skip
    assert post(owner, "rules", **rules).status_code == 302
    assert DiaryRules.objects.get().offers_at_once == 2
    assert post(owner, "rules", **rules).status_code == 409, "somebody else's older page"
    acts = set(AuditEvent.objects.values_list("act", flat=True))
    assert acts >= {"room.added", "hours.added", "day.changed", "credential.added", "service.changed", "rules.changed"}


@pytest.mark.parametrize(
    ("what", "form"),
    [
        ("add-room", {"place": "the first", "name": " ", "kind": "any"}),
        ("add-room", {"place": "x", "name": "A", "kind": "any"}),
        ("add-place", {"name": "A", "time_zone": "Mars/Olympus"}),
        (
            "add-hours",
            {"practitioner": "1", "place": "the first", "weekday": ["0"], "starts": "12:00", "ends": "09:00"},
        ),
        ("add-hours", {"practitioner": "1", "place": "the first", "weekday": [], "starts": "09:00", "ends": "12:00"}),
        ("add-day", {"on": "9999-99-99"}),
        ("add-day", {"on": "2027-01-04", "starts": "09:00"}),
        ("add-holidays", {"year": "1", "province": "BC"}),
        ("rules", {"version": "0", "undo_seconds": "99999"}),
    ],
)
def test_what_makes_no_sense_is_refused_in_words_and_nothing_is_written(owner, what, form):
    before = (Room.objects.count(), WorkingHours.objects.count(), HoursException.objects.count())
    if form.get("place") == "the first":
        form = form | {"place": Place.objects.get().pk}
    answer = post(owner, what, **form)
    assert answer.status_code == 422
    assert "summary-of-errors" in answer.content.decode()
    assert (Room.objects.count(), WorkingHours.objects.count(), HoursException.objects.count()) == before


def test_phases_that_make_no_sense_are_refused(owner):
    service = Service.objects.get(kind="acupuncture")
    for phases in ("", "15", "15 nobody", "7 both", "20 room", "700 both, 25 room"):
        assert post(owner, "service", **the_form_of(service, phases=phases)).status_code == 422
    service.refresh_from_db()
    assert service.buffer_minutes == 0, "all of the form or nothing"


def value_of(page, part, name):
    """What stands in a field of the page, as a person sees it."""
    tag = re.search(rf'<input id="{part}-{name}"[^>]*>', page)[0]
    return unescape(re.search(r'value="([^"]*)"', tag)[1])


def chosen_in(page, part, name):
    """The choice of a select."""
    box = re.search(rf'<select id="{part}-{name}".*?</select>', page, re.S)[0]
    return re.search(r'<option value="([^"]*)" selected>', box)[1]


def is_refused_at(answer, part, name):
    """The part is open, the line at the top leads to the field, and the field says what is wrong."""
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'href="#{part}-{name}"' in page
    assert page.count(f'id="{part}-{name}"') == 1
    assert f'id="{part}-{name}-error"' in page
    return page


def test_a_service_that_is_refused_stays_open_with_all_that_was_typed(owner):
    service, other = Service.objects.get(kind="acupuncture"), Service.objects.get(kind="ims")
    form = the_form_of(service, name="Needles & rest", phases="15 foo", price_cents="1234", room_kind="acupuncture")
    form = form | {"new_patients_may_book": "yes", "equipment": "lamp, stool"}
    form.pop("is_active")
    part = f"service-{service.pk}"
    page = is_refused_at(post(owner, "service", **form), part, "phases")
    assert value_of(page, part, "phases") == "15 foo"
    assert value_of(page, part, "name") == "Needles & rest"
    assert value_of(page, part, "price_cents") == "1234"
    assert value_of(page, part, "equipment") == "lamp, stool"
    assert chosen_in(page, part, "room_kind") == "acupuncture"
    fold = page[page.index(f'name="service" value="{service.pk}"') :]
    fold = fold[: fold.index("</details>")]
    assert 'name="new_patients_may_book" value="yes" checked' in fold
    assert 'name="is_active" value="yes" checked' not in fold
    assert page.count('<details class="fold" open') == 1
    assert value_of(page, f"service-{other.pk}", "name") == other.name


@pytest.mark.parametrize(
    ("what", "form", "wrong", "kept"),
    [
        ("add-place", {"name": "Harbour", "time_zone": "Mars/Olympus", "address": "Pier 4"}, "time_zone", "address"),
        ("add-holidays", {"year": "12", "province": "QC"}, "year", "year"),
        ("add-holidays", {"year": "next", "province": "QC"}, "year", "year"),
        ("add-day", {"on": "2027-01-04", "starts": "09:00", "reason": "Flu"}, "ends", "reason"),
        ("add-room", {"place": "the first", "name": " ", "kind": "ims", "equipment": "lamp"}, "name", "equipment"),
    ],
)
def test_every_part_that_is_refused_keeps_what_was_typed_and_leads_to_its_field(owner, what, form, wrong, kept):
    if form.get("place") == "the first":
        form = form | {"place": Place.objects.get().pk}
    page = is_refused_at(post(owner, what, **form), what, wrong)
    assert value_of(page, what, kept) == form[kept]
    for name in {"province", "kind"} & set(form):
        assert chosen_in(page, what, name) == form[name]


def test_a_shift_that_is_refused_keeps_who_where_and_which_days(owner):
    second = a_practitioner(owner[1], name="David Okafor")
    form = {
        "practitioner": second.pk,
        "place": Place.objects.get().pk,
        "weekday": ["2", "4"],
        "valid_from": "2027-02-01",
    }
    page = is_refused_at(post(owner, "add-hours", **form, starts="12:00", ends="09:00"), "add-hours", "ends")
    assert chosen_in(page, "add-hours", "practitioner") == str(second.pk)
    assert value_of(page, "add-hours", "valid_from") == "2027-02-01"
    assert re.findall(r'name="weekday" value="(\d)" checked', page) == ["2", "4"]


def test_rules_that_are_refused_keep_the_typing_and_the_number_that_is_wrong_is_named(owner):
    rules = {
        "version": 0, "undo_seconds": 60, "hold_minutes": "five", "offer_minutes": 30, "offers_at_once": 2,
        "reminder_hours": 48, "cancel_hours": 36, "quiet_from": "20:15", "quiet_until": "09:00", "no_show_fee_cents": 2500,
    }  # fmt: skip
    page = is_refused_at(post(owner, "rules", **rules), "rules", "hold_minutes")
    assert "Minutes a form holds a time: A whole number is needed here." in page
    for name in ("undo_seconds", "hold_minutes", "cancel_hours", "quiet_from", "no_show_fee_cents"):
        assert value_of(page, "rules", name) == str(rules[name])
    post(owner, "rules", **rules | {"hold_minutes": 5, "cancel_hours": 12})
    stale = post(owner, "rules", **rules | {"hold_minutes": 7})
    assert stale.status_code == 409
    page = stale.content.decode()
    assert value_of(page, "rules", "hold_minutes") == "7"
    assert "Saved meanwhile: 12" in page


def test_a_shift_is_removed_by_its_weekdays_name(owner):
    page = owner[0].get(reverse("booking:set_up", kwargs={"clinic": owner[1].slug})).content.decode()
    assert 'Remove<span class="vh"> Elena Marchetti, Mon ' in page


def test_a_credential_that_runs_out_ends_her_free_times(owner):
    _, clinic, elena = owner
    service = Service.objects.get(kind="ims")
    now = timezone.now()
    last = (now + timedelta(days=10)).date()
    Service.objects.filter(pk=service.pk).update(credential="IMS")

    def days():
        offers = free_times_for(the_system(clinic), service=service_now(), first_day=now.date(), n_days=28, at=now)
        return {offer.starts_at.date() for offer in offers}

    def service_now():
        return Service.objects.prefetch_related("phases").get(pk=service.pk)

    assert days() == set()
    Credential.objects.create(clinic=clinic, practitioner=elena, body="B", programme="ims", expires_on=last)
    assert days()
    assert max(days()) <= last + timedelta(days=1)


def test_a_room_without_the_equipment_is_not_given(owner):
    clinic = owner[1]
    service = Service.objects.get(kind="ims")
    Service.objects.filter(pk=service.pk).update(equipment=["lamp"])
    now = timezone.now()

    def rooms():
        service = Service.objects.prefetch_related("phases").get(kind="ims")
        offers = free_times_for(the_system(clinic), service=service, first_day=now.date(), n_days=14, at=now)
        return {offer.room_id for offer in offers}

    assert rooms() == set()
    second = Room.objects.get(name="Room 2")
    Room.objects.filter(pk=second.pk).update(equipment=["lamp", "table"])
    assert rooms() == {second.pk}


@pytest.fixture
def at_the_desk():
    """(client of the receptionist, clinic, second practitioner, patient in care)."""
    clinic, client = a_clinic(), Client()
    a_practitioner(clinic)
    client.force_login(a_receptionist(clinic))
    hannah = a_patient(clinic)
    a_course(clinic, hannah)
    return client, clinic, a_practitioner(clinic, name="David Okafor"), hannah


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [({"last_day": "2020-01-01"}, "last_day"), ({"first_day": ""}, "first_day"), ({"until_time": ""}, "until_time")],
)
def test_a_wish_that_is_refused_keeps_treatment_and_practitioner_and_leads_to_its_field(at_the_desk, changes, wrong):
    client, clinic, david, hannah = at_the_desk
    service = Service.objects.get(clinic=clinic, kind="acupuncture")
    form = {
        "service": service.pk,
        "practitioner": david.pk,
        "from_time": "10:00",
        "until_time": "12:00",
        "weekday": "2",
    }
    form |= {"first_day": "2027-01-04", "last_day": "2027-02-04"} | changes
    answer = client.post(reverse("booking:wait", kwargs={"clinic": clinic.slug, "patient": hannah.pk}), form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'href="#id_{wrong}"' in page
    assert f'id="{wrong}-error"' in page
    assert f'name="service" value="{service.pk}" checked' in page
    assert f'name="practitioner" value="{david.pk}" checked' in page
    assert page.count("checked") == 3
    assert f'name="{wrong}" type="{"time" if "time" in wrong else "date"}" value="{changes[wrong]}"' in page


@pytest.mark.parametrize("name", ["first_day", "at_time", "n_visits", "every_days"])
def test_a_field_of_a_series_that_was_emptied_is_asked_for_and_not_filled_in(at_the_desk, name):
    client, clinic, david, hannah = at_the_desk
    form = {"service": Service.objects.get(clinic=clinic, kind="ims").pk, "practitioner": david.pk}
    form |= {"first_day": "2027-01-04", "at_time": "10:00", "n_visits": "4", "every_days": "7"} | {name: ""}
    answer = client.get(reverse("booking:series", kwargs={"clinic": clinic.slug, "patient": hannah.pk}), form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'href="#id_{name}"' in page
    assert f'id="{name}-error"' in page
    assert re.search(rf'<input id="id_{name}"[^>]*value=""', page)


def test_a_series_with_a_time_taken_since_is_named_and_can_still_be_booked_in_part():
    clinic = a_clinic()
    elena, client = a_practitioner(clinic), Client()
    client.force_login(a_receptionist(clinic))
    people = [a_patient(clinic, given_name=name, email="") for name in ("Hannah", "Omar")]
    for person in people:
        a_course(clinic, person)
    service = Service.objects.get(kind="ims")
    now = timezone.now()
    offers = free_times_for(the_system(clinic), service=service, first_day=now.date(), n_days=30, at=now)
    chosen = [offers[0].starts_at, offers[-1].starts_at]

    def book(person, starts, **form):
        url = reverse("booking:series", kwargs={"clinic": clinic.slug, "patient": person.pk})
        form = form | {"service": service.pk, "practitioner": elena.pk, "n_visits": len(starts)}
        return client.post(
            url, form | {f"visit-{n}": f"{start.isoformat()}|{elena.pk}" for n, start in enumerate(starts, 1)}
        )

    assert book(people[1], chosen[:1], key="a").status_code == 302
    refused = book(people[0], chosen, key="b", what="all")
    assert refused.status_code == 409
    assert f"{timezone.localtime(chosen[0]):%d %b}"[:2] in refused.content.decode()
    assert not Appointment.objects.filter(patient=people[0]).exists()
    assert book(people[0], chosen, key="b", what="some").status_code == 302
    assert Appointment.objects.filter(patient=people[0]).count() == 1
    assert book(people[0], [], key="c").status_code == 422
