"""An ASK is answered with a reason before the needle; a needle that is not found is signed for, never forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.needling.actions import (
    answer_ask,
    ask_again,
    chart_response,
    close_visit,
    correct_fact,
    count_out,
    leave_in,
    open_visit,
    record_insertion,
    resolve_incident,
    sign_missing,
)
from myotome.clinic.needling.asks import AskBook, answered_quickly
from myotome.clinic.needling.models import Incident
from myotome.clinic.needling.queries import incidents_open, needles_of, reviews_waiting, visit_for
from myotome.clinic.screening.models import PatientFact
from myotome.knowledge.cautions import Caution
from myotome.science.needling.asks import before_needle
from myotome.vocabulary.anatomy import NeedleRegion, Side
from myotome.vocabulary.courses import CautionLevel, Role
from myotome.vocabulary.errors import InvalidValue, NeedleUnaccountedFor, NotAllowed, NotFound, VisitLocked
from myotome.vocabulary.needling import NeedleState, SiteKind, TreatmentMode
from tests.factories import AT, a_consent, a_needle, a_practitioner, a_user, an_actor, an_open_visit, boxed

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(seconds=30)
OVER_LUNG = {"site": "rhomboid_major", "region": "upper_back"}


def open_codes(visit, actor, site="rhomboid_major", region="upper_back"):
    book = AskBook(actor, visit_for(actor, visit.pk))
    return [w.code for w in book.open(book.warnings("muscle", site, "", region))]


def test_over_the_lung_the_chart_asks_and_a_reason_settles_it_for_the_region():
    visit, elena = an_open_visit()
    assert open_codes(visit, elena) == ["pleura"]
    answer_ask(by=elena, at=AT, visit_id=visit.pk, code="pleura", place="upper_back", reason="fold lifted")
    assert open_codes(visit, elena) == []
    assert open_codes(visit, elena, "supraspinatus", "shoulder") == ["pleura"]


def test_an_ask_wants_a_reason():
    visit, elena = an_open_visit()
    with pytest.raises(InvalidValue):
        answer_ask(by=elena, at=AT, visit_id=visit.pk, code="pleura", place="upper_back", reason="  ")


def test_an_ask_is_asked_again_when_its_fact_changes():
    visit, elena = an_open_visit()
    ask_again(by=elena, at=AT, visit_id=visit.pk, answers={"anticoagulant": "present"})
    answer_ask(by=elena, at=AT, visit_id=visit.pk, code="anticoagulant", place="everywhere", reason="press 2 min")
    assert "anticoagulant" not in open_codes(visit, elena, "gluteus_medius", "buttock")
    ask_again(by=elena, at=LATER, visit_id=visit.pk, answers={"anticoagulant": "absent"})
    ask_again(by=elena, at=LATER, visit_id=visit.pk, answers={"anticoagulant": "present"})
    assert "anticoagulant" in open_codes(visit, elena, "gluteus_medius", "buttock")


def test_one_reason_counts_for_the_whole_visit_and_region_and_not_for_the_next_visit():
    visit, elena = an_open_visit()
    answer_ask(by=elena, at=AT, visit_id=visit.pk, code="pleura", place="upper_back", reason="fold lifted")
    assert open_codes(visit, elena, "rhomboid_minor") == []
    next_visit = open_visit(by=elena, at=LATER, course_id=visit.course_id, mode=TreatmentMode.IMS)
    assert open_codes(next_visit, elena) == ["pleura"]


def test_a_fact_with_other_details_is_asked_about_again_and_one_that_stays_is_not():
    visit, elena = an_open_visit()

    def said(detail, at):
        correct_fact(by=elena, at=at, visit_id=visit.pk, code="anticoagulant", state="present", detail=detail)

    said("aspirin", AT)
    answer_ask(by=elena, at=AT, visit_id=visit.pk, code="anticoagulant", place="everywhere", reason="press 2 min")
    said("aspirin", LATER)
    assert "anticoagulant" not in open_codes(visit, elena)
    said("warfarin since Friday", LATER)
    assert "anticoagulant" in open_codes(visit, elena)
    noted = AuditEvent.objects.filter(act="fact.noted", detail__code="anticoagulant")
    assert [row.detail["state"] for row in noted] == ["present", "present"]


@pytest.mark.parametrize("fact", ["fever", "previous_reaction", "needle_phobia", "no_consent", "red_flag"])
def test_a_stop_is_lifted_by_correcting_its_fact_which_is_dated_and_kept_and_by_no_reason(fact):
    visit, elena = an_open_visit()
    code = {"needle_phobia": "needle_fear_stop"}.get(fact, fact)
    correct_fact(by=elena, at=AT, visit_id=visit.pk, code=fact, state="present", detail="she says so")
    with pytest.raises(InvalidValue, match="a reason does not settle it"):
        answer_ask(by=elena, at=AT, visit_id=visit.pk, code=code, place="everywhere", reason="just this once")
    assert code in open_codes(visit, elena, "gluteus_medius", "buttock")
    with pytest.raises(InvalidValue, match="what is known now"):
        correct_fact(by=elena, at=LATER, visit_id=visit.pk, code=fact, state="absent", detail=" ")
    correct_fact(by=elena, at=LATER, visit_id=visit.pk, code=fact, state="absent", detail="asked her again")
    assert code not in open_codes(visit, elena, "gluteus_medius", "buttock")
    rows = PatientFact.objects.filter(code=fact).order_by("pk")
    assert [(r.state, r.noted_at, r.noted_by, r.replaced_at) for r in rows] == [
        ("present", AT, elena.name, LATER),
        ("absent", LATER, elena.name, None),
    ]
    assert AuditEvent.objects.filter(act="visit.fact_corrected").count() == 2


def test_an_area_that_is_named_stops_needles_there_until_it_is_put_right_and_other_words_leave_it():
    visit, elena = an_open_visit()

    def says(at, detail, **given):
        fact = {"code": "lymphoedema", "detail": detail} | {"state": "present"} | given
        correct_fact(by=elena, at=at, visit_id=visit.pk, **fact)
        warnings = AskBook(elena, visit).warnings("muscle", "rhomboid_minor", "", "upper_back", side="left")
        return [w.level.value for w in warnings if w.code == "lymphoedema"]

    assert says(AT, "nodes removed") == ["ask"]
    assert says(AT, "nodes removed", areas=["upper_back:left"]) == ["stop"]
    assert says(LATER, "nodes removed, left side") == ["stop"]
    assert says(LATER, "only the hand", areas=["forearm_hand:left"]) == ["ask"]
    assert says(LATER, "never, mixed up", state="absent") == []
    rows = PatientFact.objects.filter(code="lymphoedema").order_by("pk")
    assert [row.areas for row in rows] == [[], ["upper_back:left"], ["upper_back:left"], ["forearm_hand:left"], []]


def test_a_limb_is_named_at_once_and_is_all_its_regions_on_that_side():
    visit, elena = an_open_visit()
    fact = {"code": "lymphoedema", "state": "present", "detail": "since May", "areas": ["whole_leg:left"]}
    correct_fact(by=elena, at=AT, visit_id=visit.pk, **fact)
    assert PatientFact.objects.get().areas == ["thigh:left", "lower_leg:left", "foot:left"]
    for place, level in (("foot", "stop"), ("buttock", "ask")):
        warnings = AskBook(elena, visit).warnings("free", "here", "", place, side="left")
        assert [w.level.value for w in warnings if w.code == "lymphoedema"] == [level]


def test_each_stopped_area_that_is_needled_opens_an_incident_of_its_own():
    visit, elena = an_open_visit()
    fact = {"code": "lymphoedema", "state": "present", "detail": "x", "areas": ["buttock:left", "whole_leg:left"]}
    correct_fact(by=elena, at=AT, visit_id=visit.pk, **fact)
    for site, region in (("gluteus_medius", "buttock"), ("gluteus_maximus", "buttock"), ("soleus", "lower_leg")):
        needle = a_needle(site=site, region=NeedleRegion(region), side=Side.LEFT)
        record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=needle)
    stopped = [detail for kind, detail in incidents() if kind == "needled_against_stop"]
    assert stopped == ["lymphoedema, buttock left", "lymphoedema, lower leg left"]


@pytest.mark.parametrize("level", ["stop", "ask", "note"])
def test_a_clinics_own_rule_of_an_area_is_as_grave_as_it_was_written_and_its_ask_can_be_answered(level):
    rule = Caution("own", CautionLevel(level), "diabetes", "area", (), "Look at the skin.", ("clinic belief",))
    warnings = before_needle(
        site_kind=SiteKind.FREE, site="here", level=None, region=NeedleRegion.FOREARM_HAND, side="right",
        facts={"diabetes": ""}, areas={"diabetes": ("forearm_hand:right",)}, rules=[rule],
    )  # fmt: skip
    own = next(w for w in warnings if w.code == "own")
    assert own.level.value == level
    assert len(own.place) <= (16 if level == "ask" else 40)


@pytest.mark.parametrize("code", ["nonsense", "fever", "previous_reaction", ""])
def test_what_is_no_ask_takes_no_reason(code):
    visit, elena = an_open_visit()
    correct_fact(by=elena, at=AT, visit_id=visit.pk, code="fever", state="present", detail="38.4")
    with pytest.raises(InvalidValue) as refused:
        answer_ask(by=elena, at=AT, visit_id=visit.pk, code=code, place="everywhere", reason="go on")
    assert refused.value.field == "reason"
    assert not visit.caution_answers.exists()


@pytest.mark.parametrize(
    ("code", "area"),
    [("lymphoedema", "tail:left"), ("lymphoedema", "whole_tail:left"), ("lymphoedema", "arm"), ("fever", "arm:left")],
)
def test_an_area_that_is_none_or_of_a_fact_that_has_none_is_refused_at_its_field(code, area):
    visit, elena = an_open_visit()
    with pytest.raises(InvalidValue) as refused:
        correct_fact(by=elena, at=AT, visit_id=visit.pk, code=code, state="present", detail="so", areas=[area])
    assert refused.value.field == "fact_area"
    assert not PatientFact.objects.exists()


def test_a_needle_in_the_named_area_is_recorded_and_opens_an_incident():
    visit, elena = an_open_visit()
    areas = ["buttock:left"]
    correct_fact(by=elena, at=AT, visit_id=visit.pk, code="lymphoedema", state="present", detail="x", areas=areas)
    for side, opened in ((Side.RIGHT, "needled_without_answer"), (Side.LEFT, "needled_against_stop")):
        needle = a_needle(site="gluteus_medius", region=NeedleRegion.BUTTOCK, side=side)
        record_insertion(by=elena, at=LATER, visit_id=visit.pk, needle=needle)
        assert opened in [kind for kind, _detail in incidents()]


def test_a_closed_visit_takes_no_correction():
    visit, elena = an_open_visit()
    close_visit(by=elena, at=LATER, visit_id=visit.pk, version=1, **boxed(0))
    with pytest.raises(VisitLocked):
        correct_fact(by=elena, at=LATER, visit_id=visit.pk, code="fever", state="absent", detail="cool again")


def test_a_needle_past_an_ask_is_recorded_and_opens_one_incident_for_the_place():
    visit, elena = an_open_visit()
    a_consent(visit.course, "region", "thorax")
    for _ in range(2):
        record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle(**OVER_LUNG))
    assert len(needles_of(visit)) == 2
    assert [(i.kind, i.detail) for i in Incident.objects.all()] == [("needled_without_answer", "pleura, upper back")]


def test_a_needle_after_the_answer_opens_nothing():
    visit, elena = an_open_visit()
    a_consent(visit.course, "region", "thorax")
    answer_ask(by=elena, at=AT, visit_id=visit.pk, code="pleura", place="upper_back", reason="aimed at bone")
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle(**OVER_LUNG))
    assert not Incident.objects.exists()


def incidents():
    return [(row.kind, row.detail) for row in Incident.objects.order_by("pk")]


@pytest.mark.parametrize("fact", ["valve_disease", "immune_compromise"])
def test_a_needle_left_in_against_a_stop_for_needles_that_stay_opens_an_incident(fact):
    visit, elena = an_open_visit()
    a_consent(visit.course, "retained")
    ask_again(by=elena, at=AT, visit_id=visit.pk, answers={fact: "present"})
    answer_ask(by=elena, at=AT, visit_id=visit.pk, code=fact, place="everywhere", reason="strict skin cleaning")
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    assert incidents() == []
    for _ in range(2):
        row = leave_in(by=elena, at=LATER, visit_id=visit.pk, number=1, reason="ear press needle")
    assert row.state == NeedleState.LEFT_IN.value
    assert incidents() == [("needled_against_stop", {"valve_disease": "valve_retained"}.get(fact, "immune_retained"))]


def test_a_needle_deeper_than_any_range_of_its_point_is_recorded_and_opens_an_incident():
    visit, elena = an_open_visit(mode="acupuncture")
    point = {"site_kind": SiteKind.ACUPOINT, "site": "TE5", "region": NeedleRegion.FOREARM_HAND}
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle(**point, depth_mm=20))
    assert incidents() == []
    chart_response(by=elena, at=LATER, visit_id=visit.pk, number=1, depth_mm=60)
    assert incidents() == [("needled_without_answer", "depth_TE5, forearm hand")]
    answer_ask(by=elena, at=LATER, visit_id=visit.pk, code="depth_TE5", place="forearm_hand", reason="through to PC6")
    record_insertion(by=elena, at=LATER, visit_id=visit.pk, needle=a_needle(**point, depth_mm=60))
    assert len(incidents()) == 1


def test_every_answer_is_in_the_audit_and_its_speed_is_counted_for_the_owner():
    visit, elena = an_open_visit()
    for code, shown in (
        ("pleura", AT - timedelta(milliseconds=400)),
        ("diabetes", AT - timedelta(seconds=5)),
        ("heart", None),
    ):
        answer_ask(by=elena, at=AT, visit_id=visit.pk, code=code, place="chest", reason="said", shown_at=shown)
    owner = an_actor(a_user(visit.clinic, Role.OWNER, name="Olga"), visit.clinic)
    assert (answered_quickly(owner).n_quick, answered_quickly(owner).n, answered_quickly(owner).in_100) == (1, 2, 50)
    with pytest.raises(NotAllowed):
        answered_quickly(elena)
    assert AuditEvent.objects.filter(act="caution.answered").count() == 3


def test_a_resting_set_comes_out_together_only_when_the_count_agrees():
    visit, elena = an_open_visit(mode="acupuncture")
    for _ in range(8):
        record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    with pytest.raises(NeedleUnaccountedFor, match="You counted 7, and 8 are in"):
        count_out(by=elena, at=LATER, visit_id=visit.pk, n_counted=7)
    assert {row.state for row in needles_of(visit)} == {"in"}
    count_out(by=elena, at=LATER, visit_id=visit.pk, n_counted=8)
    assert {(row.state, row.removed_by) for row in needles_of(visit)} == {("out", elena.name)}


def test_a_needle_that_is_not_found_is_signed_for_by_a_second_person():
    visit, elena = an_open_visit()
    david = an_actor(a_practitioner(visit.clinic, name="David Okafor").user, visit.clinic)
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    sign_missing(by=elena, at=LATER, visit_id=visit.pk, number=1, reason="table, floor, sheets", witness=david)
    incident = Incident.objects.get(kind="needle_missing")
    assert (incident.witnessed_by, incident.review_due_at) == ("David Okafor", None)
    with pytest.raises(NeedleUnaccountedFor, match="1 needles were opened, 1 stay in or were not found, and 1 are"):
        close_visit(by=elena, at=LATER, visit_id=visit.pk, version=1, **boxed(1))
    assert close_visit(
        by=elena, at=LATER, visit_id=visit.pk, version=1, n_needles_opened=1, n_needles_in_sharps=0
    ).closed_at
    assert needles_of(visit)[0].state == NeedleState.MISSING.value


def test_alone_she_signs_and_somebody_else_reviews_within_three_days():
    visit, elena = an_open_visit()
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    sign_missing(by=elena, at=LATER, visit_id=visit.pk, number=1, reason="looked everywhere")
    incident = Incident.objects.get(kind="needle_missing")
    assert incident.review_due_at == LATER + timedelta(days=3)
    with pytest.raises(NotAllowed):
        resolve_incident(by=elena, at=LATER, incident_id=incident.pk, resolution="fine")
    owner = an_actor(a_user(visit.clinic, Role.OWNER, name="Olga"), visit.clinic)
    resolve_incident(by=owner, at=LATER, incident_id=incident.pk, resolution="found in the sheet by the laundry")
    incident.refresh_from_db()
    assert (incident.resolved_by, incident.resolved_at) == ("Olga", LATER)


def a_visit_of_two_needles_that_are_out():
    visit, elena = an_open_visit()
    for n in (1, 2):
        needle = a_needle(f"n-{n}", state=NeedleState.OUT)
        record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=needle)
    return visit, elena, {"by": elena, "at": LATER, "visit_id": visit.pk, "version": 1, "n_needles_opened": 2}


def test_a_needle_that_is_charted_out_and_not_in_the_box_is_signed_for_as_the_visit_closes():
    visit, _elena, closing = a_visit_of_two_needles_that_are_out()
    david = an_actor(a_practitioner(visit.clinic, name="David Okafor").user, visit.clinic)
    signed = {"n_not_found": 1, "where_looked": "table, floor", "witness": david}
    for wrong in ({}, {"n_not_found": 2, "where_looked": "floor"}, signed | {"n_needles_in_sharps": 3}):
        with pytest.raises(NeedleUnaccountedFor) as refusal:
            close_visit(**closing | {"n_needles_in_sharps": 1} | wrong)
        assert refusal.value.field == "n_needles_in_sharps"
    with pytest.raises(InvalidValue) as refusal:
        close_visit(**closing, n_needles_in_sharps=1, **signed | {"where_looked": " "})
    assert refusal.value.field == "where_looked"
    assert not Incident.objects.exists()
    assert close_visit(**closing, n_needles_in_sharps=1, **signed).closed_at
    incident = Incident.objects.get(kind="needle_missing")
    assert (incident.witnessed_by, incident.review_due_at) == ("David Okafor", None)
    assert incident.detail == "1 not found at closing: table, floor"
    assert AuditEvent.objects.get(act="needle.missing").detail == {"n": 1, "alone": False}


def test_alone_she_signs_for_a_needle_that_the_box_does_not_hold_and_somebody_else_reviews():
    _visit, elena, closing = a_visit_of_two_needles_that_are_out()
    close_visit(**closing, n_needles_in_sharps=1, n_not_found=1, where_looked="everywhere")
    incident = Incident.objects.get(kind="needle_missing")
    assert incident.review_due_at == LATER + timedelta(days=3)
    with pytest.raises(NotAllowed):
        resolve_incident(by=elena, at=LATER, incident_id=incident.pk, resolution="fine")


def test_what_was_found_before_closing_is_signed_for_by_nobody():
    _visit, _elena, closing = a_visit_of_two_needles_that_are_out()
    assert close_visit(**closing, n_needles_in_sharps=2, n_not_found=1, where_looked="floor").closed_at
    assert not Incident.objects.filter(kind="needle_missing").exists()


def signed_alone():
    visit, elena = an_open_visit()
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    sign_missing(by=elena, at=LATER, visit_id=visit.pk, number=1, reason="looked everywhere")
    return visit, elena, Incident.objects.get(kind="needle_missing")


def test_somebody_of_the_same_name_may_review_what_was_signed_alone():
    visit, _elena, incident = signed_alone()
    namesake = an_actor(a_user(visit.clinic, Role.OWNER, name="Elena Marchetti"), visit.clinic)
    resolve_incident(by=namesake, at=LATER, incident_id=incident.pk, resolution="found in the laundry")
    incident.refresh_from_db()
    assert incident.resolved_by_user_id == namesake.user_id


def test_a_new_name_does_not_let_her_review_what_she_signed_alone():
    _visit, elena, incident = signed_alone()
    with pytest.raises(NotAllowed):
        resolve_incident(by=replace(elena, name="E. Rossi"), at=LATER, incident_id=incident.pk, resolution="fine")
    nobody = replace(elena, name="a command", user_id=None, is_system=True)
    with pytest.raises(NotAllowed):
        resolve_incident(by=nobody, at=LATER, incident_id=incident.pk, resolution="fine")


def test_an_owner_who_signed_alone_does_not_review_herself():
    _visit, elena, incident = signed_alone()
    owner_too = replace(elena, roles=elena.roles | {Role.OWNER})
    with pytest.raises(NotAllowed):
        resolve_incident(by=owner_too, at=LATER, incident_id=incident.pk, resolution="fine")
    assert [row.pk for row in reviews_waiting(owner_too)] == [incident.pk]


def test_a_review_is_shown_until_it_is_done():
    visit, elena, incident = signed_alone()
    owner = an_actor(a_user(visit.clinic, Role.OWNER, name="Olga"), visit.clinic)
    stranger = an_actor(a_practitioner(visit.clinic, name="David Okafor").user, visit.clinic)
    assert reviews_waiting(elena) == reviews_waiting(owner) == incidents_open(owner) == [incident]
    assert reviews_waiting(stranger) == []
    resolve_incident(by=owner, at=LATER + timedelta(days=9), incident_id=incident.pk, resolution="found")
    assert reviews_waiting(elena) == reviews_waiting(owner) == incidents_open(owner) == []


@pytest.mark.parametrize(
    ("number", "reason", "refusal"), [(1, "", InvalidValue), (9, "looked", NotFound), (2, "looked", InvalidValue)]
)
def test_a_needle_is_signed_as_missing_only_with_a_reason_and_when_it_is_open(number, reason, refusal):
    visit, elena = an_open_visit()
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    with pytest.raises(refusal):
        sign_missing(by=elena, at=LATER, visit_id=visit.pk, number=number, reason=reason)


def test_nobody_is_her_own_witness():
    visit, elena = an_open_visit()
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    with pytest.raises(InvalidValue, match="Somebody else"):
        sign_missing(by=elena, at=LATER, visit_id=visit.pk, number=1, reason="looked", witness=elena)
