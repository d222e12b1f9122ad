"""The owner's rates: what is counted, what it is counted of, and that nobody who did not answer counts as well."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from myotome.clinic.learning.harm import harm_of
from myotome.clinic.needling.actions import close_visit, open_visit, record_insertion, report_adverse_event
from myotome.clinic.needling.aftercare import answer_check, ask_after_visit, finish_check
from myotome.clinic.needling.models import AfterCheck
from myotome.clinic.people.queries import patient_by_link
from myotome.knowledge.aftercare import NO, after_check
from myotome.vocabulary.courses import AdverseGrade, AdverseKind, Role
from myotome.vocabulary.errors import NotAllowed
from myotome.vocabulary.needling import NeedleState, TreatmentMode
from tests.factories import AT, a_clinic, a_needle, a_user, an_actor, an_open_visit, boxed

pytestmark = pytest.mark.django_db
NEXT_DAY = AT + timedelta(hours=24)


def four_visits():
    """Four closed visits of two needles, and a fifth without any: (owner, Elena, the four)."""
    first, elena = an_open_visit()
    visits = [first] + [
        open_visit(by=elena, at=AT, course_id=first.course_id, mode=TreatmentMode.IMS) for _ in range(4)
    ]
    for visit in visits:
        n = 0 if visit is visits[4] else 2
        for _ in range(n):
            record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
        visit.refresh_from_db()
        close_visit(by=elena, at=AT, visit_id=visit.pk, version=1, **boxed(n))
        visit.refresh_from_db()
        ask_after_visit(by=elena, at=AT, visit=visit)
    return an_actor(a_user(first.clinic, Role.OWNER, name="Olga"), first.clinic), elena, visits[:4]


def told(visit, **answers):
    check = AfterCheck.objects.get(visit=visit)
    hannah = patient_by_link(visit.course.patient, visit.clinic)
    for question, choice in ({row.code: NO for row in after_check().questions} | answers).items():
        answer_check(by=hannah, at=NEXT_DAY, check=check, question=question, choice=choice)
    finish_check(by=hannah, at=NEXT_DAY, check=check)


def of_kind(found, kind):
    return next(row for row in found.kinds if row.kind == kind)


def test_each_rate_is_of_its_own_denominator():
    owner, elena, (first, second, third, fourth) = four_visits()
    told(first, sore="much")
    told(second, sore="")
    told(third)
    AfterCheck.objects.filter(visit=fourth).update(mail_at=NEXT_DAY)
    for _ in range(2):  # twice in one visit is one visit
        report_adverse_event(
            by=elena, at=AT, visit_id=fourth.pk, kind=AdverseKind.BLEEDING, grade=AdverseGrade.MILD, number=1
        )
    found = harm_of(owner)
    assert (found.n_visits, found.n_needles) == (4, 8)
    assert (found.n_sent, found.n_answered, found.n_unanswered) == (4, 3, 1)
    sore, bleeding = of_kind(found, "pain_after"), of_kind(found, "bleeding")
    assert (sore.told.n, sore.told.of) == (1, 2)  # one skipped it, one did not answer
    assert (sore.recorded.n, sore.recorded.of) == (1, 4)
    assert (bleeding.told, bleeding.recorded.n, bleeding.recorded.of) == (None, 1, 4)
    altogether = {row.kind: row.recorded.n for row in found.together}
    assert altogether == {"any": 2, "major": 0, "serious": 0}
    assert dict(found.needles)["with_an_event"].n == 1
    assert dict(found.needles)["with_an_event"].of == 8


def test_published_rates_stand_beside_with_their_sources():
    owner, _elena, _visits = four_visits()
    found = harm_of(owner)
    assert {row.source for row in of_kind(found, "haematoma").published} == {"brady2014", "boyce2020"}
    assert {row.in_100 for row in of_kind(found, "drowsy").published} == {0.26, 24.4}


def test_another_clinic_counts_nothing_of_it_and_only_the_owner_asks():
    _owner, elena, _visits = four_visits()
    birch = a_clinic("birch")
    assert harm_of(an_actor(a_user(birch, Role.OWNER), birch)).n_visits == 0
    with pytest.raises(NotAllowed):
        harm_of(elena)


def test_the_page_says_rates_with_their_interval_and_none_as_none_of_so_many(client):
    _owner, _elena, visits = four_visits()
    url = reverse("owner:harm", kwargs={"clinic": visits[0].clinic.slug})
    client.force_login(a_user(visits[0].clinic, Role.OWNER))
    page = client.get(url).content.decode()
    assert "4 closed visits with needles, 8 needles." in page
    assert "Nobody was asked a day later yet." in page
    assert "none of 4 (0 to 60 in 100)" in page
    assert "nobody counted yet" in page
    told(visits[0], sore="much")
    page = client.get(url).content.decode()
    assert "1 of 4: 25 in 100 (0.6 to 81)" in page
    assert "7.55 in 100 of 7629 treatments" in page
    assert "7.98 in a million treatments (1.39 to 20)" in page
    assert "Lindqvist" not in page
