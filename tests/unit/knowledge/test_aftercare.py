"""The check after needles and the published rates: whole, sourced, and a wrong table stops at load."""

from __future__ import annotations

import pytest

from myotome.knowledge import aftercare
from myotome.knowledge.aftercare import NO, after_check, grave_kinds, published_of, published_rates
from myotome.knowledge.tables import BadTable
from myotome.vocabulary.courses import AdverseGrade, AdverseKind, Urgency

FIT = {
    "version": "1",
    "status": "x",
    "source": "judgement",
    "question": [
        {
            "code": "breath",
            "kind": "breathless",
            "incident": "breathless_after_the_visit",
            "asks": "Short of breath?",
            "choice": [
                {"code": "no", "label": "No"},
                {"code": "still", "label": "Yes", "grade": "major", "urgency": "emergency"},
            ],
        }
    ],
}


@pytest.fixture
def table(monkeypatch):
    """`table(data)` puts a table in the place of the shipped one."""

    def put(data):
        monkeypatch.setattr(aftercare, "_read", lambda _name: data)
        for read in (after_check, published_rates):
            read.cache_clear()

    yield put
    monkeypatch.undo()
    for read in (after_check, published_rates):
        read.cache_clear()


def test_what_the_reference_calls_grave_is_grave():
    urgent = {
        (question.code, choice.code): choice.urgency
        for question in after_check().questions
        for choice in question.choices
        if choice.urgency is not Urgency.NONE
    }
    assert urgent[("breath", "still")] is urgent[("infection", "very_ill")] is Urgency.EMERGENCY
    assert {code for code, _ in urgent} == {"breath", "faint", "infection", "nerve", "sore", "bruise"}
    assert ("faint", "fainted") in urgent
    assert ("infection", "fever") in urgent


def test_every_question_begins_with_no_and_no_answer_that_is_urgent_is_mild():
    for question in after_check().questions:
        assert question.choices[0].code == NO
        assert all(c.grade is not AdverseGrade.MILD for c in question.choices if c.urgency is not Urgency.NONE)
        assert all(len(c.code) <= 20 for c in question.choices)
    assert len(grave_kinds()) == 6


def test_published_rates_say_their_denominator_or_their_interval():
    for row in published_rates():
        assert row.of is not None or (row.low is not None and row.high is not None)
    assert published_of(AdverseKind.PNEUMOTHORAX) == ()  # nothing reliable is published


def test_a_question_without_no_and_an_urgent_answer_without_its_incident_stop_at_load(table):
    table(FIT)
    assert after_check().question("breath").choice("still").grade is AdverseGrade.MAJOR
    question = FIT["question"][0]
    table(FIT | {"question": [question | {"choice": question["choice"][1:]}]})
    with pytest.raises(BadTable, match="begins with no"):
        after_check()
    table(FIT | {"question": [{k: v for k, v in question.items() if k != "incident"}]})
    with pytest.raises(BadTable, match="no incident"):
        after_check()
    table(FIT | {"source": "hearsay"})
    with pytest.raises(BadTable, match=r"sources\.bib"):
        after_check()


@pytest.mark.parametrize(
    ("change", "said"),
    [({"kind": "ghosts"}, "ghosts"), ({"source": "hearsay"}, r"sources\.bib"), ({"n": 700}, "another share")],
)
def test_a_wrong_published_rate_stops_at_load(table, change, said):
    row = {"kind": "haematoma", "per": "treatments", "of": 7629, "in_100": 7.55, "who": "x", "source": "brady2014"}
    table({"rate": [row | change]})
    with pytest.raises(BadTable, match=said):
        published_rates()
