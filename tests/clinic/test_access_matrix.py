"""Every route, every role, every kind of object: what is not yours is not there.

The routes come from the site itself. A new route whose URL needs an id this table cannot fill fails the test and says
so. Requests run in a transaction that is rolled back, so that one cannot disturb the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, resolve
from django.utils import timezone

from myotome.clinic.assessment.models import Examination
from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.booking.calendars import make_feed
from myotome.clinic.booking.importing import hand_in
from myotome.clinic.booking.models import Appointment, DeskAct, Offered, Opening, Service
from myotome.clinic.booking.openings import offer_link
from myotome.clinic.booking.queries import free_times_for
from myotome.clinic.booking.waitlist import wait_for
from myotome.clinic.booking.wishes import mail_token
from myotome.clinic.followup.asking import ask
from myotome.clinic.followup.queries import request_link
from myotome.clinic.money.actions import charge_visit
from myotome.clinic.money.payments import take_payment
from myotome.clinic.needling.actions import open_visit, record_insertion
from myotome.clinic.needling.after_queries import check_link
from myotome.clinic.needling.models import AdverseEvent, AfterCheck, Incident, Supervision
from myotome.clinic.people.links import link_token
from myotome.clinic.people.models import Membership, PatientMerge
from myotome.clinic.planning.actions import make_plan
from myotome.clinic.screening.by_link import intake_link
from myotome.clinic.screening.models import Intake
from myotome.vocabulary.courses import Role
from myotome.vocabulary.measures import Occasion
from myotome.vocabulary.needling import TreatmentMode
from myotome.website.checks import is_outside, routes
from tests.factories import (
    a_clinic,
    a_consent,
    a_course,
    a_needle,
    a_page_link,
    a_patient,
    a_practitioner,
    a_receptionist,
    a_user,
    an_actor,
    the_system,
)

pytestmark = pytest.mark.django_db
CLINICAL = {"examination", "course", "visit", "intake", "plan", "consent", "incident", "charge", "payment", "event"}
"""Ids that lead into a chart, or to what another has earned: a practitioner without a care relation gets 404."""
WORDS = {"to": "arrived", "what": "chart", "code": "saddle_numbness", "step": "pain", "number": 1, "key": "x"}
WORDS |= {"muscle": "tibialis_anterior", "root": "L5", "point": "ST36", "table": "conditions", "row": "low_back_pain"}
WORDS |= {"letter": "letters"}  # of no kind: tests/spec/booking tries those of others
WORDS |= {"fit": 1}  # of none: tests/clinic/learning tries those of others
REFUSED = {302, 403, 404, 405, 410}


@dataclass
class World:
    """One clinic with two patients: hers (in Elena's care) and another's (in David's)."""

    clinic: Any
    users: dict[str, Any]
    hers: dict[str, Any]
    others: dict[str, Any]


def objects_of(clinic, practitioner, patient) -> dict[str, Any]:
    """One of everything that a URL can name, for one patient."""
    actor = an_actor(practitioner.user, clinic)
    now = timezone.now()
    intake = Intake.objects.create(
        clinic=clinic, patient=patient, content_version="1", channel="online", regions=["left:low_back"],
        answers={"regions": ["left:low_back"]}, started_at=now,
    )  # fmt: skip
    course = a_course(clinic, patient, intake=intake, opened_at=now)
    service = Service.objects.get(clinic=clinic, kind="ims")
    offer = free_times_for(
        the_system(clinic),
        service=service,
        first_day=now.date() + timedelta(days=2),
        n_days=7,
        at=now,
        practitioner_id=practitioner.pk,
    )[0]
    from myotome.clinic.booking.actions import book

    appointment = book(
        by=the_system(clinic), at=now, patient_id=patient.pk, service_id=service.pk, practitioner_id=practitioner.pk,
        starts_at=offer.starts_at, course_id=course.pk,
    )  # fmt: skip
    examination = Examination.objects.create(
        clinic=clinic, course=course, examiner=practitioner, started_at=now, region="back_leg", impression="L5"
    )
    plan = make_plan(
        by=actor, at=now, course_id=course.pk, mode=TreatmentMode.IMS, n_treatments=4, price_cents_each=1, sites=[]
    )
    visit = open_visit(by=actor, at=now, course_id=course.pk, mode=TreatmentMode.IMS, plan_id=plan.pk)
    record_insertion(by=actor, at=now, visit_id=visit.pk, needle=a_needle())
    incident = Incident.objects.create(clinic=clinic, visit=visit, kind="fragment", opened_at=now, opened_by="x")
    event = AdverseEvent.objects.create(
        clinic=clinic, visit=visit, kind="pain_after", grade="mild", reported_at=now, reported_by="x"
    )
    check = AfterCheck.objects.create(
        clinic=clinic, visit=visit, questions_version="1", created_at=now, due_at=now,
        expires_at=now + timedelta(days=14),
    )  # fmt: skip
    supervision = Supervision.objects.create(
        clinic=clinic, practitioner=practitioner, supervisor=a_practitioner(clinic, name="Sofia Lind"),
        from_on=now.date() - timedelta(days=9), until_on=now.date() - timedelta(days=5), added_at=now, added_by="x",
    )  # fmt: skip
    request = ask(by=actor, at=now, course=course, occasion=Occasion.BEFORE_VISIT, due_on=now.date())
    twin = a_patient(clinic, given_name=f"Twin{patient.pk}")
    merge = PatientMerge.objects.create(
        clinic=clinic, kept=patient, merged=twin, moved=[], merged_at=now, merged_by="x"
    )
    wish = wait_for(
        by=actor, at=now, patient_id=patient.pk, service_id=service.pk, first_day=now.date(),
        last_day=now.date() + timedelta(days=9),
    )  # fmt: skip
    opening = Opening.objects.create(
        clinic=clinic, service=service, practitioner=practitioner, starts_at=now + timedelta(days=2), created_at=now
    )
    offered = Offered.objects.create(
        clinic=clinic, opening=opening, wish=wish, offered_at=now, expires_at=now + timedelta(hours=1)
    )
    later = Opening.objects.create(
        clinic=clinic, service=service, practitioner=practitioner, starts_at=now + timedelta(days=3), created_at=now
    )
    to_phone = Offered.objects.create(
        clinic=clinic, opening=later, wish=wish, offered_at=now, expires_at=later.starts_at, by_phone=True
    )
    act = DeskAct.objects.create(
        clinic=clinic, appointment=appointment, act="booked", at=now, until=now + timedelta(minutes=3),
        before={"version": 1},
    )  # fmt: skip
    feed = make_feed(by=actor, at=now, name="Elena")
    robin = the_system(clinic)
    charge = charge_visit(by=robin, at=now, appointment_id=appointment.pk)
    payment = take_payment(
        by=robin, at=now, patient_id=patient.pk, parts={charge.pk: 5000}, method="cash", key=f"of {patient.pk}"
    )
    handed = hand_in(by=actor, at=now, kind="patients", name="x.csv", content=b"given_name,family_name,born_on\n")
    return {
        "handed": handed.pk,
        "feed": feed.feed.pk,
        "charge": charge.pk,
        "payment": payment.pk,
        "wish": wish.pk,
        "offer": to_phone.pk,
        "act": act.pk,
        "practitioner": practitioner.pk,
        "patient": patient.pk,
        "course": course.pk,
        "intake": intake.pk,
        "appointment": appointment.pk,
        "examination": examination.pk,
        "plan": plan.pk,
        "visit": visit.pk,
        "incident": incident.pk,
        "event": event.pk,
        "supervision": supervision.pk,
        "consent": a_consent(course).pk,
        "merge": merge.pk,
        "tokens": {
            "screening": intake_link(intake),
            "booking": link_token("appointment", appointment.pk, 1),
            "booking:offer": offer_link(offered),
            "booking:feed": feed.token,
            "booking:mail": mail_token(patient),
            "portal:questions": request_link(request),
            "portal:question": request_link(request),
            "portal:check": check_link(check),
            "portal:check_question": check_link(check),
            "portal:check_now": check_link(check),
            "portal": a_page_link(patient),
        },
    }


def a_world(slug: str) -> World:
    clinic = a_clinic(slug)
    elena, david = a_practitioner(clinic), a_practitioner(clinic, name="David Okafor")
    hannah, omar = a_patient(clinic), a_patient(clinic, given_name="Omar", family_name="Aziz", email="o@example.org")
    account = a_user(clinic)
    hannah.user = account
    hannah.save(update_fields=["user"])
    users = {
        "practitioner": elena.user,
        "colleague": a_practitioner(clinic, name="Sofia Lind").user,
        "receptionist": a_receptionist(clinic),
        "owner": a_user(clinic, Role.OWNER),
        "steward": a_user(clinic, Role.STEWARD),
        "patient": account,
    }
    return World(clinic, users, objects_of(clinic, elena, hannah), objects_of(clinic, david, omar))


def own_routes() -> list[tuple[str, URLPattern, str]]:
    """(full name, pattern, path) of every route of the site that is not a library's."""
    from django.urls import get_resolver

    names = {}

    def walk(resolver, namespace):
        for entry in resolver.url_patterns:
            if hasattr(entry, "url_patterns"):
                walk(entry, f"{namespace}{entry.namespace}:" if entry.namespace else namespace)
            else:
                names[id(entry)] = f"{namespace}{entry.name}"

    walk(get_resolver(), "")
    return [(names[id(entry)], entry, path) for path, entry in routes() if not is_outside(entry.callback)]


def url_of(name: str, path: str, clinic_slug: str, ids: dict[str, Any]) -> str:
    """The route's URL filled with ids.

    Fails with what to add when the path names something this file does not know.
    """
    import re

    def fill(match: re.Match[str]) -> str:
        kind, _, key = match.group(1).rpartition(":")
        if key == "clinic":
            return clinic_slug
        if key == "token":
            app = name.split(":")[0]
            return str(ids["tokens"].get(name) or ids["tokens"][app])
        if key in ids:
            return str(ids[key])
        if key in WORDS:
            return str(WORDS[key])
        raise AssertionError(f"The route {name} needs <{kind}:{key}>: add it to objects_of or WORDS in this file.")

    return "/" + re.sub(r"<([^>]+)>", fill, path)


def ask_for(client: Client, method: str, url: str) -> int:
    """The status of one request, whatever it wrote undone."""
    with transaction.atomic():
        answer = client.get(url) if method == "GET" else client.post(url, {"version": "1"})
        transaction.set_rollback(True)
    return answer.status_code


@pytest.fixture
def worlds():
    return a_world("alder"), a_world("birch")


def names_in(path: str) -> set[str]:
    return {part.rsplit(":", 1)[-1].split(">")[0] for part in path.split("<")[1:]}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "role", ["anonymous", "practitioner", "colleague", "receptionist", "owner", "steward", "patient"]
)
def test_every_route_answers_every_role_as_the_table_says(worlds, role, method):
    alder, birch = worlds
    client = Client()
    held = frozenset()
    if role != "anonymous":
        user = alder.users[role]
        client.force_login(user)
        held = an_actor(user, alder.clinic).roles
    wrong = []
    for name, pattern, path in own_routes():
        access = pattern.callback.access
        if access.kind != "roles":
            status = ask_for(client, method, url_of(name, path, "alder", alder.hers))
            if status >= 500 or (access.kind == "signed_in" and role == "anonymous" and status != 302):
                wrong.append((name, "own", status))
            continue
        own = ask_for(client, method, url_of(name, path, "alder", alder.hers))
        if role == "anonymous":
            ok = own == 302
        elif not held & access.roles:
            ok = own == 403
        elif role == "colleague" and names_in(path) & CLINICAL:
            ok = own in {404, 405}
        elif role == "patient":
            ok = own < 400
        else:
            ok = (own not in {403, 404} and own < 500) or (method == "POST" and own in {404, 405, 422, 409})
        if not ok:
            wrong.append((name, "own", own))
        if names_in(path) - {"clinic"} - set(WORDS):
            foreign = ask_for(client, method, url_of(name, path, "alder", birch.hers))
            if foreign not in REFUSED or (role != "anonymous" and held & access.roles and foreign not in {404, 405}):
                wrong.append((name, "another clinic's id", foreign))
        elsewhere = ask_for(client, method, url_of(name, path, "birch", birch.hers))
        if role != "anonymous" and elsewhere not in {404, 405}:
            wrong.append((name, "another clinic", elsewhere))
        if role == "practitioner" and held & access.roles and names_in(path) & CLINICAL:
            others = ask_for(client, method, url_of(name, path, "alder", alder.others))
            if others not in {404, 405}:
                wrong.append((name, "another's patient", others))
    assert wrong == []


@pytest.mark.parametrize("role", ["anonymous", "practitioner"])
def test_no_route_knows_a_method_beside_reading_and_posting(worlds, role):
    alder, _ = worlds
    client = Client()
    if role != "anonymous":
        client.force_login(alder.users[role])
    before = AuditEvent.objects.count()
    answers = {
        (name, method): client.generic(method, url_of(name, path, "alder", alder.hers)).status_code
        for name, _pattern, path in own_routes()
        for method in ("DELETE", "PUT", "PATCH", "TRACE")
    }
    assert len(answers) > 500
    assert {asked: status for asked, status in answers.items() if status != 405} == {}
    assert AuditEvent.objects.count() == before


def test_a_link_of_one_clinic_opens_nothing_in_another(worlds):
    alder, _ = worlds
    client = Client()
    for name, pattern, path in own_routes():
        if pattern.callback.access.kind == "link" and "<str:token>" in path:
            status = ask_for(client, "GET", url_of(name, path, "birch", alder.hers))
            assert status in {404, 405}, (name, status)
            broken = {**alder.hers, "tokens": {key: "WzEsMV0:nonsense" for key in alder.hers["tokens"]}}
            assert ask_for(client, "GET", url_of(name, path, "alder", broken)) in {404, 405}, name


def test_a_refused_request_writes_nothing_but_its_refusal(worlds):
    alder, _ = worlds
    client = Client()
    client.force_login(alder.users["receptionist"])
    models = [
        m
        for m in apps.get_models()
        if m._meta.app_label
        in {"people", "screening", "booking", "money", "assessment", "planning", "needling", "followup"}
    ]
    before = {model: model._base_manager.count() for model in models}
    n_refused = 0
    for name, pattern, path in own_routes():
        access = pattern.callback.access
        if access.kind == "roles" and Role.RECEPTIONIST not in access.roles:
            answer = client.post(url_of(name, path, "alder", alder.hers), {"version": "1", "reason": "curious"})
            assert answer.status_code == 403, (name, answer.status_code)
            n_refused += 1
    assert {model: model._base_manager.count() for model in models} == before
    assert AuditEvent.objects.filter(act="access.refused").count() == n_refused > 20


@pytest.mark.parametrize(
    "name",
    [
        "chart:patient",
        "assessment:examination",
        "planning:plan",
        "needling:chart",
        "followup:course",
        "screening:summary",
    ],
)
def test_opening_a_chart_leaves_one_event_of_reading(worlds, name):
    alder, _ = worlds
    client = Client()
    client.force_login(alder.users["practitioner"])
    path = next(path for found, _p, path in own_routes() if found == name)
    before = AuditEvent.objects.count()
    assert client.get(url_of(name, path, "alder", alder.hers)).status_code == 200
    events = list(AuditEvent.objects.order_by("id")[before:])
    reads = [event for event in events if event.act.endswith(".read")]
    assert len(reads) == 1, [event.act for event in events]
    assert reads[0].patient_id == alder.hers["patient"]


@pytest.mark.parametrize(
    "name",
    [
        "desk:day", "desk:week", "desk:find", "desk:patient", "desk:book", "desk:appointment", "money:day", "money:owed", "money:account", "money:document", "chart:patient", "assessment:examination",
        "planning:plan", "needling:chart", "needling:board", "followup:course", "followup:discharge", "screening:summary",
        "public:front", "booking:manage",
    ],
)  # fmt: skip
def test_no_page_asks_the_database_more_than_fifteen_times(worlds, name):
    alder, _ = worlds
    client = Client()
    client.force_login(alder.users["practitioner"])
    path = next(path for found, _p, path in own_routes() if found == name)
    url = url_of(name, path, "alder", alder.hers)
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    asked = [row["sql"] for row in captured if row["sql"].startswith(("SELECT", "INSERT", "UPDATE", "DELETE"))]
    assert len(asked) <= 15, "\n".join(sql[:120] for sql in asked)


def test_a_person_without_a_role_in_the_clinic_finds_nothing_there(worlds):
    alder, birch = worlds
    assert not Membership.objects.filter(user=alder.users["practitioner"], clinic=birch.clinic).exists()
    client = Client()
    client.force_login(alder.users["practitioner"])
    assert client.get("/birch/desk/").status_code == 404
    assert Appointment.objects.filter(clinic=birch.clinic).exists()


def test_no_route_stands_in_the_way_of_another():
    alder = a_world("alder")
    hidden = [
        f"{name} is taken by {resolve(url).view_name}"
        for name, _pattern, path in own_routes()
        if resolve(url := url_of(name, path, "alder", alder.hers)).view_name != name
    ]
    assert hidden == []
