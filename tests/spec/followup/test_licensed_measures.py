"""Totals of measures whose text does not ship are stored where the clinic holds a licence."""

import pytest

from myotome.clinic.followup.licences import add_licence, end_licence, licensed
from myotome.clinic.followup.models import LicensedMeasure
from myotome.clinic.followup.queries import story_of
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, NotAllowed
from tests.clinic.followup.courses import a_course_in_care
from tests.factories import AT, a_clinic, a_user, an_actor
from tests.spec.followup.test_days_of_scores import TODAY, noted

pytestmark = pytest.mark.django_db


def the_owner(clinic):
    return an_actor(a_user(clinic, Role.OWNER), clinic)


def added(clinic, *, by=None, code="odi", loinc="72514-3", licence="contract 17, 2026"):
    return add_licence(by=by or the_owner(clinic), at=AT, code=code, loinc=loinc, licence=licence)


def test_without_a_licence_no_total_is_stored_with_one_it_is_under_its_loinc_code():
    course, actor = a_course_in_care()
    with pytest.raises(InvalidValue, match="no licence for ODI") as refusal:
        noted(course, actor, code="odi", value=42)
    assert refusal.value.field == "measure"
    added(course.clinic)
    row = noted(course, actor, code="odi", value=42)
    assert row.details == {"loinc": "72514-3"}
    assert story_of(course).scores["odi"] == [(TODAY, 42)]
    with pytest.raises(InvalidValue, match="ODI is 0 to 100"):
        noted(course, actor, code="odi", value=101)


def test_the_licence_of_one_clinic_is_not_that_of_another():
    course, actor = a_course_in_care()
    added(a_clinic("birch"))
    with pytest.raises(InvalidValue, match="no licence"):
        noted(course, actor, code="odi", value=42)


def test_a_licence_that_ended_stores_no_more_and_keeps_what_is_there():
    course, actor = a_course_in_care()
    owner = the_owner(course.clinic)
    added(course.clinic, by=owner)
    added(course.clinic, by=owner, licence="contract 18, 2027")
    assert LicensedMeasure.objects.count() == 2
    assert licensed(course.clinic_id)["odi"].licence == "contract 18, 2027"
    noted(course, actor, code="odi", value=42)
    end_licence(by=owner, at=AT, code="odi")
    with pytest.raises(InvalidValue, match="no licence"):
        noted(course, actor, code="odi", value=30)
    assert story_of(course).scores["odi"] == [(TODAY, 42)]


@pytest.mark.parametrize(("field", "value"), [("code", "peg"), ("loinc", "72514-4"), ("licence", "  ")])
def test_a_licence_names_its_measure_its_code_and_what_allows_it(field, value):
    with pytest.raises(InvalidValue) as refusal:
        added(a_clinic(), **{field: value})
    assert refusal.value.field == field


def test_only_the_owner_says_what_the_clinic_holds():
    course, actor = a_course_in_care()
    with pytest.raises(NotAllowed):
        added(course.clinic, by=actor)
