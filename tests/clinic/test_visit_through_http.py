"""No path through the pages closes a visit over a needle: the pages walked at random beside the pure machine.

Two devices, two people, requests that are sent twice, that die before they are written, that are kept back by a
tablet without network and arrive later in another order, raw ones, and clocks that are wrong. After each step the rows
are what `science.needling.visit` says, and the page refuses exactly what it refuses.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.needling.actions import open_visit
from myotome.clinic.needling.models import Incident, NeedleInsertion, TreatmentVisit, VisitCommand
from myotome.clinic.people.actions import begin_care
from myotome.science.needling import visit as machine
from myotome.vocabulary.errors import MyotomeError
from myotome.vocabulary.needling import NeedleState, TreatmentMode
from tests.factories import (
    PASSWORD,
    a_clinic,
    a_consent,
    a_course,
    a_patient,
    a_practitioner,
    an_actor,
    the_system,
)

MANY = 1_000 if os.environ.get("MYOTOME_SOAK") else 100
IDS, PEOPLE = ("a", "b", "c", "d"), ("Elena", "David")
SITE = "muscle:gluteus_medius::left"
OPEN = {NeedleState.IN.value, NeedleState.FRAGMENT.value}


@dataclass
class Sent:
    """A request as it stood: who sent what where, and what the pure machine does with it."""

    who: str
    name: str
    form: dict[str, Any]
    step: Any
    ids: dict[str, int] = field(default_factory=dict)


class House:
    """A clinic with a patient in two practitioners' care, each with a device that is signed in."""

    def __init__(self) -> None:
        self.clinic = a_clinic()
        people = {name: a_practitioner(self.clinic, name=name) for name in PEOPLE}
        patient = a_patient(self.clinic, in_care_of=people["Elena"])
        begin_care(
            by=the_system(self.clinic), at=timezone.now(), patient_id=patient.pk, user_id=people["David"].user_id
        )
        self.course = a_course(self.clinic, patient)
        a_consent(self.course)
        self.people = people
        self.actor = an_actor(people["Elena"].user, self.clinic)
        self.devices = {name: Client() for name in PEOPLE}
        for name, device in self.devices.items():
            device.force_login(people[name].user)


def walk(house: House) -> type[RuleBasedStateMachine]:
    """The machine in this house; each example is undone at its end."""

    class Walk(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.undo = transaction.atomic()
            self.undo.__enter__()
            self.model, self.last, self.kept, self.n = machine.Visit(), None, [], 0

        def teardown(self) -> None:
            transaction.set_rollback(True)
            self.undo.__exit__(None, None, None)

        @initialize()
        def open(self) -> None:
            self.visit = open_visit(
                by=house.actor, at=timezone.now(), course_id=house.course.pk, mode=TreatmentMode.IMS
            )

        # -- how a request travels

        def post(self, sent: Sent) -> int:
            url = reverse(
                f"needling:{sent.name}", kwargs={"clinic": house.clinic.slug, "visit": self.visit.pk} | sent.ids
            )
            return house.devices[sent.who].post(url, sent.form).status_code

        def send(self, sent: Sent) -> None:
            """Sent, and refused exactly when the pure machine refuses; a refusal changes nothing."""
            try:
                wanted, refused = sent.step(self.model), False
            except MyotomeError:
                wanted, refused = self.model, True
            status = self.post(sent)
            assert status < 500
            assert (status >= 400) == refused, (sent.name, sent.form, status)
            self.model, self.last = wanted, sent

        def sent(self, who: str, name: str, step: Any, form: dict[str, Any] | None = None, **ids: int) -> Sent:
            self.n += 1
            return Sent(who, name, {"client_id": f"page-{self.n}"} | (form or {}), step, ids)

        def rows(self) -> dict[str, NeedleInsertion]:
            return {row.client_id: row for row in NeedleInsertion.objects.filter(visit=self.visit)}

        def number(self, id: str) -> int:
            row = self.rows().get(id)
            return row.number if row else 99

        # -- what people do

        @rule(
            who=st.sampled_from(PEOPLE),
            id=st.sampled_from(IDS),
            state=st.sampled_from(("in", "out")),
            ahead=st.integers(-600, 600),
            keep=st.booleans(),
        )
        def chart(self, who, id, state, ahead, keep):
            """One needle, its time told by a tablet whose clock is wrong; perhaps kept back without network."""
            told = (timezone.now() + timedelta(minutes=ahead)).isoformat()
            form = {"site": SITE, "client_id": id, "state": state, "in_at": told}
            sent = Sent(who, "needle", form, lambda visit: machine.charted(visit, id, NeedleState(state)))
            if keep:
                self.kept.append(sent)
            else:
                self.send(sent)

        @precondition(lambda self: self.kept)
        @rule(data=st.data())
        def network_is_back(self, data):
            """What was kept back arrives, in any order, whatever has happened meanwhile."""
            self.send(self.kept.pop(data.draw(st.integers(0, len(self.kept) - 1))))

        @rule(who=st.sampled_from(PEOPLE), id=st.sampled_from(IDS))
        def take_out(self, who, id):
            self.send(
                self.sent(who, "out", lambda visit: machine.moved(visit, id, NeedleState.OUT), number=self.number(id))
            )

        @rule(who=st.sampled_from(PEOPLE), id=st.sampled_from(IDS))
        def leave_in(self, who, id):
            step = lambda visit: machine.moved(visit, id, NeedleState.LEFT_IN)  # noqa: E731
            self.send(self.sent(who, "left_in", step, {"reason": "press needle"}, number=self.number(id)))

        @rule(who=st.sampled_from(PEOPLE), id=st.sampled_from(IDS))
        def breaks(self, who, id):
            step = lambda visit: machine.moved(visit, id, NeedleState.FRAGMENT)  # noqa: E731
            self.send(self.sent(who, "fragment", step, {"reason": "tip"}, number=self.number(id)))

        @rule(who=st.sampled_from(PEOPLE), id=st.sampled_from(IDS), alone=st.booleans())
        def is_not_found(self, who, id, alone):
            other = house.people["David" if who == "Elena" else "Elena"].user.email
            form = {"reason": "table, floor", "witness_email": "" if alone else other, "witness_password": PASSWORD}
            step = lambda visit: machine.moved(visit, id, NeedleState.MISSING, witness="signed")  # noqa: E731
            self.send(self.sent(who, "missing", step, form, number=self.number(id)))

        @rule(who=st.sampled_from(PEOPLE), id=st.sampled_from(IDS))
        def strike(self, who, id):
            step = lambda visit: machine.struck(visit, id)  # noqa: E731
            self.send(self.sent(who, "strike", step, {"reason": "by mistake"}, number=self.number(id)))

        @rule(who=st.sampled_from(PEOPLE))
        def all_out(self, who):
            self.send(self.sent(who, "all_out", machine.all_out_called))

        @rule(who=st.sampled_from(PEOPLE), some=st.sets(st.sampled_from(IDS)))
        def count(self, who, some):
            there = frozenset(some & set(self.model.counted))
            form = {"out": [str(self.number(id)) for id in sorted(there)]}
            self.send(self.sent(who, "count", lambda visit: machine.counted_out(visit, there), form))

        @rule(who=st.sampled_from(PEOPLE), to=st.sampled_from(PEOPLE))
        def hand_over(self, who, to):
            form = {"practitioner": str(house.people[to].pk)}
            self.send(self.sent(who, "hand_over", lambda visit: machine.handed_over(visit, to), form))

        @rule(who=st.sampled_from(PEOPLE))
        def accept(self, who):
            self.send(self.sent(who, "accept", lambda visit: machine.accepted(visit, who)))

        @rule(
            who=st.sampled_from(PEOPLE),
            opened=st.none() | st.integers(0, 6),
            off=st.sampled_from((0, 0, 0, 1, -1, None)),
            sign=st.booleans(),
        )
        def close(self, who, opened, off, sign):
            """Closing with the counts said, wrong, or left out by a raw request."""
            stays = sum(s in (NeedleState.LEFT_IN, NeedleState.MISSING) for s in self.model.counted.values())
            opened = None if opened is None else opened + stays + 1
            boxed = None if opened is None or off is None else opened - stays + off
            version = TreatmentVisit.objects.values_list("version", flat=True).get(pk=self.visit.pk)
            form = {"version": str(version)} | ({"sign": "1"} if sign else {})
            form |= {} if opened is None else {"n_needles_opened": str(opened)}
            form |= {} if boxed is None else {"n_needles_in_sharps": str(boxed)}

            def step(visit: machine.Visit) -> machine.Visit:
                if not visit.is_closed:
                    machine.check_can_close(visit)
                    if off != 0 or opened is None:
                        raise MyotomeError("Not counted.")
                visit = machine.closed(visit)
                return machine.signed(visit) if sign else visit

            self.send(self.sent(who, "close", step, form))

        @rule(who=st.sampled_from(PEOPLE))
        def sign(self, who):
            self.send(self.sent(who, "sign", machine.signed))

        # -- what goes wrong on the way

        @precondition(lambda self: self.last is not None)
        @rule()
        def the_same_again(self):
            """The last request sent once more: nothing changes, and nothing more stands in the audit."""
            before = self.everything()
            self.post(self.last)
            assert self.everything() == before

        @rule(who=st.sampled_from(PEOPLE), id=st.sampled_from(IDS))
        def the_server_dies_before_it_has_written(self, who, id):
            """The needle out is lost on the way and sent again with the same id."""
            sent = self.sent(
                who, "out", lambda visit: machine.moved(visit, id, NeedleState.OUT), number=self.number(id)
            )
            before = self.everything()
            with transaction.atomic():
                self.post(sent)
                transaction.set_rollback(True)
            assert self.everything() == before
            self.send(sent)

        def everything(self) -> tuple[Any, ...]:
            return (
                list(NeedleInsertion.objects.filter(visit=self.visit).order_by("pk").values()),
                list(TreatmentVisit.objects.filter(pk=self.visit.pk).values()),
                list(Incident.objects.filter(visit=self.visit).order_by("pk").values_list("pk", "resolved_at")),
                VisitCommand.objects.filter(visit=self.visit).count(),
                AuditEvent.objects.filter(subject_type="needling.TreatmentVisit").exclude(act="visit.read").count(),
            )

        # -- what must hold after each step

        @invariant()
        def the_rows_are_what_the_machine_says(self):
            if not hasattr(self, "visit"):
                return
            rows = self.rows()
            assert {id: row.state for id, row in rows.items()} == {id: s.value for id, s in self.model.needles.items()}
            assert {id for id, row in rows.items() if row.struck_at} == self.model.struck
            assert {id for id, row in rows.items() if row.found_at} == self.model.found
            self.visit.refresh_from_db()
            assert (self.visit.closed_at is not None) == self.model.is_closed
            assert (self.visit.signed_at is not None) == self.model.is_signed

        @invariant()
        def no_closed_visit_forgets_a_needle(self):
            if not hasattr(self, "visit") or self.visit.closed_at is None:
                return
            rows = self.rows().values()
            assert [row for row in rows if row.state in OPEN and row.found_at is None] == []
            assert None not in (self.visit.n_needles_opened, self.visit.n_needles_in_sharps)
            assert self.visit.handed_to_id is None or self.visit.handover_accepted_at

        @invariant()
        def a_needle_that_was_not_found_has_a_signature_or_a_review(self):
            if not hasattr(self, "visit"):
                return
            n_missing = sum(row.state == NeedleState.MISSING.value for row in self.rows().values())
            signed = [
                row
                for row in Incident.objects.filter(visit=self.visit, kind="needle_missing")
                if row.witnessed_by or row.review_due_at
            ]
            assert len(signed) >= n_missing

    return Walk


@pytest.mark.django_db
def test_no_path_through_the_pages_closes_a_visit_over_a_needle():
    run_state_machine_as_test(
        walk(House()),
        settings=settings(
            max_examples=MANY, stateful_step_count=10, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
