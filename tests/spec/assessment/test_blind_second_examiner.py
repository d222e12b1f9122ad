"""The blind second examiner: two who do not see each other's findings, and what their agreement is good for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from myotome.clinic.assessment.actions import (
    begin_examination,
    chart_finding,
    finish_examination,
    show_roots,
    write_impression,
)
from myotome.clinic.assessment.models import ExaminerReliability
from myotome.clinic.assessment.queries import examination_for, examinations_for, last_belief, last_findings
from myotome.clinic.assessment.second_look import FEWEST_PLACES, agreement_on, begin_second_look
from myotome.clinic.people.actions import begin_care
from myotome.knowledge.muscles import muscles
from myotome.vocabulary.anatomy import ExamRegion, Side
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, NotAllowed, NotFound
from myotome.vocabulary.findings import MuscleFinding
from tests.factories import AT, a_clinic, a_course, a_patient, a_practitioner, a_user, an_actor, the_system

pytestmark = pytest.mark.django_db
PLAIN = [row.id for row in muscles().values() if not row.levels and row.palpable]


class Clinic:
    """Elena and David, both in care of the same patient."""

    def __init__(self):
        self.clinic = a_clinic()
        elena, david = a_practitioner(self.clinic), a_practitioner(self.clinic, name="David Okafor")
        self.elena, self.david = an_actor(elena.user, self.clinic), an_actor(david.user, self.clinic)
        patient = a_patient(self.clinic, in_care_of=elena)
        begin_care(by=the_system(self.clinic), at=AT, patient_id=patient.pk, user_id=david.user_id)
        self.course = a_course(self.clinic, patient)

    def first(self, at=AT):
        return begin_examination(by=self.elena, at=at, course_id=self.course.pk, region=ExamRegion.BACK_LEG)


@pytest.fixture
def house():
    return Clinic()


def found(by, examination, grades, at=AT, sign="shortened"):
    for muscle, grade in grades.items():
        finding = MuscleFinding(muscle=muscle, side=Side.LEFT, sign=sign, grade=grade)
        chart_finding(by=by, at=at, examination_id=examination.pk, finding=finding)


def finished(by, examination, at=AT):
    row = examination_for(by, examination.pk)
    write_impression(by=by, at=at, examination_id=row.pk, version=row.version, impression="L5 left.")
    return finish_examination(by=by, at=at, examination_id=row.pk)


def test_while_the_second_is_open_neither_sees_the_other(house):
    first = house.first()
    found(house.elena, first, {"soleus": 2})
    second = begin_second_look(by=house.david, at=AT, examination_id=first.pk)
    assert [row.pk for row in examinations_for(house.david)] == [second.pk]
    assert [row.pk for row in examinations_for(house.elena)] == [first.pk]
    with pytest.raises(NotFound):
        examination_for(house.david, first.pk)
    assert last_findings(house.david, course_id=house.course.pk) == (None, [])
    finished(house.elena, first)
    with pytest.raises(NotFound):
        examination_for(house.david, first.pk)
    finished(house.david, second)
    assert examination_for(house.david, first.pk) == first
    assert examination_for(house.elena, second.pk) == second


def test_the_roots_of_the_first_do_not_show_through_to_the_second(house):
    first = house.first()
    found(house.elena, first, {"soleus": 2})
    finished(house.elena, first)
    show_roots(by=house.elena, at=AT, examination_id=first.pk)
    begin_second_look(by=house.david, at=AT, examination_id=first.pk)
    assert last_belief(house.david, course_id=house.course.pk) is None
    assert last_belief(house.elena, course_id=house.course.pk) is not None


def test_a_second_look_never_becomes_the_findings_of_the_course(house):
    first = house.first()
    found(house.elena, first, {"soleus": 2})
    finished(house.elena, first)
    second = begin_second_look(by=house.david, at=AT, examination_id=first.pk)
    found(house.david, second, {"soleus": 0})
    finished(house.david, second)
    assert last_findings(house.elena, course_id=house.course.pk)[0] == first


def test_only_the_two_see_how_far_they_agreed_and_only_when_both_are_finished(house):
    first = house.first()
    second = begin_second_look(by=house.david, at=AT, examination_id=first.pk)
    found(house.elena, first, {"soleus": 2, "piriformis": 1, "gluteus_medius": 0})
    found(house.david, second, {"soleus": 1, "piriformis": 0, "gluteus_medius": 0, "iliacus": 3})
    finished(house.elena, first)
    with pytest.raises(InvalidValue, match="Finish both"):
        agreement_on(house.elena, first.pk, at=AT)
    finished(house.david, second)
    together = agreement_on(house.elena, first.pk, at=AT)[2]
    assert (together.here.n, round(together.here.observed, 3)) == (3, 0.667)
    assert agreement_on(house.david, second.pk, at=AT)[2] == together
    sofia = a_practitioner(house.clinic, name="Sofia Lind")
    begin_care(by=the_system(house.clinic), at=AT, patient_id=house.course.patient_id, user_id=sofia.user_id)
    with pytest.raises(NotAllowed, match="Only the two"):
        agreement_on(an_actor(sofia.user, house.clinic), first.pk, at=AT)
    with pytest.raises((NotAllowed, NotFound)):
        agreement_on(an_actor(a_user(house.clinic, Role.OWNER), house.clinic), first.pk, at=AT)


def test_a_second_look_is_a_colleagues_of_the_same_day_and_there_is_one(house):
    first = house.first()
    with pytest.raises(InvalidValue, match="colleague's"):
        begin_second_look(by=house.elena, at=AT, examination_id=first.pk)
    with pytest.raises(InvalidValue, match="same day"):
        begin_second_look(by=house.david, at=AT + timedelta(days=1), examination_id=first.pk)
    second = begin_second_look(by=house.david, at=AT, examination_id=first.pk)
    assert begin_second_look(by=house.david, at=AT, examination_id=first.pk) == second
    sofia = a_practitioner(house.clinic, name="Sofia Lind")
    begin_care(by=the_system(house.clinic), at=AT, patient_id=house.course.patient_id, user_id=sofia.user_id)
    with pytest.raises(InvalidValue, match="second examiner already"):
        begin_second_look(by=an_actor(sofia.user, house.clinic), at=AT, examination_id=first.pk)


def test_with_enough_places_in_common_her_reliability_becomes_her_noise(house):
    first = house.first()
    second = begin_second_look(by=house.david, at=AT, examination_id=first.pk)
    asked = PLAIN[:FEWEST_PLACES]
    found(house.elena, first, {muscle: 2 if i % 2 else 0 for i, muscle in enumerate(asked)})
    found(house.david, second, {muscle: 2 if i % 4 == 1 else 0 for i, muscle in enumerate(asked)})
    for by, row in ((house.elena, first), (house.david, second)):
        finished(by, row)
    kappa = ExaminerReliability.objects.get(practitioner_id=house.elena.practitioner_id).kappa
    assert kappa == pytest.approx(0.5, abs=0.02)
    assert ExaminerReliability.objects.get(practitioner_id=house.david.practitioner_id).kappa == kappa
    belief = show_roots(by=house.elena, at=AT + timedelta(minutes=5), examination_id=first.pk)
    assert belief.answer["examiner_kappa"] == kappa
