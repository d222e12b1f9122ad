"""Her yes comes before the first needle; a needle that is in without it is recorded, and an incident opens."""

from __future__ import annotations

from datetime import timedelta

import pytest

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.needling.actions import ask_again, leave_in, record_insertion
from myotome.clinic.needling.models import Incident
from myotome.clinic.needling.queries import needles_of
from myotome.clinic.planning.actions import record_consent, withdraw_consent
from myotome.clinic.planning.models import Consent
from myotome.knowledge.consents import place_of
from myotome.knowledge.hazards import regions_of_consent
from myotome.vocabulary.anatomy import NeedleRegion
from myotome.vocabulary.errors import NotFound
from myotome.vocabulary.needling import NeedleState, SiteKind
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


@pytest.mark.parametrize(
    ("muscle", "level", "region", "named"),
    [
        ("rhomboid_major", None, "upper_back", "thorax"),
        ("multifidus", "C5", "neck", "spine"),
        ("scalenus_anterior", None, "neck", "neck"),
        ("quadratus_lumborum", None, "low_back", "abdomen"),
        ("gluteus_medius", None, "buttock", "limbs"),
        ("orbicularis_oculi", None, "head", "face"),
        ("pectoralis_minor", None, "chest", "intimate"),
    ],
)
def test_each_hazard_region_has_a_yes_of_its_own_checked_at_its_first_needle(muscle, level, region, named):
    visit, elena = an_open_visit()
    for other in regions_of_consent():
        if other != named:
            a_consent(visit.course, "region", other)
    for _ in range(2):
        needle = a_needle(site=muscle, level=level, region=NeedleRegion(region))
        record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=needle)
    assert breaches() == [
        ("needled_without_consent", f"No consent for needles over the {place_of(named)} was on record.")
    ]


def test_a_yes_to_a_region_that_was_withdrawn_counts_no_more():
    visit, elena = an_open_visit()
    row = a_consent(visit.course, "region", "limbs")
    glmed = {"site": "gluteus_medius"}
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle(**glmed))
    assert breaches() == []
    withdraw_consent(by=elena, at=LATER, consent_id=row.pk, course_id=visit.course_id)
    record_insertion(by=elena, at=LATER, visit_id=visit.pk, needle=a_needle(**glmed))
    assert [kind for kind, _ in breaches()] == ["needled_without_consent"]
    assert AuditEvent.objects.filter(act="consent.withdrawn").count() == 1


@pytest.mark.parametrize("pregnant", [False, True])
def test_points_left_out_in_pregnancy_need_a_yes_of_their_own_from_her_who_is_pregnant(pregnant):
    visit, elena = an_open_visit(mode="acupuncture")
    a_consent(visit.course, "region", "limbs")
    if pregnant:
        ask_again(by=elena, at=AT, visit_id=visit.pk, answers={"pregnancy": "present"})
    point = {"site_kind": SiteKind.ACUPOINT, "site": "SP6", "region": NeedleRegion.LOWER_LEG}
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle(**point, depth_mm=20))
    assert [kind for kind, _ in breaches()] == ["needled_without_consent"] * pregnant


def test_a_yes_to_ims_is_no_yes_to_acupuncture():
    visit, elena = an_open_visit(with_consent=False, mode="acupuncture")
    a_consent(visit.course, "course")
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    assert breaches() == [("needled_without_consent", "No consent for this course was on record.")]


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
