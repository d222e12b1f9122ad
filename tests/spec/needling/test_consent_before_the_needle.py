"""Her yes comes before the first needle; a needle that is in without it is recorded, and an incident opens."""

from __future__ import annotations

from datetime import timedelta

import pytest

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.needling.actions import leave_in, record_insertion
from myotome.clinic.needling.models import Incident
from myotome.clinic.needling.queries import needles_of
from myotome.clinic.planning.actions import record_consent, withdraw_consent
from myotome.clinic.planning.models import Consent
from myotome.vocabulary.errors import NotFound
from myotome.vocabulary.needling import NeedleState
from tests.factories import AT, a_consent, a_needle, an_open_visit

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(minutes=5)
OVER_LUNG = {"site": "rhomboid_major", "region": "upper_back"}


def breaches():
    kinds = ("needled_without_consent", "retained_without_consent")
    return [(row.kind, row.detail) for row in Incident.objects.filter(kind__in=kinds).order_by("pk")]


def test_without_a_yes_to_the_course_the_needles_are_kept_and_one_incident_opens():
    visit, elena = an_open_visit(with_consent=False)
    for _ in range(3):
        record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    assert len(needles_of(visit)) == 3
    assert breaches() == [("needled_without_consent", "No consent for this course was on record.")]


def test_a_yes_withdrawn_between_two_needles_counts_from_then_on():
    visit, elena = an_open_visit()
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    withdraw_consent(by=elena, at=AT, consent_id=Consent.objects.get().pk)
    assert breaches() == []
    record_insertion(by=elena, at=LATER, visit_id=visit.pk, needle=a_needle())
    assert len(needles_of(visit)) == 2
    assert breaches() == [("needled_without_consent", "Consent for this course had been withdrawn.")]


def test_over_the_lung_a_yes_of_its_own_is_needed():
    visit, elena = an_open_visit()
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    assert breaches() == []
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle(**OVER_LUNG))
    assert breaches() == [("needled_without_consent", "No consent for needles over the thorax was on record.")]


def test_with_her_yes_to_the_region_nothing_opens():
    visit, elena = an_open_visit()
    a_consent(visit.course, "region", "thorax")
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle(**OVER_LUNG))
    assert breaches() == []


def test_a_needle_that_stays_needs_a_yes_of_its_own_each_needle_named():
    visit, elena = an_open_visit()
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.LEFT_IN))
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    leave_in(by=elena, at=LATER, visit_id=visit.pk, number=2, reason="press needle for three days")
    assert breaches() == [
        ("retained_without_consent", "Needle 1 was left in."),
        ("retained_without_consent", "Needle 2 was left in."),
    ]


def test_with_her_yes_to_needles_that_stay_nothing_opens():
    visit, elena = an_open_visit()
    a_consent(visit.course, "retained")
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.LEFT_IN))
    assert breaches() == []


def test_the_same_yes_twice_is_one_yes_and_after_a_withdrawal_it_is_a_new_one():
    visit, elena = an_open_visit(with_consent=False)
    text = {"kind": "course", "text_id": "ims", "text_version": "1"}
    first = record_consent(by=elena, at=AT, course_id=visit.course_id, **text)
    assert record_consent(by=elena, at=LATER, course_id=visit.course_id, **text) == first
    assert AuditEvent.objects.filter(act="consent.given").count() == 1
    withdraw_consent(by=elena, at=LATER, consent_id=first.pk)
    again = record_consent(by=elena, at=LATER, course_id=visit.course_id, **text)
    assert (again.pk != first.pk, again.given_at) == (True, LATER)


def test_a_yes_to_another_version_of_the_text_stands_beside_it():
    visit, elena = an_open_visit()
    record_consent(by=elena, at=LATER, course_id=visit.course_id, kind="course", text_id="ims", text_version="2")
    assert sorted(Consent.objects.values_list("text_version", flat=True)) == ["1", "2"]


def test_a_consent_of_another_course_is_not_withdrawn_from_this_visit():
    visit, elena = an_open_visit()
    with pytest.raises(NotFound):
        withdraw_consent(by=elena, at=LATER, consent_id=Consent.objects.get().pk, course_id=visit.course_id + 1)
