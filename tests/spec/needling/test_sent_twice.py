"""A command that arrives twice is done once: one effect, one line in the audit, and the same answer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.apps import apps

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.needling.actions import (
    accept_handover,
    add_addendum,
    answer_ask,
    ask_again,
    call_all_out,
    chart_response,
    correct_fact,
    count_after_all_out,
    count_out,
    hand_over,
    leave_in,
    note_fragment,
    record_insertion,
    report_adverse_event,
    sign_missing,
    strike_insertion,
    take_out,
    tally_needles,
)
from myotome.clinic.needling.models import NeedleInsertion, TreatmentVisit, VisitCommand
from myotome.clinic.people.models import Practitioner
from myotome.vocabulary.courses import AdverseGrade, AdverseKind
from myotome.vocabulary.errors import InvalidValue, KeyReused, NotFound
from myotome.vocabulary.needling import NeedleState
from tests.factories import AT, a_needle, a_practitioner, an_actor, an_open_visit

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(minutes=1)

COMMANDS = {
    "take_out": (take_out, {"number": 1, "grasp": 2}),
    "chart_response": (chart_response, {"number": 1, "cramp": 4}),
    "leave_in": (leave_in, {"number": 1, "reason": "press needle"}),
    "note_fragment": (note_fragment, {"number": 1, "detail": "tip"}),
    "strike_insertion": (strike_insertion, {"number": 3, "reason": "charted by mistake"}),
    "count_out": (count_out, {"n_counted": 2}),
    "sign_missing": (sign_missing, {"number": 1, "reason": "table and floor"}),
    "answer_ask": (answer_ask, {"code": "pleura", "place": "chest", "reason": "aimed at bone"}),
    "correct_fact": (correct_fact, {"code": "fever", "state": "present", "detail": "38.4 this morning"}),
    "ask_again": (ask_again, {"answers": {"fever": "present"}}),
    "call_all_out": (call_all_out, {}),
    "count_after_all_out": (count_after_all_out, {"numbers_out": [1, 2]}),
    "report_adverse_event": (report_adverse_event, {"kind": AdverseKind.FAINT, "grade": AdverseGrade.MILD}),
    "tally_needles": (tally_needles, {"which": "n_needles_opened", "step": 1}),
    "add_addendum": (add_addendum, {"text": "She rang in the evening."}),
}
TABLES = ("TreatmentVisit", "NeedleInsertion", "Incident", "CautionAnswer", "AdverseEvent", "VisitAddendum")


def everything():
    """Every row of the visit and of its audit as it stands."""
    models = [apps.get_model("needling", name) for name in TABLES] + [apps.get_model("screening", "PatientFact")]
    rows = {model.__name__: list(model._base_manager.order_by("pk").values()) for model in models}
    return rows | {"audit": list(AuditEvent.objects.order_by("pk").values_list("act", flat=True))}


def a_visit_with_needles():
    """Two needles in, one out."""
    visit, elena = an_open_visit()
    for state in (NeedleState.IN, NeedleState.IN, NeedleState.OUT):
        record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle(state=state))
    return visit, elena


@pytest.mark.parametrize("name", COMMANDS)
def test_the_same_command_twice_has_one_effect_and_one_line_in_the_audit(name):
    act, given = COMMANDS[name]
    visit, elena = a_visit_with_needles()
    before = everything()
    first = act(by=elena, at=AT, visit_id=visit.pk, client_id="tablet-1", **given)
    once = everything()
    again = act(by=elena, at=LATER, visit_id=visit.pk, client_id="tablet-1", **given)
    assert once != before
    assert everything() == once
    assert (again._meta.label, again.pk) == (first._meta.label, first.pk)


@pytest.mark.parametrize("name", COMMANDS)
def test_without_an_id_of_the_page_a_command_is_done_and_no_id_is_kept(name):
    act, given = COMMANDS[name]
    visit, elena = a_visit_with_needles()
    before = everything()
    act(by=elena, at=AT, visit_id=visit.pk, **given)
    assert everything() != before
    assert not VisitCommand.objects.exists()


def test_a_late_second_all_out_does_not_take_back_the_count():
    visit, elena = a_visit_with_needles()
    call_all_out(by=elena, at=AT, visit_id=visit.pk, client_id="call")
    count_after_all_out(by=elena, at=LATER, visit_id=visit.pk, client_id="count", numbers_out=[1, 2])
    call_all_out(by=elena, at=LATER, visit_id=visit.pk, client_id="call")
    assert TreatmentVisit.objects.get().counted_at == LATER


def test_a_hand_over_that_arrives_again_after_it_was_accepted_does_not_offer_the_visit_anew():
    visit, elena = a_visit_with_needles()
    mei = an_actor(a_practitioner(visit.clinic, name="Mei-Lin Chow").user, visit.clinic)
    to = Practitioner.objects.get(pk=mei.practitioner_id).pk
    hand_over(by=elena, at=AT, visit_id=visit.pk, client_id="give", practitioner_id=to)
    for at in (LATER, LATER + timedelta(minutes=1)):
        accept_handover(by=mei, at=at, visit_id=visit.pk, client_id="take")
    hand_over(by=elena, at=LATER, visit_id=visit.pk, client_id="give", practitioner_id=to)
    assert TreatmentVisit.objects.get().handover_accepted_at == LATER
    assert list(AuditEvent.objects.filter(act__contains="hand").order_by("pk").values_list("act", flat=True)) == [
        "visit.handed_over",
        "visit.handover_accepted",
    ]


def test_the_same_id_with_another_content_is_refused():
    visit, elena = a_visit_with_needles()
    add_addendum(by=elena, at=AT, visit_id=visit.pk, client_id="note", text="Sore.")
    with pytest.raises(KeyReused):
        add_addendum(by=elena, at=AT, visit_id=visit.pk, client_id="note", text="Not sore.")
    assert visit.addenda.count() == 1


def test_a_command_that_was_refused_may_be_sent_again():
    visit, elena = a_visit_with_needles()
    with pytest.raises(InvalidValue):
        add_addendum(by=elena, at=AT, visit_id=visit.pk, client_id="note", text=" ")
    add_addendum(by=elena, at=AT, visit_id=visit.pk, client_id="note", text="Sore.")
    assert visit.addenda.count() == 1


def test_the_same_id_in_two_visits_is_two_commands():
    visit, elena = a_visit_with_needles()
    other, david = an_open_visit(visit.clinic)
    for row, by in ((visit, elena), (other, david)):
        add_addendum(by=by, at=AT, visit_id=row.pk, client_id="note", text="Sore.")
    assert (visit.addenda.count(), other.addenda.count()) == (1, 1)


def test_a_stranger_learns_nothing_by_sending_it_again():
    visit, elena = a_visit_with_needles()
    add_addendum(by=elena, at=AT, visit_id=visit.pk, client_id="note", text="Sore.")
    stranger = an_actor(a_practitioner(visit.clinic, name="David Okafor").user, visit.clinic)
    with pytest.raises(NotFound):
        add_addendum(by=stranger, at=AT, visit_id=visit.pk, client_id="note", text="Sore.")


def test_a_needle_out_that_arrives_after_closing_is_answered():
    visit, elena = an_open_visit()
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    take_out(by=elena, at=AT, visit_id=visit.pk, client_id="out", number=1)
    TreatmentVisit.objects.filter(pk=visit.pk).update(closed_at=LATER, closed_by="Elena")
    assert take_out(by=elena, at=LATER, visit_id=visit.pk, client_id="out", number=1).out_at == AT
    assert NeedleInsertion.objects.get().state == NeedleState.OUT.value
