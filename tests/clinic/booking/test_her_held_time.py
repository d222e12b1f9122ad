"""The time that she holds herself is hers in the list: it says until when, can be chosen again, and is nobody else's."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from myotome.clinic.booking.holds import hold_of, hold_time
from myotome.clinic.booking.models import Appointment, Hold, Service
from myotome.clinic.people.links import link_token
from myotome.clinic.people.models import Practitioner
from myotome.clinic.people.queries import public_actor
from myotome.clinic.planning.models import Plan
from myotome.pages.booking.offers import Day, one_for_each_start
from tests.clinic.booking.test_bad_times import address, form
from tests.factories import a_clinic, a_course, a_page_link, a_patient, a_practitioner, a_receptionist

pytestmark = pytest.mark.django_db
assert form  # a fixture
START = re.compile(r'name="start" value="([^"]+)"')
KEPT = "kept for you until"


@pytest.fixture(autouse=True)
def no_counts_of_before():
    cache.clear()
    yield
    cache.clear()


def in_care(clinic, name):
    """(her client behind her birth date, the address of her booking page)."""
    now, elena = timezone.now(), Practitioner.objects.filter(clinic=clinic).order_by("pk").first()
    patient = a_patient(clinic, in_care_of=elena, given_name=name)
    Plan.objects.create(
        clinic=clinic, course=a_course(clinic, patient, opened_at=now), made_by=elena, mode="ims", n_treatments=6,
        price_cents_each=9500, made_at=now, agreed_at=now,
    )  # fmt: skip
    client, where = Client(), {"clinic": clinic.slug, "token": a_page_link(patient)}
    client.post(reverse("portal:page", kwargs=where), {"born_on": "1968-03-12"})
    return client, reverse("portal:book_by_link", kwargs=where)


@pytest.fixture
def clinic():
    made = a_clinic()
    a_practitioner(made)
    Service.objects.filter(kind="ims").update(in_care_may_book=True)
    return made


def starts_in(page):
    return {datetime.fromisoformat(row.partition("|")[0]) for row in START.findall(page)}


def test_her_own_held_time_stays_in_her_list_and_goes_from_the_others(clinic):
    hannah, url = in_care(clinic, "Hannah")
    maja, her_url = in_care(clinic, "Maja")
    service = Service.objects.get(kind="ims").pk
    before = hannah.get(url).content.decode()
    assert KEPT not in before
    chosen = START.findall(before)[0]
    assert hannah.get(url, {"service": service, "start": chosen}).status_code == 200
    hold = Hold.objects.get()
    mine, others = hannah.get(url).content.decode(), maja.get(her_url).content.decode()
    assert mine.count(KEPT) == START.findall(mine).count(chosen) > 0
    assert starts_in(mine) == starts_in(before)
    assert KEPT not in others
    assert hold.starts_at not in starts_in(others)
    assert "Is this right?" in hannah.get(url, {"service": service, "start": chosen}).content.decode()
    assert Hold.objects.get().starts_at == hold.starts_at
    booked = hannah.post(url, {"service": service, "start": chosen, "key": "k"})
    assert booked.status_code == 302
    assert not Hold.objects.exists()


def test_what_overlaps_her_held_time_is_free_for_her_too_since_it_would_let_go_of_it(clinic):
    hannah, url = in_care(clinic, "Hannah")
    by_start = sorted(START.findall(hannah.get(url).content.decode()))
    service = Service.objects.get(kind="ims").pk
    hannah.get(url, {"service": service, "start": by_start[0]})
    assert hannah.get(url, {"service": service, "start": by_start[1]}).status_code == 200
    assert Hold.objects.get().starts_at == datetime.fromisoformat(by_start[1].partition("|")[0])


def test_somebody_new_sees_the_time_that_her_form_holds_as_hers(client, form):
    clinic, good = form
    list_of_times = reverse("booking:choose", kwargs={"clinic": clinic.slug})
    ask = {"intake": good["intake"], "service": good["service"]}
    before = client.get(list_of_times, ask).content.decode()
    assert client.get(address(clinic), good).status_code == 200
    after = client.get(list_of_times, ask).content.decode()
    assert KEPT not in before
    links = [link.partition("</a>")[0] for link in after.split("<a ")[1:]]
    held = [re.search(r'href="([^"]+)"', link)[1] for link in links if KEPT in link]
    assert held
    assert {datetime.fromisoformat(parse_qs(urlsplit(unescape(url)).query)["start"][0]) for url in held} == {
        datetime.fromisoformat(good["start"])
    }
    Hold.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    assert KEPT not in client.get(list_of_times, ask).content.decode()


def test_choosing_the_same_time_again_never_keeps_it_for_less_long(clinic):
    by, now = public_actor(clinic), timezone.now()
    elena, service = Practitioner.objects.get(), Service.objects.get(kind="ims")
    start = (now + timedelta(days=1)).replace(hour=18, minute=0, second=0, microsecond=0)
    start += timedelta(days={5: 2, 6: 1}.get(start.weekday(), 0))
    what = {"by": by, "key": "k", "service_id": service.pk, "practitioner_id": elena.pk}
    first = hold_time(at=now, starts_at=start, minutes=60, **what)
    again = hold_time(at=now + timedelta(minutes=1), starts_at=start, **what)
    assert again.expires_at == first.expires_at
    other = hold_time(at=now + timedelta(minutes=2), starts_at=start + timedelta(hours=1), **what)
    assert other.expires_at < first.expires_at
    assert hold_of(by, "k", at=now) == other
    assert hold_of(by, "k", at=other.expires_at) is None


def test_a_held_time_is_seen_at_first_sight_and_comes_before_the_same_start_with_somebody_else():
    class Offer:
        def __init__(self, n, who, held):
            self.starts_at, self.practitioner_id, self.held_until = n, who, held

    offers = [Offer(n, 1, n == 13) for n in range(40)]
    assert [row.starts_at for row in Day(None, offers).first if row.held_until] == [13]
    both = [
        Offer(1, 1, None),
        Offer(2, 1, None),
        Offer(1, 2, None),
        Offer(1, 3, True),
        Offer(2, 3, None),
        Offer(3, 3, None),
    ]
    assert [row.practitioner_id for row in one_for_each_start(both)] == [3, 1, 3]


def her_visit(clinic):
    """(her visit, her client and the address to move it, the desk's client and address)."""
    hannah, url = in_care(clinic, "Hannah")
    service, robin = Service.objects.get(kind="ims"), a_receptionist(clinic)
    chosen = sorted(START.findall(hannah.get(url).content.decode()))[0]
    hannah.post(url, {"service": service.pk, "start": chosen, "key": "k"})
    visit, desk = Appointment.objects.get(), Client()
    desk.force_login(robin)
    token = link_token("appointment", visit.pk, visit.link_version)
    moving = reverse("booking:move", kwargs={"clinic": clinic.slug, "token": token})
    at_desk = reverse("desk:move", kwargs={"clinic": clinic.slug, "appointment": visit.pk})
    Plan.objects.update(agreed_at=None)  # no distances to be kept here
    return visit, (hannah, moving), (desk, at_desk)


def holds(visit, starts_at, key):
    return hold_time(
        by=public_actor(visit.clinic), at=timezone.now(), key=key, service_id=visit.service_id,
        practitioner_id=visit.practitioner_id, starts_at=starts_at,
    )  # fmt: skip


@pytest.mark.parametrize("whose_form", ["her next visit", "after her questions"])
@pytest.mark.parametrize("where", ["under her link", "at the desk"])
def test_what_she_holds_herself_does_not_keep_her_visit_from_being_moved_there(clinic, where, whose_form):
    visit, hers, desk = her_visit(clinic)
    client, address = hers if where == "under her link" else desk
    before = starts_in(client.get(address, {"page": 1}).content.decode())
    key = f"own-{visit.patient_id}"
    if whose_form == "after her questions":
        Appointment.objects.update(intake_id=7)
        key = "intake-7"
    wanted = max(before)
    holds(visit, wanted, key)
    page = client.get(address, {"page": 1}).content.decode()
    assert starts_in(page) == before
    assert (KEPT if where == "under her link" else "kept for her until") in page
    for neighbour in sorted(before)[-2:]:
        sent = {"version": visit.version, "start": f"{neighbour.isoformat()}"}
        sent["start"] += f"|{visit.practitioner_id}" if where == "at the desk" else ""
        assert client.post(address, sent).status_code == 302
        visit.refresh_from_db()
        assert visit.starts_at == neighbour
    assert not Hold.objects.exists(), "she has what she held"


@pytest.mark.parametrize("where", ["under her link", "at the desk"])
def test_what_somebody_else_holds_is_not_moved_into(clinic, where):
    visit, hers, desk = her_visit(clinic)
    client, address = hers if where == "under her link" else desk
    wanted = max(starts_in(client.get(address, {"page": 1}).content.decode()))
    for key in ("own-0", "intake-8"):
        holds(visit, wanted, key)
        assert wanted not in starts_in(client.get(address, {"page": 1}).content.decode())
        start = wanted.isoformat() + (f"|{visit.practitioner_id}" if where == "at the desk" else "")
        assert client.post(address, {"version": visit.version, "start": start}).status_code == 409
        assert Hold.objects.get().key == key
        Hold.objects.all().delete()
    visit.refresh_from_db()
    assert visit.starts_at != wanted


@pytest.mark.parametrize("where", ["under her link", "at the desk"])
def test_the_time_that_her_visit_has_now_is_not_taken_to_her(clinic, where):
    visit, hers, desk = her_visit(clinic)
    client, address = hers if where == "under her link" else desk
    page = visit.starts_at - timezone.now() >= timedelta(days=7)
    assert visit.starts_at in starts_in(client.get(address, {"page": int(page)}).content.decode())
    overlapping = visit.starts_at + timedelta(minutes=15)
    start = overlapping.isoformat() + (f"|{visit.practitioner_id}" if where == "at the desk" else "")
    assert client.post(address, {"version": visit.version, "start": start}).status_code == 302
    visit.refresh_from_db()
    assert visit.starts_at == overlapping


def test_a_time_that_she_holds_elsewhere_stays_kept_when_her_visit_is_moved(clinic):
    visit, (client, address), _ = her_visit(clinic)
    free = sorted(starts_in(client.get(address, {"page": 1}).content.decode()))
    kept = holds(visit, free[0], f"own-{visit.patient_id}")
    assert client.post(address, {"version": visit.version, "start": free[-1].isoformat()}).status_code == 302
    assert Hold.objects.get() == kept
    assert kept.claims.exists()


def test_the_desk_books_her_into_what_she_holds_and_sees_that_it_is_hers(clinic):
    visit, _, (desk, _) = her_visit(clinic)
    address = reverse("desk:book", kwargs={"clinic": clinic.slug, "patient": visit.patient_id})
    shown = desk.get(address, {"service": visit.service_id, "page": 1}).content.decode()
    wanted = max(starts_in(shown))
    holds(visit, wanted, f"own-{visit.patient_id}")
    page = desk.get(address, {"service": visit.service_id, "page": 1}).content.decode()
    assert starts_in(page) == starts_in(shown)
    assert "kept for her until" in page
    sent = {"service": visit.service_id, "start": f"{wanted.isoformat()}|{visit.practitioner_id}", "key": "k"}
    assert desk.post(address, sent).status_code == 302
    assert Appointment.objects.filter(starts_at=wanted).exists()
    assert not Hold.objects.exists()
