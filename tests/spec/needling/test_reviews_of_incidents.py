"""An incident is reviewed by somebody else than who opened it, or by the owner; until then it is shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from myotome.clinic.needling.actions import record_insertion, report_adverse_event, resolve_incident, sign_missing
from myotome.clinic.needling.models import Incident
from myotome.clinic.needling.queries import incidents_open, reviews_waiting
from myotome.clinic.people.actions import begin_care
from myotome.vocabulary.courses import AdverseGrade, AdverseKind, Role, Seriousness
from myotome.vocabulary.errors import NotAllowed, NotFound
from tests.factories import AT, a_needle, a_practitioner, a_user, an_actor, an_open_visit, the_system

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(hours=1)


def needled_without_consent():
    """(the practitioner who did, her colleague who covers, the owner, the incident)."""
    visit, elena = an_open_visit(with_consent=False)
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    colleague = a_practitioner(visit.clinic, name="David Okafor")
    begin_care(
        by=the_system(visit.clinic),
        at=AT,
        patient_id=visit.course.patient_id,
        user_id=colleague.user_id,
        kind="covering",
    )
    owner = an_actor(a_user(visit.clinic, Role.OWNER, name="Olga"), visit.clinic)
    return elena, an_actor(colleague.user, visit.clinic), owner, Incident.objects.get(kind="needled_without_consent")


def test_who_opened_it_does_not_review_it():
    elena, _david, owner, incident = needled_without_consent()
    with pytest.raises(NotAllowed, match="Somebody else, or the owner"):
        resolve_incident(by=elena, at=LATER, incident_id=incident.pk, resolution="fine")
    assert incidents_open(owner) == [incident]


@pytest.mark.parametrize("who", ["colleague", "owner"])
def test_a_colleague_who_cares_for_the_patient_reviews_it_or_the_owner(who):
    _elena, david, owner, incident = needled_without_consent()
    by = {"colleague": david, "owner": owner}[who]
    resolve_incident(by=by, at=LATER, incident_id=incident.pk, resolution="consent was on paper")
    incident.refresh_from_db()
    assert (incident.resolved_by_user_id, incidents_open(owner)) == (by.user_id, [])


def test_the_owner_of_a_clinic_of_one_reviews_her_own_but_not_what_she_signed_alone():
    elena, _david, _owner, incident = needled_without_consent()
    alone = replace(elena, roles=elena.roles | {Role.OWNER})
    resolve_incident(by=alone, at=LATER, incident_id=incident.pk, resolution="consent was on paper")
    sign_missing(by=alone, at=LATER, visit_id=incident.visit_id, number=1, reason="looked everywhere")
    with pytest.raises(NotAllowed):
        resolve_incident(
            by=alone, at=LATER, incident_id=Incident.objects.get(kind="needle_missing").pk, resolution="fine"
        )


def test_a_colleague_without_the_patient_and_the_desk_review_nothing():
    _elena, _david, _owner, incident = needled_without_consent()
    clinic = incident.clinic
    stranger = an_actor(a_practitioner(clinic, name="Sofia Lind").user, clinic)
    with pytest.raises(NotFound):
        resolve_incident(by=stranger, at=LATER, incident_id=incident.pk, resolution="fine")
    desk = an_actor(a_user(clinic, Role.RECEPTIONIST), clinic)
    with pytest.raises(NotAllowed):
        resolve_incident(by=desk, at=LATER, incident_id=incident.pk, resolution="fine")


def test_the_first_review_stays():
    _elena, david, owner, incident = needled_without_consent()
    resolve_incident(by=david, at=LATER, incident_id=incident.pk, resolution="consent was on paper")
    resolve_incident(by=owner, at=LATER, incident_id=incident.pk, resolution="another word")
    incident.refresh_from_db()
    assert (incident.resolved_by, incident.resolution) == ("David Okafor", "consent was on paper")


@pytest.mark.parametrize(
    ("grade", "serious", "opens"),
    [(AdverseGrade.MILD, None, 0), (AdverseGrade.MAJOR, None, 1), (AdverseGrade.MILD, Seriousness.HOSPITAL, 1)],
)
def test_a_major_or_serious_event_is_reviewed_by_somebody_else_within_three_days(grade, serious, opens):
    visit, elena = an_open_visit()
    report_adverse_event(
        by=elena, at=AT, visit_id=visit.pk, kind=AdverseKind.PNEUMOTHORAX, grade=grade, serious=serious
    )
    waiting = reviews_waiting(elena)
    assert [(row.kind, row.detail, row.review_due_at) for row in waiting] == [
        ("serious_adverse_event", "pneumothorax", AT + timedelta(days=3))
    ] * opens
    for row in waiting:
        with pytest.raises(NotAllowed):
            resolve_incident(by=elena, at=LATER, incident_id=row.pk, resolution="fine")
