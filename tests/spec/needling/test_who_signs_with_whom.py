"""A supervised practitioner signs, and her visit waits for her supervisor's name; what is added afterwards is dated."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.needling.actions import (
    add_addendum,
    chart_response,
    close_visit,
    cosign_visit,
    open_visit,
    record_insertion,
    sign_visit,
)
from myotome.clinic.needling.cosigning import (
    add_supervision,
    cosignature_of,
    end_supervision,
    waiting_for_cosignature,
)
from myotome.clinic.needling.models import Cosignature, Supervision
from myotome.clinic.needling.queries import addenda_of, visit_for
from myotome.clinic.people.days import clinic_day
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue, NotAllowed, NotFound, VisitLocked
from myotome.vocabulary.needling import NeedleState, TreatmentMode
from tests.factories import AT, a_needle, a_practitioner, a_user, an_actor, an_open_visit, boxed

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(hours=1)


def supervised():
    """(an open visit of Elena, Elena, her supervisor David, the owner)."""
    visit, elena = an_open_visit()
    david = an_actor(a_practitioner(visit.clinic, name="David Okafor").user, visit.clinic)
    owner = an_actor(a_user(visit.clinic, Role.OWNER, name="Olga"), visit.clinic)
    today = clinic_day(visit.clinic, AT)
    add_supervision(
        by=owner, at=AT, practitioner_id=elena.practitioner_id, supervisor_id=david.practitioner_id, from_on=today
    )
    return visit, elena, david, owner


def signed(visit, by):
    record_insertion(by=by, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    close_visit(by=by, at=AT, visit_id=visit.pk, version=1, **boxed(1))
    return sign_visit(by=by, at=AT, visit_id=visit.pk)


def test_a_visit_that_a_supervised_practitioner_signs_waits_for_her_supervisor():
    visit, elena, david, owner = supervised()
    with pytest.raises(NotFound):
        visit_for(david, visit.pk)
    signed(visit, elena)
    for actor in (elena, david, owner):
        assert [row.visit_id for row in waiting_for_cosignature(actor)] == [visit.pk]
    assert visit_for(david, visit.pk).pk == visit.pk  # she may read what she signs


def test_the_supervisors_name_ends_the_waiting_and_her_words_are_a_dated_addendum():
    visit, elena, david, _owner = supervised()
    signed(visit, elena)
    for _ in range(2):
        cosign_visit(by=david, at=LATER, visit_id=visit.pk, words="Talked through the depth at L5.")
    row = cosignature_of(visit)
    assert (row.cosigned_at, row.cosigned_by) == (LATER, "David Okafor")
    assert waiting_for_cosignature(david) == []
    assert [(one.text, one.written_at, one.written_by) for one in addenda_of(visit)] == [
        ("Talked through the depth at L5.", LATER, "David Okafor")
    ]
    assert AuditEvent.objects.filter(act="visit.cosigned").count() == 1


def test_a_signed_visit_is_locked_before_and_after_the_second_name_and_takes_addenda():
    visit, elena, david, _owner = supervised()
    signed(visit, elena)
    for _ in range(2):
        with pytest.raises(VisitLocked):
            chart_response(by=elena, at=LATER, visit_id=visit.pk, number=1, grasp=2)
        add_addendum(by=elena, at=LATER, visit_id=visit.pk, text="She phoned: slept well.")
        cosign_visit(by=david, at=LATER, visit_id=visit.pk)
    assert len(addenda_of(visit)) == 2


def test_nobody_else_signs_in_her_place():
    visit, elena, _david, owner = supervised()
    signed(visit, elena)
    with pytest.raises(NotAllowed, match="David Okafor signs this visit"):
        cosign_visit(by=elena, at=LATER, visit_id=visit.pk)
    with pytest.raises(NotAllowed):
        cosign_visit(by=owner, at=LATER, visit_id=visit.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        Cosignature.objects.update(cosigner_id=elena.practitioner_id)


def test_what_is_not_signed_yet_is_not_cosigned():
    visit, _elena, david, _owner = supervised()
    with pytest.raises(NotFound):
        cosign_visit(by=david, at=LATER, visit_id=visit.pk)


def test_who_is_not_supervised_signs_alone():
    visit, elena = an_open_visit()
    signed(visit, elena)
    assert cosignature_of(visit) is None


@pytest.mark.parametrize(("days", "waits"), [(-1, False), (0, True), (30, True), (31, False)])
def test_supervision_holds_from_its_first_day_to_its_last(days, waits):
    visit, elena, _david, owner = supervised()
    today = clinic_day(visit.clinic, AT)
    end_supervision(by=owner, at=AT, supervision_id=Supervision.objects.get().pk, until_on=today + timedelta(days=30))
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    close_visit(by=elena, at=AT, visit_id=visit.pk, version=1, **boxed(1))
    sign_visit(by=elena, at=AT + timedelta(days=days), visit_id=visit.pk)
    assert (cosignature_of(visit) is not None) is waits


def test_a_supervisor_who_signs_a_visit_herself_needs_nobody():
    visit, elena, david, _owner = supervised()
    signed(visit, elena)
    another = open_visit(by=david, at=AT, course_id=visit.course_id, mode=TreatmentMode.IMS)
    signed(another, david)
    assert cosignature_of(another) is None


def test_another_supervisor_takes_over_what_still_waits():
    visit, elena, david, owner = supervised()
    signed(visit, elena)
    today = clinic_day(visit.clinic, AT)
    end_supervision(by=owner, at=AT, supervision_id=Supervision.objects.get().pk, until_on=today)
    assert len(waiting_for_cosignature(david)) == 1
    sofia = an_actor(a_practitioner(visit.clinic, name="Sofia Lind").user, visit.clinic)
    add_supervision(
        by=owner,
        at=LATER,
        practitioner_id=elena.practitioner_id,
        supervisor_id=sofia.practitioner_id,
        from_on=today + timedelta(days=1),
    )
    assert waiting_for_cosignature(david) == []
    assert cosign_visit(by=sofia, at=LATER, visit_id=visit.pk).cosigned_by == "Sofia Lind"


def test_nobody_supervises_herself_twice_at_once_or_while_she_is_supervised():
    visit, elena, david, owner = supervised()
    today = clinic_day(visit.clinic, AT)
    sofia = an_actor(a_practitioner(visit.clinic, name="Sofia Lind").user, visit.clinic)
    for who, supervisor in ((elena, elena), (elena, sofia), (sofia, elena), (david, sofia)):
        with pytest.raises(InvalidValue):
            add_supervision(
                by=owner,
                at=AT,
                practitioner_id=who.practitioner_id,
                supervisor_id=supervisor.practitioner_id,
                from_on=today,
            )
    with pytest.raises(InvalidValue):
        add_supervision(
            by=owner,
            at=AT,
            practitioner_id=sofia.practitioner_id,
            supervisor_id=david.practitioner_id,
            from_on=today,
            until_on=today - timedelta(days=1),
        )


def test_only_the_owner_says_who_supervises_whom():
    _visit, elena, david, _owner = supervised()
    with pytest.raises(NotAllowed):
        add_supervision(
            by=david,
            at=AT,
            practitioner_id=david.practitioner_id,
            supervisor_id=elena.practitioner_id,
            from_on=clinic_day(_visit.clinic, AT),
        )
