"""No needle is forgotten: in equals out before a visit can close, and nothing that happened is lost."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.needling.actions import (
    accept_handover,
    add_addendum,
    ask_again,
    call_all_out,
    close_visit,
    count_after_all_out,
    hand_over,
    leave_in,
    note_fragment,
    open_visit,
    record_insertion,
    report_adverse_event,
    sign_visit,
    strike_insertion,
    take_out,
    tally_needles,
)
from myotome.clinic.needling.models import Incident, NeedleInsertion, TreatmentVisit
from myotome.clinic.needling.queries import can_close, needles_of, visit_for
from myotome.vocabulary.courses import AdverseGrade, AdverseKind
from myotome.vocabulary.errors import InvalidValue, NeedleUnaccountedFor, NotFound, StaleVersion, VisitLocked
from myotome.vocabulary.needling import NeedleState, SiteKind, TreatmentMode
from tests.factories import AT, a_needle, a_practitioner, an_actor, an_open_visit, boxed

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(seconds=8)


def test_a_visit_cannot_close_while_a_needle_is_in():
    visit, elena = an_open_visit()
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    with pytest.raises(NeedleUnaccountedFor) as refusal:
        close_visit(by=elena, at=LATER, visit_id=visit.pk, version=1, **boxed(1))
    assert "tensor fasciae latae" in refusal.value.message
    assert "left" in refusal.value.message
    assert not can_close(visit, needles_of(visit))


def test_a_visit_closes_when_every_needle_is_out():
    visit, elena = an_open_visit()
    for number in (1, 2):
        record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
        take_out(by=elena, at=LATER, visit_id=visit.pk, number=number, grasp=2, release=True)
    closed = close_visit(by=elena, at=LATER, visit_id=visit.pk, version=1, **boxed(1))
    assert closed.closed_at == LATER
    assert [needle.seconds for needle in needles_of(visit)] == [8.0, 8.0]


def test_the_database_itself_refuses_to_close_a_visit_over_a_needle():
    visit, elena = an_open_visit()
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    with pytest.raises(DatabaseError), transaction.atomic():
        TreatmentVisit.objects.filter(pk=visit.pk).update(closed_at=AT, closed_by="a raw request")


def test_the_database_itself_refuses_a_needle_in_a_closed_visit():
    visit, elena = an_open_visit()
    row = record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    take_out(by=elena, at=LATER, visit_id=visit.pk, number=1)
    close_visit(by=elena, at=LATER, visit_id=visit.pk, version=1, **boxed(1))
    with pytest.raises(DatabaseError), transaction.atomic():
        NeedleInsertion.objects.filter(pk=row.pk).update(state="in")


def test_the_same_needle_sent_twice_is_one_needle():
    visit, elena = an_open_visit()
    needle = a_needle("tablet-1")
    first = record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=needle)
    again = record_insertion(by=elena, at=LATER, visit_id=visit.pk, needle=needle)
    assert first == again
    assert len(needles_of(visit)) == 1


def test_taking_a_needle_out_twice_changes_nothing():
    visit, elena = an_open_visit()
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    take_out(by=elena, at=LATER, visit_id=visit.pk, number=1)
    again = take_out(by=elena, at=LATER + timedelta(hours=1), visit_id=visit.pk, number=1)
    assert again.out_at == LATER


def test_a_needle_that_is_in_is_recorded_even_without_consent_and_an_incident_opens():
    visit, elena = an_open_visit(with_consent=False)
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    assert len(needles_of(visit)) == 1
    assert [row.kind for row in Incident.objects.all()] == ["needled_without_consent"]


@pytest.mark.parametrize("text", ["nul \x00 inside", "x" * 5000, "\ud800"])
def test_a_needle_that_is_in_is_recorded_whatever_was_typed_beside_it(text):
    visit, elena = an_open_visit()
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle(lot=text, site_detail=text))
    assert visit.insertions.get().state == "in"


@pytest.mark.parametrize("kind", list(SiteKind))
def test_a_needle_at_a_site_that_no_table_holds_is_recorded(kind):
    visit, elena = an_open_visit()
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle(site_kind=kind, site="once_in_a_table"))
    assert [row.site for row in needles_of(visit)] == ["once_in_a_table"]


def test_a_fever_learned_today_stops_and_a_needle_after_it_opens_an_incident():
    visit, elena = an_open_visit()
    ask_again(by=elena, at=AT, visit_id=visit.pk, answers={"fever": "present", "anticoagulant": "absent"})
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    assert [(row.kind, row.detail) for row in Incident.objects.all()] == [("needled_against_stop", "fever")]


def test_needle_shock_takes_all_out_first_and_counts_after():
    visit, elena = an_open_visit(mode="acupuncture")
    for _ in range(3):
        record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    call_all_out(by=elena, at=LATER, visit_id=visit.pk)
    count_after_all_out(by=elena, at=LATER, visit_id=visit.pk, numbers_out=[1, 2])
    with pytest.raises(NeedleUnaccountedFor, match="1 needle is still in"):
        close_visit(by=elena, at=LATER, visit_id=visit.pk, version=1, **boxed(1))
    count_after_all_out(by=elena, at=LATER, visit_id=visit.pk, numbers_out=[1, 2, 3])
    assert close_visit(by=elena, at=LATER, visit_id=visit.pk, version=1, **boxed(1)).closed_at


def test_all_out_without_a_count_keeps_the_visit_open():
    visit, elena = an_open_visit()
    call_all_out(by=elena, at=AT, visit_id=visit.pk)
    with pytest.raises(NeedleUnaccountedFor, match="Count them"):
        close_visit(by=elena, at=LATER, visit_id=visit.pk, version=1, **boxed(1))


def test_a_needle_may_stay_in_only_with_a_reason_and_without_consent_for_it_an_incident_opens():
    visit, elena = an_open_visit()
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    with pytest.raises(InvalidValue):
        leave_in(by=elena, at=AT, visit_id=visit.pk, number=1, reason=" ")
    leave_in(by=elena, at=AT, visit_id=visit.pk, number=1, reason="ear press needle for three days")
    assert [row.kind for row in Incident.objects.all()] == ["retained_without_consent"]
    in_the_patient = {"n_needles_opened": 1, "n_needles_in_sharps": 0}
    assert close_visit(by=elena, at=LATER, visit_id=visit.pk, version=1, **in_the_patient).closed_at


def test_a_broken_needle_is_never_out():
    visit, elena = an_open_visit()
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    note_fragment(by=elena, at=AT, visit_id=visit.pk, number=1, detail="tip missing")
    with pytest.raises(NeedleUnaccountedFor):
        close_visit(by=elena, at=LATER, visit_id=visit.pk, version=1, **boxed(1))


def test_a_needle_that_was_out_and_turns_out_to_be_broken_keeps_the_visit_open():
    visit, elena = an_open_visit()
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    note_fragment(by=elena, at=AT, visit_id=visit.pk, number=1, detail="tip missing")
    with pytest.raises(NeedleUnaccountedFor):
        close_visit(by=elena, at=LATER, visit_id=visit.pk, version=1, **boxed(1))


def test_needles_opened_and_needles_in_the_sharps_box_must_agree():
    visit, elena = an_open_visit()
    with pytest.raises(NeedleUnaccountedFor, match="5 needles were opened and 4 are in the sharps box"):
        close_visit(by=elena, at=LATER, visit_id=visit.pk, version=1, n_needles_opened=5, n_needles_in_sharps=4)


@pytest.mark.parametrize(
    ("counts", "field"),
    [
        ({}, "n_needles_opened"),
        ({"n_needles_in_sharps": 1}, "n_needles_opened"),
        ({"n_needles_opened": 1}, "n_needles_in_sharps"),
        ({"n_needles_opened": -1, "n_needles_in_sharps": -1}, "n_needles_opened"),
        ({"n_needles_opened": 501, "n_needles_in_sharps": 501}, "n_needles_opened"),
    ],
)
def test_a_visit_is_not_closed_before_the_needles_opened_and_the_sharps_box_are_counted(counts, field):
    visit, elena = an_open_visit()
    with pytest.raises(InvalidValue) as refusal:
        close_visit(by=elena, at=LATER, visit_id=visit.pk, version=1, **counts)
    assert refusal.value.field == field
    assert TreatmentVisit.objects.get().closed_at is None


def test_what_is_counted_by_hand_during_the_visit_adds_up_over_two_tablets_and_never_follows_the_chart():
    visit, elena = an_open_visit()
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    assert TreatmentVisit.objects.get().n_needles_opened is None
    for tablet in ("one-1", "two-1", "two-1"):
        tally_needles(by=elena, at=AT, visit_id=visit.pk, which="n_needles_opened", step=1, client_id=tablet)
    assert TreatmentVisit.objects.get().n_needles_opened == 2
    tally_needles(by=elena, at=AT, visit_id=visit.pk, which="n_needles_in_sharps", step=-1)
    assert TreatmentVisit.objects.get().n_needles_in_sharps == 0
    with pytest.raises(InvalidValue):
        tally_needles(by=elena, at=AT, visit_id=visit.pk, which="version", step=1)


def test_a_needle_left_in_is_opened_and_not_in_the_sharps_box():
    visit, elena = an_open_visit()
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    leave_in(by=elena, at=AT, visit_id=visit.pk, number=2, reason="ear press needle")
    with pytest.raises(NeedleUnaccountedFor, match="2 needles were opened, 1 stay in or were not found, and 2 are"):
        close_visit(by=elena, at=LATER, visit_id=visit.pk, version=1, **boxed(2))
    closed = close_visit(by=elena, at=LATER, visit_id=visit.pk, version=1, n_needles_opened=2, n_needles_in_sharps=1)
    assert (closed.n_needles_opened, closed.n_needles_in_sharps) == (2, 1)


def test_a_row_charted_by_mistake_is_struck_not_deleted():
    visit, elena = an_open_visit()
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    strike_insertion(by=elena, at=LATER, visit_id=visit.pk, number=1, reason="wrong patient's tablet")
    assert needles_of(visit) == []
    assert NeedleInsertion.objects.get().struck_reason == "wrong patient's tablet"


@pytest.mark.parametrize("state", [NeedleState.IN, NeedleState.FRAGMENT, NeedleState.LEFT_IN])
def test_striking_a_row_is_no_way_to_forget_a_needle(state):
    visit, elena = an_open_visit()
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle(state=state))
    with pytest.raises(NeedleUnaccountedFor, match="then strike its row"):
        strike_insertion(by=elena, at=LATER, visit_id=visit.pk, number=1, reason="charted by mistake")
    assert len(needles_of(visit)) == 1


def test_the_database_counts_a_needle_that_is_in_even_when_its_row_is_struck():
    visit, elena = an_open_visit()
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    NeedleInsertion.objects.update(struck_at=AT)
    with pytest.raises(DatabaseError), transaction.atomic():
        TreatmentVisit.objects.filter(pk=visit.pk).update(closed_at=LATER, closed_by="x")


def test_a_needle_that_is_out_cannot_be_left_in_afterwards():
    visit, elena = an_open_visit()
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle(state=NeedleState.OUT))
    with pytest.raises(InvalidValue, match="Only a needle that is in"):
        leave_in(by=elena, at=LATER, visit_id=visit.pk, number=1, reason="press needle")


def test_a_tablet_whose_clock_runs_a_day_ahead_does_not_move_the_needle_into_tomorrow():
    visit, elena = an_open_visit()
    needle = a_needle(in_at=AT + timedelta(days=1))
    row = record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=needle)
    assert row.in_at == AT


def test_a_handed_over_visit_waits_until_the_colleague_accepts():
    visit, elena = an_open_visit(mode="acupuncture")
    mei = a_practitioner(visit.clinic, name="Mei-Lin Chow")
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    hand_over(by=elena, at=AT, visit_id=visit.pk, practitioner_id=mei.pk)
    mei_acts = an_actor(mei.user, visit.clinic)
    take_out(by=mei_acts, at=LATER, visit_id=visit.pk, number=1)
    with pytest.raises(NeedleUnaccountedFor, match="has not accepted"):
        close_visit(by=mei_acts, at=LATER, visit_id=visit.pk, version=1, **boxed(1))
    accept_handover(by=mei_acts, at=LATER, visit_id=visit.pk)
    close_visit(by=mei_acts, at=LATER, visit_id=visit.pk, version=1, **boxed(1))
    assert NeedleInsertion.objects.get().removed_by == "Mei-Lin Chow"


def test_signing_locks_and_an_addendum_stays_possible():
    visit, elena = an_open_visit()
    with pytest.raises(VisitLocked):
        sign_visit(by=elena, at=LATER, visit_id=visit.pk)
    close_visit(by=elena, at=LATER, visit_id=visit.pk, version=1, **boxed(1), note="Eased at once.")
    sign_visit(by=elena, at=LATER, visit_id=visit.pk)
    with pytest.raises(VisitLocked):
        call_all_out(by=elena, at=LATER, visit_id=visit.pk)
    add_addendum(by=elena, at=LATER, visit_id=visit.pk, text="She rang: sore until the evening.")
    assert visit.addenda.get().written_by == elena.name


def test_two_people_who_close_the_same_visit_lose_no_word():
    visit, elena = an_open_visit()
    TreatmentVisit.objects.filter(pk=visit.pk).update(version=2, note="Her colleague's note")
    with pytest.raises(StaleVersion):
        close_visit(by=elena, at=LATER, visit_id=visit.pk, version=1, **boxed(1), note="Mine")
    visit.refresh_from_db()
    assert visit.note == "Her colleague's note"


def test_an_adverse_event_is_tied_to_its_needle_even_after_signing():
    visit, elena = an_open_visit()
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    take_out(by=elena, at=LATER, visit_id=visit.pk, number=1)
    close_visit(by=elena, at=LATER, visit_id=visit.pk, version=1, **boxed(1))
    sign_visit(by=elena, at=LATER, visit_id=visit.pk)
    event = report_adverse_event(
        by=elena, at=LATER, visit_id=visit.pk, kind=AdverseKind.FAINT, grade=AdverseGrade.MILD, number=1
    )
    assert event.insertion.number == 1


def test_visits_of_a_course_are_numbered_and_an_appointment_has_one_visit():
    visit, elena = an_open_visit()
    second = open_visit(by=elena, at=AT, course_id=visit.course_id, mode=TreatmentMode.IMS)
    assert (visit.number, second.number) == (1, 2)


def test_a_practitioner_without_a_care_relation_cannot_reach_the_visit():
    visit, _ = an_open_visit()
    stranger = an_actor(a_practitioner(visit.clinic, name="David Okafor").user, visit.clinic)
    with pytest.raises(NotFound):
        visit_for(stranger, visit.pk)


def test_every_act_on_a_needle_leaves_one_event():
    visit, elena = an_open_visit()
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    take_out(by=elena, at=LATER, visit_id=visit.pk, number=1)
    close_visit(by=elena, at=LATER, visit_id=visit.pk, version=1, **boxed(1))
    acts = list(
        AuditEvent.objects.filter(subject_type="needling.TreatmentVisit").order_by("id").values_list("act", flat=True)
    )
    assert acts == ["visit.opened", "needle.charted", "needle.out", "visit.closed"]
    assert NeedleInsertion.objects.get().state == NeedleState.OUT.value
