"""Faults in the middle of a visit, one test a line of docs/safety/faults-of-a-visit.md that no other test holds.

A server that is killed at whatever statement of a command, clocks that are put forward and back under a needle that is
in, two tabs that close one visit. What was answered is there; what was not is there wholly or not at all.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.needling import actions
from myotome.clinic.needling.models import Incident, NeedleInsertion, TreatmentVisit, VisitAddendum, VisitCommand
from myotome.clinic.needling.queries import needle_as_value, needles_of
from myotome.clinic.pathway.actions import visit_closed
from myotome.clinic.people.models import User
from myotome.science.needling.counts import overdue_at
from myotome.vocabulary.needling import NeedleState
from tests.factories import AT, a_needle, a_practitioner, an_open_visit, boxed

pytestmark = pytest.mark.django_db
MODELS = (TreatmentVisit, NeedleInsertion, Incident, VisitAddendum, VisitCommand, AuditEvent)


class Killed(BaseException):
    """The process is gone; nothing of Python is asked any more."""


@contextmanager
def killed_at(statement: int):
    """The server dies as it is about to send its n-th statement."""
    seen = 0

    def run(execute, sql, params, many, context):
        nonlocal seen
        seen += 1
        if seen == statement:
            raise Killed
        return execute(sql, params, many, context)

    with connection.execute_wrapper(run):
        yield


def everything():
    """All rows that a visit may write."""
    return [list(model._base_manager.order_by("pk").values()) for model in MODELS]


def commands(visit, elena):
    """Each command of a visit with what must be there for it."""
    named = {"by": elena, "at": AT + timedelta(minutes=5), "visit_id": visit.pk}
    once = named | {"client_id": "c-1"}
    needle = a_needle("n-new", site="supraspinatus", region="shoulder")
    return {
        "a needle in": lambda: actions.record_insertion(**named, needle=needle),
        "a needle out": lambda: actions.take_out(**once, number=1, grasp=2, release=True),
        "a broken needle": lambda: actions.note_fragment(**once, number=1, detail="tip"),
        "a needle that stays": lambda: actions.leave_in(**once, number=1, reason="press needle"),
        "a needle signed as missing": lambda: actions.sign_missing(**once, number=1, reason="floor and table"),
        "all out": lambda: actions.call_all_out(**once),
        "the count after all out": lambda: actions.count_after_all_out(**once, numbers_out=[1]),
        "the set counted out": lambda: actions.count_out(**once, n_counted=1),
        "closing": lambda: actions.close_visit(**named, version=1, note="kept", **boxed(1)),
    }


@pytest.mark.parametrize("name", list(commands(TreatmentVisit(), None)))
def test_a_server_killed_at_any_statement_has_done_a_command_wholly_or_not_at_all(name):
    visit, elena = an_open_visit(with_consent=False)
    actions.record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle("n-1"))
    if name == "closing":
        actions.take_out(by=elena, at=AT, visit_id=visit.pk, number=1)
    do = commands(visit, elena)[name]
    before, statement = everything(), 0
    while True:
        statement += 1
        try:
            with transaction.atomic(), killed_at(statement):
                do()
        except Killed:
            assert everything() == before, f"half of it was written at statement {statement}"
            continue
        break
    assert statement > 5, "it was killed at each of its statements"
    after = everything()
    assert after != before
    assert len(after[-1]) > len(before[-1]), "what was done stands in the audit with it"
    do()
    assert everything() == after, "sent again after the answer was lost, it is done once"


@pytest.mark.parametrize("hours", [-24, -1, 1, 24])
def test_a_clock_that_is_put_forward_or_back_under_a_needle_keeps_the_order_of_things(hours):
    visit, elena = an_open_visit()
    actions.record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle("n-1"))
    later = AT + timedelta(hours=hours)
    actions.record_insertion(by=elena, at=later, visit_id=visit.pk, needle=a_needle("n-2"))
    first = actions.take_out(by=elena, at=later, visit_id=visit.pk, number=1)
    assert first.out_at >= first.in_at
    assert first.seconds is None or 0 < first.seconds <= 4 * 3600, "a clock that jumped has measured nothing"
    assert [row.client_id for row in needles_of(visit)] == ["n-1", "n-2"], "order is of numbers, not of clocks"
    second = actions.take_out(by=elena, at=later + timedelta(seconds=9), visit_id=visit.pk, number=2)
    assert second.seconds == 9.0
    assert visit_closed(by=elena, at=later + timedelta(minutes=1), visit_id=visit.pk, version=1, **boxed(2)).closed_at
    acts = list(AuditEvent.objects.filter(act__startswith="needle.").order_by("pk").values_list("act", flat=True))
    assert acts == ["needle.charted", "needle.charted", "needle.out", "needle.out"]


def test_the_time_of_a_set_is_worked_out_from_when_it_went_in_whatever_stops_in_between():
    visit, elena = an_open_visit(mode="acupuncture")
    actions.record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle("n-1"))
    actions.record_insertion(by=elena, at=AT + timedelta(minutes=3), visit_id=visit.pk, needle=a_needle("n-2"))
    kept = [needle_as_value(row) for row in NeedleInsertion.objects.filter(visit=visit)]
    assert overdue_at(kept, timedelta(minutes=20)) == AT + timedelta(minutes=20)


def signed_in(user_id):
    device = Client()
    device.force_login(User.objects.get(pk=user_id))
    return device


def test_two_tabs_that_close_one_visit_lose_neither_note():
    visit, elena = an_open_visit()
    actions.record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=a_needle("n-1", state=NeedleState.OUT))
    TreatmentVisit.objects.filter(pk=visit.pk).update(note="from the other tab", version=2)
    close = reverse("needling:close", kwargs={"clinic": "alder", "visit": visit.pk})
    form = {"version": "1", "note": "from this tab", "n_needles_opened": "1", "n_needles_in_sharps": "1"}
    answer = signed_in(elena.user_id).post(close, form)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "from the other tab" in page
    assert "from this tab" in page
    visit.refresh_from_db()
    assert (visit.note, visit.closed_at) == ("from the other tab", None)


def test_two_devices_that_chart_the_same_place_chart_two_needles():
    visit, elena = an_open_visit()
    david = a_practitioner(visit.clinic, name="David")
    actions.hand_over(by=elena, at=timezone.now(), visit_id=visit.pk, practitioner_id=david.pk)
    url = reverse("needling:needle", kwargs={"clinic": "alder", "visit": visit.pk})
    for device, id in ((signed_in(elena.user_id), "a"), (signed_in(david.user_id), "b")):
        form = {"site": "muscle:gluteus_medius::left", "client_id": id, "state": "in"}
        assert device.post(url, form).status_code == 302
    assert [(row.number, row.charted_by) for row in needles_of(visit)] == [(1, "Elena Marchetti"), (2, "David")]


def test_each_fault_that_the_manual_names_has_its_test():
    root = Path(__file__).parents[2]
    page = (root / "docs" / "safety" / "faults-of-a-visit.md").read_text()
    named = re.findall(r"`(tests/\S+\.py)::(test_\w+)`", page)
    assert len(named) > 20
    missing = [f"{file}::{name}" for file, name in named if f"def {name}(" not in (root / file).read_text()]
    assert missing == []
