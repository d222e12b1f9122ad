"""Whatever happens in a visit, in any order, no needle is forgotten: the pure machine walked at random."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from myotome.science.needling import visit as machine
from myotome.vocabulary.errors import InvalidValue, MyotomeError, NeedleUnaccountedFor, NotFound, VisitLocked
from myotome.vocabulary.needling import NeedleState
from tests.visit_diagram import walked

PEOPLE = st.sampled_from(["Elena", "Mei-Lin", "David"])


class AVisit(RuleBasedStateMachine):
    """Two tablets, three people, and a patient with needles in her."""

    ids = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.visit = machine.Visit()
        self.ever_in: set[str] = set()

    def attempt(self, act, *args, **named) -> None:
        """The act done, or refused with a named error that leaves everything as it was."""
        before = self.visit
        try:
            self.visit = act(before, *args, **named)
        except MyotomeError as refusal:
            assert refusal.message  # noqa: PT017
            self.visit = before

    @rule(target=ids, id=st.text("abc", min_size=1, max_size=2), state=st.sampled_from(NeedleState))
    def chart(self, id, state):
        self.attempt(machine.charted, id, state)
        if id in self.visit.needles:
            self.ever_in.add(id)
        return id

    @rule(id=ids, state=st.sampled_from(NeedleState), witness=st.just("") | PEOPLE)
    def move(self, id, state, witness):
        self.attempt(machine.moved, id, state, witness=witness)

    @rule(id=ids)
    def strike(self, id):
        self.attempt(machine.struck, id)

    @rule()
    def call_all_out(self):
        self.attempt(machine.all_out_called)

    @rule(some=st.frozensets(st.text("abc", min_size=1, max_size=2)))
    def count(self, some):
        self.attempt(machine.counted_out, some)

    @rule(to=PEOPLE)
    def hand_over(self, to):
        self.attempt(machine.handed_over, to)

    @rule(by=PEOPLE)
    def accept(self, by):
        self.attempt(machine.accepted, by)

    @rule(n_short=st.integers(-1, 2), witness=st.just("") | PEOPLE)
    def close(self, n_short, witness):
        self.attempt(machine.closed, n_short=n_short, witness=witness)

    @rule()
    def sign(self):
        self.attempt(machine.signed)

    @precondition(lambda self: self.visit.is_closed)
    @rule(id=consumes(ids))
    def replay_after_closing(self, id):
        before = self.visit
        self.attempt(machine.charted, id, NeedleState.OUT)
        if id in before.needles:
            assert self.visit == before
        else:
            self.ever_in.add(id)
            assert id in self.visit.found

    @invariant()
    def a_closed_visit_has_no_open_needle_but_what_was_found_later_and_waits_for_nobody(self):
        if self.visit.is_closed:
            still_in = {NeedleState.IN, NeedleState.FRAGMENT}
            open_ids = {id for id, state in self.visit.needles.items() if state in still_in}
            assert open_ids <= self.visit.found, "a struck row is no way to forget a needle"
            assert not self.visit.must_count
            assert not self.visit.offered_to

    @invariant()
    def only_after_closing_is_a_needle_found(self):
        assert self.visit.is_closed or not self.visit.found
        assert self.visit.found <= set(self.visit.needles)

    @invariant()
    def a_signed_visit_is_closed(self):
        assert self.visit.is_closed or not self.visit.is_signed

    @invariant()
    def nothing_that_was_charted_is_lost(self):
        assert set(self.visit.needles) == self.ever_in

    @invariant()
    def a_needle_that_was_lost_as_it_closed_has_a_witness(self):
        assert self.visit.n_lost >= 0
        assert bool(self.visit.n_lost) == bool(self.visit.lost_with)
        assert self.visit.is_closed or not self.visit.n_lost

    @invariant()
    def a_missing_needle_has_a_witness(self):
        for id, state in self.visit.needles.items():
            if state is NeedleState.MISSING:
                assert self.visit.witnesses[id]

    @invariant()
    def closing_is_possible_exactly_when_it_is_not_refused(self):
        try:
            machine.check_can_close(self.visit)
            refused = False
        except NeedleUnaccountedFor:
            refused = True
        assert machine.can_close(self.visit) is not refused


MANY = 20_000 if os.environ.get("MYOTOME_SOAK") else 2_000
AVisit.TestCase.settings = settings(max_examples=MANY, stateful_step_count=20, deadline=None)
TestAVisit = AVisit.TestCase


def test_a_needle_that_went_in_twice_by_the_same_id_is_one_needle():
    visit = machine.charted(machine.charted(machine.Visit(), "a"), "a")
    assert visit.n_open == 1


def test_a_visit_with_a_needle_in_does_not_close_and_says_how_many():
    visit = machine.charted(machine.charted(machine.Visit(), "a"), "b")
    with pytest.raises(NeedleUnaccountedFor, match="2 not accounted for"):
        machine.closed(visit)


def test_a_needle_that_is_out_stays_out():
    visit = machine.charted(machine.Visit(), "a", NeedleState.OUT)
    with pytest.raises(InvalidValue, match="cannot be in"):
        machine.moved(visit, "a", NeedleState.IN)


def test_a_needle_that_is_out_may_turn_out_to_be_broken_and_keeps_the_visit_open():
    visit = machine.moved(machine.charted(machine.Visit(), "a", NeedleState.OUT), "a", NeedleState.FRAGMENT)
    assert not machine.can_close(visit)


def test_a_missing_needle_needs_somebody_else_to_sign():
    visit = machine.charted(machine.Visit(), "a")
    with pytest.raises(InvalidValue, match="Somebody else"):
        machine.moved(visit, "a", NeedleState.MISSING)
    assert machine.can_close(machine.moved(visit, "a", NeedleState.MISSING, witness="David"))


@pytest.mark.parametrize(("n_short", "witness"), [(1, ""), (2, " "), (-1, "David")])
def test_a_visit_whose_count_differs_does_not_close_without_a_signature(n_short, witness):
    with pytest.raises(NeedleUnaccountedFor):
        machine.closed(machine.Visit(), n_short=n_short, witness=witness)
    assert machine.closed(machine.Visit(), n_short=1, witness="David").n_lost == 1


def test_signing_needs_closing():
    with pytest.raises(VisitLocked):
        machine.signed(machine.Visit())


def test_a_needle_found_after_closing_is_kept_and_comes_out():
    visit = machine.signed(machine.closed(machine.Visit()))
    visit = machine.charted(visit, "a")
    assert (visit.n_open, visit.found, visit.is_signed) == (1, frozenset({"a"}), True)
    assert machine.moved(visit, "a", NeedleState.OUT).n_open == 0


def test_a_needle_that_stayed_in_comes_out_after_closing_and_is_not_charted_otherwise():
    visit = machine.moved(machine.charted(machine.Visit(), "a"), "a", NeedleState.LEFT_IN)
    visit = machine.closed(visit)
    assert machine.moved(visit, "a", NeedleState.OUT).needles["a"] is NeedleState.OUT
    with pytest.raises(VisitLocked):
        machine.moved(visit, "a", NeedleState.LEFT_IN)


def test_only_the_colleague_asked_can_accept():
    visit = machine.handed_over(machine.Visit(), "David")
    with pytest.raises(NotFound):
        machine.accepted(visit, "Elena")
    with pytest.raises(NeedleUnaccountedFor, match="David"):
        machine.closed(visit)
    assert machine.accepted(visit, "David").held_by == "David"


def test_the_diagram_in_the_manual_has_no_arrow_from_a_needle_in_to_closed():
    steps = walked()
    assert len(steps) > 500
    for visit, act, after in steps:
        if act.startswith("close") and not visit.is_closed and (visit.n_open or visit.must_count or visit.offered_to):
            assert after is None
        if after is not None and after.is_closed and not visit.is_closed:
            assert act.startswith("close")
