"""The day is not closed while a needle is unaccounted for; who closes it all the same signs, and somebody reviews it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.money.models import DayClose
from myotome.clinic.needling.actions import close_visit, leave_in, record_insertion, resolve_incident, take_out
from myotome.clinic.needling.day_end import unaccounted_on
from myotome.clinic.needling.models import Incident, TreatmentVisit
from myotome.clinic.pathway.day_end import SignedFor, day_closed
from myotome.clinic.people.days import clinic_day
from myotome.vocabulary.errors import InvalidValue, NeedleUnaccountedFor, NotAllowed
from myotome.vocabulary.money import PaymentMethod
from myotome.vocabulary.needling import NeedleState
from tests.factories import AT, a_clinic, a_needle, a_receptionist, an_actor, an_open_visit, boxed

pytestmark = pytest.mark.django_db
EVENING = AT + timedelta(hours=8)
WHY = "She left before we counted; table and floor looked through."


@pytest.fixture
def clinic():
    return a_clinic()


@pytest.fixture
def robin(clinic):
    return an_actor(a_receptionist(clinic), clinic)


def today(clinic):
    return clinic_day(clinic, AT)


def close_the_day(robin, clinic, *, at=EVENING, days=0, **values):
    on = today(clinic) + timedelta(days=days)
    return day_closed(by=robin, at=at, on=on, counted={PaymentMethod.CASH: 0}, **values)


@pytest.mark.parametrize("state", [NeedleState.IN, NeedleState.OUT])
def test_a_needle_that_is_in_or_a_visit_that_nobody_counted_keeps_the_day_open(clinic, robin, state):
    visit, elena = an_open_visit(clinic)
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle(state=state))
    with pytest.raises(NeedleUnaccountedFor) as refusal:
        close_the_day(robin, clinic)
    assert refusal.value.field == "needles"
    assert not DayClose.objects.exists()
    assert [(row.visit.pk, row.n_in) for row in unaccounted_on(robin, today(clinic))] == [
        (visit.pk, int(state is NeedleState.IN))
    ]


def test_with_every_needle_out_and_counted_or_left_in_on_purpose_the_day_closes(clinic, robin):
    visit, elena = an_open_visit(clinic)
    for _ in range(2):
        record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    take_out(by=elena, at=AT, visit_id=visit.pk, number=1)
    leave_in(by=elena, at=AT, visit_id=visit.pk, number=2, reason="ear press needle")
    close_visit(by=elena, at=AT, visit_id=visit.pk, version=1, n_needles_opened=2, n_needles_in_sharps=1)
    assert close_the_day(robin, clinic).on == today(clinic)


def test_a_visit_without_a_needle_is_no_reason_unless_one_was_opened(clinic, robin):
    visit, _elena = an_open_visit(clinic)
    assert unaccounted_on(robin, today(clinic)) == []
    TreatmentVisit.objects.filter(pk=visit.pk).update(n_needles_opened=1)
    assert len(unaccounted_on(robin, today(clinic))) == 1


def test_a_visit_of_tomorrow_does_not_keep_today_open_and_one_of_today_keeps_tomorrow_open(clinic, robin):
    visit, elena = an_open_visit(clinic)
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    assert unaccounted_on(robin, today(clinic) - timedelta(days=1)) == []
    with pytest.raises(NeedleUnaccountedFor):
        close_the_day(robin, clinic, at=EVENING + timedelta(days=1), days=1)


def test_a_needle_that_was_found_after_closing_and_is_still_in_keeps_the_day_open(clinic, robin):
    visit, elena = an_open_visit(clinic)
    close_visit(by=elena, at=AT, visit_id=visit.pk, version=1, **boxed(0))
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    assert [row.n_in for row in unaccounted_on(robin, today(clinic))] == [1]


def test_a_second_person_signs_for_the_day_and_each_visit_gets_an_incident(clinic, robin):
    visit, elena = an_open_visit(clinic)
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    close_the_day(robin, clinic, signed=SignedFor(WHY, elena))
    incident = Incident.objects.get(kind="day_closed_over_a_needle")
    assert (incident.visit, incident.witnessed_by, incident.review_due_at) == (visit, elena.name, None)
    assert incident.detail == f"1 in. {WHY}"
    assert DayClose.objects.count() == 1
    acts = list(AuditEvent.objects.order_by("pk").values_list("act", flat=True))
    assert acts[-2:] == ["day.closed", "incident.opened"]
    assert TreatmentVisit.objects.get().closed_at is None, "the needle is still to be found"


def test_signed_alone_another_person_reviews_it_within_three_days(clinic, robin):
    visit, elena = an_open_visit(clinic)
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    close_the_day(robin, clinic, signed=SignedFor(WHY, None))
    incident = Incident.objects.get(kind="day_closed_over_a_needle")
    assert incident.review_due_at == EVENING + timedelta(days=3)
    with pytest.raises(NotAllowed):
        resolve_incident(by=robin, at=EVENING, incident_id=incident.pk, resolution="looked again")
    done = resolve_incident(by=elena, at=EVENING, incident_id=incident.pk, resolution="out; charted late")
    assert done.resolved_at == EVENING


@pytest.mark.parametrize(("reason", "with_herself"), [(" ", False), (WHY, True)])
def test_nobody_signs_without_a_reason_or_as_her_own_second_person(clinic, robin, reason, with_herself):
    visit, elena = an_open_visit(clinic)
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    with pytest.raises(InvalidValue):
        close_the_day(robin, clinic, signed=SignedFor(reason, robin if with_herself else None))
    assert not DayClose.objects.exists()
    assert not Incident.objects.filter(kind="day_closed_over_a_needle").exists()


def test_what_was_signed_for_does_not_keep_the_next_day_open_but_a_needle_charted_since_does(clinic, robin):
    visit, elena = an_open_visit(clinic)
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    close_the_day(robin, clinic, signed=SignedFor(WHY, elena))
    next_evening = EVENING + timedelta(days=1)
    assert unaccounted_on(robin, today(clinic) + timedelta(days=1)) == []
    record_insertion(by=elena, at=next_evening, visit_id=visit.pk, needle=a_needle())
    assert [row.n_in for row in unaccounted_on(robin, today(clinic) + timedelta(days=1))] == [1]
