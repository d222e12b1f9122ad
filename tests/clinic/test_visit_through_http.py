"""No path through the pages closes a visit over a needle: the pages walked at random beside the pure machine.

Two people with two devices each, any request sent twice or dying before it is written, needles in and out that a tablet
without network keeps back and sends later in another order, raw requests, a server whose clock is put forward and
back, tablets whose clocks are wrong. After each step the rows are what `science.needling.visit` says, and the page
refuses exactly what it refuses. In three walks of four a refusal is answered without drawing the whole chart, which
other tests look at.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
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
from myotome.pages.needling import acts
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

ON_SERVER = os.environ.get("DATABASE_URL", "").startswith("postgres")
MANY = (
    1_000 if os.environ.get("MYOTOME_SOAK") else 30 if ON_SERVER else 100
)  # `make test` runs on both, and on SQLite in full
STEPS = 16
IDS, PEOPLE = ("a", "b", "c", "d"), ("Elena", "David")
DEVICES = [(name, device) for name in PEOPLE for device in ("tablet", "desk")]
WHO = st.sampled_from(DEVICES)
TRAVELS = st.sampled_from(("goes", "goes", "goes", "goes", "twice", "dies"))
CLOCKS = st.sampled_from([timedelta(hours=hours) for hours in (-1, 0, 1)])
DAY_MINUTES = 24 * 60
RAW_FIELDS = ("version", "n_needles_opened", "n_needles_in_sharps", "retain_minutes", "depth_mm", "closed_at")
RAW_VALUES = ("", "-1", "999999999999", "x", "0", "\u0663", "2026-11-24T09:00:00Z")
SITE = "muscle:gluteus_medius::left"
OPEN = {NeedleState.IN.value, NeedleState.FRAGMENT.value}


@dataclass
class Sent:
    """A request as it stood: who sent what where, and what the pure machine does with it."""

    who: tuple[str, str]
    name: str
    form: dict[str, Any]
    step: Any
    ids: dict[str, int] = field(default_factory=dict)


class House:
    """A clinic with a patient in two practitioners' care, each with a device that is signed in."""

    def __init__(self) -> None:
        self.clinic = a_clinic(idle_lock_minutes=2 * DAY_MINUTES)  # a clock put forward is no idle hour here
        people = {name: a_practitioner(self.clinic, name=name) for name in PEOPLE}
        patient = a_patient(self.clinic, in_care_of=people["Elena"])
        begin_care(
            by=the_system(self.clinic), at=timezone.now(), patient_id=patient.pk, user_id=people["David"].user_id
        )
        self.course = a_course(self.clinic, patient)
        a_consent(self.course)
        self.people = people
        self.actor = an_actor(people["Elena"].user, self.clinic)
        self.devices = {one: Client() for one in DEVICES}
        for (name, _device), client in self.devices.items():
            client.force_login(people[name].user)


def refused(request: Any, actor: Any, visit: int, *, error: MyotomeError, **more: Any) -> HttpResponse:
    """What the chart answers to an act that is refused, without the chart around it."""
    return HttpResponse(error.message, status=error.http_status)


def walk(house: House) -> type[RuleBasedStateMachine]:
    """The machine in this house; each example is undone at its end."""

    class Walk(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.undo = transaction.atomic()
            self.undo.__enter__()
            self.patch = pytest.MonkeyPatch()
            self.ahead = timedelta(0)
            now = timezone.now
            self.patch.setattr(timezone, "now", lambda: now() + self.ahead)
            self.model, self.kept, self.n, self.charted = machine.Visit(), [], 0, {}

        def teardown(self) -> None:
            self.patch.undo()
            transaction.set_rollback(True)
            self.undo.__exit__(None, None, None)

        @initialize(with_pages=st.sampled_from((True, False, False, False)))
        def open(self, with_pages) -> None:
            if not with_pages:
                self.patch.setattr(acts, "chart_page", refused)
            self.visit = open_visit(
                by=house.actor, at=timezone.now(), course_id=house.course.pk, mode=TreatmentMode.IMS
            )

        # -- how a request travels

        def post(self, sent: Sent) -> int:
            url = reverse(
                f"needling:{sent.name}", kwargs={"clinic": house.clinic.slug, "visit": self.visit.pk} | sent.ids
            )
            return house.devices[sent.who].post(url, sent.form).status_code

        def send(self, sent: Sent, how: str = "goes") -> None:
            """Sent, and refused exactly when the pure machine refuses; a refusal changes nothing.

            `how` is "twice" for one whose answer was lost, "dies" for one that never reached the disk.
            """
            if how == "dies":
                before = self.everything()
                with transaction.atomic():
                    self.post(sent)
                    transaction.set_rollback(True)
                assert self.everything() == before
            try:
                wanted, is_refused = sent.step(self.model), False
            except MyotomeError:
                wanted, is_refused = self.model, True
            status = self.post(sent)
            assert status < 500
            assert (status >= 400) == is_refused, (sent.name, sent.form, status)
            self.model = wanted
            if how == "twice":
                before = self.everything()
                self.post(sent)
                assert self.everything() == before

        def sent(
            self, who: tuple[str, str], name: str, step: Any, form: dict[str, Any] | None = None, **ids: int
        ) -> Sent:
            self.n += 1
            return Sent(who, name, {"client_id": f"page-{self.n}"} | (form or {}), step, ids)

        def number(self, id: str) -> int:
            row = self.charted.get(id)
            return row.number if row else 99

        # -- what people do

        @rule(
            who=WHO,
            id=st.sampled_from(IDS),
            state=st.sampled_from(("in", "out")),
            ahead=st.integers(-600, 600),
            keep=st.booleans(),
            how=TRAVELS,
        )
        def chart(self, who, id, state, ahead, keep, how):
            """One needle, its time told by a tablet whose clock is wrong; perhaps kept back without network."""
            told = (timezone.now() + timedelta(minutes=ahead)).isoformat()
            form = {"site": SITE, "client_id": id, "state": state, "in_at": told}
            sent = Sent(who, "needle", form, lambda visit: machine.charted(visit, id, NeedleState(state)))
            self.kept.append(sent) if keep else self.send(sent, how)

        @rule(who=WHO, id=st.sampled_from(IDS), keep=st.booleans(), how=TRAVELS)
        def take_out(self, who, id, keep, how):
            """Out, named by the id that the device gave the needle, which may not have arrived yet."""
            form = {"needle_id": id}
            sent = self.sent(who, "out", lambda visit: machine.moved(visit, id, NeedleState.OUT), form, number=0)
            self.kept.append(sent) if keep else self.send(sent, how)

        @precondition(lambda self: self.kept)
        @rule(data=st.data(), how=TRAVELS)
        def network_is_back(self, data, how):
            """What was kept back arrives, in any order, whatever has happened meanwhile."""
            self.send(self.kept.pop(data.draw(st.integers(0, len(self.kept) - 1))), how)

        @rule(to=CLOCKS)
        def the_clock_of_the_server_is_set(self, to):
            self.ahead = to

        @rule(who=WHO, id=st.sampled_from(IDS), how=TRAVELS)
        def leave_in(self, who, id, how):
            step = lambda visit: machine.moved(visit, id, NeedleState.LEFT_IN)  # noqa: E731
            self.send(self.sent(who, "left_in", step, {"reason": "press needle"}, number=self.number(id)), how)

        @rule(who=WHO, id=st.sampled_from(IDS), how=TRAVELS)
        def breaks(self, who, id, how):
            step = lambda visit: machine.moved(visit, id, NeedleState.FRAGMENT)  # noqa: E731
            self.send(self.sent(who, "fragment", step, {"reason": "tip"}, number=self.number(id)), how)

        @rule(who=WHO, id=st.sampled_from(IDS), alone=st.booleans(), how=TRAVELS)
        def is_not_found(self, who, id, alone, how):
            other = house.people["David" if who[0] == "Elena" else "Elena"].user.email
            form = {"reason": "table, floor", "witness_email": "" if alone else other, "witness_password": PASSWORD}
            step = lambda visit: machine.moved(visit, id, NeedleState.MISSING, witness="signed")  # noqa: E731
            self.send(self.sent(who, "missing", step, form, number=self.number(id)), how)

        @rule(who=WHO, id=st.sampled_from(IDS), how=TRAVELS)
        def strike(self, who, id, how):
            step = lambda visit: machine.struck(visit, id)  # noqa: E731
            self.send(self.sent(who, "strike", step, {"reason": "by mistake"}, number=self.number(id)), how)

        @rule(who=WHO, how=TRAVELS)
        def all_out(self, who, how):
            self.send(self.sent(who, "all_out", machine.all_out_called), how)

        @rule(who=WHO, some=st.sets(st.sampled_from(IDS)), how=TRAVELS)
        def count(self, who, some, how):
            there = frozenset(some & set(self.model.counted))
            form = {"out": [str(self.number(id)) for id in sorted(there)]}
            self.send(self.sent(who, "count", lambda visit: machine.counted_out(visit, there), form), how)

        @rule(who=WHO, to=st.sampled_from(PEOPLE), how=TRAVELS)
        def hand_over(self, who, to, how):
            form = {"practitioner": str(house.people[to].pk)}
            self.send(self.sent(who, "hand_over", lambda visit: machine.handed_over(visit, to), form), how)

        @rule(who=WHO, how=TRAVELS)
        def accept(self, who, how):
            self.send(self.sent(who, "accept", lambda visit: machine.accepted(visit, who[0])), how)

        @rule(
            who=WHO,
            opened=st.none() | st.integers(0, 6),
            off=st.sampled_from((0, 0, 0, 1, -1, None)),
            signs_for=st.sampled_from((0, 0, 1, 2)),
            alone=st.booleans(),
            sign=st.booleans(),
            how=TRAVELS,
        )
        def close(self, who, opened, off, signs_for, alone, sign, how):
            """Closing with the counts said, wrong, or left out by a raw request; perhaps one is signed for as not found."""
            stays = sum(s in (NeedleState.LEFT_IN, NeedleState.MISSING) for s in self.model.counted.values())
            opened = None if opened is None else opened + stays + 1
            boxed = None if opened is None or off is None else opened - stays + off
            form = {"version": str(self.visit.version)} | ({"sign": "1"} if sign else {})
            form |= {} if opened is None else {"n_needles_opened": str(opened)}
            form |= {} if boxed is None else {"n_needles_in_sharps": str(boxed)}
            if signs_for:
                other = house.people["David" if who[0] == "Elena" else "Elena"].user.email
                form |= {"n_not_found": str(signs_for), "where_looked": "floor", "witness_password": PASSWORD}
                form |= {} if alone else {"witness_email": other}
            n_lost = 1 if off == -1 and signs_for == 1 and opened is not None else 0

            def step(visit: machine.Visit) -> machine.Visit:
                if not visit.is_closed:
                    machine.check_can_close(visit)
                    if (off != 0 and not n_lost) or opened is None:
                        raise MyotomeError("Not counted.")
                visit = machine.closed(visit, n_short=n_lost, witness="signed" if n_lost else "")
                return machine.signed(visit) if sign else visit

            self.send(self.sent(who, "close", step, form), how)

        @rule(who=WHO, how=TRAVELS)
        def sign(self, who, how):
            self.send(self.sent(who, "sign", machine.signed), how)

        @rule(
            who=WHO,
            name=st.sampled_from(("needle", "needle_set", "line", "close", "found")),
            form=st.dictionaries(st.sampled_from(RAW_FIELDS), st.sampled_from(RAW_VALUES), max_size=4),
        )
        def nonsense_by_hand(self, who, name, form):
            """A request that no page of ours makes: refused, and nothing has changed."""
            before = self.everything()
            status = self.post(Sent(who, name, form, None))
            assert status < 500, (name, form)
            assert status >= 400 or self.everything() == before, (name, form)

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
            self.charted = rows = {row.client_id: row for row in NeedleInsertion.objects.filter(visit=self.visit)}
            assert {id: row.state for id, row in rows.items()} == {id: s.value for id, s in self.model.needles.items()}
            assert {id for id, row in rows.items() if row.struck_at} == self.model.struck
            assert {id for id, row in rows.items() if row.found_at} == self.model.found
            self.visit = TreatmentVisit.objects.get(pk=self.visit.pk)
            assert (self.visit.closed_at is not None) == self.model.is_closed
            assert (self.visit.signed_at is not None) == self.model.is_signed
            self.no_closed_visit_forgets_a_needle()
            self.a_needle_that_was_not_found_has_a_signature_or_a_review()

        def no_closed_visit_forgets_a_needle(self):
            if self.visit.closed_at is None:
                return
            assert [row for row in self.charted.values() if row.state in OPEN and row.found_at is None] == []
            assert None not in (self.visit.n_needles_opened, self.visit.n_needles_in_sharps)
            assert self.visit.handed_to_id is None or self.visit.handover_accepted_at

        def a_needle_that_was_not_found_has_a_signature_or_a_review(self):
            n_missing = sum(row.state == NeedleState.MISSING.value for row in self.charted.values())
            if n_missing or self.model.n_lost:
                incidents = Incident.objects.filter(visit=self.visit, kind="needle_missing")
                signed = sum(bool(row.witnessed_by or row.review_due_at) for row in incidents)
                assert signed >= n_missing + self.model.n_lost
            if self.visit.closed_at and not self.model.n_lost:
                assert not Incident.objects.filter(visit=self.visit, detail__contains="not found at closing").exists()

    return Walk


@pytest.mark.django_db
def test_no_path_through_the_pages_closes_a_visit_over_a_needle():
    run_state_machine_as_test(
        walk(House()),
        settings=settings(
            max_examples=MANY, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
