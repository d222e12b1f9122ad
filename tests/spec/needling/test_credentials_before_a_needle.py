"""Who holds the needle: what her credentials say before it, and what a needle past that leaves behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.booking.credentials import add_credential, change_credential
from myotome.clinic.needling.actions import answer_ask, record_insertion
from myotome.clinic.needling.asks import AskBook
from myotome.clinic.needling.models import Incident
from myotome.clinic.needling.queries import needles_of, visit_for
from myotome.vocabulary.courses import CautionLevel, Role
from myotome.vocabulary.errors import InvalidValue, NotAllowed
from tests.factories import (
    AT,
    a_needle,
    a_practitioner,
    a_user,
    a_yes_to_every_region,
    an_actor,
    an_open_visit,
)

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 24)
OVER_LUNG = {"site": "rhomboid_major", "region": "upper_back"}


@pytest.fixture
def visit_and_elena():
    """An open IMS visit with every yes and the ASK of the lung answered."""
    visit, elena = an_open_visit()
    a_yes_to_every_region(visit.course)
    answer_ask(by=elena, at=AT, visit_id=visit.pk, code="pleura", place="upper_back", reason="fold lifted")
    return visit, elena


def the_owner(visit):
    return an_actor(a_user(visit.clinic, Role.OWNER, name="Olga"), visit.clinic)


def certified(visit, elena, **values):
    values = {"body": "College", "programme": "IMS", "hazard_regions": ["thorax"]} | values
    return add_credential(by=the_owner(visit), at=AT, practitioner_id=elena.practitioner_id, **values)


def said(visit, actor, site="rhomboid_major", region="upper_back"):
    """(level, words) of what is said of the hand and not answered."""
    book = AskBook(actor, visit_for(actor, visit.pk))
    warnings = book.open(book.warnings("muscle", site, "", region))
    return [(w.level, w.words) for w in warnings if w.is_of_hand]


def breaches():
    return [(row.kind, row.detail) for row in Incident.objects.order_by("pk")]


LAPSED = (
    "Elena Marchetti has no credential for IMS in force today: IMS of College ended on 2026-11-23. "
    "No needle by this hand until it is renewed."
)
NOT_NAMED = "The credentials of Elena Marchetti for IMS do not name this region: thorax."


def test_a_credential_in_force_that_names_the_region_says_nothing(visit_and_elena):
    visit, elena = visit_and_elena
    certified(visit, elena, expires_on=TODAY)
    assert said(visit, elena) == []
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle(**OVER_LUNG))
    assert breaches() == []


def test_one_that_ended_yesterday_stops_every_needle_and_one_that_is_in_is_recorded_once_as_a_breach(visit_and_elena):
    visit, elena = visit_and_elena
    certified(visit, elena, expires_on=TODAY - timedelta(days=1))
    assert said(visit, elena, "tensor_fasciae_latae", "buttock") == [(CautionLevel.STOP, LAPSED)]
    for _ in range(2):
        record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    assert len(needles_of(visit)) == 2
    assert breaches() == [("needled_beyond_credential", LAPSED)]


def test_one_that_begins_tomorrow_is_not_in_force_either(visit_and_elena):
    visit, elena = visit_and_elena
    certified(visit, elena, issued_on=TODAY + timedelta(days=1))
    ((level, words),) = said(visit, elena)
    assert level is CautionLevel.STOP
    assert "begins on 2026-11-25" in words


def test_the_stop_is_lifted_by_putting_its_date_right_and_by_nothing_else(visit_and_elena):
    visit, elena = visit_and_elena
    row = certified(visit, elena, expires_on=TODAY - timedelta(days=1))
    code = f"credential_{elena.practitioner_id}"
    with pytest.raises(InvalidValue, match="a reason does not settle it"):
        answer_ask(by=elena, at=AT, visit_id=visit.pk, code=code, place="everywhere", reason="it is being renewed")
    assert said(visit, elena) == [(CautionLevel.STOP, LAPSED)]
    with pytest.raises(NotAllowed):
        change_credential(by=elena, at=AT, credential_id=row.pk, expires_on=None, hazard_regions=["thorax"])
    change_credential(
        by=the_owner(visit), at=AT, credential_id=row.pk, expires_on=date(2027, 11, 23), hazard_regions=["thorax"]
    )
    assert said(visit, elena) == []
    detail = AuditEvent.objects.get(act="credential.changed").detail
    assert (detail["ended"], detail["ends"]) == ("2026-11-23", "2027-11-23")


def test_a_renewal_beside_the_old_one_is_enough(visit_and_elena):
    visit, elena = visit_and_elena
    certified(visit, elena, expires_on=TODAY - timedelta(days=1))
    certified(visit, elena, issued_on=TODAY)
    assert said(visit, elena) == []


def test_a_region_that_it_does_not_name_asks_once_for_the_visit_and_region(visit_and_elena):
    visit, elena = visit_and_elena
    certified(visit, elena, hazard_regions=["spine", "limbs"])
    assert said(visit, elena, "gluteus_medius", "buttock") == []
    assert said(visit, elena) == [(CautionLevel.ASK, NOT_NAMED)]
    code = f"credential_{elena.practitioner_id}_thorax"
    answer_ask(by=elena, at=AT, visit_id=visit.pk, code=code, place="upper_back", reason="supervised by Dr Wu")
    assert said(visit, elena) == []
    assert said(visit, elena, "supraspinatus", "shoulder") == [(CautionLevel.ASK, NOT_NAMED)]
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle(**OVER_LUNG))
    assert breaches() == []
    assert AuditEvent.objects.filter(act="caution.answered", detail__code=code).count() == 1


def test_a_needle_in_such_a_region_without_an_answer_is_recorded_and_opens_an_incident(visit_and_elena):
    visit, elena = visit_and_elena
    certified(visit, elena, hazard_regions=[])
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle(**OVER_LUNG))
    assert breaches() == [("needled_beyond_credential", NOT_NAMED)]
    assert AuditEvent.objects.filter(act="incident.opened").count() == 1


def test_an_answer_counts_for_the_hand_that_gave_it_and_not_for_a_colleagues(visit_and_elena):
    visit, elena = visit_and_elena
    david = replace(
        an_actor(a_practitioner(visit.clinic, name="David Okafor").user, visit.clinic), user_id=elena.user_id
    )
    for who in (elena, david):
        certified(visit, who, hazard_regions=[])
    code = f"credential_{elena.practitioner_id}_thorax"
    answer_ask(by=elena, at=AT, visit_id=visit.pk, code=code, place="upper_back", reason="supervised by Dr Wu")
    assert said(visit, elena) == []
    assert [level for level, _ in said(visit, david)] == [CautionLevel.ASK]


def test_of_somebody_of_whom_nothing_is_described_nothing_is_said(visit_and_elena):
    visit, elena = visit_and_elena
    assert said(visit, elena) == []
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle(**OVER_LUNG))
    assert breaches() == []


def test_a_credential_for_acupuncture_alone_asks_before_ims_in_a_hazard_region(visit_and_elena):
    visit, elena = visit_and_elena
    certified(visit, elena, treatment="acupuncture", expires_on=TODAY - timedelta(days=1))
    words = "No credential of Elena Marchetti for IMS is on record, and this is a hazard region: thorax."
    assert said(visit, elena) == [(CautionLevel.ASK, words)]
    assert said(visit, elena, "tensor_fasciae_latae", "buttock") == []


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"hazard_regions": ["the moon"]}, "hazard_regions"),
        ({"treatment": "surgery"}, "treatment"),
        ({"issued_on": TODAY, "expires_on": TODAY - timedelta(days=1)}, "expires_on"),
        ({"body": " "}, "body"),
    ],
)
def test_a_credential_that_cannot_be_is_refused_at_its_field(visit_and_elena, values, field):
    visit, elena = visit_and_elena
    with pytest.raises(InvalidValue) as refused:
        certified(visit, elena, **values)
    assert refused.value.field == field
