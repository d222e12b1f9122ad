"""The plan through HTTP: sites by segment with what they warn of, the series in treatments and money, consent."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from myotome.clinic.assessment.actions import begin_examination, chart_finding, show_roots, write_impression
from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.planning.actions import agree_plan, default_reviews
from myotome.clinic.planning.models import Consent, Plan
from myotome.clinic.screening.facts import note_fact
from myotome.vocabulary.anatomy import Side
from myotome.vocabulary.findings import MuscleFinding
from tests.factories import (
    AT,
    PASSWORD,
    a_clinic,
    a_course,
    a_patient,
    a_practitioner,
    a_receptionist,
    an_actor,
)

pytestmark = pytest.mark.django_db

FOUND = (("tibialis_anterior", None, 3), ("gluteus_medius", None, 2), ("multifidus", "L5", 2), ("soleus", None, 0))
CHOSEN = ["muscle:multifidus:L5:left", "muscle:tibialis_anterior::left"]
SERIES = {"mode": "ims", "n_treatments": "4", "review_every": "4", "interval_days": "7", "instead_of": "0"}


@pytest.fixture
def clinic():
    return a_clinic()


@pytest.fixture
def elena(clinic):
    return a_practitioner(clinic)


@pytest.fixture
def actor(clinic, elena):
    return an_actor(elena.user, clinic)


@pytest.fixture
def course(clinic, elena, actor):
    """A course whose examination speaks for L5 left."""
    course = a_course(clinic, a_patient(clinic, in_care_of=elena))
    exam = begin_examination(by=actor, at=AT, course_id=course.pk)
    for muscle, level, grade in FOUND:
        finding = MuscleFinding(muscle=muscle, level=level, side=Side.LEFT, sign="shortened", grade=grade)
        chart_finding(by=actor, at=AT, examination_id=exam.pk, finding=finding)
    write_impression(by=actor, at=AT, examination_id=exam.pk, version=1, impression="L5 left")
    show_roots(by=actor, at=AT, examination_id=exam.pk)
    return course


@pytest.fixture
def at_work(client, elena):
    client.login(email=elena.user.email, password=PASSWORD)
    return client


def url(course, name="plan", **ids):
    return reverse(f"planning:{name}", kwargs={"clinic": course.clinic.slug, "course": course.pk, **ids})


def text_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode()))


def make(client, course, **changes):
    return client.post(url(course, "make"), {"site": CHOSEN} | SERIES | changes)


def ticked(answer):
    return re.findall(r'name="site" value="([^"]*)" checked', answer.content.decode())


def test_sites_stand_by_segment_the_spine_before_the_limb(at_work, course):
    keys = ticked(at_work.get(url(course)))
    assert keys[0] == "muscle:multifidus:L5:left"
    assert keys.index("muscle:tibialis_anterior::left") < keys.index("muscle:gluteus_medius::left")
    assert "muscle:soleus::left" not in keys


def test_a_paraspinal_level_is_proposed_though_it_was_not_tested(at_work, course):
    page = text_of(at_work.get(url(course)))
    assert "paraspinal of the segment, not tested" in page or "Multifidus L4" not in page
    assert "L5, left" in page


def test_hazards_and_this_patients_cautions_stand_beside_each_site(at_work, course, actor):
    note_fact(by=actor, at=AT, patient_id=course.patient_id, code="anticoagulant", state="present", detail="apixaban")
    page = text_of(at_work.get(url(course)))
    assert "apixaban" in page
    assert "spinal canal" in page.lower() or "canal" in page.lower()


def test_a_site_that_is_stopped_is_not_ticked(at_work, course, actor, clinic):
    note_fact(by=actor, at=AT, patient_id=course.patient_id, code="anticoagulant", state="present", detail="")
    exam = begin_examination(by=actor, at=AT + timedelta(days=1), course_id=course.pk)
    finding = MuscleFinding(muscle="tibialis_posterior", side=Side.LEFT, sign="grasp", grade=3)
    chart_finding(by=actor, at=AT, examination_id=exam.pk, finding=finding)
    page = at_work.get(url(course))
    assert "muscle:tibialis_posterior::left" in page.content.decode()
    assert "muscle:tibialis_posterior::left" not in ticked(page)
    assert "STOP" in text_of(page)


def test_the_plan_says_treatments_and_money_and_reviews(at_work, course):
    assert make(at_work, course, n_treatments="8").status_code == 302
    plan = Plan.objects.get()
    assert (plan.n_treatments, plan.review_visits, plan.price_cents_each) == (8, [4, 8], 9500)
    assert [(s.site, s.level, s.segment) for s in plan.sites.all()] == [
        ("multifidus", "L5", "L5"),
        ("tibialis_anterior", "", "L5"),
    ]
    assert plan.sites.last().reason == "found, grade 3"
    page = text_of(at_work.get(url(course)))
    assert "8 treatments" in page
    assert "760" in page
    assert "She says yes to this series" in page


@pytest.mark.parametrize(
    ("n", "every", "reviews"), [(4, 4, [4]), (8, 4, [4, 8]), (6, 4, [4, 6]), (3, 2, [2, 3]), (1, 4, [1])]
)
def test_reviews_are_every_few_visits_and_at_the_end(n, every, reviews):
    assert default_reviews(n, every) == reviews


def test_by_default_the_series_ends_at_the_review_at_visit_four(at_work, course):
    page = at_work.get(url(course)).content.decode()
    assert re.search(r'name="n_treatments" value="4" checked', page)
    assert 'name="n_treatments" value="8"' in page
    assert 'name="n_treatments" value="10"' not in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"site": []}, "Choose at least one site"),
        ({"site": ["muscle:nothing::left"]}, "Choose muscles"),
        ({"n_treatments": "many"}, "whole number"),
        ({"n_treatments": "0"}, "1 to 40"),
        ({"interval_days": "99"}, "1 to 60 days"),
    ],
)
def test_what_cannot_be_planned_is_refused_and_the_typing_kept(at_work, course, changes, words):
    answer = make(at_work, course, rationale="because L5", **changes)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert "because L5" in answer.content.decode()
    assert not Plan.objects.exists()


def test_two_tabs_planning_get_both_plans_and_lose_nothing(at_work, course):
    make(at_work, course)
    answer = make(at_work, course, n_treatments="8", rationale="second tab")
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "The plan on the server" in page
    assert "second tab" in page
    assert re.search(r'name="n_treatments" value="8" checked', page)
    assert ticked(answer) == CHOSEN
    first = Plan.objects.get()
    assert f'name="instead_of" value="{first.pk}"' in page
    make(at_work, course, n_treatments="8", instead_of=str(first.pk))
    assert Plan.objects.get(replaced_at=None).n_treatments == 8


def test_her_yes_is_to_the_series_as_it_was_shown(at_work, course, actor):
    make(at_work, course)
    plan = Plan.objects.get()
    Plan.objects.filter(pk=plan.pk).update(version=2)
    answer = at_work.post(url(course, "agree", plan=plan.pk), {"version": "1"})
    assert answer.status_code == 409
    assert "4 treatments" in text_of(answer)
    assert at_work.post(url(course, "agree", plan=plan.pk), {"version": "2"}).status_code == 302
    assert agree_plan(by=actor, at=AT, plan_id=plan.pk, version=2).agreed_at


def asked(answer):
    """The consent texts that the page asks for, in its order."""
    return re.findall(r'name="yes" value="(\w+@\w+@\w+)"', answer.content.decode())


def test_consent_is_recorded_with_the_version_of_its_text_and_can_be_withdrawn(at_work, course):
    assert at_work.post(url(course, "consent"), {}).status_code == 422
    at_work.post(url(course, "consent"), {"yes": "ims@1@en"})
    consent = Consent.objects.get()
    assert (consent.kind, consent.text_id, consent.text_version) == ("course", "ims", "1")
    assert "Treatment with IMS, version 1" in text_of(at_work.get(url(course)))
    at_work.post(url(course, "withdraw", consent=consent.pk), {"reason": "no more"})
    assert Consent.objects.get().withdrawn_at
    assert at_work.post(url(course, "consent"), {"yes": "moon@1@en"}).status_code == 422


def test_every_hazard_region_of_the_sites_is_asked_about_and_not_again(at_work, course):
    every = asked(at_work.get(url(course)))
    assert every[0] == "ims@1@en"
    assert set(every[1:]) == {"spine@1@en", "abdomen@1@en", "limbs@1@en"}
    no_hazard_of_the_limbs = ["muscle:multifidus:L5:left", "muscle:fibularis_longus::left"]
    at_work.post(url(course, "make"), SERIES | {"site": no_hazard_of_the_limbs})
    planned = asked(at_work.get(url(course)))
    assert set(planned[1:]) == {"spine@1@en", "abdomen@1@en"}
    at_work.post(url(course, "consent"), {"yes": planned})
    assert asked(at_work.get(url(course))) == []
    assert sorted(Consent.objects.values_list("kind", "subject")) == [
        ("course", ""), ("region", "abdomen"), ("region", "spine"),
    ]  # fmt: skip
    spine = Consent.objects.get(subject="spine")
    at_work.post(url(course, "withdraw", consent=spine.pk))
    assert asked(at_work.get(url(course))) == ["spine@1@en"]


def test_her_yes_to_ims_is_no_yes_to_acupuncture(at_work, course):
    at_work.post(url(course, "consent"), {"yes": "ims@1@en"})
    assert "ims@1@en" not in asked(at_work.get(url(course)))
    assert "acupuncture@1@en" in asked(at_work.get(url(course), {"mode": "acupuncture"}))


def test_without_shown_roots_the_found_muscles_choose_the_segments(at_work, clinic, elena, actor):
    course = a_course(clinic, a_patient(clinic, in_care_of=elena, family_name="Other"))
    assert "Examine first, then plan" in text_of(at_work.get(url(course)))
    exam = begin_examination(by=actor, at=AT, course_id=course.pk)
    for muscle in ("soleus", "masseter"):
        finding = MuscleFinding(muscle=muscle, side=Side.RIGHT, sign="shortened", grade=2)
        chart_finding(by=actor, at=AT, examination_id=exam.pk, finding=finding)
    keys = ticked(at_work.get(url(course)))
    assert keys[:2] == ["muscle:multifidus:S1:right", "muscle:soleus::right"]


def test_every_plan_and_consent_is_in_the_audit(at_work, course):
    make(at_work, course)
    at_work.post(url(course, "consent"), {"yes": "ims@1@en"})
    assert {"plan.made", "consent.given"} <= set(AuditEvent.objects.values_list("act", flat=True))


def test_a_page_takes_at_most_fifteen_queries(at_work, course, django_assert_max_num_queries):
    at_work.get(url(course))  # The first request after logging in also starts the idle clock.
    with django_assert_max_num_queries(15):
        assert at_work.get(url(course)).status_code == 200
    make(at_work, course)
    with django_assert_max_num_queries(15):
        assert at_work.get(url(course)).status_code == 200


def test_reception_sees_no_plan(client, clinic, course):
    client.login(email=a_receptionist(clinic).email, password=PASSWORD)
    assert client.get(url(course)).status_code == 403
