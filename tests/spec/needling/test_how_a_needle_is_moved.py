"""How a needle is moved: by hand, with current, or not at all while it rests; and how she lies."""

from __future__ import annotations

import pytest

from myotome.clinic.needling.actions import record_insertion, take_out
from myotome.clinic.needling.queries import needle_as_value
from myotome.exchange.stricta.facts import CourseFacts, Session
from myotome.exchange.stricta.needles import stimulation
from myotome.science.needling.counts import technique_of
from myotome.science.needling.shorthand import parse_line
from myotome.vocabulary.needling import NeedleState, Technique, TreatmentMode
from tests.factories import AT, a_needle, an_open_visit


@pytest.mark.parametrize(
    ("state", "said", "charted"),
    [
        ("in", "in_out", "hold"),
        ("left_in", "in_out", "hold"),
        ("out", "in_out", "in_out"),
        ("in", "rotate", "rotate"),
        ("in", "peck", "peck"),
        ("in", "electrical", "electrical"),
        ("fragment", "in_out", "in_out"),
    ],
)
def test_a_needle_that_stays_in_was_not_moved_in_and_out(state, said, charted):
    needle = a_needle(state=NeedleState(state), technique=Technique(said))
    assert technique_of(needle).value == charted


@pytest.mark.django_db
def test_a_report_says_of_a_set_that_rested_that_it_was_held():
    visit, elena = an_open_visit(mode="acupuncture")
    needle = parse_line("L ST36 20 .25x40 deqi retain 20m")[0].insertion(client_id="line", at=AT)
    record_insertion(by=elena, at=AT, visit_id=visit.pk, needle=needle)
    row = take_out(by=elena, at=AT, visit_id=visit.pk, number=1)
    session = Session(number=1, mode=TreatmentMode.ACUPUNCTURE, day=0, minutes=None, needles=(needle_as_value(row),))
    said = stimulation(CourseFacts(sessions=(session,)))
    assert row.technique == "hold"
    assert "held still" in said.says
    assert "in and out" not in said.says
