"""A course in the words of STRICTA: what counts as answered, what is said, tables that are safe, a dictionary in step."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myotome.exchange.stricta import dataset
from myotome.exchange.stricta.facts import CourseFacts, Qualification, Session, site_of
from myotome.exchange.stricta.items import ASKED, N_IN_ROUTINE, items_of, meter_of
from myotome.exchange.stricta.report import as_csv, as_json, methods
from myotome.vocabulary.anatomy import Side
from myotome.vocabulary.needling import Adjunct, NeedleState, SiteKind, Style, Technique, TreatmentMode
from myotome.vocabulary.text import inert
from tests.factories import a_needle

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


def out(**values):
    """A needle as routine charting leaves it."""
    return a_needle(**({"state": NeedleState.OUT, "grasp": 2, "release": True, "seconds": 8.0, "lot": "A17"} | values))


def a_session(number=1, needles=None, **values):
    values = {
        "mode": TreatmentMode.IMS, "day": 7 * (number - 1), "minutes": 30.0, "adjuncts": (Adjunct.HEAT,),
        "place": "Alder Street, Room 1",
    } | values  # fmt: skip
    return Session(number=number, needles=tuple(needles if needles is not None else [out(), out()]), **values)


def a_whole_course(**values):
    """A course charted as usual: everything that routine care can answer is there."""
    values = {
        "styles": (Style.IMS,),
        "rationale": "Segment first.",
        "sources": ("gunn1996",),
        "n_planned": 8,
        "interval_days": 7,
        "consents": ("ims 1 (en)",),
        "practitioners": (Qualification(registered_with="College of Physiotherapists"),),
        "sessions": (a_session(1), a_session(2, [out(), out(), out(depth_mm=40)])),
        "as_of": date(2026, 11, 24),
    } | values
    return CourseFacts(**values)


def answer(facts, id):
    return next(item for item in items_of(facts) if item.id == id)


def test_an_ordinary_course_answers_fifteen_of_seventeen():
    items = items_of(a_whole_course())
    assert len(items) == 17
    assert [item.id for item in items if not item.is_answered] == ["6a", "6b"]
    assert meter_of(items).n_answered == meter_of(items).n == N_IN_ROUTINE == sum(i.in_routine for i in items)


def test_an_empty_course_answers_nothing_and_says_of_each_item_what_would():
    items = items_of(CourseFacts())
    assert meter_of(items).n_answered == 0
    assert all(item.wanted for item in items)


@pytest.mark.parametrize(
    ("id", "without"),
    [
        ("1a", {"styles": ()}),
        ("1b", {"rationale": "", "reasons": ()}),
        ("1c", {"sessions": (a_session(1),)}),
        ("2a", {"sessions": (a_session(1, []),)}),
        ("2b", {"sessions": (a_session(1, []),)}),
        ("2c", {"sessions": (a_session(1, [out(depth_mm=None), out()]),)}),
        ("2d", {"sessions": (a_session(1, [out(grasp=None, release=None)]),)}),
        ("2e", {"sessions": (a_session(1, [out(technique=Technique.ELECTRICAL)]),)}),
        ("2f", {"sessions": (a_session(1, [out(technique=Technique.HOLD, seconds=None)]),)}),
        ("2g", {"sessions": (a_session(1, [out(lot="")]),)}),
        ("3a", {"sessions": ()}),
        ("3b", {"sessions": (a_session(1, minutes=None),)}),
        ("4a", {"sessions": (a_session(1, adjuncts=()),)}),
        ("4b", {"consents": ()}),
        ("5", {"practitioners": (Qualification(),)}),
    ],
)
def test_each_item_of_routine_care_is_open_without_its_fact(id, without):
    whole, bare = answer(a_whole_course(), id), answer(a_whole_course(**without), id)
    assert whole.is_answered
    assert not bare.is_answered
    assert bare.wanted


def test_nine_needles_in_ten_answer_for_all_and_the_text_says_how_many():
    ten = [out() for _ in range(9)] + [out(depth_mm=None)]
    told = answer(a_whole_course(sessions=(a_session(1, ten),)), "2c")
    assert told.is_answered
    assert "charted for 9 of 10" in told.says
    eight = [out() for _ in range(8)] + [out(depth_mm=None), out(depth_mm=None)]
    assert not answer(a_whole_course(sessions=(a_session(1, eight),)), "2c").is_answered


def test_figures_of_insertions_depths_and_places():
    left, right = out(depth_mm=40), out(side=Side.RIGHT, depth_mm=60)
    point = out(site_kind=SiteKind.ACUPOINT, site="ST36", depth_mm=20)
    facts = a_whole_course(sessions=(a_session(1, [left, right, point]), a_session(2, [left])))
    assert answer(facts, "2a").figures == {
        "n_insertions": 4, "n_sessions": 2, "mean": 2.0, "median": 2.0, "least": 1, "most": 3,
    }  # fmt: skip
    assert answer(facts, "2c").figures["median"] == 40
    places = answer(facts, "2b").figures["places"]
    assert {"place": "Tensor fasciae latae", "n": 3, "sides": ["left", "right"]} in places
    assert answer(facts, "2b").figures["n_two_sided"] == 1
    assert "ST36" in answer(facts, "2b").says


def test_a_free_place_is_reported_with_what_is_nearest_to_it():
    scar = {"site_kind": SiteKind.FREE, "site": "scar"}
    needles = [
        out(**scar, nearest="multifidus-L4"),
        out(**scar, nearest="multifidus-L4"),
        out(**scar, nearest="ST36"),
        out(**scar),
    ]
    found = answer(a_whole_course(sessions=(a_session(1, needles),)), "2b")
    assert [(row["place"], row["n"]) for row in found.figures["places"]] == [
        ("scar, nearest Multifidus L4", 2), ("scar", 1), ("scar, nearest ST36 Zúsānlǐ", 1),
    ]  # fmt: skip
    assert "scar, nearest Multifidus L4, left" in found.says
    assert json.loads(json.dumps(found.figures)) == found.figures


def test_variation_compares_what_was_planned_with_what_was_needled():
    needle, other = out(), out(site="gluteus_medius")
    plan = frozenset({site_of(needle), site_of(out(site="piriformis"))})
    facts = a_whole_course(sessions=(a_session(1, [needle, other], planned=plan), a_session(2, [needle], planned=plan)))
    assert answer(facts, "1c").figures == {
        "share_of_planned_needled": 0.5, "unplanned_places_a_session": 0.5, "n_changes": 1, "n_steps": 1,
    }  # fmt: skip


def test_a_needle_moved_in_and_out_at_once_is_no_unknown_time():
    told = answer(a_whole_course(sessions=(a_session(1, [out(seconds=None, in_at=NOON, out_at=NOON)]),)), "2f")
    assert told.is_answered
    assert "1 went in and out at once" in told.says


def test_a_retained_set_is_told_in_minutes_from_its_two_times():
    rests = out(seconds=None, technique=Technique.HOLD, in_at=NOON, out_at=NOON + timedelta(minutes=20))
    assert "median of 20 min" in answer(a_whole_course(sessions=(a_session(1, [rests]),)), "2f").says


def test_what_was_met_is_counted_and_nothing_charted_is_not_absence():
    needles = [out(), out(grasp=0, release=False), out(grasp=None, release=None, painless=True)]
    told = answer(a_whole_course(sessions=(a_session(1, needles),)), "2d")
    assert told.figures["met"] == {"grasp": 1, "no_grasp": 1, "no_release": 1, "painless": 1, "release": 1}


def test_practitioners_are_told_by_what_they_hold_and_never_by_name():
    who = Qualification(programmes=("Gunn IMS, certified, iSTOP",), first_issued_on=date(2014, 5, 1))
    told = answer(a_whole_course(practitioners=(who,)), "5")
    assert "Gunn IMS" in told.says
    assert told.figures["practitioners"][0]["years"] == 12


def test_the_table_for_a_spreadsheet_has_a_row_an_item_and_no_formula():
    rows = list(csv.DictReader(io.StringIO(as_csv(items_of(a_whole_course(rationale="=HYPERLINK(1)"))))))
    assert [row["item"] for row in rows] == [id for id, _asks, _answer in ASKED]
    assert rows[1]["answer"].startswith("'=HYPERLINK")
    assert rows[-1]["answered"] == "study only"


def test_the_table_for_a_program_holds_figures():
    value = json.loads(as_json(items_of(a_whole_course()), course=12))
    assert (value["course"], value["answered"], value["of"]) == (12, 15, 15)
    assert value["items"][3]["figures"]["n_insertions"] == 5


def test_the_text_for_a_methods_section_says_only_what_is_charted():
    told = dict(methods(items_of(a_whole_course(practitioners=(Qualification(),)))))
    assert "Practitioners" not in told
    assert any("5 insertions in 2 sessions" in sentence for sentence in told["Needling"])


def test_every_column_of_the_data_set_stands_in_its_dictionary_once():
    rows = {table: [dict.fromkeys([c.name for c in columns])] for table, columns in dataset.TABLES.items()}
    with zipfile.ZipFile(io.BytesIO(dataset.data_set(rows, about={"purpose": "a test"}))) as archive:
        told = list(csv.DictReader(io.StringIO(archive.read(dataset.DICTIONARY).decode())))
        for table in dataset.TABLES:
            header = archive.read(f"{table}.csv").decode().splitlines()[0].split(",")
            assert header == [row["column"] for row in told if row["table"] == table]
            assert len(set(header)) == len(header)
        assert json.loads(archive.read("about.json"))["rows"] == dict.fromkeys(dataset.TABLES, 1)
    assert all(row["meaning"] and row["type"] for row in told)


def test_a_column_that_the_dictionary_does_not_know_never_leaves():
    rows = {table: [] for table in dataset.TABLES} | {"courses": [{"course": "C1", "name": "Hannah"}]}
    with pytest.raises(KeyError, match="name"):
        dataset.data_set(rows, about={})


def test_pseudonyms_hold_for_one_key_and_differ_for_another():
    ids = range(5_000)
    made = {dataset.pseudonym(b"a", "course", id) for id in ids}
    assert len(made) == 5_000
    assert dataset.pseudonym(b"a", "course", 7) in made
    assert not made & {dataset.pseudonym(b"b", "course", id) for id in ids}
    assert not made & {dataset.pseudonym(b"a", "patient", id) for id in ids}


@given(st.text(max_size=20))
def test_no_cell_begins_like_a_formula(text):
    assert not inert(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert text in inert(text)


@given(st.integers(-5, 130))
def test_the_oldest_are_not_told_apart(age):
    assert 0 <= dataset.age_told(age) <= 90
