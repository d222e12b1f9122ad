"""A course as a report of needling, and courses as a data set: who gets them, what leaves, what stays, what is audited."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.learning.selection import Selection, take_data_set
from myotome.clinic.needling.actions import close_visit, open_visit, record_insertion, report_adverse_event
from myotome.clinic.needling.actions import strike_insertion as strike
from myotome.clinic.needling.models import TreatmentVisit
from myotome.clinic.people.models import Practitioner, Room
from myotome.clinic.planning.actions import SiteChoice, make_plan
from myotome.vocabulary.anatomy import NeedleRegion, Side
from myotome.vocabulary.courses import AdverseGrade, AdverseKind, Role
from myotome.vocabulary.errors import InvalidValue, NotAllowed
from myotome.vocabulary.needling import Adjunct, NeedleState, SiteKind, TreatmentMode
from tests.factories import (
    a_clinic,
    a_consent,
    a_course,
    a_needle,
    a_patient,
    a_practitioner,
    a_receptionist,
    a_user,
    an_actor,
    boxed,
)

pytestmark = pytest.mark.django_db
PURPOSE = "Audit of depths, board of 3 March"


def a_treated_course(*, n=3, **patient):
    """(course, actor): n visits a week apart, two needles each, charted as usual and closed."""
    clinic = a_clinic()
    elena = a_practitioner(clinic)
    Practitioner.objects.filter(pk=elena.pk).update(registration_body="College of Physiotherapists")
    course = a_course(clinic, a_patient(clinic, in_care_of=elena, **patient))
    a_consent(course)
    actor, now = an_actor(elena.user, clinic), timezone.now()
    site = SiteChoice(
        site_kind=SiteKind.MUSCLE, site="tensor_fasciae_latae", level="", side=Side.LEFT, region=NeedleRegion.BUTTOCK,
        reason="shortened 3",
    )  # fmt: skip
    plan = make_plan(
        by=actor, at=now, course_id=course.pk, mode=TreatmentMode.IMS, n_treatments=8, price_cents_each=1, sites=[site]
    )
    for k in range(n):
        at = now - timedelta(days=7 * (n - 1 - k))
        visit = open_visit(
            by=actor, at=at, course_id=course.pk, mode=TreatmentMode.IMS, plan_id=plan.pk,
            room_id=Room.objects.first().pk,
        )  # fmt: skip
        for muscle in ("tensor_fasciae_latae", "gluteus_medius"):
            needle = a_needle(site=muscle, state=NeedleState.OUT, grasp=2, release=True, seconds=8.0, lot="A17")
            record_insertion(by=actor, at=at, visit_id=visit.pk, needle=needle)
        later = at + timedelta(minutes=30)
        close_visit(by=actor, at=later, visit_id=visit.pk, version=1, adjuncts=[Adjunct.STRETCHING], **boxed(2))
    return course, actor


def where(name, course, /, **more):
    return reverse(f"learning:{name}", kwargs={"clinic": course.clinic.slug, **more})


@pytest.fixture
def care(client):
    course, actor = a_treated_course()
    client.force_login(Practitioner.objects.get(pk=actor.practitioner_id).user)
    return course, actor


def test_a_course_charted_as_usual_answers_fifteen_items_on_the_page(client, care):
    course, _actor = care
    page = client.get(where("report", course, course=course.pk)).content.decode()
    assert "15 of 15 items are answered" in page
    assert "6 insertions in 3 sessions" in page
    assert "Not answered yet" not in page


@pytest.mark.parametrize(
    ("form", "kind"), [("csv", "text/csv"), ("json", "application/json"), ("pdf", "application/pdf")]
)
def test_a_report_leaves_in_each_form_without_a_name_and_is_audited(client, care, form, kind):
    course, actor = care
    answer = client.get(where(f"report_{form}", course, course=course.pk))
    assert answer["Content-Type"].startswith(kind)
    assert answer["Cache-Control"] == "no-store"
    event = AuditEvent.objects.get(act="course.reported")
    assert (event.patient_id, event.detail["form"], event.actor_user_id) == (course.patient_id, form, actor.user_id)
    if form == "csv":
        assert len(list(csv.DictReader(io.StringIO(answer.content.decode())))) == 17
    if form == "json":
        assert json.loads(answer.content)["answered"] == 15
    if form != "pdf":
        assert not re.search("Hannah|Lindqvist|Elena|1968", answer.content.decode())


def test_a_report_is_of_her_own_patients_and_of_no_receptionist(client, care):
    course, _actor = care
    client.force_login(a_practitioner(course.clinic, name="David").user)
    assert client.get(where("report_csv", course, course=course.pk)).status_code == 404
    client.force_login(a_receptionist(course.clinic))
    assert client.get(where("report_csv", course, course=course.pk)).status_code == 403
    assert not AuditEvent.objects.filter(act="course.reported").exists()


def test_the_meter_is_fetched_by_the_course_and_by_a_closed_visit(client, care, django_assert_max_num_queries):
    course, _actor = care
    visit = TreatmentVisit.objects.order_by("-pk").first()
    pages = [
        reverse("followup:course", kwargs={"clinic": "alder", "course": course.pk}),
        reverse("needling:chart", kwargs={"clinic": "alder", "visit": visit.pk}),
    ]
    meter = where("meter", course, course=course.pk)
    for page in pages:
        content = client.get(page).content.decode()
        assert f'hx-get="{meter}"' in content
        assert where("report", course, course=course.pk) in content, "without script the report is one touch away"
    client.get(meter)
    with django_assert_max_num_queries(15):
        assert "15 of 15 items are charted" in client.get(meter).content.decode()
    assert not AuditEvent.objects.filter(act="course.reported").exists()


def test_what_else_was_given_is_said_at_closing_and_shown(client):
    course, actor = a_treated_course(n=0)
    client.force_login(Practitioner.objects.get().user)
    visit = open_visit(by=actor, at=timezone.now(), course_id=course.pk, mode=TreatmentMode.IMS)
    record_insertion(by=actor, at=timezone.now(), visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    close = reverse("needling:close", kwargs={"clinic": "alder", "visit": visit.pk})
    form = {"version": "1", "n_needles_opened": "1", "n_needles_in_sharps": "1", "note": "kept"}
    both = client.post(close, form | {"besides": ["nothing", "heat"]})
    assert both.status_code == 422
    assert "not both" in both.content.decode()
    assert 'value="heat" checked' in both.content.decode()
    assert client.post(close, form | {"besides": ["sauna"]}).status_code == 422
    assert TreatmentVisit.objects.get().closed_at is None
    client.post(close, form | {"besides": ["heat", "exercise", "heat"]})
    assert TreatmentVisit.objects.get().adjuncts == ["heat", "exercise"]
    assert "heat, exercises" in client.get(close.replace("close/", "")).content.decode()


# -- the data set


def taken(client, course, **form):
    form = {"first_day": "2020-01-01", "last_day": "2100-01-01", "purpose": PURPOSE} | form
    return client.post(where("data", course), form)


def tables(answer):
    with zipfile.ZipFile(io.BytesIO(answer if isinstance(answer, bytes) else answer.content)) as archive:
        return {
            name.removesuffix(".csv"): list(csv.DictReader(io.StringIO(archive.read(name).decode())))
            for name in archive.namelist()
            if name.endswith(".csv")
        } | {"about": json.loads(archive.read("about.json"))}


@pytest.fixture
def owner(client, care):
    course, _actor = care
    user = a_user(course.clinic, Role.OWNER, name="Olga")
    client.force_login(user)
    return user


def test_the_owner_takes_courses_pseudonymised_with_their_dictionary(client, care, owner):
    course, actor = care
    visit = TreatmentVisit.objects.order_by("pk").first()
    visit.insertions.filter(number=1).update(site_kind="free", site="beside Hannah's scar", nearest="multifidus-L4")
    report_adverse_event(
        by=actor, at=timezone.now(), visit_id=visit.pk, kind=AdverseKind.FAINT, grade=AdverseGrade.MILD, number=2
    )
    found = tables(taken(client, course))
    assert [len(found[name]) for name in ("courses", "sessions", "needles", "adverse_events")] == [1, 3, 6, 1]
    assert [row["day"] for row in found["sessions"]] == ["0", "7", "14"]
    row = found["courses"][0]
    assert (row["condition"], row["n_sessions"], row["stricta_answered"]) == ("low_back_pain", "3", "15")
    assert found["needles"][1]["site"] == "gluteus_medius"
    assert (found["needles"][0]["site"], found["needles"][0]["nearest"]) == ("", "multifidus-L4")
    assert found["adverse_events"][0]["needle"] == "2"
    assert {row["table"] for row in found["data_dictionary"]} == {*found} - {"data_dictionary", "about"}
    everything = json.dumps(found)
    assert not re.search(r"Hannah|Lindqvist|Elena|Olga|hannah@|604 555|Low back|A17|College", everything)
    dates = set(re.findall(r"\d{4}-\d\d-\d\d", everything))
    assert dates == {"2020-01-01", "2100-01-01", timezone.now().date().isoformat()}


def test_taking_a_data_set_is_audited_with_its_purpose_and_its_number(client, care, owner):
    course, _actor = care
    taken(client, course, condition="low_back_pain")
    event = AuditEvent.objects.get(act="courses.exported")
    assert (event.actor_user_id, event.reason, event.detail["n"]) == (owner.pk, PURPOSE, 1)
    assert event.detail["condition"] == "low_back_pain"


def test_the_same_purpose_gives_the_same_pseudonyms_and_another_gives_others(client, care, owner):
    course, _actor = care
    first, again, other = (
        tables(taken(client, course, purpose=p)) for p in (PURPOSE, f" {PURPOSE} ", "Something else")
    )
    assert first["courses"] == again["courses"]
    assert first["courses"][0]["patient"] != other["courses"][0]["patient"]


def test_needles_struck_as_charted_by_mistake_do_not_leave(client, care, owner):
    course, actor = care
    visit = open_visit(by=actor, at=timezone.now(), course_id=course.pk, mode=TreatmentMode.IMS)
    record_insertion(by=actor, at=timezone.now(), visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    strike(by=actor, at=timezone.now(), visit_id=visit.pk, number=1, reason="wrong patient")
    found = tables(taken(client, course))
    assert (len(found["needles"]), found["sessions"][3]["n_insertions"]) == (6, "0")


def test_days_condition_and_practitioner_choose_the_courses(client, care, owner):
    course, actor = care
    today = timezone.localdate()
    assert taken(client, course, first_day=str(today + timedelta(days=2))).status_code == 422
    assert taken(client, course, condition="tension_headache").status_code == 422
    assert taken(client, course, practitioner=str(actor.practitioner_id)).status_code == 200
    assert taken(client, course, practitioner=str(actor.practitioner_id + 999)).status_code == 422
    assert AuditEvent.objects.filter(act="courses.exported").count() == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"purpose": "  no  "}, "purpose"),
        ({"first_day": "31.12.2026"}, "first_day"),
        ({"last_day": ""}, "last_day"),
        ({"first_day": "2026-12-01", "last_day": "2026-01-01"}, "first_day"),
        ({"practitioner": "٣"}, "practitioner"),
    ],
)
def test_what_cannot_be_read_names_its_field_and_keeps_what_was_typed(client, care, owner, wrong, field):
    course, _actor = care
    answer = taken(client, course, **({"condition": "low_back_pain"} | wrong))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'href="#id_{field}"' in page
    assert '<option value="low_back_pain" selected>' in page
    assert not AuditEvent.objects.filter(act="courses.exported").exists()


def test_how_many_is_said_before_anything_leaves(client, care, owner):
    course, _actor = care
    counted = client.post(where("courses", course), {"first_day": "2020-01-01", "last_day": "2100-01-01"})
    assert "1 course." in counted.content.decode()
    assert not AuditEvent.objects.filter(act="courses.exported").exists()


def test_more_courses_than_leave_at_once_are_refused(client, care, owner, monkeypatch):
    monkeypatch.setattr("myotome.clinic.learning.selection.MOST_COURSES", 0)
    answer = taken(client, care[0])
    assert answer.status_code == 422
    assert "Narrow the days" in answer.content.decode()


def test_a_steward_may_and_a_practitioner_may_not(client, care):
    course, actor = care
    selection = Selection(first_day=timezone.localdate() - timedelta(days=99), last_day=timezone.localdate())
    with pytest.raises(NotAllowed):
        take_data_set(by=actor, at=timezone.now(), selection=selection, purpose=PURPOSE)
    assert taken(client, course).status_code == 403
    steward = an_actor(a_user(course.clinic, Role.STEWARD), course.clinic)
    assert tables(take_data_set(by=steward, at=timezone.now(), selection=selection, purpose=PURPOSE))["courses"]


def test_another_clinics_courses_never_leave(care):
    birch = a_clinic("birch")
    olga = an_actor(a_user(birch, Role.OWNER), birch)
    selection = Selection(first_day=timezone.localdate() - timedelta(days=99), last_day=timezone.localdate())
    with pytest.raises(InvalidValue, match="No course"):
        take_data_set(by=olga, at=timezone.now(), selection=selection, purpose=PURPOSE)
