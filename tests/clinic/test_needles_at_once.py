"""Two tablets and a colleague in the same moment: nothing twice, nothing lost, and no visit closed over a needle."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.needling.actions import (
    add_addendum,
    call_all_out,
    chart_response,
    close_visit,
    note_fragment,
    record_insertion,
    report_adverse_event,
)
from myotome.clinic.needling.models import AdverseEvent, Incident, NeedleInsertion, TreatmentVisit, VisitCommand
from myotome.vocabulary.courses import AdverseGrade, AdverseKind
from myotome.vocabulary.errors import NeedleUnaccountedFor
from myotome.vocabulary.needling import NeedleState
from tests.factories import AT, a_clinic, a_needle, an_open_visit, boxed

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 8


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each act gave or raised, all begun in the same moment on connections of their own."""
    line = Barrier(len(acts))

    def one(act: Callable[[], Any]) -> Any:
        try:
            line.wait(timeout=30)
            return act()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


def test_the_same_command_from_two_tablets_at_once_is_done_once():
    visit, elena = an_open_visit()
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    who = {"by": elena, "at": AT, "visit_id": visit.pk}
    felt = {"kind": AdverseKind.FAINT, "grade": AdverseGrade.MILD}
    for n in range(ROUNDS):
        id = {"client_id": f"page-{n}"}
        for act, given in (
            (note_fragment, {"number": 1, "detail": f"tip {n}"}),
            (report_adverse_event, felt),
            (add_addendum, {"text": f"note {n}"}),
        ):
            first, second = at_once(*[partial(act, **who, **id, **given)] * 2)
            assert (first.pk, type(first)) == (second.pk, type(second)), (first, second)
    assert Incident.objects.filter(kind="fragment").count() == ROUNDS
    assert AdverseEvent.objects.count() == visit.addenda.count() == ROUNDS
    assert VisitCommand.objects.count() == 3 * ROUNDS
    for act in ("needle.fragment", "adverse_event.reported", "visit.addendum"):
        assert AuditEvent.objects.filter(act=act).count() == ROUNDS


def test_different_commands_at_once_wait_for_each_other():
    visit, elena = an_open_visit()
    for _ in range(3):
        record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle())
    for n in range(ROUNDS):
        who = {"by": elena, "at": AT, "visit_id": visit.pk, "client_id": f"page-{n}"}
        answers = at_once(
            partial(call_all_out, **who),
            partial(note_fragment, **who, number=1, detail="tip"),
            partial(chart_response, **who, number=2, grasp=1),
            partial(chart_response, **who | {"client_id": f"other-{n}"}, number=3, grasp=2),
        )
        assert [type(answer) for answer in answers] == [TreatmentVisit] + [NeedleInsertion] * 3, answers
    assert VisitCommand.objects.count() == 4 * ROUNDS


def test_two_tablets_chart_at_once_and_every_needle_has_its_own_number():
    visit, elena = an_open_visit()
    for n in range(ROUNDS):
        needles = [a_needle(f"left-{n}"), a_needle(f"right-{n}"), a_needle(f"right-{n}")]
        rows = at_once(*[partial(record_insertion, by=elena, at=AT, visit_id=visit.pk, needle=one) for one in needles])
        assert [type(row) for row in rows] == [NeedleInsertion] * 3, rows
    assert sorted(NeedleInsertion.objects.values_list("number", flat=True)) == list(range(1, 2 * ROUNDS + 1))


def test_a_needle_and_the_closing_at_once_leave_no_needle_that_nobody_sees():
    clinic, n_kept = a_clinic(), 0
    for _ in range(ROUNDS):
        visit, elena = an_open_visit(clinic)
        who = {"by": elena, "at": AT, "visit_id": visit.pk}
        row, closed = at_once(
            partial(record_insertion, **who, needle=a_needle()), partial(close_visit, **who, version=1, **boxed(0))
        )
        assert isinstance(row, NeedleInsertion), row
        kept = NeedleInsertion.objects.get(pk=row.pk)
        is_closed = TreatmentVisit.objects.get(pk=visit.pk).closed_at is not None
        assert kept.state == NeedleState.IN.value
        assert isinstance(closed, TreatmentVisit | NeedleUnaccountedFor), closed
        assert is_closed == isinstance(closed, TreatmentVisit)
        assert (kept.found_at is not None) == is_closed
        n_found = Incident.objects.filter(visit=visit, kind="needle_found_after_closing").count()
        assert n_found == int(is_closed)
        n_kept += 1
    assert n_kept == NeedleInsertion.objects.count() == ROUNDS
